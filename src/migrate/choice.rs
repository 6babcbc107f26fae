//! Which image follows an old one, for some platforms at once.

pub use crate::shell::PackageManager as Packages;

use crate::cache::Cache;
use crate::image::{Catalogue, Knowledge, NameParts, Platform, Reference, Successor, Wanted};

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
    pub distro: &'static str,
    /// Who installs packages in it.
    pub packages: Packages,
}

/// Debian's releases by their names, the oldest first: those that images of several stacks may share.
pub const DEBIAN: [&str; 7] = ["wheezy", "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie"];

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
    let Successor { reference, distro, same_version, same_release, .. } =
        catalogue.successor(&wanted, platforms)?;
    let (distro, same_version) = (distro?, same_version || is_bare);
    let packages = packages(distro);
    let mut choice = ImageChoice { reference, meant, same_version, same_release, distro, packages };
    // What compiled in a bare distribution compiles in this one.
    if is_bare && parts.has_compilers() && choice.packages == Packages::Apt {
        let release = choice.reference.tag().unwrap_or_default().split('-').next().unwrap_or_default();
        let build = Wanted { stack: Some("buildpack-deps"), version: Some(release), ..Wanted::default() };
        if let Some(build) = catalogue.successor(&build, platforms).filter(|found| found.same_version) {
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
pub fn old_packages(parts: &NameParts) -> Packages {
    packages(parts.distro_or_default())
}
