//! Writes a member's headers under another name: for the resolved Dockerfile, which gets the metadata of
//! the entry it came from, and for the entries of a service, whose names lose the leading directory.
//!
//! Everything else keeps its bytes: ids, times, attributes, in any format.

use tar_core::{HEADER_SIZE, Header as Layout};

use super::header::{HeaderFormat, checksum};
use super::member::{HeaderExtension, MemberLayout};
use super::pax;

pub struct EntryChange<'c> {
    pub name: &'c [u8],
    pub link: Option<&'c [u8]>,
    /// The new size; the entry becomes a regular file.
    pub size: Option<u64>,
}

/// Bytes of the name in a header, and of the prefix that POSIX puts before it.
const NAME: usize = 100;
const PREFIX: usize = 155;

/// The changed headers of a member, up to its data. Nothing when the size does not fit into a header.
pub fn rebuilt(raw: &[u8], layout: &MemberLayout, change: &EntryChange) -> Option<Vec<u8>> {
    let mut header = *Layout::from_bytes(raw.get(layout.header.clone())?.first_chunk()?);
    let mut out = Vec::new();

    let cut = split(change.name, layout.format);
    let has_path = layout.extended.path.is_some();
    let name_does_not_fit = cut.is_none();
    if let Some(part) = &layout.pax {
        let records = pax_records(raw, part, change, name_does_not_fit && !has_path);
        if !records.is_empty() {
            push_extension(raw.get(part.header.clone())?, &records, &mut out)?;
        }
    }
    let link_does_not_fit = change.link.is_some_and(|link| link.len() > NAME);
    let extension = |part: &Option<HeaderExtension>, kind: u8, text: &[u8], out: &mut Vec<u8>| {
        let block = match part {
            Some(part) => raw.get(part.header.clone())?.to_vec(),
            // There was none before because the name went into prefix and name.
            None => gnu_extension(kind)?.as_bytes().to_vec(),
        };
        let mut text = text.to_vec();
        text.push(0);
        push_extension(&block, &text, out)
    };
    if layout.pax.is_none() {
        if let Some(link) = change.link.filter(|_| link_does_not_fit) {
            extension(&layout.long_link, b'K', link, &mut out)?;
        }
        if name_does_not_fit {
            extension(&layout.long_name, b'L', change.name, &mut out)?;
        }
    }

    let fields = header.as_ustar_mut();
    if let Some(size) = change.size {
        fields.typeflag = [b'0'];
        fields.linkname = [0; NAME];
        header.set_size(size).ok()?;
    }
    let fields = header.as_ustar_mut();
    let (prefix, name) = cut.unwrap_or((&[], change.name));
    put(name, &mut fields.name);
    if layout.format == HeaderFormat::Ustar {
        put(prefix, &mut fields.prefix);
    }
    if name_does_not_fit && fields.typeflag == [0] {
        // A cut name may end in a slash, with which this old type would mean a directory.
        fields.typeflag = [if change.name.ends_with(b"/") { b'5' } else { b'0' }];
    }
    if let Some(link) = change.link {
        put(link, &mut fields.linkname);
    }
    set_checksum(&mut header);
    out.extend_from_slice(header.as_bytes());
    Some(out)
}

/// The name as prefix and name, if a header of this format can hold it.
fn split(name: &[u8], format: HeaderFormat) -> Option<(&[u8], &[u8])> {
    if name.len() <= NAME {
        return Some((&[], name));
    }
    if format != HeaderFormat::Ustar || name.len() > PREFIX + 1 + NAME {
        return None;
    }
    // Not at the slash that a directory's name ends in.
    let last = name.len().min(PREFIX + 1).min(name.len() - 1);
    let slash = memchr::memrchr(b'/', name.get(..last)?).filter(|&slash| slash > 0)?;
    let (prefix, rest) = (name.get(..slash)?, name.get(slash + 1..)?);
    (rest.len() <= NAME).then_some((prefix, rest))
}

/// The records as they were, with new names.
fn pax_records(raw: &[u8], part: &HeaderExtension, change: &EntryChange, needs_path: bool) -> Vec<u8> {
    let records = raw.get(part.data.clone()).unwrap_or_default();
    let mut new = Vec::with_capacity(records.len());
    if needs_path {
        pax::push_record(b"path", change.name, &mut new);
    }
    for record in pax::records(records).map_while(Result::ok) {
        match (record.key, change.link, change.size) {
            (b"path" | b"GNU.sparse.name", ..) => pax::push_record(record.key, change.name, &mut new),
            (b"linkpath", Some(link), _) => pax::push_record(record.key, link, &mut new),
            (b"size", _, Some(_)) => {}
            _ => new.extend_from_slice(records.get(record.whole).unwrap_or_default()),
        }
    }
    new
}

/// An extension with new content: its header, the content, padding.
fn push_extension(header: &[u8], content: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut header = *Layout::from_bytes(header.first_chunk()?);
    header.set_size(content.len() as u64).ok()?;
    set_checksum(&mut header);
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(HEADER_SIZE), 0);
    Some(())
}

/// The header in front of a long name, as GNU tar writes it.
fn gnu_extension(kind: u8) -> Option<Layout> {
    let mut header = Layout::new_gnu();
    header.set_path(b"././@LongLink").ok()?;
    header.set_mode(0).ok()?;
    header.set_uid(0).ok()?;
    header.set_gid(0).ok()?;
    header.set_mtime(0).ok()?;
    header.as_ustar_mut().typeflag = [kind];
    Some(header)
}

/// The sum as POSIX has it: six digits, a NUL, a blank.
fn set_checksum(header: &mut Layout) {
    let sum = format!("{:06o}\0 ", checksum(header.as_bytes()));
    put(sum.as_bytes(), &mut header.as_ustar_mut().cksum);
}

/// As much of the text as the field holds, and NULs after it.
fn put(text: &[u8], field: &mut [u8]) {
    field.fill(0);
    for (to, from) in field.iter_mut().zip(text) {
        *to = *from;
    }
}
