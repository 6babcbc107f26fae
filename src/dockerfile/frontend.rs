//! Which Dockerfile frontend reads a file, and what it knows.
//!
//! Docker has a frontend built in. A line `# syntax=docker/dockerfile:1.20` asks for another one, an image;
//! the argument `BUILDKIT_SYNTAX` goes before it. Frontends of the channel "labs" know more than the stable ones
//! of the same version.

use std::collections::BTreeSet;

use super::Dockerfile;
use super::build_options::{BuildOptions, Builder};
use super::directive::detect_syntax;
use super::instruction::{Arg, Flag, Instruction};
use super::keyword::Keyword;
use super::mount::Mount;
use super::substitution::Env;
use crate::image::Reference;
use crate::source::Span;

/// A version of the Dockerfile frontend.
type Version = (u16, u16);

/// Something that not every frontend knows. The versions are those of the release notes of the Dockerfile
/// frontend, the engines those whose BuildKit has that version built in.
struct Feature {
    /// What a message calls it.
    name: &'static str,
    /// The first stable version.
    stable: Option<Version>,
    /// The first version of the channel "labs", if that is another.
    labs: Option<Version>,
    engine: Engine,
}

/// The first Docker engine whose own frontend knows a feature.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Engine {
    /// 23.0, the first that builds with BuildKit unless told otherwise, or an older one.
    All,
    /// This one.
    Since(&'static str),
    /// None up to 28.5, which is the newest that dtpl is compared with.
    None,
}

const fn feature(
    name: &'static str,
    stable: Option<Version>,
    labs: Option<Version>,
    engine: Engine,
) -> Feature {
    Feature { name, stable, labs, engine }
}

const FEATURES: [Feature; 21] = [
    feature("ADD --checksum", Some((1, 6)), Some((1, 5)), Engine::Since("25.0")),
    feature("ADD --checksum of a Git repository", Some((1, 16)), None, Engine::Since("28.2")),
    feature("ADD --chmod", Some((1, 2)), None, Engine::All),
    feature("ADD --exclude", Some((1, 19)), Some((1, 7)), Engine::Since("28.5")),
    feature("ADD --keep-git-dir", Some((1, 5)), Some((1, 1)), Engine::Since("25.0")),
    feature("ADD --link", Some((1, 4)), None, Engine::All),
    feature("ADD --unpack", Some((1, 17)), None, Engine::Since("28.3")),
    feature("COPY --chmod", Some((1, 2)), None, Engine::All),
    feature("COPY --exclude", Some((1, 19)), Some((1, 7)), Engine::Since("28.5")),
    feature("COPY --link", Some((1, 4)), None, Engine::All),
    feature("COPY --parents", Some((1, 20)), Some((1, 7)), Engine::None),
    feature("HEALTHCHECK --start-interval", Some((1, 6)), None, Engine::Since("25.0")),
    feature("RUN --device", None, Some((1, 14)), Engine::None),
    feature("RUN --mount", Some((1, 2)), Some((1, 0)), Engine::All),
    feature("RUN --network", Some((1, 3)), Some((1, 1)), Engine::All),
    feature("RUN --security", Some((1, 20)), Some((1, 1)), Engine::None),
    feature("--chmod with letters", Some((1, 14)), Some((1, 11)), Engine::Since("28.0")),
    feature("--mount=type=secret with env=", Some((1, 10)), None, Engine::Since("27.3")),
    feature("a heredoc", Some((1, 4)), Some((1, 3)), Engine::All),
    feature("a heredoc with a blank after <<", Some((1, 16)), None, Engine::Since("28.2")),
    feature("a variable with #, % or / in ${}", Some((1, 7)), None, Engine::Since("26.0")),
];

/// Which frontend reads a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frontend {
    /// That of the engine.
    BuiltIn,
    /// `docker/dockerfile` of this version, or of the newest; whether it is of the channel "labs".
    Docker(Option<Version>, bool),
    /// `docker/dockerfile` of a version that its name does not tell, or a copy of it.
    Unknown,
    /// One for another language.
    Other,
}

impl Frontend {
    fn of(file: &Dockerfile, args: &Env) -> Self {
        let given = args.get("BUILDKIT_SYNTAX").map(|value| String::from_utf8_lossy(value).into_owned());
        let Some(image) = given.or_else(|| detect_syntax(file.source.bytes())) else {
            return Frontend::BuiltIn;
        };
        Reference::parse(&image).map_or(Frontend::Unknown, |reference| Frontend::named(&reference))
    }

    fn named(reference: &Reference) -> Self {
        let path = reference.path();
        if !path.ends_with("docker/dockerfile") && !path.ends_with("docker/dockerfile-upstream") {
            return Frontend::Other;
        }
        if reference.domain() != "docker.io" || !path.starts_with("docker/") || reference.digest().is_some() {
            return Frontend::Unknown;
        }
        let (version, labs) = match reference.tag().unwrap_or("latest") {
            "latest" => ("1", false),
            "labs" => ("1", true),
            tag => tag.strip_suffix("-labs").map_or((tag, false), |version| (version, true)),
        };
        let mut numbers = version.split('.').map(|number| number.parse::<u16>().ok());
        match (numbers.next(), numbers.next()) {
            (Some(Some(1)), None) => Frontend::Docker(None, labs),
            (Some(Some(major)), Some(Some(minor))) => Frontend::Docker(Some((major, minor)), labs),
            _ => Frontend::Unknown,
        }
    }
}

