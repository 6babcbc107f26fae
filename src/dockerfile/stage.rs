//! Build stages: which `FROM` starts which, the base of each, and what `COPY --from` refers to.

use std::collections::BTreeMap;
use std::ops::Range;

use super::instruction::{Arg, Instruction};
use super::keyword::Keyword;
use super::report::Report;
use super::text::shown;
use crate::diagnostic::RuleName;
use crate::source::Span;

/// The name after `AS`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageName {
    /// In lower case, as BuildKit compares names.
    pub text: String,
    /// Its place in the file.
    pub span: Span,
}

/// A stage: a `FROM` and what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stage<'s> {
    /// The name, if it has a valid one.
    pub name: Option<StageName>,
    /// What it is built on, as written: an image reference, a stage, `scratch`, with variables.
    pub base: Arg<'s>,
    /// The value of `--platform`, as written, at the place of the flag.
    pub platform: Option<Arg<'s>>,
    /// The earlier stage that the base names. Variables are not expanded: see [`super::Dockerfile::evaluate`].
    pub from: Option<usize>,
    /// Which instruction its `FROM` is.
    pub instruction: usize,
    /// The instructions after its `FROM`.
    pub body: Range<usize>,
}

/// What `COPY --from` names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CopyFrom<'i> {
    /// A stage, by name or number.
    Stage(usize),
    /// An image or a named context.
    Image(&'i [u8]),
}

/// The stages by name. As in BuildKit, the last of several stages with one name counts.
pub(super) type StageNames = BTreeMap<String, usize>;

/// Reads and checks the name after `AS`.
fn stage_name(instruction: &Instruction, report: &mut Report) -> Option<StageName> {
    let [_, word, name] = &instruction.args[..] else { return None };
    if !word.text.eq_ignore_ascii_case(b"as") {
        return None;
    }
    let span = name.span.clone();
    let text = String::from_utf8_lossy(&name.text).to_lowercase();
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) || !text.bytes().all(fits) {
        let message = format!("invalid name for build stage: `{}`", shown(&name.text));
        report.error(span, message, "a name starts with a letter; letters, digits, - _ and . may follow");
        return None;
    }
    if matches!(&text[..], "scratch" | "context") {
        let message = format!("`{text}` is a reserved name for a stage");
        report.warning_of(RuleName::ReservedStageName, span.clone(), message, "choose another name");
    }
    Some(StageName { text, span })
}

/// Cuts instructions into stages. Gives also the `ARG`s before the first. At `unreadable` is the first instruction
/// that was not parsed: it may have been a `FROM`.
pub(super) fn cut<'s>(
    instructions: &[Instruction<'s>],
    unreadable: Option<usize>,
    report: &mut Report,
) -> (Vec<Stage<'s>>, Vec<usize>) {
    let (mut stages, mut meta_args) = (Vec::<Stage>::new(), Vec::new());
    let mut names = StageNames::new();
    let mut is_reported = false;
    for (index, instruction) in instructions.iter().enumerate() {
        if instruction.keyword == Keyword::From {
            let given = &instruction.args;
            let names_stage = given.len() == 3 && given[1].text.eq_ignore_ascii_case(b"as");
            if given.len() != 1 && !names_stage {
                let message = "FROM requires either one or three arguments";
                report.error(instruction.span.clone(), message, "write FROM image, or FROM image AS name");
            }
            let name = stage_name(instruction, report);
            let nothing =
                Arg { text: b"".into(), span: instruction.keyword_span.end..instruction.keyword_span.end };
            let base = given.first().cloned().unwrap_or(nothing);
            let from = std::str::from_utf8(&base.text).ok().and_then(|base| names.get(base).copied());
            if let Some(name) = &name
                && names.insert(name.text.clone(), stages.len()).is_some()
            {
                let message = format!("another stage is named `{}`", name.text);
                let help = "a name refers to the last stage that has it";
                report.warning_of(RuleName::DuplicateStageName, name.span.clone(), message, help);
            }
            let platform = instruction.flag("platform").and_then(|flag| flag.value_arg());
            stages.push(Stage { name, base, platform, from, instruction: index, body: index + 1..index + 1 });
        } else if let Some(stage) = stages.last_mut() {
            stage.body.end = index + 1;
        } else if instruction.keyword == Keyword::Arg {
            meta_args.push(index);
        } else if !is_reported && unreadable.is_none_or(|at| instruction.span.start < at) {
            is_reported = true;
            let (place, help) = (instruction.keyword_span.clone(), "only ARG may precede the first FROM");
            report.error_of(RuleName::FirstInstruction, place, "no build stage in current context", help);
        }
    }
    if stages.is_empty() && !is_reported && unreadable.is_none() && !instructions.is_empty() {
        let end = instructions.last().map_or(0, |last| last.span.end);
        let message = "dockerfile contains no stages to build";
        report.error_of(RuleName::FirstInstruction, end..end, message, "add a FROM");
    }
    (stages, meta_args)
}

pub(super) fn names(stages: &[Stage]) -> StageNames {
    let named = stages.iter().enumerate();
    named.filter_map(|(index, stage)| Some((stage.name.as_ref()?.text.clone(), index))).collect()
}

/// What the `--from` of a `COPY` names.
pub(super) fn copy_from<'i>(
    instruction: &'i Instruction,
    names: &StageNames,
    stages: usize,
) -> Option<Result<CopyFrom<'i>, &'i [u8]>> {
    let value = instruction.flag("from").filter(|_| instruction.keyword == Keyword::Copy)?.value()?;
    if value.is_empty() {
        return None;
    }
    let text = std::str::from_utf8(value).unwrap_or_default();
    if let Ok(number) = text.parse::<i64>() {
        let index = usize::try_from(number).ok().filter(|&index| index < stages);
        return Some(index.map(CopyFrom::Stage).ok_or(value));
    }
    Some(Ok(match names.get(&text.to_lowercase()) {
        Some(&index) => CopyFrom::Stage(index),
        None => CopyFrom::Image(value),
    }))
}
