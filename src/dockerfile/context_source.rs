//! What `COPY` and `ADD` take from the build context.

use std::sync::Arc;

use super::budget::Budget;
use super::copy_flags::is_git;
use super::environment::Environment;
use super::instruction::{Arg, Instruction};
use super::keyword::Keyword;
use super::mount::{Mount, MountKind, MountText};
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
    pub destination: Arc<str>,
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
    pub fn context_sources_in(
        &self,
        environment: &Environment,
        escape: u8,
        budget: &mut Budget,
    ) -> Vec<ContextSource> {
        self.sources_by(|arg| environment.expand(&arg.text, escape, budget))
    }

    fn sources_by(&self, mut text: impl FnMut(&Arg) -> Option<String>) -> Vec<ContextSource> {
        let Some(destination) = self.args.last().filter(|_| self.flag("from").is_none()) else {
            return Vec::new();
        };
        let destination: Arc<str> = String::from_utf8_lossy(&destination.text).into();
        let is_heredoc = |source: &&Arg| source.text.starts_with(b"<<") || self.is_heredoc(source);
        let sources = self.sources().iter().filter(|source| !is_heredoc(source));
        sources
            .filter_map(|source| {
                let (text, span) = (text(source)?, source.span.clone());
                Some(ContextSource { text, span, destination: Arc::clone(&destination) })
            })
            .filter(|source| !is_remote(&source.text))
            .collect()
    }

    /// What the bind mounts of a `RUN` take from the build context, with variables resolved; a source whose
    /// value cannot be told is left out.
    pub fn mounted_sources(
        &self,
        environment: &Environment,
        escape: u8,
        budget: &mut Budget,
    ) -> Vec<ContextSource> {
        let text = |text: MountText| Some((String::from_utf8(text.text?).ok()?, text.span));
        self.bind_mounts(environment, escape, budget)
            .filter_map(|mount| {
                let (source, span) = text(mount.source?)?;
                let destination = mount.target.and_then(text).map(|(text, _)| text).unwrap_or_default();
                Some(ContextSource { text: source, span, destination: destination.into() })
            })
            .collect()
    }

    /// Where a `RUN` mounts the whole build context: its bind mounts without a source.
    pub(crate) fn whole_mounts(
        &self,
        environment: &Environment,
        escape: u8,
        budget: &mut Budget,
    ) -> Vec<String> {
        self.bind_mounts(environment, escape, budget)
            .filter(|mount| mount.source.is_none())
            .filter_map(|mount| String::from_utf8(mount.target?.text?).ok())
            .collect()
    }

    /// The bind mounts of a `RUN` that are of the build context.
    fn bind_mounts(
        &self,
        environment: &Environment,
        escape: u8,
        budget: &mut Budget,
    ) -> impl Iterator<Item = Mount> {
        let mounts = Mount::of_known(self, escape, environment, budget).into_iter();
        mounts.filter(|mount| mount.kind == Some(MountKind::Bind) && mount.from.is_none())
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

/// Whether BuildKit checks a source of an `ADD` out of a Git repository. `github.com/a/b` is a folder for it.
pub fn is_git_source(source: &[u8]) -> bool {
    is_git(source) && !source.starts_with(b"github.com/")
}

fn is_remote(source: &str) -> bool {
    source.contains("://") || source.starts_with("git@")
}
