//! Names of device types and arches as users give them: which one is meant, and what to say about a name that
//! means none.

use super::suggestions::suggestions;
use crate::arch::Arch;
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Place};
use crate::escape::shortened;
use crate::image::Platform;

/// The arch that a name means: its slug, an alias that only it has, or its platform, as Docker writes it.
///
/// # Errors
/// When the name is unknown or means several; `place` is where it was given.
///
/// ```
/// use dtpl::{Place, Registry, workspace::arch_named};
///
/// let registry = Registry::embedded();
/// assert_eq!(arch_named(&registry, "linux/arm64", &Place::CommandLine).unwrap().slug, "aarch64");
/// ```
pub fn arch_named<'r>(registry: &'r Registry, name: &str, place: &Place) -> Result<&'r Arch, Diagnostic> {
    let (message, help) = match registry.arch_called(name) {
        Ok(arch) => return Ok(arch),
        Err(why) => why,
    };
    let (message, help) = match &of_platform(registry, name)[..] {
        [only] => return Ok(only),
        [] => match &otherwise_called(registry, name)[..] {
            [] => (message, help),
            arches => (message, Some(format!("use {}", either(arches)))),
        },
        arches => {
            let message = format!("`{name}` is the platform of more than one arch");
            (message, Some(format!("use {}", either(arches))))
        }
    };
    Err(Diagnostic::error(place.clone(), message).helps(help))
}

/// The arches that have a platform. One that is written without `linux/` is one of Linux.
fn of_platform<'r>(registry: &'r Registry, name: &str) -> Vec<&'r Arch> {
    let Some(wanted) = Platform::parse_short(name).filter(|_| name.contains('/')) else { return Vec::new() };
    let without_system = Platform::parse(&format!("linux/{name}"));
    let is_wanted = |arch: &&Arch| {
        let own = Platform::parse(&arch.platform);
        own.is_some() && (own.as_ref() == Some(&wanted) || own == without_system)
    };
    registry.arches().iter().filter(is_wanted).collect()
}

/// The arches that someone else calls so: Debian, Go, Docker Hub and others.
fn otherwise_called<'r>(registry: &'r Registry, name: &str) -> Vec<&'r Arch> {
    let is_called =
        |arch: &&Arch| arch.fields().any(|(field, value)| field != "goarm" && value == Some(name));
    registry.arches().iter().filter(is_called).collect()
}

/// `rpi` (linux/arm/v6) or `armv7hf` (linux/arm/v7)
fn either(arches: &[&Arch]) -> String {
    let named: Vec<String> =
        arches.iter().map(|arch| format!("`{}` ({})", arch.slug, arch.platform)).collect();
    match named.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => named.concat(),
    }
}

/// Where a device type was expected, which decides how an arch can be written there instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A flag beside `--arch`.
    Flag,
    /// A flag that also takes `arch:ARCH`.
    Selection,
    /// A file, which takes device types only.
    File,
}

/// The error for a device type that the registry does not have.
pub fn unknown_device_type(registry: &Registry, name: &str, place: &Place, expected: Expected) -> Diagnostic {
    let message = format!("unknown device type `{}`", shortened(name, 80));
    Diagnostic::error(place.clone(), message).help(help_for_unknown(registry, name, expected))
}

/// What to do about a device type that the registry does not have.
pub fn help_for_unknown(registry: &Registry, name: &str, expected: Expected) -> String {
    let lower = name.to_ascii_lowercase();
    let is_exact = |arch: &&Arch| arch.is_called(&lower) || arch.is_called(&lower.replace('-', "_"));
    let mut arches: Vec<&Arch> = registry.arches().iter().filter(is_exact).collect();
    if arches.is_empty() {
        arches = of_platform(registry, &lower);
    }
    if arches.is_empty() {
        arches = otherwise_called(registry, &lower);
    }
    match (&arches[..], expected) {
        ([], _) => {}
        ([first, ..], Expected::File) => {
            return format!("that is an arch: `dtpl devices --arch {}` lists its device types", first.slug);
        }
        ([only], Expected::Flag) => return format!("that is an arch: --arch {}", only.slug),
        ([only], Expected::Selection) => {
            return format!("that is an arch: `arch:{}` means all of its device types", only.slug);
        }
        (several, Expected::Flag) => return format!("that is an arch: use --arch with {}", either(several)),
        (several, Expected::Selection) => {
            return format!("that is an arch: use `arch:` with {}", either(several));
        }
    }
    let near: Vec<String> = suggestions(registry, name).iter().map(|slug| format!("`{slug}`")).collect();
    match near.split_last() {
        Some((last, [])) => format!("did you mean {last}?"),
        Some((last, first)) => format!("did you mean {} or {last}?", first.join(", ")),
        None if expected == Expected::Flag => {
            "`dtpl devices` lists the known ones; for an unknown device type, use --arch ARCH".to_owned()
        }
        None => "`dtpl devices` lists the known ones; --device-types adds one".to_owned(),
    }
}
