//! The check of one rendering: what is found in it whatever it is built for, in the build of it for an arch, and in the
//! images of that build.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::diagnostics::is_about;
use super::ignore::Ignored;
use super::request::Request;
use super::rules::{self, RuleScope};
use super::scope::{ArchScope, ImageScope, RenderingScope, Scripts};
use super::sink::{Collect, Sink};
use super::software::{self, KnownFaults};
use super::stage_image::StageImage;
use crate::arch::Arch;
use crate::context::BuildContext;
use crate::diagnostic::{self, Diagnostic, Diagnostics, Severity};
use crate::dockerfile::{BuildOptions, Builder, Dockerfile, Evaluation};
use crate::error::Result;
use crate::image::{CatalogueCache, Platform};
use crate::render::{Redaction, Rendering, Variables};
use crate::software::faults::Lookups;
use crate::software::usage::Usage;
use crate::source::Source;
use crate::workspace::{ServiceFiles, Target};

/// The slugs of some targets.
pub(super) fn slugs(targets: &[&Target]) -> BTreeSet<String> {
    targets.iter().map(|target| target.device.slug.to_string()).collect()
}

/// Targets by their arch.
pub(super) fn by_arch<'t, 'r>(targets: &[&'t Target<'r>]) -> Vec<(&'r Arch, Vec<&'t Target<'r>>)> {
    let mut by_arch: BTreeMap<&str, (&Arch, Vec<&Target>)> = BTreeMap::new();
    for &target in targets {
        by_arch.entry(&target.arch.slug).or_insert((target.arch, Vec::new())).1.push(target);
    }
    by_arch.into_values().collect()
}

/// What a rendering is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Dockerfile,
    /// Another frontend reads it: nothing in it is looked at.
    Other,
}

/// What was found in a rendering before its rules look at it.
pub(super) struct Found<'f> {
    /// By the reader of Dockerfiles.
    pub faults: Diagnostics,
    /// In the values of its variables.
    pub of_values: &'f Diagnostics,
    /// What is used in the place of values that are not known.
    pub unknown: &'f Variables,
}

/// The check of a rendering of a service.
#[derive(Clone, Copy)]
pub(super) struct RenderingCheck<'a, 'q> {
    pub request: &'a Request<'q>,
    pub service: &'a ServiceFiles,
    pub cache: &'a CatalogueCache<'q>,
    /// Packages that were looked up already.
    pub lookups: &'a Lookups,
    pub ignored: &'a Ignored,
    /// The values that messages must not hold.
    pub redaction: &'a Redaction,
}

