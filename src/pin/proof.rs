//! The proof that digests are all that changed: the pinned file is read again, and what a build of it does is compared
//! with what a build did before.

use std::sync::Arc;

use super::messages;
use crate::diagnostic::Diagnostics;
use crate::dockerfile::{Base, BuildOptions, Dockerfile, Evaluation, Instruction, UsedImage};
use crate::render::Insertion;
use crate::source::{Source, Span};

/// Compares a file with digests with the file without them. `names` are the names that its images have to have.
///
/// # Errors
/// Every image that has another name; where something else differs, the first digest.
pub(super) fn check(
    source: &Arc<Source>,
    insertions: &[Insertion],
    build: &BuildOptions,
    before: &Evaluation,
    names: &[String],
) -> Result<(), Diagnostics> {
    let Some(first) = insertions.first() else { return Ok(()) };
    let pinned = Arc::new(Source::new(source.name(), inserted(source.bytes(), insertions)));
    let (old, _) = Dockerfile::read(source);
    let (file, _) = Dockerfile::read(&pinned);
    let after = file.evaluate(build);
    let mut faults = Diagnostics::new();
    let wrong = |image: &UsedImage| messages::not_writable(source, image.span.clone());
    if before.images.len() == after.images.len() {
        for ((old, new), name) in before.images.iter().zip(&after.images).zip(names) {
            if new.name != *name || new.by != old.by || new.stage != old.stage || new.platform != old.platform
            {
                faults.push(|| wrong(old));
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let is_same = before.images.len() == after.images.len()
        && before.stages.len() == after.stages.len()
        && before.target == after.target
        && after.faults.iter().count() == before.faults.iter().count()
        && before
            .stages
            .iter()
            .zip(&after.stages)
            .all(|(old, new)| old.is_built == new.is_built && is_same_base(&old.base, &new.base))
        && old.instructions.len() == file.instructions.len()
        && old.instructions.iter().zip(&file.instructions).all(|(old, new)| {
            is_touched(old, insertions) || old.keyword == new.keyword && texts(old) == texts(new)
        });
    if is_same {
        return Ok(());
    }
    let image = before.images.iter().find(|image| image.span.end >= first.at);
    let span: Span = image.map_or(first.at..first.at, |image| image.span.clone());
    Err(messages::not_writable(source, span).into())
}

/// Images have been compared by their names.
fn is_same_base(old: &Base, new: &Base) -> bool {
    matches!((old, new), (Base::Image(_), Base::Image(_))) || old == new
}

fn is_touched(instruction: &Instruction, insertions: &[Insertion]) -> bool {
    let span = &instruction.span;
    let next = insertions.partition_point(|insertion| insertion.at < span.start);
    insertions.get(next).is_some_and(|insertion| insertion.at <= span.end)
}

fn texts<'i>(instruction: &'i Instruction) -> Vec<&'i [u8]> {
    let flags = instruction.flags.iter().map(|flag| &*flag.text);
    let args: Vec<&'i [u8]> = instruction.buildkit_args();
    flags.chain(args).collect()
}

/// A text with insertions, sorted by their places, in it.
pub(super) fn inserted(text: &[u8], insertions: &[Insertion]) -> Vec<u8> {
    let more: usize = insertions.iter().map(|insertion| insertion.text.len()).sum();
    let (mut result, mut at) = (Vec::with_capacity(text.len() + more), 0);
    for insertion in insertions {
        result.extend_from_slice(text.get(at..insertion.at).unwrap_or_default());
        result.extend_from_slice(insertion.text.as_bytes());
        at = insertion.at;
    }
    result.extend_from_slice(text.get(at..).unwrap_or_default());
    result
}
