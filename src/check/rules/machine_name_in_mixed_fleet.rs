//! The name of one device type in a file that a fleet of several shares.

use super::{Look, Rule};
use std::collections::BTreeSet;

use crate::check::{Sink, TextCase};
use crate::diagnostic::Severity;

pub static RULE: Rule = Rule {
    id: "machine-name-in-mixed-fleet",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/machine-name-in-mixed-fleet.md"),
    look: Look::Text(look),
};

fn look(case: &TextCase, sink: &mut Sink) {
    let mixed = case.targets.iter().filter(|target| target.devices > 1 && target.fleet.is_some());
    let (mut devices, mut fleets) = (BTreeSet::new(), BTreeSet::new());
    for target in mixed {
        devices.insert(target.device.slug.to_string());
        fleets.insert(format!("`{}`", target.name()));
    }
    if devices.is_empty() {
        return;
    }
    let fleets: Vec<String> = fleets.into_iter().take(3).collect();
    let all = std::mem::replace(&mut sink.devices, devices);
    for &placeholder in case.template.placeholders() {
        let name = case.template.name(placeholder);
        if name.ends_with("_MACHINE_NAME") {
            sink.report(
                &case.template.span(placeholder),
                format!("%%{name}%% is one device type, and a fleet has several"),
                format!(
                    "the fleet {} gets one image for all of them: write %%BALENA_ARCH%% if that will do",
                    fleets.join(", ")
                ),
            );
        }
    }
    sink.devices = all;
}
