//! The way of a check: services, their templates, the different renderings of each, the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::case::{ArchCase, Case, TextCase};
use super::context::Context;
use super::hadolint::Remark;
use super::ignore::Ignored;
use super::image::Memory;
use super::rules::{self, Look, Rule};
use super::settings::Settings;
use super::sink::Sink;
use crate::batch::services::{Prepared, ServiceFiles, Services};
use crate::batch::target::Target;
use crate::device_types::Registry;
use crate::diagnostic::{self, Diagnostic, Place, Severity};
use crate::dockerfile::Dockerfile;
use crate::error::Result;
use crate::finding::Findings;
use crate::image::{Catalogue, Platform};
use crate::render::{Layers, Rendered, Variable, Variables};
use crate::source::{Position, Source, Span};
use crate::threads;

/// Another program that looks at rendered Dockerfiles.
pub type Linter<'l> = dyn Fn(&[u8]) -> Result<Vec<Remark>> + Sync + 'l;

/// What is checked, and for whom.
pub struct Request<'q> {
    /// What is rendered.
    pub services: &'q Services,
    /// For whom.
    pub targets: &'q [Target<'q>],
    /// The device types.
    pub registry: &'q Registry,
    /// The project's folder, in which the build contexts lie; nothing for a template by itself.
    pub folder: Option<&'q Path>,
    /// Which rules matter.
    pub settings: &'q Settings,
    /// Who else is to look at what is rendered.
    pub linter: Option<&'q Linter<'q>>,
    /// The most bytes of one rendering.
    pub max_bytes: u64,
    /// How many threads to use.
    pub jobs: usize,
}

/// Checks every service for every target.
///
/// # Errors
/// When the other program fails.
pub fn run(request: &Request) -> Result<Findings> {
    let services = request.services.list();
    let parts = threads::share(&mut vec![(); request.jobs.max(1)], 0..services.len(), 8, |(), part| {
        let mut findings = Findings::default();
        let memory = Memory::new(Catalogue::new(request.registry));
        for service in &services[part] {
            Service { request, service, memory: &memory, findings: &mut findings, given: Vec::new() }
                .check()?;
        }
        Ok(findings)
    });
    let mut all = Findings::default();
    for part in parts {
        all.append(part?);
    }
    Ok(all)
}

/// One service that is checked.
struct Service<'a, 'q> {
    request: &'a Request<'q>,
    service: &'a ServiceFiles,
    memory: &'a Memory<'q>,
    findings: &'a mut Findings,
    /// Values that a user gave to the rendering at hand, with their names: no message holds one.
    given: Vec<(String, String)>,
}

/// Targets for which a template becomes the same, and what stands in for values that there are not.
type Group<'t> = (Variables, Vec<&'t Target<'t>>);

/// The rule of findings that come from other parts of the program, which say themselves which it is.
fn rule_of_others() -> &'static Rule {
    &rules::SYNTAX
}

impl Service<'_, '_> {
    fn check(mut self) -> Result<()> {
        let folder = self.request.folder.map(|folder| folder.join(&self.service.build.context));
        let context = folder.and_then(|folder| Context::open(&folder));
        // Most services have one template; others have one for some of the devices.
        let mut templates: Vec<(Arc<Prepared>, Vec<&Target>)> = Vec::new();
        for target in self.request.targets {
            let prepared = match self.service.prepared(target, self.request.max_bytes) {
                Ok(prepared) => Some(Arc::clone(&prepared)),
                Err(faults) => {
                    for fault in faults.iter() {
                        let mut fault = fault.clone();
                        if is_known_later(&fault) {
                            fault.severity = Severity::Info;
                        }
                        self.without_template(&fault, target);
                    }
                    self.service.filled(target, self.request.max_bytes)
                }
            };
            let Some(prepared) = prepared else { continue };
            match templates.iter_mut().find(|(known, _)| is_one(known, &prepared)) {
                Some((_, targets)) => targets.push(target),
                None => templates.push((prepared, vec![target])),
            }
        }
        for (prepared, targets) in &templates {
            self.template(prepared, targets, context.as_ref())?;
        }
        Ok(())
    }

    /// A device for which there is no template.
    fn without_template(&mut self, fault: &Diagnostic, target: &Target) {
        let source = match &fault.place {
            Place::Text(source, _) => Arc::clone(source),
            Place::File(name) => Arc::new(Source::new(name, Vec::new())),
            _ => Arc::new(Source::new("Dockerfile", Vec::new())),
        };
        let ignored = Ignored::default();
        self.sink(&source, None, &ignored, &[target]).take(fault, rules::NO_DOCKERFILE.id);
    }

