//! The SHA-256 digests that tell Dockerfiles apart.

use sha2::{Digest as _, Sha256};

/// The SHA-256 of a Dockerfile.
pub type Sha = [u8; 32];

/// The digest in hexadecimal.
pub fn hex(sha: &Sha) -> String {
    hex_digits(sha).into_iter().map(char::from).collect()
}

/// The digest of some bytes in hexadecimal.
pub fn hex_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes).into())
}

/// The digest's hexadecimal digits.
pub fn hex_digits(sha: &Sha) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(sha) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    digits
}

#[test]
fn a_digest_in_hexadecimal() {
    assert_eq!(hex(&[0xAB; 32])[..4], *"abab");
}
