//! The instructions of a stage: what `ONBUILD` in the stage that it is built on triggers, then its own.

use std::collections::BTreeMap;

use super::Dockerfile;
use super::instruction::Instruction;
use super::keyword::Keyword;

/// The instructions of a stage itself.
pub(super) fn own<'f, 's>(
    file: &'f Dockerfile<'s>,
    stage: usize,
) -> impl Iterator<Item = &'f Instruction<'s>> {
    file.body(stage).iter().filter(|instruction| instruction.keyword != Keyword::Onbuild)
}

/// Every `ONBUILD` of a file that can act, by its index.
#[derive(Clone, Debug, Default)]
pub(super) struct Triggers(Vec<usize>);

impl Triggers {
    /// Those of a stage in whose place a build context is given do not act.
    pub fn new(file: &Dockerfile, contexts: &BTreeMap<String, String>) -> Triggers {
        let is_onbuild = |at: &usize| file.instructions.get(*at).is_some_and(|found| found.onbuild.is_some());
        let kept = file
            .stages
            .iter()
            .filter(|stage| stage.name.as_ref().is_none_or(|name| !contexts.contains_key(&name.text)));
        Triggers(kept.flat_map(|stage| stage.body.clone()).filter(is_onbuild).collect())
    }

    /// Those of a stage, which act in the stages that are built on it.
    fn at(&self, file: &Dockerfile, stage: usize) -> &[usize] {
        let Some(body) = file.stages.get(stage).map(|stage| &stage.body) else { return &[] };
        let until = |end: usize| self.0.partition_point(|&at| at < end);
        self.0.get(until(body.start)..until(body.end)).unwrap_or_default()
    }

    /// What those of a stage trigger; nothing without a stage.
    pub fn of<'f, 's>(
        &self,
        file: &'f Dockerfile<'s>,
        stage: Option<usize>,
    ) -> impl Iterator<Item = &'f Instruction<'s>> {
        stage
            .into_iter()
            .flat_map(|stage| self.at(file, stage))
            .filter_map(|&at| file.instructions.get(at)?.onbuild.as_deref())
    }

    /// The size of the text from the first one of a stage to its last.
    pub fn size(&self, file: &Dockerfile, stage: usize) -> usize {
        let ends = |at: &usize| file.instructions.get(*at).map(|instruction| &instruction.span);
        let all = self.at(file, stage);
        match (all.first().and_then(ends), all.last().and_then(ends)) {
            (Some(first), Some(last)) => last.end - first.start,
            _ => 0,
        }
    }
}
