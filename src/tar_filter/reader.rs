//! Reading an archive entry by entry: which headers belong together, and where the entries end.

use tar_core::HEADER_SIZE;

use super::fault::RECREATE;
use super::header::{self, Block, EntryKind};
use super::member::{HeaderExtension, Member, MemberLayout, complete};
use super::number::is_zero;
use super::stream::Stream;
use super::{cross_check, fault, pax, trailer};
use crate::diagnostic::Place;
use crate::error::{Error, Result};

/// The most bytes of one extension header. Names and attributes are shorter.
const LONGEST_EXTENSION: u64 = 1 << 20;

pub enum Next {
    /// An entry, read into the given member. Its headers are pending.
    Entry,
    /// The end marker, of this many zeros.
    End(u64),
}

pub struct MemberReader {
    number: u64,
    max_entries: u64,
    allow_missing_end: bool,
    block: Block,
    previous: header::Previous,
}

impl MemberReader {
    pub fn new(max_entries: u64, allow_missing_end: bool) -> Self {
        MemberReader {
            number: 0,
            max_entries,
            allow_missing_end,
            block: [0; HEADER_SIZE],
            previous: header::Previous::default(),
        }
    }

    /// Counts entries that were read elsewhere.
    pub fn skip_entries(&mut self, entries: u64) {
        self.number += entries;
    }

    /// Reads the next entry's headers. Whatever two readers might interpret differently is refused.
    pub fn next(&mut self, stream: &mut Stream, member: &mut Member) -> Result<Next> {
        let number = self.number + 1;
        let mut extensions = Extensions::default();
        loop {
            let at = stream.pending().len();
            let offset = stream.offset;
            let here = |name: &[u8]| fault::place(number, name, offset);
            if !stream.block(&mut self.block)? {
                if extensions.is_empty() {
                    return trailer::missing(stream, self.allow_missing_end).map(Next::End);
                }
                return Err(fault::truncated(stream.end_offset(), here(b"")));
            }
            let block = &self.block;
            if block.first() == Some(&0) && is_zero(block) {
                if !extensions.is_empty() {
                    return Err(fault::error(here(b""), "an extension header without an entry", RECREATE));
                }
                return trailer::read(stream, self.allow_missing_end).map(Next::End);
            }
            if number > self.max_entries {
                let message = format!("more than the limit of {} entries", self.max_entries);
                return Err(fault::error(here(b""), message, "raise it with --max-entries NUMBER"));
            }
            let own_name = || header::own_name(block);
            if !header::has_checksum(block) {
                return Err(unreadable(block, offset, here(own_name())));
            }
            let header = self.previous.read(block);
            let header = header.map_err(|(message, help)| fault::error(here(own_name()), message, help))?;
            if !matches!(
                header.kind,
                EntryKind::Pax | EntryKind::PaxGlobal | EntryKind::LongName | EntryKind::LongLink
            ) {
                let mut layout = extensions.layout;
                layout.format = header.format;
                layout.header = at..at + HEADER_SIZE;
                self.number = number;
                (member.number, member.offset, member.layout) = (number, offset, layout);
                let raw = stream.pending();
                complete(member, block, header, raw)?;
                if raw.len() > HEADER_SIZE && !member.is_sparse {
                    cross_check::agrees(member, raw)?;
                }
                return Ok(Next::Entry);
            }
            let part = extension(stream, header.size, || here(own_name()))?;
            let data = stream.pending().get(part.data.clone()).unwrap_or_default();
            let padding = stream.pending().get(part.data.end..).unwrap_or_default();
            let is_long = matches!(header.kind, EntryKind::LongName | EntryKind::LongLink);
            // GNU tar reads such a name up to its NUL, wherever that is.
            if is_long && (!data.ends_with(b"\0") && padding.is_empty() || !is_zero(padding)) {
                let message = "a long name that is not terminated, or has data after its terminator";
                return Err(fault::error(here(own_name()), message, RECREATE));
            }
            let added = extensions.add(header.kind, part, data);
            added.map_err(|message| fault::error(here(b""), message, RECREATE))?;
            if header.kind == EntryKind::PaxGlobal {
                // It belongs to no entry, and is written even if the next entry is not.
                stream.accept();
            }
        }
    }
}

/// The extensions of an entry.
#[derive(Default)]
struct Extensions {
    layout: MemberLayout,
    has_global: bool,
}

impl Extensions {
    fn is_empty(&self) -> bool {
        self.has_none_of_entry() && !self.has_global
    }

    fn has_none_of_entry(&self) -> bool {
        self.layout.pax.is_none() && !self.has_gnu()
    }

    fn has_gnu(&self) -> bool {
        self.layout.long_name.is_some() || self.layout.long_link.is_some()
    }

    /// Adds one. Of two of a kind, or of two kinds, some readers use the first and some the last.
    fn add(&mut self, kind: EntryKind, part: HeaderExtension, data: &[u8]) -> Result<(), String> {
        let (is_twice, is_mixed) = match kind {
            EntryKind::PaxGlobal => (self.has_global, !self.has_none_of_entry()),
            EntryKind::Pax => (self.layout.pax.is_some(), self.has_gnu()),
            EntryKind::LongName => (self.layout.long_name.is_some(), self.layout.pax.is_some()),
            _ => (self.layout.long_link.is_some(), self.layout.pax.is_some()),
        };
        if is_twice {
            return Err("an extension header twice for one entry".to_owned());
        }
        if is_mixed {
            return Err("extension headers of two kinds for one entry".to_owned());
        }
        match kind {
            EntryKind::PaxGlobal => {
                pax::read_global(data)?;
                self.has_global = true;
            }
            EntryKind::Pax => {
                self.layout.extended = pax::read(data)?;
                self.layout.pax = Some(part);
            }
            _ => {
                let text = data.strip_suffix(b"\0").unwrap_or(data);
                if text.is_empty() || text.contains(&0) {
                    return Err("a long name that is empty or holds a NUL".to_owned());
                }
                let is_name = kind == EntryKind::LongName;
                let layout = &mut self.layout;
                *(if is_name { &mut layout.long_name } else { &mut layout.long_link }) = Some(part);
            }
        }
        Ok(())
    }
}

/// Takes the data of an extension header.
fn extension(stream: &mut Stream, size: u64, here: impl Fn() -> Place) -> Result<HeaderExtension> {
    if size > LONGEST_EXTENSION {
        let message = format!("an extension header longer than the limit of {LONGEST_EXTENSION} bytes");
        let help = "no flag raises this limit: shorten the entry's name or attributes";
        return Err(fault::error(here(), message, help));
    }
    if size == 0 {
        return Err(fault::error(here(), "an extension header without content", RECREATE));
    }
    let start = stream.pending().len();
    // At most a mebibyte, checked above.
    let length = usize::try_from(size).unwrap_or(0);
    if !stream.take(length.next_multiple_of(HEADER_SIZE))? {
        return Err(fault::truncated(stream.end_offset(), here()));
    }
    Ok(HeaderExtension { header: start - HEADER_SIZE..start, data: start..start + length })
}

fn unreadable(block: &Block, offset: u64, place: Place) -> Error {
    if offset == 0 {
        return fault::not_tar(block, place);
    }
    let help = "the archive is damaged: send it again";
    fault::error(place, "a header with a wrong checksum", help)
}
