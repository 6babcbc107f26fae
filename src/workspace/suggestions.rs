//! Which device types may be meant by a name that none has: `pi4`, `raspberrypi4`, `orin-nano`.
//!
//! Other hardware is worse than no suggestion. So the digits of a name are never corrected, and a device type
//! of another arch than the name says (`raspberry-pi-64`) is left out.

use std::cmp::Reverse;

use crate::device_types::{DeviceType, Registry, Status};
use crate::nearest::numbers;

/// At most this many are suggested.
const MOST: usize = 3;

/// Characters of a word that says something wherever it stands in a name.
const LONG: usize = 6;

/// Longer names are not worth comparing: no device type has one.
const LONGEST: usize = 128;

/// What people call a device type where no part of its slug or name says so; without dashes.
const NICKNAMES: [(&str, &str); 11] = [
    ("raspberrypi0", "raspberry-pi"),
    ("raspberrypi0w", "raspberry-pi"),
    ("raspberrypi1", "raspberry-pi"),
    ("raspberrypizero", "raspberry-pi"),
    ("raspberrypizerow", "raspberry-pi"),
    ("raspberrypizero2", "raspberrypi0-2w-64"),
    ("raspberrypizero2w", "raspberrypi0-2w-64"),
    ("cm3", "raspberrypi3"),
    ("computemodule4", "raspberrypicm4-ioboard"),
    ("nano", "jetson-nano"),
    ("pc", "generic-amd64"),
];

/// How well a device type fits a name, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Only case, dashes or `pi` for `raspberrypi` differ.
    Same,
    /// The name goes on with further parts: `raspberrypi4-64` for `raspberrypi4`.
    GoesOn,
    /// Every part of the name is a part of the slug, of an alias or of the name to show.
    HasAllParts,
    /// The slug or an alias begins like the name.
    BeginsAlike,
    /// A few letters are wrong.
    Misspelt,
    /// A few letters are wrong, and the name goes on with further parts.
    BeginsMisspelt,
}

/// The device types that may be meant by `name`, the best first.
pub fn suggestions<'r>(registry: &'r Registry, name: &str) -> Vec<&'r str> {
    if name.len() > LONGEST {
        return Vec::new();
    }
    let parts = parts_of(name);
    let wanted = WantedArch::of(&parts, registry);
    let found = fitting(registry, &parts, Fit::BeginsMisspelt, &wanted);
    if !found.is_empty() {
        return found;
    }
    // Without its last part, a name may be that of the machine that something is built on. What is left has to say
    // which one.
    let is_arch = parts.last().is_some_and(|last| of_word(last, registry).is_some());
    let most = |parts: &[String]| match parts.iter().any(|part| part.contains(|c: char| c.is_ascii_digit())) {
        _ if is_arch => Fit::BeginsAlike,
        true => Fit::GoesOn,
        false => Fit::Same,
    };
    let shorter = (1..parts.len()).rev().map(|length| &parts[..length]);
    let mut found = shorter.map(|parts| fitting(registry, parts, most(parts), &wanted));
    found.find(|found| !found.is_empty()).unwrap_or_default()
}

/// The best device types for these parts of a name, of those that fit at least so well.
fn fitting<'r>(registry: &'r Registry, parts: &[String], most: Fit, wanted: &WantedArch) -> Vec<&'r str> {
    let word = Word::new(parts);
    let mut found: Vec<(Fit, &DeviceType)> = registry
        .device_types()
        .iter()
        .filter(|device| wanted.allows(&device.arch))
        .filter_map(|device| Some((word.fit(device).filter(|fit| *fit <= most)?, device)))
        .collect();
    let is_current = |device: &DeviceType| matches!(device.status, Status::Active | Status::ContractOnly);
    if found.iter().any(|(_, device)| is_current(device)) {
        found.retain(|(_, device)| is_current(device));
    }
    // The name to show may mention other hardware.
    let is_in_slug = |device: &DeviceType| {
        let slug = parts_of(&device.slug);
        parts.iter().all(|part| slug.contains(part))
    };
    found.sort_by_key(|(fit, device)| {
        (*fit, !is_in_slug(device), device.status, device.slug.len(), &device.slug)
    });
    let Some(&(best, _)) = found.first() else { return Vec::new() };
    // A nickname leaves open which of the variants is meant.
    let last = if best == Fit::Same && word.is_nickname { Fit::GoesOn } else { best };
    found.retain(|(fit, _)| *fit <= last);
    found.into_iter().take(MOST).map(|(_, device)| &*device.slug).collect()
}

