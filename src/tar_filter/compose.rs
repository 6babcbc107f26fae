//! The services of an archive, read before it is filtered: the compose file may be any entry.
//!
//! A file, which can be read twice, is searched as a whole. Of a pipe, only the beginning is held back; in
//! most archives the compose file is among the first entries. The filter refuses a later file that defines
//! services, so that a pipe and a file never give different results.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::SeekFrom;

use tar_core::{HEADER_SIZE, Header as Layout};

use super::data::pass_data;
use super::header::EntryKind;
use super::member::Member;
use super::number::number;
use super::path::FirstBytes;
use super::reader::{MemberReader, Next};
use super::stream::{SeekRead, Stream};
use crate::compose;
use crate::diagnostic::{Diagnostic, Place};
use crate::dockerfile::Builder;
use crate::error::{Error, Result};
use crate::project::{Project, WhoBuilds, balena_yml};
use crate::source::Source;

/// The most files that the services of an archive are read from: as many as for a folder.
const MOST_FILES: usize = 1_000;
/// How much longer than one of them all of them together may be.
const MOST_LIMITS: u64 = 8;

/// An archive to be searched, from where the file is now.
pub struct Head<'s> {
    /// The archive, or what was held back of it.
    pub file: &'s mut dyn SeekRead,
    /// How many bytes were held back, if there are more.
    pub held: Option<u64>,
}

/// What an archive says of its services.
#[derive(Debug)]
pub struct Found {
    /// The project.
    pub project: Project,
    /// The first entry that was not searched starts at this byte.
    pub end: u64,
    /// The paths of the files that say so, whether they are there or not.
    pub names: BTreeSet<String>,
}

struct DefinitionFiles<'w> {
    wanted: &'w BTreeSet<String>,
    /// The last parts of their paths.
    last_names: BTreeSet<&'w [u8]>,
    /// How long these are, a bit each: nearly all other names have another length.
    lengths: u128,
    first_bytes: FirstBytes,
    found: Vec<(String, Vec<u8>)>,
    most_bytes: u64,
    /// Bytes of all files so far.
    bytes: u64,
}

/// Searches an archive for its services; `builder` is who builds, if that is said. A file is afterwards where it
/// was before. An invalid archive is not
/// reported here; the filter does that.
///
/// # Errors
/// A stream that cannot be read, and every fault of the compose file.
pub fn read(
    mut head: Head,
    request: &compose::Request,
    builder: Option<Builder>,
    most_bytes: u64,
) -> Result<Found> {
    let mut names: BTreeSet<String> = first_names().chain(request.files.iter().cloned()).collect();
    names.insert(".env".to_owned());
    names.extend(["balena.yml", "balena.yaml"].into_iter().chain(balena_yml::NAMES).map(str::to_owned));
    let fixed = names.len();
    loop {
        let last_names: BTreeSet<&[u8]> = names.iter().map(|name| last_name(name.as_bytes())).collect();
        let lengths = last_names.iter().fold(0, |lengths, name| lengths | length_bit(name));
        let first_bytes = FirstBytes::of(last_names.iter().copied());
        let (wanted, found, bytes) = (&names, Vec::new(), 0);
        let mut files =
            DefinitionFiles { wanted, last_names, lengths, first_bytes, found, most_bytes, bytes };
        let end = search(&mut head, &mut files)?;
        let missing = RefCell::new(BTreeSet::new());
        let get = |name: &str| {
            let found = files.get(name);
            if found.is_none() {
                missing.borrow_mut().insert(name.to_owned());
            }
            Ok(found)
        };
        let project = Project::read(get, request, WhoBuilds { asked: builder, folder: None });
        let missing = missing.into_inner();
        // A compose file may include others, which are looked for once it is known.
        let new: Vec<String> = missing.difference(&names).cloned().collect();
        let has_compose = files.found.iter().any(|(name, _)| is_first(name, request));
        if has_compose && !new.is_empty() {
            names.extend(new);
            if names.len() - fixed > MOST_FILES {
                let message = format!("more than {MOST_FILES} files belong to the project in this archive");
                let fault = Diagnostic::error(Place::File("<stdin>".to_owned()), message);
                return Err(Error::input(fault.help("include fewer files, or write them into one")));
            }
            continue;
        }
        let project = project.map_err(|error| match head.held {
            Some(held) => not_searched(error, held, &missing),
            None => error,
        })?;
        if project.compose.is_none() {
            // Without a compose file, those that belong to it do not matter.
            names = first_names().chain(request.files.iter().cloned()).collect();
        }
        return Ok(Found { project, end, names });
    }
}

