//! Targets: one device type of one fleet, with the variables that its renders have.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::device_names::{Expected, arch_named, unknown_device_type};
use super::{Definitions, ServiceFiles};
use crate::arch::Arch;
use crate::device_types::{DeviceType, Registry, Status};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::fleet::Fleet;
use crate::render::Variables;
use crate::render::variables::contradictions;
use crate::subject::Subject;

/// One device type, of a fleet or by itself.
#[derive(Debug)]
#[non_exhaustive]
pub struct Target<'r> {
    /// The fleet's name, if there are fleets.
    pub fleet: Option<Arc<str>>,
    /// The organization of its fleet at balena, if that is known.
    pub organization: Option<Arc<str>>,
    /// Which fleet it is, from 0; without fleets, which device type.
    pub number: usize,
    /// Where its fleet was named, if there are fleets.
    pub place: Option<Place>,
    /// How many device types its fleet has.
    pub devices: usize,
    /// The device type.
    pub device: &'r DeviceType,
    /// Its arch.
    pub arch: &'r Arch,
    /// The fleet's variables and those given to all.
    pub own: Arc<Variables>,
    /// What follows from the device type; `own` has precedence.
    pub base: Arc<Variables>,
}

impl<'r> Target<'r> {
    /// The device type as what a Dockerfile is rendered for.
    pub fn subject(&self) -> Subject<'r> {
        Subject { device: Some(self.device), slug: Some(&self.device.slug), arch: Some(self.arch) }
    }

    /// The variables of a service for this target, those that are used first.
    pub fn layers<'v>(&'v self, service: &'v ServiceFiles) -> [&'v Variables; 3] {
        [&self.own, &service.variables, &self.base]
    }

    /// What the target is called: its fleet, or its device type where there are no fleets.
    pub fn name(&self) -> &str {
        self.fleet.as_deref().unwrap_or(&self.device.slug)
    }

    /// The folder of its files.
    pub fn folder(&self) -> Cow<'_, str> {
        crate::fleet::name::folder(self.name())
    }
}

/// Makes targets, one fleet after the other.
pub struct Targets<'r, 'g> {
    registry: &'r Registry,
    definitions: &'g Definitions,
    only_balena: bool,
    /// The variables of a device type are those of every fleet of it.
    bases: BTreeMap<&'r str, Arc<Variables>>,
}

impl<'r, 'g> Targets<'r, 'g> {
    /// Targets with these definitions over those of each fleet.
    pub fn new(registry: &'r Registry, definitions: &'g Definitions, only_balena: bool) -> Self {
        Targets { registry, definitions, only_balena, bases: BTreeMap::new() }
    }

    /// What is wrong with the definitions.
    #[cfg(feature = "cli")]
    pub(crate) fn faults_of_definitions(&self) -> Diagnostics {
        let mut notes = Diagnostics::new();
        self.definitions.define(None, false, &mut Variables::new(), &mut notes);
        notes
    }

    /// A device type, by any of its names, with its arch and the variables that follow from it.
    #[cfg(feature = "cli")]
    pub(crate) fn device(&mut self, name: &str) -> Option<(&'r DeviceType, &'r Arch, Arc<Variables>)> {
        let device = self.registry.device_type(name)?;
        let arch = self.registry.arch_of(device);
        Some((device, arch, self.base(device, arch)))
    }

    fn base(&mut self, device: &'r DeviceType, arch: &'r Arch) -> Arc<Variables> {
        let of_device = || Variables::of_device(Some(&device.slug), Some(arch), self.only_balena);
        Arc::clone(self.bases.entry(&device.slug).or_insert_with(|| Arc::new(of_device())))
    }

    /// The targets of a fleet. What is wrong goes into `notes`, and the targets are then good only for
    /// finding more.
    pub fn of_fleet(&mut self, number: usize, fleet: &Fleet, notes: &mut Diagnostics) -> Vec<Target<'r>> {
        let mut devices: Vec<&'r DeviceType> = Vec::with_capacity(fleet.devices.len());
        for (name, place) in &fleet.devices {
            let Some(device) = self.registry.device_type(name) else {
                notes.push(|| unknown_device_type(self.registry, name, place, Expected::File));
                continue;
            };
            let slug = &device.slug;
            if devices.iter().any(|other| other.slug == *slug) {
                let message = format!("`{name}` is the device type `{slug}`, which is there already");
                notes.push(|| Diagnostic::error(place.clone(), message).help("name it once"));
                continue;
            }
            devices.push(device);
        }
        if self.only_balena
            && let Some(fault) = several_arches(fleet, &devices)
        {
            notes.push(|| fault);
        }
        let mut own = Variables::new();
        own.set_standard("BALENA_APP_NAME", fleet.app_name());
        // What is wrong with a definition is said once, by the first fleet.
        self.definitions.define(Some(fleet), number > 0, &mut own, notes);
        let own = Arc::new(own);
        let name: Arc<str> = Arc::from(fleet.name.as_str());
        let organization: Option<Arc<str>> = fleet.organization().map(Arc::from);
        let count = devices.len();
        let target = |device| Target {
            fleet: Some(Arc::clone(&name)),
            organization: organization.clone(),
            place: Some(fleet.place.clone()),
            devices: count,
            ..self.of_device(number, device, &own, notes)
        };
        devices.into_iter().map(target).collect()
    }

    /// A target for each device type, of no fleet.
    pub fn of_devices(&mut self, devices: &[&'r DeviceType], notes: &mut Diagnostics) -> Vec<Target<'r>> {
        let mut own = Variables::new();
        self.definitions.define(None, false, &mut own, notes);
        let own = Arc::new(own);
        let devices = devices.iter().enumerate();
        devices.map(|(number, &device)| self.of_device(number, device, &own, notes)).collect()
    }

    /// The target for a device type, of no fleet.
    fn of_device(
        &mut self,
        number: usize,
        device: &'r DeviceType,
        own: &Arc<Variables>,
        notes: &mut Diagnostics,
    ) -> Target<'r> {
        for warning in contradictions(own, device) {
            notes.push_warning(|| warning);
        }
        let arch = self.registry.arch_of(device);
        let (own, base) = (Arc::clone(own), self.base(device, arch));
        Target { fleet: None, organization: None, number, place: None, devices: 1, device, arch, own, base }
    }
}

