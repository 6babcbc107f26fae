//! The names of an archive: which paths they are, and which of them would lead somewhere else
//! than they say.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use foldhash::quality::RandomState;

use super::fault::RECREATE;
use super::header::EntryKind;
use super::member::Member;
use super::path::{has_pair, normalize};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::Error;

/// Hashes, which need not be hashed again.
type Hashes = HashSet<u64, BuildHasherDefault<AsIs>>;

#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// The names so far, as hashes, which are small enough for archives of a million entries. The hash has a
/// secret key, so that nobody can construct two names of one hash.
#[derive(Default)]
pub struct EntryNames {
    key: RandomState,
    links: Hashes,
    others: Hashes,
    /// The path of the current hard link's target; kept for its memory.
    target: Vec<u8>,
}

impl EntryNames {
    /// Checks an entry's name and adds it. A name that leads out of the archive is refused.
    pub fn check(&mut self, member: &Member, notes: &mut Diagnostics) -> Result<(), Error> {
        let fault = |message: &str, help: &str| Err(member.fault(message, help));
        let name = &member.name;
        if name.is_empty() {
            return fault("an entry without a name", RECREATE);
        }
        if has_pair(name, |one, other| (one == b'.') & (other == b'.'))
            && name.split(|&byte| byte == b'/').any(|part| part == b"..")
        {
            let help = "create the archive from the context's own directory: tar -C DIR -c .";
            return fault("a name that contains `..`", help);
        }
        if member.path.is_empty() && member.kind != EntryKind::Directory {
            return fault("the root of the archive is not a directory", RECREATE);
        }
        if memchr::memchr(b'\\', name).is_some() {
            notes.push(|| {
                Diagnostic::warning(member.place(), "a backslash in a name")
                    .help("it is part of the name, not a separator")
            });
        }
        let Ok(hash) = self.hash(&member.path, !self.links.is_empty()) else {
            let message = "the name leads through a symbolic link of this archive";
            return fault(message, "add what the link points to under its own path");
        };
        if member.kind == EntryKind::Directory {
            return Ok(());
        }
        if member.kind == EntryKind::HardLink {
            normalize(&member.link, &mut self.target);
            if !self.is_safe_target(&self.target) {
                let message = "a hard link that leads out of the archive, through `..` or a symbolic link";
                return fault(message, "link to a file of this archive by its own name");
            }
        }
        // A hard link to a symbolic link is one.
        let is_link = match member.kind {
            EntryKind::SymbolicLink => true,
            EntryKind::HardLink => !self.links.is_empty() && self.leads_through_link(&self.target),
            _ => false,
        };
        if is_link {
            self.links.insert(hash);
        }
        if !self.others.insert(hash) {
            notes.push(|| {
                Diagnostic::warning(member.place(), "an earlier entry has the same name")
                    .help("the last entry of a name wins when the archive is unpacked")
            });
        }
        Ok(())
    }

    fn is_safe_target(&self, path: &[u8]) -> bool {
        let leads_up = path.split(|&byte| byte == b'/').any(|part| part == b"..");
        !leads_up && !path.is_empty() && self.hash(path, true).is_ok()
    }

    /// Whether a path of this archive, or a directory above it, is a symbolic link.
    pub fn leads_through_link(&self, path: &[u8]) -> bool {
        self.hash(path, true).map_or(true, |hash| self.links.contains(&hash))
    }

    /// The path's hash; an error when a directory above it is a symbolic link. One pass, so that a path
    /// of a million parts costs no more than its length.
    fn hash(&self, path: &[u8], look_above: bool) -> Result<u64, ()> {
        let mut hasher = self.key.build_hasher();
        for part in path.split_inclusive(|&byte| byte == b'/') {
            if let Some(directory) = part.strip_suffix(b"/").filter(|_| look_above) {
                let mut above = hasher.clone();
                above.write(directory);
                if self.links.contains(&above.finish()) {
                    return Err(());
                }
            }
            hasher.write(part);
        }
        Ok(hasher.finish())
    }
}
