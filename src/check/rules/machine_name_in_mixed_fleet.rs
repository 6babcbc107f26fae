//! The name of one device type in a file that a fleet of several shares.

use std::collections::BTreeSet;

use crate::check::{Sink, TemplateScope};

pub(super) fn check(scope: &TemplateScope, sink: &mut Sink) {
    let mixed = scope.targets.iter().filter(|target| target.devices > 1 && target.fleet.is_some());
    let mixed = mixed.map(|target| (target.device.slug.to_string(), format!("`{}`", target.name())));
    let (devices, fleets): (BTreeSet<String>, BTreeSet<String>) = mixed.unzip();
    if devices.is_empty() {
        return;
    }
    let fleets = Vec::from_iter(fleets.into_iter().take(3)).join(", ");
    let all = std::mem::replace(&mut sink.devices, devices);
    for &placeholder in scope.template.placeholders() {
        let name = scope.template.name(placeholder);
        if name.ends_with("_MACHINE_NAME") {
            let message = format!("%%{name}%% names one device type, but a fleet has several");
            let help = format!(
                "the fleet {fleets} runs one image on all of them: write %%BALENA_ARCH%% if the \
                 arch is enough"
            );
            sink.report(&scope.template.span(placeholder), message, help);
        }
    }
    sink.devices = all;
}
