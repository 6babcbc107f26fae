//! Packages that the release of Debian does not have for the architecture, and versions of packages that are those of
//! another release.

use super::fault::Remedy;
use super::image_text::ImageText;
use super::package_name::Package;
use super::run::Run;
use crate::diagnostic::Severity;
use crate::shell::Word;
use crate::software::packages::{Availability, Change, DebianArch, DebianRelease, Origin, change};

pub fn look(run: &mut Run) {
    if run.state.has_other_archive || run.is_optional() || !run.state.is_apt() {
        return;
    }
    let (Some(release), Some(arch)) = (run.state.debian(), run.state.arch) else {
        of_a_vendor(run);
        return;
    };
    for word in run.command().debian_packages() {
        let Some(package) = Package::read(word).filter(|it| run.names(word, it.name)) else { continue };
        missing(run, word, &package, release, arch);
    }
}

/// Packages that are in no archive of a distribution, whatever its release is.
fn of_a_vendor(run: &mut Run) {
    for word in run.command().debian_packages() {
        let Some(Package { name, .. }) = Package::read(word).filter(|it| run.names(word, it.name)) else {
            continue;
        };
        let Some(known) = change(name).filter(|change| change.origin == Origin::Nvidia) else { continue };
        let message = ImageText::around(
            &format!("`{name}` is in NVIDIA's archive alone, which "),
            run.image,
            " does not use",
        );
        let help = advice(&known, &[]);
        run.add("missing-package", Severity::Warning, word.span.clone(), message, help, Remedy::None);
    }
}

fn missing(run: &mut Run, word: &Word, package: &Package, release: DebianRelease, arch: DebianArch) {
    let name = package.name;
    let lookups = run.lookups;
    let found = lookups.availability(name, release, arch);
    let debian = format!("Debian {}", release.name());
    let message = match found {
        Availability::Installable | Availability::Unknown => return,
        Availability::OtherComponent(component) => {
            format!("`{name}` is in {component} of {debian}, which the image does not use")
        }
        Availability::Ambiguous => {
            format!("several packages of {debian} provide `{name}`, so apt installs none")
        }
        Availability::Pattern if change(name).is_none() => return,
        Availability::Pattern => {
            format!("{debian} has no package `{name}`: apt installs what matches that as a pattern")
        }
        Availability::Missing => {
            let is_missing = |arch: &DebianArch| lookups.availability(name, release, *arch) == found;
            let of_arch = match DebianArch::ALL.iter().all(is_missing) {
                true => String::new(),
                false => format!(" for {}", arch.name()),
            };
            format!("{debian} has no package `{name}`{of_arch}")
        }
    };
    let known = change(name);
    let packages: Vec<String> = known
        .as_ref()
        .map_or_else(Vec::new, |change| change.packages(release).into_iter().map(str::to_owned).collect());
    let help = match &known {
        Some(change) => advice(change, &packages),
        None => unknown(run, name, found, release),
    };
    let span = word.span.start..word.span.start + name.len();
    // The name alone is replaced, where the file has it as it is.
    let is_plain = run.is_written(word) && package.version.is_none() && !packages.is_empty();
    let remedy = match known.as_ref().filter(|_| is_plain) {
        Some(change) if change.drop_in => Remedy::Text(span, packages.join(" ")),
        Some(_) => Remedy::Instead(span, packages),
        None => Remedy::None,
    };
    // Warnings, as archives that the Dockerfile does not show may have a package.
    run.add("missing-package", Severity::Warning, word.span.clone(), message, help, remedy);
}

/// What to do about a package that nothing is known of.
fn unknown(run: &Run, name: &str, found: Availability, release: DebianRelease) -> String {
    match found {
        Availability::OtherComponent(component) => format!(
            "add {component} to the Components in /etc/apt/sources.list.d/debian.sources before `apt-get update`"
        ),
        Availability::Ambiguous => "name one of them".to_owned(),
        _ => match run.lookups.near(name, release) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "take it out, or add the archive that has it before `apt-get update`".to_owned(),
        },
    }
}

/// What to do about a package that is gone.
fn advice(change: &Change, packages: &[String]) -> String {
    let sentence = change.advice.trim_end_matches('.');
    let unnamed: Vec<String> = packages
        .iter()
        .filter(|name| !sentence.contains(name.as_str()))
        .map(|name| format!("`{name}`"))
        .collect();
    match unnamed.is_empty() {
        true => sentence.to_owned(),
        false => format!("{sentence}; install {}", unnamed.join(" and ")),
    }
}
