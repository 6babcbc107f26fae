//! `case "$TARGETPLATFORM" in ... *) exit 1 ;; esac` without a branch for a device: its build ends there.

use std::cell::LazyCell;

use crate::check::platform_value::{PlatformValues, fits, unquoted};
use crate::check::{ArchScope, Sink};
use crate::dockerfile::{Budget, Keyword};
use crate::shell::{self, CaseBranch, ShellCase};

/// Text with which a shell sets a variable.
const SETTING: [&str; 5] = ["TARGETPLATFORM=", "TARGETARCH=", "TARGETVARIANT=", "for TARGET", "read "];

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    let file = scope.rendering.file;
    let mut budget = Budget::default();
    for (at, _) in scope.evaluation.stages.iter().enumerate().filter(|(_, stage)| stage.is_built) {
        scope.evaluation.walk(file, at, |instruction, environment| {
            if instruction.keyword != Keyword::Run {
                return;
            }
            // The shell may have set a variable of this name itself.
            let is_set = LazyCell::new(|| {
                let text = shell::text(file, instruction);
                SETTING.iter().any(|setting| text.contains(setting))
            });
            for case in scope.rendering.cases(instruction).iter() {
                let subject = file.bytes(&case.subject);
                if !case.is_certain || *is_set || PlatformValues::of(subject, file.escape).is_none() {
                    continue;
                }
                let Some(value) = environment.expand(subject, file.escape, &mut budget).filter(|value| !value.is_empty()) else {
                    continue;
                };
                if ends(scope, case, &value) {
                    let own = &*scope.arch.slug;
                    let message = format!("the build ends here for {own}: no branch is for `{value}`");
                    let help = format!("add a branch for `{value}`, or leave {own} out of the devices");
                    sink.report(&case.subject, message, help);
                }
            }
        });
    }
}

/// Whether the first branch that fits a value ends the build, and is for anything.
fn ends(scope: &ArchScope, case: &ShellCase, value: &str) -> bool {
    for branch in &case.branches {
        for pattern in &branch.patterns {
            let pattern = unquoted(scope.rendering.file.bytes(pattern));
            match fits(&pattern, value) {
                Some(true) => return pattern.contains('*') && fails(scope, branch),
                Some(false) => {}
                None => return false,
            }
        }
    }
    false
}

/// Whether a branch does nothing but print something and end the script with a failure.
fn fails(scope: &ArchScope, branch: &CaseBranch) -> bool {
    let mut fails = false;
    for command in branch.commands(scope.rendering.file) {
        match command.program() {
            Some(("echo" | "printf", _)) => {}
            // Whether the script goes on after `false` depends on what is around it.
            Some(("exit", [code, ..])) => fails |= code.text.parse::<u8>().is_ok_and(|code| code > 0),
            // The number of `>&2`.
            Some((name, _)) if name.parse::<u8>().is_ok() => {}
            _ => return false,
        }
    }
    fails
}
