//! The maintained image to go on with: of the same stack, as near as possible in version and
//! distribution, and there for every platform in question.

use super::balena::DEFAULT_DISTRO;
use super::catalogue::Catalogue;
use super::ends::{self, End, Ending, Release};
use super::knowledge::{Knowledge, Maintenance, Replacement};
use super::list::images_of;
use super::name::{Family, NameParts, releases};
use super::official::{self, Entry, first_piece};
use super::official_table::Image;
use super::omitted::OmittedPart;
use super::platform::Platform;
use super::reference::Reference;
use super::table::DISTROS;
use super::version::{compare, is_number, means};

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
    /// The official image that it follows: no other image of the stack is for the same.
    pub image: Option<&'static str>,
    /// What followed the version in the tag of that image: `fpm-alpine`.
    pub variant: Option<&'w str>,
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
    /// What ends first of what is in it, if that is known.
    pub ends: Option<Ending>,
    /// Whether its program has no fixed end: then [`ends`](Self::ends) is that of the distribution.
    pub is_open: bool,
}

impl<'w> Wanted<'w> {
    /// What to look for in place of an image that is known. What its name left out is taken as it was
    /// meant at the end; the release is left to the new image, but for a bare distribution.
    pub fn in_place_of(known: &'w Knowledge) -> Option<Wanted<'w>> {
        let Some(parts) = &known.parts else {
            let listed = known.listed.as_ref()?;
            let (version, variant) = listed.split_once('-').unwrap_or((listed, ""));
            let distros = ["alpine", "ubuntu", "fedora"];
            let slim = variant.split('-').any(|piece| piece == "slim");
            // What an official image is for stays: its image, and the words of its tag.
            let of_image = Wanted { image: known.image, variant: Some(variant), slim, ..Wanted::default() };
            let Some(stack) = known.stack else {
                let distro = Some(known.image?);
                return Some(Wanted { distro, release: Some(version), ..of_image });
            };
            let distro = distros.into_iter().find(|name| variant.starts_with(name));
            return Some(Wanted { stack: Some(stack), version: Some(version), distro, ..of_image });
        };
        let is_bare = parts.stack.is_none_or(official::is_bare);
        let meant = known.meant(OmittedPart::Release).filter(|_| is_bare);
        let release = parts.release.as_deref().or(meant);
        // A release of another distribution says which one was meant.
        let of_other = release.filter(|release| !releases(parts.distro_or_default()).contains(release));
        let other = of_other.and_then(|release| {
            DISTROS.iter().find(|(_, releases)| releases.contains(&release)).map(|(distro, _)| *distro)
        });
        Some(Wanted {
            image: None,
            variant: None,
            stack: parts.stack.filter(|stack| !official::is_bare(stack)),
            version: parts.version.as_deref().or_else(|| known.meant(OmittedPart::Version)),
            distro: other.or(parts.distro),
            release,
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
        if let Some(own) = self.replacement(known, platforms) {
            return Some(own);
        }
        let wanted = Wanted::in_place_of(known)?;
        self.successor(&wanted, platforms).or_else(|| {
            self.successor(&Wanted { distro: Some("alpine"), release: None, ..wanted }, platforms)
        })
    }

    /// What an images file proposes in place of an image, for these platforms.
    pub fn replacement(&self, known: &Knowledge, platforms: &[Platform]) -> Option<Successor> {
        let fits = |own: &&Replacement| {
            let is_alive = own.end.is_none_or(|end| !end.is_over(self.day()));
            is_alive && platforms.iter().all(|platform| own.is_for(platform))
        };
        let own = known.replacements.iter().find(fits)?;
        let wanted = known.parts.as_ref().and_then(|parts| parts.version.as_deref());
        let same_version =
            own.version.as_deref().zip(wanted).is_none_or(|(new, old)| means(old, new) || means(new, old));
        let distro = own.distro.as_deref().or(known.parts.as_ref().map(NameParts::distro_or_default));
        Some(Successor {
            reference: own.reference.clone(),
            distro: distro.and_then(official::known_distro),
            same_version,
            same_release: true,
            ends: own.end.map(|end| Ending { of: own.reference.text().to_owned(), end }),
            is_open: false,
        })
    }

    /// The maintained image that comes nearest to what is wanted and is there for exactly these
    /// platforms. Where there is none for all of them, ask for some.
    ///
    /// Of its versions it is the first, from the wanted one upwards, that is looked after until the horizon of the
    /// catalogue ([`Catalogue::horizon`]) at least; the newest, where none is. An older one never. A release that no
    /// such image has gives way first, then the version.
    ///
    /// ```
    /// use dtpl::{Registry, image::{Catalogue, Date, Platform, Wanted}};
    /// let registry = Registry::embedded();
    /// let catalogue = Catalogue::new(&registry).as_of(Date::parse("2026-11-28").unwrap());
    /// let wanted = Wanted { stack: Some("python"), version: Some("3.9.16"), slim: true, ..Wanted::default() };
    /// let v7 = [Platform::parse("linux/arm/v7").unwrap()];
    /// // 3.10 is over, and 3.11 has less than a year.
    /// assert_eq!(catalogue.successor(&wanted, &v7).unwrap().reference.text(), "python:3.12-slim");
    /// // No Python on Debian runs on ARMv6 as it should; on Alpine it does.
    /// let v6 = [Platform::parse("linux/arm/v6").unwrap()];
    /// assert_eq!(catalogue.successor(&wanted, &v6), None);
    /// let alpine = Wanted { distro: Some("alpine"), ..wanted };
    /// assert_eq!(catalogue.successor(&alpine, &v6).unwrap().reference.text(), "python:3.12-alpine");
    /// ```
    pub fn successor(&self, wanted: &Wanted, platforms: &[Platform]) -> Option<Successor> {
        let distro = wanted.distro.unwrap_or(DEFAULT_DISTRO);
        // An image that is built no more is followed by another of its stack.
        let own = wanted.image.filter(|name| official::image(name).is_some_and(official::is_built));
        let images = own.map_or_else(|| images_of(wanted.stack.unwrap_or(distro)), |own| vec![own]);
        // .NET has an image for each kind.
        let kind = wanted.kind().filter(|_| wanted.stack == Some("dotnet"));
        let is_of_kind =
            |image: &Image| kind.is_none_or(|kind| image.name.rsplit('/').next() == kind.split('-').next());
        images.into_iter().filter_map(official::image).filter(|image| is_of_kind(image)).find_map(|image| {
            let is_there = |entry: &Entry| {
                let there = entry.platforms();
                platforms.iter().all(|platform| there.contains(platform))
            };
            let entries: Vec<Entry> = official::entries(image).filter(is_there).collect();
            let variants = match wanted.stack {
                _ if wanted.variant.is_some() => official_variants(wanted),
                Some(_) => variants(wanted, distro),
                None if wanted.slim => vec!["slim".to_owned(), String::new()],
                None => vec![String::new()],
            };
            let version = if wanted.stack.is_some() { wanted.version } else { wanted.release };
            let candidates = |variant: &str| {
                let mut found = candidates(&entries, version, variant);
                found.retain(|one| self.allows(&format!("{}:{}", image.name, one.tag), platforms));
                found
            };
            let found = |choose: fn(&Self, Vec<Candidate>) -> Option<Candidate>| {
                variants.iter().find_map(|variant| Some((choose(self, candidates(variant))?, variant)))
            };
            let (candidate, variant) = found(Self::first_with_time).or_else(|| found(Self::newest))?;
            let reference = Reference::parse(&format!("{}:{}", image.name, candidate.tag)).ok()?;
            let same_version = candidate.same_version;
            let same_release = wanted.release.is_none_or(|release| match wanted.stack {
                Some(_) => variant.ends_with(release),
                None => same_version,
            });
            let distro = official::distro_of(&reference);
            let ends = candidate.ends.map(Ending::from);
            let is_open = candidate.is_open;
            Some(Successor { reference, distro, same_version, same_release, ends, is_open })
        })
    }

    /// Whether nothing that users say of an image speaks against it.
    pub(super) fn allows(&self, reference: &str, platforms: &[Platform]) -> bool {
        if self.files.is_empty() {
            return true;
        }
        let Ok(reference) = Reference::parse(reference) else { return false };
        let known = self.about(&reference);
        matches!(known.status, Maintenance::Maintained | Maintenance::Unknown)
            && platforms.iter().all(|platform| known.platforms.contains(platform))
    }

    /// The first that is looked after until the horizon.
    fn first_with_time(&self, candidates: Vec<Candidate>) -> Option<Candidate> {
        let horizon = self.horizon_day();
        candidates
            .into_iter()
            .find(|candidate| candidate.ends.is_none_or(|release| !release.end.is_over(horizon)))
    }

    /// The newest, if it is not over.
    fn newest(&self, candidates: Vec<Candidate>) -> Option<Candidate> {
        let is_alive = |candidate: &Candidate| self.is_alive(candidate.ends);
        candidates.into_iter().rfind(is_alive)
    }
}

/// The variants of an official image to look for in place of one, the best first: the same; that without a release of
/// a distribution; that without `slim`. What the image is for is never left out, nor is Alpine.
fn official_variants(wanted: &Wanted) -> Vec<String> {
    let variant = wanted.variant.unwrap_or_default();
    let pieces: Vec<&str> = variant.split('-').filter(|piece| !piece.is_empty()).collect();
    let is_alpine = |piece: &str| piece.starts_with("alpine");
    let is_release = |piece: &str| is_number(piece) || ends::base(piece).is_some_and(|_| !is_alpine(piece));
    let join = |pieces: &[&str]| pieces.join("-");
    let purpose: Vec<&str> = pieces
        .iter()
        .copied()
        .filter(|piece| *piece != "slim" && !is_alpine(piece) && !is_release(piece))
        .collect();
    let on_alpine =
        [[&purpose[..], &["alpine"]].concat(), [&["alpine"], &purpose[..]].concat()].map(|all| join(&all));
    let has_alpine = pieces.iter().any(|piece| is_alpine(piece));
    if wanted.distro == Some("alpine") && !has_alpine {
        return on_alpine.to_vec();
    }
    let rolling: Vec<&str> = pieces
        .iter()
        .filter(|piece| !is_release(piece))
        .map(|piece| if is_alpine(piece) { "alpine" } else { *piece })
        .collect();
    let mut variants = vec![variant.to_owned(), join(&rolling)];
    variants.extend(if has_alpine { on_alpine.to_vec() } else { vec![join(&purpose)] });
    variants
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

/// A build that may follow, with the tag to write.
struct Candidate {
    tag: &'static str,
    /// Whether it is of the version that was wanted.
    same_version: bool,
    /// What ends first of what is in it.
    ends: Option<Release>,
    /// Whether the program itself has no fixed end.
    is_open: bool,
    order: &'static str,
}

/// The builds of a variant that are no older than the wanted version; without one, the newest alone. In the order of
/// their versions.
fn candidates(entries: &[Entry], wanted: Option<&str>, variant: &str) -> Vec<Candidate> {
    let number = wanted.map(|wanted| wanted.split('-').next().unwrap_or(wanted));
    // Debian's releases are called by their names, unless somebody writes the number.
    let is_debian = || entries.first().is_some_and(|entry| entry.image.name == DEFAULT_DISTRO);
    let is_name = number.map_or_else(is_debian, |number| !is_number(number.trim_start_matches('v')));
    let mut all: Vec<Candidate> = Vec::new();
    // What never settles follows itself.
    let is_wanted =
        |entry: &&Entry| !entry.is_preview() || entry.tags().any(|tag| Some(first_piece(tag)) == number);
    for entry in entries.iter().filter(is_wanted) {
        let named = number.filter(|number| entry.tag(number, variant).is_some());
        let by_wanted = || entry.tags().map(first_piece).find(|word| named == Some(word));
        let family = entry.family_like(number, is_name).or_else(by_wanted);
        let Some(family) = family else { continue };
        let Some(tag) = entry.tag(family, variant) else { continue };
        let is_same = |number: &str| {
            let (family, number) = (family.trim_start_matches('v'), number.trim_start_matches('v'));
            means(family, number) || means(number, family)
        };
        let same_version = named.is_some() || number.is_none_or(is_same);
        let (order, ends) = (entry.order().unwrap_or(family), entry.life.release());
        let is_open = entry.life.own.is_some_and(|own| own.end == End::Open);
        all.push(Candidate { tag, same_version, ends, is_open, order });
    }
    all.sort_by(|a, b| compare(a.order, b.order));
    let Some(number) = number else { return all.pop().into_iter().collect() };
    // A name of a release stands where its number does.
    let release = entries.iter().find_map(|entry| ends::named(entry.image.products, number));
    let at = match release {
        _ if !is_name => Some(number),
        Some(release) => Some(release.cycle),
        None => ends::base(number).map(|(_, release)| release.cycle),
    };
    match at {
        Some(at) => all.retain(|one| one.same_version || compare(one.order, at).is_ge()),
        // What never settles stays what it is; of any other word nothing is known.
        None if all.iter().any(|one| first_piece(one.tag) == number) => {
            all.retain(|one| first_piece(one.tag) == number)
        }
        None => return all.pop().into_iter().collect(),
    }
    all
}
