//! Hard links to a plain Dockerfile. The file itself is written last, and a link before its target
//! cannot be unpacked, so these links are written after it.

use std::collections::BTreeSet;

use super::header::EntryKind;
use super::member::Member;
use super::path::normalize;
use crate::error::Result;

/// Bytes of headers that are kept. Each link takes 512 or a little more.
const MOST_BYTES: usize = 1 << 20;

#[derive(Default)]
pub struct Links {
    /// In the order in which they came.
    pub headers: Vec<u8>,
    /// A link to one of them has to wait as well.
    pub paths: BTreeSet<Vec<u8>>,
    /// The Dockerfiles that they lead to.
    pub targets: BTreeSet<Vec<u8>>,
    target: Vec<u8>,
}

impl Links {
    /// Whether the entry links to a Dockerfile that comes last, or to a link to one. `comes_last` says so of a
    /// path of the archive.
    pub fn has_to_wait(&mut self, member: &Member, comes_last: impl Fn(&[u8]) -> bool) -> bool {
        if member.kind != EntryKind::HardLink {
            return false;
        }
        normalize(&member.link, &mut self.target);
        let is_dockerfile = comes_last(&self.target);
        if is_dockerfile && !self.targets.contains(&self.target) {
            self.targets.insert(self.target.clone());
        }
        is_dockerfile || self.paths.contains(&self.target)
    }

    /// Refuses an entry that a waiting link would replace.
    pub fn check_place(&self, member: &Member) -> Result<()> {
        if self.paths.contains(&member.path) {
            let message = "an entry with the name of a hard link to the Dockerfile";
            return Err(member.fault(message, "keep one of the two"));
        }
        Ok(())
    }

    pub fn wait(&mut self, member: &Member, headers: &[u8]) -> Result<()> {
        if self.headers.len() + headers.len() > MOST_BYTES {
            let message = format!("hard links to the Dockerfile over the limit of {MOST_BYTES} bytes");
            return Err(member.fault(message, "no flag raises this limit: copy the file instead"));
        }
        self.headers.extend_from_slice(headers);
        self.paths.insert(member.path.clone());
        Ok(())
    }
}
