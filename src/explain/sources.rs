//! Where `COPY` and `ADD` take each of their sources from.

use std::collections::BTreeMap;

use super::InstructionContext;
use crate::dockerfile::{Budget, Builder, Dockerfile, Evaluation, Instruction, Keyword, is_git_source};

/// Sources with variables of every `ADD`, by the place of the instruction: expanded, where that can be told.
pub(super) type Expanded = BTreeMap<usize, Vec<Option<String>>>;

/// Expands the sources of every `ADD` that has a variable in them.
pub(super) fn expanded(file: &Dockerfile, evaluation: &Evaluation) -> Expanded {
    let has_variable = |found: &Instruction| {
        found.keyword == Keyword::Add && found.sources().iter().any(|source| source.text.contains(&b'$'))
    };
    let mut expanded = Expanded::new();
    let mut budget = Budget::default();
    for (at, _) in file.stages.iter().enumerate().filter(|(at, _)| file.body(*at).iter().any(has_variable)) {
        evaluation.walk(file, at, |instruction, environment| {
            if has_variable(instruction) {
                let sources = instruction.sources().iter();
                let sources =
                    sources.map(|source| environment.expand(&source.text, file.escape, &mut budget));
                expanded.insert(instruction.span.start, sources.collect());
            }
        });
    }
    expanded
}

/// The sources of one instruction by their origin, as they are written.
#[derive(Default)]
pub(super) struct Sources<'i> {
    /// Files of the build context, a stage or an image.
    pub files: Vec<&'i [u8]>,
    /// URLs.
    pub urls: Vec<&'i [u8]>,
    /// Git repositories.
    pub repositories: Vec<&'i [u8]>,
    /// Each stands for what is not known.
    pub unknown: Vec<&'i [u8]>,
    /// How many heredocs there are.
    pub texts: usize,
    /// Whether every repository is named with a commit.
    pub has_commits: bool,
}

impl<'i> Sources<'i> {
    pub fn of(context: &InstructionContext, instruction: &'i Instruction) -> Self {
        let mut found = Sources { has_commits: true, ..Sources::default() };
        let expanded = context.expanded.get(&instruction.span.start);
        for (at, source) in instruction.sources().iter().enumerate() {
            let written = &*source.text;
            if instruction.is_heredoc(source) {
                found.texts += 1;
                continue;
            }
            let value = expanded.and_then(|all| all.get(at)?.as_deref());
            let text = value.map_or(written, str::as_bytes);
            let text = text.strip_prefix(b"\"").unwrap_or(text);
            let is_url = [&b"http://"[..], b"https://"].iter().any(|start| text.starts_with(start));
            if instruction.keyword != Keyword::Add {
                found.files.push(written);
            } else if context.request.build.builder == Builder::BuildKit && is_git_source(text) {
                found.has_commits &= is_commit(text);
                found.repositories.push(written);
            } else if is_url {
                found.urls.push(written);
            } else if text.starts_with(b"$") {
                found.unknown.push(written);
            } else {
                found.files.push(written);
            }
        }
        found
    }
}

/// Whether a repository is named with a commit, which is what it is for ever.
fn is_commit(repository: &[u8]) -> bool {
    let name = repository.split(|&b| b == b'#').nth(1).unwrap_or_default();
    let name = name.split(|&b| b == b':').next().unwrap_or_default();
    matches!(name.len(), 40 | 64) && name.iter().all(u8::is_ascii_hexdigit)
}

/// Whether a source is, by its name, an archive that `ADD` unpacks.
pub(super) fn is_archive(source: &[u8]) -> bool {
    [&b".tar"[..], b".tar.gz", b".tgz", b".tar.xz", b".tar.bz2"].iter().any(|end| source.ends_with(end))
}
