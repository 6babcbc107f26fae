//! The check of one service: its templates, the distinct renderings of each, and the rules that look at
//! them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use super::beside;
use super::diagnostics::{is_about, is_in_from, lenient};
use super::ignore::Ignored;
use super::request::Request;
use super::rules::{self, RuleScope};
use super::scope::{ArchScope, RenderingScope, Scripts, TemplateScope, shown};
use super::sink::Sink;
use super::software;
use super::stage_image::images;
use crate::context::BuildContext;
use crate::diagnostic::{self, Diagnostic, Diagnostics, Place, Severity};
use crate::dockerfile::{BuildOptions, Builder, Dockerfile};
use crate::error::Result;
use crate::finding::Findings;
use crate::ignore_files::{InvalidPattern, invalid_patterns};
use crate::image::{CatalogueCache, Platform};
use crate::render::{Layers, Redaction, Rendering, Template, TeraTemplate, Variables};
use crate::software::faults::Lookups;
use crate::source::Source;
use crate::workspace::{ServiceFiles, ServiceTemplate, Target};

/// The build context of a template, where its folder exists. BuildKit reads an ignore file that is called after the
/// Dockerfile.
pub(super) fn open_context(
    request: &Request,
    service: &ServiceFiles,
    found: &ServiceTemplate,
) -> Result<Option<Rc<BuildContext>>> {
    let file = Path::new(found.template.source().name());
    let name = Path::new(&found.choice.name).file_name().unwrap_or_default().to_string_lossy();
    let Some(folder) = request.folder else { return Ok(None) };
    let own = file.with_file_name(format!("{name}.dockerignore"));
    let own = (request.builder == Builder::BuildKit).then_some(&*own);
    let context = BuildContext::open(folder, &service.build.context, own, request.ignore_reader)?;
    Ok(context.map(Rc::new))
}

/// One service that is checked.
pub(super) struct ServiceCheck<'a, 'q> {
    pub request: &'a Request<'q>,
    pub service: &'a ServiceFiles,
    /// How many threads check it.
    pub jobs: usize,
    /// The build context of the template that is looked at, where its folder exists.
    pub context: Option<Rc<BuildContext>>,
    pub cache: &'a CatalogueCache<'q>,
    /// Packages that were looked up already.
    pub lookups: &'a Lookups,
    pub findings: &'a mut Findings,
    /// The values that messages about the current rendering must not hold.
    pub redaction: Redaction,
}

impl ServiceCheck<'_, '_> {
    pub(super) fn run(mut self) -> Result<()> {
        // Most services have one template; others have different ones for some devices.
        let mut templates: Vec<(Arc<ServiceTemplate>, Vec<&Target>)> = Vec::new();
        for target in self.request.targets {
            let template = match self.service.template(&target.subject()) {
                Ok(template) => Arc::clone(&template),
                Err(error) => {
                    self.without_template(&error.into_diagnostics(), target);
                    continue;
                }
            };
            match templates.iter_mut().find(|(known, _)| Arc::ptr_eq(known, &template)) {
                Some((_, targets)) => targets.push(target),
                None => templates.push((template, vec![target])),
            }
        }
        let taken = templates.iter().map(|(found, _)| found.choice.path.clone()).collect();
        self.unread_files(&taken);
        for (found, targets) in &templates {
            self.context = open_context(self.request, self.service, found)?;
            self.ignore_file(targets);
            match found.template.tera() {
                Some(tera) => self.tera(found, tera, targets)?,
                None => self.placeholders(found, targets)?,
            }
        }
        Ok(())
    }

    /// Reports files that look like a Dockerfile of this service, or like its ignore file, and are never read.
    fn unread_files(&mut self, taken: &BTreeSet<String>) {
        for (file, unread) in beside::unread_files(self.request, self.service, taken) {
            let source = Arc::new(Source::new(file, Vec::new()));
            let (ignored, targets) = (Ignored::default(), self.request.targets.iter().collect::<Vec<_>>());
            let mut sink = self.sink(&source, None, &ignored, &targets);
            sink.rule = unread.rule;
            sink.severity = rules::named(unread.rule).map_or(Severity::Warning, |rule| rule.severity);
            sink.report(&(0..0), unread.message, unread.help);
        }
    }

    /// Reports the lines of the ignore file that cannot be used.
    fn ignore_file(&mut self, targets: &[&Target]) {
        let context = self.context.clone();
        let Some(source) = context.as_ref().and_then(|context| context.ignore_file_source()) else { return };
        let (ignored, reader) = (Ignored::default(), self.request.ignore_reader);
        let mut sink = self.sink(source, None, &ignored, targets);
        sink.rule = rules::INVALID_IGNORE_PATTERN;
        for InvalidPattern { span, message, help, severity } in invalid_patterns(source, reader) {
            sink.report_as(severity, &span, message, help);
        }
    }

