//! The maintained image to go on with: of the same stack, as near as possible in version and
//! distribution, and there for every platform that is asked for.

use super::balena::DEFAULT_DISTRO;
use super::catalogue::{Catalogue, Knowledge, Status};
use super::list::images_of;
use super::name::Family;
use super::official::{self, Entry};
use super::omitted::Part;
use super::platform::Platform;
use super::reference::Reference;
use super::table::{DISTROS, Image};
use super::version::{compare, means, nearest};

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
        let release = parts.release.as_deref();
        Some(Wanted {
            stack: parts.stack.filter(|stack| !official::is_bare(stack)),
            version: parts.version.as_deref().or_else(|| known.meant(Part::Version)),
            distro: parts.distro,
            release: if parts.stack.is_none() {
                release.or_else(|| known.meant(Part::Release))
            } else {
                release
            },
            slim: match known.family {
                Family::Balenalib => parts.variant != Some("build"),
                _ => parts.variant == Some("slim"),
            },
        })
    }
}

impl Catalogue<'_> {
    /// What to use in place of an image that is known, for these platforms: the nearest maintained one,
    /// or that on Alpine. Nothing for an image that is maintained and there for all of them.
    pub fn in_place_of(&self, known: &Knowledge, platforms: &[Platform]) -> Option<Successor> {
        let serves = platforms.iter().all(|platform| known.platforms.contains(platform));
        if serves && matches!(known.status, Status::Maintained | Status::Unknown) {
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
    /// use dtpl::{embedded, image::{Catalogue, Platform, Wanted}};
    /// let registry = embedded::registry();
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
        let images = match wanted.stack {
            Some(stack) => images_of(stack),
            None => images_of(distro),
        };
        // .NET has an image for each kind: `sdk`, `runtime`, `aspnet`. In the older names it is a part of
        // the version.
        let kind = wanted.version.and_then(|version| version.split_once('-')).map(|(_, kind)| kind);
        let is_of_kind = |image: &Image| {
            wanted.stack != Some("dotnet")
                || kind.is_none_or(|kind| image.name.rsplit('/').next() == kind.split('-').next())
        };
        images.into_iter().filter_map(official::image).filter(|image| is_of_kind(image)).find_map(|image| {
            let serves = |entry: &Entry| {
                let there = entry.platforms();
                entry.until().is_none() && platforms.iter().all(|platform| there.contains(platform))
            };
            let entries: Vec<Entry> = official::entries(image).filter(serves).collect();
            let variants = match wanted.stack {
                Some(_) => variants(wanted, distro),
                None if wanted.slim => vec!["slim".to_owned(), String::new()],
                None => vec![String::new()],
            };
            let version = if wanted.stack.is_some() { wanted.version } else { wanted.release };
            variants.iter().find_map(|variant| {
                let of_variant: Vec<Entry> =
                    entries.iter().copied().filter(|entry| entry.group.variant() == variant).collect();
                let (entry, same_version) =
                    pick(&of_variant, version, (wanted.stack.is_none()).then_some(distro))?;
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
    let mut variants = Vec::new();
    // Languages name the pieces of their variants in different orders: `slim-bookworm`, `bookworm-slim`,
    // and Java's say `jdk` or `jre` before it, in the version of the older names.
    let kind = wanted.version.and_then(|version| version.split_once('-')).map(|(_, kind)| kind);
    let mut add = |pieces: &[&str]| {
        let joined = |kind: Option<&str>| {
            let all: Vec<&str> =
                kind.into_iter().chain(pieces.iter().copied().filter(|p| !p.is_empty())).collect();
            all.join("-")
        };
        for variant in [joined(kind), joined(None)] {
            if !variants.contains(&variant) {
                variants.push(variant);
            }
        }
    };
    let slim = if wanted.slim { "slim" } else { "" };
    match (distro, wanted.release) {
        ("alpine", Some(release)) => {
            add(&[&format!("alpine{release}")]);
            add(&[&format!("alpine-{release}")]);
            add(&["alpine"]);
        }
        ("alpine", None) => add(&["alpine"]),
        (_, Some(release)) => {
            add(&[slim, release]);
            add(&[release, slim]);
            add(&[release]);
            add(&[slim]);
            add(&[]);
        }
        (_, None) => {
            add(&[slim]);
            add(&[]);
        }
    }
    // Its tags always name a release, and everything on Debian is slim.
    if wanted.stack == Some("dotnet") && distro == "debian" {
        let releases = wanted.release.into_iter().chain(super::name::releases(distro).iter().copied());
        variants.extend(releases.map(|release| format!("{release}-slim")));
    }
    variants
}

/// The entry whose version is nearest, and whether it is the one that was wanted.
fn pick(entries: &[Entry], wanted: Option<&str>, distro: Option<&str>) -> Option<(Entry, bool)> {
    let Some(wanted) = wanted else {
        return official::newest(entries.iter().copied()).map(|entry| (entry, true));
    };
    let number = wanted.split('-').next().unwrap_or(wanted);
    let fits = |entry: &Entry| means(entry.tag.version(), number) || means(number, entry.tag.version());
    let fitting = entries.iter().copied().filter(fits);
    if let Some(entry) = fitting.max_by(|a, b| compare(a.tag.version(), b.tag.version())) {
        return Some((entry, true));
    }
    // Releases with names have their order in a list: the next one that is maintained.
    let order = DISTROS.iter().find(|(name, _)| Some(*name) == distro).map_or(&[][..], |(_, list)| *list);
    let at = |name: &str| order.iter().position(|known| *known == name);
    if let Some(from) = at(number).filter(|_| !number.starts_with(|c: char| c.is_ascii_digit())) {
        let later = order[from..].iter().filter(|name| **name != "sid");
        let mut found =
            later.filter_map(|name| entries.iter().copied().find(|entry| entry.tag.version() == *name));
        return found
            .next()
            .or_else(|| official::newest(entries.iter().copied()))
            .map(|entry| (entry, false));
    }
    let numbers = entries
        .iter()
        .map(|entry| entry.tag.version())
        .filter(|version| version.starts_with(|c: char| c.is_ascii_digit()));
    let near = nearest(number, numbers)?;
    entries.iter().copied().find(|entry| entry.tag.version() == near).map(|entry| (entry, false))
}
