//! What an `ARG` is beside `ENV` instructions of the same name, and what BuildKit itself gives an argument.

use std::collections::BTreeMap;

use super::phrases::{joined, listed, quoted};
use super::{Details, InstructionContext};
use crate::dockerfile::{
    Base, Builder, Dockerfile, EvaluatedStage, Instruction, Keyword, PLATFORM_ARGS, platform_arg,
};

/// Over how many stages an `ENV` is looked for.
const MOST_STAGES: usize = 100;

/// The `ENV`s of the same name as an `ARG` of one name, by their lines.
#[derive(Clone, Copy, Default)]
pub(super) struct SameName {
    /// The last one before it, in the stage or one that it is built on.
    pub before: Option<usize>,
    /// The next one in the stage, if its value does not depend on a variable.
    pub after: Option<usize>,
}

/// For each `ARG` of one name in a stage, by its index, the `ENV`s of that name, if there are any.
pub(super) fn same_names(file: &Dockerfile, bases: &[EvaluatedStage]) -> BTreeMap<usize, SameName> {
    let mut found: BTreeMap<usize, SameName> = BTreeMap::new();
    let mut ends: Vec<BTreeMap<&[u8], usize>> = Vec::with_capacity(file.stages.len());
    for (number, stage) in file.stages.iter().enumerate() {
        let mut set: BTreeMap<&[u8], usize> = BTreeMap::new();
        for at in stage.body.clone() {
            let instruction = &file.instructions[at];
            if let Some(name) = only_name(instruction) {
                let line = set.get(name).copied().or_else(|| inherited(name, number, bases, &ends));
                if line.is_some() {
                    found.entry(at).or_default().before = line;
                }
            }
            if instruction.keyword == Keyword::Env {
                set.extend(instruction.pairs().map(|(name, _)| (&*name.text, *instruction.lines.start())));
            }
        }
        ends.push(set);
        let mut next: BTreeMap<&[u8], Option<usize>> = BTreeMap::new();
        for at in stage.body.clone().rev() {
            let instruction = &file.instructions[at];
            if let Some(line) = only_name(instruction).and_then(|name| *next.get(name)?) {
                found.entry(at).or_default().after = Some(line);
            }
            if instruction.keyword == Keyword::Env {
                next.extend(instruction.pairs().map(|(name, value)| {
                    let is_plain = !value.text.contains(&b'$');
                    (&*name.text, is_plain.then_some(*instruction.lines.start()))
                }));
            }
        }
    }
    found
}

/// The line of the `ENV` that a stage has from those that it is built on.
fn inherited(
    name: &[u8],
    stage: usize,
    bases: &[EvaluatedStage],
    ends: &[BTreeMap<&[u8], usize>],
) -> Option<usize> {
    let mut stage = stage;
    for _ in 0..MOST_STAGES {
        let Base::Stage(earlier) = bases.get(stage)?.base else { return None };
        let line = ends.get(earlier)?.get(name);
        if line.is_some() {
            return line.copied();
        }
        stage = earlier;
    }
    None
}

/// The name of an `ARG` that declares one alone.
fn only_name<'i>(instruction: &'i Instruction) -> Option<&'i [u8]> {
    match (instruction.keyword, &instruction.args[..]) {
        (Keyword::Arg, [only]) => only.text.split(|&b| b == b'=').next(),
        _ => None,
    }
}

pub(super) fn details(context: &InstructionContext, instruction: &Instruction, details: &mut Details) {
    let names = instruction.args.iter().map(|arg| arg.text.split(|&b| b == b'=').next().unwrap_or_default());
    let set: Vec<&str> = instruction.args.iter().filter_map(|arg| of_platform(context, &arg.text)).collect();
    let is_buildkit = context.request.build.builder == Builder::BuildKit;
    if is_buildkit && set.len() == instruction.args.len() {
        details.what = "Makes visible what BuildKit itself sets.".to_owned();
        details.why = Some("It exists only during the build: an ENV keeps a value for the container.");
    }
    details.add(&format!("Here: {}.", listed(names)));
    if context.stage.is_none() {
        details.add("Before the first FROM it is for FROM alone.");
        details.pitfall("Inside a stage it is undefined until the stage declares an ARG of the same name.");
    }
    if set.is_empty() {
        return;
    }
    let subject = &context.request.subject;
    if !is_buildkit {
        let names = listed(set.iter().map(|name| name.as_bytes()));
        details.pitfall(format!("Only BuildKit sets {names}: the builder before it gives no value."));
        return;
    }
    let builder = context.request.build.build_platform;
    let values: Vec<String> = set
        .iter()
        .map(|name| match platform_arg(name, subject.platform(), builder) {
            Some(value) if value.is_empty() => format!("{} is empty", quoted(name.as_bytes())),
            Some(value) => format!("{} is {}", quoted(name.as_bytes()), quoted(value.as_bytes())),
            None if name.starts_with("BUILD") => {
                format!("{} is that of the machine that builds", quoted(name.as_bytes()))
            }
            None if *name == "TARGETSTAGE" => {
                format!("{} is the name of the stage to build", quoted(name.as_bytes()))
            }
            None => format!("{} is that of the device", quoted(name.as_bytes())),
        })
        .collect();
    details.device.push(format!("For {} {}.", subject.name(), joined(&values)));
}

/// The name of an argument of the platform, where nothing but BuildKit gives it a value.
fn of_platform<'a>(context: &InstructionContext, arg: &'a [u8]) -> Option<&'a str> {
    let name = std::str::from_utf8(arg).ok().filter(|name| PLATFORM_ARGS.contains(name))?;
    let is_default =
        |arg: &[u8]| arg.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="));
    let mut before = context.file.meta_args.iter().filter_map(|at| context.file.instructions.get(*at));
    let has_default = before.any(|meta| meta.args.iter().any(|arg| is_default(&arg.text)));
    (!has_default && !context.request.build.args.contains_key(name)).then_some(name)
}
