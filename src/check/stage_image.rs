//! The images that a build uses, for one arch, with what the catalogue knows about each.

use std::rc::Rc;

use crate::arch::Arch;
use crate::dockerfile::{Evaluation, ImageUse, StagePlatform, UsedImage};
use crate::image::{Answer, CatalogueCache, KnownImage, Platform, ReferenceFault};
use crate::render::placeholder::BEGINNINGS;
use crate::source::Span;

/// An image that a build uses: in a `FROM`, a `--from`, or `# syntax=`.
#[derive(Debug)]
pub struct StageImage {
    /// The stage that names it; `None` for `# syntax=`.
    pub stage: Option<usize>,
    pub by: ImageUse,
    /// Its place in the rendering.
    pub span: Span,
    /// Its reference, with all variables expanded.
    pub text: String,
    pub known: Result<KnownImage, ReferenceFault>,
    /// What the device gets of it, unless it is for another platform.
    pub answer: Option<Rc<Answer>>,
    /// The platform that it is taken for.
    pub platform: StagePlatform,
    /// Whether the build needs it.
    pub is_built: bool,
}

/// The images that a Dockerfile names, those that no built stage needs among them.
pub fn images(evaluation: &Evaluation, arch: &Arch, cache: &CatalogueCache) -> Vec<StageImage> {
    // An unknown placeholder, and one that is not closed, have been reported.
    let is_unknown = |text: &str| {
        text.matches("%%").count() > 1 || BEGINNINGS.iter().any(|beginning| text.contains(beginning))
    };
    let images = evaluation.images.iter().filter(|image| !is_unknown(&image.name));
    images.map(|image| stage_image(image, arch, cache)).collect()
}

/// The images, with other names in the `FROM` of some stages.
pub fn renamed(
    images: &[StageImage],
    names: &[(usize, String)],
    arch: &Arch,
    cache: &CatalogueCache,
) -> Vec<StageImage> {
    let with_name = |image: &StageImage| {
        let own = names.iter().find(|(stage, _)| image.by == ImageUse::From && image.stage == Some(*stage));
        let text = own.map_or(&image.text, |(_, name)| name).clone();
        let (known, answer) = asked(&text, &image.platform, arch, cache);
        let (span, platform) = (image.span.clone(), image.platform.clone());
        StageImage { text, known, answer, span, platform, ..*image }
    };
    images.iter().map(with_name).collect()
}

fn stage_image(image: &UsedImage, arch: &Arch, cache: &CatalogueCache) -> StageImage {
    let (known, answer) = asked(&image.name, &image.platform, arch, cache);
    StageImage {
        stage: image.stage,
        by: image.by,
        span: image.span.clone(),
        text: image.name.clone(),
        known,
        answer,
        platform: image.platform.clone(),
        is_built: image.is_built,
    }
}

/// What the catalogue says of an image: what it is, and what the device gets of it.
fn asked(
    name: &str,
    platform: &StagePlatform,
    arch: &Arch,
    cache: &CatalogueCache,
) -> (Result<KnownImage, ReferenceFault>, Option<Rc<Answer>>) {
    let known = cache.about(name);
    let is_own = match platform {
        StagePlatform::Target => true,
        StagePlatform::Named(name) => Platform::parse_short(name) == Platform::parse(&arch.platform),
        _ => false,
    };
    let answer = known.as_ref().ok().filter(|_| is_own).map(|known| cache.availability(known, arch));
    (known, answer)
}
