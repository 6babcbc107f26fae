//! What a Dockerfile is rendered for: a device type of the registry, a device that only has an arch, or
//! an arch alone.

use crate::arch::Arch;
use crate::device_types::{DeviceType, Registry};

/// A device type, or an arch, that a Dockerfile is rendered for.
///
/// ```
/// let registry = dtpl::Registry::embedded();
/// let pi = registry.device_type("raspberrypi3").unwrap();
/// let subject = dtpl::Subject::of_device_type(pi, &registry);
/// assert_eq!(subject.slug, Some("raspberrypi3"));
/// assert_eq!(subject.platform(), Some("linux/arm/v7"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'s> {
    /// The device type, when the registry has it.
    pub device: Option<&'s DeviceType>,
    /// What `%%BALENA_MACHINE_NAME%%` becomes; `None` when only an arch was given.
    pub slug: Option<&'s str>,
    /// The arch; `None` only for what does not depend on one.
    pub arch: Option<&'s Arch>,
}

impl<'s> Subject<'s> {
    /// A device type with the arch that the registry gives it.
    pub fn of_device_type(device: &'s DeviceType, registry: &'s Registry) -> Self {
        Subject { device: Some(device), slug: Some(&device.slug), arch: Some(registry.arch_of(device)) }
    }

    /// The slug of the arch: `armv7hf`.
    pub fn arch_slug(&self) -> Option<&'s str> {
        self.arch.map(|arch| &*arch.slug)
    }

    /// The OCI platform of the arch: `linux/arm/v7`.
    pub fn platform(&self) -> Option<&'s str> {
        self.arch.map(|arch| &*arch.platform)
    }

    /// How messages name it: the slug of the device type, else that of the arch.
    pub fn name(&self) -> &'s str {
        self.slug.or(self.arch_slug()).unwrap_or_default()
    }
}
