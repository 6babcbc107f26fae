//! The images in the `FROM`s of a rendering, for one arch, with what the catalogue knows about each.

use std::rc::Rc;

use super::cache::Cache;
use crate::arch::Arch;
use crate::diagnostic::Diagnostics;
use crate::dockerfile::{Base, COMMON_BUILDER, Dockerfile, predefined_args};
use crate::image::{Answer, Catalogue, Fault, Knowledge, Platform, Reference, Wanted};
use crate::source::Span;
use crate::workspace::ServiceFiles;

/// The image in the `FROM` of a stage.
#[derive(Debug)]
pub struct StageImage {
    /// The stage's number.
    pub stage: usize,
    /// Its place in the rendering.
    pub span: Span,
    /// Its reference, with all variables expanded.
    pub text: String,
    /// The reference, parsed, and what is known about it; or why it is invalid.
    pub known: Known,
    /// What the device gets of it, unless the stage asks for another platform.
    pub answer: Option<Rc<Answer>>,
    /// What the stage asks for with `--platform`.
    pub platform: Option<String>,
}

/// A reference and what is known about it, or why it is invalid.
type Known = Result<Rc<(Reference, Knowledge)>, Fault>;

/// Answers of the catalogue: most renderings ask about the same few images.
pub struct CatalogueCache<'r> {
    catalogue: Catalogue<'r>,
    known: Cache<Known>,
    answers: Cache<Rc<Answer>>,
    successors: Cache<Option<String>>,
}

impl<'r> CatalogueCache<'r> {
    /// An empty cache.
    pub fn new(catalogue: Catalogue<'r>) -> Self {
        CatalogueCache {
            catalogue,
            known: Cache::default(),
            answers: Cache::default(),
            successors: Cache::default(),
        }
    }

    fn about(&self, text: &str) -> Known {
        self.known.get(text, || {
            let reference = Reference::parse(text)?;
            let knowledge = self.catalogue.about(&reference);
            Ok(Rc::new((reference, knowledge)))
        })
    }

    fn answer(&self, text: &str, known: &Known, arch: &Arch) -> Option<Rc<Answer>> {
        let (reference, knowledge) = &**known.as_ref().ok()?;
        let key = format!("{} {text}", arch.slug);
        let answer = || Rc::new(self.catalogue.availability_of(reference, knowledge, arch));
        Some(self.answers.get(&key, answer))
    }

    /// The maintained image that replaces one, for one platform, as a line of help.
    pub fn successor(&self, image: &StageImage, platform: Option<&Platform>) -> Option<String> {
        let (known, platform) = (image.known.as_ref().ok()?, platform?);
        // The hardware in an old name does not matter: its successor has none.
        let knowledge = &known.1;
        let wanted = Wanted::in_place_of(knowledge)?;
        let is_offered = knowledge.platforms.contains(platform);
        let key = format!("{wanted:?} {:?} {is_offered} {platform}", knowledge.status);
        self.successors.get(&key, || {
            let next = self.catalogue.in_place_of(knowledge, std::slice::from_ref(platform))?;
            Some(format!("{} is maintained for {platform}", next.reference.text()))
        })
    }

    /// The images of a rendering. The diagnostics are about `FROM`s that cannot be resolved.
    pub fn images(
        &self,
        file: &Dockerfile,
        service: &ServiceFiles,
        arch: &Arch,
    ) -> (Vec<StageImage>, Diagnostics) {
        let given = service.build_args();
        let (stages, diagnostics) =
            file.resolve(&predefined_args(&arch.platform, Some(COMMON_BUILDER)), &given);
        let mut images = Vec::new();
        for (at, (resolved, stage)) in stages.into_iter().zip(&file.stages).enumerate() {
            let Base::Image(text) = resolved.base else { continue };
            let text = String::from_utf8_lossy(&text).into_owned();
            // An unknown placeholder has been reported.
            if text.contains("%%") {
                continue;
            }
            let known = self.about(&text);
            let platform = resolved.platform.map(|platform| String::from_utf8_lossy(&platform).into_owned());
            let own = platform.as_deref().and_then(Platform::parse);
            let is_own = platform.is_none() || own == Platform::parse(&arch.platform);
            let answer = self.answer(&text, &known, arch).filter(|_| is_own);
            images.push(StageImage {
                stage: at,
                span: stage.base.span.clone(),
                text,
                known,
                answer,
                platform,
            });
        }
        (images, diagnostics)
    }
}
