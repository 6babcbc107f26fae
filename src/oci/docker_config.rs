//! The logins in Docker's `config.json`: which one is for a registry, written there or kept by a credential helper.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use super::secret::Secret;

/// How a user is known to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A name with its password.
    Password {
        /// The name.
        name: Secret,
        /// The password.
        password: Secret,
    },
    /// What the token server takes in place of a password, after a login in a browser.
    IdentityToken(Secret),
    /// What the registry takes as it is.
    RegistryToken(Secret),
}

/// Where the login for a registry is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// The credential helper that has it: `NAME` of `docker-credential-NAME`.
    pub helper: Option<String>,
    /// What the helper is asked for.
    pub server: String,
    /// The one in the file, where there is no helper or it has none.
    pub written: Option<Credential>,
}

/// The part of `config.json` that is about logins.
#[derive(Debug, Default)]
pub struct DockerConfig {
    auths: BTreeMap<String, Entry>,
    store: Option<String>,
    helpers: BTreeMap<String, String>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    auths: Option<BTreeMap<String, Entry>>,
    #[serde(default)]
    creds_store: Option<String>,
    #[serde(default)]
    cred_helpers: Option<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

/// Debugging shows no login.
impl std::fmt::Debug for Entry {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        out.write_str("(secret)")
    }
}

impl DockerConfig {
    /// Reads the file.
    ///
    /// # Errors
    /// Where it is no JSON, or a field has another type: the line and the column, from 1. What the reader says
    /// may quote the file, and is left out.
    pub fn parse(bytes: &[u8]) -> Result<DockerConfig, (usize, usize)> {
        let file: File = serde_json::from_slice(bytes).map_err(|error| (error.line(), error.column()))?;
        Ok(DockerConfig {
            auths: file.auths.unwrap_or_default(),
            store: file.creds_store.filter(|name| !name.is_empty()),
            helpers: file.cred_helpers.unwrap_or_default(),
        })
    }

    /// Where the login for a registry is: one of its names, the first as Docker writes it.
    pub fn login(&self, names: &[&str]) -> Login {
        let own = names.iter().find_map(|name| self.helpers.get(*name).map(|helper| (helper, *name)));
        let first = names.first().copied().unwrap_or_default();
        let (helper, server) = match own {
            Some((helper, name)) => (Some(helper), name),
            None => (self.store.as_ref(), first),
        };
        Login {
            // An empty name turns the store off for this registry.
            helper: helper.filter(|name| !name.is_empty()).cloned(),
            server: server.to_owned(),
            written: self.entry(names).and_then(Entry::credential),
        }
    }

    /// The entry for one of these names. Docker takes one that is written exactly so first, then one whose host it
    /// is: `https://registry.example.com/v1/`.
    fn entry(&self, names: &[&str]) -> Option<&Entry> {
        let exact = names.iter().find_map(|name| self.auths.get(*name));
        exact.or_else(|| {
            let found = self.auths.iter().find(|(key, _)| names.contains(&host_in(key)));
            found.map(|(_, entry)| entry)
        })
    }
}

impl Entry {
    fn credential(&self) -> Option<Credential> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(token) = given(&self.registrytoken) {
            return Some(Credential::RegistryToken(Secret::new(token)));
        }
        if let Some(token) = given(&self.identitytoken) {
            return Some(Credential::IdentityToken(Secret::new(token)));
        }
        let (name, password) = match given(&self.auth) {
            Some(auth) => decoded(&auth)?,
            None => (given(&self.username)?, given(&self.password)?),
        };
        Some(Credential::Password { name: Secret::new(name), password: Secret::new(password) })
    }
}

