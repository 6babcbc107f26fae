//! Which image follows an old one, for some platforms at once.

pub use crate::shell::PackageManager as Packages;

use crate::cache::Cache;
use crate::image::{Catalogue, Knowledge, Parts, Platform, Reference, Wanted};

/// What is asked of the new image beyond what the old one was.
#[derive(Clone, Copy, Debug, Default)]
pub struct Constraints<'h> {
    /// On Alpine, whatever the old one was on.
    pub alpine: bool,
    /// On this release of Debian.
    pub release: Option<&'h str>,
}

/// The image to go on with.
#[derive(Clone, Debug)]
pub struct Choice {
    pub reference: Reference,
    /// What the version of the old one meant, where only its first number was named.
    pub meant: Option<String>,
    /// Whether it is of the version that the old one had.
    pub same_version: bool,
    /// Whether it is of the release that the old one named.
    pub same_release: bool,
    pub distro: &'static str,
    /// Who installs packages in it.
    pub packages: Packages,
}

/// Debian's releases by their names, the oldest first: those that can be asked for together.
pub const DEBIAN: [&str; 7] = ["wheezy", "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie"];

/// Choices that were made already: many places ask for the same.
#[derive(Default)]
pub struct Choices(Cache<Option<Choice>>);

impl Choices {
    /// As [`choose`].
    pub fn choose(
        &self,
        catalogue: Catalogue,
        known: &Knowledge,
        constraints: &Constraints,
        platforms: &[Platform],
    ) -> Option<Choice> {
        let parts = known.parts.as_ref()?;
        // Whatever the hardware is called.
        let parts = Parts { hardware: String::new(), date: None, ..parts.clone() };
        let key = format!(
            "{:?} {:?} {parts:?} {:?} {constraints:?} {platforms:?}",
            known.family, known.status, known.omitted
        );
        self.0.get(&key, || choose(catalogue, known, constraints, platforms))
    }
}

/// The image that follows, for all of these platforms.
pub fn choose(
    catalogue: Catalogue,
    known: &Knowledge,
    constraints: &Constraints,
    platforms: &[Platform],
) -> Option<Choice> {
    let parts = known.parts.as_ref()?;
    let mut wanted = Wanted::in_place_of(known)?;
    let whole = catalogue.meant_by_major(known);
    wanted.version = whole.as_deref().or(wanted.version);
    if constraints.alpine && parts.distro_or_default() != "alpine" {
        (wanted.distro, wanted.release) = (Some("alpine"), None);
    } else if constraints.release.is_some() && parts.distro_or_default() == "debian" {
        wanted.release = constraints.release;
    }
    let is_bare = wanted.stack.is_none();
    let found = catalogue.successor(&wanted, platforms)?;
    let distro = found.distro?;
    let same_version = found.same_version || is_bare;
    let mut choice = Choice {
        same_version,
        same_release: found.same_release,
        meant: whole,
        distro,
        packages: packages(distro),
        reference: found.reference,
    };
    // What compiled in a bare distribution compiles in this one.
    if is_bare && parts.has_compilers() && choice.packages == Packages::Apt {
        let release = choice.reference.tag().unwrap_or_default().split('-').next().unwrap_or_default();
        let build = Wanted { stack: Some("buildpack-deps"), version: Some(release), ..Wanted::default() };
        let build = catalogue.successor(&build, platforms).filter(|found| found.same_version);
        if let Some(build) = build {
            choice.reference = build.reference;
        }
    }
    Some(choice)
}

fn packages(distro: &str) -> Packages {
    match distro {
        "alpine" => Packages::Apk,
        "fedora" => Packages::Dnf,
        _ => Packages::Apt,
    }
}

/// Who installed packages in the old image.
pub fn old_packages(parts: &Parts) -> Packages {
    packages(parts.distro_or_default())
}
