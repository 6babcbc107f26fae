//! Which image follows an old one, for some platforms at once.

pub use crate::shell::PackageManager as Packages;

use super::version_move::{self, ElsewhereImage, VersionMove};
use crate::cache::Cache;
use crate::image::{Catalogue, Date, Ending, Knowledge, NameParts, OmittedPart, Platform, Reference, Wanted};

/// What the new image has to be beyond what the old one was.
#[derive(Clone, Copy, Debug, Default)]
pub struct Constraints<'h> {
    /// On Alpine, whatever the old one was on.
    pub alpine: bool,
    /// On this release of Debian.
    pub release: Option<&'h str>,
}

/// The image to go on with.
#[derive(Clone, Debug)]
pub struct ImageChoice {
    pub reference: Reference,
    /// What the version of the old one meant, where only its first number was named.
    pub meant: Option<String>,
    pub same_version: bool,
    pub same_release: bool,
    /// Why the version is another one.
    pub version_move: VersionMove,
    /// The day until which the image is maintained, if one is fixed.
    pub until: Option<String>,
    /// Whether it has less time left than a new image has to have: there is none with more.
    pub is_short: bool,
    /// The release of the distribution that it is on: `debian 13 (trixie)`.
    pub base: Option<Ending>,
    /// The release that the old image was on, with its end, where one is known.
    pub old_release_end: Option<Ending>,
    /// The day as of which all of this is said.
    pub day: Date,
    /// A better image that some platforms have not.
    pub elsewhere: Option<ElsewhereImage>,
    pub distro: &'static str,
    /// Who installs packages in it.
    pub packages: Packages,
}

/// Choices that were made already: many places need the same.
#[derive(Default)]
pub struct Choices(Cache<Option<ImageChoice>>);

impl Choices {
    /// The image that follows, for all of these platforms.
    pub fn choose(
        &self,
        catalogue: Catalogue,
        known: &Knowledge,
        constraints: &Constraints,
        platforms: &[Platform],
    ) -> Option<ImageChoice> {
        // Whatever the hardware is called.
        let parts = NameParts { hardware: String::new(), date: None, ..known.parts.clone()? };
        let key = format!(
            "{:?} {:?} {parts:?} {:?} {:?} {constraints:?} {platforms:?}",
            known.family, known.status, known.omitted, known.replacements
        );
        self.0.get(&key, || choose(catalogue, known, constraints, platforms))
    }
}

fn choose(
    catalogue: Catalogue,
    known: &Knowledge,
    constraints: &Constraints,
    platforms: &[Platform],
) -> Option<ImageChoice> {
    let parts = known.parts.as_ref()?;
    if let Some(own) = catalogue.replacement(known, platforms) {
        let distro = own.distro.unwrap_or_else(|| parts.distro_or_default());
        return Some(ImageChoice {
            version_move: VersionMove::Kept,
            until: version_move::until(own.ends.as_ref(), own.is_open),
            is_short: false,
            base: catalogue.base_of(&own.reference),
            old_release_end: old_release_end(catalogue, known),
            day: catalogue.day(),
            elsewhere: None,
            reference: own.reference,
            meant: None,
            same_version: true,
            same_release: true,
            distro,
            packages: packages(distro),
        });
    }
    let mut wanted = Wanted::in_place_of(known)?;
    let meant = catalogue.meant_by_major(known);
    wanted.version = meant.as_deref().or(wanted.version);
    if constraints.alpine && parts.distro_or_default() != "alpine" {
        (wanted.distro, wanted.release) = (Some("alpine"), None);
    } else if constraints.release.is_some() && parts.distro_or_default() == "debian" {
        wanted.release = constraints.release;
    }
    let is_bare = wanted.stack.is_none();
    let found = catalogue.successor(&wanted, platforms)?;
    let is_over = |ending: &Ending| ending.end.is_over(catalogue.horizon_day());
    let distro = found.distro?;
    let mut choice = ImageChoice {
        // Of a bare distribution the release moves, and that is told apart.
        version_move: match is_bare {
            true => VersionMove::Kept,
            false => version_move::version_move(catalogue, &wanted, &found, platforms),
        },
        until: version_move::until(found.ends.as_ref(), found.is_open),
        is_short: found.ends.as_ref().is_some_and(is_over),
        base: catalogue.base_of(&found.reference),
        old_release_end: old_release_end(catalogue, known),
        day: catalogue.day(),
        elsewhere: version_move::elsewhere(catalogue, &wanted, &found, platforms),
        reference: found.reference,
        meant: meant.clone(),
        same_version: found.same_version || is_bare,
        same_release: found.same_release,
        distro,
        packages: packages(distro),
    };
    // What compiled in a bare distribution compiles in this one.
    if is_bare && parts.has_compilers() && choice.packages == Packages::Apt {
        let release = choice.reference.tag().unwrap_or_default().split('-').next().unwrap_or_default();
        let build = Wanted { stack: Some("buildpack-deps"), version: Some(release), ..Wanted::default() };
        if let Some(build) = catalogue.successor(&build, platforms).filter(|found| found.same_version) {
            choice.until = version_move::until(build.ends.as_ref(), build.is_open);
            choice.reference = build.reference;
        }
    }
    Some(choice)
}

/// The release of the distribution that an old image was on.
fn old_release_end(catalogue: Catalogue, known: &Knowledge) -> Option<Ending> {
    let parts = known.parts.as_ref()?;
    let release = parts.release.as_deref().or_else(|| known.meant(OmittedPart::Release))?;
    catalogue.release_end(parts.distro_or_default(), release)
}

impl ImageChoice {
    /// `python:3.12-slim is maintained until 2028-10-31`
    pub fn maintained(&self) -> String {
        let reference = self.reference.text();
        match &self.until {
            Some(day) => format!("{reference} is maintained until {day}"),
            None => format!("{reference} is maintained"),
        }
    }
}

fn packages(distro: &str) -> Packages {
    match distro {
        "alpine" => Packages::Apk,
        "fedora" => Packages::Dnf,
        _ => Packages::Apt,
    }
}

/// Who installed packages in the old image.
pub fn old_packages(parts: &NameParts) -> Packages {
    packages(parts.distro_or_default())
}
