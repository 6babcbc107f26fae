//! `apt-get install` without `-y`: a build has no one who could answer apt's question.

use super::fault::Remedy;
use super::run::Run;
use crate::diagnostic::Severity;

/// Commands of apt that ask, and whether they do so for certain: an upgrade may find nothing to do.
const ASKING: [(&str, bool); 8] = [
    ("install", true),
    ("build-dep", true),
    ("upgrade", false),
    ("dist-upgrade", false),
    ("full-upgrade", false),
    ("remove", false),
    ("purge", false),
    ("autoremove", false),
];

pub fn look(run: &mut Run) {
    let is_answered = run.state.answers_yes || run.command().is_fed || run.command().answers_apt();
    if !run.is_build() || is_answered || !run.state.is_apt() {
        return;
    }
    let Some((verb, asks)) = ASKING.iter().find(|(verb, _)| run.command().apt(verb).is_some()) else {
        return;
    };
    let severity = match *asks && !run.is_optional() {
        true => run.severity(),
        false => Severity::Warning,
    };
    let message = format!("`apt-get {verb}` without -y ends the build where apt asks whether to go on");
    let help = match *verb {
        "install" => "write apt-get install -y --no-install-recommends".to_owned(),
        _ => format!("write apt-get {verb} -y"),
    };
    let word = run.command().words.iter().find(|word| word.text == *verb);
    let end = word.map_or(0, |word| word.span.end);
    // Balena's images installed no recommended packages, and answered yes.
    let is_with_recommended = run.command().takes_recommended();
    let text = match run.old.is_some() && *verb == "install" && is_with_recommended {
        true => " -y --no-install-recommends",
        false => " -y",
    };
    let remedy = match word.is_some_and(|word| run.is_written(word)) {
        true => Remedy::Text(end..end, text.to_owned()),
        false => Remedy::None,
    };
    run.add("apt-without-yes", severity, run.command().span(), message, help, remedy);
}
