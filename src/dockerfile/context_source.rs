//! What `COPY` and `ADD` take from the build context.

use super::environment::Environment;
use super::instruction::{Arg, Instruction};
use super::keyword::Keyword;
use crate::source::Span;

/// A file or folder of the build context that an instruction copies.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ContextSource {
    /// As it is written, without quotes.
    pub text: String,
    /// Its place in the file, with quotes.
    pub span: Span,
    /// Where it is copied to.
    pub destination: String,
}

impl ContextSource {
    /// Whether it is the whole context, or everything at its top.
    pub fn is_everything(&self) -> bool {
        let mut parts = self.text.split('/').filter(|part| !part.is_empty() && *part != ".");
        parts.all(|part| part == "*")
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

impl<'s> Instruction<'s> {
    /// What a `COPY` or an `ADD` copies: all its arguments but the destination.
    pub fn sources(&self) -> &[Arg<'s>] {
        match (self.keyword, self.args.split_last()) {
            (Keyword::Copy | Keyword::Add, Some((_, sources))) => sources,
            _ => &[],
        }
    }

    /// What it takes from the build context: nothing with `--from`, no URL and no heredoc. Variables stay as
    /// they are written.
    pub fn context_sources(&self) -> Vec<ContextSource> {
        let as_written = |arg: &Arg| String::from_utf8_lossy(&arg.text).trim_matches(['"', '\'']).to_owned();
        self.sources_by(|arg| Some(as_written(arg)))
    }

    /// The same with variables resolved; a source whose value cannot be told is left out.
    pub fn context_sources_in(&self, environment: &Environment, escape: u8) -> Vec<ContextSource> {
        self.sources_by(|arg| environment.expand(&arg.text, escape))
    }

    fn sources_by(&self, text: impl Fn(&Arg) -> Option<String>) -> Vec<ContextSource> {
        let Some(destination) = self.args.last().filter(|_| self.flag("from").is_none()) else {
            return Vec::new();
        };
        let destination = String::from_utf8_lossy(&destination.text);
        let is_heredoc = |source: &&Arg| {
            source.text.starts_with(b"<<") || self.heredocs.iter().any(|heredoc| heredoc.span == source.span)
        };
        let sources = self.sources().iter().filter(|source| !is_heredoc(source));
        sources
            .filter_map(|source| {
                let (text, span) = (text(source)?, source.span.clone());
                Some(ContextSource { text, span, destination: destination.clone().into_owned() })
            })
            .filter(|source| !is_remote(&source.text))
            .collect()
    }

    /// What the bind mounts of a `RUN` take from the build context, with variables resolved.
    pub fn mounted_sources(&self, environment: &Environment, escape: u8) -> Vec<ContextSource> {
        let mut sources = Vec::new();
        for flag in self.flags.iter().filter(|flag| flag.name() == b"mount") {
            let Some(value) = flag.value() else { continue };
            let field = |names: &[&[u8]]| {
                let fields = value.split(|&b| b == b',').filter_map(|field| {
                    let equals = memchr::memchr(b'=', field)?;
                    names
                        .iter()
                        .any(|name| name.eq_ignore_ascii_case(&field[..equals]))
                        .then(|| &field[equals + 1..])
                });
                fields.last()
            };
            let is_bind = field(&[b"type"]).is_none_or(|kind| kind.eq_ignore_ascii_case(b"bind"));
            let source = field(&[b"source", b"src"]).filter(|_| is_bind && field(&[b"from"]).is_none());
            let Some(text) = source.and_then(|source| environment.expand(source, escape)) else { continue };
            if !text.is_empty() {
                let destination = field(&[b"target", b"dst", b"destination"]).unwrap_or_default();
                let destination = String::from_utf8_lossy(destination).into_owned();
                sources.push(ContextSource { text, span: flag.span.clone(), destination });
            }
        }
        sources
    }

    /// Whether it is an `ADD` from a URL or a Git repository.
    pub fn is_remote_add(&self) -> bool {
        let is_remote = |source: &Arg| is_remote(&String::from_utf8_lossy(&source.text));
        self.keyword == Keyword::Add && self.sources().iter().any(is_remote)
    }

    /// Whether it copies the whole build context.
    pub fn copies_everything(&self) -> bool {
        self.context_sources().iter().any(ContextSource::is_everything)
    }
}

fn is_remote(source: &str) -> bool {
    source.contains("://") || source.starts_with("git@")
}
