//! A plan as a tar archive: the files of the tree, with nothing in their headers that depends on when
//! or where they are made.

use std::collections::BTreeMap;
use std::io::{self, Write};

use tar_core::HEADER_SIZE;
use tar_core::builder::EntryBuilder;

use super::format::{Format, Writer};
use super::listing::{Dockerfiles, Listing};
use super::manifest::{self, Manifest};
use super::tree::Tree;
use crate::error::{Error, Result};

pub const FORMAT: Format = Format {
    name: "tar",
    help: "Tar archive of the tree",
    flags: &[],
    divides_builds: false,
    why_limited: None,
    writer: Writer::Rows(|listing, dockerfiles, _, out| write(listing, dockerfiles, out)),
};

/// Writes the archive: the files by path, then the manifest.
fn write(listing: &Listing, dockerfiles: &mut dyn Dockerfiles, out: &mut dyn Write) -> Result<()> {
    let failed = || Error::io("write", "the archive");
    let tree = Tree::of(listing, "")?;
    dockerfiles.each(listing, &tree.fleets, &mut |fleet, texts| {
        let first = listing.rows_of(fleet).start;
        for (path, row) in tree.files_of(fleet) {
            let text = texts.get(row - first).copied().unwrap_or_default();
            entry(&path, text, out).map_err(failed())?;
        }
        Ok(())
    })?;
    write_manifest(&tree, out).map_err(failed())
}

fn write_manifest(tree: &Tree, out: &mut dyn Write) -> io::Result<()> {
    /// Only counts: the size of a file comes before it.
    struct Counter(u64);
    impl Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (others, left) = (Manifest::default(), BTreeMap::new());
    let mut size = Counter(0);
    tree.write_manifest(&others, &left, &mut size)?;
    header(manifest::NAME, size.0, out)?;
    tree.write_manifest(&others, &left, out)?;
    pad(size.0, out)?;
    out.write_all(&[0; 2 * HEADER_SIZE])
}

fn entry(path: &str, bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
    header(path, bytes.len() as u64, out)?;
    out.write_all(bytes)?;
    pad(bytes.len() as u64, out)
}

fn header(path: &str, size: u64, out: &mut dyn Write) -> io::Result<()> {
    let mut builder = EntryBuilder::new_ustar();
    builder.path(path);
    // POSIX time 0, no user's id, and a mode that everybody can read.
    let fields = builder
        .mode(0o644)
        .and_then(|builder| builder.uid(0))
        .and_then(|builder| builder.gid(0))
        .and_then(|builder| builder.mtime(0))
        .and_then(|builder| builder.size(size));
    fields.map_err(io::Error::other)?;
    out.write_all(&builder.finish_bytes())
}

/// Fills the last block of a file.
fn pad(size: u64, out: &mut dyn Write) -> io::Result<()> {
    let rest = usize::try_from(size % HEADER_SIZE as u64).unwrap_or(0);
    let padding = rest.next_multiple_of(HEADER_SIZE) - rest;
    out.write_all(&[0; HEADER_SIZE][..padding])
}
