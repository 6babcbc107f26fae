//! The settings that the command line takes from the environment: Docker's `config.json`, a credential helper on
//! the `PATH`, a CA file, proxies.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use dtpl::Limit;
use dtpl::cli::online::{OnlineArgs, ask};
use dtpl::image::LookupFaultKind;

use super::certificates::Certificates;
use super::registry::{Access, Registry};
use super::{PASSWORD, USER, assert_has_no_secret, config, images, reference};

const LIMIT: Limit = Limit { bytes: 1 << 20, flag: "--max-config-bytes" };

fn online() -> OnlineArgs {
    OnlineArgs { online: true, online_timeout: 20, ..OnlineArgs::default() }
}

/// The number of platforms of an image, or the kind of the fault, with these variables set.
fn platforms(
    args: &OnlineArgs,
    name: &str,
    variables: &[(&str, &Path)],
) -> anyhow::Result<Result<usize, LookupFaultKind>> {
    let variable = |asked: &str| {
        let found = variables.iter().find(|(name, _)| *name == asked);
        found.map(|(_, value)| OsString::from(value))
    };
    let mut found = ask(&[reference(name)], args, &variable, LIMIT)?.unwrap();
    let result = found.remove(0);
    assert!(found.is_empty());
    Ok(result.map(|published| published.platforms.len()).map_err(|fault| {
        assert_has_no_secret(&fault.to_string());
        fault.kind
    }))
}

#[test]
fn without_the_flag_nothing_is_asked() {
    let nobody = |name: &str| -> Option<OsString> { panic!("{name} is looked at") };
    let args = OnlineArgs { ca_file: Some("no-such-file".into()), ..OnlineArgs::default() };
    assert!(ask(&[reference("127.0.0.1:1/app")], &args, &nobody, LIMIT).unwrap().is_none());
}

#[test]
fn logins_of_docker() {
    let Some(folder) = images::stored() else { return };
    let registry = Registry::start(folder.path(), &Access::Password, None).unwrap();
    let name = format!("{}/app:index", registry.host);
    let home = tempfile::tempdir().unwrap();
    let docker = home.path().join(".docker");
    fs::create_dir(&docker).unwrap();
    fs::write(docker.join("config.json"), config(&registry.host, USER, PASSWORD)).unwrap();
    let empty = tempfile::tempdir().unwrap();
    let one = |variables: &[(&str, &Path)]| platforms(&online(), &name, variables).unwrap();
    let home_variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    assert_eq!(one(&[(home_variable, home.path())]), Ok(4));
    assert_eq!(one(&[("DOCKER_CONFIG", &docker)]), Ok(4));
    // The folder that is named goes first, and may have no file.
    let denied = Err(LookupFaultKind::Denied);
    assert_eq!(one(&[(home_variable, home.path()), ("DOCKER_CONFIG", empty.path())]), denied);
    assert_eq!(one(&[]), denied);
    // A file that is wrong is named, and not quoted.
    fs::write(empty.path().join("config.json"), format!("{{\"auths\": \"{PASSWORD}\"}}")).unwrap();
    let error = platforms(&online(), &name, &[("DOCKER_CONFIG", empty.path())]).unwrap_err();
    let said = format!("{error:#}");
    assert!(said.contains("config.json: error: cannot be read as JSON with logins, at line 1"), "{said}");
    assert_has_no_secret(&said);
}

#[test]
fn a_file_with_authorities() {
    let Some(certificates) = Certificates::new() else { return };
    let Some(folder) = images::stored() else { return };
    let registry = Registry::start(folder.path(), &Access::Everybody, Some(&certificates)).unwrap();
    let name = format!("{}/app:index", registry.host);
    let with = |file: &Path| OnlineArgs { ca_file: Some(file.to_owned()), ..online() };
    assert_eq!(platforms(&with(&certificates.path("ca.pem")), &name, &[]).unwrap(), Ok(4));
    assert_eq!(platforms(&online(), &name, &[]).unwrap(), Err(LookupFaultKind::Unavailable));
    let said = |error: anyhow::Error| format!("{error:#}");
    let error = said(platforms(&with(&certificates.path("none.pem")), &name, &[]).unwrap_err());
    assert!(error.contains("none.pem"), "{error}");
    let error = said(platforms(&with(&certificates.path("names")), &name, &[]).unwrap_err());
    assert!(error.contains("names: error: there is no certificate in it"), "{error}");
}

