//! `# check=skip=RULE,RULE;error=true;experimental=RULE`: what BuildKit's own checks say about a file, and
//! whether they end the build.
//!
//! BuildKit looks for the line where it looks for `# syntax=`, and reads its value up to the first blank. The build
//! argument `BUILDKIT_DOCKERFILE_CHECK` says the same for one build, in place of the line.

use std::collections::BTreeSet;

use super::Dockerfile;
use super::directive::find;
use super::go::boolean;
use super::substitution::Env;
use super::text::shown;
use crate::source::Span;

const BUILD_ARGUMENT: &str = "BUILDKIT_DOCKERFILE_CHECK";

/// The checks that say nothing unless they are asked for.
const EXPERIMENTAL: [&str; 2] = ["CopyIgnoredFile", "InvalidDefinitionDescription"];

const SYNTAX: &str = "write skip=RULE,RULE, error=true or experimental=RULE, with a semicolon between them";

/// A list of checks, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Checks {
    All,
    Named(BTreeSet<String>),
}

impl Checks {
    fn of(list: &str) -> Checks {
        match list.trim() {
            "all" => Checks::All,
            list => Checks::Named(list.split(',').map(|name| name.trim().to_owned()).collect()),
        }
    }

    fn names(&self, check: &str) -> bool {
        matches!(self, Checks::Named(names) if names.contains(check))
    }
}

/// The options of a file for BuildKit's own checks.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::{Source, dockerfile::{Dockerfile, expansion::Env}};
///
/// let text = "# check=skip=JSONArgsRecommended;error=true\nFROM alpine\nCMD a\n";
/// let source = Arc::new(Source::new("Dockerfile", text));
/// let options = Dockerfile::parse(&source).unwrap().check_options(&Env::new()).unwrap().unwrap();
/// assert!(options.skips("JSONArgsRecommended") && !options.skips("WorkdirRelativePath"));
/// assert!(options.are_errors());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckOptions {
    skipped: Checks,
    experimental: Checks,
    are_errors: bool,
}

impl CheckOptions {
    /// Reads the value of the directive.
    fn parse(value: &str) -> Result<CheckOptions, String> {
        let none = || Checks::Named(BTreeSet::new());
        let mut options = CheckOptions { skipped: none(), experimental: none(), are_errors: false };
        if value.is_empty() {
            return Ok(options);
        }
        // BuildKit splits it into three parts at most.
        for part in value.splitn(3, ';') {
            let (key, value) = part.split_once('=').ok_or(part)?;
            match key.trim() {
                "skip" => options.skipped = Checks::of(value),
                "experimental" => options.experimental = Checks::of(value),
                "error" => options.are_errors = boolean(value.trim().as_bytes()).ok_or(part)?,
                key => return Err(key.to_owned()),
            }
        }
        Ok(options)
    }

    /// Whether the file turns a check off by its name. One that is experimental cannot be turned off.
    pub fn skips(&self, check: &str) -> bool {
        !EXPERIMENTAL.contains(&check) && self.skipped.names(check)
    }

    /// Whether it turns a check off together with all others.
    pub fn skips_all(&self, check: &str) -> bool {
        !EXPERIMENTAL.contains(&check) && self.skipped == Checks::All
    }

    /// Whether BuildKit looks at a check that is experimental, or at any other one.
    pub fn asks_for(&self, check: &str) -> bool {
        !EXPERIMENTAL.contains(&check) || self.experimental == Checks::All || self.experimental.names(check)
    }

    /// Whether a build ends where one of the checks says something.
    pub fn are_errors(&self) -> bool {
        self.are_errors
    }
}

/// A wrong option in a `# check=` line, or in the build argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongOption {
    /// The place of the directive's value; the start of the file if it is the build argument that is wrong.
    pub span: Span,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl Dockerfile<'_> {
    /// The options for BuildKit's own checks in a build with these arguments, if there are any.
    ///
    /// # Errors
    /// An option that BuildKit does not know, or whose value it does not take: it does not build the file.
    pub fn check_options(&self, args: &Env) -> Result<Option<CheckOptions>, WrongOption> {
        if let Some(value) = args.get(BUILD_ARGUMENT) {
            return CheckOptions::parse(&String::from_utf8_lossy(value)).map(Some).map_err(|_| WrongOption {
                span: 0..0,
                message: format!("invalid check option in the build argument {BUILD_ARGUMENT}"),
                help: SYNTAX.to_owned(),
            });
        }
        let bytes = self.source.bytes();
        let Some(span) = find(bytes, "check") else { return Ok(None) };
        let text = String::from_utf8_lossy(bytes.get(span.clone()).unwrap_or_default());
        let value = text.split(' ').next().unwrap_or_default();
        CheckOptions::parse(value).map(Some).map_err(|option| {
            let message = format!("invalid check option `{}`", shown(option.as_bytes()));
            let help = match value.len() < text.len() {
                true => "the value ends at the first blank: write skip=RULE,RULE;error=true without blanks",
                false => SYNTAX,
            };
            WrongOption { span, message, help: help.to_owned() }
        })
    }
}
