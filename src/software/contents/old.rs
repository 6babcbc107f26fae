//! What balena's images had: by series, hardware, distribution, release, stack and variant.

use super::sets::{self, Set};
use crate::image::{Family, Knowledge, NameParts, OmittedPart};

/// An image of balena's.
pub(super) struct OldImage {
    pub distro: &'static str,
    pub release: Option<String>,
    pub sets: Vec<&'static Set>,
    pub programs: Vec<&'static str>,
}

pub(super) fn find(known: &Knowledge) -> Option<OldImage> {
    let parts = known.parts.as_ref().filter(|_| known.family.is_of_balena())?;
    let distro = parts.distro_or_default();
    if !matches!(distro, "debian" | "alpine" | "ubuntu") {
        return None;
    }
    let meant = |part| known.meant(part).map(str::to_owned);
    let release = parts.release.clone().or_else(|| meant(OmittedPart::Release));
    let of = release.as_deref().unwrap_or_default();
    let series = known.family.name();
    let variant = match known.family {
        Family::Resin => "base",
        _ if parts.has_compilers() => "build",
        _ => "run",
    };
    let mut found = Vec::new();
    let base = if distro == "alpine" { distro } else { "debian" };
    found.extend(set(&format!("{series}/arch-{distro}"), of, variant));
    if let Some(device) = device(&parts.hardware) {
        found.extend(set(&format!("{series}/{device}-{distro}"), of, variant));
    }
    if known.family == Family::Resin && has_build_tools(parts) {
        let image = format!("{series}/any-{distro}-buildpack-deps");
        let variants: &[&str] = match parts.variant {
            Some("curl") => &["curl"],
            Some("scm") => &["curl", "scm"],
            _ => &["curl", "scm", "full"],
        };
        found.extend(variants.iter().flat_map(|variant| set(&image, of, variant)));
    }
    if let Some(stack) = parts.stack.filter(|stack| *stack != "buildpack-deps") {
        let image = format!("{series}/any-{distro}-{stack}");
        let variant = match (known.family, parts.variant) {
            (Family::Resin, Some("slim")) => "slim",
            (Family::Resin, _) => "default",
            _ => variant,
        };
        found.extend(set(&image, of, variant));
    }
    if found.is_empty() {
        return None;
    }
    found.extend(sets::chain(base, "any", "base"));
    Some(OldImage { distro, release, sets: found, programs: programs(known.family, parts) })
}

/// The set of an image and variant for a release. For a release that has none it is the one whose packages all the
/// others have.
fn set(image: &str, release: &str, variant: &str) -> Option<&'static Set> {
    let all: Vec<_> = sets::all(image, variant).collect();
    let own = all.iter().find(|(of, _)| *of == release || *of == "*").map(|(_, set)| *set);
    own.or_else(|| {
        let (_, smallest) = all.iter().min_by_key(|(_, set)| set.len())?;
        all.iter().all(|(_, set)| set.has_all(smallest)).then_some(*smallest)
    })
}

/// Whether an image of `resin/` came from one with compilers: those of languages without `slim` did.
fn has_build_tools(parts: &NameParts) -> bool {
    parts.stack == Some("buildpack-deps") || parts.stack.is_some() && parts.variant != Some("slim")
}

/// The hardware whose recipes stand for others of the same maker; nothing for an image of an arch.
fn device(hardware: &str) -> Option<&'static str> {
    let arches =
        ["aarch64", "amd64", "armv7hf", "armv5e", "armel", "i386", "i386-nlp", "rpi", "rpi-raspbian"];
    if arches.contains(&hardware) {
        return None;
    }
    let is_one = |names: &[&str]| names.iter().any(|name| hardware.starts_with(name));
    Some(match hardware {
        "raspberry-pi" | "raspberrypi" => "raspberry-pi",
        _ if is_one(&[
            "raspberrypi3-64",
            "raspberrypi4-64",
            "raspberrypi400",
            "raspberrypicm4",
            "raspberrypi5",
            "raspberrypi0-2w",
        ]) =>
        {
            "raspberrypi4-64"
        }
        _ if is_one(&["raspberry", "fincm3", "balenafin", "npe-x500", "revpi"]) => "raspberrypi3",
        _ if is_one(&["jetson"]) => "jetson-nano",
        _ => "intel-nuc",
    })
}

/// Scripts of the image, and what its language put into `/usr/local`.
fn programs(family: Family, parts: &NameParts) -> Vec<&'static str> {
    let mut programs = vec!["entry.sh", "cross-build-start", "cross-build-end", "resin-xbuild"];
    if family == Family::Balenalib {
        programs.extend(["install_packages", "balena-idle", "balena-info"]);
    }
    programs.extend(match parts.stack {
        Some("python") if parts.version.as_deref().is_some_and(|version| version.starts_with('2')) => {
            &["python", "python2", "pip", "pip2"][..]
        }
        Some("python") => &["python", "python3", "pip", "pip3"],
        Some("node") => &["node", "npm", "npx", "yarn"],
        Some("golang") => &["go", "gofmt"],
        Some("openjdk") => &["java"],
        Some("dotnet") => &["dotnet"],
        _ => &[],
    });
    programs
}
