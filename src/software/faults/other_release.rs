//! A line that still names another release of the distribution than that of the image.

use super::fault::{Fault, Remedy};
use super::state::State;
use crate::diagnostic::Severity;
use crate::dockerfile::{Dockerfile, Instruction, Keyword};
use crate::software::contents::Contents;
use crate::software::releases::{distro_of, releases_in};
use crate::software::usage::{StepFile, StepPlace};

/// The longest line that is looked at.
const LONGEST_LINE: usize = 4_096;

/// Looks at the text of an instruction: at archives of packages, and after a migration at every line that names the
/// release of the old image.
pub fn look(
    file: &Dockerfile,
    instruction: &Instruction,
    stage: usize,
    (state, image, old): (&State, &str, Option<&Contents>),
    faults: &mut Vec<Fault>,
) {
    if !matches!(instruction.keyword, Keyword::Run | Keyword::Env | Keyword::Arg) {
        return;
    }
    let (distro, Some(release)) = (state.contents.distro(), state.contents.release()) else { return };
    let old = old.and_then(|old| old.release());
    let mut start = instruction.span.start;
    for line in file.bytes(&instruction.span).split(|&byte| byte == b'\n') {
        let span = start..start + line.len();
        start = span.end + 1;
        let Some((at, named)) = named(line, release, distro, old) else { continue };
        let message = match Some(named) == old {
            true => format!("this line still names {named}, and {image} is on {release}"),
            false => format!("this line names {named}, and {image} is on {release}"),
        };
        faults.push(Fault {
            rule: "other-release",
            severity: Severity::Warning,
            place: StepPlace {
                file: StepFile::Dockerfile,
                span: span.start + at..span.start + at + named.len(),
            },
            stage,
            is_build: true,
            message,
            help: format!(
                "write {release}, if what it is about has that; packages of {named} may not install"
            ),
            remedy: Remedy::None,
        });
    }
}

/// The release that a line names and should not, with where it does.
fn named(line: &[u8], release: &str, distro: &str, old: Option<&str>) -> Option<(usize, &'static str)> {
    if line.trim_ascii_start().starts_with(b"#") || line.len() > LONGEST_LINE {
        return None;
    }
    let found = releases_in(line);
    let (at, named) =
        found.iter().copied().find(|(_, named)| *named != release && distro_of(named) == Some(distro))?;
    let text = String::from_utf8_lossy(line);
    // A line of a list of sources: `deb [signed-by=...] http://... buster main`.
    let mut words = text.split(|c: char| c.is_whitespace() || "'\"".contains(c));
    let is_source = words.any(|word| word == "deb" || word == "deb-src");
    // Both releases: a choice between them, or a mirror that has both.
    let is_wanted = ["archive.debian.org", "snapshot.debian.org"].iter().any(|host| text.contains(host))
        || found.iter().any(|(_, named)| *named == release);
    // In an address, it may be anything.
    let before = text.get(..at).unwrap_or_default();
    let word = before.rsplit(|c: char| c.is_whitespace() || "'\"".contains(c)).next().unwrap_or_default();
    let is_address = word.contains("://");
    let is_told = is_source || (Some(named) == old && !is_address);
    (is_told && !is_wanted).then_some((at, named))
}