    /// A device for which there is no template, or for which a Tera template cannot be rendered.
    fn without_template(&mut self, faults: &Diagnostics, target: &Target) {
        for fault in faults.iter() {
            let source = match &fault.place {
                Place::Text(source, _) => Arc::clone(source),
                Place::File(folder) => Arc::new(Source::new(folder.as_str(), Vec::new())),
                _ => Arc::new(Source::new("Dockerfile", Vec::new())),
            };
            let ignored = Ignored::default();
            self.sink(&source, None, &ignored, &[target]).take(&lenient(fault), rules::NO_DOCKERFILE);
        }
    }

    pub(super) fn sink<'s>(
        &'s mut self,
        source: &'s Arc<Source>,
        rendering: Option<&'s Rendering<'s>>,
        ignored: &'s Ignored,
        targets: &[&Target],
    ) -> Sink<'s> {
        let devices: BTreeSet<String> = targets.iter().map(|target| target.device.slug.to_string()).collect();
        Sink {
            findings: self.findings,
            source,
            rendering,
            ignored,
            settings: self.request.settings,
            devices,
            redaction: &self.redaction,
            rule: rules::SYNTAX,
            severity: Severity::Error,
        }
    }

    /// A Tera template: what it produces for each device is looked at as a template of its own.
    fn tera(&mut self, found: &ServiceTemplate, tera: &TeraTemplate, targets: &[&Target]) -> Result<()> {
        let most_bytes = self.request.max_bytes;
        let mut produced: Vec<(Rendering, Diagnostics, Vec<&Target>)> = Vec::new();
        for &target in targets {
            let [own, service, base] = target.layers(self.service);
            let layers = [own, service, base];
            let mut warnings = found.choice_warnings.clone();
            let rendering = match tera.render(&target.subject(), Layers(&layers), most_bytes) {
                Ok(rendering) => {
                    warnings.append(rendering.warnings());
                    rendering
                }
                Err(faults) => {
                    self.without_template(&faults, target);
                    // With names instead of unknown values, the rest can be looked at.
                    let filler =
                        Variables::standing_in(tera.source(), tera.unknown(Layers(&layers)).into_iter());
                    if filler.iter().next().is_none() {
                        continue;
                    }
                    let layers = [own, service, base, &filler];
                    let rendered = tera.render(&target.subject(), Layers(&layers), most_bytes);
                    let Ok(rendering) = rendered else { continue };
                    warnings.append(rendering.template().warnings());
                    rendering
                }
            };
            let bytes = rendering.template().source().bytes();
            match produced.iter_mut().find(|(known, ..)| known.template().source().bytes() == bytes) {
                Some((_, _, targets)) => targets.push(target),
                None => produced.push((rendering, warnings, vec![target])),
            }
        }
        for (rendering, warnings, targets) in &produced {
            let template = rendering.template();
            let (file, _) = Dockerfile::read(template.source());
            let ignored = Ignored::of(&file, self.request.builder, &self.service.build_args());
            self.redaction = self.service.redaction(rendering);
            self.text(template, &file, warnings, targets, &ignored);
            self.rendering(rendering, &Diagnostics::new(), &Variables::new(), targets, &ignored)?;
        }
        Ok(())
    }

    /// Looks at the text of a template as it is written.
    pub(super) fn text(
        &mut self,
        template: &Template,
        file: &Dockerfile,
        warnings: &Diagnostics,
        targets: &[&Target],
        ignored: &Ignored,
    ) {
        let mut sink = self.sink(template.source(), None, ignored, targets);
        for note in warnings.iter().filter(|note| note.rule.is_some()) {
            let mut note = note.clone();
            if note.rule == Some(diagnostic::RuleName::MalformedPlaceholder) && is_in_from(file, &note) {
                // An image of that name is nowhere.
                note.severity = Severity::Error;
            }
            sink.take(&note, rules::SYNTAX);
        }
        let case = TemplateScope { template, file, targets };
        for rule in rules::RULES {
            if let RuleScope::Template(check) = rule.scope {
                (sink.rule, sink.severity) = (rule.id, rule.severity);
                check(&case, &mut sink);
            }
        }
        (sink.rule, sink.severity) = (rules::UNKNOWN_IGNORE, Severity::Warning);
        for (span, rule) in ignored.named.iter().filter(|(_, rule)| !rules::is_known(rule)) {
            let help = rules::did_you_mean(rule);
            let rule = shown(rule);
            sink.report(span, format!("there is no rule `{rule}` to ignore"), help.unwrap_or_default());
        }
    }

    /// What a template becomes for some targets, and, for each of their architectures, what is built of it.
    pub(super) fn rendering(
        &mut self,
        rendering: &Rendering,
        of_values: &Diagnostics,
        unknown: &Variables,
        targets: &[&Target],
        ignored: &Ignored,
    ) -> Result<()> {
        let template = rendering.template();
        self.redaction = self.service.redaction(rendering);
        let source = rendering.to_source();
        let (mut file, faults) = Dockerfile::read(&source);
        file.count_lines_of(template.source());
        let (context, linter) = (self.context.clone(), self.request.linter);
        let (context, scripts) = (context.as_deref(), Scripts::default());
        let mut of_model = self.request.services.model().into_iter().flat_map(|model| model.services());
        let in_compose_file =
            of_model.find(|(name, _)| *name == self.service.name).map(|(_, entry)| &entry.node);
        let case = RenderingScope { template, file: &file, rendering, context, in_compose_file, scripts };
        let is_whole = !self.service.has_only_image();
        let is_in_other_language = self.request.builder == Builder::BuildKit
            && file.is_for_other_frontend(&self.service.build_args());
        let mut sink = self.sink(template.source(), Some(rendering), ignored, targets);
        if is_in_other_language {
            let directive = file.directives.iter().find(|directive| directive.key == "syntax");
            let place = directive.map_or(0..0, |directive| directive.value.clone());
            let by = if directive.is_some() { "this line" } else { "BUILDKIT_SYNTAX" };
            let message = format!("the frontend that {by} names may read another language than Dockerfiles");
            sink.report_only_ours(Severity::Info, &place, message, "nothing else in the file is checked");
            return Ok(());
        }
        for fault in faults.iter().filter(|fault| is_whole && !is_about(fault, unknown)) {
            sink.take_rendered(fault, &source);
        }
        // Lines that are too long are reported by the reader of Dockerfiles.
        for note in of_values.iter().filter(|note| note.rule.is_some()) {
            sink.take(note, rules::DOUBTFUL_VALUE);
        }
        for rule in rules::RULES {
            if let RuleScope::Rendering(check) = rule.scope
                && is_whole
            {
                (sink.rule, sink.severity) = (rule.id, rule.severity);
                check(&case, &mut sink);
            }
        }
        if let Some(linter) = linter.filter(|_| is_whole) {
            for finding in linter(source.bytes()).map_err(|error| sink.redaction.error(error))? {
                let span = finding.span(&source);
                sink.foreign(&finding.code, finding.severity, &span, &finding.message);
            }
        }
        drop(sink);
        let mut by_arch: BTreeMap<&str, Vec<&Target>> = BTreeMap::new();
        for target in targets {
            by_arch.entry(&target.arch.slug).or_default().push(target);
        }
        for targets in by_arch.into_values() {
            self.arch(&case, &targets, ignored);
        }
        self.redaction = Redaction::default();
        Ok(())
    }

    fn arch(&mut self, case: &RenderingScope, targets: &[&Target], ignored: &Ignored) {
        let Some(arch) = targets.first().map(|target| target.arch) else { return };
        let (cache, lookups) = (self.cache, self.lookups);
        let evaluation = case.file.evaluate(&BuildOptions {
            platform: Some(&arch.platform),
            build_platform: self.request.build_platform,
            args: &self.service.build_args(),
            target: self.service.build.target.as_deref(),
            contexts: self.service.named_contexts(),
            builder: self.request.builder,
        });
        let images = images(&evaluation, arch, cache);
        let is_whole = !self.service.has_only_image();
        let service = self.service;
        let platform = Platform::parse(&arch.platform);
        let mut sink = self.sink(case.template.source(), Some(case.rendering), ignored, targets);
        for fault in evaluation.faults.iter() {
            let of_target = fault.rule == Some(diagnostic::RuleName::MissingTarget);
            match (&service.build.places.target, of_target) {
                (Some(place), true) => {
                    sink.take(&Diagnostic { place: place.clone(), ..fault.clone() }, rules::SYNTAX)
                }
                _ => sink.take_rendered(fault, case.file.source),
            }
        }
        let case = ArchScope {
            rendering: case,
            arch,
            platform,
            evaluation: &evaluation,
            service,
            images: &images,
            cache,
        };
        for rule in rules::RULES {
            if let RuleScope::Arch(check) = rule.scope
                && (is_whole || rules::OF_IMAGES.contains(&rule.id))
            {
                (sink.rule, sink.severity) = (rule.id, rule.severity);
                check(&case, &mut sink);
            }
        }
        if is_whole {
            software::report(&case, lookups, &mut sink);
        }
    }
}
