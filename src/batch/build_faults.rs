//! Why there can be no bake file or matrix of builds: what the compose file says and bake could not do.

use std::collections::BTreeSet;

use super::builds::Builds;
use crate::diagnostic::{Diagnostics, Place};
use crate::project::bake_notes::home_fault;
use crate::workspace::ServiceFiles;

impl Builds<'_> {
    /// All faults, those of devices that are not built for first.
    pub(super) fn faults(&self) -> Diagnostics {
        let mut faults = self.left_out.clone();
        let mut found = Diagnostics::new();
        for service in self.plan.batch.services.list() {
            found.append(service.build.places.bake.faults.clone());
            for (name, path) in &service.build.contexts {
                found.append(home_fault(path, || place_of_context(service, name)));
            }
        }
        found.sort_by_position();
        // Services that extend one have the same text.
        let mut seen = BTreeSet::new();
        for fault in
            found.iter().filter(|fault| seen.insert((fault.place.to_string(), fault.message.clone())))
        {
            faults.push(|| fault.clone());
        }
        faults.omit(found.omitted());
        faults
    }

    /// What bake does not read.
    #[cfg(feature = "cli")]
    pub(crate) fn warnings(&self) -> Diagnostics {
        let mut warnings = Diagnostics::new();
        for service in self.plan.batch.services.list() {
            warnings.append(service.build.places.bake.warnings.clone());
        }
        warnings.sort_by_position();
        warnings
    }
}

/// Where a context of a service is given.
fn place_of_context(service: &ServiceFiles, name: &str) -> Place {
    let place = service.build.places.contexts.get(name).cloned();
    place.unwrap_or(Place::Flag("--build-context"))
}
