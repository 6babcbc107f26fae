//! The name of one device type in a file that a fleet of several shares.

use std::collections::BTreeSet;

use crate::check::{Sink, TemplateScope};

pub(super) fn check(scope: &TemplateScope, sink: &mut Sink) {
    let mixed = scope.targets.iter().filter(|target| target.devices > 1 && target.fleet.is_some());
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
    for &placeholder in scope.template.placeholders() {
        let name = scope.template.name(placeholder);
        if name.ends_with("_MACHINE_NAME") {
            sink.report(
                &scope.template.span(placeholder),
                format!("%%{name}%% names one device type, but a fleet has several"),
                format!(
                    "the fleet {} runs one image on all of them: write %%BALENA_ARCH%% if the arch is enough",
                    fleets.join(", ")
                ),
            );
        }
    }
    sink.devices = all;
}
