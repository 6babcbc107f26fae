//! Targets: one device type of one fleet, with the variables that its renders have.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Definitions, ServiceFiles};
use crate::arch::Arch;
use crate::device_types::{DeviceType, Registry, Status};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::fleet::Fleet;
use crate::nearest::did_you_mean;
use crate::render::Variables;
use crate::render::variables::contradictions;
use crate::subject::Subject;

/// One device type, of a fleet or by itself.
#[derive(Debug)]
pub struct Target<'r> {
    /// The fleet's name, if there are fleets.
    pub fleet: Option<Arc<str>>,
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
    /// What follows from the device type; `own` lies over it.
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

    /// The targets of a fleet. What is wrong goes into `notes`, and the targets are then good only for
    /// finding more.
    pub fn of_fleet(&mut self, number: usize, fleet: &Fleet, notes: &mut Diagnostics) -> Vec<Target<'r>> {
        let mut devices: Vec<&'r DeviceType> = Vec::with_capacity(fleet.devices.len());
        for (name, place) in &fleet.devices {
            let Some(device) = self.registry.device_type(name) else {
                let help = did_you_mean(name, self.registry.names().iter().map(|(name, _)| &**name))
                    .unwrap_or_else(|| "`dtpl devices` lists the known ones; --registry adds one".to_owned());
                let shown = crate::escape::shortened(name, 80);
                notes.push(|| {
                    Diagnostic::error(place.clone(), format!("unknown device type `{shown}`")).help(help)
                });
                continue;
            };
            if let Some(first) = devices.first() {
                let fault = if devices.iter().any(|other| other.slug == device.slug) {
                    Some((
                        format!("`{name}` is the device type `{}`, which is there already", device.slug),
                        "name it once",
                    ))
                } else if first.arch != device.arch {
                    let message = format!(
                        "`{}` is {} and `{}` is {}: the devices of a fleet have one arch",
                        first.slug, first.arch, device.slug, device.arch
                    );
                    Some((message, "make a fleet of each arch"))
                } else {
                    None
                };
                if let Some((message, help)) = fault {
                    notes.push(|| Diagnostic::error(place.clone(), message).help(help));
                    continue;
                }
            }
            devices.push(device);
        }
        let mut own = Variables::new();
        own.set_standard("BALENA_APP_NAME", &fleet.name);
        // What is wrong with a definition is said once, by the first fleet.
        self.definitions.define(Some(fleet), number > 0, &mut own, notes);
        let own = Arc::new(own);
        let name: Arc<str> = Arc::from(fleet.name.as_str());
        let fleet_place = &fleet.place;
        let count = devices.len();
        devices
            .into_iter()
            .map(|device| {
                for warning in contradictions(&own, device) {
                    notes.push_warning(|| warning);
                }
                let own = Arc::clone(&own);
                let fleet = Some(Arc::clone(&name));
                Target {
                    fleet,
                    number,
                    place: Some(fleet_place.clone()),
                    devices: count,
                    device,
                    arch: self.registry.arch_of(device),
                    own,
                    base: self.base(device),
                }
            })
            .collect()
    }

    /// A target for each device type, of no fleet.
    pub fn of_devices(&mut self, devices: &[&'r DeviceType], notes: &mut Diagnostics) -> Vec<Target<'r>> {
        let mut own = Variables::new();
        self.definitions.define(None, false, &mut own, notes);
        let own = Arc::new(own);
        devices
            .iter()
            .enumerate()
            .map(|(number, &device)| {
                for warning in contradictions(&own, device) {
                    notes.push_warning(|| warning);
                }
                let own = Arc::clone(&own);
                Target {
                    fleet: None,
                    number,
                    place: None,
                    devices: 1,
                    device,
                    arch: self.registry.arch_of(device),
                    own,
                    base: self.base(device),
                }
            })
            .collect()
    }

    fn base(&mut self, device: &'r DeviceType) -> Arc<Variables> {
        let (registry, only_balena) = (self.registry, self.only_balena);
        let base = self.bases.entry(&device.slug).or_insert_with(|| {
            Arc::new(Variables::of_device(Some(&device.slug), Some(registry.arch_of(device)), only_balena))
        });
        Arc::clone(base)
    }
}

/// The device types that a selection names: `all`, `arch:aarch64`, slugs and aliases, with commas
/// between; each once, by slug. `all` and `arch:` mean those that there are today.
///
/// # Errors
/// Every name that is none, at `place`.
pub fn select<'r>(
    registry: &'r Registry,
    selection: &str,
    place: &Place,
) -> Result<Vec<&'r DeviceType>, Diagnostics> {
    let mut faults = Diagnostics::new();
    let mut chosen: BTreeMap<&str, &DeviceType> = BTreeMap::new();
    let today = |device: &&'r DeviceType| matches!(device.status, Status::Active | Status::ContractOnly);
    for part in selection.split(',').map(str::trim) {
        if part == "all" {
            chosen.extend(registry.device_types().iter().filter(today).map(|device| (&*device.slug, device)));
        } else if let Some(name) = part.strip_prefix("arch:") {
            match registry.arch_called(name) {
                Ok(arch) => {
                    let of_arch = registry.device_types().iter().filter(today);
                    let of_arch = of_arch.filter(|device| device.arch == arch.slug);
                    chosen.extend(of_arch.map(|device| (&*device.slug, device)));
                }
                Err((message, help)) => faults.push(|| {
                    let mut fault = Diagnostic::error(place.clone(), message);
                    fault.help.extend(help);
                    fault
                }),
            }
        } else if let Some(device) = registry.device_type(part) {
            chosen.insert(&device.slug, device);
        } else {
            let help = did_you_mean(part, registry.names().iter().map(|(name, _)| &**name))
                .unwrap_or_else(|| "`dtpl devices` lists the known ones; --registry adds one".to_owned());
            let shown = crate::escape::shortened(part, 80);
            faults.push(|| {
                Diagnostic::error(place.clone(), format!("unknown device type `{shown}`")).help(help)
            });
        }
    }
    if chosen.is_empty() && faults.is_empty() {
        faults.push(|| Diagnostic::error(place.clone(), "no device type is meant by this"));
    }
    if faults.is_empty() { Ok(chosen.into_values().collect()) } else { Err(faults) }
}
