//! A word of a command, and what can be said of it alone.

use crate::source::Span;

/// A word of a command.
#[derive(Clone, Debug)]
pub struct Word {
    /// Without its quotes; expansions such as `${A}` and `$(b)` as they are written.
    pub text: String,
    /// With them.
    pub span: Span,
}

/// The last part of a path.
pub(super) fn base(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or_default()
}

/// Whether a word sets a variable for its command: `DEBIAN_FRONTEND=noninteractive`.
pub fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    let name = name.strip_suffix('+').unwrap_or(name);
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    name.starts_with(|c: char| !c.is_ascii_digit()) && name.bytes().all(is_name)
}