/// The error for a fleet of several arches, which balena does not have: a release of a fleet is built for one.
fn several_arches(fleet: &Fleet, devices: &[&DeviceType]) -> Option<Diagnostic> {
    let mut by_arch: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for device in devices {
        by_arch.entry(&device.arch).or_default().push(&device.slug);
    }
    if by_arch.len() < 2 {
        return None;
    }
    let arches: Vec<&str> = by_arch.keys().copied().collect();
    let message =
        format!("the devices of the fleet `{}` have several arches: {}", fleet.name, arches.join(", "));
    let fault = Diagnostic::error(fleet.place.clone(), message);
    let lines = by_arch.iter().map(|(arch, slugs)| match &slugs[..] {
        [only] => format!("{}-{arch}: {{device: {only}}}", fleet.name),
        several => format!("{}-{arch}: {{devices: [{}]}}", fleet.name, several.join(", ")),
    });
    let fault = fault.help("balena builds a fleet for one arch: write a fleet for each of them, such as");
    let variables =
        (!fleet.variables.is_empty()).then(|| format!("each with the variables of `{}`", fleet.name));
    Some(fault.helps(lines).helps(variables))
}

/// The error for an arch that only device types of the past have.
fn none_of_today(registry: &Registry, arch: &str, place: &Place) -> Diagnostic {
    let of_arch = registry.device_types().iter().filter(|device| device.arch == arch);
    let slugs: Vec<&str> = of_arch.map(|device| &*device.slug).take(10).collect();
    let message = format!("no device type that there is today has arch `{arch}`");
    let help = (!slugs.is_empty()).then(|| format!("name an earlier one: {}", slugs.join(", ")));
    Diagnostic::error(place.clone(), message).helps(help)
}

/// The device types that a selection names: `all`, `arch:aarch64`, slugs and aliases, with commas
/// between; each once, by slug. `all` and `arch:` mean those that there are today.
///
/// # Errors
/// Every name that is unknown, with the nearest known ones.
pub fn select<'r>(
    registry: &'r Registry,
    selection: &str,
    place: &Place,
) -> Result<Vec<&'r DeviceType>, Diagnostics> {
    let mut faults = Diagnostics::new();
    let mut chosen: BTreeMap<&str, &DeviceType> = BTreeMap::new();
    let today = || {
        let all = registry.device_types().iter().map(|device| (&*device.slug, device));
        all.filter(|(_, device)| matches!(device.status, Status::Active | Status::ContractOnly))
    };
    for part in selection.split(',').map(str::trim) {
        if part.is_empty() {
            let fault = Diagnostic::error(place.clone(), "a device type without a name");
            faults.push(|| fault.help("write slugs with a comma between two: nuc,raspberrypi3"));
        } else if part == "all" {
            chosen.extend(today());
        } else if let Some(name) = part.strip_prefix("arch:") {
            match arch_named(registry, name, place) {
                Ok(arch) => {
                    chosen.extend(today().filter(|(_, device)| device.arch == arch.slug));
                    if !today().any(|(_, device)| device.arch == arch.slug) {
                        faults.push(|| none_of_today(registry, &arch.slug, place));
                    }
                }
                Err(fault) => faults.push(|| fault),
            }
        } else if let Some(device) = registry.device_type(part) {
            chosen.insert(&device.slug, device);
        } else {
            faults.push(|| unknown_device_type(registry, part, place, Expected::Selection));
        }
    }
    if chosen.is_empty() && faults.is_empty() {
        faults.push(|| Diagnostic::error(place.clone(), "no device type is meant by this"));
    }
    if faults.is_empty() { Ok(chosen.into_values().collect()) } else { Err(faults) }
}
