//! What a word says without its quotes: as a text, and as a script of its own for `sh -c '...'`.

use super::script::Script;
use crate::source::Span;

/// What stands for an expansion in a script that is a word of another one: the other one expands it, so
/// nothing is known of what the script has there.
const UNKNOWN: &[u8] = b"$?";

/// Takes the quotes off the part `word` of a script. `expansions` are those in it, in order: `${...}`,
/// `$(...)`, and what is between backquotes; what is in them is left as it is, or not told with `hides`.
pub(super) fn unquoted(script: &Script, word: &Span, expansions: &[Span], hides: bool) -> Script {
    let bytes = script.text().get(..word.end).unwrap_or_default();
    let mut out = Script::default();
    let mut expansions = expansions.iter().peekable();
    let (mut at, mut quoted) = (word.start, false);
    // What is kept as it is since here.
    let mut kept = at;
    while let Some(&byte) = bytes.get(at) {
        if let Some(expansion) = expansions.next_if(|expansion| expansion.start <= at) {
            if hides {
                out.push_of(script, kept..at, None);
                out.push_of(script, at..expansion.end, Some(UNKNOWN));
                kept = expansion.end;
            }
            at = expansion.end.max(at + 1);
            continue;
        }
        let next = bytes.get(at + 1).copied();
        // How many bytes to leave out, and after them how many to keep whatever they are.
        let (left_out, plain) = match (byte, next) {
            (b'\\', Some(b'\n')) => (2, 0),
            (b'\\', Some(b'$' | b'`' | b'"' | b'\\')) => (1, 1),
            (b'\\', Some(_)) if !quoted => (1, 1),
            (b'"', _) => {
                quoted = !quoted;
                (1, 0)
            }
            (b'\'', _) if !quoted => {
                let rest = bytes.get(at + 1..).unwrap_or_default();
                let length = memchr::memchr(b'\'', rest).unwrap_or(rest.len());
                out.push_of(script, kept..at, None);
                out.push_of(script, at + 1..at + 1 + length, None);
                at = (at + 2 + length).min(bytes.len());
                kept = at;
                continue;
            }
            (b'$', Some(b'\'' | b'"')) if !quoted => (1, 0),
            _ => {
                at += 1;
                continue;
            }
        };
        out.push_of(script, kept..at, None);
        kept = at + left_out;
        at = (kept + plain).min(bytes.len());
    }
    out.push_of(script, kept.min(bytes.len())..bytes.len().max(kept.min(bytes.len())), None);
    out
}

/// The script between two backquotes, without the backslashes that are for the backquotes.
pub(super) fn backquoted(script: &Script, inside: &Span, in_quotes: bool) -> Script {
    let bytes = script.text().get(..inside.end).unwrap_or_default();
    let mut out = Script::default();
    let (mut at, mut kept) = (inside.start, inside.start);
    while let Some(&byte) = bytes.get(at) {
        let is_escaped = match bytes.get(at + 1) {
            Some(b'$' | b'`' | b'\\') => byte == b'\\',
            Some(b'"') => byte == b'\\' && in_quotes,
            _ => false,
        };
        if is_escaped {
            out.push_of(script, kept..at, None);
            kept = at + 1;
            at += 1;
        }
        at += 1;
    }
    out.push_of(script, kept..bytes.len().max(kept), None);
    out
}
