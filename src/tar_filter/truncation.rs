//! The end of an output that failed, written so that every reader reports it as truncated.
//!
//! A tar stream that stops at the end of an entry is accepted by every reader, end marker or not: half
//! a build context would build. So the output ends in a header that announces data, without the data.

use tar_core::{EntryType, HEADER_SIZE, Header};

/// The bytes to end with when `owed` bytes of the current entry have not been written.
pub fn tail(owed: u64) -> Vec<u8> {
    // A stream that ends within data is rejected as it is. Readers differ on whether they miss the last
    // block, so that one is filled up.
    let Some(fill) = usize::try_from(owed).ok().filter(|&owed| owed <= HEADER_SIZE) else {
        return Vec::new();
    };
    let mut tail = vec![0; fill];
    let mut header = Header::new_ustar();
    // The setters fail on values that do not fit; these values fit.
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
