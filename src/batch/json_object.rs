//! The JSON objects of a batch: their first fields, and which rows need no look at their values.

use std::collections::BTreeSet;

use super::Batch;
use crate::json::push_field;
use crate::render::Layers;
use crate::workspace::Target;

/// The variables that name the fleet, and those that name the device type. Results with one of them are
/// different for nearly every target, so that it is not worth looking for equal ones.
const OF_FLEETS: [&str; 1] = ["BALENA_APP_NAME"];
const OF_DEVICES: [&str; 2] = ["BALENA_MACHINE_NAME", "RESIN_MACHINE_NAME"];

/// Whether a variable names the fleet of the target, or its device type if it has no fleet.
pub fn differs_by_target(name: &str, target: &Target) -> bool {
    let names: &[&str] = if target.fleet.is_some() { &OF_FLEETS } else { &OF_DEVICES };
    names.contains(&name)
}

/// Whether a variable names the targets of this batch.
pub fn is_unique(name: &str, batch: &Batch) -> bool {
    batch.targets.first().is_some_and(|target| differs_by_target(name, target))
}

/// The head of a target's objects, up to its service.
pub fn head(target: &Target) -> Vec<u8> {
    let mut head = Vec::with_capacity(128);
    head.push(b'{');
    push_field("device", &target.device.slug, &mut head);
    push_field("arch", &target.arch.slug, &mut head);
    push_field("platform", &target.arch.platform, &mut head);
    match &target.fleet {
        Some(fleet) => push_field("fleet", fleet, &mut head),
        None => head.extend_from_slice(b"\"fleet\":null,"),
    }
    head
}

/// Whether it is known without a look at each row that none is at fault: every name has a value
/// everywhere, and all values are plain.
pub fn is_surely_good(batch: &Batch) -> bool {
    let Some(templates) = batch.services.shared() else { return false };
    let fits = |value: usize| {
        templates.iter().all(|shared| {
            let template = &shared.template;
            let most = template.source().bytes().len() + template.placeholders().len().saturating_mul(value);
            shared.json().is_some()
                && template.tera().is_none()
                && template.takes_every_plain_value()
                && most as u64 <= batch.limits.render.output_bytes
        })
    };
    let names: BTreeSet<&str> =
        templates.iter().flat_map(|shared| shared.template.names()).map(String::as_str).collect();
    let mut longest = 0;
    // All services have the same names, and only the value of this one is their own.
    let looked_at = if names.contains("BALENA_SERVICE_NAME") { usize::MAX } else { 1 };
    for target in batch.targets {
        for service in batch.services.list().iter().take(looked_at) {
            let layers = target.layers(service);
            for name in &names {
                match Layers(&layers).get(name) {
                    Some(variable) if variable.is_plain() => longest = longest.max(variable.value().len()),
                    _ => return false,
                }
            }
        }
    }
    fits(longest)
}
