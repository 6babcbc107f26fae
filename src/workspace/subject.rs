//! Which device type or arch one rendering is for: from flags, or from a fleet.

use super::device_names::{Expected, arch_named, unknown_device_type};
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};
use crate::fleet::Fleet;
use crate::subject::Subject;

/// The names of a device type and of an arch as a user gave them, each with where.
#[derive(Clone, Debug, Default)]
pub struct DeviceChoice<'a> {
    /// `--device`
    pub device: Option<(&'a str, Place)>,
    /// `--arch`
    pub arch: Option<(&'a str, Place)>,
}

impl<'a> DeviceChoice<'a> {
    /// The device type or arch with these names. A name that the registry does not have needs an arch.
    ///
    /// # Errors
    /// No name at all, an unknown name, and a device type that has another arch. Of two that contradict
    /// each other, the one from the environment yields to the one from the command line.
    pub fn subject(&self, registry: &'a Registry) -> Result<Subject<'a>> {
        let arch = match &self.arch {
            None => None,
            Some((name, place)) => Some(arch_named(registry, name, place).map_err(Error::input)?),
        };
        let only_arch = Subject { device: None, slug: None, arch };
        let Some((name, place)) = &self.device else {
            if arch.is_some() {
                return Ok(only_arch);
            }
            let message = "no device given: use -d SLUG, or -A ARCH";
            let fault = Diagnostic::error(Place::CommandLine, message);
            return Err(Error::usage(fault.help("`dtpl devices` lists the device types")));
        };
        let Some(device) = registry.device_type(name) else {
            let is_word = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b'/');
            return match arch.map(|_| registry.why_no_device_type(name)) {
                Some(Some(why)) => {
                    let message = format!("`{name}` cannot be a device type");
                    Err(Error::input(Diagnostic::error(place.clone(), message).help(why)))
                }
                Some(None) if is_word => Ok(Subject { slug: Some(name), ..only_arch }),
                _ => Err(Error::input(unknown_device_type(registry, name, place, Expected::Flag))),
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
                let help = "leave --arch out, or change the device type with --device-types FILE";
                Err(Error::usage(Diagnostic::error(arch_place.clone(), message).help(help)))
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
        let help = format!("choose one with --device: {}", names.join(", "));
        return Err(Error::usage(Diagnostic::error(fleet.place.clone(), message).help(help)));
    };
    match registry.device_type(name) {
        Some(device) => Ok(Subject::of_device_type(device, registry)),
        None => Err(Error::input(unknown_device_type(registry, name, place, Expected::File))),
    }
}
