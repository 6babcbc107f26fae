//! Keeping a page template of the user's own within limits. The engine has none for loops and for what
//! is built up in variables, so the template is read through before it gets there:
//!
//! - only the tags that a page needs are let through, and no loop inside an expression;
//! - behind every `for` a count of the rounds is put in, behind every `set` a look at the size.
//!
//! Places in the template that results are told in places of the one that was given.

use crate::source::Span;

/// Rounds of all loops of a page together.
pub(super) const MOST_ROUNDS: usize = 100_000;
/// Bytes of a value that is built up.
pub(super) const LONGEST_VALUE: usize = 1 << 20;
/// Bytes of a page template.
pub(super) const LONGEST_TEMPLATE: usize = 1 << 16;

/// Counts a round of a loop.
pub(super) const COUNT: &str = "dtpl_count";
/// Looks at the size of a value.
pub(super) const SIZE: &str = "dtpl_size";

const TAGS: [&str; 11] =
    ["if", "elif", "else", "endif", "for", "endfor", "break", "continue", "set", "raw", "endraw"];

/// A template with the counting put in.
pub(super) struct Guarded {
    pub text: String,
    /// Where the names stand in the template that was given.
    words: Vec<Span>,
    /// Where something was put in, as an offset of `text`, and how much.
    added: Vec<(usize, usize)>,
}

impl Guarded {
    /// Where `name` is used first, and is no field or filter; in the template that was given.
    pub fn first_use(&self, template: &str, name: &str) -> Option<Span> {
        let is_name = |word: &&Span| {
            let before = template[..word.start].trim_end();
            &template[(*word).clone()] == name && !before.ends_with(['.', '|'])
        };
        self.words.iter().find(is_name).cloned()
    }

    /// The place in the template that was given, for one in `text`.
    pub fn original(&self, offset: usize) -> usize {
        let mut moved = 0;
        for &(at, len) in self.added.iter().take_while(|(at, _)| *at <= offset) {
            moved += len.min(offset - at);
        }
        offset - moved
    }
}

/// Reads the template through.
///
/// # Errors
/// The places of what is not let through, each with its name.
pub(super) fn guard(text: &str) -> Result<Guarded, Vec<(Span, String)>> {
    let mut guarded =
        Guarded { text: String::with_capacity(text.len() * 2), words: Vec::new(), added: Vec::new() };
    let (mut refused, mut copied, mut at) = (Vec::new(), 0, 0);
    let bytes = text.as_bytes();
    while let Some(open) = memchr::memchr(b'{', &bytes[at..]).map(|found| at + found) {
        at = open + 1;
        match bytes.get(open + 1) {
            Some(b'#') => {
                let start = open + 2 + usize::from(bytes.get(open + 2) == Some(&b'-'));
                let Some(end) = text.get(start..).and_then(|rest| rest.find("#}")) else { break };
                at = start + end + 2;
            }
            Some(b'{') => {
                let tag = Tag::read(text, open, b'}');
                at = tag.end;
                guarded.words.extend_from_slice(&tag.words);
                refused.extend(tag.words.iter().filter(|word| is_loop(text, word)).map(loop_inside));
            }
            Some(b'%') => {
                let tag = Tag::read(text, open, b'%');
                at = tag.end;
                guarded.words.extend_from_slice(&tag.words);
                let Some(first) = tag.words.first() else { continue };
                let name = &text[first.clone()];
                if !TAGS.contains(&name) {
                    refused.push((first.clone(), format!("a page cannot have the tag `{name}`")));
                }
                let inside = tag.words.iter().skip(1).filter(|word| is_loop(text, word));
                refused.extend(inside.map(loop_inside));
                if name == "raw" {
                    at = end_of_raw(text, tag.end);
                    continue;
                }
                // The engine says what is missing.
                if !tag.is_closed {
                    break;
                }
                let call = match (name, tag.words.get(1)) {
                    ("for", _) => format!("{COUNT}()"),
                    ("set", Some(variable)) if tag.assigns => {
                        format!("{SIZE}(value={})", &text[variable.clone()])
                    }
                    ("set", _) => {
                        let message = "a page cannot have a `set` that takes a piece of the page";
                        refused.push((first.clone(), message.to_owned()));
                        continue;
                    }
                    _ => continue,
                };
                guarded.text.push_str(&text[copied..tag.end]);
                copied = tag.end;
                let close = if tag.trims { "-}}" } else { "}}" };
                let call = format!("{{{{ {call} {close}");
                guarded.added.push((guarded.text.len(), call.len()));
                guarded.text.push_str(&call);
            }
            _ => {}
        }
    }
    guarded.text.push_str(&text[copied..]);
    if refused.is_empty() { Ok(guarded) } else { Err(refused) }
}

fn is_loop(text: &str, word: &Span) -> bool {
    &text[word.clone()] == "for"
}

fn loop_inside(word: &Span) -> (Span, String) {
    (word.clone(), "a page cannot have a loop inside an expression".to_owned())
}

/// `{% ... %}` or `{{ ... }}`.
struct Tag {
    /// Where its names stand, outside of strings.
    words: Vec<Span>,
    /// Whether there is a `=` that is no comparison.
    assigns: bool,
    /// Whether it ends with `-`, which takes the white space behind it away.
    trims: bool,
    is_closed: bool,
    end: usize,
}

impl Tag {
    /// Reads from `{` on; the sign is that before the `}` at its end. One that is not closed ends the
    /// template, and the engine says so.
    fn read(text: &str, open: usize, sign: u8) -> Tag {
        let bytes = text.as_bytes();
        let mut tag =
            Tag { words: Vec::new(), assigns: false, trims: false, is_closed: false, end: bytes.len() };
        let mut at = open + 2;
        while at < bytes.len() {
            match bytes[at] {
                byte if byte == sign && bytes.get(at + 1) == Some(&b'}') => {
                    tag.trims = bytes[at - 1] == b'-' && at > open + 2;
                    (tag.is_closed, tag.end) = (true, at + 2);
                    return tag;
                }
                quote @ (b'"' | b'\'' | b'`') => at = end_of_string(bytes, at, quote),
                b'=' => {
                    let is_comparison = bytes.get(at + 1) == Some(&b'=');
                    tag.assigns |= !is_comparison && !matches!(bytes[at - 1], b'!' | b'<' | b'>' | b'=');
                    at += 1 + usize::from(is_comparison);
                }
                byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                    let rest = bytes[at..].iter();
                    let len = rest.take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                    tag.words.push(at..at + len);
                    at += len;
                }
                _ => at += 1,
            }
        }
        tag
    }
}

fn end_of_string(bytes: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while at < bytes.len() && bytes[at] != quote {
        at += 1 + usize::from(bytes[at] == b'\\');
    }
    (at + 1).min(bytes.len())
}

/// Where the text goes on behind `{% endraw %}`.
fn end_of_raw(text: &str, from: usize) -> usize {
    let mut at = from;
    while let Some(open) = text[at..].find("{%").map(|found| at + found) {
        let rest = &text[open + 2..];
        let space = |c: char| c.is_ascii_whitespace();
        let rest = rest.strip_prefix('-').unwrap_or(rest).trim_start_matches(space);
        at = open + 2;
        if let Some(rest) = rest.strip_prefix("endraw") {
            let rest = rest.trim_start_matches(space);
            let rest = rest.strip_prefix('-').unwrap_or(rest);
            if let Some(rest) = rest.strip_prefix("%}") {
                return text.len() - rest.len();
            }
        }
    }
    text.len()
}
