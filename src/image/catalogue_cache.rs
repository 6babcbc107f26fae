//! Answers of the catalogue, each computed once: the builds of a project name the same few images.

use std::rc::Rc;

use super::catalogue::{Answer, Catalogue};
use super::knowledge::Knowledge;
use super::platform::Platform;
use super::reference::{Reference, ReferenceFault};
use super::successor::Wanted;
use crate::arch::Arch;
use crate::cache::Cache;

/// An image, and what is known about it.
pub type KnownImage = Rc<(Reference, Knowledge)>;

/// A catalogue that keeps its answers.
pub struct CatalogueCache<'r> {
    pub catalogue: Catalogue<'r>,
    known: Cache<Result<KnownImage, ReferenceFault>>,
    answers: Cache<Rc<Answer>>,
    successors: Cache<Option<String>>,
}

impl<'r> CatalogueCache<'r> {
    pub fn new(catalogue: Catalogue<'r>) -> Self {
        let (known, answers, successors) = Default::default();
        CatalogueCache { catalogue, known, answers, successors }
    }

    /// What is known about an image, or why its reference is invalid.
    pub fn about(&self, text: &str) -> Result<KnownImage, ReferenceFault> {
        self.known.get(text, || {
            let reference = Reference::parse(text)?;
            let knowledge = self.catalogue.about(&reference);
            Ok(Rc::new((reference, knowledge)))
        })
    }

    /// What a device of this arch gets of an image.
    pub fn availability(&self, known: &KnownImage, arch: &Arch) -> Rc<Answer> {
        let (reference, knowledge) = &**known;
        let key = format!("{} {}", arch.slug, reference.text());
        self.answers.get(&key, || Rc::new(self.catalogue.availability_of(reference, knowledge, arch)))
    }

    /// The maintained image that replaces one, for one platform, as a line of help.
    pub fn successor(&self, knowledge: &Knowledge, platform: &Platform) -> Option<String> {
        // The hardware in an old name does not matter: its successor has none.
        let wanted = Wanted::in_place_of(knowledge)?;
        let is_offered = knowledge.platforms.contains(platform);
        let key = format!("{wanted:?} {:?} {is_offered} {platform}", knowledge.status);
        self.successors.get(&key, || {
            let next = self.catalogue.in_place_of(knowledge, std::slice::from_ref(platform))?;
            Some(format!("{} is maintained for {platform}", next.reference.text()))
        })
    }
}
