//! Which device type or arch one rendering is for: from flags, or from a fleet.

use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};
use crate::fleet::Fleet;
use crate::subject::Subject;

/// The names of a device type and of an arch as a user gave them, each with where.
#[derive(Clone, Debug, Default)]
pub struct Asked<'a> {
    /// `--device`
    pub device: Option<(&'a str, Place)>,
    /// `--arch`
    pub arch: Option<(&'a str, Place)>,
}

impl<'a> Asked<'a> {
    /// The device type or arch with these names. A name that the registry does not have needs an arch.
    ///
    /// # Errors
    /// No name at all, an unknown name, and a device type that has another arch. Of two that contradict
    /// each other, the one from the environment yields to the one from the command line.
    pub fn subject(&self, registry: &'a Registry) -> Result<Subject<'a>> {
        let arch = match &self.arch {
            None => None,
            Some((name, place)) => Some(registry.arch_called(name).map_err(|(message, help)| {
                let mut diagnostic = Diagnostic::error(place.clone(), message);
                diagnostic.help.extend(help);
                Error::input(diagnostic)
            })?),
        };
        let only_arch = Subject { device: None, slug: None, arch };
        let Some((name, place)) = &self.device else {
            if arch.is_some() {
                return Ok(only_arch);
            }
            let message = "no device given: use -d SLUG, or -A ARCH";
            return Err(Error::usage(
                Diagnostic::error(Place::CommandLine, message).help("`dtpl devices` lists the device types"),
            ));
        };
        let Some(device) = registry.device_type(name) else {
            let is_word = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b'/');
            return match arch {
                Some(_) if registry.why_no_device_type(name).is_some() => {
                    let why = registry.why_no_device_type(name).unwrap_or_default();
                    let message = format!("`{name}` cannot be a device type");
                    Err(Error::input(Diagnostic::error(place.clone(), message).help(why)))
                }
                Some(_) if is_word => Ok(Subject { slug: Some(name), ..only_arch }),
                _ => Err(unknown(registry, name, place)),
            };
        };
        let subject = Subject::of_device_type(device, registry);
        let Some((arch, (_, arch_place))) = arch.zip(self.arch.as_ref()) else { return Ok(subject) };
        if subject.arch_slug() == Some(&arch.slug) {
            return Ok(subject);
        }
        let is_environment = |place: &Place| matches!(place, Place::Environment(_));
        match (is_environment(place), is_environment(arch_place)) {
            (false, true) => Ok(subject),
            (true, false) => Ok(only_arch),
            _ => {
                let own = subject.arch_slug().unwrap_or_default();
                let message = format!("device type `{}` has arch `{own}`, not `{}`", device.slug, arch.slug);
                Err(Error::usage(
                    Diagnostic::error(arch_place.clone(), message)
                        .help("leave --arch out, or change the device type with a --registry overlay"),
                ))
            }
        }
    }
}

/// The device type of a fleet.
///
/// # Errors
/// When the registry does not have it, or when the fleet has several.
pub fn subject_of_fleet<'a>(fleet: &Fleet, registry: &'a Registry) -> Result<Subject<'a>> {
    let [(name, place)] = fleet.devices.as_slice() else {
        let names: Vec<&str> = fleet.devices.iter().map(|(name, _)| &**name).collect();
        let message = format!("the fleet `{}` has several device types", fleet.name);
        return Err(Error::usage(
            Diagnostic::error(fleet.place.clone(), message)
                .help(format!("choose one with --device: {}", names.join(", "))),
        ));
    };
    match registry.device_type(name) {
        Some(device) => Ok(Subject::of_device_type(device, registry)),
        None => Err(unknown(registry, name, place)),
    }
}

fn unknown(registry: &Registry, name: &str, place: &Place) -> Error {
    let message = format!("unknown device type `{name}`");
    Error::input(Diagnostic::error(place.clone(), message).help(registry.help_for_unknown(name)))
}
