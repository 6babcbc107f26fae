//! Passing on the data of one entry, and checking the map of a sparse file as it goes by.

use tar_core::HEADER_SIZE;

use super::fault::truncated;
use super::header::EntryKind;
use super::member::{Member, bad_map};
use super::number::is_zero;
use super::sparse::TextMap;
use super::stream::Stream;
use crate::error::Result;

/// Writes the data of an entry whose headers were written, or leaves it out. `look` gets it without the
/// padding.
pub fn pass_data(
    stream: &mut Stream,
    member: &Member,
    passes: bool,
    mut look: impl FnMut(&[u8]),
) -> Result<()> {
    pass_sparse_map(stream, member, passes)?;
    // The newest sparse format has the map in the data.
    let in_data =
        member.is_sparse && member.kind != EntryKind::Sparse && member.layout.extended.map.is_none();
    let mut map = in_data.then(TextMap::default);
    let mut rest = member.size;
    let there = stream.data(member.padded_size(), passes, |piece| {
        if let Some(map) = &mut map {
            map.read(piece);
        }
        let length = usize::try_from(rest).unwrap_or(usize::MAX).min(piece.len());
        rest -= length as u64;
        look(piece.get(..length).unwrap_or_default());
    })?;
    if !there {
        return Err(truncated(stream.end_offset(), member.place()));
    }
    match map {
        Some(map) if !map.fits(member.size, member.layout.extended.real_size) => Err(bad_map(member)),
        _ => Ok(()),
    }
}

/// Writes or leaves out the blocks in which GNU tar continues the map of a sparse file. Each of them says
/// whether there is one more.
fn pass_sparse_map(stream: &mut Stream, member: &Member, passes: bool) -> Result<()> {
    if member.kind != EntryKind::Sparse {
        return Ok(());
    }
    let mut more = member.has_more_map;
    let mut map = member.map;
    let mut block = [0; HEADER_SIZE];
    while more {
        if passes {
            stream.owe_data();
        }
        if !stream.block(&mut block)? {
            return Err(truncated(stream.end_offset(), member.place()));
        }
        more = block.get(504).is_some_and(|&more| more != 0);
        let (regions, rest) = (block.get(..504).unwrap_or_default(), block.get(505..).unwrap_or_default());
        if !map.add_fields(regions) || !is_zero(rest) {
            return Err(bad_map(member));
        }
        if passes {
            stream.accept();
        } else {
            stream.leave_out()?;
        }
    }
    if map.fits(member.size, member.real_size) { Ok(()) } else { Err(bad_map(member)) }
}