/// The name and the password in `auth`.
fn decoded(auth: &str) -> Option<(String, String)> {
    // Docker writes the padding; others leave it out.
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(&STANDARD, config).decode(auth.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (name, password) = text.split_once(':')?;
    // As Docker does: old versions filled the text up.
    Some((name.to_owned(), password.trim_matches('\0').to_owned()))
}

fn host_in(key: &str) -> &str {
    let rest = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    rest.split('/').next().unwrap_or_default()
}

/// What a credential helper printed, read.
///
/// # Errors
/// When it is not what helpers print.
pub fn read_helper(output: &[u8]) -> Result<Credential, ()> {
    #[derive(Deserialize)]
    struct Printed {
        #[serde(rename = "Username")]
        name: String,
        #[serde(rename = "Secret")]
        secret: String,
    }
    let printed: Printed = serde_json::from_slice(output).map_err(|_| ())?;
    let secret = Secret::new(printed.secret);
    // The name that says what kind of secret it is.
    Ok(match printed.name.as_str() {
        "<token>" => Credential::IdentityToken(secret),
        _ => Credential::Password { name: Secret::new(printed.name), password: secret },
    })
}

/// Whether a helper that failed says that it has no login for this registry. Helpers say it in these words.
pub fn says_none(output: &[u8]) -> bool {
    String::from_utf8_lossy(output).trim() == "credentials not found in native keychain"
}

/// Whether a name can be that of a credential helper: it becomes a part of a program's name, not of a path.
pub fn is_helper(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 100
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(name: &str, password: &str) -> Option<Credential> {
        Some(Credential::Password { name: Secret::new(name), password: Secret::new(password) })
    }

    #[test]
    fn logins_are_found_as_docker_finds_them() {
        let config = br#"{
            "auths": {
                "https://index.docker.io/v1/": {"auth": "bWU6c2VjcmV0OnR3bw=="},
                "https://r.example.com/v1/": {"auth": "bWU6eA"},
                "r.example.com:5000": {"username": "you", "password": "y"},
                "token.example.com": {"identitytoken": "i", "auth": "bWU6eA=="},
                "other.example.com": {"registrytoken": "r"},
                "broken.example.com": {"auth": "?"},
                "empty.example.com": {}
            },
            "credHelpers": {"gcr.io": "gcloud", "quay.io": ""},
            "HttpHeaders": {"X": 1}
        }"#;
        let config = DockerConfig::parse(config).unwrap();
        let hub = config.login(&["https://index.docker.io/v1/", "docker.io"]);
        assert_eq!((hub.helper, hub.written), (None, password("me", "secret:two")));
        assert_eq!(config.login(&["r.example.com"]).written, password("me", "x"));
        assert_eq!(config.login(&["r.example.com:5000"]).written, password("you", "y"));
        let token = Credential::IdentityToken(Secret::new("i"));
        assert_eq!(config.login(&["token.example.com"]).written, Some(token));
        let token = Credential::RegistryToken(Secret::new("r"));
        assert_eq!(config.login(&["other.example.com"]).written, Some(token));
        for none in ["broken.example.com", "empty.example.com", "example.com", "quay.io"] {
            assert_eq!(config.login(&[none]), Login { server: none.to_owned(), ..Login::default() });
        }
        assert_eq!(config.login(&["gcr.io"]).helper.as_deref(), Some("gcloud"));
        assert!(!format!("{config:?}").contains("bWU6"));
    }

    #[test]
    fn a_store_has_the_logins_of_registries_without_a_helper() {
        let text = br#"{"credsStore": "pass", "credHelpers": {"gcr.io": "gcloud", "quay.io": ""}}"#;
        let config = DockerConfig::parse(text).unwrap();
        let helper = |name| config.login(&[name]).helper;
        assert_eq!(helper("gcr.io").as_deref(), Some("gcloud"));
        assert_eq!((helper("r.io").as_deref(), helper("quay.io")), (Some("pass"), None));
    }

    #[test]
    fn a_wrong_file_is_placed_but_not_quoted() {
        assert_eq!(DockerConfig::parse(b"{\n \"auths\": {\"a\": \"hunter2\"}}").unwrap_err(), (2, 25));
        assert!(DockerConfig::parse(b"{}").is_ok() && DockerConfig::parse(b"{\"auths\": null}").is_ok());
        assert!(DockerConfig::parse(b"").is_err());
    }

    #[test]
    fn what_a_helper_prints_is_read() {
        let printed = read_helper(br#"{"ServerURL": "r", "Username": "me", "Secret": "x"}"#);
        assert_eq!(printed.ok(), password("me", "x"));
        let token = read_helper(br#"{"ServerURL": "r", "Username": "<token>", "Secret": "x"}"#);
        assert_eq!(token, Ok(Credential::IdentityToken(Secret::new("x"))));
        assert!(read_helper(b"oops").is_err());
        assert!(says_none(b"credentials not found in native keychain\n") && !says_none(b""));
        assert!(is_helper("ecr-login") && !is_helper("../x") && !is_helper("") && !is_helper("a/b"));
    }
}
