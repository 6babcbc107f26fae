//! What is found in a Dockerfile whatever its base images are called, for all devices for which it differs in those
//! names alone.

use std::collections::{BTreeMap, BTreeSet};

use super::base_names::{BaseNames, are_images};
use super::rendering::{Found, Language, RenderingCheck, by_arch, slugs};
use super::scope::{ArchScope, RenderingScope};
use super::software::KnownFaults;
use super::stage_image::{StageImage, images, renamed};
use crate::arch::Arch;
use crate::diagnostic::Diagnostics;
use crate::dockerfile::Evaluation;
use crate::error::Result;
use crate::finding::{Finding, Findings};
use crate::render::{Rendering, Variables};
use crate::software::usage::Usage;
use crate::workspace::Target;

/// What one of the Dockerfiles has in common with all others.
pub(super) struct Shared<'c, 'q> {
    check: RenderingCheck<'c, 'q>,
    names: &'c BaseNames<'c>,
    /// What is found whatever it is built for.
    findings: Vec<Finding>,
    /// By arch; nothing is built of what another frontend reads.
    builds: BTreeMap<&'c str, SharedBuild<'c>>,
}

/// The same for one arch.
struct SharedBuild<'c> {
    scope: ArchScope<'c>,
    findings: Vec<Finding>,
    /// The images of the one Dockerfile.
    images: Vec<StageImage>,
    usage: Usage,
    /// What was found for images with other names.
    known: KnownFaults,
}

impl<'c, 'q> Shared<'c, 'q> {
    /// Looks at one of the Dockerfiles, with an evaluation for each arch. None if the names are in other places of it
    /// than in the template, or not those of images.
    ///
    /// # Errors
    /// Those of the rules for renderings.
    pub fn of(
        check: RenderingCheck<'c, 'q>,
        names: &'c BaseNames<'c>,
        scope: &'c RenderingScope<'c>,
        faults: &Diagnostics,
        evaluations: &'c [(&'c Arch, Evaluation)],
    ) -> Result<Option<Self>> {
        let own = names.in_rendering(scope.rendering);
        let are_images = evaluations.iter().all(|(_, evaluation)| are_images(&own, evaluation));
        if !names.are_those_of(scope.rendering, scope.file) || !are_images {
            return Ok(None);
        }
        let mut findings = Vec::new();
        let (of_values, unknown) = (Diagnostics::new(), Variables::new());
        let found = Found { faults: faults.clone(), of_values: &of_values, unknown: &unknown };
        let language = check.rendering(scope, found, BTreeSet::new(), &mut findings)?;
        let mut builds = BTreeMap::new();
        for (arch, evaluation) in evaluations.iter().filter(|_| language == Language::Dockerfile) {
            let scope = check.build(scope, arch, evaluation);
            let mut findings = Vec::new();
            check.arch(&scope, BTreeSet::new(), &mut findings);
            let images = images(evaluation, arch, check.cache);
            let usage = check.usage(&scope);
            builds.insert(
                &*arch.slug,
                SharedBuild { scope, findings, images, usage, known: KnownFaults::default() },
            );
        }
        Ok(Some(Shared { check, names, findings, builds }))
    }

    /// Reports what is found for the targets of another Dockerfile; nothing if the name of an image in it is invalid.
    pub fn report(&self, rendering: &Rendering, targets: &[&Target], findings: &mut Findings) -> bool {
        let names = self.names.in_rendering(rendering);
        if names.iter().any(|(_, name)| self.check.cache.about(name).is_err()) {
            return false;
        }
        add(&self.findings, &slugs(targets), findings);
        for (arch, targets) in by_arch(targets) {
            let Some(build) = self.builds.get(&*arch.slug) else { continue };
            let devices = slugs(&targets);
            add(&build.findings, &devices, findings);
            let images = renamed(&build.images, &names, arch, self.check.cache);
            self.check.images(&build.scope, &images, (&build.usage, &build.known), devices, findings);
        }
        true
    }
}

/// Adds findings for some devices.
fn add(found: &[Finding], devices: &BTreeSet<String>, findings: &mut Findings) {
    for finding in found {
        findings.add(Finding { devices: devices.clone(), ..finding.clone() });
    }
}
