//! What there is of a stack for a device: the images to choose from, and how many there were.

use std::collections::BTreeSet;

use super::balena::VARIANTS;
use super::catalogue::Catalogue;
use super::name::{Family, releases};
use super::official::{self, Entry};
use super::official_table::{BASES, IMAGES, STACK_ALIASES, STACKS};
use super::platform::Platform;
use super::reference::Reference;
use super::table::{DISTROS, FINAL_DEVICE_TYPES, LAST, Last, RESIN_REPOSITORIES, value};
use super::version::compare;
use crate::arch::Arch;
use crate::nearest::did_you_mean;

/// The images of a language that are chosen from, or those of the image's own name.
pub(super) fn images_of(stack: &str) -> Vec<&'static str> {
    let stack = value(STACK_ALIASES, stack).unwrap_or(stack);
    match value(STACKS, stack) {
        Some(images) => images.to_vec(),
        None => official::image(stack).map(|image| image.name).into_iter().collect(),
    }
}

impl<'r> Catalogue<'r> {
    /// The maintained images of a stack, or of all stacks: those that a device of this arch can run, or
    /// all. By image, then the newest version first.
    ///
    /// # Errors
    /// With the names that are near, when there is no such stack.
    ///
    /// ```
    /// use dtpl::{Registry, image::Catalogue};
    /// let registry = Registry::embedded();
    /// let images = Catalogue::new(&registry).list(Some("rust"), registry.arch("rpi")).unwrap();
    /// assert!(images.is_empty(), "there never was a rust image that an ARMv6 device runs");
    /// assert!(!Catalogue::new(&registry).list(Some("rust"), registry.arch("amd64")).unwrap().is_empty());
    /// ```
    pub fn list(&self, stack: Option<&str>, arch: Option<&Arch>) -> Result<Vec<Reference>, Option<String>> {
        let all = || IMAGES.iter().map(|image| image.name);
        let of_stacks = || super::best::stacks().into_iter().flat_map(images_of).collect();
        let names = stack.map_or_else(of_stacks, images_of);
        if let Some(stack) = stack.filter(|_| names.is_empty()) {
            return Err(did_you_mean(stack, STACKS.iter().map(|(name, _)| *name).chain(all())));
        }
        let own = arch.and_then(|arch| Platform::parse(&arch.platform));
        let mut listed = Vec::new();
        for image in names.into_iter().filter_map(official::image) {
            let mut entries: Vec<Entry> = official::entries(image)
                .filter(|entry| own.as_ref().is_none_or(|own| own.choose(&entry.platforms()).is_some()))
                .collect();
            entries.sort_by(|a, b| {
                let order = |entry: &Entry| entry.order().unwrap_or_default();
                let last = |entry: &Entry| (entry.is_preview(), !self.is_alive(entry.life.release()));
                let newest = last(a).cmp(&last(b)).then_with(|| compare(order(b), order(a)));
                newest.then_with(|| a.name().cmp(b.name()))
            });
            let names = entries.iter().map(|entry| format!("{}:{}", image.name, entry.name()));
            listed.extend(names.filter_map(|name| Reference::parse(&name).ok()));
        }
        Ok(listed)
    }

    /// The images of the last generation of `balenalib` under the name of a device type or an arch, by
    /// their full names: distribution, stack, version, release and variant. They are not built any more.
    ///
    /// ```
    /// use dtpl::{Registry, image::Catalogue};
    /// let registry = Registry::embedded();
    /// let names = Catalogue::new(&registry).last_generation("raspberry-pi");
    /// assert_eq!(names.len(), 290);
    /// assert!(names.contains(&"balenalib/raspberry-pi-alpine-python:3.11.2-3.20-run".to_owned()));
    /// ```
    pub fn last_generation(&self, hardware: &str) -> Vec<String> {
        let mut names = Vec::new();
        for last in self.last(hardware) {
            let repository = repository(hardware, last);
            for version in last.versions() {
                let version = if version.is_empty() { String::new() } else { format!("{version}-") };
                let on = releases(last.distro()).iter().enumerate().filter(|(at, _)| last.on & 1 << at != 0);
                for (_, release) in on {
                    let name = |variant| format!("{repository}:{version}{release}-{variant}");
                    names.extend(VARIANTS.map(name));
                }
            }
        }
        names
    }

    /// The repositories of the last generation of `balenalib` that hold a stack, for a device type or an
    /// arch.
    pub fn last_repositories(&self, hardware: &str, stack: Option<&str>) -> Vec<Reference> {
        let carries = |last: &&Last| match stack {
            None => true,
            Some(stack) if last.stack().is_empty() => last.distro() == stack,
            Some(stack) => last.stack() == stack,
        };
        let names = self.last(hardware).filter(carries).map(|last| repository(hardware, last));
        let found: BTreeSet<Reference> = names.filter_map(|name| Reference::parse(&name).ok()).collect();
        found.into_iter().collect()
    }

    /// The repositories of `resin` under the name of a device type or an arch.
    pub fn resin_repositories(&self, hardware: &str) -> Vec<Reference> {
        let of_it = RESIN_REPOSITORIES.iter().filter(|(names, _)| names.contains(&hardware));
        let suffixes: BTreeSet<&str> = of_it.flat_map(|(_, suffixes)| suffixes.iter().copied()).collect();
        let name = |suffix: &str| format!("{}/{hardware}-{suffix}", Family::Resin.name());
        suffixes.into_iter().filter_map(|suffix| Reference::parse(&name(suffix)).ok()).collect()
    }

    /// The stacks, in the order in which they are listed: languages, distributions, then all other images.
    pub fn stacks(&self) -> Vec<&'static str> {
        super::best::stacks()
    }

    /// The distributions that images are on.
    pub fn distros(&self) -> Vec<&'static str> {
        let mut all: Vec<&str> = BASES.iter().map(|(distro, _)| *distro).collect();
        all.extend(DISTROS.iter().map(|(distro, _)| *distro));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The distribution that an image is on, if that is known.
    pub fn distro_of(&self, reference: &Reference) -> Option<&'static str> {
        official::distro_named(reference)
    }

    /// The rows of the last generation for the name of an arch or a device type.
    fn last(&self, hardware: &str) -> impl Iterator<Item = &'static Last> {
        let device = self.registry.device_type(hardware).filter(|device| device.slug == hardware);
        let device = device.filter(|device| value(FINAL_DEVICE_TYPES, &device.slug).is_some());
        let arch = self.registry.arch(hardware).map(|arch| &arch.slug).or(device.map(|device| &device.arch));
        LAST.iter().filter(move |last| arch.is_some_and(|arch| *last.arch() == **arch))
    }
}

fn repository(hardware: &str, last: &Last) -> String {
    let hyphen = if last.stack().is_empty() { "" } else { "-" };
    format!("{}/{hardware}-{}{hyphen}{}", Family::Balenalib.name(), last.distro(), last.stack())
}
