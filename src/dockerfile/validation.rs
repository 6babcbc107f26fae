//! Checks single instructions: the number of arguments, the flags, the values of both.
//!
//! BuildKit stops at the first error; here all of an instruction are reported. Its wording is kept where
//! people search for it.

use super::healthcheck;
use super::heredoc;
use super::instruction::{Arg, Form, Instruction};
use super::keyword::{FlagKind, Keyword};
use super::mount_fields;
use super::report::Report;
use super::text::{self, shown};
use crate::nearest::did_you_mean;

pub(super) fn check(instruction: &Instruction, report: &mut Report) {
    count(instruction, report);
    flags(instruction, report);
    let args = instruction.args.iter();
    match instruction.keyword {
        Keyword::Add | Keyword::Copy => heredoc_destination(instruction, report),
        Keyword::Run => run(instruction, report),
        Keyword::Healthcheck => healthcheck::check(instruction, report),
        Keyword::Volume => volumes(instruction, report),
        Keyword::Env | Keyword::Label => {
            blank_names(instruction, args.step_by(2).filter(|name| name.text.is_empty()), report);
        }
        Keyword::Arg => blank_names(instruction, args.filter(|arg| arg.text.starts_with(b"=")), report),
        _ => {}
    }
}

fn count(instruction: &Instruction, report: &mut Report) {
    use Keyword as K;
    const AT_LEAST_ONE: &str = "at least one argument";
    const SHELL: &str = "write SHELL [\"/bin/sh\", \"-c\"]";
    let (keyword, given) = (instruction.keyword, instruction.args.len());
    let name = keyword.name();
    let (required, help) = match keyword {
        K::Maintainer | K::Workdir | K::User | K::Stopsignal if given != 1 => {
            ("exactly one argument", "add the argument")
        }
        K::Env | K::Label if given == 0 => (AT_LEAST_ONE, "add name=value"),
        K::Healthcheck if given == 0 => (AT_LEAST_ONE, healthcheck::FORMS),
        K::Shell if given == 0 => (AT_LEAST_ONE, SHELL),
        K::Shell if instruction.form != Form::Json => ("the arguments to be in JSON form", SHELL),
        K::Expose | K::Volume | K::Arg if given == 0 => {
            (AT_LEAST_ONE, "add an argument, or remove the instruction")
        }
        K::Onbuild if instruction.onbuild.is_none() && given == 0 => {
            (AT_LEAST_ONE, "add the instruction that it triggers")
        }
        K::Add | K::Copy if given < 2 => {
            let provided = if given == 1 { "only one was" } else { "none was" };
            let required = format!("at least two arguments, but {provided} provided");
            let message = format!("{name} requires {required}. Destination could not be determined");
            let help = "name the files to copy, and the destination after them";
            return report.error(instruction.keyword_span.clone(), message, help);
        }
        _ => return,
    };
    report.error(instruction.keyword_span.clone(), format!("{name} requires {required}"), help);
}

fn flags(instruction: &Instruction, report: &mut Report) {
    // BuildKit never looks at flags in these three places.
    let none = instruction.keyword == Keyword::Healthcheck
        && instruction.args.first().is_some_and(|kind| kind.text.eq_ignore_ascii_case(b"none"));
    if none || matches!(instruction.keyword, Keyword::Arg | Keyword::Stopsignal) {
        return;
    }
    let known = instruction.keyword.flags();
    let mut seen = vec![false; known.len()];
    for flag in &instruction.flags {
        let name = flag.name();
        let row = known.iter().position(|row| row.0.as_bytes() == name);
        let Some(row) = row else {
            let text = String::from_utf8_lossy(name);
            let near = did_you_mean(&text, known.iter().map(|row| row.0));
            let help = near.map_or_else(|| known_flags(instruction), |near| near.replace(" `", " `--"));
            report.error(flag.span.clone(), format!("unknown flag: --{}", shown(name)), help);
            continue;
        };
        let name = shown(name);
        let kind = known[row].1;
        if std::mem::replace(&mut seen[row], true) && kind != FlagKind::Values {
            let message = format!("duplicate flag specified: --{name}");
            report.error(flag.span.clone(), message, "remove one of the two");
            continue;
        }
        match (kind, flag.value()) {
            (FlagKind::Switch, Some(b"")) | (FlagKind::Value | FlagKind::Values, None) => {
                let help = format!("write --{name}=VALUE");
                report.error(flag.span.clone(), format!("missing a value on flag: --{name}"), help);
            }
            (FlagKind::Switch, Some(value))
                if !value.eq_ignore_ascii_case(b"true") && !value.eq_ignore_ascii_case(b"false") =>
            {
                let message = format!("expecting boolean value for flag --{name}, not: {}", shown(value));
                report.error(flag.span.clone(), message, "write true or false");
            }
            _ => {}
        }
    }
}

fn known_flags(instruction: &Instruction) -> String {
    let name = instruction.keyword.name();
    let known: Vec<String> = instruction.keyword.flags().iter().map(|row| format!("--{}", row.0)).collect();
    match known.is_empty() {
        true => format!("{name} has no flags; write -- before an argument that starts with --"),
        false => format!("the flags of {name} are {}", known.join(" ")),
    }
}

fn heredoc_destination(instruction: &Instruction, report: &mut Report) {
    let [_, .., destination] = &instruction.args[..] else { return };
    if matches!(heredoc::opener(&destination.text, destination.span.clone()), Ok(Some(_))) {
        let message = format!("{} cannot accept a heredoc as a destination", instruction.keyword.name());
        report.error(destination.span.clone(), message, "add the destination after the heredoc");
    }
}

fn run(instruction: &Instruction, report: &mut Report) {
    let modes: [(&str, &[&str]); 2] =
        [("network", &["default", "none", "host"]), ("security", &["sandbox", "insecure"])];
    for flag in &instruction.flags {
        let Some(value) = flag.value() else { continue };
        for (name, allowed) in modes {
            let fits = allowed.iter().any(|allowed| allowed.as_bytes() == value);
            if flag.name() == name.as_bytes() && !fits {
                let message = format!("invalid {name} mode {}", shown(value));
                report.error(flag.span.clone(), message, format!("write one of {}", allowed.join(", ")));
            }
        }
        if flag.name() == b"mount" {
            mount_fields::check(flag, report);
        }
    }
}

fn volumes(instruction: &Instruction, report: &mut Report) {
    for volume in &instruction.args {
        if text::trim(&volume.text, 0..volume.text.len()).is_empty() {
            report.error(volume.span.clone(), "VOLUME specified can not be an empty string", "write a path");
        }
    }
}

fn blank_names<'i>(instruction: &Instruction, names: impl Iterator<Item = &'i Arg<'i>>, report: &mut Report) {
    for arg in names {
        let message = format!("{} names can not be blank", instruction.keyword.name());
        report.error(arg.span.clone(), message, "write a name before the `=`");
    }
}
