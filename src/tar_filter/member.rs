//! One entry with all that is written in front of it to extend it, put together as every reader
//! would.

use std::ops::Range;

use tar_core::HEADER_SIZE;

use super::fault;
use super::header::{self, Block, Format, Header, Kind};
use super::number::{Number, number};
use super::path::normalize;
use super::pax::Extended;
use super::sparse::Map;
use crate::diagnostic::Place;
use crate::error::Result;

/// An entry, read and not yet passed on. One is used for all entries, for the sake of its buffers.
#[derive(Debug, Default)]
pub struct Member {
    /// Which entry it is, from 1.
    pub number: u64,
    /// Where its own header starts in the archive.
    pub offset: u64,
    /// Its name, byte for byte.
    pub name: Vec<u8>,
    /// The path that the name comes to.
    pub path: Vec<u8>,
    /// Its link target, byte for byte; empty without one.
    pub link: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Bytes of data in the archive, without padding.
    pub size: u64,
    /// Whether it is a file with holes, in whatever way.
    pub is_sparse: bool,
    /// Whether a sparse file's map continues behind its header.
    pub has_more_map: bool,
    /// The map of a sparse file in GNU's own format, as far as the header has it.
    pub map: Map,
    /// Bytes of a sparse file with its holes.
    pub real_size: u64,
    /// Where its parts lie in what is pending.
    pub parts: Parts,
}

/// Where the parts of a member lie in its raw bytes.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// The format of its own header.
    pub format: Format,
    /// Its own header.
    pub header: Range<usize>,
    /// The PAX records in front.
    pub pax: Option<Part>,
    /// What the records say; ranges count from the records' start.
    pub extended: Extended,
    /// GNU's long name.
    pub long_name: Option<Part>,
    /// GNU's long link target.
    pub long_link: Option<Part>,
}

/// An extension: a header and its data.
#[derive(Clone, Debug)]
pub struct Part {
    /// The header block.
    pub header: Range<usize>,
    /// The data, without padding.
    pub data: Range<usize>,
}

impl Member {
    /// What messages point at.
    pub fn place(&self) -> Place {
        fault::place(self.number, &self.name, self.offset)
    }

    /// The data with its padding.
    pub fn padded_size(&self) -> u64 {
        padded(self.size)
    }
}

/// Puts together what header and extensions say, and refuses what they contradict each other in.
///
/// # Errors
/// When readers would put it together differently.
pub fn complete(member: &mut Member, block: &Block, header: Header, raw: &[u8]) -> Result<()> {
    let parts = &member.parts;
    header::name(block, header.format, &mut member.name);
    let own_name_is_directory = member.name.ends_with(b"/");
    member.link.clear();
    member.link.extend_from_slice(header::link(block));
    let text = |part: &Part| {
        let data = raw.get(part.data.clone()).unwrap_or_default();
        data.strip_suffix(b"\0").unwrap_or(data)
    };
    if let Some(part) = &parts.long_name {
        member.name.clear();
        member.name.extend_from_slice(text(part));
    }
    if let Some(part) = &parts.long_link {
        member.link.clear();
        member.link.extend_from_slice(text(part));
    }
    if let Some(part) = &parts.pax {
        let records = raw.get(part.data.clone()).unwrap_or_default();
        if let Some(path) = parts.extended.path.clone().and_then(|span| records.get(span)) {
            member.name.clear();
            member.name.extend_from_slice(path);
        }
        if let Some(link) = parts.extended.link.clone().and_then(|span| records.get(span)) {
            member.link.clear();
            member.link.extend_from_slice(link);
        }
    }
    let is_directory = member.name.ends_with(b"/");
    let is_link = matches!(header.kind, Kind::HardLink | Kind::SymbolicLink);
    let contradiction = match header.kind {
        Kind::File if header.is_old_type && is_directory == own_name_is_directory => None,
        Kind::File if is_directory || (header.is_old_type && own_name_is_directory) => {
            Some("a file whose name ends in a slash")
        }
        Kind::Sparse if is_directory => Some("a file whose name ends in a slash"),
        Kind::Sparse if parts.pax.is_some() => Some("extension headers of two kinds for one entry"),
        kind if parts.extended.is_sparse && (kind != Kind::File || header.is_old_type) => {
            Some("PAX records of a sparse file on something else")
        }
        _ if !is_link && (parts.long_link.is_some() || parts.extended.link.is_some()) => {
            Some("a link target on something that is no link")
        }
        _ if is_link && member.link.is_empty() => Some("a link without a target"),
        // Some readers cut the slash off, some do not.
        kind if kind != Kind::Directory && kind != Kind::File && is_directory => {
            Some("a name that ends in a slash on something that is no directory")
        }
        _ if header::has_odd_prefix(block, header.format) => Some("a prefix that ends in a slash"),
        _ => None,
    };
    if let Some(message) = contradiction {
        return Err(fault::error(member.place(), message, "write the archive anew"));
    }
    member.kind = match header.kind {
        Kind::File if header.is_old_type && is_directory => Kind::Directory,
        kind => kind,
    };
    member.is_sparse = member.kind == Kind::Sparse || parts.extended.is_sparse;
    // GNU tar's format of old says so in this byte.
    member.has_more_map = member.kind == Kind::Sparse && block.get(482).is_some_and(|&more| more != 0);
    member.size = size(member, header)?;
    sparse(member, block)?;
    normalize(&member.name, &mut member.path);
    Ok(())
}

