//! The maintained image to go on with: of the same stack, as near as possible in version and
//! distribution, and there for every platform in question.

use super::balena::DEFAULT_DISTRO;
use super::catalogue::{Catalogue, Knowledge, Maintenance};
use super::list::images_of;
use super::name::{Family, releases};
use super::official::{self, TagEntry};
use super::omitted::OmittedPart;
use super::platform::Platform;
use super::reference::Reference;
use super::table::Image;
use super::version::{compare, is_number, means, nearest};

/// What an image should be.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'w> {
    /// The language, or nothing for a bare distribution.
    pub stack: Option<&'w str>,
    /// Its version, `3.9` or `3.9.16`; nothing for the newest.
    pub version: Option<&'w str>,
    /// `debian`, `alpine`, `ubuntu` or `fedora`; nothing for Debian.
    pub distro: Option<&'w str>,
    /// Its release; nothing for what the image has by default.
    pub release: Option<&'w str>,
    /// The small form, if there is one.
    pub slim: bool,
}

/// A maintained image.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Successor {
    /// Its reference.
    pub reference: Reference,
    /// The distribution that it is on, if balena had images on it too.
    pub distro: Option<&'static str>,
    /// Whether it is of the version that was wanted.
    pub same_version: bool,
    /// Whether it is of the release that was wanted.
    pub same_release: bool,
}

impl<'w> Wanted<'w> {
    /// What to look for in place of an image that is known. What its name left out is taken as it was
    /// meant at the end; the release is left to the new image, but for a bare distribution.
    pub fn in_place_of(known: &'w Knowledge) -> Option<Wanted<'w>> {
        let Some(parts) = &known.parts else {
            let listed = known.listed.as_ref()?;
            let (version, variant) = listed.split_once('-').unwrap_or((listed, ""));
            let distros = ["alpine", "ubuntu", "fedora"];
            let distro = distros.into_iter().find(|name| variant.starts_with(name));
            let slim = variant.split('-').any(|piece| piece == "slim");
            let stack = known.stack?;
            return Some(Wanted { stack: Some(stack), version: Some(version), distro, release: None, slim });
        };
        let meant = known.meant(OmittedPart::Release).filter(|_| parts.stack.is_none());
        Some(Wanted {
            stack: parts.stack.filter(|stack| !official::is_bare(stack)),
            version: parts.version.as_deref().or_else(|| known.meant(OmittedPart::Version)),
            distro: parts.distro,
            release: parts.release.as_deref().or(meant),
            slim: match known.family {
                Family::Balenalib => parts.variant != Some("build"),
                _ => parts.variant == Some("slim"),
            },
        })
    }

    /// What follows a hyphen in the version: `sdk`, `runtime` or `aspnet` of .NET, `jdk` or `jre` of Java.
    /// In the older names it is a part of the version.
    fn kind(&self) -> Option<&'w str> {
        self.version?.split_once('-').map(|(_, kind)| kind)
    }
}

