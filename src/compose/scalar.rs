//! What an unquoted scalar is, for Docker Compose: its reader is go-yaml 3, which takes YAML 1.2's truth
//! values, and numbers in the notation of Go.

use super::tree::Value;

/// The value of a scalar without quotes.
pub fn plain(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let first = text.bytes().next().unwrap_or_default();
    if !first.is_ascii_digit() && !matches!(first, b'+' | b'-' | b'.') {
        return Value::Text(text.to_owned());
    }
    if first != b'.' {
        if is_date(text) {
            return Value::Date(text.to_owned());
        }
        if let Some(number) = integer(&text.replace('_', "")) {
            return Value::Int(number);
        }
    }
    match float(text) {
        Some(number) => Value::Float(number),
        None => Value::Text(text.to_owned()),
    }
}

/// An integer as Go reads it: a sign, `0x`, `0o`, `0b`, or a zero before octal digits.
fn integer(text: &str) -> Option<i128> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (digits, radix) = if let Some(hexadecimal) = lower.strip_prefix("0x") {
        (hexadecimal, 16)
    } else if let Some(octal) = lower.strip_prefix("0o") {
        (octal, 8)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        (binary, 2)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (&lower[1..], 8)
    } else {
        (&*lower, 10)
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let number = i128::from_str_radix(digits, radix).ok()?;
    let number = if is_negative { -number } else { number };
    (number >= i128::from(i64::MIN) && number <= i128::from(u64::MAX)).then_some(number)
}

fn float(text: &str) -> Option<f64> {
    let text = text.replace('_', "");
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let is_number =
        unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    let starts = unsigned.bytes().next().is_some_and(|b| b.is_ascii_digit())
        || (unsigned.starts_with('.') && unsigned.as_bytes().get(1).is_some_and(u8::is_ascii_digit));
    if is_number && starts { text.parse().ok() } else { None }
}

/// `2026-11-29`, with or without a time.
fn is_date(text: &str) -> bool {
    let (day, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let parts: Vec<&str> = day.split('-').collect();
    let digits = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    let within = |part: &str, most: u32| part.parse().is_ok_and(|number: u32| (1..=most).contains(&number));
    let [year, month, day] = parts[..] else { return false };
    digits(year, 4..=4)
        && digits(month, 1..=2)
        && digits(day, 1..=2)
        && within(month, 12)
        && within(day, 31)
        && time
            .is_none_or(|time| time.bytes().next().is_some_and(|b| b.is_ascii_digit()) && time.contains(':'))
}

#[test]
fn scalars_of_go() {
    for (text, value) in [
        ("1_000", Value::Int(1000)),
        ("010", Value::Int(8)),
        ("0x1F", Value::Int(31)),
        ("08", Value::Float(8.0)),
        ("1e3", Value::Float(1000.0)),
        ("1.20", Value::Float(1.2)),
        (".5", Value::Float(0.5)),
        ("1.2.3", Value::Text("1.2.3".to_owned())),
        ("yes", Value::Text("yes".to_owned())),
        ("2026-11-29", Value::Date("2026-11-29".to_owned())),
        ("12:30", Value::Text("12:30".to_owned())),
        ("-", Value::Text("-".to_owned())),
    ] {
        assert_eq!(plain(text), value, "{text}");
    }
}
