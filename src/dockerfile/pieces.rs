//! The parts of the file that the text of an instruction was joined from, for those who look into that text
//! and point at places in the file.

use super::line::{LineKind, continuation};
use super::{Dockerfile, Instruction};
use crate::source::Span;

impl Dockerfile<'_> {
    /// A place of an instruction, without what is no part of its text: escape characters at the ends of its
    /// lines, and the comments and empty lines between them. The text of an argument is that of its pieces,
    /// one after the other.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use dtpl::{Source, dockerfile::Dockerfile};
    /// let source = Arc::new(Source::new("Dockerfile", "FROM a\nRUN b \\\n# c\n  d\n"));
    /// let file = Dockerfile::parse(&source).unwrap();
    /// let pieces = file.pieces(&file.instructions[1].args[0].span);
    /// let texts: Vec<&[u8]> = pieces.iter().map(|piece| file.bytes(piece)).collect();
    /// assert_eq!(texts, [&b"b "[..], b"  d"]);
    /// ```
    pub fn pieces(&self, place: &Span) -> Vec<Span> {
        let bytes = self.source.bytes();
        let first = self.lines.partition_point(|line| line.span.end <= place.start);
        let lines = self.lines.iter().skip(first).take_while(|line| line.span.start < place.end);
        let mut pieces = Vec::new();
        for line in lines {
            if !matches!(line.kind, LineKind::Instruction | LineKind::Continuation) {
                continue;
            }
            let text = bytes.get(line.span.clone()).unwrap_or_default();
            let text = text.strip_suffix(b"\n").unwrap_or(text);
            let ends = text.iter().rev().take_while(|&&b| b == b'\r').count();
            let content = line.span.start..line.span.start + text.len() - ends;
            let end = continuation(bytes, content.clone(), self.escape).unwrap_or(content.end);
            let piece = content.start.max(place.start)..end.min(place.end);
            if !piece.is_empty() {
                pieces.push(piece);
            }
        }
        pieces
    }

    /// The `SHELL` that an instruction is run by: the last one before it in its stage, or in the stage that
    /// its stage is built on. None if that is the shell of the base image.
    pub fn shell_of(&self, instruction: &Instruction) -> Option<&Instruction<'_>> {
        let at = self.instructions.partition_point(|other| other.span.end <= instruction.span.start);
        let stage = self.stage_of(at)?;
        let body = self.stages.get(stage)?.body.start;
        let before = self.shells.all.partition_point(|&shell| shell < at);
        let own = before.checked_sub(1).and_then(|last| self.shells.all.get(last).copied());
        let found = own.filter(|&own| own >= body).or_else(|| self.shells.at_start.get(stage).copied()?);
        self.instructions.get(found?)
    }
}
