//! Which of an archive's entries are Dockerfiles, and the best of them so far: the only data that is
//! kept.

use super::fault;
use super::header::Kind;
use super::member::{Member, Parts};
use super::path::folded;
use super::service::Service;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::project::Candidate;
use crate::project::dockerfile_choice::{candidates, rival, told};

/// What an entry is to the choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// Whether it goes out as it came in. The plain Dockerfile does not.
    pub passes: bool,
    /// Whether it is better than what was there before, so that its content is wanted.
    pub is_wanted: bool,
}

/// The entry that a Dockerfile comes from.
pub struct Origin {
    /// The candidate that it is.
    pub candidate: Candidate,
    /// Its headers.
    pub raw: Vec<u8>,
    /// Where their parts lie.
    pub parts: Parts,
    /// Where it stands.
    pub place: Place,
    /// Its data.
    pub content: Vec<u8>,
}

/// A path where a Dockerfile could come to lie, and what lies there already.
struct Spot {
    path: String,
    taken: Option<(Place, bool)>,
}

/// The search.
pub struct Dockerfiles {
    candidates: Vec<Candidate>,
    /// The Dockerfile that is asked for.
    named: Option<String>,
    folded: Vec<String>,
    /// For each candidate the number of its entry.
    seen: Vec<Option<u64>>,
    best: Option<(usize, Origin)>,
    /// The path that does not pass.
    left_out: String,
    spots: Vec<Spot>,
    most_bytes: u64,
}

impl Dockerfiles {
    /// A search among the candidates for a device.
    pub fn new(file: Option<&str>, device: Option<&str>, arch: Option<&str>, most_bytes: u64) -> Self {
        let candidates = candidates(file, device, arch);
        let mut spots: Vec<Spot> = Vec::new();
        for candidate in &candidates {
            if spots.iter().all(|spot| spot.path != candidate.name) {
                spots.push(Spot { path: candidate.name.clone(), taken: None });
            }
        }
        let mut left_out = Vec::new();
        super::path::normalize(file.unwrap_or("Dockerfile").as_bytes(), &mut left_out);
        Dockerfiles {
            folded: candidates.iter().map(|candidate| folded(candidate.path.as_bytes())).collect(),
            seen: vec![None; candidates.len()],
            left_out: String::from_utf8_lossy(&left_out).into_owned(),
            candidates,
            named: file.map(str::to_owned),
            best: None,
            spots,
            most_bytes,
        }
    }

    /// The path of the entry that does not pass.
    pub fn left_out(&self) -> &str {
        &self.left_out
    }

    /// Looks at an entry before its data.
    ///
    /// # Errors
    /// For a Dockerfile that is no regular file, that is there twice, or that is too long.
    pub fn judge(&mut self, member: &Member, path: &[u8], notes: &mut Diagnostics) -> Result<Role> {
        let passes = path != self.left_out.as_bytes();
        let at = self.candidates.iter().position(|candidate| candidate.path.as_bytes() == path);
        if passes {
            self.look_at_spots(member, path);
        }
        let Some(at) = at else {
            self.note_likeness(member, path, notes);
            return Ok(Role { passes, is_wanted: false });
        };
        self.check(member, at)?;
        let is_wanted = self.best.as_ref().is_none_or(|&(best, _)| at < best);
        Ok(Role { passes, is_wanted })
    }

    /// Keeps an entry that is wanted; its content is still to be read.
    pub fn keep(&mut self, member: &Member, path: &[u8], raw: &[u8]) {
        let at = self.candidates.iter().position(|candidate| candidate.path.as_bytes() == path);
        let Some((at, candidate)) = at.and_then(|at| Some((at, self.candidates.get(at)?.clone()))) else {
            return;
        };
        let (raw, parts, place) = (raw.to_vec(), member.parts.clone(), member.place());
        self.best = Some((at, Origin { candidate, raw, parts, place, content: Vec::new() }));
    }

    /// A piece of the content of the entry that was kept last.
    pub fn add_content(&mut self, bytes: &[u8]) {
        if let Some((_, origin)) = &mut self.best {
            origin.content.extend_from_slice(bytes);
        }
    }

