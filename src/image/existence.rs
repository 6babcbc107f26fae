//! Whether there ever was an image of that name, in one of the two series that balena published.

use super::date::Date;
use super::name::{Family, NameParts, releases};
use super::table::*;
use super::version::{compare, is_number, means, nearest};
use crate::arch::Arch;
use crate::device_types::{DeviceType, ImageFamily, Registry};
use crate::nearest::nearest as nearest_names;

/// What the catalogue says about a name.
pub(super) enum Existence {
    /// There was one, built first and last on these days.
    Yes { since: Date, until: Date },
    /// There was none: why, as a sentence, and the nearest name of one that was there.
    No { why: String, instead: Option<String> },
    /// The lists do not say, and why.
    Unknown(String),
}

fn no(why: impl Into<String>, instead: Option<String>) -> Existence {
    Existence::No { why: why.into(), instead }
}

/// What the hardware part of a name means.
#[derive(Clone, Copy)]
pub(super) enum Hardware<'r> {
    Arch(&'r Arch),
    /// A device type, by its slug.
    Device(&'r DeviceType),
    /// A device type, by another name.
    Alias(&'r DeviceType),
}

impl<'r> Hardware<'r> {
    pub fn called(name: &str, registry: &'r Registry) -> Option<Hardware<'r>> {
        if let Some(arch) = registry.arch(name) {
            return Some(Hardware::Arch(arch));
        }
        match registry.device_type(name) {
            Some(device) if device.slug == name => Some(Hardware::Device(device)),
            Some(device) => Some(Hardware::Alias(device)),
            // Two repositories of the first series are named after Debian's words.
            None => registry.arch_called(name).ok().map(Hardware::Arch),
        }
    }

    pub fn arch(self, registry: &'r Registry) -> &'r Arch {
        match self {
            Hardware::Arch(arch) => arch,
            Hardware::Device(device) | Hardware::Alias(device) => registry.arch_of(device),
        }
    }
}

/// Whether the image existed under this name.
pub(super) fn of(parts: &NameParts, family: Family, registry: &Registry) -> Existence {
    match family {
        Family::Resin => resin(parts, registry),
        _ => balenalib(parts, registry),
    }
}

fn balenalib(parts: &NameParts, registry: &Registry) -> Existence {
    let name = parts.hardware.as_str();
    if is_extra(&parts.repository(Family::Balenalib, name)) {
        return Existence::Unknown(format!("`{name}` is outside the naming scheme; only its name is known"));
    }
    let hardware = match Hardware::called(name, registry) {
        Some(Hardware::Arch(arch)) if arch.slug != name => None,
        hardware => hardware,
    };
    let Some(hardware) = hardware else { return no_hardware(parts, Family::Balenalib, registry) };
    let arch = hardware.arch(registry);
    let rows = match rows(parts, arch) {
        Ok(rows) => rows,
        Err(no) => return of_another_distro(parts, arch).unwrap_or(no),
    };
    let last = rows.iter().map(|row| row.last).max().filter(|_| !in_last_generation(parts, &arch.slug));
    let built_last = last.unwrap_or(BALENALIB_END);
    if let Some(date) = parts.date.filter(|date| *date > BALENALIB_END) {
        return no(format!("nothing was built after {BALENALIB_END}, this asks for {date}"), None);
    }
    let first = rows.iter().map(|row| row.first).min().unwrap_or(BALENALIB_END);
    let published = match hardware {
        Hardware::Arch(_) => return Existence::Yes { since: first, until: built_last },
        Hardware::Alias(device) => published_as_alias(parts, device),
        Hardware::Device(device) => published_for(parts, device),
    };
    let Published { since, is_listed, until } = match published {
        Ok(published) => published,
        Err(unpublished) => return unpublished,
    };
    // What ended before the device type was added was never built for it.
    if let Some(since) = since.filter(|since| *since > built_last) {
        let why = format!("this was built until {built_last}, and `{name}` was added on {since}");
        return no(why, newest_of(parts, arch, name));
    }
    match hardware {
        Hardware::Alias(device) if first > until => {
            let why = format!(
                "images were published under the alias `{name}` before {until}, and this came on {first}"
            );
            no(why, Some(parts.repository(Family::Balenalib, &device.slug)))
        }
        Hardware::Alias(_) => Existence::Yes { since: first, until: built_last.min(until) },
        _ if first > until && is_listed => {
            let why =
                format!("it was buildable from {first}; the last list that names `{name}` is of {until}");
            Existence::Unknown(why)
        }
        _ => Existence::Yes { since: first, until: built_last },
    }
}

/// When images were published under a name.
struct Published {
    /// The day on which the device type was added, if it is known.
    since: Option<Date>,
    is_listed: bool,
    /// The last day of which it is known what was published.
    until: Date,
}

fn published_as_alias(parts: &NameParts, device: &DeviceType) -> Result<Published, Existence> {
    let name = parts.hardware.as_str();
    if BALENALIB_ALIASES.contains(&name) {
        return Ok(Published { since: None, is_listed: true, until: BALENALIB_ALIASES_UNTIL });
    }
    let why = format!("`{name}` is a name of `{}` that no images were published under", device.slug);
    Err(no(why, Some(parts.repository(Family::Balenalib, &device.slug))))
}

fn published_for(parts: &NameParts, device: &DeviceType) -> Result<Published, Existence> {
    let (name, arch) = (parts.hardware.as_str(), &*device.arch);
    let is_listed = device.base_images.contains(&ImageFamily::Balenalib);
    let last_generation = value(FINAL_DEVICE_TYPES, name);
    let earlier = || value(LISTED_DEVICE_TYPES, name).or_else(|| value(LATE_DEVICE_TYPES, name));
    let since = last_generation.or_else(earlier);
    if last_generation.is_some() || is_listed {
        let until = if last_generation.is_some() { BALENALIB_END } else { BALENALIB_SNAPSHOT };
        return Ok(Published { since, is_listed, until });
    }
    let by_arch = || Some(parts.repository(Family::Balenalib, arch));
    Err(match since {
        Some(day) if day > BALENALIB_END => {
            no(format!("`{name}` was added on {day}, after the images ended on {BALENALIB_END}"), by_arch())
        }
        Some(day) => Existence::Unknown(format!(
            "`{name}` was added on {day}, after the last list; `{arch}` has images"
        )),
        None => no(format!("no balenalib images were published for `{name}`"), by_arch()),
    })
}

fn is_extra(repository: &str) -> bool {
    let name = repository.trim_start_matches("balenalib/");
    EXTRA.iter().any(|extra| match extra.strip_prefix('*') {
        Some(end) => name.ends_with(end),
        None => name == *extra,
    })
}

/// What was buildable for an arch of everything that the parts leave open, or why nothing was.
fn rows(parts: &NameParts, arch: &Arch) -> Result<Vec<&'static Built>, Existence> {
    let (distro, stack) = (parts.distro_or_default(), parts.stack.unwrap_or_default());
    let bit = ARCHES.iter().position(|known| **known == *arch.slug).map_or(0, |at| 1u8 << at);
    let of = |distro: &str, stack: &str| -> Vec<&'static Built> {
        let series = SERIES.iter().filter(|series| series.distro() == distro && series.stack == stack);
        series.flat_map(|series| series.built).filter(|row| row.arches & bit != 0).collect()
    };
    let all = of(distro, stack);
    if all.is_empty() {
        let mut distros = DISTROS.iter().map(|(distro, _)| *distro);
        let what = if stack.is_empty() { distro.to_owned() } else { format!("{stack} on {distro}") };
        let instead = distros.find(|other| !of(other, stack).is_empty()).map(|distro| {
            let parts = NameParts { distro: Some(distro), ..parts.clone() };
            parts.repository(Family::Balenalib, &parts.hardware)
        });
        return Err(no(format!("there never was {what} for {}", arch.slug), instead));
    }
    let version = parts.version.as_deref();
    let is_of_version = |row: &&Built| version.is_none_or(|version| means(version, row.version()));
    let of_version: Vec<&Built> = all.iter().copied().filter(is_of_version).collect();
    let repository = parts.repository(Family::Balenalib, &parts.hardware);
    // `alpine-python:3.12` names the release when no Python of that number was there.
    let order = releases(distro);
    let at = |release: &str| order.iter().position(|known| *known == release);
    if of_version.is_empty() {
        let version = version.unwrap_or_default();
        if parts.release.is_none()
            && let Some(at) = at(version)
        {
            let on: Vec<&Built> = all.iter().copied().filter(|row| row.on & 1 << at != 0).collect();
            if !on.is_empty() {
                return Ok(on);
            }
        }
        let near = nearest(version, all.iter().map(|row| row.version()));
        let why = format!("{stack} {version} on {distro} was never built for {}", arch.slug);
        return Err(no(why, near.map(|near| format!("{repository}:{near}"))));
    }
    let Some(release) = &parts.release else { return Ok(of_version) };
    let on_release = at(release).map_or(0, |at| 1u32 << at);
    let found: Vec<&Built> = of_version.iter().copied().filter(|row| row.on & on_release != 0).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let bits = of_version.iter().fold(0, |bits, row| bits | row.on);
    let there = order.iter().enumerate().filter(|(at, _)| bits & 1 << at != 0).map(|(_, release)| *release);
    let near = match at(release) {
        // The first after it, or the last before it. What never settles is no neighbour of a release.
        Some(wanted) => {
            let (rolling, settled): (Vec<&str>, Vec<&str>) =
                there.partition(|release| matches!(*release, "edge" | "sid"));
            let after = settled.iter().find(|release| at(release) > Some(wanted));
            after.or(settled.last()).or(rolling.last()).copied()
        }
        None => nearest(release, there),
    };
    let version = version.map(|version| format!("{version}-")).unwrap_or_default();
    let what = if stack.is_empty() { String::new() } else { format!("{stack} on ") };
    let why = format!("{what}{distro} {release} was never built for {}", arch.slug);
    Err(no(why, near.map(|near| format!("{repository}:{version}{near}"))))
}

/// Why there is no image whose tag names a release of another distribution, with the name of one that there was:
/// `balenalib/raspberrypi3-ubuntu:focal` for `balenalib/raspberrypi3-debian:focal`.
fn of_another_distro(parts: &NameParts, arch: &Arch) -> Option<Existence> {
    let words = [parts.release.as_deref(), parts.version.as_deref()].into_iter().flatten();
    // Without a stack a number is a release, too.
    let mut pieces =
        words.flat_map(|word| word.split('-')).filter(|piece| parts.stack.is_none() || !is_number(piece));
    let (piece, distro) = pieces.find_map(|piece| {
        let of = DISTROS.iter().find(|(_, releases)| releases.contains(&piece))?;
        (of.0 != parts.distro_or_default()).then_some((piece, of.0))
    })?;
    let version = parts.version.as_ref().map(|version| {
        let rest: Vec<&str> = version.split('-').filter(|word| *word != piece).collect();
        rest.join("-")
    });
    let other = NameParts {
        distro: Some(distro),
        version: version.filter(|version| !version.is_empty()),
        release: Some(piece.to_owned()),
        ..parts.clone()
    };
    rows(&other, arch).ok()?;
    let tag = [other.version.as_deref(), Some(piece), other.variant];
    let tag = tag.into_iter().flatten().collect::<Vec<_>>().join("-");
    let why = format!("{piece} is a release of {distro}, not of {}", parts.distro_or_default());
    Some(no(why, Some(format!("{}:{tag}", other.repository(Family::Balenalib, &other.hardware)))))
}

/// The last generation of images with this distribution and stack, for an arch.
fn last_generation<'a>(parts: &'a NameParts, arch: &'a str) -> impl Iterator<Item = &'static Last> + use<'a> {
    let wanted = (parts.distro_or_default(), parts.stack.unwrap_or_default());
    LAST.iter().filter(move |last| last.arch() == arch && (last.distro(), last.stack()) == wanted)
}

fn in_last_generation(parts: &NameParts, arch: &str) -> bool {
    let releases = releases(parts.distro_or_default());
    let on = parts.release.as_deref().map_or(u32::MAX, |release| {
        releases.iter().position(|known| *known == release).map_or(0, |at| 1 << at)
    });
    last_generation(parts, arch).any(|last| {
        last.on & on != 0
            && parts.version.as_deref().is_none_or(|wanted| last.versions().any(|v| means(wanted, v)))
    })
}

/// The newest version for a device type that came late.
fn newest_of(parts: &NameParts, arch: &Arch, name: &str) -> Option<String> {
    let versions = last_generation(parts, &arch.slug).flat_map(Last::versions);
    let newest = versions.max_by(|a, b| compare(a, b))?;
    let repository = parts.repository(Family::Balenalib, name);
    Some(if newest.is_empty() { repository } else { format!("{repository}:{newest}") })
}

fn no_hardware(parts: &NameParts, family: Family, registry: &Registry) -> Existence {
    let arches = registry.arches().iter().map(|arch| &*arch.slug);
    let devices = registry.device_types().iter().filter(|device| {
        let listed = device.base_images.iter().any(|images| images.name() == family.name());
        listed || value(FINAL_DEVICE_TYPES, &device.slug).is_some()
    });
    let known = devices.map(|device| &*device.slug).chain(arches);
    // A name that others have for an arch.
    let called = registry.arch_called(&parts.hardware).ok().map(|arch| &*arch.slug);
    let near = called.or_else(|| nearest_names(&parts.hardware, known).into_iter().next());
    let why = format!("no device type and no arch is called `{}`", parts.hardware);
    no(why, near.map(|near| parts.repository(family, near)))
}

fn resin(parts: &NameParts, registry: &Registry) -> Existence {
    let (name, suffix) = (parts.hardware.as_str(), parts.suffix());
    if let Some(date) = parts.date.filter(|date| *date > RESIN_SNAPSHOT) {
        return no(format!("nothing was built after {RESIN_SNAPSHOT}, this asks for {date}"), None);
    }
    let repositories = RESIN_REPOSITORIES.iter().filter(|(hardware, _)| hardware.contains(&name));
    let suffixes: Vec<&str> = repositories.flat_map(|(_, suffixes)| suffixes.iter().copied()).collect();
    if suffixes.is_empty() {
        return match Hardware::called(name, registry) {
            Some(Hardware::Device(device)) if device.base_images.contains(&ImageFamily::Resin) => {
                Existence::Unknown(format!("the catalogue has no list for `{name}`"))
            }
            Some(hardware) => {
                let slug = &hardware.arch(registry).slug;
                let others = RESIN_REPOSITORIES.iter().any(|(hardware, _)| hardware.contains(&&**slug));
                let instead = others.then(|| parts.repository(Family::Resin, slug));
                no(format!("no resin images were published for `{name}`"), instead)
            }
            None if name.ends_with("-qemu") || name.starts_with("rpi-raspbian") => {
                Existence::Unknown(format!("`{name}` is outside the lists of {RESIN_SNAPSHOT}"))
            }
            None => no_hardware(parts, Family::Resin, registry),
        };
    }
    if !suffixes.contains(&suffix.as_str()) {
        let without = parts.stack.filter(|stack| suffixes.contains(stack));
        let wanted =
            without.or_else(|| (suffix.is_empty() && suffixes.contains(&"debian")).then_some("debian"));
        let near = wanted.or_else(|| nearest_names(&suffix, suffixes.iter().copied()).into_iter().next());
        let why = match suffix.as_str() {
            "" => format!("`{name}` had no image without a distribution or a stack"),
            suffix => format!("`{name}` had no {suffix} image"),
        };
        return no(why, near.map(|near| format!("resin/{name}-{near}")));
    }
    let there = Existence::Yes { since: RESIN_SNAPSHOT, until: RESIN_SNAPSHOT };
    let release = parts.release.as_deref().filter(|_| parts.stack.is_none());
    let Some(version) = parts.version.as_deref().or(release) else { return there };
    let known = value(RESIN_VERSIONS, &suffix).unwrap_or_default();
    if known.contains(&version) {
        return there;
    }
    let newest = known.iter().copied().filter(|known| is_number(known)).max_by(|a, b| compare(a, b));
    if let Some(newest) = newest
        && is_number(version)
        && compare(version, newest).is_gt()
        && !means(newest, version)
    {
        let why = format!("the newest was {newest} when the images ended on {RESIN_SNAPSHOT}");
        return no(why, Some(format!("resin/{name}-{suffix}:{newest}")));
    }
    let snapshot = RESIN_SNAPSHOT;
    Existence::Unknown(format!("`{version}` is not in the list of {snapshot}; it may have been there before"))
}