    fn sink<'s>(
        &'s mut self,
        source: &'s Arc<Source>,
        map: Option<&'s crate::render::Map<'s>>,
        ignored: &'s Ignored,
        targets: &[&Target],
    ) -> Sink<'s> {
        let devices: BTreeSet<String> = targets.iter().map(|target| target.device.slug.to_string()).collect();
        let settings = self.request.settings;
        let given = self.given.clone();
        Sink {
            findings: self.findings,
            source,
            map,
            ignored,
            settings,
            devices,
            given,
            rule: rule_of_others(),
        }
    }

    fn template(
        &mut self,
        prepared: &Prepared,
        targets: &[&Target],
        context: Option<&Context>,
    ) -> Result<()> {
        let template = &prepared.template;
        let (file, _) = Dockerfile::read(template.source());
        let ignored = Ignored::of(&file);
        let mut sink = self.sink(template.source(), None, &ignored, targets);
        // What there is to say whoever it is for: the rules of the text have their names already.
        for note in prepared.notes.iter().filter(|note| note.rule.is_some()) {
            let mut note = note.clone();
            if note.rule == Some(diagnostic::Rule::MalformedPlaceholder) && is_in_from(&file, &note) {
                // An image of that name is nowhere.
                note.severity = Severity::Error;
            }
            sink.take(&note, rules::SYNTAX.id);
        }
        let case = TextCase { template, file: &file, targets };
        for rule in rules::RULES {
            if let Look::Text(look) = rule.look {
                sink.rule = rule;
                look(&case, &mut sink);
            }
        }
        for (span, rule) in &ignored.unknown {
            sink.rule = &rules::UNKNOWN_IGNORE;
            let help = crate::nearest::did_you_mean(rule, rules::RULES.iter().map(|rule| rule.id));
            let shown = crate::escape::shortened(rule, 80);
            sink.report(span, format!("there is no rule `{shown}` to ignore"), help.unwrap_or_default());
        }
        drop(sink);
        for group in self.renderings(prepared, targets, &ignored) {
            self.rendering(prepared, &group, context, &ignored)?;
        }
        Ok(())
    }

    /// The targets by what the template becomes for them. What cannot be rendered is reported, and
    /// rendered with its unknown placeholders as they are, so that the rest can be looked at.
    fn renderings<'t>(
        &mut self,
        prepared: &'t Prepared,
        targets: &[&'t Target<'t>],
        ignored: &Ignored,
    ) -> Vec<Group<'t>> {
        let template = &prepared.template;
        let mut groups: BTreeMap<Vec<Option<Vec<u8>>>, Group> = BTreeMap::new();
        for &target in targets {
            let layers = [&*target.own, &self.service.variables, &*target.base];
            let layers = Layers(&layers);
            let value = |name: &String| layers.get(name).map(|variable| variable.value().to_vec());
            let key: Vec<Option<Vec<u8>>> = template.names().iter().map(value).collect();
            if let Some((_, group)) = groups.get_mut(&key) {
                group.push(target);
                continue;
            }
            let mut filler = Variables::new();
            for name in template.names().iter().filter(|name| layers.get(name).is_none()) {
                let place = Place::Text(Arc::clone(template.source()), 0..0);
                // A placeholder's own text fits into a line.
                let _ = filler.define(name, format!("%%{name}%%"), place);
            }
            groups.insert(key, (filler, vec![target]));
        }
        // In the order of the targets, for the same help on every run.
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort_by(|one, other| {
            let name = |group: &[&Target]| {
                group.first().map(|target| (target.device.slug.to_string(), target.number))
            };
            name(&one.1).cmp(&name(&other.1))
        });
        for (_, group) in &groups {
            let Some(target) = group.first() else { continue };
            let layers = [&*target.own, &self.service.variables, &*target.base];
            if let Err(faults) = template.render_layers(Layers(&layers)) {
                let mut sink = self.sink(template.source(), None, ignored, group);
                for fault in faults.iter() {
                    let mut fault = fault.clone();
                    if is_known_later(&fault) {
                        fault.severity = Severity::Info;
                    }
                    sink.take(&fault, rules::DOUBTFUL_VALUE.id);
                }
            }
        }
        groups
    }

    fn rendering(
        &mut self,
        prepared: &Prepared,
        (filler, targets): &Group,
        context: Option<&Context>,
        ignored: &Ignored,
    ) -> Result<()> {
        let template = &prepared.template;
        let Some(first) = targets.first() else { return Ok(()) };
        let layers = [&*first.own, &self.service.variables, &*first.base, filler];
        // A value that would change the structure of the file leaves nothing to look at.
        let Ok(rendered) = template.render_layers(Layers(&layers)) else { return Ok(()) };
        if rendered.len() > self.request.max_bytes {
            let limit = crate::fs::Limit { bytes: self.request.max_bytes, flag: "--max-output-bytes" };
            return Err(limit.exceeded(&format!("the result for {}", template.source().name())));
        }
        let map = rendered.map();
        let is_of_user = |variable: &&&Variable| {
            variable.origin().is_some()
                && filler.get(variable.name()).is_none()
                && !variable.value().is_empty()
        };
        let of_placeholders = rendered.values().iter().filter(is_of_user).copied();
        let of_tera = prepared.given.iter().filter(|variable| !variable.value().is_empty());
        let given = of_placeholders.chain(of_tera).map(|variable| {
            (variable.name().to_owned(), String::from_utf8_lossy(variable.value()).into_owned())
        });
        self.given = given.collect();
        // Lines of it hold values, and it has no file of its own.
        let source = Source::new(template.source().name(), rendered.to_bytes()).hiding_lines();
        let source = Arc::new(source);
        let (mut file, faults) = Dockerfile::read(&source);
        file.count_lines_of(template.source());
        let case = Case { template, file: &file, map: &map, service: self.service, context };
        let linter = self.request.linter;
        let mut sink = self.sink(template.source(), Some(&map), ignored, targets);
        for fault in faults.iter() {
            sink.take_rendered(fault);
        }
        // What stands in for an unknown value is not to be judged.
        let is_whole = filler.iter().next().is_none();
        for note in values_of(&rendered).iter().filter(|_| is_whole) {
            sink.take(note, rules::DOUBTFUL_VALUE.id);
        }
        for rule in rules::RULES {
            if let Look::File(look) = rule.look {
                sink.rule = rule;
                look(&case, &mut sink);
            }
        }
        if let Some(linter) = linter {
            for remark in linter(source.bytes())? {
                let span = place_of(&source, &remark);
                sink.foreign(&remark.code, remark.severity, &span, &remark.message);
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
        self.given.clear();
        Ok(())
    }

    fn arch(&mut self, case: &Case, targets: &[&Target], ignored: &Ignored) {
        let Some(arch) = targets.first().map(|target| target.arch) else { return };
        let memory = self.memory;
        let (images, faults) = memory.images(case.file, self.service, arch);
        let platform = Platform::parse(&arch.platform);
        let mut sink = self.sink(case.template.source(), Some(case.map), ignored, targets);
        for fault in faults.iter() {
            sink.take_rendered(fault);
        }
        let case = ArchCase { case, arch, platform, images: &images, memory };
        for rule in rules::RULES {
            if let Look::Arch(look) = rule.look {
                sink.rule = rule;
                look(&case, &mut sink);
            }
        }
    }
}

/// Whether the targets of both get the same: one file, or what a Tera template became for each.
fn is_one(known: &Arc<Prepared>, other: &Arc<Prepared>) -> bool {
    let (one, two) = (known.template.source(), other.template.source());
    Arc::ptr_eq(known, other) || (one.is_made() && two.is_made() && one.bytes() == two.bytes())
}

/// Whether it is about the image that a stage is built on.
fn is_in_from(file: &Dockerfile, note: &Diagnostic) -> bool {
    let Place::Text(_, span) = &note.place else { return false };
    file.stages.iter().any(|stage| stage.base.span.start <= span.start && span.start < stage.base.span.end)
}

/// Whether it is a placeholder that the balena builder knows in every build, and a check need not.
fn is_known_later(fault: &Diagnostic) -> bool {
    const LATER: [&[u8]; 4] =
        [b"%%BALENA_APP_NAME%%", b"%%BALENA_RELEASE_HASH%%", b"BALENA_APP_NAME", b"BALENA_RELEASE_HASH"];
    let Place::Text(source, span) = &fault.place else { return false };
    let text = source.bytes().get(span.clone()).unwrap_or_default();
    fault.rule == Some(diagnostic::Rule::UnknownPlaceholder) && LATER.contains(&text)
}

/// What there is to say about the values in a rendering.
fn values_of(rendered: &Rendered) -> Vec<Diagnostic> {
    // Lines that are too long are the parser's to tell.
    let notes = rendered.suspicions();
    notes.iter().filter(|note| note.rule.is_some()).cloned().collect()
}

/// Where a remark points: from its column to the end of the line.
fn place_of(source: &Source, remark: &Remark) -> Span {
    let start = source.offset(Position { line: remark.line, column: remark.column });
    let line = source.line_span(source.position(start).line);
    let text = source.bytes().get(start..line.end).unwrap_or_default().trim_ascii_end();
    start..start + text.len()
}
