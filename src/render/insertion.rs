//! Text that is put into a rendering after it was made: digests behind the names of images.

/// A text, and the byte of the rendering that it comes before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Insertion {
    /// The byte.
    pub at: usize,
    /// The text.
    pub text: String,
}

/// The pieces of a rendering with insertions, sorted by their places, between them.
pub(super) fn cut<'p>(pieces: impl Iterator<Item = &'p [u8]>, insertions: &'p [Insertion]) -> Vec<&'p [u8]> {
    let (mut cut, mut start, mut insertions) = (Vec::new(), 0, insertions.iter().peekable());
    for mut piece in pieces {
        while let Some(insertion) = insertions.next_if(|insertion| insertion.at < start + piece.len()) {
            let (before, after) = piece.split_at(insertion.at.saturating_sub(start));
            cut.extend([before, insertion.text.as_bytes()]);
            (start, piece) = (start + before.len(), after);
        }
        start += piece.len();
        cut.push(piece);
    }
    cut.extend(insertions.map(|insertion| insertion.text.as_bytes()));
    cut
}

/// The byte of the rendering without insertions that a byte with them is; of an inserted one, that before it.
pub(super) fn without(offset: usize, insertions: &[Insertion]) -> usize {
    let mut inserted = 0;
    for insertion in insertions {
        let start = insertion.at + inserted;
        if offset < start {
            break;
        }
        if offset < start + insertion.text.len() {
            return insertion.at.saturating_sub(1);
        }
        inserted += insertion.text.len();
    }
    offset - inserted
}
