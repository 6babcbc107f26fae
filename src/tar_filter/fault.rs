//! Errors about an archive: which entry, and at which byte.

use super::header;
use crate::diagnostic::{Diagnostic, Place};
use crate::error::Error;
use crate::escape::shortened;

/// Characters of an entry's name in a message. A name may be as long as the archive.
const LONGEST_NAME: usize = 200;

/// The help for an archive that its writer made in a way that readers interpret differently.
pub const RECREATE: &str = "recreate the archive";

pub fn place(number: u64, name: &[u8], offset: u64) -> Place {
    // Cut before it is converted, so that a long name is not copied.
    let head = name.get(..4 * LONGEST_NAME).unwrap_or(name);
    let name = shortened(&String::from_utf8_lossy(head), LONGEST_NAME).into_owned();
    Place::Entry { number, name, offset }
}

pub fn error(place: Place, message: impl Into<String>, help: impl Into<String>) -> Error {
    Error::input(Diagnostic::error(place, message).help(help))
}

/// The error for an archive that stops too early.
pub fn truncated(end: u64, place: Place) -> Error {
    let message = format!("the archive is truncated at byte {}", end);
    error(place, message, "its writer did not finish: send it again")
}

/// The error for an input that does not start as an archive does.
pub fn not_tar(start: &[u8], place: Place) -> Error {
    match header::other_format(start) {
        Some((format, help)) => error(place, format!("this is {format}, not a tar archive"), help),
        None => error(place, "not a tar archive", "send what `tar -c` or `git archive` writes"),
    }
}
