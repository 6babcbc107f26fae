//! What `COPY` and `ADD` take from the build context.

use crate::dockerfile::{Instruction, Keyword};
use crate::source::Span;

/// A file or folder that is copied.
#[derive(Clone, Debug)]
pub struct Copied {
    /// As it is written, without quotes.
    pub text: String,
    /// Where.
    pub span: Span,
    /// Its destination.
    pub to: String,
}

impl Copied {
    /// Whether it is the whole context, or all that lies at its top.
    pub fn is_everything(&self) -> bool {
        let parts = self.text.split('/').filter(|part| !part.is_empty() && *part != ".");
        parts.into_iter().all(|part| part == "*")
    }

    /// The last part of its path.
    pub fn name(&self) -> &str {
        base_name(&self.text)
    }
}

/// The last part of a path.
pub fn base_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// What an instruction takes from the build context. Nothing for `--from`, and of `ADD` nothing that
/// comes from a network; heredocs are no files.
pub fn copied(instruction: &Instruction) -> Vec<Copied> {
    if !matches!(instruction.keyword, Keyword::Copy | Keyword::Add) || instruction.flag("from").is_some() {
        return Vec::new();
    }
    let Some((to, sources)) = instruction.args.split_last() else { return Vec::new() };
    let to = String::from_utf8_lossy(&to.text).into_owned();
    let sources = sources.iter().filter(|source| {
        let is_heredoc = instruction.heredocs.iter().any(|heredoc| heredoc.span == source.span);
        !is_heredoc && !source.text.starts_with(b"<<")
    });
    sources
        .map(|source| {
            let text = String::from_utf8_lossy(&source.text);
            let text = text.trim_matches(['"', '\'']).to_owned();
            Copied { text, span: source.span.clone(), to: to.clone() }
        })
        .filter(|source| !is_remote(&source.text))
        .collect()
}

fn is_remote(source: &str) -> bool {
    source.contains("://") || source.starts_with("git@")
}
