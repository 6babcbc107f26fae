//! The check of one service: its templates, the distinct renderings of each, and the rules that look at
//! them.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use super::beside;
use super::diagnostics::{is_in_from, lenient};
use super::ignore::Ignored;
use super::rendering::{Found, Language, RenderingCheck, by_arch, slugs};
use super::request::Request;
use super::rules::{self, RuleScope};
use super::scope::{TemplateScope, shown};
use super::sink::Sink;
use super::software::KnownFaults;
use super::stage_image::images;
use crate::context::BuildContext;
use crate::diagnostic::{self, Diagnostics, Place, Severity};
use crate::dockerfile::{Builder, Dockerfile};
use crate::error::Result;
use crate::finding::Findings;
use crate::ignore_files::{InvalidPattern, invalid_patterns};
use crate::image::CatalogueCache;
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
            let mut sink = self.sink(&source, &ignored, &targets);
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
        let mut sink = self.sink(source, &ignored, targets);
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
            self.sink(&source, &ignored, &[target]).take(&lenient(fault), rules::NO_DOCKERFILE);
        }
    }

    pub(super) fn sink<'s>(
        &'s mut self,
        source: &'s Arc<Source>,
        ignored: &'s Ignored,
        targets: &[&Target],
    ) -> Sink<'s> {
        Sink {
            findings: self.findings,
            source,
            rendering: None,
            ignored,
            settings: self.request.settings,
            devices: slugs(targets),
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
            self.redaction = Redaction::default();
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
        let mut sink = self.sink(template.source(), ignored, targets);
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
        let redaction = self.service.redaction(rendering);
        let check = RenderingCheck {
            request: self.request,
            service: self.service,
            cache: self.cache,
            lookups: self.lookups,
            ignored,
            redaction: &redaction,
        };
        let source = rendering.to_source();
        let (file, faults) = check.read(rendering, &source);
        let case = check.scope(rendering, &file, self.context.as_deref());
        let found = Found { faults, of_values, unknown };
        if check.rendering(&case, found, slugs(targets), self.findings)? == Language::Other {
            return Ok(());
        }
        for (arch, targets) in by_arch(targets) {
            let evaluation = check.evaluate(&file, arch);
            let build = check.build(&case, arch, &evaluation);
            check.arch(&build, slugs(&targets), self.findings);
            let images = images(&evaluation, arch, self.cache);
            let usage = (&check.usage(&build), &KnownFaults::default());
            check.images(&build, &images, usage, slugs(&targets), self.findings);
        }
        Ok(())
    }
}
