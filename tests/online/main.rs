//! Asking registries: a real one (Debian's `docker-registry`) with images that `skopeo` pushed, and servers that do
//! not do what a registry does. All of them listen on 127.0.0.1, and nothing else is asked.
//!
//! Run with `cargo test --features online --test online`.

#[path = "../common/mod.rs"]
mod common;

mod certificates;
mod commands;
mod environment;
mod hostile;
mod images;
mod locking;
mod logins;
mod program;
mod proxies;
mod real;
mod registry;
mod server;
mod silence;
mod token_server;

use std::time::Duration;

use dtpl::image::{LookupFault, LookupFaultKind, Published, Reference};
use dtpl::oci::{Client, Settings};

/// A password that no message may contain, nor a part of what is made of it.
const PASSWORD: &str = "correct horse battery";
const USER: &str = "fleet-builder";

fn reference(text: &str) -> Reference {
    Reference::parse(text).unwrap_or_else(|fault| panic!("{text}: {}", fault.message))
}

/// Settings for tests, which need not wait for long.
fn settings() -> Settings {
    Settings {
        request_time: Duration::from_secs(5),
        total_time: Duration::from_secs(20),
        retries: 2,
        ..Settings::default()
    }
}

fn look_up(settings: &Settings, text: &str) -> Result<Published, LookupFault> {
    let result = Client::new(settings).unwrap().look_up(&reference(text));
    if let Err(fault) = &result {
        assert_has_no_secret(&format!("{fault} {fault:?}"));
    }
    result
}

/// The fault that a look-up ends with, of a kind.
fn fault(settings: &Settings, text: &str, kind: LookupFaultKind) -> String {
    let fault = look_up(settings, text).unwrap_err();
    assert_eq!(fault.kind, kind, "{fault}");
    fault.to_string()
}

/// The content of a `config.json` with a login for a host.
fn config(host: &str, user: &str, password: &str) -> Vec<u8> {
    let auth = base64(format!("{user}:{password}").as_bytes());
    format!("{{\"auths\": {{\"{host}\": {{\"auth\": \"{auth}\"}}}}}}").into_bytes()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let number =
            part.iter().fold(0u32, |all, byte| all << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
        for digit in 0..=part.len() {
            text.push(char::from(DIGITS[(number >> (18 - 6 * digit) & 63) as usize]));
        }
        text.extend(std::iter::repeat_n('=', 3 - part.len()));
    }
    text
}

/// Nothing that the tests use as a login, in any of its forms.
fn assert_has_no_secret(text: &str) {
    let header = base64(format!("{USER}:{PASSWORD}").as_bytes());
    for secret in
        [PASSWORD, USER, "horse", &header, "Bearer", "Basic", "eyJ", "wrong-pass", "id-token", "s3cret"]
    {
        assert!(!text.contains(secret), "a part of a login is in: {text}");
    }
}
