//! Finds an archive's Dockerfiles, and keeps the content of the one that takes precedence so far.

use super::fault;
use super::header::EntryKind;
use super::member::{Member, MemberLayout};
use super::path::{FirstBytes, folded};
use super::service::ServiceDirectory;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::project::Candidate;
use crate::project::dockerfile_choice::{candidates, rival, rival_fault};

/// The entry that a Dockerfile comes from.
pub struct DockerfileEntry {
    pub candidate: Candidate,
    /// The bytes of its headers.
    pub raw: Vec<u8>,
    pub layout: MemberLayout,
    pub place: Place,
    pub content: Vec<u8>,
}

impl DockerfileEntry {
    pub fn new(candidate: Candidate, member: &Member, raw: &[u8]) -> Self {
        let (layout, place) = (member.layout.clone(), member.place());
        DockerfileEntry { candidate, raw: raw.to_vec(), layout, place, content: Vec::new() }
    }
}

/// A path that a resolved Dockerfile could get.
struct OutputPath {
    path: String,
    /// The entry that has this path, and whether it is in the way: no regular file.
    taken: Option<(Place, bool)>,
}

pub struct Dockerfiles {
    candidates: Vec<Candidate>,
    /// The Dockerfile given by name.
    named: Option<String>,
    folded: Vec<String>,
    /// For each candidate the number of its entry.
    seen: Vec<Option<u64>>,
    pub best: Option<(usize, DockerfileEntry)>,
    /// The path of the entry that does not pass.
    pub left_out: String,
    outputs: Vec<OutputPath>,
    /// Those of all candidates and outputs.
    first_bytes: FirstBytes,
    most_bytes: u64,
}

impl Dockerfiles {
    pub fn new(file: Option<&str>, device: Option<&str>, arch: Option<&str>, most_bytes: u64) -> Self {
        let candidates = candidates(file, device, arch);
        let mut outputs: Vec<OutputPath> = Vec::new();
        for candidate in &candidates {
            if outputs.iter().all(|output| output.path != candidate.name) {
                outputs.push(OutputPath { path: candidate.name.clone(), taken: None });
            }
        }
        let mut left_out = Vec::new();
        super::path::normalize(file.unwrap_or("Dockerfile").as_bytes(), &mut left_out);
        let names = candidates.iter().flat_map(|candidate| [&candidate.path, &candidate.name]);
        Dockerfiles {
            first_bytes: FirstBytes::of(names.map(|name| name.as_bytes())),
            folded: candidates.iter().map(|candidate| folded(candidate.path.as_bytes())).collect(),
            seen: vec![None; candidates.len()],
            left_out: String::from_utf8_lossy(&left_out).into_owned(),
            candidates,
            named: file.map(str::to_owned),
            best: None,
            outputs,
            most_bytes,
        }
    }

    /// Looks at an entry before its data. Whether it takes precedence over the Dockerfiles so far, so that its
    /// content is needed.
    pub fn judge(
        &mut self,
        member: &Member,
        path: &[u8],
        raw: &[u8],
        notes: &mut Diagnostics,
    ) -> Result<bool> {
        // Nearly all entries have nothing to do with a Dockerfile. Names in other letters may look like one.
        if !self.first_bytes.may_start(path) && path.is_ascii() {
            return Ok(false);
        }
        // The plain Dockerfile is replaced by the result.
        if path != self.left_out.as_bytes() {
            self.note_output_path(member, path);
        }
        let mut candidates = self.candidates.iter().enumerate();
        let found = candidates.find(|(_, candidate)| candidate.path.as_bytes() == path);
        let Some((at, candidate)) = found.map(|(at, candidate)| (at, candidate.clone())) else {
            self.note_similar_name(member, path, notes);
            return Ok(false);
        };
        self.check(member, at)?;
        let is_wanted = self.best.as_ref().is_none_or(|&(best, _)| at < best);
        if is_wanted {
            self.best = Some((at, DockerfileEntry::new(candidate, member, raw)));
        }
        Ok(is_wanted)
    }

    pub fn add_content(&mut self, bytes: &[u8]) {
        if let Some((_, best)) = &mut self.best {
            best.content.extend_from_slice(bytes);
        }
    }

