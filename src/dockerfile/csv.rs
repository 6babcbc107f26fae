//! The fields of `RUN --mount` and `RUN --device`, which BuildKit reads as a line of a CSV file.

use std::borrow::Cow;

use super::fault::Fault;
use crate::source::Span;

/// One field.
pub(super) struct Field<'v> {
    /// Its text, without quotes around it.
    pub text: Cow<'v, [u8]>,
    /// Its place in the line, with the quotes.
    pub span: Span,
}

impl Field<'_> {
    /// The place of a part of its text: of all of it, if it is in quotes.
    pub fn part(&self, part: Span) -> Span {
        match self.span.len() == self.text.len() {
            true => self.span.start + part.start..self.span.start + part.end,
            false => self.span.clone(),
        }
    }
}

/// The fields of a line, or what is wrong with it, of the kind that `what` names.
pub(super) fn fields<'v>(line: &'v [u8], what: &str) -> Result<Vec<Field<'v>>, Fault> {
    let fault = |span: Span, why: &str, help: &str| {
        Fault::new(span, format!("failed to parse csv {what}: {why}"), help)
    };
    if line.is_empty() {
        return Err(fault(0..0, "EOF", "write a value after the `=`"));
    }
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let start = at;
        let rest = line.get(at..).unwrap_or_default();
        let text = if rest.starts_with(b"\"") {
            let Some((text, length)) = quoted(rest) else {
                let help = "close the quote before the next comma, and write a quote inside as \"\"";
                return Err(fault(start..line.len(), "extraneous or missing \" in quoted-field", help));
            };
            at += length;
            text
        } else {
            let length = memchr::memchr(b',', rest).unwrap_or(rest.len());
            let text = rest.get(..length).unwrap_or_default();
            if let Some(quote) = memchr::memchr(b'"', text) {
                let help = "put all of the field in quotes, or leave them out";
                return Err(fault(start + quote..start + quote + 1, "bare \" in non-quoted field", help));
            }
            at += length;
            Cow::Borrowed(text)
        };
        fields.push(Field { text, span: start..at });
        if at >= line.len() {
            return Ok(fields);
        }
        // The comma.
        at += 1;
    }
}

/// The text of a field in quotes, and its length with them. A comma or nothing follows.
fn quoted(rest: &[u8]) -> Option<(Cow<'static, [u8]>, usize)> {
    let mut text = Vec::new();
    let mut at = 1;
    loop {
        let part = rest.get(at..)?;
        let end = memchr::memchr(b'"', part)?;
        text.extend_from_slice(part.get(..end)?);
        at += end + 1;
        match rest.get(at) {
            Some(b'"') => {
                text.push(b'"');
                at += 1;
            }
            None | Some(b',') => return Some((Cow::Owned(text), at)),
            Some(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Option<Vec<String>> {
        let fields = fields(line.as_bytes(), "mounts").ok()?;
        Some(fields.iter().map(|field| String::from_utf8_lossy(&field.text).into_owned()).collect())
    }

    #[test]
    fn quotes_hold_commas_and_quotes() {
        assert_eq!(texts("a=1,\"b=2,3\",\"c=\"\"\"").unwrap(), ["a=1", "b=2,3", "c=\""]);
        assert_eq!(texts("a,,").unwrap(), ["a", "", ""]);
        assert_eq!((texts(""), texts("a\"b"), texts("\"a"), texts("\"a\"b,c")), (None, None, None, None));
    }
}
