//! The Dockerfile model: lines to instructions to stages, each with its place in the file.
//!
//! What is accepted, which lines an instruction takes, and how flags and arguments are split follows
//! BuildKit's Dockerfile frontend. Two things differ: bytes that are not UTF-8 stay as they are, and
//! all errors of a file are reported, not the first.
//!
//! 1. `line` and `read` find the lines that belong together; `directive` and `heredoc` are the two
//!    things that change how lines are read.
//! 2. `split` separates keyword and flags, `args` (with `json`) the arguments; `keyword` is the table
//!    of what each instruction accepts.
//!    `check_options` reads the directive `check`.
//! 3. `validation` and `healthcheck` check single instructions as they are written, [`stage`] and `stage_order` their order.
//!    `values` checks what BuildKit looks at after it has expanded variables: `mount` (`mount_fields`, `csv`),
//!    `copy_flags`, `ports`, `signals`, each `word` as `go` reads it.
//! 4. [`expansion`] expands variables (with `lexer`, `substitution` and `glob`).
//! 5. [`Dockerfile::evaluate`] works out what a build does: `evaluation` has the result, `evaluate` goes
//!    through the stages, with `platform_args`, `assignment` (`ARG`, `ENV`), `environment` (the variables in
//!    force), `triggers` (`ONBUILD`), `built` (the stages that are needed), `from` (`FROM`), `sources` (`--from`) and `frontend` (what needs a newer one).
//!
//! The tree borrows from the file; text is copied only where it differs from the file's bytes (an
//! argument over two lines, an escape in JSON).
//!
//! ```
//! use std::sync::Arc;
//! use dtpl::{Dockerfile, Source};
//!
//! let source = Arc::new(Source::new("Dockerfile", "FROM golang AS build\nFROM scratch\nCOPY --from=build /a /a\n"));
//! let file = Dockerfile::parse(&source)?;
//! assert_eq!(file.stages.len(), 2);
//! # Ok::<(), dtpl::Diagnostics>(())
//! ```

mod args;
mod assignment;
mod budget;
mod build_options;
mod built;
mod check_options;
mod context_source;
mod copy_flags;
mod csv;
mod directive;
mod environment;
mod evaluate;
mod evaluation;
pub mod expansion;
mod fault;
mod from;
mod frontend;
mod glob;
mod go;
mod healthcheck;
mod heredoc;
mod instruction;
mod json;
mod keyword;
mod lexer;
mod line;
mod lookup;
mod mount;
mod mount_fields;
mod pieces;
mod platform_args;
mod ports;
mod read;
mod report;
mod shells;
mod signals;
mod sources;
mod split;
pub(crate) mod stage;
mod stage_order;
mod substitution;
mod text;
mod triggers;
mod validation;
mod values;
mod word;
mod words;

use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::source::{Source, Span};

pub use budget::Budget;
pub use build_options::{BuildOptions, Builder};
pub use check_options::{CheckOptions, WrongOption};
pub use context_source::{ContextSource, base_name, is_git_source};
pub use directive::{Directive, detect_syntax};
pub use environment::{Environment, PLATFORM_ARGS};
pub use evaluation::{
    Base, EvaluatedStage, Evaluation, HiddenArgument, ImageUse, StagePlatform, UndefinedVariable, UsedImage,
};
pub use fault::Fault;
pub use frontend::NeededFrontend;
pub use instruction::{Arg, Flag, Form, Heredoc, Instruction};
pub use keyword::Keyword;
pub use line::{LONGEST_LINE, Line, LineKind};
pub use lookup::{Lookup, Value};
pub use mount::{Mount, MountKind, MountText, Sharing};
pub use platform_args::{COMMON_BUILDER, platform_arg, platform_text};
pub use stage::{CopyFrom, Stage, StageName};

/// A Dockerfile, read.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::{Source, dockerfile::{Dockerfile, Keyword}};
///
/// let text = "FROM debian AS base\nRUN apt-get update && \\\n    apt-get install -y curl\n";
/// let source = Arc::new(Source::new("Dockerfile", text));
/// let file = Dockerfile::parse(&source).unwrap();
/// let run = &file.instructions[1];
/// assert_eq!((run.keyword, &run.lines), (Keyword::Run, &(2..=3)));
/// assert_eq!(&*run.args[0].text, b"apt-get update &&     apt-get install -y curl");
/// assert_eq!(file.stages[0].name.as_ref().unwrap().text, "base");
/// assert_eq!(file.print(), text.as_bytes());
/// ```
#[derive(Debug)]
pub struct Dockerfile<'s> {
    /// The text of the file.
    pub source: &'s Arc<Source>,
    /// Every line; together they are the file.
    pub lines: Vec<Line>,
    /// The parser directives at its head.
    pub directives: Vec<Directive>,
    /// The escape character: a backslash, or a backtick.
    pub escape: u8,
    /// The instructions, in order.
    pub instructions: Vec<Instruction<'s>>,
    /// The stages, in order.
    pub stages: Vec<Stage<'s>>,
    /// Which instructions are `ARG`s before the first `FROM`.
    pub meta_args: Vec<usize>,
    /// The stages by name.
    names: stage::StageNames,
    shells: shells::Shells,
}

