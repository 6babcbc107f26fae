//! `MAINTAINER`, and `ENV NAME value` without `=`: old forms that still work. They are changed only with
//! `--modernise`.

use super::edits::Edits;
use super::notes::Notes;
use crate::dockerfile::{Dockerfile, Form, Instruction, Keyword};

/// Writes one instruction in today's form.
pub fn rewrite(file: &Dockerfile, instruction: &Instruction, edits: &mut Edits, notes: &mut Notes) {
    let done = match (instruction.keyword, instruction.form) {
        (Keyword::Maintainer, _) => maintainer(file, instruction, edits),
        (Keyword::Env | Keyword::Label, Form::LegacyPair) => pair(file, instruction, edits),
        _ => return,
    };
    if done.is_none() {
        let name = instruction.keyword.name();
        let message = format!("this {name} is in an old form, and cannot be rewritten automatically");
        let help = match instruction.keyword {
            Keyword::Maintainer => "write LABEL org.opencontainers.image.authors=\"...\"".to_owned(),
            _ => format!("write {name} NAME=\"value\""),
        };
        notes.info("legacy-form", &instruction.keyword_span, message, help);
    }
}

fn maintainer(file: &Dockerfile, instruction: &Instruction, edits: &mut Edits) -> Option<()> {
    let [name] = &instruction.args[..] else { return None };
    let text = file.bytes(&name.span);
    if text != &*name.text {
        return None;
    }
    let quoted = quoted(text)?;
    let start = instruction.keyword_span.start;
    let label = [b"LABEL org.opencontainers.image.authors=", &quoted[..]].concat();
    edits.replace(&(start..name.span.end), label).then_some(())
}

fn pair(file: &Dockerfile, instruction: &Instruction, edits: &mut Edits) -> Option<()> {
    let [name, value] = &instruction.args[..] else { return None };
    let text = file.bytes(&value.span);
    if text != &*value.text || file.bytes(&name.span) != &*name.text || text.is_empty() {
        return None;
    }
    let new = match text.iter().any(u8::is_ascii_whitespace) {
        false => text.to_vec(),
        true => quoted(text)?,
    };
    let all = [&b"="[..], &new].concat();
    edits.replace(&(name.span.end..value.span.end), all).then_some(())
}

/// A value of several words in quotes; nothing where quotes or escapes in it make that another value.
fn quoted(text: &[u8]) -> Option<Vec<u8>> {
    let inner = text.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let plain = inner.filter(|_| text.len() > 1).unwrap_or(text);
    if plain.iter().any(|b| matches!(b, b'"' | b'\'' | b'\\' | b'`' | b'\n')) {
        return None;
    }
    Some([&b"\""[..], plain, b"\""].concat())
}
