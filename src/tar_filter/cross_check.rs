//! Extended headers are read a second time, by the `tar-core` crate: when the two readings differ, the
//! archive is refused.
//!
//! `tar-core` is not the only reader because it accepts what this filter must not (a block of zeros in
//! the middle, numbers that overflow), rejects what is common (times before 1970) and keeps the whole
//! map of a sparse file in memory.

use tar_core::parse::{Limits, ParseEvent, Parser};

use super::fault::RECREATE;
use super::header::EntryKind;
use super::member::Member;
use crate::error::Result;

/// Whether `raw`, the member's extensions and its header, reads the same for `tar-core`.
pub fn agrees(member: &Member, raw: &[u8]) -> Result<()> {
    let mut parser = Parser::new(Limits::permissive());
    // It rejects times before 1970; the values that matter are checked by the own reader.
    parser.set_ignore_pax_errors(true);
    let same = match parser.parse(raw) {
        Ok(ParseEvent::Entry { entry, consumed }) => {
            let is_link = matches!(member.kind, EntryKind::HardLink | EntryKind::SymbolicLink);
            let link = entry.link_target.as_deref().unwrap_or_default();
            consumed == raw.len()
                && *entry.path == *member.name
                && entry.size == member.size
                && (!is_link || *link == *member.link)
        }
        _ => false,
    };
    if same {
        return Ok(());
    }
    Err(member.fault("an extended header that readers interpret differently", RECREATE))
}
