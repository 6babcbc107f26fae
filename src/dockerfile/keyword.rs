//! The table of instructions: their names, how each takes its arguments, and its flags.

/// The first word of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Keyword {
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
}

/// How a flag takes its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FlagKind {
    /// `--link`, `--link=true`, `--link=false`.
    Switch,
    /// `--from=x`, once.
    Value,
    /// `--mount=x`, as often as wanted.
    Values,
}

/// How the text after keyword and flags becomes arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// A JSON array of strings, else all of it for the shell.
    JsonOrShell,
    /// A JSON array of strings, else words between blanks.
    JsonOrWords,
    /// Words between blanks.
    Words,
    /// Words that may be quoted: `a=1 b="2 3" c`.
    QuotedWords,
    /// `name=value` pairs, or the legacy `name value`.
    Pairs,
    /// All of it.
    Text,
    /// A type (`NONE`, `CMD`), then as [`Style::JsonOrShell`].
    Health,
    /// Another instruction.
    Trigger,
}

use FlagKind::{Switch, Value, Values};
use Keyword as K;

type KeywordRow = (Keyword, &'static str, Style, &'static [(&'static str, FlagKind)]);

/// In the order of [`Keyword`]: a keyword's number is its row.
const TABLE: [KeywordRow; 18] = [
    (
        K::Add,
        "ADD",
        Style::JsonOrWords,
        &[
            ("checksum", Value),
            ("chmod", Value),
            ("chown", Value),
            ("exclude", Values),
            ("keep-git-dir", Switch),
            ("link", Switch),
            ("unpack", Switch),
        ],
    ),
    (K::Arg, "ARG", Style::QuotedWords, &[]),
    (K::Cmd, "CMD", Style::JsonOrShell, &[]),
    (
        K::Copy,
        "COPY",
        Style::JsonOrWords,
        &[
            ("chmod", Value),
            ("chown", Value),
            ("exclude", Values),
            ("from", Value),
            ("link", Switch),
            ("parents", Switch),
        ],
    ),
    (K::Entrypoint, "ENTRYPOINT", Style::JsonOrShell, &[]),
    (K::Env, "ENV", Style::Pairs, &[]),
    (K::Expose, "EXPOSE", Style::Words, &[]),
    (K::From, "FROM", Style::Words, &[("platform", Value)]),
    (
        K::Healthcheck,
        "HEALTHCHECK",
        Style::Health,
        &[
            ("interval", Value),
            ("retries", Value),
            ("start-interval", Value),
            ("start-period", Value),
            ("timeout", Value),
        ],
    ),
    (K::Label, "LABEL", Style::Pairs, &[]),
    (K::Maintainer, "MAINTAINER", Style::Text, &[]),
    (K::Onbuild, "ONBUILD", Style::Trigger, &[]),
    (
        K::Run,
        "RUN",
        Style::JsonOrShell,
        &[("device", Values), ("mount", Values), ("network", Value), ("security", Value)],
    ),
    (K::Shell, "SHELL", Style::JsonOrShell, &[]),
    (K::Stopsignal, "STOPSIGNAL", Style::Text, &[]),
    (K::User, "USER", Style::Text, &[]),
    (K::Volume, "VOLUME", Style::JsonOrWords, &[]),
    (K::Workdir, "WORKDIR", Style::Text, &[]),
];

impl Keyword {
    /// Whether BuildKit knows a flag of this name for the instruction.
    pub fn has_flag(self, name: &str) -> bool {
        self.flags().iter().any(|row| row.0 == name)
    }

    /// The keyword that `text` names, in upper or lower case.
    ///
    /// ```
    /// use dtpl::dockerfile::Keyword;
    /// assert_eq!(Keyword::of(b"From"), Some(Keyword::From));
    /// assert_eq!(Keyword::of(b"FORM"), None);
    /// ```
    pub fn of(text: &[u8]) -> Option<Self> {
        TABLE.iter().find(|row| row.1.as_bytes().eq_ignore_ascii_case(text)).map(|row| row.0)
    }

    /// All keywords, by name.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.0)
    }

    /// Its name, in upper case.
    pub fn name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// Whether it may have heredocs.
    pub fn takes_heredocs(self) -> bool {
        matches!(self, K::Add | K::Copy | K::Run)
    }

    pub(super) fn style(self) -> Style {
        TABLE[self as usize].2
    }

    pub(super) fn flags(self) -> &'static [(&'static str, FlagKind)] {
        TABLE[self as usize].3
    }
}