/// A name to compare.
struct Word<'p> {
    parts: &'p [String],
    joined: String,
    /// Whether it was written shorter than any slug.
    is_nickname: bool,
}

impl<'p> Word<'p> {
    fn new(parts: &'p [String]) -> Self {
        let joined = parts.concat();
        for short in ["raspi", "rpi", "pi"] {
            let rest = joined.strip_prefix(short);
            let is_model =
                |rest: &&str| rest.starts_with(|c: char| c.is_ascii_digit()) || rest.starts_with("zero");
            if let Some(rest) = rest.filter(is_model) {
                return Word { parts, joined: format!("raspberrypi{rest}"), is_nickname: true };
            }
        }
        Word { parts, joined, is_nickname: false }
    }

    fn fit(&self, device: &DeviceType) -> Option<Fit> {
        if self.joined.is_empty() {
            return None;
        }
        if let Some((_, slug)) = NICKNAMES.iter().find(|(nickname, _)| *nickname == self.joined) {
            return (*slug == device.slug).then_some(Fit::Same);
        }
        let names: Vec<Vec<String>> = device.names().map(parts_of).collect();
        let shown = parts_of(&device.name);
        let of_name = names.iter().filter_map(|name| self.fit_of(name)).min();
        let has_part = |part: &String| names.iter().chain([&shown]).any(|name| name.contains(part));
        let has_all = self.parts.iter().all(has_part) && self.joined.len() >= 3
            || names.iter().chain([&shown]).any(|name| self.is_in(&name.concat()));
        of_name.into_iter().chain(has_all.then_some(Fit::HasAllParts)).min()
    }

    /// Whether a name without its dashes contains this one: `asus-tinker-board` for `tinkerboard`. A short word is
    /// in too many names.
    fn is_in(&self, joined: &str) -> bool {
        let at = joined.find(&self.joined).filter(|_| self.joined.len() >= LONG);
        at.is_some_and(|at| !splits_number(&self.joined, &joined[at + self.joined.len()..]))
    }

    /// How well one slug or alias fits.
    fn fit_of(&self, name: &[String]) -> Option<Fit> {
        let joined = name.concat();
        if joined == self.joined {
            return Some(Fit::Same);
        }
        if self.joined.len() < 3 {
            return None;
        }
        if let Some(rest) = joined.strip_prefix(&self.joined) {
            let is_whole = (1..name.len()).any(|length| name[..length].concat() == self.joined);
            if is_whole || !splits_number(&self.joined, rest) {
                return Some(if is_whole { Fit::GoesOn } else { Fit::BeginsAlike });
            }
        }
        let allowed = (self.joined.len() / 4).clamp(1, 3);
        let is_near = |other: &str| {
            other.len().abs_diff(self.joined.len()) <= allowed
                && numbers(other) == numbers(&self.joined)
                && strsim::damerau_levenshtein(other, &self.joined) <= allowed
        };
        let begins_near = || (1..name.len()).any(|length| is_near(&name[..length].concat()));
        if is_near(&joined) { Some(Fit::Misspelt) } else { begins_near().then_some(Fit::BeginsMisspelt) }
    }
}

/// Whether a number goes on where a text is cut in two.
fn splits_number(before: &str, after: &str) -> bool {
    before.ends_with(|c: char| c.is_ascii_digit()) && after.starts_with(|c: char| c.is_ascii_digit())
}

/// What a name says about the arch.
struct WantedArch {
    /// The arches with these slugs; all if the name says nothing.
    slugs: Option<Vec<String>>,
}

impl WantedArch {
    /// A part may be the name of an arch, or say that it has 64 bits.
    fn of(parts: &[String], registry: &Registry) -> Self {
        // `x86-64` is one word.
        let pairs = parts.windows(2).map(|pair| pair.join("_"));
        let mut words: Vec<String> = pairs.chain(parts.iter().cloned()).collect();
        words.sort_by_key(|word| Reverse(word.len()));
        WantedArch { slugs: words.iter().find_map(|word| of_word(word, registry)) }
    }

    fn allows(&self, arch: &str) -> bool {
        self.slugs.as_ref().is_none_or(|slugs| slugs.iter().any(|slug| slug == arch))
    }
}

