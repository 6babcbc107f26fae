//! The services of an archive, read before it is filtered: the compose file may be any entry.
//!
//! A file, which can be read twice, is searched as a whole. Of a pipe, only a few megabytes are held back; in
//! most archives the compose file is among the first entries. The filter refuses a later file that defines
//! services, so that a pipe and a file never give different results.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::data::pass_data;
use super::header::EntryKind;
use super::member::Member;
use super::reader::{MemberReader, Next};
use super::stream::{Input, Stream};
use crate::compose;
use crate::error::Result;
use crate::project::{Project, balena_yml};
use crate::source::Source;

struct DefinitionFiles<'n> {
    found: Vec<(String, Vec<u8>)>,
    /// Files that the compose file names.
    named: &'n BTreeSet<String>,
    /// Files that were asked for and not looked for.
    missed: RefCell<BTreeSet<String>>,
    most_bytes: u64,
}

/// What a search for the services of an archive came to.
#[derive(Debug)]
pub enum ProjectSearch {
    /// The services, and the byte up to which the archive was searched.
    Found(Box<Project>, u64),
    /// The compose file names files that were not looked for: the archive has to be searched again for them
    /// too.
    Names(BTreeSet<String>),
}

/// Searches an archive for its services. `named` are files to look for because the compose file names them. The
/// archive has to be read again from its start. An invalid archive is not reported here; the filter does that.
///
/// # Errors
/// A stream that cannot be read, and every fault of the compose file.
pub fn read(
    input: Input,
    request: &compose::Request,
    named: &BTreeSet<String>,
    most_bytes: u64,
) -> Result<ProjectSearch> {
    let mut nowhere = std::io::sink();
    #[expect(clippy::needless_match, reason = "the lifetime becomes that of the stream")]
    let input = match input {
        Input::Stream(stream) => Input::Stream(stream),
        Input::File(file) => Input::File(file),
    };
    let mut stream = Stream::searched(input, "<stdin>", &mut nowhere);
    let mut files = DefinitionFiles { found: Vec::new(), named, missed: RefCell::default(), most_bytes };
    let mut reader = MemberReader::new(u64::MAX, true);
    let mut member = Member::default();
    let mut end = 0;
    while let Ok(Next::Entry) = reader.next(&mut stream, &mut member) {
        if !files.take(&mut stream, &member)? {
            break;
        }
        end = stream.offset;
    }
    let project = Project::read(|name| Ok(files.get(name)), request);
    let missed = files.missed.take();
    match missed.is_empty() {
        true => Ok(ProjectSearch::Found(Box::new(project?), end)),
        false => Ok(ProjectSearch::Names(missed)),
    }
}

fn is_any(path: &[u8], names: &[&str]) -> bool {
    names.iter().any(|name| name.as_bytes() == path)
}

fn defines_services(path: &[u8]) -> bool {
    path == b".env" || is_any(path, &compose::NAMES) || is_any(path, &balena_yml::NAMES)
}

/// The part of an archive that was searched for services, when that was not all of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Searched {
    /// Its first entry that was not searched starts at this byte.
    pub end: u64,
    /// How many bytes were held back to search them: `--max-held-bytes`.
    pub held: u64,
    /// Whether there is a compose file. Without one, the files that belong to it do not matter.
    pub has_compose: bool,
    /// Files that the compose file names.
    pub named: BTreeSet<String>,
}

impl Searched {
    /// A search of the first `held` bytes of an archive, up to the entry that starts at `end`.
    pub fn new(end: u64, held: u64, has_compose: bool, named: BTreeSet<String>) -> Self {
        Searched { end, held, has_compose, named }
    }
}

/// Refuses an entry that defines services when it comes after what was searched for them.
pub fn check_place(member: &Member, searched: Option<&Searched>) -> Result<()> {
    let Some(Searched { end, held, has_compose, named }) = searched else { return Ok(()) };
    let is_named = || str::from_utf8(&member.path).is_ok_and(|path| named.contains(path));
    let matters = match has_compose {
        true => defines_services(&member.path) || is_named(),
        false => is_any(&member.path, &compose::NAMES),
    };
    if member.offset < *end || !matters {
        return Ok(());
    }
    let name = String::from_utf8_lossy(&member.path);
    let message = format!("{name} comes after the first {held} bytes of the archive, which are held back");
    let help = format!("make {name} the first entry, raise --max-held-bytes, or read from a file: < FILE");
    Err(member.fault(message, help))
}

impl DefinitionFiles<'_> {
    /// Reads an entry. Returns whether it was complete.
    fn take(&mut self, stream: &mut Stream, member: &Member) -> Result<bool> {
        stream.leave_out()?;
        let wanted = defines_services(&member.path)
            || str::from_utf8(&member.path).is_ok_and(|path| self.named.contains(path));
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

    fn check(&self, member: &Member) -> Result<()> {
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
        Ok(())
    }

    fn get(&self, name: &str) -> Option<Source> {
        if !defines_services(name.as_bytes()) && !self.named.contains(name) {
            self.missed.borrow_mut().insert(name.to_owned());
        }
        let (name, content) = self.found.iter().find(|(found, _)| found == name)?;
        Some(Source::new(name.clone(), content.clone()))
    }
}
