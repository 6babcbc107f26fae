//! The check of a template for many devices: those for which it becomes the same are one group, and groups are
//! shared out to threads.

use std::collections::BTreeMap;

use super::base_names::BaseNames;
use super::diagnostics::lenient;
use super::group_check::{GroupCheck, TargetGroup};
use super::ignore::Ignored;
use super::rules;
use super::service::{ServiceCheck, open_context};
use crate::dockerfile::Dockerfile;
use crate::error::{Error, Result};
use crate::finding::Findings;
use crate::image::CatalogueCache;
use crate::render::{Layers, Limits, Template, Variables};
use crate::software::faults::Lookups;
use crate::threads;
use crate::workspace::{ServiceTemplate, Target};

/// The number of groups whose findings are put together before those of others, whatever the number of threads: which
/// of too many findings are kept depends on it.
const CHUNK: usize = 16;
/// The number of chunks that are looked at together: what their groups share is held until then.
const HELD: usize = 16;

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
        // Another linter may look at the names of images too, and a build context may have one of them.
        let may_differ =
            request.linter.is_none() && service.named_contexts().is_empty() && !service.has_only_image();
        let names = may_differ.then(|| BaseNames::of(template, &file)).flatten();
        let check = GroupCheck { request, service, template, ignored: &ignored, names: names.as_ref() };
        if self.jobs == 1 {
            for chunks in chunks.chunks(HELD) {
                for findings in check.run(chunks, &self.context, self.cache, self.lookups)? {
                    self.findings.append(findings);
                }
            }
            return Ok(());
        }
        let parts = threads::share(&mut vec![(); self.jobs], 0..chunks.len(), 1, |(), part| {
            let context = open_context(request, service, found)?;
            let (cache, lookups) = (CatalogueCache::new(request.catalogue), Lookups::default());
            let mut all = Vec::new();
            for chunks in chunks.get(part).unwrap_or_default().chunks(HELD) {
                all.extend(check.run(chunks, &context, &cache, &lookups)?);
            }
            Ok::<Vec<Findings>, Error>(all)
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
                let mut sink = self.sink(template.source(), ignored, group);
                for fault in faults.iter() {
                    sink.take(&lenient(fault), rules::DOUBTFUL_VALUE);
                }
            }
        }
        groups
    }
}