/// Whether a file is one that services are looked for in at first.
fn is_first(name: &String, request: &compose::Request) -> bool {
    request.files.contains(name) || first_names().any(|first| first == *name)
}

fn first_names() -> impl Iterator<Item = String> {
    compose::NAMES.iter().map(|&name| name.to_owned())
}

/// Adds to an error that some files may come later.
fn not_searched(error: Error, held: u64, missing: &BTreeSet<String>) -> Error {
    let Error::Input(mut faults) = error else { return error };
    // Others are read only if they are there, and nothing is said of them.
    let is_told = |name: &&String| faults.iter().any(|fault| fault.message.contains(name.as_str()));
    let names: Vec<&str> = missing.iter().filter(is_told).map(String::as_str).collect();
    if !names.is_empty() {
        faults.push(|| {
            let place = Place::File("<stdin>".to_owned());
            let message =
                format!("only the first {held} bytes of the archive, which are held back, were searched");
            let help = format!("make {} the first entries, {OTHERWISE}", names.join(", "));
            Diagnostic::error(place, message).help(help)
        });
    }
    Error::Input(faults)
}

const OTHERWISE: &str = "raise --max-held-bytes, or read from a file: < FILE";

/// Goes through the entries, and says where the first one starts that is not complete.
fn search(head: &mut Head, files: &mut DefinitionFiles) -> Result<u64> {
    let failed = |error| Error::io("read", "<stdin>")(error);
    let start = head.file.stream_position().map_err(failed)?;
    let end = search_input(&mut *head.file, files);
    head.file.seek(SeekFrom::Start(start)).map_err(failed)?;
    end
}

fn search_input(file: &mut dyn SeekRead, files: &mut DefinitionFiles) -> Result<u64> {
    let mut nowhere = std::io::sink();
    let mut stream = Stream::searched(file, "<stdin>", &mut nowhere);
    let mut reader = MemberReader::new(u64::MAX, true);
    let mut member = Member::default();
    let mut end = 0;
    loop {
        let (entries, length) = other_entries(&mut stream, files)?;
        if entries > 0 {
            reader.skip_entries(entries);
            if !stream.skip(length)? {
                break;
            }
        } else {
            match reader.next(&mut stream, &mut member) {
                Ok(Next::Entry) if files.take(&mut stream, &member)? => {}
                _ => break,
            }
        }
        end = stream.offset;
    }
    Ok(end)
}

/// The bit of a name's length. A header has names of up to 100 bytes.
fn length_bit(name: &[u8]) -> u128 {
    u32::try_from(name.len()).ok().and_then(|length| 1u128.checked_shl(length)).unwrap_or(0)
}

/// The last part of a path.
fn last_name(path: &[u8]) -> &[u8] {
    let start = memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1);
    path.get(start..).unwrap_or_default()
}

