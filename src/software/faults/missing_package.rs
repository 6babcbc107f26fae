//! Packages that the release of Debian does not have for the architecture, and versions of packages that are those of
//! another release.

use super::fault::Remedy;
use super::run::Run;
use crate::diagnostic::Severity;
use crate::shell::Word;
use crate::software::packages::{
    Availability, Change, DebianArch, DebianRelease, availability, change, near,
};

pub fn look(run: &mut Run) {
    let Some(release) = run.state.debian() else { return };
    let Some(arch) = run.state.arch else { return };
    for word in run.command().debian_packages() {
        let Some(package) = Package::read(&word) else { continue };
        if !run.state.has_other_archive {
            missing(run, &word, &package, release, arch);
        }
    }
}

/// What is named to be installed: `name:arch=version`.
pub struct Package<'w> {
    pub name: &'w str,
    pub version: Option<&'w str>,
}

impl<'w> Package<'w> {
    /// None for a file, a pattern, a variable, or what is to be removed: `name-`.
    pub fn read(word: &'w Word) -> Option<Self> {
        let text = word.text.as_str();
        if text.contains(['*', '?', '$', '`', '%', '{', '[', '^', '(']) || text.starts_with(['.', '/', '-']) {
            return None;
        }
        let (text, version) = match text.split_once('=') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        // `name/release`, `name:arch`, and `name+`, which is installed.
        let text = text.split('/').next()?;
        let name = text.split(':').next()?;
        let name = if name.ends_with("++") { name } else { name.strip_suffix('+').unwrap_or(name) };
        (!name.is_empty() && !name.ends_with('-') && !name.ends_with(".deb"))
            .then_some(Package { name, version })
    }
}

fn missing(run: &mut Run, word: &Word, package: &Package, release: DebianRelease, arch: DebianArch) {
    let name = package.name;
    let (message, default) = match availability(name, release, arch) {
        // Where a name with a dot is that of no package, apt takes it for a pattern.
        Availability::Unknown if name.contains('.') && change(name).is_some() => (
            format!(
                "Debian {} has no package `{name}`: apt installs what matches that as a pattern",
                release.name()
            ),
            String::new(),
        ),
        Availability::Installable | Availability::Unknown => return,
        Availability::OtherComponent(component) => (
            format!("`{name}` is in {component} of Debian {}, which the image does not use", release.name()),
            format!(
                "add {component} to the Components in /etc/apt/sources.list.d/debian.sources before `apt-get update`"
            ),
        ),
        Availability::Ambiguous => (
            format!("several packages of Debian {} provide `{name}`, so apt installs none", release.name()),
            "name one of them".to_owned(),
        ),
        Availability::Missing => {
            let is_missing = |arch: &DebianArch| availability(name, release, *arch) == Availability::Missing;
            let of_arch = match DebianArch::ALL.iter().all(is_missing) {
                true => String::new(),
                false => format!(" for {}", arch.name()),
            };
            let near = near(name, release).map(|near| format!("did you mean `{near}`?"));
            (
                format!("Debian {} has no package `{name}`{of_arch}", release.name()),
                near.unwrap_or_else(|| {
                    "take it out, or add the archive that has it before `apt-get update`".to_owned()
                }),
            )
        }
    };
    let known = change(name);
    let packages: Vec<&str> = known.as_ref().map(|change| change.packages(release)).unwrap_or_default();
    let help = known.as_ref().map_or(default, |change| advice(change, &packages));
    let end = word.span.start + name.len();
    // The name alone is replaced, where the file has it as it is.
    let is_plain = word.span.len() == word.text.len() && package.version.is_none();
    let remedy = match known.as_ref().is_some_and(|change| change.drop_in) && is_plain && !packages.is_empty()
    {
        true => Remedy::Text(word.span.start..end, packages.join(" ")),
        false => Remedy::None,
    };
    // Warnings, as archives that the Dockerfile does not show may have a package.
    run.add("missing-package", Severity::Warning, word.span.clone(), message, help, remedy);
}

/// What to do about a package that is gone.
fn advice(change: &Change, packages: &[&str]) -> String {
    let sentence = change.advice.trim_end_matches('.');
    let unnamed: Vec<String> =
        packages.iter().filter(|name| !sentence.contains(*name)).map(|name| format!("`{name}`")).collect();
    match unnamed.is_empty() {
        true => sentence.to_owned(),
        false => format!("{sentence}; install {}", unnamed.join(" and ")),
    }
}