/// Reads what the headers say of a file's holes.
fn sparse(member: &mut Member, block: &Block) -> Result<()> {
    let field = |from: usize, to: usize| block.get(from..to).unwrap_or_default();
    let good = match (member.kind, &member.parts.extended.map) {
        (Kind::Sparse, _) => {
            member.map = Map::default();
            let real_size = number(field(483, 495));
            if let Some(Number::Positive(real_size)) = real_size {
                member.real_size = real_size;
            }
            matches!(real_size, Some(Number::Positive(_))) && member.map.add_fields(field(386, 482))
        }
        (_, Some(map)) => map.fits(member.size, member.parts.extended.real_size),
        _ => true,
    };
    if good { Ok(()) } else { Err(bad_map(member)) }
}

/// The error for a map that does not fit its file.
pub fn bad_map(member: &Member) -> crate::error::Error {
    let message = "the map of a sparse file that does not fit its data";
    fault::error(member.place(), message, "write the archive anew, without --sparse")
}

/// Bytes of data, when every reader skips the same.
fn size(member: &Member, header: Header) -> Result<u64> {
    /// What a header says when the size does not fit into it.
    const FULL: u64 = 0o77_777_777_777;
    let size = match member.parts.extended.size {
        Some(size) if header.size == size || header.size == 0 || (header.size == FULL && size > FULL) => size,
        Some(_) => {
            let message = "two sizes for one entry";
            return Err(fault::error(member.place(), message, "write the archive anew"));
        }
        None => header.size,
    };
    // No reader looks for data behind a directory, whatever its size says: what follows is the next
    // header. Records that give one a size are another matter.
    if member.kind == Kind::Directory {
        if member.parts.extended.size.is_some_and(|size| size > 0) {
            let message = "a directory with a size in PAX records";
            return Err(fault::error(member.place(), message, "write the archive anew"));
        }
        return Ok(0);
    }
    let has_none = matches!(member.kind, Kind::HardLink | Kind::SymbolicLink | Kind::Fifo);
    if has_none && size > 0 {
        let message = "a link or a pipe with data";
        return Err(fault::error(member.place(), message, "write the archive anew"));
    }
    if size > i64::MAX as u64 - (1 << 20) {
        let message = "a size larger than any file";
        return Err(fault::error(member.place(), message, "write the archive anew"));
    }
    Ok(size)
}

/// Up to the next block. Sizes are below 63 bits when they come here.
fn padded(size: u64) -> u64 {
    size.saturating_add(HEADER_SIZE as u64 - 1) / HEADER_SIZE as u64 * HEADER_SIZE as u64
}
