//! How much expanding variables may cost.
//!
//! Thirty `ARG`s of which each names the one before twice would make a gigabyte, and a pattern of
//! many stars takes long to match. A limit on both is shared by all words that belong together.

/// What is left to spend.
#[derive(Clone, Debug)]
pub struct Budget {
    pub(super) bytes: usize,
    pub(super) steps: usize,
}

impl Default for Budget {
    /// A mebibyte out of variables, and four million steps of matching: far beyond any real file.
    fn default() -> Self {
        Budget { bytes: 1 << 20, steps: 4_000_000 }
    }
}

impl Budget {
    /// Takes bytes, and says whether there were enough.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        spend(&mut self.bytes, bytes)
    }

    /// Takes steps, and says whether there were enough.
    pub(super) fn step(&mut self, steps: usize) -> bool {
        spend(&mut self.steps, steps)
    }
}

fn spend(left: &mut usize, amount: usize) -> bool {
    let enough = *left >= amount;
    *left = left.saturating_sub(amount);
    enough
}
