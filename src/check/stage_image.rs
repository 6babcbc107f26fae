//! The images in the `FROM`s of a rendering, for one arch, with what the catalogue knows about each.

use std::rc::Rc;

use crate::arch::Arch;
use crate::diagnostic::Diagnostics;
use crate::dockerfile::{Base, COMMON_BUILDER, Dockerfile, predefined_args};
use crate::image::{Answer, CatalogueCache, KnownImage, Platform, ReferenceFault};
use crate::render::placeholder::BEGINNINGS;
use crate::source::Span;
use crate::workspace::ServiceFiles;

/// The image in the `FROM` of a stage.
#[derive(Debug)]
pub struct StageImage {
    pub stage: usize,
    /// Its place in the rendering.
    pub span: Span,
    /// Its reference, with all variables expanded.
    pub text: String,
    pub known: Result<KnownImage, ReferenceFault>,
    /// What the device gets of it, unless the stage names another platform.
    pub answer: Option<Rc<Answer>>,
    /// The value of the stage's `--platform`.
    pub platform: Option<String>,
}

/// The images of a rendering. The diagnostics are about `FROM`s that cannot be resolved.
pub fn images(
    file: &Dockerfile,
    service: &ServiceFiles,
    arch: &Arch,
    cache: &CatalogueCache,
) -> (Vec<StageImage>, Diagnostics) {
    let predefined = predefined_args(&arch.platform, Some(COMMON_BUILDER));
    let (stages, diagnostics) = file.resolve(&predefined, &service.build_args());
    let mut images = Vec::new();
    for (at, (resolved, stage)) in stages.into_iter().zip(&file.stages).enumerate() {
        let Base::Image(text) = resolved.base else { continue };
        let text = String::from_utf8_lossy(&text).into_owned();
        // An unknown placeholder, and one that is not closed, have been reported.
        if text.matches("%%").count() > 1 || BEGINNINGS.iter().any(|beginning| text.contains(beginning)) {
            continue;
        }
        let known = cache.about(&text);
        let platform = resolved.platform.map(|platform| String::from_utf8_lossy(&platform).into_owned());
        let own = platform.as_deref().and_then(Platform::parse);
        let is_own = platform.is_none() || own == Platform::parse(&arch.platform);
        let answer = known.as_ref().ok().filter(|_| is_own).map(|known| cache.availability(known, arch));
        images.push(StageImage { stage: at, span: stage.base.span.clone(), text, known, answer, platform });
    }
    (images, diagnostics)
}