impl Feature {
    /// Whether a frontend is known not to have it.
    fn is_refused_by(&self, frontend: Frontend) -> bool {
        match frontend {
            Frontend::BuiltIn => self.engine == Engine::None,
            Frontend::Docker(version, labs) => {
                let first = if labs { self.labs.or(self.stable) } else { self.stable };
                first.is_none_or(|first| version.is_some_and(|version| version < first))
            }
            Frontend::Unknown | Frontend::Other => false,
        }
    }

    /// The line that asks for a frontend which has it.
    fn line(&self) -> String {
        let (version, channel) = match (self.stable, self.labs) {
            (Some(stable), _) => (stable, ""),
            (None, labs) => (labs.unwrap_or_default(), "-labs"),
        };
        let (major, minor) = version;
        format!("begin the file with # syntax=docker/dockerfile:{major}.{minor}{channel}")
    }
}

/// Something that needs another frontend than that of every engine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NeededFrontend {
    /// Its first place.
    pub span: Span,
    /// What it is: `COPY --exclude`.
    pub feature: &'static str,
    /// The first engine that takes it without a `# syntax=` line; `None` if the frontend of this build is known
    /// to refuse it.
    pub engine: Option<&'static str>,
    /// Whether the file names a frontend.
    pub is_named: bool,
    /// What to do to build with every engine.
    pub help: String,
}

impl Dockerfile<'_> {
    /// Whether the frontend that reads the file is none of Docker's: the file may be in another language.
    pub(crate) fn is_for_other_frontend(&self, args: &Env) -> bool {
        Frontend::of(self, args) == Frontend::Other
    }
}

/// What in a file needs a newer frontend than that of every engine: each refused use, else the first.
pub(super) fn needed(file: &Dockerfile, options: &BuildOptions) -> Vec<NeededFrontend> {
    let mut needed = Vec::new();
    if options.builder == Builder::Classic {
        return needed;
    }
    let frontend = Frontend::of(file, options.args);
    let mut seen = BTreeSet::new();
    for instruction in &file.instructions {
        for (name, span) in uses(file, instruction) {
            let Some(feature) = FEATURES.iter().find(|feature| feature.name == name) else { continue };
            let is_refused = feature.is_refused_by(frontend);
            let engine = match feature.engine {
                Engine::Since(version) if frontend == Frontend::BuiltIn => Some(version),
                _ => None,
            };
            if is_refused || (engine.is_some() && seen.insert(name)) {
                let is_named = frontend != Frontend::BuiltIn;
                needed.push(NeededFrontend {
                    span,
                    feature: feature.name,
                    engine,
                    is_named,
                    help: feature.line(),
                });
            }
        }
    }
    needed
}

/// The features that an instruction uses, by name.
fn uses(file: &Dockerfile, instruction: &Instruction) -> Vec<(&'static str, Span)> {
    let mut uses = Vec::new();
    let keyword = instruction.keyword;
    for flag in &instruction.flags {
        let of_flag = FEATURES.iter().find(|feature| {
            let words = feature.name.split_once(" --");
            words.is_some_and(|(first, name)| first == keyword.name() && name.as_bytes() == flag.name())
        });
        uses.extend(of_flag.map(|feature| (feature.name, flag.span.clone())));
        uses.extend(of_value(instruction, flag).map(|name| (name, flag.span.clone())));
    }
    if keyword == Keyword::Run {
        let env = Mount::of(instruction).find_map(|mount| mount.env);
        uses.extend(env.map(|env| ("--mount=type=secret with env=", env.span)));
    }
    for heredoc in &instruction.heredocs {
        let opener = file.bytes(&heredoc.span);
        let has_blank = opener.iter().any(u8::is_ascii_whitespace);
        let name = if has_blank { "a heredoc with a blank after <<" } else { "a heredoc" };
        uses.push((name, heredoc.span.clone()));
    }
    if is_expanded(keyword) {
        let modified = instruction.args.iter().find(|arg| has_modifier(arg));
        uses.extend(modified.map(|arg| ("a variable with #, % or / in ${}", arg.span.clone())));
    }
    uses
}

/// What a value of a flag needs that the flag does not.
fn of_value(instruction: &Instruction, flag: &Flag) -> Option<&'static str> {
    let value = flag.value()?;
    match flag.name() {
        b"chmod" => {
            let first = value.first()?;
            (first.is_ascii_alphabetic() || b"+-=".contains(first)).then_some("--chmod with letters")
        }
        b"checksum" => {
            let is_git = |source: &Arg| super::copy_flags::is_git(&source.text);
            instruction.sources().iter().any(is_git).then_some("ADD --checksum of a Git repository")
        }
        _ => None,
    }
}

/// Whether BuildKit expands the variables in its arguments; elsewhere a shell does.
fn is_expanded(keyword: Keyword) -> bool {
    !matches!(
        keyword,
        Keyword::Run
            | Keyword::Cmd
            | Keyword::Entrypoint
            | Keyword::Healthcheck
            | Keyword::Shell
            | Keyword::Onbuild
    )
}

/// Whether there is `${name#`, `${name%` or `${name/`, not in single quotes.
fn has_modifier(arg: &Arg) -> bool {
    let text = &arg.text;
    if text.contains(&b'\'') {
        return false;
    }
    let mut starts = memchr::memmem::find_iter(text, b"${");
    starts.any(|at| {
        let escaped = at > 0 && text.get(at - 1).is_some_and(|b| matches!(b, b'\\' | b'`'));
        let rest = text.get(at + 2..).unwrap_or_default();
        let name = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        !escaped && name > 0 && rest.get(name).is_some_and(|b| b"#%/".contains(b))
    })
}
