//! One entry with the headers that extend it, combined as every reader would.

use std::ops::Range;

use tar_core::HEADER_SIZE;

use super::fault::{self, RECREATE};
use super::header::{self, Block, EntryKind, Header, HeaderFormat};
use super::number::number;
use super::path::normalize;
use super::pax::Extended;
use super::sparse::Map;
use crate::diagnostic::Place;
use crate::error::{Error, Result};

/// An entry, read and not yet passed on. One is used for all entries, for the sake of its buffers.
#[derive(Debug, Default)]
pub struct Member {
    /// Counted from 1.
    pub number: u64,
    /// Where its own header starts in the archive.
    pub offset: u64,
    /// The name as it was written.
    pub name: Vec<u8>,
    /// The name, normalized.
    pub path: Vec<u8>,
    /// The link target as it was written; empty without one.
    pub link: Vec<u8>,
    pub kind: EntryKind,
    /// Bytes of data in the archive, without padding.
    pub size: u64,
    /// Whether it is a file with holes, in any of the formats.
    pub is_sparse: bool,
    /// Whether a sparse file's map continues after its header.
    pub has_more_map: bool,
    /// The map of a sparse file in GNU's own format, as far as it is in the header.
    pub map: Map,
    /// Bytes of a sparse file with its holes.
    pub real_size: u64,
    pub layout: MemberLayout,
}

/// Where the parts of a member are in its raw bytes.
#[derive(Clone, Debug, Default)]
pub struct MemberLayout {
    pub format: HeaderFormat,
    pub header: Range<usize>,
    pub pax: Option<HeaderExtension>,
    /// The content of the PAX records; ranges count from the records' start.
    pub extended: Extended,
    pub long_name: Option<HeaderExtension>,
    pub long_link: Option<HeaderExtension>,
}

/// An extension: a header and its data.
#[derive(Clone, Debug)]
pub struct HeaderExtension {
    pub header: Range<usize>,
    /// Without padding.
    pub data: Range<usize>,
}

impl Member {
    pub fn place(&self) -> Place {
        fault::place(self.number, &self.name, self.offset)
    }

    pub fn fault(&self, message: impl Into<String>, help: impl Into<String>) -> Error {
        fault::error(self.place(), message, help)
    }

    /// Bytes of data with the padding up to the next block. Sizes are below 63 bits.
    pub fn padded_size(&self) -> u64 {
        self.size.next_multiple_of(HEADER_SIZE as u64)
    }
}

/// Combines header and extensions, and refuses contradictions between them.
pub fn complete(member: &mut Member, block: &Block, header: Header, raw: &[u8]) -> Result<()> {
    let layout = &member.layout;
    header::name(block, header.format, &mut member.name);
    let own_name_is_directory = member.name.ends_with(b"/");
    let data = |part: &Option<HeaderExtension>| raw.get(part.as_ref()?.data.clone());
    let record = |span: &Option<Range<usize>>| data(&layout.pax)?.get(span.clone()?);
    let long =
        |part: &Option<HeaderExtension>| data(part).map(|text| text.strip_suffix(b"\0").unwrap_or(text));
    if let Some(name) = record(&layout.extended.path).or_else(|| long(&layout.long_name)) {
        set(&mut member.name, name);
    }
    let link = record(&layout.extended.link).or_else(|| long(&layout.long_link));
    set(&mut member.link, link.unwrap_or_else(|| header::link(block)));
    let is_directory = member.name.ends_with(b"/");
    let is_link = matches!(header.kind, EntryKind::HardLink | EntryKind::SymbolicLink);
    let contradiction = match header.kind {
        EntryKind::File if header.is_old_type && is_directory == own_name_is_directory => None,
        // A sparse file is never of the old type.
        EntryKind::File | EntryKind::Sparse
            if is_directory || (header.is_old_type && own_name_is_directory) =>
        {
            Some("a file whose name ends in a slash")
        }
        EntryKind::Sparse if layout.pax.is_some() => Some("extension headers of two kinds for one entry"),
        kind if layout.extended.is_sparse && (kind != EntryKind::File || header.is_old_type) => {
            Some("PAX records of a sparse file on an entry that is no regular file")
        }
        _ if !is_link && (layout.long_link.is_some() || layout.extended.link.is_some()) => {
            Some("a link target on something that is no link")
        }
        _ if is_link && member.link.is_empty() => Some("a link without a target"),
        // Some readers cut the slash off, some do not.
        kind if kind != EntryKind::Directory && kind != EntryKind::File && is_directory => {
            Some("a name that ends in a slash on something that is no directory")
        }
        _ if header::has_odd_prefix(block, header.format) => Some("a prefix that ends in a slash"),
        _ => None,
    };
    if let Some(message) = contradiction {
        return Err(member.fault(message, RECREATE));
    }
    member.kind = match header.kind {
        EntryKind::File if header.is_old_type && is_directory => EntryKind::Directory,
        kind => kind,
    };
    member.is_sparse = member.kind == EntryKind::Sparse || layout.extended.is_sparse;
    // The flag of GNU tar's old sparse format.
    member.has_more_map = member.kind == EntryKind::Sparse && block.get(482).is_some_and(|&more| more != 0);
    member.size = size(member, header)?;
    sparse(member, block)?;
    normalize(&member.name, &mut member.path);
    Ok(())
}

/// Replaces a text, in the memory that it has.
fn set(text: &mut Vec<u8>, bytes: &[u8]) {
    text.clear();
    text.extend_from_slice(bytes);
}

/// Reads the holes of a file from its headers.
fn sparse(member: &mut Member, block: &Block) -> Result<()> {
    let field = |from: usize, to: usize| block.get(from..to).unwrap_or_default();
    let good = match (member.kind, &member.layout.extended.map) {
        (EntryKind::Sparse, _) => {
            member.map = Map::default();
            let real_size = number(field(483, 495));
            member.real_size = real_size.unwrap_or_default();
            real_size.is_some() && member.map.add_fields(field(386, 482))
        }
        (_, Some(map)) => map.fits(member.size, member.layout.extended.real_size),
        _ => true,
    };
    if good { Ok(()) } else { Err(bad_map(member)) }
}

pub fn bad_map(member: &Member) -> Error {
    member.fault("the map of a sparse file that does not fit its data", "recreate it without --sparse")
}

/// Bytes of data, if every reader skips the same number.
fn size(member: &Member, header: Header) -> Result<u64> {
    /// What a header says when the size does not fit into it.
    const FULL: u64 = 0o77_777_777_777;
    let size = match member.layout.extended.size {
        Some(size) if header.size == size || header.size == 0 || (header.size == FULL && size > FULL) => size,
        Some(_) => return Err(member.fault("two sizes for one entry", RECREATE)),
        None => header.size,
    };
    // No reader expects data after a directory's header, whatever its size field says. A size in PAX
    // records is another matter.
    if member.kind == EntryKind::Directory {
        if member.layout.extended.size.is_some_and(|size| size > 0) {
            return Err(member.fault("a directory with a size in PAX records", RECREATE));
        }
        return Ok(0);
    }
    let has_none = matches!(member.kind, EntryKind::HardLink | EntryKind::SymbolicLink | EntryKind::Fifo);
    if has_none && size > 0 {
        return Err(member.fault("a link or a pipe with data", RECREATE));
    }
    if size > i64::MAX as u64 - (1 << 20) {
        return Err(member.fault("a size larger than any file", RECREATE));
    }
    Ok(size)
}