impl<'s> Dockerfile<'s> {
    /// Reads a valid Dockerfile. Warnings are not returned: see [`Dockerfile::read`].
    ///
    /// # Errors
    /// Everything that BuildKit would refuse, in the order of the file, with warnings between.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use dtpl::{Source, dockerfile::Dockerfile};
    /// let source = Arc::new(Source::new("Dockerfile", "FROM a\nRUM make\nCOPY b\n"));
    /// let errors = Dockerfile::parse(&source).unwrap_err();
    /// let messages: Vec<&str> = errors.iter().map(|error| &*error.message).collect();
    /// assert_eq!(messages[0], "unknown instruction: RUM");
    /// assert!(messages[1].starts_with("COPY requires at least two arguments"));
    /// ```
    pub fn parse(source: &'s Arc<Source>) -> Result<Self, Diagnostics> {
        let (file, diagnostics) = Dockerfile::read(source);
        if diagnostics.has_errors() { Err(diagnostics) } else { Ok(file) }
    }

    /// Reads as much of a Dockerfile as possible, and reports its faults. Instructions that cannot be
    /// parsed are left out. Time and memory are linear in the text, for any text.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use dtpl::{Source, dockerfile::Dockerfile};
    /// let source = Arc::new(Source::new("Dockerfile", "FROM a\nRUM make\nRUN b \\\n\n  c\n"));
    /// let (file, diagnostics) = Dockerfile::read(&source);
    /// assert_eq!(file.instructions.len(), 2);
    /// // An error for `RUM`, a warning for the empty line inside `RUN`.
    /// assert!(diagnostics.has_errors() && diagnostics.has_warnings());
    /// ```
    pub fn read(source: &'s Arc<Source>) -> (Self, Diagnostics) {
        let reading = read::Reading::of(source);
        let mut report = reading.report;
        let instructions = reading.instructions;
        let (stages, meta_args) = stage::cut(&instructions, reading.unreadable, &mut report);
        let names = stage::names(&stages);
        let shells = shells::Shells::of(&instructions, &stages);
        stage_order::check(&instructions, &stages, &names, &mut report);
        report.diagnostics.sort_by_position();
        let file = Dockerfile {
            source,
            lines: reading.reader.lines,
            directives: reading.directives,
            escape: reading.escape,
            instructions,
            stages,
            meta_args,
            names,
            shells,
        };
        (file, report.diagnostics)
    }

    /// Each `ARG` before the first `FROM`.
    pub(crate) fn meta_arg_instructions(&self) -> impl DoubleEndedIterator<Item = &Instruction<'s>> {
        self.meta_args.iter().filter_map(|&at| self.instructions.get(at))
    }

    /// The instructions of a stage after its `FROM`.
    pub fn body(&self, stage: usize) -> &[Instruction<'s>] {
        let body = self.stages.get(stage).map(|stage| stage.body.clone());
        body.and_then(|body| self.instructions.get(body)).unwrap_or_default()
    }

    /// The stage of this name, in any case; the last of several.
    pub fn stage_named(&self, name: &str) -> Option<usize> {
        self.names.get(&name.to_lowercase()).copied()
    }

    /// The text of the file, from its lines.
    pub fn print(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.source.bytes().len());
        for line in &self.lines {
            bytes.extend_from_slice(self.bytes(&line.span));
        }
        bytes
    }

    /// Replaces the line numbers of instructions by those in the texts that `made`, which has the same
    /// bytes, was made from. If it was not made from other texts, they do not change.
    pub fn count_lines_of(&mut self, made: &Source) {
        for instruction in &mut self.instructions {
            let Some(origin) = made.origin(&instruction.span) else { continue };
            let first = origin.source.line(origin.span.start);
            let last = origin.source.line(origin.span.end.max(origin.span.start + 1) - 1);
            instruction.lines = first..=last.max(first);
        }
    }

    /// The bytes of the file at a place in it.
    pub fn bytes(&self, span: &Span) -> &'s [u8] {
        &self.source.bytes()[span.clone()]
    }

    /// The instruction at a byte of the file; of an `ONBUILD`, the `ONBUILD`.
    pub(crate) fn instruction_at(&self, at: usize) -> Option<&Instruction<'s>> {
        let next = self.instructions.partition_point(|instruction| instruction.span.start <= at);
        self.instructions.get(next.checked_sub(1)?).filter(|instruction| at < instruction.span.end)
    }

    /// Which stage an instruction belongs to; `None` before the first.
    pub fn stage_of(&self, instruction: usize) -> Option<usize> {
        self.stages.partition_point(|stage| stage.instruction <= instruction).checked_sub(1)
    }

    /// What the `--from` of a `COPY` names; `None` when it has none, or one that is refused.
    ///
    /// A stage is found by its name anywhere in the file, as in BuildKit.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use dtpl::{Source, dockerfile::{CopyFrom, Dockerfile}};
    /// let text = "FROM a AS build\nFROM b\nCOPY --from=build x /\nCOPY --from=nginx y /\n";
    /// let source = Arc::new(Source::new("Dockerfile", text));
    /// let file = Dockerfile::parse(&source).unwrap();
    /// assert_eq!(file.copy_from(&file.instructions[2]), Some(CopyFrom::Stage(0)));
    /// assert_eq!(file.copy_from(&file.instructions[3]), Some(CopyFrom::Image(b"nginx")));
    /// ```
    pub fn copy_from<'i>(&self, instruction: &'i Instruction) -> Option<CopyFrom<'i>> {
        stage::copy_from(instruction, &self.names, self.stages.len())?.ok()
    }
}
