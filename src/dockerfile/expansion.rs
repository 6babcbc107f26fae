//! Expands words as BuildKit's shell lexer does: removes quotes, resolves escapes, substitutes variables.
//!
//! `$x`, `${x}`, `${x:-y}`, `${x-y}`, `${x:+y}`, `${x+y}`, `${x:?m}`, `${x?m}`, `${x#p}`, `${x##p}`,
//! `${x%p}`, `${x%%p}`, `${x/p/r}`, `${x//p/r}`.

use super::budget::Budget;
use super::fault::Fault;
pub use super::lexer::DEEPEST;
use super::lexer::{Lexer, Mode};
use super::lookup::Lookup;
pub use super::lookup::{Absence, Expansion, Missing};
pub use super::substitution::Env;

/// A word without its quotes, with its variables substituted.
///
/// `escape` is the file's escape character.
///
/// ```
/// use dtpl::dockerfile::expansion::{Env, expand};
/// let env = Env::from([("TAG".to_owned(), b"3.19".to_vec())]);
/// assert_eq!(expand(b"alpine:${TAG:-latest}", b'\\', &env).unwrap(), b"alpine:3.19");
/// assert_eq!(expand(b"alpine:${TAG%.*}", b'\\', &env).unwrap(), b"alpine:3");
/// assert_eq!(expand(b"'$TAG' \"$TAG\" \\$TAG", b'\\', &env).unwrap(), b"$TAG 3.19 $TAG");
/// ```
///
/// # Errors
/// An unclosed quote or brace, an unknown modifier, a variable that `${x:?}` requires, and a word that
/// gets too deep or too long. The span is one of the word.
pub fn expand(word: &[u8], escape: u8, env: &Env) -> Result<Vec<u8>, Fault> {
    expand_known(word, escape, env, &mut Budget::default()).map(|expansion| expansion.text)
}

/// Expands a word with variables that may not all be known.
///
/// The words that belong together share a budget.
///
/// # Errors
/// As [`expand`], and when the budget is used up.
pub fn expand_known(
    word: &[u8],
    escape: u8,
    env: &dyn Lookup,
    budget: &mut Budget,
) -> Result<Expansion, Fault> {
    // Most words contain nothing to expand.
    if !word.iter().any(|&b| matches!(b, b'$' | b'"' | b'\'') || b == escape) {
        return Ok(Expansion { text: word.to_vec(), missing: Vec::new() });
    }
    let mode = Mode { escape, raw_quotes: false, plain_quotes: false, raw_escapes: false, keep_unset: false };
    let (text, _, missing) = Lexer::new(word, mode, env, budget).run()?;
    Ok(Expansion { text, missing })
}

/// Expands the content of a heredoc, as BuildKit does for `COPY` and `ADD`: quotes in it are characters as any
/// other, and the backslash escapes whatever the `escape` directive says.
pub(super) fn expand_heredoc(
    content: &[u8],
    env: &dyn Lookup,
    budget: &mut Budget,
) -> Result<Expansion, Fault> {
    // Most contents have nothing to expand, and may be long.
    if memchr::memchr2(b'$', b'\\', content).is_none() {
        return Ok(Expansion { text: content.to_vec(), missing: Vec::new() });
    }
    let mode =
        Mode { escape: b'\\', raw_quotes: false, plain_quotes: true, raw_escapes: false, keep_unset: false };
    let (text, _, missing) = Lexer::new(content, mode, env, budget).run()?;
    Ok(Expansion { text, missing })
}
