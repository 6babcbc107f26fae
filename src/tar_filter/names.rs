//! The names of an archive: what they come to as paths, and which of them would lead somewhere else
//! than they say.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use foldhash::quality::RandomState;

use super::header::Kind;
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

/// The names that have gone by, as hashes: enough for the questions asked here, and small enough for
/// archives of a million entries. The hash has a secret key, so that nobody can make two names meet.
#[derive(Default)]
pub struct Names {
    key: RandomState,
    links: Hashes,
    others: Hashes,
    /// For the paths of hard links' targets, one after the other.
    target: Vec<u8>,
}

impl Names {
    /// Looks at an entry, and remembers it.
    ///
    /// # Errors
    /// A name that leads out of the archive: through `..`, or through a symbolic link.
    pub fn check(&mut self, member: &Member, notes: &mut Diagnostics) -> Result<(), Error> {
        let fault = |message: &str, help: &str| {
            Err(Error::input(Diagnostic::error(member.place(), message).help(help)))
        };
        let name = &member.name;
        if name.is_empty() {
            return fault("an entry without a name", "write the archive anew");
        }
        if has_pair(name, |one, other| (one == b'.') & (other == b'.'))
            && name.split(|&byte| byte == b'/').any(|part| part == b"..")
        {
            return fault(
                "a name with `..` in it",
                "pack the context from its own directory: tar -C DIR -c .",
            );
        }
        if member.path.is_empty() && member.kind != Kind::Directory {
            return fault("the root of the archive is not a directory", "write the archive anew");
        }
        if memchr::memchr(b'\\', name).is_some() {
            notes.push(|| {
                Diagnostic::warning(member.place(), "a backslash in a name")
                    .help("it is part of the name here, and no separator")
            });
        }
        let hash = match self.hash(&member.path, !self.links.is_empty()) {
            Ok(hash) => hash,
            Err(()) => {
                return fault(
                    "the name leads through a symbolic link of this archive",
                    "pack what the link points at under its own name",
                );
            }
        };
        if member.kind == Kind::Directory {
            return Ok(());
        }
        if member.kind == Kind::HardLink && !self.is_safe_target(&member.link) {
            return fault(
                "a hard link that leads out, through `..` or a symbolic link",
                "link to a file of this archive by its own name",
            );
        }
        // A hard link to a symbolic link is one.
        let is_link = match member.kind {
            Kind::SymbolicLink => true,
            Kind::HardLink => !self.links.is_empty() && self.is_link(&member.link),
            _ => false,
        };
        if is_link {
            self.links.insert(hash);
        }
        if !self.others.insert(hash) {
            notes.push(|| {
                Diagnostic::warning(member.place(), "an entry of this name was there before")
                    .help("the last one of a name wins when the archive is unpacked")
            });
        }
        Ok(())
    }

    fn is_link(&mut self, name: &[u8]) -> bool {
        let mut path = std::mem::take(&mut self.target);
        normalize(name, &mut path);
        let is_link = self.leads_through_link(&path);
        self.target = path;
        is_link
    }

    fn is_safe_target(&mut self, target: &[u8]) -> bool {
        let mut path = std::mem::take(&mut self.target);
        normalize(target, &mut path);
        let leads_up = path.split(|&byte| byte == b'/').any(|part| part == b"..");
        let is_safe = !leads_up && !path.is_empty() && self.hash(&path, true).is_ok();
        self.target = path;
        is_safe
    }

    /// Whether a path of this archive, or a directory above it, is a symbolic link.
    pub fn leads_through_link(&self, path: &[u8]) -> bool {
        self.hash(path, true).map_or(true, |hash| self.links.contains(&hash))
    }

    /// The path's hash; an error when a directory above it is a symbolic link. All in one walk, so
    /// that a path of a million parts is no burden.
    fn hash(&self, path: &[u8], look_above: bool) -> Result<u64, ()> {
        let mut hasher = self.key.build_hasher();
        if !look_above {
            // The same calls as below come to the same hash.
            for part in path.split_inclusive(|&byte| byte == b'/') {
                hasher.write(part);
            }
            return Ok(hasher.finish());
        }
        for part in path.split_inclusive(|&byte| byte == b'/') {
            match part.strip_suffix(b"/") {
                Some(directory) => {
                    let mut above = hasher.clone();
                    above.write(directory);
                    if self.links.contains(&above.finish()) {
                        return Err(());
                    }
                    hasher.write(part);
                }
                None => hasher.write(part),
            }
        }
        Ok(hasher.finish())
    }
}
