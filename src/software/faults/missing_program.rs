//! A program that the image does not have, and that nothing has installed before it is used.

use super::fault::Remedy;
use super::image_text::ImageText;
use super::run::Run;
use crate::diagnostic::Severity;
use crate::shell::{Word, system_program};
use crate::software::contents::{Program, program};
use crate::software::languages::removed;

/// Programs that install packages, with the distributions that have them.
const INSTALLERS: [(&str, &str); 9] = [
    ("apt-get", "Debian and Ubuntu have"),
    ("apt", "Debian and Ubuntu have"),
    ("aptitude", "Debian and Ubuntu have"),
    ("apk", "Alpine has"),
    ("dnf", "Fedora has"),
    ("yum", "Fedora has"),
    ("microdnf", "Fedora has"),
    ("zypper", "openSUSE has"),
    ("install_packages", "balena's images had"),
];

/// Programs that packages of Alpine need, so that they may come along with one that is installed.
const ALONG: [&str; 14] = [
    "bash", "perl", "python3", "python", "pip3", "pip", "gcc", "g++", "cc", "make", "ld", "m4", "openssl",
    "tar",
];

/// Looks at the program that a word of a command names.
pub fn look(run: &mut Run, word: &Word) {
    // What a language's own tools have lost is told by another rule.
    let is_removed = |(language, version)| removed(run.command(), language, version).is_some();
    if run.is_optional() || run.language.is_some_and(is_removed) {
        return;
    }
    let Some(name) = system_program(&word.text) else { return };
    // That too has a rule of its own.
    if name == "apt-key" && run.state.is_apt() {
        return;
    }
    let known = program(name);
    // No archive has the scripts of balena's images: only a file of the project can bring one.
    let is_lost_script = known.is_some_and(|known| known.origin == Some("balena"))
        && !run.is_of_balena
        && !run.state.may_have_files
        && !run.state.contents.was_added(name);
    let may_come_along = run.state.has_apk_dependencies && ALONG.contains(&name);
    if (run.state.contents.has_program(name) != Some(false) || may_come_along) && !is_lost_script {
        return;
    }
    let manager = run.state.contents.manager();
    if let Some((_, whose)) = INSTALLERS.iter().find(|(installer, _)| *installer == name) {
        let message = ImageText::around(&format!("{whose} `{name}`, "), run.image, " has not");
        let help = format!("write {} ...", manager.install_line());
        // What is quoted for another program may be meant for another image.
        let severity = if run.command().is_quoted { Severity::Warning } else { run.severity() };
        run.add("foreign-package-manager", severity, word.span.clone(), message, help, Remedy::None);
        return;
    }
    let Some(known) = known else { return };
    let came = run.old.is_some_and(|old| old.has_program(name) == Some(true));
    let how = if came { "came with the old image, and " } else { "" };
    let message = ImageText::around(&format!("`{name}` {how}is not in "), run.image, "");
    // Ubuntu's packages are those that Debian had before trixie.
    let release = match run.state.contents.distro() {
        "ubuntu" => Some("bookworm"),
        _ => run.state.contents.release(),
    };
    let of_language = known.language_line();
    let is_meant = |(tool, _): &(&str, String)| run.state.contents.has_program(tool) == Some(true);
    let package = match release {
        // In an image of the language, its own package manager brings it.
        _ if of_language.as_ref().is_some_and(is_meant) => None,
        Some(release) => known.package_in(manager, release),
        None => known.package(manager),
    };
    let (help, remedy) = match package {
        Some(package) => {
            let first =
                if run.is_build() { "install it before this" } else { "install it in the Dockerfile" };
            let help = format!("{first}: {} {package}", manager.install_line());
            // What only the container uses, and what the old image did not have either, is for a person to look at.
            match run.is_build() || came {
                true => (help, Remedy::Package(manager, package.to_owned())),
                false => (help, Remedy::None),
            }
        }
        None => match of_language {
            Some((_, line)) => (format!("install it before this: {line}"), Remedy::None),
            None => (instead(known), Remedy::None),
        },
    };
    let rule = match known.origin {
        Some("balena" | "raspberry-pi" | "nvidia") if package.is_none() => "balena-script",
        _ => "missing-program",
    };
    // What has no package needs something else in its place, which a person has to choose.
    let severity = if package.is_none() { Severity::Warning } else { run.severity() };
    run.add(rule, severity, word.span.clone(), message, help, remedy);
}

/// What to do about a program that no package of the distribution has.
fn instead(program: &Program) -> String {
    let help = match (program.name, program.origin) {
        ("balena-idle" | "resin-idle", _) => "write CMD [\"sleep\", \"infinity\"]",
        ("entry.sh", _) => "start the command directly: the script only started udev or an init system first",
        ("cross-build-start" | "cross-build-end", _) => {
            "take it out: builders emulate other processors themselves"
        }
        (_, Some("balena")) => "take it out: it was a script of balena's images",
        (_, Some("raspberry-pi")) => {
            "only Raspberry Pi's own package archive has it: add that archive and its key, or do without"
        }
        (_, Some("nvidia")) => {
            "only NVIDIA's package archive has it: start from an image of NVIDIA, or add that archive"
        }
        _ => "no package of the distribution has it: download or build it, or do without",
    };
    help.to_owned()
}

/// `python3 -m venv` needs a package of its own in Debian and Ubuntu.
pub fn look_at_venv(run: &mut Run) {
    const PACKAGE: &str = "python3-venv";
    let Some((name, words)) = run.command().program() else { return };
    let makes = matches!(name, "python3" | "python")
        && words.first().is_some_and(|word| word.text == "-m")
        && words.get(1).is_some_and(|word| word.text == "venv");
    let contents = &run.state.contents;
    if run.is_optional()
        || !makes
        || !run.state.is_apt()
        || contents.has_headers()
        || contents.has_package(PACKAGE) != Some(false)
    {
        return;
    }
    let manager = contents.manager();
    let message =
        ImageText::around(&format!("`{name} -m venv` needs {PACKAGE}, which is not in "), run.image, "");
    let help = format!("install it before this: {} {PACKAGE}", manager.install_line());
    let (severity, span) = (run.severity(), run.command().span());
    run.add("missing-program", severity, span, message, help, Remedy::Package(manager, PACKAGE.to_owned()));
}
