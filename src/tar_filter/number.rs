//! The numbers in tar headers, read only where all readers read them alike.
//!
//! A field is octal text or, as an extension, a big-endian number after a marker byte. Readers differ on
//! the edge cases: signs, blanks in the middle, a leading NUL, digits after the terminator, numbers of
//! more than 63 bits. All of these are refused.

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// A number of at most 63 bits.
    Positive(u64),
    /// A number below zero: its value is of no use here.
    Negative,
}

/// Reads a field, or nothing when two readers might read it differently.
pub fn number(field: &[u8]) -> Option<Number> {
    match field.first()? {
        0x80 => {
            let mut value = 0u64;
            for &byte in field.get(1..)? {
                if value >> 55 != 0 {
                    return None;
                }
                value = value << 8 | u64::from(byte);
            }
            Some(Number::Positive(value))
        }
        0xFF => Some(Number::Negative),
        // Some writers leave fields that do not matter to them empty.
        0 => field.iter().all(|&byte| byte == 0).then_some(Number::Positive(0)),
        _ => octal(field).map(Number::Positive),
    }
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
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    let value = text.iter().try_fold(0u64, |value, &digit| match digit {
        b'0'..=b'9' => value.checked_mul(10)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })?;
    (value <= i64::MAX as u64).then_some(value)
}

/// Whether a PAX record holds a time: digits, maybe a sign in front and a fraction after.
pub fn is_time(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let (seconds, fraction) = match text.iter().position(|&byte| byte == b'.') {
        Some(dot) => (text.get(..dot), text.get(dot + 1..)),
        None => (Some(text), None),
    };
    // Ten thousand years to both sides: bsdtar does not survive much more.
    seconds.and_then(decimal).is_some_and(|seconds| seconds < 1 << 40)
        && fraction.is_none_or(|fraction| fraction.iter().all(u8::is_ascii_digit))
}
