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

/// The two digits of each byte.
const DIGITS: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut all = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        all[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    all
};

/// The digest's hexadecimal digits.
pub fn hex_digits(sha: &Sha) -> [u8; 64] {
    let mut digits = [0; 64];
    for (pair, byte) in digits.as_chunks_mut().0.iter_mut().zip(sha) {
        *pair = DIGITS[usize::from(*byte)];
    }
    digits
}

/// The digest that has these digits.
pub fn sha_of_digits(digits: &[u8; 64]) -> Sha {
    let mut sha = [0; 32];
    let value = |digit: u8| if digit < b'a' { digit.wrapping_sub(b'0') } else { digit - b'a' + 10 };
    for (byte, [high, low]) in sha.iter_mut().zip(digits.as_chunks().0) {
        *byte = value(*high) << 4 | value(*low);
    }
    sha
}

#[test]
fn a_digest_in_hexadecimal() {
    assert_eq!(hex(&[0xAB; 32])[..4], *"abab");
    let sha: Sha = std::array::from_fn(|at| (at * 37 % 256) as u8);
    assert_eq!(sha_of_digits(&hex_digits(&sha)), sha);
}
