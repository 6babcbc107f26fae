//! Whom a file is for, and which images serve how many of them.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::{Choice, DEBIAN, How};
use super::file::Job;
use super::rewrite::known_of;
use super::uses::{Memory, Use, is_of_balena};
use crate::image::{Availability, Family, Part, Parts, Platform, Status};

/// An image of Raspbian, under a name that is no hardware's.
const RASPBIAN: &str = "rpi-raspbian";

impl Job<'_> {
    /// For whom the file can be: everybody who is named, or those for whom there were its images.
    pub(super) fn who(&self, uses: &[Use], memory: &Memory) -> Vec<usize> {
        let all: Vec<usize> = (0..self.whoms.len()).collect();
        if self.request.are_named || uses.is_empty() {
            return all;
        }
        let rank = |at: usize| uses.iter().map(|image| self.rank(at, image, memory)).min().unwrap_or(3);
        let ranks: Vec<u8> = all.iter().map(|&at| rank(at)).collect();
        let best = ranks.iter().copied().max().unwrap_or(0);
        all.into_iter().zip(ranks).filter(|(_, rank)| *rank == best).map(|(at, _)| at).collect()
    }

    /// How well one of them was served by an old image, by its name.
    pub(super) fn rank(&self, at: usize, image: &Use, memory: &Memory) -> u8 {
        let (Some(Some(known)), Some(whom)) = (image.known.get(at), self.whoms.get(at)) else { return 0 };
        let Some(parts) = known.1.parts.as_ref().filter(|_| known.1.status != Status::Never) else {
            return 0;
        };
        let arch = whom.target.arch;
        if parts.hardware == RASPBIAN {
            return if matches!(&*arch.slug, "rpi" | "armv7hf") { 3 } else { 0 };
        }
        let registry = self.request.registry;
        let device = registry.device_type(&parts.hardware).map(|device| registry.arch_of(device));
        if device
            .or_else(|| registry.arch_called(&parts.hardware).ok())
            .is_some_and(|own| own.slug == arch.slug)
        {
            return 3;
        }
        match memory.catalogue.availability_of(&known.0, &known.1, arch).availability {
            Availability::Exact => 3,
            Availability::Unknown => 2,
            Availability::Fallback(_) => 1,
            Availability::None => 0,
        }
    }

    /// The images to go on with for some; nothing when one place has none for all of them.
    pub(super) fn choices(
        &self,
        uses: &[Use],
        who: &[usize],
        how: &How,
        memory: &Memory,
    ) -> Option<Vec<Choice>> {
        let of = |image: &Use| {
            let platforms: BTreeSet<Platform> =
                who.iter().filter_map(|&at| image.platforms.get(at)?.clone()).collect();
            let platforms: Vec<Platform> = platforms.into_iter().collect();
            memory.choices.choose(memory.catalogue, &known_of(image, who)?.1, how, &platforms)
        };
        uses.iter().map(of).collect()
    }

    /// The same, with all that is on Debian on one release of it: what one stage compiles runs in another.
    pub(super) fn aligned(&self, uses: &[Use], who: &[usize], memory: &Memory) -> Option<Vec<Choice>> {
        let choices = self.choices(uses, who, &How::default(), memory)?;
        let on_debian = |choice: &&Choice| choice.distro == "debian";
        let mut stacks = BTreeSet::new();
        let mut oldest = 0;
        for (image, _) in uses.iter().zip(&choices).filter(|(_, choice)| on_debian(choice)) {
            let Some(known) = known_of(image, who) else { continue };
            let Some(parts) = &known.1.parts else { continue };
            stacks.insert((parts.stack, parts.release.clone()));
            let meant = || known.1.omitted.iter().find(|omitted| omitted.part == Part::Release)?.last();
            let release = parts.release.as_deref().or_else(meant);
            let at = DEBIAN.iter().position(|name| Some(*name) == release);
            oldest = oldest.max(at.unwrap_or(0));
        }
        if stacks.len() < 2 {
            return Some(choices);
        }
        let on = DEBIAN.iter().skip(oldest).find_map(|release| {
            let how = How { release: Some(release), ..How::default() };
            let all = self.choices(uses, who, &how, memory)?;
            all.iter().filter(on_debian).all(|choice| choice.same_release).then_some(all)
        });
        Some(on.unwrap_or(choices))
    }

    /// Whom one image for each place can serve, and the others by arch. Those that most device types
    /// have come first.
    pub(super) fn partition(
        &self,
        uses: &[Use],
        who: &[usize],
        memory: &Memory,
    ) -> (Vec<usize>, BTreeMap<String, Vec<usize>>) {
        let mut by_arch: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &at in who {
            by_arch.entry(&self.whoms[at].target.arch.slug).or_default().push(at);
        }
        let mut order: Vec<(&str, Vec<usize>)> = by_arch.into_iter().collect();
        order.sort_by(|one, other| other.1.len().cmp(&one.1.len()).then_with(|| one.0.cmp(other.0)));
        let (mut served, mut unserved) = (Vec::new(), BTreeMap::new());
        for (arch, own) in order {
            let trial: Vec<usize> = served.iter().chain(&own).copied().collect();
            match self.choices(uses, &trial, &How::default(), memory) {
                Some(_) => served = trial,
                None => {
                    unserved.insert(arch.to_owned(), own);
                }
            }
        }
        served.sort_unstable();
        (served, unserved)
    }

    /// Whether it is known what the image was.
    pub(super) fn is_understood(&self, image: &Use, who: &[usize]) -> bool {
        let registry = self.request.registry;
        let is_hardware = |name: &str| {
            registry.arch_called(name).is_ok() || registry.device_type(name).is_some() || name == RASPBIAN
        };
        // A variable may make it another image for another fleet: then no one image follows.
        let mut same: Option<(Family, Parts)> = None;
        who.iter().filter_map(|&at| image.known.get(at)).all(|known| {
            let known = known.as_ref().filter(|known| is_of_balena(&known.1));
            let Some((family, parts)) =
                known.and_then(|known| Some((known.1.family, known.1.parts.as_ref()?)))
            else {
                return false;
            };
            let own = (family, Parts { hardware: String::new(), ..parts.clone() });
            let is_same = same.as_ref().is_none_or(|same| *same == own);
            same = Some(own);
            is_same && is_hardware(&parts.hardware)
        })
    }
}