/// The arches that a word means.
fn of_word(word: &str, registry: &Registry) -> Option<Vec<String>> {
    let called = registry.arches().iter().filter(|arch| match word {
        "64" | "64bit" => is_64_bit(&arch.platform),
        "32" | "32bit" => !is_64_bit(&arch.platform),
        "arm" | "arm32" => arch.platform.starts_with("linux/arm/"),
        // A Raspberry Pi of any arch.
        "rpi" => false,
        _ => arch.is_called(word),
    });
    let slugs: Vec<String> = called.map(|arch| arch.slug.to_string()).collect();
    (!slugs.is_empty()).then_some(slugs)
}

fn is_64_bit(platform: &str) -> bool {
    platform.split('/').any(|part| part.contains("64"))
}

/// The parts of a name in lower case: `raspberrypi4` and `64`.
fn parts_of(name: &str) -> Vec<String> {
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(name: &str) -> Option<String> {
        suggestions(&Registry::embedded(), name).first().map(|slug| (*slug).to_owned())
    }

    #[test]
    fn a_slug_that_goes_on_or_differs_by_dashes_is_first() {
        for (name, expected) in [
            ("raspberrypi400", "raspberrypi400-64"),
            ("raspberrypi4", "raspberrypi4-64"),
            ("raspberry-pi5", "raspberrypi5"),
            ("RaspberryPi3", "raspberrypi3"),
            ("Raspberry Pi 4", "raspberrypi4-64"),
            ("raspberrypizero2", "raspberrypi0-2w-64"),
            ("raspberrypizero2w", "raspberrypi0-2w-64"),
            ("generic-x86-64", "genericx86-64-ext"),
            ("intel_nuc", "intel-nuc"),
            ("jetson-nanno", "jetson-nano"),
            ("raspberrypi4-megahub", "raspberrypi4-64"),
            ("intel-nuc-2", "intel-nuc"),
            ("raspberrypi33", "raspberrypi3"),
            ("rasberrypi4", "raspberrypi4-64"),
            ("raspbery-pi", "raspberry-pi"),
        ] {
            assert_eq!(first(name).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn nicknames_are_known() {
        for (name, expected) in [
            ("pi4", "raspberrypi4-64"),
            ("rpi4", "raspberrypi4-64"),
            ("rpi-4", "raspberrypi4-64"),
            ("pi5", "raspberrypi5"),
            ("pi3", "raspberrypi3"),
            ("pi2", "raspberry-pi2"),
            ("pi400", "raspberrypi400-64"),
            ("pi-zero", "raspberry-pi"),
            ("pizero2w", "raspberrypi0-2w-64"),
            ("cm4", "raspberrypicm4-ioboard"),
            ("cm5", "raspberrypi5"),
            ("fin", "fincm3"),
            ("balenafin", "fincm3"),
            ("tinkerboard", "asus-tinker-board"),
            ("orin-nano", "jetson-orin-nano-devkit-nvme"),
            ("xavier-nx", "jetson-xavier-nx-devkit"),
            ("tx2", "jetson-tx2"),
            ("nano", "jetson-nano"),
        ] {
            assert_eq!(
                first(name).as_deref(),
                Some(expected),
                "{name}: {:?}",
                suggestions(&Registry::embedded(), name)
            );
        }
        assert_eq!(suggestions(&Registry::embedded(), "pi3"), ["raspberrypi3", "raspberrypi3-64"]);
    }

    #[test]
    fn other_hardware_is_not_suggested() {
        for name in ["raspberrypi6", "jetson-tx9", "zzz", "", "-", "\u{e9}"] {
            assert_eq!(first(name), None, "{name}");
        }
        let registry = Registry::embedded();
        for (name, arches) in [
            ("raspberry-pi-64", &["aarch64"][..]),
            ("raspberrypi-arm64", &["aarch64"]),
            ("generic-arm64", &["aarch64"]),
            ("generic-arm", &["armv7hf", "rpi", "armv5e"]),
            ("generic-x86_64", &["amd64"]),
        ] {
            let found = suggestions(&registry, name);
            assert!(!found.is_empty(), "{name}");
            for slug in found {
                let arch = &*registry.device_type(slug).unwrap().arch;
                assert!(arches.contains(&arch), "{name}: {slug} is {arch}");
            }
        }
    }
}
