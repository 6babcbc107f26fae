//! The order of stages: `COPY --from` and `RUN --mount=from=` take files from a stage that is built before.

use super::instruction::Instruction;
use super::keyword::Keyword;
use super::mount::Mount;
use super::mount_fields::Origin;
use super::report::Report;
use super::stage::{CopyFrom, Stage, StageNames, copy_from};
use super::text::shown;
use crate::source::Span;

/// A stage that takes files from one that is not before it.
struct Forward {
    stage: usize,
    from: usize,
    span: Span,
    /// What it does with the files; nothing if it only needs the stage.
    verb: Option<&'static str>,
}

/// Checks the stages and images that instructions take files from.
pub(super) fn check(instructions: &[Instruction], stages: &[Stage], names: &StageNames, report: &mut Report) {
    // The stages that each stage needs. Every cycle contains one that is not before.
    let mut needs: Vec<Vec<usize>> = stages.iter().map(|stage| stage.from.into_iter().collect()).collect();
    let mut forward = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        let body = instructions.get(stage.body.clone()).unwrap_or_default();
        for (from, span, verb) in
            body.iter().flat_map(|instruction| taken(instruction, stages, names, report))
        {
            if let Some(needs) = needs.get_mut(index) {
                needs.push(from);
            }
            if from >= index {
                forward.push(Forward { stage: index, from, span, verb });
            }
        }
    }
    if forward.is_empty() {
        return;
    }
    let blocked = in_cycles(&needs);
    let is_blocked = |stage: usize| blocked.get(stage).copied().unwrap_or_default();
    for Forward { stage, from, span, verb } in forward {
        if is_blocked(stage) && is_blocked(from) {
            let message = "circular dependency: the stage takes files from one that needs it";
            report.error(span, message, "name another stage");
        } else if let Some(verb) = verb {
            let name = stages.get(from).and_then(|stage| stage.name.as_ref());
            let name = name.map_or_else(|| format!("stage {from}"), |name| format!("stage `{}`", name.text));
            let message = format!("cannot {verb} from {name}: it is defined later");
            report.error(span, message, "move that stage before this one");
        }
    }
}

/// The stages that an instruction takes files from. What it names wrongly is reported.
fn taken(
    instruction: &Instruction,
    stages: &[Stage],
    names: &StageNames,
    report: &mut Report,
) -> Vec<(usize, Span, Option<&'static str>)> {
    let mut taken = Vec::new();
    if instruction.keyword == Keyword::Run {
        for Origin { name, span, is_read } in Mount::origins(instruction) {
            let name = String::from_utf8(name).ok();
            if let Some(&stage) = name.and_then(|name| names.get(&name.to_lowercase())) {
                taken.push((stage, span, is_read.then_some("mount")));
            }
        }
    }
    let Some(flag) = instruction.flag("from") else { return taken };
    let span = flag.span.clone();
    match copy_from(instruction, names, stages.len()) {
        Some(Err(number)) => {
            let message = format!("invalid stage index {} for --from", shown(number));
            let help = format!("the file has {} stage(s), counted from 0", stages.len());
            report.error(span, message, help);
        }
        Some(Ok(CopyFrom::Stage(from))) => taken.push((from, span, Some("copy"))),
        Some(Ok(CopyFrom::Image(image))) if image.contains(&b'$') => {
            let message = "variable expansion is not supported for --from";
            report.error(span, message, "write FROM with the variable and AS name, then --from=name");
        }
        Some(Ok(CopyFrom::Image(_))) | None => {}
    }
    taken
}

/// Which stages cannot be built because they are in a cycle, or need a stage that is.
fn in_cycles(needs: &[Vec<usize>]) -> Vec<bool> {
    let mut waiting: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (stage, needs) in needs.iter().enumerate() {
        needs.iter().for_each(|&needed| needed_by[needed].push(stage));
    }
    let mut ready: Vec<usize> = (0..needs.len()).filter(|&stage| waiting[stage] == 0).collect();
    while let Some(stage) = ready.pop() {
        for &next in &needed_by[stage] {
            waiting[next] -= 1;
            if waiting[next] == 0 {
                ready.push(next);
            }
        }
    }
    waiting.into_iter().map(|count| count > 0).collect()
}
