//! A server that gives tokens, as registries with accounts have one: it checks a name with its password, or an
//! identity token, and signs what `docker-registry` accepts.

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::certificates::{Certificates, sign};
use super::common::tool;
use super::server::{Asked, Reply, Server, answer};
use super::{PASSWORD, USER, base64};

/// What it accepts in place of a password.
pub const IDENTITY: &str = "id-token-of-a-login";

/// Starts it. `name` is the field that the token is in: `token` or `access_token`. The images in `team/` are for
/// the user alone.
pub fn start(keys: &Arc<Certificates>, name: &'static str) -> Server {
    let (openssl, keys) = (tool("openssl").unwrap(), Arc::clone(keys));
    Server::start(move |_, asked| give(&openssl, &keys, name, asked))
}

fn give(openssl: &Path, keys: &Certificates, name: &str, asked: &Asked) -> Reply {
    let query = asked.line().split_once('?').map_or("", |(_, query)| query);
    let fields = if asked.line().starts_with("POST") { &*asked.form } else { query };
    let field = |name: &str| {
        let value =
            fields.split('&').filter_map(|pair| pair.split_once('=')).find(|(known, _)| *known == name);
        value.map(|(_, value)| value.replace("%3A", ":").replace("%2F", "/").replace("%2C", ","))
    };
    assert_eq!(field("service").as_deref(), Some("test-registry"), "{fields}");
    let scope = field("scope").unwrap();
    let is_user = match field("grant_type") {
        Some(kind) => {
            assert_eq!(kind, "refresh_token");
            if field("refresh_token").as_deref() != Some(IDENTITY) {
                return answer(401, "", "{}");
            }
            true
        }
        None => match asked.header("authorization") {
            Some(header)
                if header == format!("Basic {}", base64(format!("{USER}:{PASSWORD}").as_bytes())) =>
            {
                true
            }
            // Another server would not repeat what it was sent; this one does, so that it would be noticed.
            Some(header) => return answer(401, "", format!("{{\"details\": \"wrong: {header}\"}}")),
            None => false,
        },
    };
    let (repository, actions) = scope.strip_prefix("repository:").unwrap().rsplit_once(':').unwrap();
    assert_eq!(actions, "pull", "{scope}");
    let is_allowed = is_user || !repository.starts_with("team/");
    let actions = if is_allowed { "[\"pull\"]" } else { "[]" };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let certificate = String::from_utf8(keys.read("token.pem")).unwrap();
    let certificate: String = certificate.lines().filter(|line| !line.starts_with('-')).collect();
    let head = format!("{{\"typ\":\"JWT\",\"alg\":\"RS256\",\"x5c\":[\"{certificate}\"]}}");
    let claims = format!(
        "{{\"iss\":\"test-issuer\",\"sub\":\"\",\"aud\":\"test-registry\",\"exp\":{},\"nbf\":{},\"iat\":{now},\
         \"jti\":\"1\",\"access\":[{{\"type\":\"repository\",\"name\":\"{repository}\",\"actions\":{actions}}}]}}",
        now + 60,
        now - 60,
    );
    let url = |bytes: &[u8]| base64(bytes).replace('+', "-").replace('/', "_").replace('=', "");
    let signed = format!("{}.{}", url(head.as_bytes()), url(claims.as_bytes()));
    let signature = sign(openssl, &keys.path("token.key"), signed.as_bytes());
    answer(
        200,
        "content-type: application/json\r\n",
        format!("{{\"{name}\":\"{signed}.{}\"}}", url(&signature)),
    )
}
