//! The check of some groups of targets, without what threads cannot share. Groups whose Dockerfiles differ in the names
//! of base images alone share everything that does not look at images.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::base_names::{BaseNames, Remainder};
use super::ignore::Ignored;
use super::rendering::{RenderingCheck, by_arch};
use super::request::Request;
use super::scope::RenderingScope;
use super::service::ServiceCheck;
use super::shared::Shared;
use crate::arch::Arch;
use crate::context::BuildContext;
use crate::diagnostic::Diagnostics;
use crate::dockerfile::{Dockerfile, Evaluation};
use crate::error::Result;
use crate::finding::Findings;
use crate::image::CatalogueCache;
use crate::render::{Layers, Limits, Redaction, Rendering, Template, Variables};
use crate::software::faults::Lookups;
use crate::source::Source;
use crate::workspace::{ServiceFiles, Target};

/// Targets for which a template becomes the same, and what is used for values that are not known.
pub(super) type TargetGroup<'t> = (Variables, Vec<&'t Target<'t>>);

/// Groups whose Dockerfiles differ in the names of base images alone.
struct AlikeGroups<'g> {
    remainder: Remainder,
    /// The rendering for one of them.
    rendering: Rendering<'g>,
    targets: Vec<&'g Target<'g>>,
}

#[derive(Clone, Copy)]
pub(super) struct GroupCheck<'a, 'q> {
    pub request: &'a Request<'q>,
    pub service: &'a ServiceFiles,
    pub template: &'a Template,
    pub ignored: &'a Ignored,
    /// The names of base images in which groups may differ.
    pub names: Option<&'a BaseNames<'a>>,
}

impl<'a, 'q> GroupCheck<'a, 'q> {
    /// The findings of each chunk of groups.
    pub fn run<'g>(
        self,
        chunks: &[&'g [TargetGroup<'g>]],
        context: &Option<Rc<BuildContext>>,
        cache: &CatalogueCache<'q>,
        lookups: &Lookups,
    ) -> Result<Vec<Findings>>
    where
        'a: 'g,
    {
        let GroupCheck { request, service, ignored, .. } = self;
        // What is shared refers to the rendering that it was found in, and that to its text.
        let alike = self.alike(chunks);
        let texts: Vec<(Arc<Source>, Redaction)> = alike
            .iter()
            .map(|groups| (groups.rendering.to_source(), service.redaction(&groups.rendering)))
            .collect();
        let check_of = |redaction| RenderingCheck { request, service, cache, lookups, ignored, redaction };
        let files: Vec<(Dockerfile, Diagnostics)> = (alike.iter().zip(&texts))
            .map(|(groups, (source, redaction))| check_of(redaction).read(&groups.rendering, source))
            .collect();
        let scopes: Vec<RenderingScope> = (alike.iter().zip(&texts).zip(&files))
            .map(|((groups, (_, redaction)), (file, _))| {
                check_of(redaction).scope(&groups.rendering, file, context.as_deref())
            })
            .collect();
        let evaluations: Vec<Vec<(&Arch, Evaluation)>> = (alike.iter().zip(&texts).zip(&files))
            .map(|((groups, (_, redaction)), (file, _))| {
                let archs = by_arch(&groups.targets).into_iter();
                archs.map(|(arch, _)| (arch, check_of(redaction).evaluate(file, arch))).collect()
            })
            .collect();
        let mut shared = BTreeMap::new();
        let found = texts.iter().zip(&files).zip(&scopes).zip(&evaluations);
        for (groups, ((((_, redaction), (_, faults)), scope), evaluations)) in alike.iter().zip(found) {
            let Some(names) = self.names else { continue };
            let own = Shared::of(check_of(redaction), names, scope, faults, evaluations)?;
            shared.extend(own.map(|own| (&groups.remainder, own)));
        }
        let mut all = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            let mut findings = Findings::default();
            for group in *chunk {
                let Some(rendering) = self.render(group) else { continue };
                let (filler, targets) = group;
                // The values in place of unknown ones are not judged.
                let of_values = match is_whole(filler) {
                    true => rendering.warnings(),
                    false => Diagnostics::new(),
                };
                let remainder = self.remainder(group).filter(|_| of_values.is_empty());
                if let Some(shared) = remainder.and_then(|remainder| shared.get(&remainder))
                    && shared.report(&rendering, targets, &mut findings)
                {
                    continue;
                }
                let (context, redaction) = (context.clone(), Redaction::default());
                let found = &mut findings;
                let mut check = ServiceCheck {
                    request,
                    service,
                    jobs: 1,
                    context,
                    cache,
                    lookups,
                    findings: found,
                    redaction,
                };
                check.rendering(&rendering, &of_values, filler, targets, ignored)?;
            }
            all.push(findings);
        }
        Ok(all)
    }

    /// The groups of some chunks that differ in the names of base images alone, where there are several.
    fn alike<'g>(self, chunks: &[&'g [TargetGroup<'g>]]) -> Vec<AlikeGroups<'g>>
    where
        'a: 'g,
    {
        let mut by_remainder: BTreeMap<Remainder, Vec<&'g TargetGroup<'g>>> = BTreeMap::new();
        for group in chunks.iter().copied().flatten() {
            if let Some(remainder) = self.remainder(group) {
                by_remainder.entry(remainder).or_default().push(group);
            }
        }
        let several = by_remainder.into_iter().filter(|(_, groups)| groups.len() > 1);
        let alike = several.filter_map(|(remainder, groups)| {
            let rendering = self.render(groups.first()?)?;
            let targets = groups.iter().flat_map(|(_, targets)| targets).copied().collect();
            Some(AlikeGroups { remainder, rendering, targets })
        });
        alike.collect()
    }

    /// What the template becomes for a group, but for the names of base images.
    fn remainder(self, (filler, targets): &TargetGroup) -> Option<Remainder> {
        let (names, first) = (self.names?, targets.first()?);
        is_whole(filler).then(|| names.remainder(Layers(&first.layers(self.service)))).flatten()
    }

    /// What the template becomes for a group. A value that would change the structure of the file leaves nothing to
    /// look at.
    fn render<'g>(self, (filler, targets): &'g TargetGroup<'g>) -> Option<Rendering<'g>>
    where
        'a: 'g,
    {
        let first = targets.first()?;
        let [own, of_service, base] = first.layers(self.service);
        let layers = [own, of_service, base, filler];
        let limits = Limits { output_bytes: self.request.max_bytes, ..Limits::default() };
        self.template.render(&first.subject(), Layers(&layers), &limits).ok()
    }
}

/// Whether no value is missing.
fn is_whole(filler: &Variables) -> bool {
    filler.iter().next().is_none()
}
