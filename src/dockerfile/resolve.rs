//! The base of every stage, with its variables substituted.
//!
//! In a `FROM` only the `ARG`s before the first `FROM` count, and the builder's predefined ones
//! (`TARGETARCH` and others). A build argument of the command line takes precedence over a default, but
//! only for a declared or predefined `ARG`.

use super::Dockerfile;
use super::budget::Budget;
use super::expansion::{self, Env};
use super::fault::Fault;
use super::instruction::Arg;
use super::report::Report;
use super::stage::StageNames;
use super::text::shown;
use crate::diagnostic::Diagnostics;

/// The base of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Base {
    /// Nothing: `FROM scratch`.
    Scratch,
    /// An earlier stage.
    Stage(usize),
    /// An image (or a named context), as its reference is written.
    Image(Vec<u8>),
    /// It could not be determined, and a diagnostic says why.
    Unknown,
}

/// The resolved `FROM` of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolvedFrom {
    /// The image or stage that it is built on.
    pub base: Base,
    /// The value of `--platform`.
    pub platform: Option<Vec<u8>>,
}

/// The platform of an ordinary build machine.
pub const COMMON_BUILDER: &str = "linux/amd64";

/// Value of the `BUILD*` arguments while the build machine is unknown: not empty, so that a `FROM` with
/// one of them does not expand to nothing.
pub const UNKNOWN_BUILDER: &str = "buildplatform";

/// The build arguments that BuildKit predefines for a target platform: `TARGETPLATFORM`, `TARGETOS`,
/// `TARGETARCH`, `TARGETVARIANT`, and the same of the `builder`, where its platform is known.
///
/// ```
/// use dtpl::dockerfile::predefined_args;
/// let args = predefined_args("linux/arm/v7", Some("linux/amd64"));
/// assert_eq!((&*args["TARGETVARIANT"], &*args["BUILDARCH"]), (&b"v7"[..], &b"amd64"[..]));
/// ```
pub fn predefined_args(target: &str, builder: Option<&str>) -> Env {
    const PARTS: [&str; 3] = ["OS", "ARCH", "VARIANT"];
    let mut env = Env::new();
    let mut set = |name: String, value: &str| env.insert(name, value.into());
    for (prefix, platform) in [("TARGET", Some(target)), ("BUILD", builder)] {
        set(format!("{prefix}PLATFORM"), platform.unwrap_or(UNKNOWN_BUILDER));
        let mut parts = platform.map(|platform| platform.split('/'));
        for name in PARTS {
            let part = parts.as_mut().map_or(UNKNOWN_BUILDER, |parts| parts.next().unwrap_or_default());
            set(format!("{prefix}{name}"), part);
        }
    }
    env
}

impl Dockerfile<'_> {
    fn global_scope(&self, predefined: &Env, build_args: &Env) -> GlobalScope<'_> {
        let mut scope = GlobalScope {
            env: predefined.clone(),
            escape: self.escape,
            budget: Budget::default(),
            report: Report::new(self.source),
        };
        for (name, value) in &mut scope.env {
            if let Some(given) = build_args.get(name) {
                value.clone_from(given);
            }
        }
        for arg in self.meta_args.iter().flat_map(|&index| &self.instructions[index].args) {
            let equals = memchr::memchr(b'=', &arg.text);
            // Nothing can refer to a name that is not UTF-8.
            let name = std::str::from_utf8(&arg.text[..equals.unwrap_or(arg.text.len())]);
            let Ok(name) = name else { continue };
            let value = match (build_args.get(name), equals) {
                (Some(given), _) => Some(given.clone()),
                (None, Some(equals)) => scope.expand(arg, equals + 1),
                (None, None) => None,
            };
            scope.env.extend(value.map(|value| (name.to_owned(), value)));
        }
        scope
    }

    /// What every stage is built on and for which platform, in order.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use dtpl::{Source, dockerfile::{Base, Dockerfile, expansion::Env}};
    ///
    /// let text = "ARG TAG=3.19\nFROM --platform=$TARGETPLATFORM alpine:${TAG:-latest} AS build\nFROM build\n";
    /// let source = Arc::new(Source::new("Dockerfile", text));
    /// let file = Dockerfile::parse(&source).unwrap();
    /// let predefined = Env::from([("TARGETPLATFORM".to_owned(), b"linux/arm/v7".to_vec())]);
    /// let (stages, _) = file.resolve(&predefined, &Env::new());
    /// assert_eq!(stages[0].base, Base::Image(b"alpine:3.19".to_vec()));
    /// assert_eq!(stages[0].platform.as_deref(), Some(&b"linux/arm/v7"[..]));
    /// assert_eq!(stages[1].base, Base::Stage(0));
    /// ```
    pub fn resolve(&self, predefined: &Env, build_args: &Env) -> (Vec<ResolvedFrom>, Diagnostics) {
        let mut scope = self.global_scope(predefined, build_args);
        let mut names = StageNames::new();
        let mut resolved = Vec::with_capacity(self.stages.len());
        for (index, stage) in self.stages.iter().enumerate() {
            let base = match scope.expand_in_from(&stage.base, "base name") {
                None => Base::Unknown,
                // A stage that is called scratch hides the empty image.
                Some(name) => match std::str::from_utf8(&name).ok().and_then(|name| names.get(name)) {
                    Some(&earlier) => Base::Stage(earlier),
                    None if name == b"scratch" => Base::Scratch,
                    None => Base::Image(name),
                },
            };
            let platform = stage.platform.as_ref();
            let platform = platform.and_then(|value| scope.expand_in_from(value, "platform"));
            resolved.push(ResolvedFrom { base, platform });
            if let Some(name) = &stage.name {
                names.insert(name.text.clone(), index);
            }
        }
        scope.report.diagnostics.sort_by_position();
        (resolved, scope.report.diagnostics)
    }
}

/// The variables before the first stage, and what expanding them needs.
struct GlobalScope<'s> {
    env: Env,
    escape: u8,
    budget: Budget,
    report: Report<'s>,
}

impl GlobalScope<'_> {
    /// Expands the text of an argument from the byte `start` on; a fault is reported.
    fn expand(&mut self, arg: &Arg, start: usize) -> Option<Vec<u8>> {
        let expanded = expansion::expand_within(&arg.text[start..], self.escape, &self.env, &mut self.budget);
        let report = |fault: Fault| {
            // Offsets into the text are offsets into the file only if nothing was left out.
            let start = arg.span.start + start;
            let span = match arg.span.len() == arg.text.len() {
                true => start + fault.span.start..start + fault.span.end,
                false => arg.span.clone(),
            };
            self.report.error(span, fault.message, fault.help);
        };
        expanded.map_err(report).ok()
    }

    /// Expands a word of a `FROM`, which must not become empty.
    fn expand_in_from(&mut self, arg: &Arg, what: &str) -> Option<Vec<u8>> {
        let value = self.expand(arg, 0)?;
        if value.is_empty() {
            let message = format!("{what} ({}) should not be blank", shown(&arg.text));
            let help = "give the variable a default: an ARG before the first FROM, or ${name:-default}";
            self.report.error(arg.span.clone(), message, help);
            return None;
        }
        Some(value)
    }
}
