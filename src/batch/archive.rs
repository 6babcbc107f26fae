//! A plan as a tar archive: the files of the tree, with nothing in their headers that depends on when
//! or where they are made.

use std::collections::BTreeMap;
use std::io::{self, Write};

use tar_core::HEADER_SIZE;
use tar_core::builder::EntryBuilder;

use super::format::{Format, Writer};
use super::manifest::{self, Manifest};
use super::plan::Planned;
use super::tree;
use crate::error::Error;

pub const FORMAT: Format = Format {
    name: "tar",
    help: "Tar archive of the tree",
    flags: &[],
    divides_builds: false,
    writer: Writer::Text(|plan, _| {
        let mut archive = Vec::new();
        write(&tree::files(plan, "")?, &mut archive).map_err(Error::io("write", "the archive"))?;
        Ok(archive)
    }),
};

/// Writes the archive: the files by path, then the manifest.
pub fn write(files: &[(String, Planned)], out: &mut dyn Write) -> io::Result<()> {
    let by_path: BTreeMap<&str, &[u8]> =
        files.iter().map(|(path, row)| (&**path, &*row.file.bytes)).collect();
    for (path, bytes) in by_path {
        entry(path, bytes, out)?;
    }
    entry(manifest::NAME, Manifest::new(files, BTreeMap::new()).to_text().as_bytes(), out)?;
    out.write_all(&[0; 2 * HEADER_SIZE])
}

fn entry(path: &str, bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let mut builder = EntryBuilder::new_ustar();
    builder.path(path);
    // POSIX time 0, no user's id, and a mode that everybody can read.
    let fields = builder
        .mode(0o644)
        .and_then(|builder| builder.uid(0))
        .and_then(|builder| builder.gid(0))
        .and_then(|builder| builder.mtime(0))
        .and_then(|builder| builder.size(bytes.len() as u64));
    fields.map_err(io::Error::other)?;
    out.write_all(&builder.finish_bytes())?;
    out.write_all(bytes)?;
    let padding = bytes.len().next_multiple_of(HEADER_SIZE) - bytes.len();
    out.write_all(&[0; HEADER_SIZE][..padding])
}
