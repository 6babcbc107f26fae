//! Registries that want a login: a password, or a token of another server.

use std::sync::{Arc, Mutex};

use dtpl::image::LookupFault;
use dtpl::image::LookupFaultKind::{Denied, Unavailable};
use dtpl::oci::{Client, HelperOutput, Settings};

use super::certificates::Certificates;
use super::registry::{Access, Registry};
use super::server::Server;
use super::token_server::{self, IDENTITY};
use super::{PASSWORD, USER, config, fault, images, look_up, reference, settings};

fn with_config(config: Vec<u8>) -> Settings {
    Settings { docker_config: Some(config), ..settings() }
}

#[test]
fn a_password() {
    let Some(folder) = images::stored() else { return };
    let registry = Registry::start(folder.path(), &Access::Password, None).unwrap();
    let (host, name) = (&registry.host, format!("{}/app:index", registry.host));
    assert_eq!(look_up(&with_config(config(host, USER, PASSWORD)), &name).unwrap().platforms.len(), 4);
    // The configuration of an image is asked for with the same login.
    let single = format!("{host}/app:single");
    assert_eq!(look_up(&with_config(config(host, USER, PASSWORD)), &single).unwrap().platforms.len(), 1);
    let written = format!(
        "{{\"auths\": {{\"http://{host}/v1/\": {{\"username\": \"{USER}\", \"password\": \"{PASSWORD}\"}}}}}}"
    );
    assert!(look_up(&with_config(written.into_bytes()), &name).is_ok());

    let said = fault(&settings(), &name, Denied);
    let expected = format!(
        "{host} does not show `{name}` without a login; check the name, or log in: docker login {host}"
    );
    assert_eq!(said, expected);
    let other = config("other.example.com", USER, PASSWORD);
    assert_eq!(fault(&with_config(other), &name, Denied), expected);
    let wrong = fault(&with_config(config(host, USER, "wrong-password")), &name, Denied);
    assert!(wrong.contains("to this login"), "{wrong}");
}

#[test]
fn a_credential_helper() {
    let Some(folder) = images::stored() else { return };
    let registry = Registry::start(folder.path(), &Access::Password, None).unwrap();
    let host = registry.host.clone();
    let run = |config: &str, output: Option<(bool, String)>| {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&asked);
        let run_helper = move |helper: &str, server: &str, _| {
            list.lock().unwrap().push(format!("{helper} {server}"));
            output.clone().map(|(is_success, text)| HelperOutput { is_success, stdout: text.into_bytes() })
        };
        let config = config.replace("HOST", &host).into_bytes();
        let settings = Settings { run_helper: Some(Arc::new(run_helper)), ..with_config(config) };
        let client = Client::new(&settings).unwrap();
        let references = ["app:index", "team/app:index"].map(|name| reference(&format!("{host}/{name}")));
        let results = client.look_up_all(&references);
        let (first, second) = (results[0].clone(), results[1].clone());
        assert_eq!(first.is_ok(), second.is_ok());
        if let Err(fault) = &first {
            super::assert_has_no_secret(&format!("{fault} {fault:?}"));
        }
        let asked = asked.lock().unwrap().clone();
        (first.map_err(|fault: LookupFault| (fault.kind, fault.to_string())), asked)
    };
    let printed = format!("{{\"ServerURL\": \"x\", \"Username\": \"{USER}\", \"Secret\": \"{PASSWORD}\"}}");
    let is_success = Some((true, printed));
    // For both images it is asked once.
    let (result, asked) = run("{\"credsStore\": \"pass\"}", is_success.clone());
    assert_eq!((result.is_ok(), asked), (true, vec![format!("pass {host}")]));
    let (result, asked) =
        run("{\"credsStore\": \"pass\", \"credHelpers\": {\"HOST\": \"own\"}}", is_success.clone());
    assert_eq!((result.is_ok(), asked), (true, vec![format!("own {host}")]));
    // It has no login: as if there were no helper.
    let none = Some((false, "credentials not found in native keychain\n".to_owned()));
    let (result, _) = run("{\"credsStore\": \"pass\"}", none);
    assert!(result.unwrap_err().1.contains("without a login"));
    // It does not work.
    let garbage = Some((true, format!("{PASSWORD}\n")));
    let failure = Some((false, format!("cannot use {PASSWORD}")));
    for output in [None, garbage, failure] {
        let (kind, said) = run("{\"credsStore\": \"pass\"}", output).0.unwrap_err();
        assert_eq!(kind, Denied);
        assert!(said.contains("docker-credential-pass does not give one"), "{said}");
    }
    // A name that leads to another program is not run.
    let (result, asked) = run("{\"credsStore\": \"../../bin/x\"}", is_success);
    assert!(result.is_err() && asked.is_empty());
}

