//! The output formats of a batch. To add one, write its file with a `FORMAT` and add it to [`FORMATS`].

use super::format::Format;
use super::{archive, bake, matrix, merge, ndjson, table, tree};

/// All formats; the first is the default.
pub const FORMATS: &[&Format] = &[
    &table::FORMAT,
    &tree::FORMAT,
    &ndjson::FORMAT,
    &archive::FORMAT,
    &bake::FORMAT,
    &matrix::FORMAT,
    &merge::FORMAT,
];

/// The format that has this name.
pub fn named(name: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.name == name)
}
