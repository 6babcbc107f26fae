//! The JSON objects of a batch: their first fields, and which rows need no look at their values.

use std::collections::BTreeSet;

use super::Batch;
use crate::json::push_string;
use crate::render::Layers;
use crate::workspace::Target;

/// Names whose value is another one for every target: their rows are never equal.
const OF_FLEETS: [&str; 1] = ["BALENA_APP_NAME"];
const OF_DEVICES: [&str; 2] = ["BALENA_MACHINE_NAME", "RESIN_MACHINE_NAME"];

/// Whether a name has another value for every target of a kind.
pub fn is_another_for_each(name: &str, target: &Target) -> bool {
    let names: &[&str] = if target.fleet.is_some() { &OF_FLEETS } else { &OF_DEVICES };
    names.contains(&name)
}

/// Whether no two targets of a batch have the same value for a name.
pub fn is_of_one(name: &str, batch: &Batch) -> bool {
    batch.targets.first().is_some_and(|target| is_another_for_each(name, target))
}

/// The head of a target's objects, up to its service.
pub fn head(target: &Target) -> Vec<u8> {
    let mut head = Vec::with_capacity(128);
    let fields = [
        ("device", &*target.device.slug),
        ("arch", &*target.arch.slug),
        ("platform", &*target.arch.platform),
    ];
    for (at, (name, value)) in fields.into_iter().enumerate() {
        head.extend_from_slice(if at == 0 { b"{\"" } else { b",\"" });
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b"\":\"");
        push_string(value, &mut head);
        head.push(b'"');
    }
    match &target.fleet {
        Some(fleet) => {
            head.extend_from_slice(b",\"fleet\":\"");
            push_string(fleet, &mut head);
            head.extend_from_slice(b"\",");
        }
        None => head.extend_from_slice(b",\"fleet\":null,"),
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
    for target in batch.targets {
        // All services have the same names for their own values, and each its own is looked at.
        for service in batch.services.list().iter().take(if names.contains("BALENA_SERVICE_NAME") {
            usize::MAX
        } else {
            1
        }) {
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
