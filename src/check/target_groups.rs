//! The check of a template for many devices: those for which it becomes the same are one group, and groups are
//! shared out to threads.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::diagnostics::lenient;
use super::ignore::Ignored;
use super::request::Request;
use super::rules;
use super::service::{ServiceCheck, open_context};
use crate::context::BuildContext;
use crate::diagnostic::Diagnostics;
use crate::dockerfile::Dockerfile;
use crate::error::Result;
use crate::finding::Findings;
use crate::image::CatalogueCache;
use crate::render::{Layers, Limits, Redaction, Template, Variables};
use crate::software::faults::Lookups;
use crate::threads;
use crate::workspace::{ServiceFiles, ServiceTemplate, Target};

/// Targets for which a template becomes the same, and what is used for values that are not known.
type TargetGroup<'t> = (Variables, Vec<&'t Target<'t>>);

/// The number of groups whose findings are put together before those of others, whatever the number of threads: which
/// of too many findings are kept depends on it.
const CHUNK: usize = 16;

impl ServiceCheck<'_, '_> {
    /// A template with placeholders, or a plain Dockerfile.
    pub(super) fn placeholders(&mut self, found: &ServiceTemplate, targets: &[&Target]) -> Result<()> {
        let template = &found.template;
        let (file, _) = Dockerfile::read(template.source());
        let ignored = Ignored::of(&file, self.request.builder, &self.service.build_args());
        if !self.service.has_only_image() {
            self.text(template, &file, found.warnings(), targets, &ignored);
        }
        let groups = self.groups(template, targets, &ignored);
        let chunks: Vec<&[TargetGroup]> = groups.chunks(CHUNK).collect();
        let (request, service) = (self.request, self.service);
        let chunk_check = ChunkCheck { request, service, template, ignored: &ignored };
        if self.jobs == 1 {
            for chunk in chunks {
                let findings = chunk_check.run(chunk, &self.context, self.cache, self.lookups)?;
                self.findings.append(findings);
            }
            return Ok(());
        }
        let parts = threads::share(&mut vec![(); self.jobs], 0..chunks.len(), 1, |(), part| {
            let context = open_context(request, service, found)?;
            let (cache, lookups) = (CatalogueCache::new(request.catalogue), Lookups::default());
            let chunks = chunks.get(part).unwrap_or_default().iter();
            let check = |chunk: &&[TargetGroup]| chunk_check.run(chunk, &context, &cache, &lookups);
            chunks.map(check).collect::<Result<Vec<Findings>>>()
        });
        for part in parts {
            for findings in part? {
                self.findings.append(findings);
            }
        }
        Ok(())
    }

    /// The targets by what the template becomes for them, with the names of unknown placeholders as their
    /// values, so that the rest can be looked at. What cannot be rendered is reported.
    fn groups<'t>(
        &mut self,
        template: &Template,
        targets: &[&'t Target<'t>],
        ignored: &Ignored,
    ) -> Vec<TargetGroup<'t>> {
        let mut groups: BTreeMap<Vec<Option<Vec<u8>>>, TargetGroup> = BTreeMap::new();
        for &target in targets {
            let layers = target.layers(self.service);
            let layers = Layers(&layers);
            let value = |name: &String| layers.get(name).map(|variable| variable.value().to_vec());
            let key: Vec<Option<Vec<u8>>> = template.names().iter().map(value).collect();
            if let Some((_, group)) = groups.get_mut(&key) {
                group.push(target);
                continue;
            }
            let filler =
                Variables::standing_in(template.source(), template.unknown_names(layers).into_iter());
            groups.insert(key, (filler, vec![target]));
        }
        // In the order of the targets, for the same help on every run.
        let mut groups: Vec<TargetGroup> = groups.into_values().collect();
        groups.sort_by_cached_key(|(_, group)| {
            group.first().map(|target| (target.device.slug.to_string(), target.number))
        });
        for (_, group) in &groups {
            let Some(target) = group.first() else { continue };
            let layers = target.layers(self.service);
            let limits = Limits { output_bytes: u64::MAX, ..Limits::default() };
            if let Err(faults) = template.render(&target.subject(), Layers(&layers), &limits) {
                let mut sink = self.sink(template.source(), None, ignored, group);
                for fault in faults.iter() {
                    sink.take(&lenient(fault), rules::DOUBTFUL_VALUE);
                }
            }
        }
        groups
    }
}

/// The check of some groups, without what threads cannot share.
#[derive(Clone, Copy)]
struct ChunkCheck<'a, 'q> {
    request: &'a Request<'q>,
    service: &'a ServiceFiles,
    template: &'a Template,
    ignored: &'a Ignored,
}

impl<'q> ChunkCheck<'_, 'q> {
    fn run(
        self,
        groups: &[TargetGroup],
        context: &Option<Rc<BuildContext>>,
        cache: &CatalogueCache<'q>,
        lookups: &Lookups,
    ) -> Result<Findings> {
        let ChunkCheck { request, service, template, ignored, .. } = self;
        let mut findings = Findings::default();
        let (context, redaction) = (context.clone(), Redaction::default());
        let found = &mut findings;
        let mut check =
            ServiceCheck { request, service, jobs: 1, context, cache, lookups, findings: found, redaction };
        for (filler, targets) in groups {
            let Some(first) = targets.first() else { continue };
            let [own, of_service, base] = first.layers(service);
            let layers = [own, of_service, base, filler];
            let limits = Limits { output_bytes: request.max_bytes, ..Limits::default() };
            // A value that would change the structure of the file leaves nothing to look at.
            let Ok(rendering) = template.render(&first.subject(), Layers(&layers), &limits) else {
                continue;
            };
            // The values in place of unknown ones are not judged.
            let is_whole = filler.iter().next().is_none();
            let of_values = if is_whole { rendering.warnings() } else { Diagnostics::new() };
            check.rendering(&rendering, &of_values, filler, targets, ignored)?;
        }
        Ok(findings)
    }
}