#[test]
fn what_cannot_be_used_is_named() {
    let wrong = Path::new("socks5://me:s3cret@proxy.example.com");
    for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
        let error = platforms(&online(), "127.0.0.1:1/app", &[(name, wrong)]).unwrap_err();
        let said = format!("{error:#}");
        assert!(said.contains(name) && said.contains("no address of a proxy"), "{said}");
        assert_has_no_secret(&said);
    }
    let args = OnlineArgs { insecure_registry: vec!["http://r".to_owned()], ..online() };
    let said = format!("{:#}", platforms(&args, "127.0.0.1:1/app", &[]).unwrap_err());
    assert!(said.contains("--insecure-registry") && said.contains("`http://r` is no host"), "{said}");
}

/// Tests run again in another process, with another `PATH`: a credential helper is a program on it.
#[cfg(unix)]
mod helpers {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const NAME: &str = "DTPL_TEST_ONLINE_IMAGE";

    #[test]
    #[ignore = "is run by another test, with the variables that it needs"]
    fn child() {
        let (name, expected) = (std::env::var(NAME).unwrap(), std::env::var("DTPL_TEST_EXPECTED").unwrap());
        let started = std::time::Instant::now();
        let variable = |name: &str| std::env::var_os(name);
        let found = ask(&[reference(&name)], &online(), &variable, LIMIT).unwrap().unwrap().remove(0);
        let said = match found {
            Ok(published) => format!("{} platforms", published.platforms.len()),
            Err(fault) => fault.to_string(),
        };
        assert_has_no_secret(&said);
        assert!(said.contains(&expected), "{said}");
        assert!(started.elapsed().as_secs() < 18, "{:?}", started.elapsed());
    }

    #[test]
    fn a_helper_on_the_path() {
        let Some(folder) = images::stored() else { return };
        let registry = Registry::start(folder.path(), &Access::Password, None).unwrap();
        let bin = tempfile::tempdir().unwrap();
        let printed = format!("{{\"Username\":\"{USER}\",\"Secret\":\"{PASSWORD}\"}}");
        let helper = |name: &str, script: &str| {
            let path = bin.path().join(format!("docker-credential-{name}"));
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        };
        let host = &registry.host;
        helper(
            "good",
            &format!(
                "read server; [ \"$1 $server\" = 'get {host}' ] && echo '{printed}'; echo {PASSWORD} >&2"
            ),
        );
        helper("bad", &format!("echo 'oops {PASSWORD}'; exit 1"));
        helper("silent", "echo 'credentials not found in native keychain'; exit 1");
        helper("slow", "sleep 60 & wait");
        helper("long", "cat /dev/zero");
        let not_given = |name: &str| format!("docker-credential-{name} does not give one");
        for (name, expected) in [
            ("good", "4 platforms".to_owned()),
            ("bad", not_given("bad")),
            ("silent", "without a login".to_owned()),
            ("missing", not_given("missing")),
            ("slow", not_given("slow")),
            ("long", not_given("long")),
        ] {
            fs::write(bin.path().join("config.json"), format!("{{\"credsStore\": \"{name}\"}}")).unwrap();
            let output = Command::new(std::env::current_exe().unwrap())
                .args(["--ignored", "--exact", "environment::helpers::child"])
                .env("PATH", format!("{}:/usr/bin:/bin", bin.path().display()))
                .env("DOCKER_CONFIG", bin.path())
                .env(NAME, format!("{host}/app:index"))
                .env("DTPL_TEST_EXPECTED", &expected)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("1 passed"), "{name}: {said}");
        }
    }
}
