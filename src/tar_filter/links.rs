//! Hard links to the plain Dockerfile. The file itself comes last, and a link before its target
//! cannot be unpacked: so these links wait, and come behind it.

use std::collections::BTreeSet;

use super::fault;
use super::header::Kind;
use super::member::Member;
use super::path::normalize;
use crate::error::Result;

/// Bytes of headers that may wait. Each link takes 512 or a little more.
const MOST_BYTES: usize = 1 << 20;

/// The links that wait.
#[derive(Default)]
pub struct Links {
    headers: Vec<u8>,
    /// Their names: a link to one of them has to wait as well.
    paths: BTreeSet<Vec<u8>>,
    target: Vec<u8>,
}

impl Links {
    /// Whether the entry links to `dockerfile`, a path of the archive, or to a link to it.
    pub fn has_to_wait(&mut self, member: &Member, dockerfile: &[u8]) -> bool {
        if member.kind != Kind::HardLink {
            return false;
        }
        normalize(&member.link, &mut self.target);
        self.target == dockerfile || self.paths.contains(&self.target)
    }

    /// An entry that takes the place of a link that waits, which would come over it in the end.
    ///
    /// # Errors
    /// When there is one.
    pub fn check_place(&self, member: &Member) -> Result<()> {
        if !self.paths.is_empty() && self.paths.contains(&member.path) {
            let message = "an entry of the name of a hard link to the Dockerfile";
            return Err(fault::error(member.place(), message, "keep one of the two"));
        }
        Ok(())
    }

    /// Their paths.
    pub fn paths(&self) -> impl Iterator<Item = &[u8]> {
        self.paths.iter().map(Vec::as_slice)
    }

    /// Lets a link wait.
    ///
    /// # Errors
    /// When there are too many.
    pub fn wait(&mut self, member: &Member, headers: &[u8]) -> Result<()> {
        if self.headers.len() + headers.len() > MOST_BYTES {
            let message = format!("hard links to the Dockerfile over the limit of {MOST_BYTES} bytes");
            return Err(fault::error(
                member.place(),
                message,
                "no flag raises this limit: copy the file instead",
            ));
        }
        self.headers.extend_from_slice(headers);
        self.paths.insert(member.path.clone());
        Ok(())
    }

    /// Their headers, in the order in which they came.
    pub fn headers(&self) -> &[u8] {
        &self.headers
    }
}
