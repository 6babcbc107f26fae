//! The image to start with: of each stack the one that is there for a device and is looked after longest.

use super::catalogue::Catalogue;
use super::ends::End;
use super::list::images_of;
use super::official::{self, Entry};
use super::official_table::{IMAGES, STACKS};
use super::platform::Platform;
use super::reference::Reference;
use super::table::DISTROS;
use super::version::compare;

/// The best image of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Best {
    /// `python`, or the name of the image: `debian`.
    pub stack: &'static str,
    /// The image.
    pub reference: Reference,
    /// Whether it is a language or a distribution, and not one program.
    pub is_basic: bool,
}

/// The stacks: languages, then distributions, then all other images by their names.
pub(super) fn stacks() -> Vec<&'static str> {
    let mut stacks: Vec<&str> = STACKS.iter().map(|(stack, _)| *stack).collect();
    stacks
        .extend(DISTROS.iter().map(|(distro, _)| *distro).filter(|distro| official::image(distro).is_some()));
    for image in IMAGES.iter().filter(|image| image.builds().next().is_some()) {
        let is_known =
            stacks.contains(&image.name) || STACKS.iter().any(|(_, images)| images.contains(&image.name));
        stacks.extend((!is_known).then_some(image.name));
    }
    stacks
}

impl Catalogue<'_> {
    /// The best image of each stack that has one for all of these platforms: looked after, there for exactly them,
    /// of the image that the stack prefers, and of its builds the one that is looked after longest; of several the
    /// one with the shortest name. Languages come first, then distributions, then all others.
    ///
    /// ```
    /// use dtpl::{Registry, image::{Catalogue, Platform}};
    /// let registry = Registry::embedded();
    /// let pi3 = [Platform::parse("linux/arm/v7").unwrap()];
    /// let best = Catalogue::new(&registry).best(&pi3);
    /// assert!(best.iter().any(|best| best.reference.text() == "python:3.14"));
    /// ```
    pub fn best(&self, platforms: &[Platform]) -> Vec<Best> {
        let is_basic = |stack: &str| {
            STACKS.iter().any(|(known, _)| *known == stack)
                || DISTROS.iter().any(|(distro, _)| *distro == stack)
        };
        let of_stack = |stack| {
            let reference = self.best_of(stack, platforms, |_| true)?;
            Some(Best { stack, reference, is_basic: is_basic(stack) })
        };
        stacks().into_iter().filter_map(of_stack).collect()
    }

    /// The best image of one stack, among those that are wanted.
    pub fn best_of(
        &self,
        stack: &str,
        platforms: &[Platform],
        is_wanted: impl Fn(&Reference) -> bool,
    ) -> Option<Reference> {
        images_of(stack).into_iter().filter_map(official::image).find_map(|image| {
            let mut found: Vec<(Entry, Reference)> = official::entries(image)
                .filter(|entry| !entry.is_preview() && self.is_alive(entry.life.release()))
                .filter(|entry| {
                    let there = entry.platforms();
                    platforms.iter().all(|platform| there.contains(platform))
                })
                .filter_map(|entry| {
                    Some((entry, Reference::parse(&format!("{}:{}", image.name, entry.name())).ok()?))
                })
                .filter(|(_, reference)| is_wanted(reference) && self.allows(reference.text(), platforms))
                .collect();
            // A tag that only follows others is no version, unless there is nothing else.
            if found.iter().any(|(entry, _)| entry.has_family()) {
                found.retain(|(entry, _)| entry.has_family());
            }
            // Of what is on a distribution that no table has, nobody knows how long it is looked after.
            if found.iter().any(|(entry, _)| entry.life.base.is_some()) {
                found.retain(|(entry, _)| entry.life.base.is_some() || entry.life.own.is_none());
            }
            // What nobody says an end of may be a test version of a distribution.
            if official::is_bare(image.name) && found.iter().any(|(entry, _)| entry.life.release().is_some())
            {
                found.retain(|(entry, _)| entry.life.release().is_some());
            }
            found.sort_by(|(a, left), (b, right)| {
                let end =
                    |entry: &Entry| entry.life.release().map_or(End::Open, |release| release.end).rank();
                let order = |entry: &Entry| entry.order().unwrap_or_default();
                let newest = end(b).cmp(&end(a)).then_with(|| compare(order(b), order(a)));
                newest.then_with(|| left.text().len().cmp(&right.text().len())).then_with(|| left.cmp(right))
            });
            found.into_iter().next().map(|(_, reference)| reference)
        })
    }
}
