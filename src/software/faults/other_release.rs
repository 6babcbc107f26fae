//! A line that names another release of the distribution than that of the image, or the folder of another version of
//! Python.

use super::fault::{Fault, Remedy};
use super::image_text::ImageText;
use super::state::State;
use crate::diagnostic::Severity;
use crate::dockerfile::{Dockerfile, Instruction, Keyword};
use crate::software::contents::Contents;
use crate::software::releases::{distro_of, releases_in};
use crate::software::usage::{StepFile, StepPlace};

/// The longest line that is looked at.
const LONGEST_LINE: usize = 4_096;

/// What an instruction is looked at for.
pub struct About<'a> {
    pub state: &'a State,
    /// The image, for messages.
    pub image: &'a str,
    /// What the image had that it takes the place of.
    pub old: Option<&'a Contents>,
    /// The version of Python, in an official image of it.
    pub python: Option<(u32, u32)>,
    pub stage: usize,
}

/// Looks at the lines of an instruction: at archives of packages, at folders of Python, and after a migration at all
/// that names the release of the old image.
pub fn look(file: &Dockerfile, instruction: &Instruction, about: &About, faults: &mut Vec<Fault>) {
    let names_release = matches!(instruction.keyword, Keyword::Run | Keyword::Env | Keyword::Arg);
    if !names_release && instruction.keyword != Keyword::Copy {
        return;
    }
    let About { state, image, old, python, stage } = *about;
    let (distro, release) = (state.contents.distro(), state.contents.release());
    let old = old.and_then(|old| old.release());
    let mut start = instruction.span.start;
    for line in file.bytes(&instruction.span).split(|&byte| byte == b'\n') {
        let begin = start;
        start += line.len() + 1;
        if line.trim_ascii_start().starts_with(b"#") || line.len() > LONGEST_LINE {
            continue;
        }
        let mut add = |at: usize, len: usize, message: ImageText, help: String| {
            let span = begin + at..begin + at + len;
            let place = StepPlace { file: StepFile::Dockerfile, span };
            let (rule, severity, remedy) = ("other-release", Severity::Warning, Remedy::None);
            faults.push(Fault {
                rule,
                severity,
                place,
                stage,
                is_build: true,
                message,
                help: help.into(),
                remedy,
            });
        };
        if let Some(release) = release.filter(|_| names_release)
            && let Some((at, named)) = named(line, release, distro, old)
        {
            let still = if Some(named) == old { "still " } else { "" };
            let message = ImageText::around(
                &format!("this line {still}names {named}, and "),
                image,
                &format!(" is on {release}"),
            );
            let help =
                format!("write {release}, if what it is about has that; packages of {named} may not install");
            add(at, named.len(), message, help);
        }
        if let Some(version) = python
            && let Some((at, len, named)) = python_folder(line, version)
        {
            let (major, minor) = version;
            let before = format!("this line names a folder of Python {named}, and ");
            let message = ImageText::around(&before, image, &format!(" has {major}.{minor}"));
            add(at, len, message, format!("write /usr/local/lib/python{major}.{minor}"));
        }
    }
}

/// The folder of another version of Python than the image has, with where a line names it.
fn python_folder(line: &[u8], (major, minor): (u32, u32)) -> Option<(usize, usize, String)> {
    const FOLDER: &str = "/usr/local/lib/python";
    let own = format!("{major}.{minor}");
    memchr::memmem::find_iter(line, FOLDER).find_map(|at| {
        let rest = line.get(at + FOLDER.len()..)?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        let named = std::str::from_utf8(rest.get(..digits)?).ok()?;
        let is_version = named.contains('.') && !named.ends_with('.');
        (is_version && named != own).then(|| (at, FOLDER.len() + digits, named.to_owned()))
    })
}

/// The release that a line names and should not, with where it does.
fn named(line: &[u8], release: &str, distro: &str, old: Option<&str>) -> Option<(usize, &'static str)> {
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
