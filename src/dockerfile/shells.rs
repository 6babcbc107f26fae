//! Which `SHELL` instructions there are, and which of them holds where a stage starts: collected once, so
//! that a file with many commands is not searched for each of them.

use super::instruction::Instruction;
use super::keyword::Keyword;
use super::stage::Stage;

/// The `SHELL`s of a file, each by its index among the instructions.
#[derive(Debug, Default)]
pub(super) struct Shells {
    /// In the order of the file.
    pub all: Vec<usize>,
    /// For each stage the one that it takes over from the stage that it is built on.
    pub at_start: Vec<Option<usize>>,
}

impl Shells {
    pub fn of(instructions: &[Instruction], stages: &[Stage]) -> Self {
        let is_shell = |found: &Instruction| found.keyword == Keyword::Shell;
        let all = instructions.iter().enumerate().filter(|(_, found)| is_shell(found)).map(|(at, _)| at);
        let mut shells = Shells { all: all.collect(), at_start: Vec::with_capacity(stages.len()) };
        let mut at_end: Vec<Option<usize>> = Vec::with_capacity(stages.len());
        for stage in stages {
            // It is built on an earlier one, whose end is known.
            let start = stage.from.and_then(|from| at_end.get(from).copied().flatten());
            let before = shells.all.partition_point(|&shell| shell < stage.body.end);
            let last = before.checked_sub(1).and_then(|last| shells.all.get(last).copied());
            at_end.push(last.filter(|last| stage.body.contains(last)).or(start));
            shells.at_start.push(start);
        }
        shells
    }
}
