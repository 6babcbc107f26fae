//! `pip install` into the Python of a distribution that refuses it: `externally-managed-environment` (PEP 668).

use super::fault::Remedy;
use super::image_text::ImageText;
use super::run::Run;
use crate::shell::{PackageManager, Word, pip_packages};
use crate::software::releases::number;

/// The option with which pip installs all the same.
const OPTION: &str = "--break-system-packages";
/// Options with which pip installs somewhere else; it takes the beginning of one for the whole.
const ELSEWHERE: [&str; 5] = ["--target", "--prefix", "--root", "--dry-run", OPTION];

pub fn look(run: &mut Run) {
    if run.state.allows_pip || run.is_optional() || !run.is_build() || !is_managed(run) {
        return;
    }
    let Some(words) = run.command().pip_install() else { return };
    let is_elsewhere = |word: &Word| {
        let option = word.text.split('=').next().unwrap_or_default();
        option == "-t"
            || (option.len() > "--pre".len() && ELSEWHERE.iter().any(|whole| whole.starts_with(option)))
    };
    // The pip of another folder is that of a virtual environment.
    let is_own = run.command().words.iter().any(|word| {
        let is_python = |name: &str| name.starts_with("pip") || name.starts_with("python");
        word.text.rsplit_once('/').is_some_and(|(folder, name)| {
            is_python(name) && !matches!(folder, "/usr/bin" | "/bin" | "/usr/local/bin")
        })
    });
    let sets = |word: &Word| word.text.starts_with("PIP_BREAK_SYSTEM_PACKAGES=");
    if words.iter().any(is_elsewhere) || is_own || run.command().words.iter().any(sets) {
        return;
    }
    let end = words.first().map_or(run.command().span().end, |word| word.span.start);
    let after = " does not let pip install beside the packages of the distribution";
    let message = ImageText::around("the Python of ", run.image, after);
    let help = format!(
        "make a virtual environment first (python3 -m venv /opt/venv, then /opt/venv/bin/pip install), start from a \
         python image, or write pip install {OPTION}"
    );
    // Before the first argument, if there is one.
    // pip of trixie and of Ubuntu cannot replace itself.
    let is_own = pip_packages(words).iter().any(|word| matches!(&*word.text, "pip" | "setuptools" | "wheel"));
    let cannot = is_own && run.state.contents.release() != Some("bookworm");
    let remedy =
        if words.is_empty() || cannot { Remedy::None } else { Remedy::Text(end..end, format!("{OPTION} ")) };
    run.add("externally-managed-python", run.severity(), run.command().span(), message, help, remedy);
}

/// Whether the Python that runs is that of a distribution with the mark of PEP 668.
fn is_managed(run: &Run) -> bool {
    let contents = &run.state.contents;
    // The Python of the official image is another one, and comes first.
    if contents.has_package("python3") != Some(true) && contents.manager() == PackageManager::Apt
        || contents.has_headers()
    {
        return false;
    }
    let release = contents.release().unwrap_or_default();
    match (contents.manager(), contents.distro()) {
        (PackageManager::Apt, "debian") => number(release).is_some_and(|number| number >= 12),
        (PackageManager::Apt, "ubuntu") => matches!(release, "noble" | "resolute"),
        (PackageManager::Apk, _) => {
            let mut parts = release.split('.').map_while(|part| part.parse::<u32>().ok());
            (parts.next(), parts.next()) >= (Some(3), Some(19))
        }
        _ => false,
    }
}
