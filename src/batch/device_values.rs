//! What the rows of a device type of a stream have in common, and where the values of a fleet are.

use super::json_object;
use super::layouts::Layouts;
use crate::arch::Arch;
use crate::device_types::DeviceType;
use crate::fleet::plain_fleet::{GivenVariables, PlainFleet};
use crate::workspace::Targets;

/// What the rows of a device type have in common.
pub struct DeviceValues<'r> {
    pub device: (&'r DeviceType, &'r Arch),
    /// The beginning of their objects.
    pub head: Vec<u8>,
    /// The values that follow from it, by slot.
    pub values: Vec<Vec<u8>>,
    /// Where a fleet without variables has its values from.
    pub sources: Vec<ValueSource>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ValueSource {
    /// The variable of the fleet with this number.
    Given(usize),
    FleetName,
    Device,
    Nowhere,
}

impl<'r> DeviceValues<'r> {
    /// The value of one variable for a fleet. `slot` is the number of the variable; `sources` tells, by slot, whether
    /// the value comes from the fleet or from the device type.
    pub fn value<'v>(
        &'v self,
        slot: usize,
        sources: &[ValueSource],
        fleet: &PlainFleet<'v>,
        variables: &GivenVariables<'v>,
    ) -> &'v [u8] {
        match sources.get(slot) {
            Some(ValueSource::Given(number)) => {
                variables.get(*number).map(|(_, value)| value.as_bytes()).unwrap_or_default()
            }
            Some(ValueSource::FleetName) => fleet.name.as_bytes(),
            Some(ValueSource::Device) => self.values.get(slot).map(Vec::as_slice).unwrap_or_default(),
            Some(ValueSource::Nowhere) | None => &[],
        }
    }

    /// Looks for the values of this device type; nothing if there is none of this name.
    pub fn find(layouts: &Layouts, name: &str, targets: &mut Targets<'r, '_>) -> Option<Self> {
        let (device, arch, base) = targets.device(name)?;
        let (mut values, mut sources) = (Vec::new(), Vec::new());
        for (slot, name) in layouts.names().iter().enumerate() {
            let value = base.get(name).map(|variable| variable.value());
            let value = value.filter(|value| layouts.takes(slot, value));
            values.push(value.unwrap_or_default().to_vec());
            sources.push(match value {
                _ if json_object::OF_FLEETS.contains(name) => ValueSource::FleetName,
                Some(_) => ValueSource::Device,
                None => ValueSource::Nowhere,
            });
        }
        let head = json_object::head_of_device(device, arch);
        Some(DeviceValues { device: (device, arch), head, values, sources })
    }
}
