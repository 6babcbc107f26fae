//! [`Contents`]: what is in an image at a point of a build.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::sets::{Kind, Set};
use super::{official, old, programs};
use crate::image::{Knowledge, Platform, Reference};
use crate::shell::PackageManager;
use crate::software::packages::tracked;

/// What is in an image at a point of a build: packages, and programs. Cheap to clone.
///
/// It answers yes, no, or nothing where it does not know: the list of an image may be complete or not, and a command
/// that is not read may have installed anything ([`forget`](Self::forget)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    image: Rc<Image>,
    /// What came after it.
    packages: BTreeSet<String>,
    programs: BTreeSet<String>,
    has_language_packages: bool,
    is_opaque: bool,
}

/// The image itself.
#[derive(Debug, PartialEq, Eq)]
struct Image {
    manager: PackageManager,
    distro: &'static str,
    release: Option<String>,
    /// Its packages, as each release has them that it may be on.
    releases: Vec<Vec<&'static Set>>,
    kind: Kind,
    programs: Vec<String>,
    has_headers: bool,
}

impl Contents {
    /// What an official image has; nothing where its distribution is not known, or where it has no distribution in
    /// it. `known` is what the catalogue says of it. The lists are those of amd64: without a platform, or for another
    /// one, a library that they do not have is not known.
    pub fn of(reference: &Reference, known: &Knowledge, platform: Option<&Platform>) -> Option<Contents> {
        let image = official::find(reference, known, platform)?;
        let release = image.release.map(str::to_owned);
        let programs = image.programs;
        Contents::new(image.distro, release, image.releases, image.kind, programs, image.has_headers)
    }

    /// What an image of balena's had, as far as its recipe named it: what it depended on is not known, so that
    /// nothing is known not to be there.
    pub fn of_old(known: &Knowledge) -> Option<Contents> {
        let image = old::find(known)?;
        let programs = image.programs.into_iter().map(str::to_owned).collect();
        Contents::new(image.distro, image.release, vec![image.sets], Kind::Named, programs, false)
    }

    fn new(
        distro: &'static str,
        release: Option<String>,
        releases: Vec<Vec<&'static Set>>,
        kind: Kind,
        programs: Vec<String>,
        has_headers: bool,
    ) -> Option<Contents> {
        let manager = match distro {
            "debian" | "ubuntu" => PackageManager::Apt,
            "alpine" => PackageManager::Apk,
            "fedora" => PackageManager::Dnf,
            _ => return None,
        };
        let image = Image { manager, distro, release, releases, kind, programs, has_headers };
        Some(Contents {
            image: Rc::new(image),
            packages: BTreeSet::new(),
            programs: BTreeSet::new(),
            has_language_packages: false,
            is_opaque: false,
        })
    }

    /// The package manager of its distribution.
    pub fn manager(&self) -> PackageManager {
        self.image.manager
    }

    /// Its distribution: `debian`.
    pub fn distro(&self) -> &str {
        self.image.distro
    }

    /// The release of its distribution, as its tags name it: `bookworm`, `3.22`.
    pub fn release(&self) -> Option<&str> {
        self.image.release.as_deref()
    }

    /// Whether a package is installed.
    pub fn has_package(&self, name: &str) -> Option<bool> {
        if self.packages.contains(name) {
            return Some(true);
        }
        let image = &self.image;
        let has = |sets: &Vec<&Set>| sets.iter().any(|set| set.has(name));
        if !image.releases.is_empty() && image.releases.iter().all(has) {
            return Some(true);
        }
        let is_decided = match image.kind {
            Kind::Full => true,
            Kind::Programs => programs::has_a_program(name, image.manager),
            Kind::Named => false,
        };
        // Which packages an installation brought along is known of those that are tracked.
        let may_have_come = image.manager == PackageManager::Apt
            && !self.packages.is_empty()
            && tracked().binary_search(&name).is_err();
        (is_decided && !may_have_come && !self.is_opaque && !image.releases.iter().any(has)).then_some(false)
    }

    /// Whether a program can be called by its name.
    pub fn has_program(&self, name: &str) -> Option<bool> {
        let image = &self.image;
        let is_own = image.programs.iter().any(|program| program == name);
        if is_own || self.programs.contains(name) || self.packages.contains(name) {
            return Some(true);
        }
        let program = programs::program(name)?;
        let candidates = program.candidates(image.manager)?;
        // Conditions in the table are for releases of Debian.
        let release = self.release().filter(|_| image.distro == "debian").and_then(programs::release);
        let is_future = release == programs::release("forky");
        if is_future && candidates.iter().any(programs::Candidate::is_of_the_future) {
            return None;
        }
        let may_be_of_a_language = self.has_language_packages && program.is_of_a_language();
        let mut is_decided = image.kind != Kind::Named && !self.is_opaque && !may_be_of_a_language;
        for candidate in candidates {
            match (candidate.has_it(release), self.has_package(candidate.name)) {
                (Some(true), Some(true)) => return Some(true),
                (Some(false), _) | (_, Some(false)) => {}
                // No image of the distribution's has it; where something else was set up, `forget` was called.
                (_, None) if candidate.is_elsewhere => {}
                _ => is_decided = false,
            }
        }
        is_decided.then_some(false)
    }

    /// Whether something has brought a program or a package of this name since the image.
    pub fn was_added(&self, name: &str) -> bool {
        self.programs.contains(name) || self.packages.contains(name)
    }

    /// A package was installed.
    pub fn add_package(&mut self, name: &str) {
        self.packages.insert(name.to_owned());
    }

    /// A file came that can be called by its name.
    pub fn add_program(&mut self, name: &str) {
        self.programs.insert(name.to_owned());
    }

    /// Packages of a language were installed that are not known by name: a program that such a package may bring is
    /// from here on not known not to be there.
    pub fn add_language_packages(&mut self) {
        self.has_language_packages = true;
    }

    /// Something happened that is not known: from here on nothing is known not to be there.
    pub fn forget(&mut self) {
        self.is_opaque = true;
    }

    /// Whether the image brings the headers of its own Python, as the official image does: Debian's package of them
    /// is for another Python.
    pub fn has_headers(&self) -> bool {
        self.image.has_headers
    }

    /// Whether the certificates are there, without which no TLS connection is trusted.
    pub fn has_certificates(&self) -> Option<bool> {
        match self.has_package("ca-certificates") {
            // Alpine's bundle is enough for what uses its OpenSSL.
            Some(false) if self.image.distro == "alpine" => self.has_package("ca-certificates-bundle"),
            has => has,
        }
    }
}