    fn check(&mut self, member: &Member, at: usize) -> Result<(), Error> {
        let what = match member.kind {
            Kind::File if member.is_sparse => Some("a file with holes"),
            Kind::File => None,
            Kind::Sparse => Some("a file with holes"),
            Kind::Directory => Some("a directory"),
            Kind::HardLink => Some("a hard link"),
            Kind::SymbolicLink => Some("a symbolic link"),
            _ => Some("a named pipe"),
        };
        if let Some(what) = what {
            let message = format!("the Dockerfile is {what}");
            return Err(fault::error(member.place(), message, "put the file itself into the archive"));
        }
        let Some(seen) = self.seen.get_mut(at) else { return Ok(()) };
        if let Some(first) = seen.replace(member.number) {
            let message =
                format!("the Dockerfile is there twice, as entry {first} and as entry {}", member.number);
            return Err(fault::error(member.place(), message, "keep one of the two"));
        }
        if member.size > self.most_bytes {
            let message = format!("longer than the limit of {} bytes", self.most_bytes);
            return Err(fault::error(member.place(), message, "raise it with --max-template-bytes BYTES"));
        }
        Ok(())
    }

    fn look_at_spots(&mut self, member: &Member, path: &[u8]) {
        for spot in &mut self.spots {
            let Some(behind) = path.strip_prefix(spot.path.as_bytes()) else { continue };
            let is_file = matches!(member.kind, Kind::File | Kind::Sparse | Kind::HardLink);
            let in_the_way = behind.first() == Some(&b'/') || !is_file;
            // What is in the way stays so, whatever comes over it later.
            let was_in_the_way = spot.taken.as_ref().is_some_and(|&(_, in_the_way)| in_the_way);
            if matches!(behind.first(), None | Some(b'/')) && !was_in_the_way {
                spot.taken = Some((member.place(), in_the_way));
            }
        }
    }

    /// Somebody may expect a file to be taken whose name looks like one that is.
    fn note_likeness(&self, member: &Member, path: &[u8], notes: &mut Diagnostics) {
        let could_be = |candidate: &Candidate| {
            // The first bytes and the length tell nearly all others apart, without a copy.
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
                Diagnostic::warning(member.place(), format!("not taken for {}", candidate.path))
                    .help("the names look alike; they have to be equal in every byte")
            });
        }
    }

    /// Whether there was no Dockerfile so far.
    pub fn is_empty(&self) -> bool {
        self.best.is_none()
    }

    /// The Dockerfile to resolve, when all entries have gone by; `made` stands in where there is none.
    ///
    /// # Errors
    /// When there is none, or when its place is taken by what is no file.
    pub fn choose(
        self,
        made: Option<Origin>,
        input_name: &str,
        service: Option<&Service>,
        notes: &mut Diagnostics,
    ) -> Result<Origin> {
        let best = self.best.or(made.map(|origin| (self.candidates.len(), origin)));
        let Some((at, origin)) = best else {
            let looked_for: Vec<String> =
                self.candidates.into_iter().map(|candidate| candidate.path).collect();
            let place = Place::File(input_name.to_owned());
            let mut diagnostic = Diagnostic::error(place, "no Dockerfile in the context")
                .help(format!("looked for {}", looked_for.join(", ")));
            if service.is_some() {
                diagnostic = diagnostic.help("their names are those in the service's build context");
            }
            return Err(Error::input(diagnostic));
        };
        let chosen = &origin.candidate;
        let is_there = |path: &str| {
            let at = self.candidates.iter().position(|candidate| candidate.path == path);
            at.and_then(|at| self.seen.get(at)).is_some_and(Option::is_some)
        };
        if let Some(rival) = rival(chosen, self.named.as_deref(), is_there) {
            let (message, help) = told(chosen, &rival);
            return Err(fault::error(origin.place, message, help));
        }
        let plain = self.candidates.iter().position(|candidate| candidate.path == self.left_out);
        if plain.is_some_and(|plain| plain != at && self.seen.get(plain).is_some_and(Option::is_some)) {
            notes.push(|| {
                let message = format!("{} is taken, and {} is not", chosen.path, self.left_out);
                Diagnostic::warning(origin.place.clone(), message).help("remove the one that is not meant")
            });
        }
        let spot = self.spots.into_iter().find(|spot| spot.path == chosen.name);
        match spot.and_then(|spot| spot.taken) {
            Some((place, true)) => {
                let message = format!("this is where the resolved {} has to lie", chosen.name);
                Err(fault::error(place, message, "move it out of the way"))
            }
            Some((place, false)) => {
                notes.push(|| {
                    let message =
                        format!("the {} resolved from {} takes this place", chosen.name, chosen.path);
                    Diagnostic::warning(place, message)
                        .help("remove the file, or call the template something else")
                });
                Ok(origin)
            }
            None => Ok(origin),
        }
    }
}
