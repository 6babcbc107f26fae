//! Files that an image does not have, and that old images had: `/etc/apt/sources.list`, and the folder of sudo.

use super::fault::Remedy;
use super::image_text::ImageText;
use super::run::Run;
use crate::diagnostic::Severity;
use crate::shell::PackageManager;
use crate::software::releases::number;

const RULE: &str = "missing-file";
const SOURCES: &str = "/etc/apt/sources.list";
/// Programs that fail where a file that they read is not there.
const READERS: [&str; 6] = ["sed", "cat", "grep", "cp", "mv", "perl"];

pub fn look(run: &mut Run) {
    if !run.is_build() || run.is_optional() || !run.state.is_apt() {
        return;
    }
    sources(run);
    sudoers(run);
}

/// From bookworm on, the images have their sources in another form, in another file.
fn sources(run: &mut Run) {
    let contents = &run.state.contents;
    let is_without = contents.distro() == "debian"
        && contents.release().and_then(number).is_some_and(|number| number >= 12)
        && !run.is_of_balena;
    if !is_without || run.state.has_sources_list || !run.command().is_program(&READERS) {
        return;
    }
    let Some(word) = run.command().words.iter().find(|word| word.text == SOURCES) else { return };
    // `cp a /etc/apt/sources.list` makes it.
    let is_made = run.command().is_program(&["cp", "mv"])
        && run.command().words.last().is_some_and(|last| last.text == SOURCES);
    if is_made {
        return;
    }
    let message = ImageText::around("", run.image, &format!(" has no `{SOURCES}`"));
    let help =
        "its sources are in /etc/apt/sources.list.d/debian.sources, with lines such as `Components: main`";
    run.add(RULE, Severity::Warning, word.span.clone(), message, help.to_owned(), Remedy::None);
}

/// The folder comes with sudo.
fn sudoers(run: &mut Run) {
    if run.state.contents.has_package("sudo") != Some(false) {
        return;
    }
    let command = run.command();
    let Some(word) = command.redirected.iter().find(|word| word.text.starts_with("/etc/sudoers")) else {
        return;
    };
    let message =
        ImageText::around("", run.image, " has no /etc/sudoers and no folder beside it: they come with sudo");
    let install = PackageManager::Apt.install_line();
    let remedy = Remedy::Package(PackageManager::Apt, "sudo".to_owned());
    let severity = run.severity();
    run.add(
        RULE,
        severity,
        word.span.clone(),
        message,
        format!("install it before this: {install} sudo"),
        remedy,
    );
}
