//! The archive reduced to one directory, for one service of several: which entries stay, and their new
//! names.

use std::fmt;

use super::fault;
use super::header::EntryKind;
use super::member::Member;
use super::path::normalize;
use super::rebuild::{EntryChange, rebuilt};
use crate::diagnostic::Place;
use crate::error::{Error, Result};

/// The directory whose entries stay.
pub struct ServiceDirectory {
    directory: Vec<u8>,
    has_entries: bool,
}

impl fmt::Display for ServiceDirectory {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(&self.directory))
    }
}

impl ServiceDirectory {
    /// Nothing for the root of the archive.
    pub fn new(directory: Option<&str>) -> Option<Self> {
        let mut path = Vec::new();
        normalize(directory?.as_bytes(), &mut path);
        (!path.is_empty()).then_some(ServiceDirectory { directory: path, has_entries: false })
    }

    /// The entry's path in the directory; nothing for one outside it.
    pub fn path<'m>(&mut self, member: &'m Member) -> Result<Option<&'m [u8]>> {
        if member.path == self.directory && member.kind != EntryKind::Directory {
            let message = "the service's build context is not a directory";
            return Err(member.fault(message, "add the directory itself to the archive"));
        }
        let inside = self.inside(&member.path);
        self.has_entries |= inside.is_some() || member.path == self.directory;
        Ok(inside)
    }

    fn inside<'p>(&self, path: &'p [u8]) -> Option<&'p [u8]> {
        path.strip_prefix(self.directory.as_slice())?.strip_prefix(b"/")
    }

    /// A path of the directory as a path of the archive.
    pub fn outer_path(&self, path: &str) -> Vec<u8> {
        [&self.directory, path.as_bytes()].join(&b'/')
    }

    pub fn headers(&self, member: &Member, raw: &[u8]) -> Result<Vec<u8>> {
        let mut name = self.inside(&member.path).unwrap_or_default().to_vec();
        if member.name.ends_with(b"/") {
            name.push(b'/');
        }
        let mut target = Vec::new();
        let mut link = None;
        if member.kind == EntryKind::HardLink {
            normalize(&member.link, &mut target);
            let Some(inner) = self.inside(&target) else {
                let message = "a hard link to a file outside the service's build context";
                return Err(member.fault(message, "copy the file into the context"));
            };
            link = Some(inner);
        }
        // The size stays, so there is none that could not fit.
        let change = EntryChange { name: &name, link, size: None };
        let headers = rebuilt(raw, &member.layout, &change);
        headers.ok_or_else(|| member.fault("a header that cannot be renamed", "shorten the name"))
    }

    pub fn check_found(&self, input_name: &str) -> Result<(), Error> {
        if self.has_entries {
            return Ok(());
        }
        let message = format!("no directory {self} in the archive");
        Err(fault::error(Place::File(input_name.to_owned()), message, "it is the service's build context"))
    }
}
