//! Commands of a language's own tools that its new versions do not have any more.

use super::fault::Remedy;
use super::run::Run;
use crate::diagnostic::Severity;
use crate::software::languages::{Unless, removed};

pub fn look(run: &mut Run) {
    let Some((language, version)) = run.language.filter(|_| !run.is_optional()) else { return };
    // What is proposed repeats the arguments.
    if run.command().words.iter().any(|word| run.is_given(word)) {
        return;
    }
    let Some(found) = removed(run.command(), language, version) else { return };
    let is_there = |unless: &Unless| match *unless {
        Unless::File(name) => run.state.may_have_files || run.state.files.may_have(run.context, name),
        Unless::PythonPackage(name) => run.state.may_have_python_package(name),
        Unless::Variable(name, value) => run.state.has_variable(name, value),
    };
    if found.unless.iter().any(is_there) {
        return;
    }
    let help = found.help.trim_end_matches('.').to_owned();
    run.add("removed-command", Severity::Warning, found.span, found.message, help, Remedy::None);
}
