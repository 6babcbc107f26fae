//! What an `ARG` declares, and what BuildKit itself gives an argument.

use super::phrases::{joined, listed, quoted};
use super::{Details, InstructionContext};
use crate::dockerfile::{Builder, Instruction, PLATFORM_ARGS, platform_arg};

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
