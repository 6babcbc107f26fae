//! A real registry: what it has is what dtpl says, with TLS and without.

use dtpl::image::LookupFaultKind::{Invalid, NotFound, Unavailable};
use dtpl::image::{Platform, Published};
use dtpl::oci::{Client, Settings};

use super::certificates::Certificates;
use super::images::{self, PLATFORMS};
use super::registry::{Access, Registry};
use super::{fault, look_up, reference, settings};

fn shown(published: &Published) -> Vec<String> {
    published.platforms.iter().map(|(platform, _)| platform.to_string()).collect()
}

/// An image for one platform, from the bytes of its manifest.
fn single(manifest: &[u8], platform: &str) -> Published {
    let digest = images::sha256(manifest);
    let platforms = vec![(Platform::parse(platform).unwrap(), digest.clone())];
    Published { digest, is_index: false, platforms }
}

#[test]
fn platforms_and_digests_are_those_of_the_registry() {
    let folder = tempfile::tempdir().unwrap();
    let Some(registry) = Registry::start(folder.path(), &Access::Everybody, None) else { return };
    let Some(()) = images::push(&registry, "first") else { return };
    let look = |name: &str| look_up(&settings(), &format!("{}/{name}", registry.host)).unwrap();
    for name in ["app:index", "app:list", "team/app:index"] {
        let raw = images::raw(&registry, name);
        let published = look(name);
        assert_eq!(published, images::expected(&raw), "{name}");
        let normal = PLATFORMS.map(|platform| Platform::parse(platform).unwrap().to_string());
        assert_eq!(shown(&published), normal, "{name}");
        assert_eq!(look(&format!("{}@{}", name.replace(":index", ":other"), published.digest)), published);
    }
    assert!(String::from_utf8_lossy(&images::raw(&registry, "app:index")).contains("unknown"));
    assert!(String::from_utf8_lossy(&images::raw(&registry, "app:list")).contains("manifest.list.v2"));
    for name in ["app:single", "app:docker-single"] {
        let raw = images::raw(&registry, name);
        assert_eq!(look(name), single(&raw, "linux/arm/v6"), "{name}");
    }
    // By the digest of one image of an index.
    let (arm64, digest) = look("app:index").platforms.into_iter().next_back().unwrap();
    let one = look(&format!("app@{digest}"));
    assert_eq!((arm64.to_string(), one.is_index, &one.digest), ("linux/arm64/v8".into(), false, &digest));
    assert_eq!(one.platforms, [(arm64, digest)]);
    // An index that does not say the platforms of its images, and an image that is not for Linux.
    assert_eq!(shown(&look("app:bare")), ["linux/amd64", "linux/arm/v6"]);
    assert_eq!(look("app:windows").platforms, []);

    // The tag moves.
    let before = look("app:index");
    images::push(&registry, "second").unwrap();
    let after = look("app:index");
    assert!(before.digest != after.digest && shown(&before) == shown(&after));
    assert_eq!(look(&format!("app@{}", before.digest)), before);

    // What is not there.
    for name in ["app:none", "none:latest", "app", &format!("app@sha256:{}", "0".repeat(64))] {
        let said = fault(&settings(), &format!("{}/{name}", registry.host), NotFound);
        assert_eq!(said, format!("{host} has no image `{host}/{name}`", host = registry.host));
    }
}

#[test]
fn scratch_is_not_asked_for() {
    // Nothing could be reached in this time.
    let none = Settings { total_time: std::time::Duration::ZERO, ..settings() };
    let said = fault(&none, "scratch", Invalid);
    assert_eq!(said, "`scratch` is the empty image, which is in no registry");
    assert!(fault(&none, "scratch.example.com/app", Unavailable).contains("no time left"));
}

