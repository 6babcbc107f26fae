//! What does not work in the images that a Dockerfile is built on: a rule for each kind of fault.

use super::scope::ImageScope;
use super::sink::Sink;
use crate::dockerfile::Base;
use crate::software::faults::{self, Lookups, StageImage};
use crate::software::usage::{StepFile, Usage};

/// Reports what [`faults`] finds, each fault at the severity that it has.
pub(super) fn report(scope: &ImageScope, usage: &Usage, lookups: &Lookups, sink: &mut Sink) {
    let (file, platform) = (scope.rendering.file, scope.platform.as_ref());
    let image_of = |stage: usize| {
        let image = scope.image_of(stage)?;
        let (reference, known) = &**image.known.as_ref().ok()?;
        let Base::Image(_) = scope.evaluation.stages.get(stage)?.base else { return None };
        Some(StageImage { name: image.text.clone(), ..StageImage::of(reference, known, platform)? })
    };
    for fault in faults::find(
        file,
        scope.evaluation,
        &usage.stages,
        scope.rendering.context,
        (platform, lookups),
        &image_of,
    )
    .faults
    {
        (sink.rule, sink.severity) = (fault.rule, fault.severity);
        match &fault.place.file {
            StepFile::Dockerfile => sink.report(&fault.place.span, fault.message, fault.help),
            StepFile::Compose(at) => {
                sink.report_in(&at.source, at.span.clone(), &(0..0), fault.message, fault.help);
            }
            StepFile::Script { source, called_from, .. } => {
                sink.report_in(source, fault.place.span.clone(), called_from, fault.message, fault.help);
            }
        }
    }
}
