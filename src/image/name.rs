//! Names of the two series that balena published, taken apart:
//! `balenalib/raspberrypi3-alpine-python:3.9-3.14-build-20210201` is hardware, distribution and stack,
//! then version, release, variant and day.

use super::balena::{BARE_STACKS, DEFAULT_DISTRO, RASPBIAN, RESIN_VARIANTS, VARIANTS};
use super::date::Date;
use super::reference::Reference;
use super::table::{DISTROS, MEANT, value};
use super::version::is_number;

/// Who published an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Family {
    /// `resin/...`, until 2018.
    Resin,
    /// `balenalib/...`, until 2025.
    Balenalib,
    /// Docker Official Images.
    Official,
    /// Everybody else.
    #[default]
    Other,
}

impl Family {
    /// The two series that balena published, the newer one first.
    pub const BALENA: [Family; 2] = [Family::Balenalib, Family::Resin];

    /// The family of a reference.
    pub fn of(reference: &Reference) -> Family {
        if reference.domain() != "docker.io" {
            return Family::Other;
        }
        match reference.path().split_once('/') {
            Some((_, rest)) if rest.contains('/') => Family::Other,
            Some(("resin", _)) => Family::Resin,
            Some(("balenalib", _)) => Family::Balenalib,
            Some(("library", _)) => Family::Official,
            _ => Family::Other,
        }
    }

    /// Whether balena published it. These images are not updated any more.
    pub fn is_of_balena(self) -> bool {
        Family::BALENA.contains(&self)
    }

    /// The name in output.
    pub fn name(self) -> &'static str {
        match self {
            Family::Resin => "resin",
            Family::Balenalib => "balenalib",
            Family::Official => "official",
            Family::Other => "other",
        }
    }
}

/// The parts of a `resin/` or `balenalib/` reference; what was left out is absent.
///
/// ```
/// use dtpl::image::{NameParts, Reference};
/// let image = Reference::parse("balenalib/raspberrypi3-64-alpine-python:3.9-3.14-build").unwrap();
/// let parts = NameParts::of(&image).unwrap();
/// assert_eq!((&*parts.hardware, parts.distro, parts.stack), ("raspberrypi3-64", Some("alpine"), Some("python")));
/// assert_eq!((parts.version.as_deref(), parts.release.as_deref()), (Some("3.9"), Some("3.14")));
/// assert_eq!(parts.variant, Some("build"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameParts {
    /// A device type, an alias of one, or an arch.
    pub hardware: String,
    /// `debian`, `alpine`, `ubuntu` or `fedora`.
    pub distro: Option<&'static str>,
    /// `python`, `node`, ...
    pub stack: Option<&'static str>,
    /// The stack's version; `latest` counts as left out.
    pub version: Option<String>,
    /// The distribution's release: `bookworm`, `3.18`.
    pub release: Option<String>,
    /// `build` or `run`; in the older series `slim`, `onbuild`, ...
    pub variant: Option<&'static str>,
    /// The day it was built.
    pub date: Option<Date>,
}

impl NameParts {
    /// The parts of a reference of one of the two series.
    pub fn of(reference: &Reference) -> Option<NameParts> {
        let family = Family::of(reference);
        let name = reference.path().split_once('/').filter(|_| family.is_of_balena())?.1;
        let (name, stack) = split_last(name, stacks(family));
        let (hardware, distro) = split_last(name, DISTROS.iter().map(|(distro, _)| *distro));
        let mut parts = NameParts { hardware: hardware.to_owned(), distro, stack, ..NameParts::default() };
        parts.read_tag(reference.tag().unwrap_or_default(), family);
        Some(parts)
    }

