//! The image that a stage starts from, as the faults look at it.

use crate::image::{Knowledge, Platform, Reference};
use crate::software::contents::Contents;
use crate::software::languages::Language;

/// The image that a stage starts from.
#[derive(Clone, Debug)]
pub struct StageImage {
    /// Its name in messages.
    pub name: String,
    pub contents: Contents,
    pub is_of_balena: bool,
    /// The language of an official image, with its version.
    pub language: Option<(Language, (u32, u32))>,
    /// What the image had that it takes the place of, in a migration.
    pub old: Option<Contents>,
}

impl StageImage {
    /// Whether another image differs in nothing but the name: what is found in one is found in the other.
    pub fn is_like(&self, other: &StageImage) -> bool {
        let StageImage { name: _, contents, is_of_balena, language, old } = self;
        *contents == other.contents
            && *is_of_balena == other.is_of_balena
            && *language == other.language
            && *old == other.old
    }

    /// An image of which the catalogue knows this.
    pub fn of(reference: &Reference, known: &Knowledge, platform: Option<&Platform>) -> Option<StageImage> {
        let is_of_balena = known.family.is_of_balena();
        let contents = match is_of_balena {
            true => Contents::of_old(known),
            false => Contents::of(reference, known, platform),
        };
        let language = known.image.and_then(Language::of_image);
        // The tag that says what it is: `3.12-slim` for `3-slim`.
        let tag = known.listed.as_deref().or_else(|| reference.tag()).unwrap_or_default();
        let mut numbers = tag.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
        let version = numbers.next().map(|major| (major, numbers.next().unwrap_or(0)));
        let name = reference.text().to_owned();
        Some(StageImage {
            name,
            contents: contents?,
            is_of_balena,
            language: language.zip(version),
            old: None,
        })
    }
}
