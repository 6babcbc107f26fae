//! Making text from strangers safe to show: a file name or a line of a template must not move the
//! cursor, change colours, or read in another order than that of its bytes.

use std::borrow::Cow;

/// Characters that change the direction in which text reads, or that cannot be seen at all
/// (the trick of CVE-2021-42574).
pub fn is_direction_control(c: char) -> bool {
    matches!(c,
        '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}'
        | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Whether a character must not reach a terminal as it is.
pub fn is_unsafe(c: char) -> bool {
    c.is_control() || is_direction_control(c)
}

/// `text` with every unsafe character written out, `\n` or `\u{202e}`.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// At most `limit` characters of `text`, with `...` in place of the rest.
pub fn shortened(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => Cow::Borrowed(text),
        Some((at, _)) => Cow::Owned(format!("{}...", &text[..at])),
    }
}

/// A number as a person reads it: `99,900`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[test]
fn text_is_made_safe_and_numbers_are_grouped() {
    assert_eq!(escaped("a\u{1b}[31m\n"), "a\\u{1b}[31m\\n");
    assert_eq!([99_900, 7, 1_000].map(grouped), ["99,900", "7", "1,000"]);
}
