//! Whether bytes have the digest that somebody claims for them.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// The digest of bytes as registries write it: `sha256:...`.
pub fn sha256(bytes: &[u8]) -> String {
    written("sha256", &Sha256::digest(bytes))
}

/// Whether bytes have a digest. One whose algorithm is unknown is nobody's.
pub fn has_digest(bytes: &[u8], digest: &str) -> bool {
    let actual = match digest.split_once(':').map_or("", |(algorithm, _)| algorithm) {
        "sha256" => sha256(bytes),
        "sha384" => written("sha384", &Sha384::digest(bytes)),
        "sha512" => written("sha512", &Sha512::digest(bytes)),
        _ => return false,
    };
    actual == digest
}

/// Whether a text is a digest that bytes can have: it goes into addresses and into files.
pub fn is_digest(text: &str) -> bool {
    let Some((algorithm, digits)) = text.split_once(':') else { return false };
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    digits.len() == length && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn written(algorithm: &str, bytes: &[u8]) -> String {
    let mut text = format!("{algorithm}:");
    for byte in bytes {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[test]
fn a_digest_is_that_of_its_bytes() {
    let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(sha256(b""), empty);
    assert!(has_digest(b"", empty) && !has_digest(b"x", empty) && is_digest(empty));
    let long = written("sha512", &Sha512::digest(b"x"));
    assert!(has_digest(b"x", &long) && !has_digest(b"", &long) && is_digest(&long));
    assert!(!has_digest(b"", "md5:d41d8cd98f00b204e9800998ecf8427e"));
    assert!(!is_digest("sha256:../../token") && !is_digest(&empty.to_uppercase()) && !is_digest("sha256"));
}
