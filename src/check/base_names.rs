//! Base images whose names have placeholders in them: the groups of targets for which a template differs in nothing
//! else. What does not look at images is worked out once for all of them.

use std::collections::BTreeMap;

use crate::dockerfile::{Base, Dockerfile, Evaluation, ImageUse};
use crate::render::{Layers, Rendering, Template};
use crate::source::Span;

/// The longest template that is looked at in this way: nobody writes longer ones, and one of its renderings is held
/// for each set of groups.
const LONGEST: usize = 1 << 15;
/// The longest value: no line and no file gets too long by it.
const LONGEST_VALUE: usize = 100;

/// What a template becomes, but for the names of its base images. Values that are in nothing else are left out.
pub(super) type Remainder = Vec<Option<(Vec<u8>, bool)>>;

/// The words after `FROM` in a template, with the placeholders in them.
pub(super) struct BaseNames<'t> {
    template: &'t Template,
    /// Each with the number of its stage.
    words: Vec<(usize, Span)>,
    /// For each name of the template, whether it is in no other place.
    is_only_here: Vec<bool>,
}

impl<'t> BaseNames<'t> {
    /// `file` is the template, read as it is. None if nothing is in these words alone.
    pub fn of(template: &'t Template, file: &Dockerfile) -> Option<Self> {
        if template.source().bytes().len() > LONGEST {
            return None;
        }
        let spans = file.stages.iter().map(|stage| stage.base.span.clone()).enumerate();
        let words: Vec<(usize, Span)> = spans.filter(|(_, span)| is_image(file.bytes(span))).collect();
        let mut is_only_here = vec![true; template.names().len()];
        for &placeholder in template.placeholders() {
            let span = template.span(placeholder);
            let next = words.partition_point(|(_, word)| word.end < span.end);
            let is_here = words.get(next).is_some_and(|(_, word)| word.start <= span.start);
            if let Some(only) = is_only_here.get_mut(placeholder.name as usize) {
                *only &= is_here;
            }
        }
        is_only_here.contains(&true).then_some(BaseNames { template, words, is_only_here })
    }

    /// What tells what the template becomes from everything that differs in more than the names of base images; none
    /// if a value is not known.
    pub fn remainder(&self, layers: Layers) -> Option<Remainder> {
        let names = self.template.names().iter().zip(&self.is_only_here);
        let value = |(name, is_only_here): (&String, &bool)| {
            let variable = layers.get(name)?;
            // A value of a user is kept out of messages.
            let is_given = variable.origin().is_some();
            let is_left_out = *is_only_here && !is_given && is_part_of_a_name(variable.value());
            Some((!is_left_out).then(|| (variable.value().to_vec(), is_given)))
        };
        names.map(value).collect()
    }

    /// Whether the words are the same ones in a rendering, which was read as `file`.
    pub fn are_those_of(&self, rendering: &Rendering, file: &Dockerfile) -> bool {
        self.words.iter().all(|(stage, word)| {
            file.stages.get(*stage).is_some_and(|stage| rendering.to_template(&stage.base.span) == *word)
        })
    }

    /// The names of the images in a rendering, by stage; of the stages alone that have a placeholder in them.
    pub fn in_rendering(&self, rendering: &Rendering) -> Vec<(usize, String)> {
        let bytes = self.template.source().bytes();
        let mut names = Vec::new();
        for (stage, word) in &self.words {
            let first =
                self.template.placeholders().partition_point(|found| (found.start as usize) < word.start);
            let mut name = Vec::new();
            let mut at = word.start;
            for &placeholder in self.template.placeholders().get(first..).unwrap_or_default() {
                let span = self.template.span(placeholder);
                if span.start >= word.end {
                    break;
                }
                name.extend_from_slice(&bytes[at..span.start]);
                name.extend_from_slice(rendering.values()[placeholder.name as usize].value());
                at = span.end;
            }
            name.extend_from_slice(&bytes[at..word.end]);
            if at > word.start
                && let Ok(name) = String::from_utf8(name)
            {
                names.push((*stage, name));
            }
        }
        names
    }
}

/// Whether a build takes the images of these names, and nothing in their place.
pub(super) fn are_images(names: &[(usize, String)], evaluation: &Evaluation) -> bool {
    let bases: BTreeMap<usize, &str> = evaluation
        .images
        .iter()
        .filter(|image| image.by == ImageUse::From && !image.is_of_context)
        .filter_map(|image| Some((image.stage?, &*image.name)))
        .collect();
    names.iter().all(|(stage, name)| {
        let base = evaluation.stages.get(*stage).map(|stage| &stage.base);
        bases.get(stage) == Some(&&**name) && matches!(base, Some(Base::Image(base)) if base == name)
    })
}

/// Whether a word is an image whatever plain values its placeholders have: with a slash it is no stage, and without a
/// variable it is the same everywhere.
fn is_image(word: &[u8]) -> bool {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"._-/:@%".contains(b);
    word.contains(&b'/') && word.iter().all(is_plain)
}

fn is_part_of_a_name(value: &[u8]) -> bool {
    let is_plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(b);
    !value.is_empty() && value.len() <= LONGEST_VALUE && value.iter().all(is_plain)
}