#[test]
fn many_are_asked_at_once_and_answered_in_order() {
    let Some(folder) = images::stored() else { return };
    let registry = Registry::start(folder.path(), &Access::Everybody, None).unwrap();
    let names = ["app:single", "app:none", "app:index", "team/app:index", "app:list"];
    let references: Vec<_> =
        names.iter().cycle().take(60).map(|name| reference(&format!("{}/{name}", registry.host))).collect();
    let client = Client::new(&settings()).unwrap();
    let results = client.look_up_all(&references);
    assert_eq!(results.len(), 60);
    for (at, (reference, result)) in references.iter().zip(&results).enumerate() {
        assert_eq!(result.is_err(), at % 5 == 1, "{}", reference.text());
        assert_eq!(*result, client.look_up(reference), "{}", reference.text());
    }
    assert_eq!(client.look_up_all(&[]), []);
}

#[test]
fn tls_needs_an_authority_that_is_trusted() {
    let Some(certificates) = Certificates::new() else { return };
    let Some(folder) = images::stored() else { return };
    let registry = Registry::start(folder.path(), &Access::Everybody, Some(&certificates)).unwrap();
    let trusting = Settings { ca_file: Some(certificates.read("ca.pem")), ..settings() };
    for host in ["127.0.0.1", "localhost"] {
        let name = format!("{host}:{}/app:index", registry.port());
        let published = look_up(&trusting, &name).unwrap();
        assert_eq!(shown(&published).len(), 4);
        // Without the authority it is not asked, nor asked without TLS, though it is on this machine.
        let said = fault(&settings(), &name, Unavailable);
        let expected = format!("the certificate of {host}:{} is from an authority", registry.port());
        assert!(said.starts_with(&expected) && said.contains("--ca-file"), "{said}");
        let insecure = Settings { insecure: vec![format!("{host}:{}", registry.port())], ..settings() };
        assert_eq!(fault(&insecure, &name, Unavailable), said);
    }
    // The certificate names this host by its address, and not by another one.
    let said = fault(&trusting, &format!("127.0.0.2:{}/app:index", registry.port()), Unavailable);
    assert!(said.contains("refuses the connection") || said.contains("for another host"), "{said}");
    // Another authority is none.
    let other = Certificates::new().unwrap();
    let distrusting = Settings { ca_file: Some(other.read("ca.pem")), ..settings() };
    fault(&distrusting, &format!("{}/app:index", registry.host), Unavailable);
}

#[test]
fn settings_that_cannot_be_used() {
    use dtpl::oci::{Proxies, Setting};
    let fails = |settings: Settings, setting: Setting, said: &str| {
        let fault = Client::new(&settings).err().unwrap();
        assert_eq!(fault.setting, setting);
        let text = format!("{fault} {settings:?}");
        assert!(text.contains(said), "{text}");
        super::assert_has_no_secret(&text);
    };
    let plain = settings;
    let key = b"-----BEGIN CERTIFICATE-----\nAAAA\n".to_vec();
    fails(Settings { ca_file: Some(key), ..plain() }, Setting::CaFile, "no certificate");
    fails(Settings { ca_file: Some(b"oops".to_vec()), ..plain() }, Setting::CaFile, "no certificate");
    let config = format!("{{\"auths\": {{\"r\": \"{}\"}}}}", super::PASSWORD).into_bytes();
    fails(Settings { docker_config: Some(config), ..plain() }, Setting::DockerConfig, "line 1, column 39");
    let proxies = |https: &str| Proxies { https: Some(https.to_owned()), ..Proxies::default() };
    for address in ["socks5://u:s3cret@h:1", "http://u:s3cret@", "http://u:s3cret@h:x", "::"] {
        let settings = Settings { proxies: proxies(address), ..plain() };
        fails(settings, Setting::HttpsProxy, "no address of a proxy");
    }
    for host in ["http://h", "h/x", "", "u:p@h"] {
        fails(Settings { insecure: vec![host.to_owned()], ..plain() }, Setting::Insecure, "no host");
    }
}
