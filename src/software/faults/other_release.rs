//! A line that still names another release of the distribution than that of the image.

use std::collections::BTreeSet;

use super::fault::{Fault, Remedy};
use super::state::State;
use crate::diagnostic::Severity;
use crate::dockerfile::{Dockerfile, Instruction, Keyword};
use crate::software::contents::Contents;
use crate::software::releases::{distro_of, releases_in};
use crate::software::usage::{StepFile, StepPlace};

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
    let text = file.bytes(&instruction.span);
    let mut lines = BTreeSet::new();
    for (at, named) in releases_in(text) {
        let start = memchr::memrchr(b'\n', text.get(..at).unwrap_or_default()).map_or(0, |at| at + 1);
        let end =
            memchr::memchr(b'\n', text.get(at..).unwrap_or_default()).map_or(text.len(), |end| at + end);
        let line = String::from_utf8_lossy(text.get(start..end).unwrap_or_default());
        let is_source = line.contains("deb ") || line.contains("deb-src ") || line.contains("deb [");
        let is_meant = is_source || Some(named) == old;
        // archive.debian.org has the old releases, and whoever names it means it.
        let is_wanted = line.contains("archive.debian.org") || line.contains("snapshot.debian.org");
        if named == release
            || distro_of(named) != Some(distro)
            || !is_meant
            || is_wanted
            || line.trim_start().starts_with('#')
            || !lines.insert(start)
        {
            continue;
        }
        let span = instruction.span.start + at..instruction.span.start + at + named.len();
        faults.push(Fault {
            rule: "other-release",
            severity: Severity::Warning,
            place: StepPlace { file: StepFile::Dockerfile, span },
            stage,
            is_build: true,
            message: format!("this line still names {named}, and {image} is on {release}"),
            help: format!(
                "write {release}, if what it is about has that; packages of {named} may not install"
            ),
            remedy: Remedy::None,
        });
    }
}
