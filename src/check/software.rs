//! What does not work in the images that a Dockerfile is built on: a rule for each kind of fault.

use std::cell::RefCell;
use std::rc::Rc;

use super::scope::ImageScope;
use super::sink::Sink;
use crate::dockerfile::Base;
use crate::software::faults::{self, Fault, Lookups, StageImage};
use crate::software::usage::{StepFile, Usage};

/// The image that each stage of a build starts from, where something is known of it.
type StageImages = Vec<Option<StageImage>>;

/// What was found already in a build whose images have other names and the same contents.
#[derive(Default)]
pub(super) struct KnownFaults(RefCell<Vec<(StageImages, Rc<Vec<Fault>>)>>);

impl KnownFaults {
    fn of(&self, images: &StageImages) -> Option<Rc<Vec<Fault>>> {
        let is_like = |(one, other): (&Option<StageImage>, &Option<StageImage>)| match (one, other) {
            (Some(one), Some(other)) => one.is_like(other),
            (one, other) => one.is_none() && other.is_none(),
        };
        let known = self.0.borrow();
        let (_, faults) = known.iter().find(|(of, _)| of.iter().zip(images).all(is_like))?;
        Some(Rc::clone(faults))
    }
}

/// Reports what [`faults`] finds, each fault at the severity that it has. `known` is what was found in the same build
/// with other images.
pub(super) fn report(
    scope: &ImageScope,
    usage: &Usage,
    known: &KnownFaults,
    lookups: &Lookups,
    sink: &mut Sink,
) {
    let stages = 0..scope.evaluation.stages.len();
    let images: StageImages = stages.map(|stage| stage_image(scope, stage, lookups)).collect();
    let found = known.of(&images).unwrap_or_else(|| {
        let found = Rc::new(find(scope, usage, &images, lookups));
        known.0.borrow_mut().push((images.clone(), Rc::clone(&found)));
        found
    });
    let roots = scope.roots();
    for fault in found.iter() {
        (sink.rule, sink.severity) = (fault.rule, fault.severity);
        let image = roots.get(fault.stage).and_then(|&root| images.get(root)?.as_ref());
        let name = image.map_or("", |image| &image.name);
        let (message, help) = (fault.message.naming(name), fault.help.naming(name));
        match &fault.place.file {
            StepFile::Dockerfile => sink.report(&fault.place.span, message, help),
            StepFile::Compose(at) => {
                sink.report_in(&at.source, at.span.clone(), &(0..0), message, help);
            }
            StepFile::Script { source, called_from, .. } => {
                sink.report_in(source, fault.place.span.clone(), called_from, message, help);
            }
        }
    }
}

/// The image that a stage of the build starts from.
fn stage_image(scope: &ImageScope, stage: usize, lookups: &Lookups) -> Option<StageImage> {
    let evaluated = scope.evaluation.stages.get(stage).filter(|stage| stage.is_built)?;
    let Base::Image(_) = evaluated.base else { return None };
    let image = scope.image_of(stage)?;
    let (reference, known) = &**image.known.as_ref().ok()?;
    let found = lookups.image(reference, known, scope.platform.as_ref())?;
    Some(StageImage { name: image.text.clone(), ..found })
}

fn find(scope: &ImageScope, usage: &Usage, images: &StageImages, lookups: &Lookups) -> Vec<Fault> {
    let (file, context) = (scope.rendering.file, scope.rendering.context);
    let image_of = |stage: usize| images.get(stage).cloned().flatten();
    let asked = (scope.platform.as_ref(), lookups);
    faults::find(file, scope.evaluation, &usage.stages, context, asked, &image_of).faults
}
