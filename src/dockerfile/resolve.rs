//! What every stage is built on, once variables are put in.
//!
//! In a `FROM` only the `ARG`s before the first `FROM` count, and what the builder predefines
//! (`TARGETARCH` and its kin). A build argument given on the command line wins over a default, but
//! only for an `ARG` that is there, or for a predefined one.

use super::Dockerfile;
use super::budget::Budget;
use super::expansion::{self, Env};
use super::fault::Fault;
use super::instruction::Arg;
use super::report::Report;
use super::stage::Names;
use super::text::shown;
use crate::diagnostic::Diagnostics;

/// What a stage is built on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing: `FROM scratch`.
    Scratch,
    /// An earlier stage.
    Stage(usize),
    /// An image (or a named context), as its reference is written.
    Image(Vec<u8>),
    /// It could not be told; there is a diagnostic for it.
    Unknown,
}

/// A stage whose `FROM` is resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What it is built on.
    pub base: Base,
    /// The platform it asks for.
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
    /// The variables that may stand in a `FROM`: those `predefined`, and the `ARG`s before the first
    /// `FROM` with their defaults or with what `build_args` gives them.
    ///
    /// `predefined` holds the platform's (`TARGETPLATFORM`, `TARGETOS`, `TARGETARCH`, `TARGETVARIANT`,
    /// `BUILDPLATFORM`, ...) as far as they are known.
    pub fn global_args(&self, predefined: &Env, build_args: &Env) -> (Env, Diagnostics) {
        let mut report = Report::new(self.source);
        let env = self.collect_args(predefined, build_args, &mut Budget::default(), &mut report);
        (env, report.diagnostics)
    }

    fn collect_args(
        &self,
        predefined: &Env,
        build_args: &Env,
        budget: &mut Budget,
        report: &mut Report,
    ) -> Env {
        let mut env = predefined.clone();
        for (name, value) in &mut env {
            if let Some(given) = build_args.get(name) {
                value.clone_from(given);
            }
        }
        let args = self.meta_args.iter().flat_map(|&index| &self.instructions[index].args);
        for arg in args {
            let equals = memchr::memchr(b'=', &arg.text);
            let name = &arg.text[..equals.unwrap_or(arg.text.len())];
            // A name that is not UTF-8 can be named by nothing.
            let Ok(name) = std::str::from_utf8(name) else { continue };
            let value = match (build_args.get(name), equals) {
                (Some(given), _) => given.clone(),
                (None, Some(equals)) => {
                    match expansion::expand_within(&arg.text[equals + 1..], self.escape, &env, budget) {
                        Ok(value) => value,
                        Err(fault) => {
                            report_fault(arg, equals + 1, fault, report);
                            continue;
                        }
                    }
                }
                (None, None) => continue,
            };
            env.insert(name.to_owned(), value);
        }
        env
    }

    /// What every stage is built on and for which platform, in order.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use dtpl::{dockerfile::{Base, Dockerfile, expansion::Env}, source::Source};
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
    pub fn resolve(&self, predefined: &Env, build_args: &Env) -> (Vec<Resolved>, Diagnostics) {
        let mut report = Report::new(self.source);
        let mut budget = Budget::default();
        let env = self.collect_args(predefined, build_args, &mut budget, &mut report);
        let mut names = Names::new();
        let mut resolved = Vec::with_capacity(self.stages.len());
        for (index, stage) in self.stages.iter().enumerate() {
            let base = match self.expand(&stage.base, &env, &mut budget, "base name", &mut report) {
                None => Base::Unknown,
                // A stage that is called scratch hides the empty image.
                Some(name) => match std::str::from_utf8(&name).ok().and_then(|name| names.get(name)) {
                    Some(&earlier) => Base::Stage(earlier),
                    None if name == b"scratch" => Base::Scratch,
                    None => Base::Image(name),
                },
            };
            let platform = stage.platform.as_ref();
            let platform =
                platform.and_then(|value| self.expand(value, &env, &mut budget, "platform", &mut report));
            resolved.push(Resolved { base, platform });
            if let Some(name) = &stage.name {
                names.insert(name.text.clone(), index);
            }
        }
        report.diagnostics.sort_by_position();
        (resolved, report.diagnostics)
    }

    /// A word of a `FROM` with its variables put in; it must not come to nothing.
    fn expand(
        &self,
        arg: &Arg,
        env: &Env,
        budget: &mut Budget,
        what: &str,
        report: &mut Report,
    ) -> Option<Vec<u8>> {
        match expansion::expand_within(&arg.text, self.escape, env, budget) {
            Ok(value) if value.is_empty() => {
                let message = format!("{what} ({}) should not be blank", shown(&arg.text));
                let help = "give the variable a default: an ARG before the first FROM, or ${name:-default}";
                report.error(arg.span.clone(), message, help);
                None
            }
            Ok(value) => Some(value),
            Err(fault) => {
                report_fault(arg, 0, fault, report);
                None
            }
        }
    }
}

/// A fault in a part of an argument, `skipped` bytes behind its start.
fn report_fault(arg: &Arg, skipped: usize, fault: Fault, report: &mut Report) {
    // Offsets into the text are offsets into the file only where nothing was taken out.
    let span = match arg.span.len() == arg.text.len() {
        true => arg.span.start + skipped + fault.span.start..arg.span.start + skipped + fault.span.end,
        false => arg.span.clone(),
    };
    report.error(span, fault.message, &fault.help);
}