    fn check(&mut self, member: &Member, at: usize) -> Result<(), Error> {
        let what = match member.kind {
            EntryKind::File | EntryKind::Sparse if member.is_sparse => Some("a sparse file"),
            EntryKind::File => None,
            EntryKind::Directory => Some("a directory"),
            EntryKind::HardLink => Some("a hard link"),
            EntryKind::SymbolicLink => Some("a symbolic link"),
            _ => Some("a named pipe"),
        };
        if let Some(what) = what {
            let message = format!("the Dockerfile is {what}");
            return Err(member.fault(message, "add the file itself to the archive"));
        }
        let Some(seen) = self.seen.get_mut(at) else { return Ok(()) };
        if let Some(first) = seen.replace(member.number) {
            let number = member.number;
            let message =
                format!("the archive contains the Dockerfile twice, as entries {first} and {number}");
            return Err(member.fault(message, "keep one of the two"));
        }
        if member.size > self.most_bytes {
            let message = format!("longer than the limit of {} bytes", self.most_bytes);
            return Err(member.fault(message, "raise it with --max-template-bytes BYTES"));
        }
        Ok(())
    }

    fn note_output_path(&mut self, member: &Member, path: &[u8]) {
        for output in &mut self.outputs {
            let Some(rest) = path.strip_prefix(output.path.as_bytes()) else { continue };
            let is_file = matches!(member.kind, EntryKind::File | EntryKind::Sparse | EntryKind::HardLink);
            let in_the_way = rest.first() == Some(&b'/') || !is_file;
            // What is in the way stays so, whatever entry replaces it.
            let was_in_the_way = matches!(output.taken, Some((_, true)));
            if matches!(rest.first(), None | Some(b'/')) && !was_in_the_way {
                output.taken = Some((member.place(), in_the_way));
            }
        }
    }

    /// Warns about a name that looks like that of a Dockerfile and is another.
    fn note_similar_name(&self, member: &Member, path: &[u8], notes: &mut Diagnostics) {
        let could_be = |candidate: &Candidate| {
            // The first bytes and the length rule out nearly all others, without a copy.
            let first = candidate.path.bytes().zip(path).take(4);
            path.len() <= candidate.path.len() + 16
                && (!path.is_ascii() || { first }.all(|(one, other)| one.eq_ignore_ascii_case(other)))
        };
        if !self.candidates.iter().any(could_be) {
            return;
        }
        let path = folded(path);
        if let Some(at) = self.folded.iter().position(|candidate| *candidate == path)
            && let Some(candidate) = self.candidates.get(at)
        {
            notes.push(|| {
                Diagnostic::warning(member.place(), format!("not used as {}", candidate.path))
                    .help("the names look alike, but have to be equal byte for byte")
            });
        }
    }

    /// The Dockerfile to resolve, after the last entry; `made` if the archive has none.
    pub fn choose(
        self,
        made: Option<DockerfileEntry>,
        input_name: &str,
        service: Option<&ServiceDirectory>,
        notes: &mut Diagnostics,
    ) -> Result<DockerfileEntry> {
        let Some(chosen_entry) = self.best.map(|(_, chosen_entry)| chosen_entry).or(made) else {
            let looked_for: Vec<String> =
                self.candidates.into_iter().map(|candidate| candidate.path).collect();
            let place = Place::File(input_name.to_owned());
            let message = match service {
                Some(directory) => format!("no Dockerfile in the context {directory}"),
                None => "no Dockerfile in the context".to_owned(),
            };
            let mut diagnostic =
                Diagnostic::error(place, message).help(format!("looked for {}", looked_for.join(", ")));
            if service.is_some() {
                diagnostic = diagnostic.help("their names are those in the service's build context");
            }
            return Err(Error::input(diagnostic));
        };
        let chosen = &chosen_entry.candidate;
        let is_there = |path: &str| {
            let at = self.candidates.iter().position(|candidate| candidate.path == path);
            at.and_then(|at| self.seen.get(at)).is_some_and(Option::is_some)
        };
        if let Some(rival) = rival(chosen, self.named.as_deref(), is_there) {
            let (message, help) = rival_fault(chosen, &rival);
            return Err(fault::error(chosen_entry.place, message, help));
        }
        if chosen.path != self.left_out && is_there(&self.left_out) {
            notes.push(|| {
                let message = format!("{} is used, and {} is ignored", chosen.path, self.left_out);
                Diagnostic::warning(chosen_entry.place.clone(), message)
                    .help("remove the one that you do not need")
            });
        }
        let output = self.outputs.into_iter().find(|output| output.path == chosen.name);
        match output.and_then(|output| output.taken) {
            Some((place, true)) => {
                let message = format!("this is the path of the resolved {}", chosen.name);
                return Err(fault::error(place, message, "rename or remove it"));
            }
            Some((place, false)) => notes.push(|| {
                let message = format!("the {} resolved from {} replaces this file", chosen.name, chosen.path);
                Diagnostic::warning(place, message).help("remove the file, or rename the template")
            }),
            None => {}
        }
        Ok(chosen_entry)
    }
}