impl Catalogue<'_> {
    /// What to use in place of an image that is known, for these platforms: the nearest maintained one,
    /// or that on Alpine. Nothing for an image that is maintained and there for all of them.
    pub fn in_place_of(&self, known: &Knowledge, platforms: &[Platform]) -> Option<Successor> {
        let is_there = platforms.iter().all(|platform| known.platforms.contains(platform));
        if is_there && matches!(known.status, Maintenance::Maintained | Maintenance::Unknown) {
            return None;
        }
        let wanted = Wanted::in_place_of(known)?;
        self.successor(&wanted, platforms).or_else(|| {
            self.successor(&Wanted { distro: Some("alpine"), release: None, ..wanted }, platforms)
        })
    }

    /// The maintained image that comes nearest to what is wanted and is there for exactly these
    /// platforms. Where there is none for all of them, ask for some.
    ///
    /// A release that no maintained image has any more gives way first, then the version: to the next
    /// one that is maintained.
    ///
    /// ```
    /// use dtpl::{Registry, image::{Catalogue, Platform, Wanted}};
    /// let registry = Registry::embedded();
    /// let catalogue = Catalogue::new(&registry);
    /// let wanted = Wanted { stack: Some("python"), version: Some("3.9.16"), slim: true, ..Wanted::default() };
    /// let v7 = [Platform::parse("linux/arm/v7").unwrap()];
    /// assert_eq!(catalogue.successor(&wanted, &v7).unwrap().reference.text(), "python:3.10-slim");
    /// // No Python on Debian runs on ARMv6 as it should; on Alpine it does.
    /// let v6 = [Platform::parse("linux/arm/v6").unwrap()];
    /// assert_eq!(catalogue.successor(&wanted, &v6), None);
    /// let alpine = Wanted { distro: Some("alpine"), ..wanted };
    /// assert_eq!(catalogue.successor(&alpine, &v6).unwrap().reference.text(), "python:3.10-alpine");
    /// ```
    pub fn successor(&self, wanted: &Wanted, platforms: &[Platform]) -> Option<Successor> {
        let distro = wanted.distro.unwrap_or(DEFAULT_DISTRO);
        let images = images_of(wanted.stack.unwrap_or(distro));
        // .NET has an image for each kind.
        let kind = wanted.kind().filter(|_| wanted.stack == Some("dotnet"));
        let is_of_kind =
            |image: &Image| kind.is_none_or(|kind| image.name.rsplit('/').next() == kind.split('-').next());
        images.into_iter().filter_map(official::image).filter(|image| is_of_kind(image)).find_map(|image| {
            let is_maintained = |entry: &TagEntry| {
                let there = entry.platforms();
                entry.until().is_none() && platforms.iter().all(|platform| there.contains(platform))
            };
            let entries: Vec<TagEntry> = official::entries(image).filter(is_maintained).collect();
            let variants = match wanted.stack {
                Some(_) => variants(wanted, distro),
                None if wanted.slim => vec!["slim".to_owned(), String::new()],
                None => vec![String::new()],
            };
            let version = if wanted.stack.is_some() { wanted.version } else { wanted.release };
            variants.iter().find_map(|variant| {
                let of_variant: Vec<TagEntry> =
                    entries.iter().copied().filter(|entry| entry.group.variant() == variant).collect();
                let order = if wanted.stack.is_none() { releases(distro) } else { &[] };
                let (entry, same_version) = pick(&of_variant, version, order)?;
                let reference = Reference::parse(&format!("{}:{}", image.name, entry.name())).ok()?;
                let same_release = wanted.release.is_none_or(|release| match wanted.stack {
                    Some(_) => variant.ends_with(release),
                    None => same_version,
                });
                let distro = official::distro_of(&reference);
                Some(Successor { reference, distro, same_version, same_release })
            })
        })
    }
}

/// The variants to look for, the best first.
fn variants(wanted: &Wanted, distro: &str) -> Vec<String> {
    let slim = if wanted.slim { "slim" } else { "" };
    let joined = |first: &str, second: &str| {
        let hyphen = if first.is_empty() || second.is_empty() { "" } else { "-" };
        format!("{first}{hyphen}{second}")
    };
    // Languages name the pieces of their variants in different orders: `slim-bookworm`, `bookworm-slim`.
    let forms = match (distro, wanted.release) {
        ("alpine", Some(release)) => {
            vec![format!("alpine{release}"), format!("alpine-{release}"), "alpine".to_owned()]
        }
        ("alpine", None) => vec!["alpine".to_owned()],
        (_, Some(release)) => {
            let both = [joined(slim, release), joined(release, slim)];
            [&both[..], &[release.to_owned(), slim.to_owned(), String::new()]].concat()
        }
        (_, None) => vec![slim.to_owned(), String::new()],
    };
    let mut variants = Vec::new();
    for form in forms {
        for variant in [joined(wanted.kind().unwrap_or_default(), &form), form] {
            if !variants.contains(&variant) {
                variants.push(variant);
            }
        }
    }
    // Its tags always name a release, and everything on Debian is slim.
    if wanted.stack == Some("dotnet") && distro == "debian" {
        let releases = wanted.release.into_iter().chain(releases(distro).iter().copied());
        variants.extend(releases.map(|release| format!("{release}-slim")));
    }
    variants
}

/// Returns the entry with the version that is nearest to `wanted`, and whether the version is the same.
/// `order` lists the releases of a distribution that have names (`bookworm`), the oldest first.
fn pick(entries: &[TagEntry], wanted: Option<&str>, order: &[&str]) -> Option<(TagEntry, bool)> {
    let newest = || official::newest(entries.iter().copied());
    let Some(wanted) = wanted else { return newest().map(|entry| (entry, true)) };
    let number = wanted.split('-').next().unwrap_or(wanted);
    let fits = |entry: &TagEntry| means(entry.tag.version(), number) || means(number, entry.tag.version());
    let fitting = entries.iter().copied().filter(fits);
    if let Some(entry) = fitting.max_by(|a, b| compare(a.tag.version(), b.tag.version())) {
        return Some((entry, true));
    }
    let of_version = |version: &str| entries.iter().copied().find(|entry| entry.tag.version() == version);
    // The next release that is maintained.
    let at = order.iter().position(|known| *known == number).filter(|_| !is_number(number));
    let found = match at {
        Some(at) => {
            let mut later = order[at..].iter().filter(|name| **name != "sid");
            later.find_map(|name| of_version(name)).or_else(newest)
        }
        None => {
            let numbers =
                entries.iter().map(|entry| entry.tag.version()).filter(|version| is_number(version));
            of_version(nearest(number, numbers)?)
        }
    };
    found.map(|entry| (entry, false))
}