impl<'a> RenderingCheck<'a, '_> {
    /// Reads a rendering, whose text is `source`.
    pub fn read<'s>(&self, rendering: &Rendering, source: &'s Arc<Source>) -> (Dockerfile<'s>, Diagnostics) {
        let (mut file, faults) = Dockerfile::read(source);
        file.count_lines_of(rendering.template().source());
        (file, faults)
    }

    /// What the rules for renderings look at.
    pub fn scope<'c>(
        &self,
        rendering: &'c Rendering<'c>,
        file: &'c Dockerfile<'c>,
        context: Option<&'c BuildContext>,
    ) -> RenderingScope<'c>
    where
        'a: 'c,
    {
        let service = self.service;
        let mut of_model = self.request.services.model().into_iter().flat_map(|model| model.services());
        let in_compose_file = of_model.find(|(name, _)| *name == service.name).map(|(_, entry)| &entry.node);
        let (template, scripts) = (rendering.template(), Scripts::default());
        RenderingScope { template, file, rendering, context, in_compose_file, scripts }
    }

    fn sink<'s>(
        &'s self,
        case: &'s RenderingScope<'s>,
        devices: BTreeSet<String>,
        findings: &'s mut dyn Collect,
    ) -> Sink<'s> {
        Sink {
            findings,
            source: case.template.source(),
            rendering: Some(case.rendering),
            ignored: self.ignored,
            settings: self.request.settings,
            devices,
            redaction: self.redaction,
            rule: rules::SYNTAX,
            severity: Severity::Error,
        }
    }

    /// Reports what is in a rendering whatever it is built for.
    ///
    /// # Errors
    /// When the linter of the request fails.
    pub fn rendering(
        &self,
        case: &RenderingScope,
        found: Found,
        devices: BTreeSet<String>,
        findings: &mut dyn Collect,
    ) -> Result<Language> {
        let file = case.file;
        let is_whole = !self.service.has_only_image();
        let is_in_other_language = self.request.builder == Builder::BuildKit
            && file.is_for_other_frontend(&self.service.build_args());
        let mut sink = self.sink(case, devices, findings);
        if is_in_other_language {
            let directive = file.directives.iter().find(|directive| directive.key == "syntax");
            let place = directive.map_or(0..0, |directive| directive.value.clone());
            let by = if directive.is_some() { "this line" } else { "BUILDKIT_SYNTAX" };
            let message = format!("the frontend that {by} names may read another language than Dockerfiles");
            sink.report_only_ours(Severity::Info, &place, message, "nothing else in the file is checked");
            return Ok(Language::Other);
        }
        for fault in found.faults.iter().filter(|fault| is_whole && !is_about(fault, found.unknown)) {
            sink.take_rendered(fault, file.source);
        }
        // Lines that are too long are reported by the reader of Dockerfiles.
        for note in found.of_values.iter().filter(|note| note.rule.is_some()) {
            sink.take(note, rules::DOUBTFUL_VALUE);
        }
        for rule in rules::RULES {
            if let RuleScope::Rendering(check) = rule.scope
                && is_whole
            {
                (sink.rule, sink.severity) = (rule.id, rule.severity);
                check(case, &mut sink);
            }
        }
        if let Some(linter) = self.request.linter.filter(|_| is_whole) {
            for finding in linter(file.source.bytes()).map_err(|error| self.redaction.error(error))? {
                let span = finding.span(file.source);
                sink.foreign(&finding.code, finding.severity, &span, &finding.message);
            }
        }
        Ok(Language::Dockerfile)
    }

    /// What a build for an arch does.
    pub fn evaluate(&self, file: &Dockerfile, arch: &Arch) -> Evaluation {
        file.evaluate(&BuildOptions {
            platform: Some(&arch.platform),
            build_platform: self.request.build_platform,
            args: &self.service.build_args(),
            target: self.service.build.target.as_deref(),
            contexts: self.service.named_contexts(),
            builder: self.request.builder,
        })
    }

    /// What the rules for builds look at.
    pub fn build<'c>(
        &self,
        rendering: &'c RenderingScope<'c>,
        arch: &'c Arch,
        evaluation: &'c Evaluation,
    ) -> ArchScope<'c>
    where
        'a: 'c,
    {
        let platform = Platform::parse(&arch.platform);
        ArchScope { rendering, arch, platform, evaluation, service: self.service }
    }

    /// Reports what is in a build, whatever its images are called.
    pub fn arch(&self, build: &ArchScope, devices: BTreeSet<String>, findings: &mut dyn Collect) {
        let case = build.rendering;
        let mut sink = self.sink(case, devices, findings);
        for fault in build.evaluation.faults.iter() {
            let of_target = fault.rule == Some(diagnostic::RuleName::MissingTarget);
            match (&self.service.build.places.target, of_target) {
                (Some(place), true) => {
                    sink.take(&Diagnostic { place: place.clone(), ..fault.clone() }, rules::SYNTAX)
                }
                _ => sink.take_rendered(fault, case.file.source),
            }
        }
        for rule in rules::RULES {
            if let RuleScope::Arch(check) = rule.scope
                && self.looks_at(rule.id)
            {
                (sink.rule, sink.severity) = (rule.id, rule.severity);
                check(build, &mut sink);
            }
        }
    }

    /// What happens in each stage of a build.
    pub fn usage(&self, build: &ArchScope) -> Usage {
        if self.service.has_only_image() {
            return Usage::default();
        }
        let case = build.rendering;
        Usage::of(case.file, build.evaluation, case.context, case.in_compose_file)
    }

    /// Reports what depends on the images of a build.
    pub fn images(
        &self,
        build: &ArchScope,
        images: &[StageImage],
        (usage, known): (&Usage, &KnownFaults),
        devices: BTreeSet<String>,
        findings: &mut dyn Collect,
    ) {
        let mut sink = self.sink(build.rendering, devices, findings);
        let scope = ImageScope { build, images, cache: self.cache };
        for rule in rules::RULES {
            if let RuleScope::Image(check) = rule.scope
                && self.looks_at(rule.id)
            {
                (sink.rule, sink.severity) = (rule.id, rule.severity);
                check(&scope, &mut sink);
            }
        }
        if !self.service.has_only_image() {
            software::report(&scope, usage, known, self.lookups, &mut sink);
        }
    }

    fn looks_at(&self, rule: &str) -> bool {
        !self.service.has_only_image() || rules::OF_IMAGES.contains(&rule)
    }
}
