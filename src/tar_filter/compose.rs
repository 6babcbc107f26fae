//! The services of an archive, read before it is filtered: the compose file may be any entry.
//!
//! An input that can be read twice is searched as a whole. Of a pipe, only a few megabytes are held back;
//! in most archives the compose file is among the first entries. The filter refuses a later file that
//! defines services, so that a pipe and a file never give different results.

use std::io::Read;

use super::data::pass_data;
use super::header::EntryKind;
use super::member::Member;
use super::reader::{MemberReader, Next};
use super::stream::Stream;
use crate::compose;
use crate::compose::interpolation::Values;
use crate::error::Result;
use crate::project::{Project, balena_yml};
use crate::source::Source;

/// Bytes of an archive from a pipe that are held back while the compose file is looked for.
pub const HELD_BACK: u64 = 2 << 20;

struct DefinitionFiles {
    found: Vec<(String, Vec<u8>)>,
    most_bytes: u64,
}

/// Searches an archive for its services, and returns up to which byte it searched. The archive has to be
/// read again from its start. An invalid archive is not reported here; the filter does that.
///
/// # Errors
/// A stream that cannot be read, and every fault of the compose file.
pub fn read(input: &mut dyn Read, values: &Values, most_bytes: u64) -> Result<(Project, u64)> {
    let mut nowhere = std::io::sink();
    let mut stream = Stream::new(input, "<stdin>", &mut nowhere);
    let mut files = DefinitionFiles { found: Vec::new(), most_bytes };
    let mut reader = MemberReader::new(u64::MAX, true);
    let mut member = Member::default();
    let mut end = 0;
    while let Ok(Next::Entry) = reader.next(&mut stream, &mut member) {
        if !files.take(&mut stream, &member)? {
            break;
        }
        end = stream.offset;
    }
    Ok((Project::read(|name| Ok(files.get(name)), values)?, end))
}

fn defines_services(path: &[u8]) -> bool {
    let is = |names: &[&str]| names.iter().any(|name| name.as_bytes() == path);
    path == b".env" || is(&compose::NAMES) || is(&balena_yml::NAMES)
}

/// Refuses an entry that defines services when these were searched for only up to `end`.
pub fn check_place(member: &Member, end: Option<u64>) -> Result<()> {
    if end.is_some_and(|end| member.offset >= end) && defines_services(&member.path) {
        let message = format!("this file comes after the first {} MiB of the archive", HELD_BACK >> 20);
        let help = "add it first, or give the archive as a file: dtpl resolve --service NAME < FILE";
        return Err(member.fault(message, help));
    }
    Ok(())
}

impl DefinitionFiles {
    /// Reads an entry. Returns whether it was complete.
    fn take(&mut self, stream: &mut Stream, member: &Member) -> Result<bool> {
        stream.leave_out()?;
        let wanted = defines_services(&member.path);
        if wanted {
            self.check(member)?;
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
        let (name, content) = self.found.iter().find(|(found, _)| found == name)?;
        Some(Source::new(name.clone(), content.clone()))
    }
}
