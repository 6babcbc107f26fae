//! The end of a stream that failed on its way.
//!
//! A tar stream that just stops at the end of an entry is accepted by every reader, end marker or
//! not: half a build context would build. So the last thing written is a header that promises data
//! which does not come.

use tar_core::{EntryType, HEADER_SIZE, Header};

/// What to write when `owed` bytes of the entry under way have not been written.
pub fn tail(owed: u64) -> Vec<u8> {
    // Cut in the middle of data, the stream is refused as it is. Readers differ on whether they miss
    // a last block, though, so that one is filled up.
    let Some(fill) = usize::try_from(owed).ok().filter(|&owed| owed <= HEADER_SIZE) else {
        return Vec::new();
    };
    let mut tail = vec![0; fill];
    let mut header = Header::new_ustar();
    // The setters fail on values that do not fit; these do.
    let _ = header.set_path(b"this-archive-is-incomplete");
    let _ = header.set_mode(0o644);
    let _ = header.set_uid(0);
    let _ = header.set_gid(0);
    let _ = header.set_mtime(0);
    let _ = header.set_size(HEADER_SIZE as u64);
    header.set_entry_type(EntryType::Regular);
    header.set_checksum();
    tail.extend_from_slice(header.as_bytes());
    tail.extend_from_slice(&[0; HEADER_SIZE / 2]);
    tail
}
