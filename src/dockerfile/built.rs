//! Which stages a build needs: the target, and all that it is made from.

use std::collections::BTreeSet;

use super::build_options::Builder;
use super::evaluate::{Evaluator, Source};
use super::stage::StageNames;
use super::text::shown;
use crate::diagnostic::RuleName;

impl Evaluator<'_, '_> {
    /// The stage that is built. One that the file does not have is a fault.
    pub(super) fn target(&mut self, names: &StageNames) -> Option<usize> {
        let last = self.file.stages.len().checked_sub(1);
        let Some(target) = self.options.target.filter(|target| !target.is_empty()) else { return last };
        if let Some(&found) = names.get(&target.to_lowercase()) {
            return Some(found);
        }
        let message = format!("target stage `{}` could not be found", shown(target.as_bytes()));
        let known = names.keys().map(String::as_str);
        let help = crate::nearest::did_you_mean(target, known.clone()).unwrap_or_else(|| {
            let names: Vec<&str> = known.collect();
            match names.is_empty() {
                true => "no stage of the file has a name: write FROM image AS name".to_owned(),
                false => format!("the stages are {}", names.join(", ")),
            }
        });
        let place =
            last.and_then(|last| self.file.stages.get(last)).map_or(0..0, |stage| stage.base.span.clone());
        self.report.error_of(RuleName::MissingTarget, place, message, help);
        None
    }

    /// Marks the stages that the target needs, and the images in them.
    pub(super) fn mark_built(&mut self, target: Option<usize>) {
        match (self.options.builder, target) {
            (Builder::Classic, Some(target)) => {
                self.stages.iter_mut().take(target + 1).for_each(|stage| stage.is_built = true);
            }
            (Builder::BuildKit, Some(target)) => {
                let mut waiting = vec![target];
                // The stages whose `ONBUILD` instructions have been followed.
                let mut seen = BTreeSet::new();
                while let Some(at) = waiting.pop() {
                    let Some(stage) = self.stages.get_mut(at) else { continue };
                    if std::mem::replace(&mut stage.is_built, true) {
                        continue;
                    }
                    waiting.extend(self.needs.get(at).into_iter().flatten());
                    // What is triggered in a stage of which nothing else is known.
                    let unknown = self.stages.get(at).filter(|stage| stage.start.is_none());
                    let before = unknown.and_then(|stage| stage.base.stage());
                    if let Some(before) = before.filter(|before| seen.insert(*before)) {
                        let triggered = self.triggers.of(self.file, Some(before));
                        let used = triggered.flat_map(|instruction| self.sources(at, instruction));
                        waiting.extend(used.filter_map(|used| match used {
                            Source::Stage(stage) => Some(stage),
                            Source::Image { .. } => None,
                        }));
                    }
                }
            }
            (_, None) => {}
        }
        for image in &mut self.images {
            let stage = image.stage.and_then(|stage| self.stages.get(stage));
            image.is_built = stage.is_none_or(|stage| stage.is_built);
        }
        for (at, stage) in self.file.stages.iter().enumerate() {
            let is_replaced = self.is_replaced(stage);
            if let Some(evaluated) = self.stages.get_mut(at).filter(|_| is_replaced) {
                evaluated.is_built = false;
            }
        }
    }
}
