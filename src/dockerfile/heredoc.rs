//! Where an instruction opens heredocs: `<<EOF`, `<<-EOF`, `<<'EOF'`, `3<<EOF`.
//!
//! They are found among the words of the joined line. A line that does not split into words (a quote
//! that is not closed) has none. The backslash escapes here, whatever the `escape` directive says.

use super::fault::Fault;
use super::lexer::{self, Mode};
use crate::source::Span;

/// A heredoc that a line opens.
pub(super) struct Opener {
    pub name: Vec<u8>,
    pub expand: bool,
    pub chomp: bool,
    pub descriptor: Option<u64>,
    /// Which part of the line opens it.
    pub span: Span,
}

/// The heredocs that `line` opens, in order.
pub(super) fn openers(line: &[u8]) -> Result<Vec<Opener>, Fault> {
    // Nearly no line has one.
    if !line.windows(2).any(|pair| pair == b"<<") {
        return Ok(Vec::new());
    }
    let mode =
        Mode { escape: b'\\', raw_quotes: true, plain_quotes: false, raw_escapes: true, keep_unset: true };
    let words = lexer::split(line, mode).unwrap_or_default();
    words.into_iter().filter_map(|word| opener(&word.text, word.span).transpose()).collect()
}

/// The heredoc that one word opens, if it does.
pub(super) fn opener(text: &[u8], span: Span) -> Result<Option<Opener>, Fault> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let Some(rest) = text[digits..].strip_prefix(b"<<") else { return Ok(None) };
    let chomp = rest.starts_with(b"-");
    let rest = rest[usize::from(chomp)..].trim_ascii_start();
    if rest.is_empty() || rest.contains(&b'<') {
        return Ok(None);
    }
    let mode = |raw_quotes| Mode {
        escape: b'\\',
        raw_quotes,
        plain_quotes: false,
        raw_escapes: false,
        keep_unset: true,
    };
    let place = |fault: Fault| Fault { span: span.clone(), ..fault };
    let words = lexer::split(rest, mode(false)).map_err(place)?;
    let [word] = &words[..] else { return Ok(None) };
    // The content is expanded unless part of the word was quoted. Quotes that are escaped stay in
    // both readings, quotes that quote only in one.
    let quoted = lexer::split(rest, mode(true)).map_err(place)?;
    let quotes = |text: &[u8]| text.iter().filter(|b| matches!(b, b'\'' | b'"')).count();
    let [raw] = &quoted[..] else {
        return Err(Fault::new(span, "the name of this heredoc cannot be read", "use letters alone"));
    };
    let descriptor = std::str::from_utf8(&text[..digits]).ok().filter(|digits| !digits.is_empty());
    Ok(Some(Opener {
        expand: quotes(&word.text) == quotes(&raw.text),
        name: word.text.clone(),
        chomp,
        descriptor: descriptor.map(|digits| digits.parse().unwrap_or(u64::MAX)),
        span,
    }))
}
