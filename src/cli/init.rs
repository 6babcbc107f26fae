//! `dtpl init`: a new project, or what an application lacks to be one.

use std::fmt::Write as _;
use std::path::Path;

use super::args::InitArgs;
use super::{CommandStatus, Session, usage};
use crate::device_types::Registry;
use crate::diagnostic::Place;
use crate::error::Error;
use crate::escape::escaped;
use crate::explain::joined;
use crate::fs::create;
use crate::init::Stack;
use crate::init::{self, InitPlan};
use crate::workspace;

pub fn run(command: &InitArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    let folder = &*command.folder;
    if folder == Path::new("-") {
        let message = "a project needs a folder, not a stream";
        return Err(usage(Place::Flag("DIR"), message, "name one; `./-` is the folder of that name"));
    }
    // clap has let no other name pass.
    let named = command.stack.as_deref().and_then(Stack::called);
    let stack = named.map_or_else(|| init::detect(folder), Ok)?;
    // What cannot be meant is said before anything is made.
    init::plan(folder, stack)?;
    let plan = || {
        (session.streams.hold_signals)();
        init::plan(folder, stack)
    };
    let plan = create::all(folder, plan, |plan| plan.in_order(), session.streams.is_interrupted)?;
    if !session.quiet {
        // That nobody reads it is no reason to fail.
        let report = report(&plan, folder)?;
        let _ = session.streams.stderr.write_all(report.as_bytes());
    }
    Ok(CommandStatus::Done)
}

/// What was made, and how to go on.
fn report(plan: &InitPlan, folder: &Path) -> anyhow::Result<String> {
    let registry = Registry::embedded();
    let mut text = String::new();
    let (all, without) = claim(plan.stack, &registry)?;
    write!(text, "{}, for {} device types", plan.stack.name, all - without.len())?;
    if !without.is_empty() {
        let names = joined(&without);
        write!(text, "; there is no base image for {names}")?;
    }
    text.push('\n');
    let made = plan.make.iter().map(|file| ("made", file.path));
    for (what, path) in made.chain(plan.keep.iter().map(|path| ("kept", *path))) {
        writeln!(text, "  {what}  {path}")?;
    }
    for left in &plan.left {
        writeln!(text, "to do: {left}")?;
    }
    text.push_str("next:\n");
    if folder != Path::new(".") {
        writeln!(text, "  cd {}", in_shell(&folder.to_string_lossy()))?;
    }
    text.push_str(
        "  dtpl check                    report problems, for every fleet of fleets.yaml\n  \
           dtpl render -d raspberrypi3   print the Dockerfile for one device\n  \
           dtpl batch                    list the Dockerfiles for all fleets\n",
    );
    Ok(text)
}

/// How many device types there are, and those that a stack has no base image for.
fn claim<'r>(stack: &Stack, registry: &'r Registry) -> anyhow::Result<(usize, Vec<&'r str>)> {
    let all = workspace::select(registry, "all", &Place::CommandLine).map_err(Error::Input)?;
    let without = all.iter().filter(|device| !stack.claims(&device.arch)).map(|device| &*device.slug);
    Ok((all.len(), without.collect()))
}

/// A path as a word of a shell.
fn in_shell(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,@%:=".contains(c);
    let path = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
    if path.chars().all(is_plain) {
        return path;
    }
    // A control character is shown for what it is; nobody types one.
    format!("'{}'", escaped(&path).replace('\'', "'\\''"))
}
