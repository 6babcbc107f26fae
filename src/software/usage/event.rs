//! What happens in a stage, as a list: the vocabulary of this module.

use std::sync::Arc;

use crate::compose::tree::At;
use crate::shell::{ShellCommand, Word, program_at};
use crate::source::{Source, Span};

/// When something runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    /// While the image is built: `RUN`.
    Build,
    /// In the container: `ENTRYPOINT`, `CMD` and `HEALTHCHECK`, or what the compose file has in their place.
    Start,
}

/// Where a command is written.
#[derive(Clone, Debug)]
pub(crate) enum StepFile {
    /// In the Dockerfile, which the places of its words are in.
    Dockerfile,
    /// In the compose file; its words have no place of their own.
    Compose(At),
    /// In a script of the project, which the places of its words are in.
    Script {
        source: Arc<Source>,
        /// The place in the Dockerfile that starts it, be it through another script; empty where that is `compose`.
        called_from: Span,
        compose: Option<At>,
    },
}

impl StepFile {
    /// The place in the Dockerfile that something at `span` comes from; empty for the compose file.
    pub(crate) fn in_dockerfile(&self, span: &Span) -> Span {
        match self {
            StepFile::Dockerfile => span.clone(),
            StepFile::Compose(_) => 0..0,
            StepFile::Script { called_from, .. } => called_from.clone(),
        }
    }

    /// The place in the compose file that it comes from.
    pub(crate) fn compose(&self) -> Option<&At> {
        match self {
            StepFile::Dockerfile => None,
            StepFile::Compose(at) => Some(at),
            StepFile::Script { compose, .. } => compose.as_ref(),
        }
    }
}

/// A place of something that happens.
#[derive(Clone, Debug)]
pub(crate) struct StepPlace {
    pub file: StepFile,
    pub span: Span,
}

impl StepPlace {
    /// The place in the Dockerfile; empty for something in the compose file.
    pub(crate) fn in_dockerfile(&self) -> Span {
        self.file.in_dockerfile(&self.span)
    }
}

/// A command that runs.
///
/// Variables that `ARG` and `ENV` set are replaced in its words where their value is known; a variable with more
/// words becomes more words, all at its place. `is_optional` also says that what starts it is not certain.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub command: ShellCommand,
    pub file: StepFile,
    pub when: When,
    pub stage: usize,
    /// The working directory, if it is known.
    pub workdir: Option<Arc<str>>,
}

impl Step {
    /// The programs that the command needs, each with its word: `sudo` and `make` of `sudo make`. Commands of the
    /// shell are among them.
    pub(crate) fn programs(&self) -> Vec<(&str, &Word)> {
        let mut found = self.command.wrappers();
        found.extend(self.command.program().map(|(name, _)| name).zip(self.command.program_word()));
        found
    }

    /// The place in the Dockerfile that it comes from; empty for something in the compose file.
    pub(crate) fn in_dockerfile(&self) -> Span {
        self.file.in_dockerfile(&self.command.span())
    }
}

/// Why it is not known what is in the image afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// A language that is not read.
    Language,
    /// A script or program that is not found in the build context, or a name that is not known.
    NotFound,
    /// A script that is downloaded: `curl x | sh`.
    Download,
    /// A script that is too large, or too deep in others, or there are too many.
    TooMuch,
    /// A build that installs what it makes: `make install`.
    Installation,
    /// A package file, which may set up another archive, too: `dpkg -i x.deb`.
    PackageFile,
    /// A folder or an archive, of which it is not known what it holds, comes to a folder of programs.
    Folder,
    /// A package manager of a language, with names that do not say which programs come:
    /// `pip install -r requirements.txt`, `npm ci`; or a script of `package.json`, which finds those of its packages.
    /// It installs none of a distribution.
    LanguagePackages,
    /// Files that are not known, and no programs: `git clone`, `tar x` into a folder of the project, a bind mount.
    Files,
}

/// Where a `COPY` or an `ADD` takes a file from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CopySource {
    /// The build context: the path in it.
    Context(String),
    /// An earlier stage, and the path in it.
    Stage(usize, String),
    /// Another image, and the path in it.
    Image(String),
    /// A URL or a repository.
    Url(String),
    /// A heredoc.
    Text,
}

/// A file or folder that comes to a path of the image.
#[derive(Clone, Debug)]
pub(crate) struct Copied {
    /// Without a `/` at its end; a path without one at its start is below a folder that is not known.
    pub path: String,
    pub from: CopySource,
}

impl Copied {
    /// The program that it is, if it is in a folder of programs.
    pub(crate) fn program(&self) -> Option<&str> {
        program_at(&self.path)
    }
}

/// A variable that an `ARG` or an `ENV` sets.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub name: String,
    /// None if it is not known, or if an `ARG` has none.
    pub value: Option<String>,
}

/// What happens in a stage.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A command runs.
    Step(Box<Step>),
    /// Something happens to the image that is not known: from here on, anything may be in it.
    Opaque(Why),
    /// A file or folder is copied.
    Copied(Copied),
    /// The command before makes a program, or shows it to be there; this is its name without folder.
    Made(String),
    /// A variable is set.
    Env(Variable),
}