/// A registry for tokens with its token server.
pub struct Tokens {
    pub registry: Registry,
    server: Server,
    pub certificates: Arc<Certificates>,
    _images: tempfile::TempDir,
}

impl Tokens {
    pub fn start(field: &'static str, has_tls: bool) -> Option<Tokens> {
        let certificates = Arc::new(Certificates::new()?);
        certificates.add_token_key();
        let images = images::stored()?;
        let server = token_server::start(&certificates, field);
        let realm = format!("http://{}/token?account=x", server.host);
        let tls = has_tls.then_some(&*certificates);
        let access = Access::Tokens { realm: &realm };
        let registry = Registry::start_with(images.path(), &access, tls, Some(&certificates))?;
        Some(Tokens { registry, server, certificates, _images: images })
    }

    pub fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.registry.host)
    }
}

#[test]
fn a_token() {
    for (field, has_tls) in [("token", false), ("access_token", true)] {
        let Some(tokens) = Tokens::start(field, has_tls) else { return };
        let host = &tokens.registry.host;
        let trusting = Settings { ca_file: Some(tokens.certificates.read("ca.pem")), ..settings() };
        let with = |config: Vec<u8>| Settings { docker_config: Some(config), ..trusting.clone() };
        // What everybody may see needs a token too.
        assert_eq!(look_up(&trusting, &tokens.name("app:index")).unwrap().platforms.len(), 4);
        assert!(tokens.server.asked().iter().all(|asked| asked.header("authorization").is_none()));
        // Two requests, one token.
        assert_eq!(look_up(&trusting, &tokens.name("app:single")).unwrap().platforms.len(), 1);
        assert_eq!(tokens.server.asked().len(), 2);

        let private = tokens.name("team/app:index");
        let said = fault(&trusting, &private, Denied);
        assert!(said.contains("without a login") && said.contains(&format!("docker login {host}")), "{said}");
        assert_eq!(look_up(&with(config(host, USER, PASSWORD)), &private).unwrap().platforms.len(), 4);
        let identity = format!("{{\"auths\": {{\"{host}\": {{\"identitytoken\": \"{IDENTITY}\"}}}}}}");
        assert_eq!(look_up(&with(identity.into_bytes()), &private).unwrap().platforms.len(), 4);
        assert!(tokens.server.asked().last().unwrap().line().starts_with("POST /token?account=x"));

        let wrong =
            format!("{{\"auths\": {{\"{host}\": {{\"identitytoken\": \"wrong-pass\"}}}}}}").into_bytes();
        for config in [config(host, USER, "wrong-password"), wrong] {
            let said = fault(&with(config), &private, Denied);
            let expected = format!(
                "{host} does not accept the login in Docker's config.json; log in again: docker login {host}"
            );
            assert_eq!(said, expected);
        }
    }
}

#[test]
fn a_token_server_that_does_not_answer() {
    let Some(certificates) = Certificates::new().map(Arc::new) else { return };
    certificates.add_token_key();
    let Some(folder) = images::stored() else { return };
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let realms = [
        (format!("http://{closed}/token"), Unavailable, "refuses the connection"),
        // A password would go there without TLS.
        (
            "http://tokens.example.com/token".to_owned(),
            dtpl::image::LookupFaultKind::Invalid,
            "no server for tokens",
        ),
        ("file:///etc/passwd".to_owned(), dtpl::image::LookupFaultKind::Invalid, "no server for tokens"),
    ];
    for (realm, kind, expected) in realms {
        let access = Access::Tokens { realm: &realm };
        let registry = Registry::start_with(folder.path(), &access, None, Some(&certificates)).unwrap();
        let settings = with_config(config(&registry.host, USER, PASSWORD));
        let said = fault(&settings, &format!("{}/app:index", registry.host), kind);
        assert!(said.contains(expected), "{said}");
    }
}
