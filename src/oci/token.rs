//! A token for a repository, from the server that a registry names: Docker's protocol for `Bearer`, with a password,
//! an identity token, or nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::address::Address;
use super::docker_config::Credential;
use super::http::{Answer, Request};
use super::retry::Deadline;
use super::secret::Secret;
use super::sender::Sender;
use crate::image::{LookupFault, LookupFaultKind};

/// The longest answer with a token.
const TOKEN_BYTES: u64 = 1 << 20;

/// What a token is asked for.
pub struct Wanted<'w> {
    /// The address of the server that gives it.
    pub realm: &'w str,
    /// The registry that it is for, as the registry calls itself.
    pub service: Option<&'w str>,
    /// What it has to allow.
    pub scope: &'w str,
    /// The name of the registry, for messages.
    pub host: &'w str,
}

/// The value of `Authorization` for a name with its password.
pub fn basic(name: &Secret, password: &Secret) -> Secret {
    let text = format!("{}:{}", name.reveal(), password.reveal());
    Secret::new(format!("Basic {}", STANDARD.encode(text)))
}

/// The value of `Authorization` for a token. None if it cannot be in a header.
pub fn bearer(token: &str) -> Option<Secret> {
    let is_plain = !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
    is_plain.then(|| Secret::new(format!("Bearer {token}")))
}

/// Asks for a token, and makes the value of `Authorization` of it.
///
/// # Errors
/// When the server does not answer, or not with a token.
pub fn fetch(
    wanted: &Wanted,
    credential: Option<&Credential>,
    sender: &Sender,
    deadline: Deadline,
) -> Result<Secret, LookupFault> {
    let host = wanted.host;
    let invalid = |message: String| LookupFault::new(LookupFaultKind::Invalid, message);
    let Some(mut address) = Address::parse(wanted.realm).filter(|address| sender.may_ask(address)) else {
        return Err(invalid(format!("{host} names no server for tokens that can be asked")));
    };
    let server = address.authority.clone();
    let mut fields = Vec::new();
    fields.extend(wanted.service.map(|service| ("service", service)));
    fields.push(("scope", wanted.scope));
    let (mut authorization, mut form) = (None, None);
    match credential {
        Some(Credential::IdentityToken(token)) => {
            fields.extend([("grant_type", "refresh_token"), ("client_id", "dtpl")]);
            fields.push(("refresh_token", token.reveal()));
            form = Some(encoded(&fields));
        }
        Some(Credential::Password { name, password }) => authorization = Some(basic(name, password)),
        Some(Credential::RegistryToken(_)) | None => {}
    }
    if form.is_none() {
        let sign = if address.path.contains('?') { '&' } else { '?' };
        address.path = format!("{}{sign}{}", address.path, encoded(&fields));
    }
    let request = Request {
        address,
        accept: "application/json",
        authorization: authorization.as_ref(),
        form: form.as_deref(),
        bytes: TOKEN_BYTES,
    };
    let answer = sender.send(&request, deadline)?;
    match answer.status {
        200 => token_in(&answer).and_then(|token| bearer(&token)).ok_or_else(|| {
            invalid(format!("{server}, which gives the tokens of {host}, answers without a token"))
        }),
        400 | 401 | 403 if credential.is_some() => Err(wrong_login(host)),
        400 | 401 | 403 => Err(LookupFault::new(LookupFaultKind::Denied, format!("{host} wants a login"))
            .help(format!("log in: docker login {host}"))),
        status => Err(LookupFault::new(
            LookupFaultKind::Invalid,
            format!("{server}, which gives the tokens of {host}, answers {status}"),
        )),
    }
}

/// The fault of a login that is not accepted.
pub fn wrong_login(host: &str) -> LookupFault {
    LookupFault::new(
        LookupFaultKind::Denied,
        format!("{host} does not accept the login in Docker's config.json"),
    )
    .help(format!("log in again: docker login {host}"))
}

fn token_in(answer: &Answer) -> Option<String> {
    #[derive(Deserialize)]
    struct Given {
        token: Option<String>,
        access_token: Option<String>,
    }
    let given: Given = serde_json::from_slice(&answer.body).ok()?;
    given.token.filter(|token| !token.is_empty()).or(given.access_token)
}

/// Fields as in an address or a form.
fn encoded(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    text.push(char::from(byte))
                }
                byte => text.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    text
}

#[test]
fn what_is_sent_is_encoded() {
    assert_eq!(
        encoded(&[("scope", "repository:a/b:pull"), ("x", "\u{e9} &")]),
        "scope=repository%3Aa%2Fb%3Apull&x=%C3%A9%20%26"
    );
    let header = basic(&Secret::new("Aladdin"), &Secret::new("open sesame"));
    assert_eq!(header.reveal(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert!(bearer("a.b-c").is_some() && bearer("a\nb").is_none() && bearer("").is_none());
    assert_eq!(format!("{header:?}"), "(secret)");
}
