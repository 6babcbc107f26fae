//! The numbers in tar headers, read only where all readers read them alike.
//!
//! A field is octal text or, as an extension, a big-endian number after a marker byte. Readers differ on
//! the edge cases: signs, blanks in the middle, a leading NUL, digits after the terminator, numbers of
//! more than 63 bits. All of these are refused.

/// The number in a field, of at most 63 bits; nothing when it is below zero, or when two readers might read
/// it differently.
pub fn number(field: &[u8]) -> Option<u64> {
    match field.first()? {
        0x80 => field
            .get(1..)?
            .iter()
            .try_fold(0, |value: u64, &byte| (value >> 55 == 0).then_some(value << 8 | u64::from(byte))),
        // Some writers leave fields that do not matter to them empty.
        0 => is_zero(field).then_some(0),
        _ => octal(field),
    }
}

/// Whether a field is a number below zero: its value is of no use here.
pub fn is_negative(field: &[u8]) -> bool {
    field.first() == Some(&0xFF)
}

/// Whether all bytes are zero, all compared at once.
pub fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |all, &byte| all | byte) == 0
}

/// Blanks, octal digits, then only blanks and NULs. One pass: every header has seven such fields.
fn octal(field: &[u8]) -> Option<u64> {
    let mut value = 0u64;
    let mut has_digits = false;
    let mut has_ended = false;
    for &byte in field {
        match byte {
            b'0'..=b'7' if !has_ended => {
                has_digits = true;
                // At most twelve digits: 36 bits.
                value = value << 3 | u64::from(byte - b'0');
            }
            b' ' if !has_digits => {}
            b' ' | 0 if has_digits => has_ended = true,
            _ => return None,
        }
    }
    has_digits.then_some(value)
}

/// Reads a decimal number as PAX records hold it: digits, at most 63 bits, nothing else.
pub fn decimal(text: &[u8]) -> Option<u64> {
    if !matches!(text.len(), 1..=19) || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // Nineteen digits are never more than 64 bits.
    let value = text.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    (value <= i64::MAX as u64).then_some(value)
}

/// Whether a PAX record holds a time: digits, maybe a sign in front and a fraction after.
pub fn is_time(text: &[u8]) -> bool {
    let mut parts = text.strip_prefix(b"-").unwrap_or(text).splitn(2, |&byte| byte == b'.');
    // Ten thousand years to both sides: bsdtar does not survive much more.
    parts.next().and_then(decimal).is_some_and(|seconds| seconds < 1 << 40)
        && parts.next().is_none_or(|fraction| fraction.iter().all(u8::is_ascii_digit))
}
