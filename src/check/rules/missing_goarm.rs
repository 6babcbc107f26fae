//! A Go program that is cross-compiled for a Raspberry Pi of the first generation without `GOARM=6`: Go then
//! compiles for ARMv7.

use crate::check::{ArchScope, Sink};
use crate::dockerfile::{Budget, Environment, Instruction, Keyword, StagePlatform};
use crate::image::Platform;
use crate::shell::is_assignment;
use crate::source::Span;

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    let Some(variant @ ("v5" | "v6")) = scope.arch.platform.strip_prefix("linux/arm/") else { return };
    let file = scope.rendering.file;
    let mut budget = Budget::default();
    for (at, stage) in scope.evaluation.stages.iter().enumerate() {
        let is_cross = match &stage.platform {
            StagePlatform::Builder => true,
            StagePlatform::Named(platform) => Platform::parse(platform) != scope.platform,
            _ => false,
        };
        if !stage.is_built || !is_cross {
            continue;
        }
        scope.evaluation.walk(file, at, |instruction, environment| {
            if let Some(span) = builds_for_arm(scope, instruction, environment, &mut budget) {
                let number = variant.trim_start_matches('v');
                let message = format!("Go compiles for ARMv7 here, and {} is ARM{variant}", scope.arch.slug);
                sink.report(&span, message, format!("set GOARM, for this device GOARM={number}"));
            }
        });
    }
}

/// The `go build` of an instruction that compiles for ARM and does not say for which.
fn builds_for_arm(
    scope: &ArchScope,
    instruction: &Instruction,
    environment: &Environment,
    budget: &mut Budget,
) -> Option<Span> {
    if instruction.keyword != Keyword::Run || environment.is_declared("GOARM") {
        return None;
    }
    let escape = scope.rendering.file.escape;
    let mut architecture =
        environment.expand(b"$GOARCH", escape, budget).filter(|_| environment.is_declared("GOARCH"));
    let mut found = None;
    for command in scope.rendering.commands(instruction).iter() {
        for word in command.words.iter().filter(|word| is_assignment(&word.text)) {
            match word.text.split_once('=') {
                // Whatever it is set to, somebody thought of it.
                Some(("GOARM", _)) => return None,
                Some(("GOARCH", value)) => {
                    architecture = environment.expand(value.as_bytes(), escape, budget)
                }
                _ => {}
            }
        }
        let is_build = command.program().is_some_and(|(name, words)| {
            name == "go" && words.first().is_some_and(|word| matches!(&*word.text, "build" | "install"))
        });
        if is_build && architecture.as_deref() == Some("arm") {
            found = found.or(Some(command.span()));
        }
    }
    found
}
