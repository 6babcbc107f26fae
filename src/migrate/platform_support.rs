//! Which builds a file is migrated for, and which new images support how many of them.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::{Constraints, ImageChoice};
use super::file_migration::FileMigration;
use super::old_images::OldImage;
use crate::image::balena::RASPBIAN_ARCHES;
use crate::image::{Availability, Family, Maintenance, NameParts, OmittedPart, Platform, debian};

impl FileMigration<'_, '_> {
    /// The builds to migrate: all if the user named the device types, otherwise those that the old
    /// images support best.
    pub fn applicable(&self) -> Vec<usize> {
        let all = self.all();
        let images = &self.images.list;
        if self.request.are_named || images.is_empty() {
            return all;
        }
        let support = |at: usize| images.iter().map(|image| self.support(at, image)).min().unwrap_or(3);
        let levels: Vec<u8> = all.iter().map(|&at| support(at)).collect();
        let best = levels.iter().copied().max().unwrap_or(0);
        all.into_iter().zip(levels).filter(|(_, level)| *level == best).map(|(at, _)| at).collect()
    }

    /// How well an old image supports a build, by its name: from 0, not at all, to 3.
    fn support(&self, at: usize, image: &OldImage) -> u8 {
        let (Some(Some(known)), Some(build)) = (image.known.get(at), self.builds.get(at)) else { return 0 };
        let Some(parts) = known.1.parts.as_ref().filter(|_| known.1.status != Maintenance::Never) else {
            return 0;
        };
        let arch = build.target.arch;
        if parts.is_raspbian() {
            return if RASPBIAN_ARCHES.contains(&&*arch.slug) { 3 } else { 0 };
        }
        let registry = self.request.catalogue.registry();
        let device = registry.device_type(&parts.hardware).map(|device| registry.arch_of(device));
        let own = device.or_else(|| registry.arch_called(&parts.hardware).ok());
        if own.is_some_and(|own| own.slug == arch.slug) {
            return 3;
        }
        match self.cache.catalogue.availability_of(&known.0, &known.1, arch).availability {
            Availability::Exact => 3,
            Availability::Unknown => 2,
            Availability::Fallback(_) => 1,
            Availability::None => 0,
        }
    }

    /// The new image for each old one, if each has one that supports all of these builds.
    pub fn choices(&self, selected: &[usize], constraints: &Constraints) -> Option<Vec<ImageChoice>> {
        let of = |image: &OldImage| {
            let platforms = selected.iter().filter_map(|&at| image.platforms.get(at)?.clone());
            let platforms: Vec<Platform> = BTreeSet::from_iter(platforms).into_iter().collect();
            let known = &image.known_to(selected)?.1;
            self.choices.choose(self.cache.catalogue, known, constraints, &platforms)
        };
        self.images.list.iter().map(of).collect()
    }

    /// The same, with all images on Debian on one release of it: what one stage compiles runs in another.
    pub fn aligned(&self, selected: &[usize]) -> Option<Vec<ImageChoice>> {
        let choices = self.choices(selected, &Constraints::default())?;
        let on_debian = |choice: &&ImageChoice| choice.distro == "debian";
        let mut stacks = BTreeSet::new();
        let mut oldest = None;
        let images = self.images.list.iter().zip(&choices);
        for (image, _) in images.filter(|(_, choice)| on_debian(choice)) {
            let Some(known) = image.known_to(selected) else { continue };
            let Some(parts) = &known.1.parts else { continue };
            stacks.insert((parts.stack, parts.release.clone()));
            let release = parts.release.as_deref().or_else(|| known.1.meant(OmittedPart::Release));
            oldest = oldest.max(release.and_then(debian::number));
        }
        if stacks.len() < 2 {
            return Some(choices);
        }
        let mut releases = debian::released().filter(|release| debian::number(release) >= oldest);
        let on_one_release = releases.find_map(|release| {
            let constraints = Constraints { release: Some(release), ..Constraints::default() };
            let all = self.choices(selected, &constraints)?;
            all.iter().filter(on_debian).all(|choice| choice.same_release).then_some(all)
        });
        Some(on_one_release.unwrap_or(choices))
    }

    /// The builds that the same new images can support, and the others by arch. The arches with most
    /// builds come first.
    pub fn partition(&self) -> (Vec<usize>, BTreeMap<String, Vec<usize>>) {
        let mut by_arch: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &at in &self.selected {
            by_arch.entry(&self.builds[at].target.arch.slug).or_default().push(at);
        }
        let mut order: Vec<(&str, Vec<usize>)> = by_arch.into_iter().collect();
        order.sort_by(|one, other| other.1.len().cmp(&one.1.len()).then_with(|| one.0.cmp(other.0)));
        let (mut supported, mut unsupported) = (Vec::new(), BTreeMap::new());
        for (arch, own) in order {
            let trial: Vec<usize> = supported.iter().chain(&own).copied().collect();
            if self.choices(&trial, &Constraints::default()).is_some() {
                supported = trial;
            } else {
                unsupported.insert(arch.to_owned(), own);
            }
        }
        supported.sort_unstable();
        (supported, unsupported)
    }

    /// Whether the catalogue knows the image, and it is the same one for all builds: a variable may make
    /// it another one for another fleet.
    pub fn is_understood(&self, image: &OldImage) -> bool {
        let registry = self.request.catalogue.registry();
        let is_hardware =
            |name: &str| registry.arch_called(name).is_ok() || registry.device_type(name).is_some();
        let mut same: Option<(Family, NameParts)> = None;
        self.selected.iter().filter_map(|&at| image.known.get(at)).all(|known| {
            let Some(known) = known.as_ref().map(|known| &known.1) else { return false };
            let Some(parts) = &known.parts else { return false };
            let own = (known.family, NameParts { hardware: String::new(), ..parts.clone() });
            let is_same = *same.get_or_insert_with(|| own.clone()) == own;
            is_same && (parts.is_raspbian() || is_hardware(&parts.hardware))
        })
    }
}
