//! What a placeholder is: `%%`, two or more of `A-Z` and `_` with a letter first, `%%`.
//!
//! The balena builder looks for `/%%([A-Z][A-Z_]+)%%/` in every line that does not start with `#`.
//! This scanner finds the same, leftmost first, in one pass and without backtracking: a failed
//! match is resumed one byte later, and the names tried never overlap.

use std::collections::BTreeMap;

/// A placeholder in a template: where it starts, and which of the template's names it holds.
///
/// Eight bytes, because a template may hold millions.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::{Source, Template};
///
/// let source = Arc::new(Source::new("Dockerfile.template", "FROM a:%%BALENA_ARCH%%\n"));
/// let template = Template::parse(source).unwrap();
/// let placeholder: dtpl::Placeholder = template.placeholders()[0];
/// assert_eq!(placeholder.start, 7);
/// assert_eq!(template.names()[placeholder.name as usize], "BALENA_ARCH");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// Offset of the first `%`.
    pub start: u32,
    /// Index into the template's names.
    pub name: u32,
}

/// How the placeholders of balena and dtpl begin.
pub const BEGINNINGS: [&str; 3] = ["%%BALENA_", "%%RESIN_", "%%DTPL_"];

/// The length of the longest text in which offsets fit a [`Placeholder`].
pub const LONGEST_TEXT: usize = u32::MAX as usize;

/// The most placeholders of a template: far more than anybody writes, and few enough that 64 MiB of
/// nothing else is refused in 128 MiB of memory.
pub const MOST: usize = 2_000_000;

/// All placeholders outside comment lines, and their distinct names in order of first use. The search
/// ends at the first one beyond [`MOST`], which is among them.
///
/// `bytes` is not longer than [`LONGEST_TEXT`]; what comes after is not searched.
pub fn find_all(bytes: &[u8]) -> (Vec<Placeholder>, Vec<String>) {
    let bytes = bytes.get(..LONGEST_TEXT).unwrap_or(bytes);
    let mut placeholders = Vec::new();
    let mut names = Vec::new();
    let mut known: BTreeMap<&str, u32> = BTreeMap::new();
    let mut lines = LineFinder::new(bytes);
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'%', &bytes[at..]) {
        let start = at + found;
        let Some(name) = name_at(bytes, start) else {
            at = start + 1;
            continue;
        };
        if lines.is_comment(start) {
            at = lines.end_of_line(start);
            continue;
        }
        at = start + name.len() + 4;
        let index = *known.entry(name).or_insert_with(|| {
            names.push(name.to_owned());
            (names.len() - 1) as u32
        });
        placeholders.push(Placeholder { start: start as u32, name: index });
        if placeholders.len() > MOST {
            break;
        }
    }
    (placeholders, names)
}

/// The name of the placeholder that starts at `start`, if one does.
pub fn name_at(bytes: &[u8], start: usize) -> Option<&str> {
    let inside = bytes.get(start..)?.strip_prefix(b"%%")?;
    let length = inside.iter().take_while(|&&b| b.is_ascii_uppercase() || b == b'_').count();
    let (name, rest) = inside.split_at(length);
    let matches = length >= 2 && name[0] != b'_' && rest.starts_with(b"%%");
    std::str::from_utf8(name).ok().filter(|_| matches)
}

/// Whether `name` can be the name of a placeholder.
pub fn is_name(name: &str) -> bool {
    name.len() >= 2 && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') && !name.starts_with('_')
}

/// Finds the lines of offsets that only grow. Every byte is looked at once.
pub struct LineFinder<'b> {
    bytes: &'b [u8],
    start: usize,
    seen: usize,
}

impl<'b> LineFinder<'b> {
    /// Lines of `bytes`; only `\n` ends one.
    pub fn new(bytes: &'b [u8]) -> Self {
        LineFinder { bytes, start: 0, seen: 0 }
    }

    /// Where the line of `offset` starts. `offset` is not smaller than at the call before.
    pub fn start_of_line(&mut self, offset: usize) -> usize {
        if let Some(newline) = memchr::memrchr(b'\n', &self.bytes[self.seen..offset]) {
            self.start = self.seen + newline + 1;
        }
        self.seen = offset;
        self.start
    }

    /// Whether the line of `offset` is one that is copied untouched: its first byte is `#`.
    pub fn is_comment(&mut self, offset: usize) -> bool {
        let start = self.start_of_line(offset);
        self.bytes.get(start) == Some(&b'#')
    }

    /// Where the line of `offset` ends: at its `\n`, or at the end of the text.
    pub fn end_of_line(&self, offset: usize) -> usize {
        end_of_line(self.bytes, offset)
    }
}

/// The offset of the `\n` that ends the line of `offset`, or the end of the text.
pub fn end_of_line(bytes: &[u8], offset: usize) -> usize {
    memchr::memchr(b'\n', &bytes[offset..]).map_or(bytes.len(), |newline| offset + newline)
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn a_name_has_two_capitals_or_underscores_and_begins_with_a_capital() {
        assert!(["BALENA_ARCH", "AB", "A_"].into_iter().all(is_name));
        assert!(!["A", "ARCH2", "_A", "arch", "", "A-B"].into_iter().any(is_name));
    }
}
