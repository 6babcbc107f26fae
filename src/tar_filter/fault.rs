//! Saying what is wrong with an archive: which entry, and at which byte.

use crate::diagnostic::{Diagnostic, Place};
use crate::error::Error;
use crate::escape::shortened;

/// Characters of an entry's name in a message. A name may be as long as the archive.
const LONGEST_NAME: usize = 200;

/// The place of an entry.
pub fn place(number: u64, name: &[u8], offset: u64) -> Place {
    // Cut before it is converted, so that a long name is not copied.
    let head = name.get(..4 * LONGEST_NAME).unwrap_or(name);
    let name = shortened(&String::from_utf8_lossy(head), LONGEST_NAME).into_owned();
    Place::Entry { number, name, offset }
}

/// The error for a fault with one line of help.
pub fn error(place: Place, message: impl Into<String>, help: impl Into<String>) -> Error {
    Error::input(Diagnostic::error(place, message).help(help))
}