/// Entries from here on that are surely none of the wanted files, as far as their headers are in the buffer: how many
/// they are, and how long, headers and data. Most entries need not be looked at closer.
fn other_entries(stream: &mut Stream, files: &DefinitionFiles) -> Result<(u64, u64)> {
    stream.fill(HEADER_SIZE)?;
    let (mut entries, mut length) = (0, 0);
    loop {
        let rest = usize::try_from(length).ok().and_then(|at| stream.unread().get(at..));
        let Some(block) = rest.and_then(|rest| rest.first_chunk::<HEADER_SIZE>()) else { break };
        let fields = Layout::from_bytes(block).as_ustar();
        let end = memchr::memchr(0, &fields.name).unwrap_or(fields.name.len());
        let last = last_name(fields.name.get(..end).unwrap_or_default());
        // An extension header has the name elsewhere, and a slash at its end makes a directory.
        if fields.typeflag != [b'0'] || last.is_empty() || files.may_want(last) {
            break;
        }
        let Some(size) = number(&fields.size).filter(|size| *size < 1 << 40) else { break };
        entries += 1;
        length += (HEADER_SIZE as u64 + size).next_multiple_of(HEADER_SIZE as u64);
    }
    Ok((entries, length))
}

/// The part of an archive that was searched for services, when that was not all of it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Searched<'r> {
    /// Its first entry that was not searched starts at this byte.
    pub end: u64,
    /// How many bytes were held back to search them: `--max-held-bytes`.
    pub held: u64,
    /// The paths of the files that would matter.
    pub names: &'r BTreeSet<String>,
}

impl<'r> Searched<'r> {
    /// A search of the first `held` bytes of an archive, up to the entry that starts at `end`.
    pub fn new(end: u64, held: u64, names: &'r BTreeSet<String>) -> Self {
        Searched { end, held, names }
    }
}

/// Refuses an entry that defines services when it comes after what was searched for them.
pub fn check_place(member: &Member, searched: Option<Searched>) -> Result<()> {
    let Some(Searched { end, held, names }) = searched else { return Ok(()) };
    let Ok(name) = std::str::from_utf8(&member.path) else { return Ok(()) };
    if member.offset < end || !names.contains(name) {
        return Ok(());
    }
    let message = format!("{name} comes after the first {held} bytes of the archive, which are held back");
    Err(member.fault(message, format!("make {name} the first entry, {OTHERWISE}")))
}

impl DefinitionFiles<'_> {
    /// Whether a file with this last part of its path may be wanted.
    fn may_want(&self, last: &[u8]) -> bool {
        self.lengths & length_bit(last) != 0
            && self.first_bytes.may_start(last)
            && self.last_names.contains(last)
    }

    /// Reads an entry. Returns whether it was complete.
    fn take(&mut self, stream: &mut Stream, member: &Member) -> Result<bool> {
        stream.leave_out()?;
        let wanted = std::str::from_utf8(&member.path).is_ok_and(|path| self.wanted.contains(path));
        if wanted {
            self.check(member)?;
        } else if !member.is_sparse {
            return stream.skip(member.padded_size());
        }
        let mut content = Vec::new();
        let look = |piece: &[u8]| {
            if wanted {
                content.extend_from_slice(piece);
            }
        };
        let is_whole = pass_data(stream, member, false, look).is_ok();
        if wanted && is_whole {
            self.found.push((String::from_utf8_lossy(&member.path).into_owned(), content));
        }
        Ok(is_whole)
    }

    fn check(&mut self, member: &Member) -> Result<()> {
        let path = String::from_utf8_lossy(&member.path);
        if member.kind != EntryKind::File || member.is_sparse {
            let message = format!("{path} is not a regular file");
            return Err(member.fault(message, "add the file itself to the archive"));
        }
        if self.found.iter().any(|(found, _)| *found == path) {
            let message = format!("the archive contains {path} twice");
            return Err(member.fault(message, "keep one of the two"));
        }
        if member.size > self.most_bytes {
            let message = format!("longer than the limit of {} bytes", self.most_bytes);
            return Err(member.fault(message, "raise it with --max-config-bytes BYTES"));
        }
        self.bytes += member.size;
        let most = self.most_bytes.saturating_mul(MOST_LIMITS);
        if self.bytes > most {
            let message = format!("with this file, those of the services are longer than {most} bytes");
            return Err(
                member.fault(message, "raise --max-config-bytes, of which this is eight times as much")
            );
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Option<Source> {
        let (name, content) = self.found.iter().find(|(found, _)| found == name)?;
        Some(Source::new(name.clone(), content.clone()))
    }
}
