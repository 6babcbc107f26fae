//! The text of a shell script, and where each part of it is in the file: a `RUN` over several lines, the
//! content of a heredoc, the text in the quotes of `sh -c '...'`.

use crate::dockerfile::Dockerfile;
use crate::source::Span;

#[derive(Debug, Default)]
pub(super) struct Script {
    text: Vec<u8>,
    /// Where a piece starts: in the text, in the file.
    pieces: Vec<(usize, usize)>,
    /// The place of every part, if single ones are not known.
    whole: Option<Span>,
}

impl Script {
    /// The text of an argument, whose lines may be continued.
    pub fn of_argument(file: &Dockerfile, text: &[u8], place: &Span) -> Self {
        let script = Script::of_pieces(file, place);
        if script.text == text { script } else { Script::at(text.to_vec(), place.clone()) }
    }

    /// The text of a part of an instruction.
    pub fn of_pieces(file: &Dockerfile, place: &Span) -> Self {
        let mut script = Script::default();
        for piece in file.pieces(place) {
            script.push(file.source.bytes().get(piece.clone()).unwrap_or_default(), piece.start);
        }
        script
    }

    /// A string of a JSON array: `place` is that of the string, with its quotes.
    pub fn of_json(file: &Dockerfile, text: &[u8], place: &Span) -> Self {
        let inside = place.start + 1..place.end.saturating_sub(1).max(place.start + 1);
        let is_plain = file.source.bytes().get(inside.clone()) == Some(text);
        let mut script = Script::at(text.to_vec(), place.clone());
        if is_plain {
            (script.pieces, script.whole) = (vec![(0, inside.start)], None);
        }
        script
    }

    /// A part of the file as it is.
    pub fn of_lines(file: &Dockerfile, place: &Span) -> Self {
        let mut script = Script::default();
        script.push(file.source.bytes().get(place.clone()).unwrap_or_default(), place.start);
        script
    }

    /// A text whose parts have no place of their own.
    pub fn at(text: Vec<u8>, place: Span) -> Self {
        Script { text, pieces: Vec::new(), whole: Some(place) }
    }

    /// Adds a text that is in the file at `place`.
    pub fn push(&mut self, text: &[u8], place: usize) {
        let follows = self.pieces.last().is_some_and(|(start, at)| at + (self.text.len() - start) == place);
        if !text.is_empty() && !follows {
            self.pieces.push((self.text.len(), place));
        }
        self.text.extend_from_slice(text);
    }

    /// Adds a part of another script, or something in its place.
    pub fn push_of(&mut self, other: &Script, part: Span, instead: Option<&[u8]>) {
        let place = other.place(part.clone());
        match other.whole {
            Some(_) => self.whole = Some(place.clone()),
            // A place after the parts of the other: it does not go on where it ended.
            None if instead.is_some() => self.pieces.push((self.text.len(), place.start)),
            None => {}
        }
        let text = other.text.get(part).unwrap_or_default();
        self.push(instead.unwrap_or(text), place.start);
    }

    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The place of a part in the file, from its first byte to its last.
    pub fn place(&self, part: Span) -> Span {
        if let Some(whole) = &self.whole {
            return whole.clone();
        }
        let at = |offset: usize| {
            let next = self.pieces.partition_point(|&(start, _)| start <= offset);
            let piece = self.pieces.get(next.saturating_sub(1));
            piece.map_or(0, |(start, place)| place + offset.saturating_sub(*start))
        };
        let start = at(part.start);
        let end = if part.is_empty() { start } else { at(part.end - 1) + 1 };
        start..end.max(start)
    }
}