    /// The distribution, with the one that is meant when none is named.
    pub fn distro_or_default(&self) -> &'static str {
        self.distro.unwrap_or(DEFAULT_DISTRO)
    }

    /// What follows the hardware in the name: `alpine-python`.
    pub fn suffix(&self) -> String {
        [self.distro, self.stack].into_iter().flatten().collect::<Vec<_>>().join("-")
    }

    /// The name of the repository with other hardware.
    pub fn repository(&self, family: Family, hardware: &str) -> String {
        let suffix = self.suffix();
        let hyphen = if suffix.is_empty() { "" } else { "-" };
        format!("{}/{hardware}{hyphen}{suffix}", family.name())
    }

    /// Whether there is no language in the image.
    pub fn is_bare(&self) -> bool {
        self.stack.is_none_or(|stack| BARE_STACKS.contains(&stack))
    }

    /// Whether the image had a compiler and what else a build needs.
    pub fn has_compilers(&self) -> bool {
        self.variant == Some("build") || self.stack == Some("buildpack-deps")
    }

    /// Whether the image was Raspbian and not Debian.
    pub fn is_raspbian(&self) -> bool {
        self.hardware == RASPBIAN
    }

    /// Whether the image did part of the work of a Dockerfile by itself.
    pub fn is_onbuild(&self) -> bool {
        self.variant == Some("onbuild")
    }

    /// The variant of `balenalib/` that has what this image of `resin/` had: those without `slim` had
    /// compilers.
    pub fn balenalib_variant(&self) -> Option<&'static str> {
        match (self.stack, self.variant) {
            (None, _) => None,
            (_, Some("slim")) => Some("run"),
            _ => Some("build"),
        }
    }

    fn read_tag(&mut self, tag: &str, family: Family) {
        let mut rest: Vec<&str> = tag.split('-').filter(|piece| !piece.is_empty()).collect();
        if let Some(date) = rest.last().filter(|piece| piece.len() == 8).and_then(|piece| Date::parse(piece))
        {
            self.date = Some(date);
            rest.pop();
        }
        let variants = if family == Family::Resin { &RESIN_VARIANTS[..] } else { &VARIANTS[..] };
        if let Some(variant) = rest.last().and_then(|piece| variants.iter().find(|known| *known == piece)) {
            self.variant = Some(variant);
            rest.pop();
        }
        let releases = releases(self.distro_or_default());
        let is_release = |piece: &str| piece == "latest" || releases.contains(&piece) || piece == "edge";
        let named = |piece: &str| (piece != "latest").then(|| piece.to_owned());
        match (self.stack, &*rest) {
            (_, []) => {}
            // Without a stack only the release is left, whatever it is.
            (None, pieces) => self.release = named(&pieces.join("-")),
            // A number alone is the stack's version, a word the release: the parts come in this order.
            (Some(_), [one]) if is_release(one) && !is_number(one) => self.release = named(one),
            (Some(_), [first @ .., last]) if !first.is_empty() && is_release(last) => {
                self.release = named(last);
                self.version = named(&first.join("-"));
            }
            (Some(_), pieces) => self.version = named(&pieces.join("-")),
        }
    }
}

/// The first reference to an image of balena's in a text: where its name begins, and how long the part
/// is that tells the series.
pub fn find_reference(text: &[u8]) -> Option<std::ops::Range<usize>> {
    Family::BALENA.into_iter().find_map(|family| {
        let series = format!("{}/", family.name());
        memchr::memmem::find(text, series.as_bytes()).map(|at| at..at + series.len())
    })
}

/// The stacks of a series.
fn stacks(family: Family) -> impl Iterator<Item = &'static str> {
    let old = BARE_STACKS.into_iter().filter(move |_| family == Family::Resin);
    let named = MEANT.iter().map(|(name, _)| *name);
    named.filter(|name| value(DISTROS, name).is_none()).chain(old)
}

/// The releases of a distribution, the oldest first.
pub(super) fn releases(distro: &str) -> &'static [&'static str] {
    value(DISTROS, distro).unwrap_or_default()
}

/// Takes one of `known` off the end of a name.
fn split_last(name: &str, known: impl Iterator<Item = &'static str>) -> (&str, Option<&'static str>) {
    for word in known {
        if let Some(rest) = name.strip_suffix(word).and_then(|rest| rest.strip_suffix('-')) {
            return (rest, Some(word));
        }
    }
    (name, None)
}
