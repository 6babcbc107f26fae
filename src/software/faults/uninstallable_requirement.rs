//! Pinned packages of Python and npm that cannot be installed with the version of the language in the image, or do not
//! start with it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::fault::{Fault, Remedy};
use super::run::Run;
use crate::diagnostic::Severity;
use crate::shell::{Word, requirement_files};
use crate::software::languages::{Advice, Language, Requirements, dependencies, node};
use crate::software::usage::{StepFile, StepPlace};
use crate::source::{Source, Span};

const RULE: &str = "uninstallable-requirement";
/// Commands of npm that install what `package.json` lists.
const INSTALLING: [&str; 3] = ["install", "ci", "i"];

pub fn look(run: &mut Run) {
    match run.language {
        Some((Language::Python, version)) => python(run, version),
        Some((Language::Node, (major, _))) => npm(run, major),
        _ => {}
    }
}

/// Looks at the lists that `pip install` reads, together, and at what it names itself.
fn python(run: &mut Run, version: (u32, u32)) {
    let Some(words) = run.command().pip_install() else { return };
    let written: Vec<Word> = words.iter().filter(|word| !run.is_given(word)).cloned().collect();
    let own = Requirements::of_arguments(&written);
    let mut lists: Vec<(Option<Arc<Source>>, Requirements)> = vec![(None, own)];
    let mut is_whole = true;
    let mut seen = BTreeSet::new();
    for word in requirement_files(words) {
        if !seen.insert(word.text.clone()) {
            continue;
        }
        match run.file(&word.text).filter(|_| run.lookups.may_read()) {
            Some(source) => {
                let list = Requirements::read(&source);
                lists.push((Some(source), list));
            }
            None => is_whole = false,
        }
    }
    // What one list limits counts for the others.
    let mut all = Requirements::default();
    let mut is_partial = !is_whole
        || words.iter().any(|word| word.text.starts_with("-c") || word.text.starts_with("--constraint"));
    for (source, list) in &lists {
        is_partial |= source.is_some() && list.is_partial;
        all.and(list.clone());
    }
    all.is_partial = is_partial;
    let failing: BTreeSet<(String, String)> =
        all.failing(version).iter().map(|(pin, _)| (pin.name.clone(), pin.version.clone())).collect();
    let language = format!("Python {}.{}", version.0, version.1);
    for (source, list) in &lists {
        let mut alone = list.clone();
        // Judged above, with the other lists.
        alone.is_partial = false;
        for (pin, advice) in alone.failing(version) {
            if failing.contains(&(pin.name.clone(), pin.version.clone())) {
                add(run, source.as_ref(), &pin.span, advice.message(&pin.version, &language), advice);
            }
        }
    }
}

/// Looks at the `package.json` that npm or yarn reads.
fn npm(run: &mut Run, major: u32) {
    let operands = run.command().operands();
    let names_command = operands.first().is_some_and(|word| INSTALLING.contains(&&*word.text));
    let is_npm = run.command().is_program(&["npm", "pnpm"]) && names_command && operands.len() == 1;
    let is_yarn = run.command().is_program(&["yarn"]) && (operands.is_empty() || names_command);
    if !is_npm && !is_yarn {
        return;
    }
    // What development needs is often left out, by an option or by NODE_ENV.
    let has = |text: &str| run.command().words.iter().any(|word| word.text.contains(text));
    let is_production = has("production") || has("omit") || run.state.has_variable("NODE_ENV", "production");
    let Some(source) = run.file("package.json").filter(|_| run.lookups.may_read()) else { return };
    for dependency in dependencies(&source) {
        if dependency.is_optional || (dependency.is_dev && is_production) {
            continue;
        }
        let Some(advice) = node(&dependency.name, &dependency.range, major) else { continue };
        let message = advice.message(&dependency.range, &format!("Node.js {major}"));
        add(run, Some(&source), &dependency.span, message, advice);
    }
}

fn add(run: &mut Run, source: Option<&Arc<Source>>, span: &Span, message: String, advice: &Advice) {
    let help = advice.help().trim_end_matches('.').to_owned();
    let Some(source) = source else {
        run.add(RULE, Severity::Warning, span.clone(), message, help, Remedy::None);
        return;
    };
    let file = StepFile::Script {
        source: Arc::clone(source),
        called_from: run.step.in_dockerfile(),
        compose: run.step.file.compose().cloned(),
    };
    let place = StepPlace { file, span: span.clone() };
    let (stage, is_build) = (run.step.stage, run.is_build());
    let severity = Severity::Warning;
    run.faults.push(Fault {
        rule: RULE,
        severity,
        place,
        stage,
        is_build,
        message: message.into(),
        help: help.into(),
        remedy: Remedy::None,
    });
}
