//! The JSON objects of a batch: their first fields, and which results are different for every target.

use crate::arch::Arch;
use crate::device_types::DeviceType;
use crate::json::push_field;
use crate::workspace::Target;

/// The variables that name the fleet, and those that name the device type. Results with one of them are
/// different for nearly every target, so that it is not worth looking for equal ones.
pub const OF_FLEETS: [&str; 1] = ["BALENA_APP_NAME"];
const OF_DEVICES: [&str; 2] = ["BALENA_MACHINE_NAME", "RESIN_MACHINE_NAME"];

/// Whether a variable names the fleet of the target, or its device type if it has no fleet.
pub fn differs_by_target(name: &str, target: &Target) -> bool {
    let names: &[&str] = if target.fleet.is_some() { &OF_FLEETS } else { &OF_DEVICES };
    names.contains(&name)
}

/// The head of a target's objects, up to its service.
pub fn head(target: &Target) -> Vec<u8> {
    let mut head = head_of_device(target.device, target.arch);
    match &target.fleet {
        Some(fleet) => push_field("fleet", fleet, &mut head),
        None => head.extend_from_slice(b"\"fleet\":null,"),
    }
    head
}

/// The fields of the device type.
pub fn head_of_device(device: &DeviceType, arch: &Arch) -> Vec<u8> {
    let mut head = Vec::with_capacity(128);
    head.push(b'{');
    push_field("device", &device.slug, &mut head);
    push_field("arch", &arch.slug, &mut head);
    push_field("platform", &arch.platform, &mut head);
    head
}
