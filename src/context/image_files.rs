//! Which file of the build context is at a path of the image, as far as `COPY` and `ADD` bring it there, through
//! other stages too. What a `RUN` makes is not known.

use std::cell::Cell;
use std::sync::Arc;

use regex_lite::Regex;

use super::build_context::{BuildContext, Presence, clean};
use crate::dockerfile::{
    Base, Budget, CopyFrom, Dockerfile, Environment, Evaluation, Instruction, base_name,
};
use crate::ignore_files::expression;
use crate::shell::PROGRAM_FOLDERS;

/// The most parts of a path that are looked at.
const MOST_PARTS: usize = 16;
/// How often a path is compared with what a `COPY` copies, and how often a file is looked for in the build context.
const MOST_COMPARISONS: usize = 200_000;
const MOST_LOOKS: usize = 5_000;
/// The most files and folders that are copied, of all stages, and the most bytes of one of their paths.
const MOST_COPIES: usize = 5_000;
const LONGEST_PATH: usize = 1_024;
/// Through how many stages a file is followed.
const MOST_STAGES: usize = 16;
/// In how many folders a program without a path is looked for.
const MOST_FOLDERS: usize = 100;

/// What is copied into the stages of a Dockerfile.
pub(crate) struct ImageFiles<'c> {
    context: &'c BuildContext,
    stages: Vec<Files>,
    /// How many more are copied.
    copies_left: usize,
}

/// What is left to spend on looking for files. Comparisons are cheap, and there are many of them: of each program
/// of each `RUN` with each `COPY`. So they are counted apart from the looks in the build context.
pub(crate) struct Steps {
    comparisons: Cell<usize>,
    looks: Cell<usize>,
}

impl Default for Steps {
    fn default() -> Self {
        Steps { comparisons: Cell::new(MOST_COMPARISONS), looks: Cell::new(MOST_LOOKS) }
    }
}

/// There is nothing left: the search ends.
struct Spent;

/// Takes one of a number of steps.
fn spend(left: &Cell<usize>) -> Result<(), Spent> {
    left.set(left.get().checked_sub(1).ok_or(Spent)?);
    Ok(())
}

#[derive(Default)]
struct Files {
    /// The stage that it is built on.
    base: Option<usize>,
    /// In the order of the file.
    copies: Vec<Copied>,
}

/// A source of a `COPY`, or of a mount.
#[derive(Clone)]
pub(crate) struct Copied {
    origin: Origin,
    /// Its path in the build context, or in the other stage.
    source: String,
    /// A path of the image, without a `/` at its end; one without a `/` at its start is below a working directory
    /// that is not known.
    destination: Arc<str>,
    /// Whether the destination is a folder for certain.
    is_into_folder: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Context,
    Stage(usize),
    /// Another image, a network, a heredoc.
    Other,
}

/// What is known of a path.
enum Found {
    File(String),
    /// Something else is copied there.
    Other,
    Nothing,
}

impl<'c> ImageFiles<'c> {
    pub(crate) fn new(context: &'c BuildContext) -> Self {
        ImageFiles { context, stages: Vec::new(), copies_left: MOST_COPIES }
    }

    /// Begins the next stage.
    pub(crate) fn begin(&mut self, evaluation: &Evaluation) {
        let base = match evaluation.stages.get(self.stages.len()).map(|stage| &stage.base) {
            Some(Base::Stage(before)) => Some(*before),
            _ => None,
        };
        self.stages.push(Files { base, ..Files::default() });
    }

    /// Adds what a `COPY` or an `ADD` of the current stage copies.
    pub(crate) fn add(
        &mut self,
        file: &Dockerfile,
        instruction: &Instruction,
        environment: &Environment,
        budget: &mut Budget,
    ) {
        // The flags say otherwise which files are copied, and where to.
        if self.copies_left == 0
            || instruction.flag("parents").is_some()
            || instruction.flag("exclude").is_some()
        {
            return;
        }
        let destination = instruction.args.last();
        let destination = destination.and_then(|arg| environment.expand(&arg.text, file.escape, budget));
        let Some(destination) = destination else { return };
        let is_into_folder = instruction.sources().len() != 1 || is_folder(&destination);
        let Some(destination) = place(&destination, environment.workdir()) else { return };
        let destination: Arc<str> = destination.into();
        let copied = |origin: Origin, source: String| Copied {
            origin,
            source,
            destination: destination.clone(),
            is_into_folder,
        };
        let from = instruction.flag("from").map(|_| file.copy_from(instruction));
        let copies: Vec<Copied> = match from {
            None => {
                let of_context = instruction.context_sources_in(environment, file.escape, budget);
                let is_all = of_context.len() == instruction.sources().len();
                let other = (!is_all).then(|| copied(Origin::Other, String::new()));
                let of_context = of_context.into_iter().map(|source| copied(Origin::Context, source.text));
                other.into_iter().chain(of_context).collect()
            }
            Some(from) => {
                let origin = match from {
                    Some(CopyFrom::Stage(stage)) => Origin::Stage(stage),
                    _ => Origin::Other,
                };
                let sources = instruction.sources().iter();
                let sources = sources.filter_map(|arg| environment.expand(&arg.text, file.escape, budget));
                sources.filter_map(|source| Some(copied(origin, format!("/{}", clean(&source)?)))).collect()
            }
        };
        if let Some(stage) = self.stages.last_mut() {
            let short = copies.into_iter().filter(|copied| copied.source.len() <= LONGEST_PATH);
            let before = stage.copies.len();
            stage.copies.extend(short.take(self.copies_left));
            self.copies_left -= stage.copies.len() - before;
        }
    }

    /// What a `RUN` mounts from the build context.
    pub(crate) fn mounts(
        file: &Dockerfile,
        instruction: &Instruction,
        environment: &Environment,
        budget: &mut Budget,
    ) -> Vec<Copied> {
        let whole = instruction.whole_mounts(environment, file.escape, budget).into_iter();
        let whole = whole.map(|destination| (".".to_owned(), destination.into()));
        let sources = instruction.mounted_sources(environment, file.escape, budget).into_iter();
        let sources = sources.map(|mount| (mount.text, mount.destination));
        let mounted = sources.chain(whole).filter_map(|(source, destination)| {
            let destination = place(&destination, environment.workdir())?.into();
            Some(Copied { origin: Origin::Context, source, destination, is_into_folder: false })
        });
        mounted.collect()
    }

    /// The file of the build context at a path in a stage, so far. `mounts` are there as well.
    pub(crate) fn find(&self, stage: usize, path: &str, mounts: &[Copied], steps: &Steps) -> Option<String> {
        let search = Search { files: self, steps };
        for mount in mounts {
            if let Found::File(file) = search.through(stage, mount, path, MOST_STAGES).ok()? {
                return Some(file);
            }
        }
        search.file(stage, path, MOST_STAGES).ok()?
    }

    /// The same for a program without a path, which is looked for in the folders of `PATH`.
    pub(crate) fn find_program(&self, stage: usize, name: &str, steps: &Steps) -> Option<String> {
        let search = Search { files: self, steps };
        for folder in self.folders_of(stage, name, steps).ok()? {
            match search.look_up(stage, &join(folder, name), MOST_STAGES).ok()? {
                Found::File(file) => return Some(file),
                Found::Other => return None,
                Found::Nothing => {}
            }
        }
        None
    }

    /// The folders that a program may be in, the first one that counts first.
    fn folders_of(&self, stage: usize, name: &str, steps: &Steps) -> Result<Vec<&str>, Spent> {
        let mut folders = PROGRAM_FOLDERS.to_vec();
        let mut at = Some(stage);
        while let Some(files) = at.and_then(|at| self.stages.get(at)) {
            // A script that was copied is meant, whatever `PATH` is. Other names may be those of programs.
            for copied in files.copies.iter().filter(|_| name.ends_with(".sh")) {
                spend(&steps.comparisons)?;
                let destination: &str = &copied.destination;
                let folder = destination.rsplit_once('/').filter(|(_, last)| *last == name);
                for folder in [Some(destination), folder.map(|(folder, _)| folder)].into_iter().flatten() {
                    if folders.len() < MOST_FOLDERS && !folders.contains(&folder) {
                        folders.push(folder);
                    }
                }
            }
            at = files.base.filter(|&base| Some(base) < at);
        }
        Ok(folders)
    }
}

/// Looks for files, until nothing is left to spend. `stages_left` says through how many stages it still goes.
struct Search<'s> {
    files: &'s ImageFiles<'s>,
    steps: &'s Steps,
}

impl Search<'_> {
    /// The file of the build context at a path in a stage.
    fn file(&self, stage: usize, path: &str, stages_left: usize) -> Result<Option<String>, Spent> {
        Ok(match self.look_up(stage, path, stages_left)? {
            Found::File(file) => Some(file),
            Found::Other | Found::Nothing => None,
        })
    }

    fn look_up(&self, stage: usize, path: &str, stages_left: usize) -> Result<Found, Spent> {
        let mut next = Some(stage);
        while let Some((at, files)) = next.and_then(|at| Some((at, self.files.stages.get(at)?))) {
            for copied in files.copies.iter().rev() {
                match self.through(at, copied, path, stages_left)? {
                    Found::Nothing => {}
                    found => return Ok(found),
                }
            }
            next = files.base.filter(|&base| base < at);
        }
        Ok(Found::Nothing)
    }

    /// The file that comes to a path by one source of a `COPY`.
    fn through(&self, stage: usize, copied: &Copied, path: &str, stages_left: usize) -> Result<Found, Spent> {
        spend(&self.steps.comparisons)?;
        let is_pattern = copied.source.contains(['*', '?', '[']);
        let as_file = !is_pattern && is_there(copied, path);
        let mut inside = rests(path).filter(|(folder, _)| is_same(&copied.destination, folder)).peekable();
        if !as_file && inside.peek().is_none() {
            return Ok(Found::Nothing);
        }
        match copied.origin {
            Origin::Other if as_file => return Ok(Found::Other),
            Origin::Other => {}
            Origin::Stage(other) => {
                // Only stages before this one have been read.
                let left = stages_left.checked_sub(1).filter(|_| other < stage && !is_pattern);
                let Some(left) = left else { return Ok(Found::Nothing) };
                if as_file {
                    return Ok(match self.look_up(other, &copied.source, left)? {
                        Found::Nothing => Found::Other,
                        found => found,
                    });
                }
                for (_, rest) in inside {
                    if let Some(file) = self.file(other, &join(&copied.source, rest), left)? {
                        return Ok(Found::File(file));
                    }
                }
            }
            Origin::Context => {
                let Some(source) = clean(&copied.source) else { return Ok(Found::Nothing) };
                if is_pattern {
                    spend(&self.steps.looks)?;
                    let (folder, pattern) = source.rsplit_once('/').unwrap_or(("", &source));
                    let Ok(pattern) = Regex::new(&expression(pattern)) else { return Ok(Found::Nothing) };
                    let mut names = inside.filter(|(_, rest)| !rest.contains('/') && pattern.is_match(rest));
                    let found = names.next().map(|(_, name)| join(folder, name));
                    if let Some(file) = found.filter(|file| !file.contains(['*', '?', '[']))
                        && self.presence(&file)? == Presence::File
                    {
                        return Ok(Found::File(file));
                    }
                    return Ok(Found::Nothing);
                }
                match self.presence(&source)? {
                    Presence::File if as_file => return Ok(Found::File(source)),
                    Presence::Folder => {
                        for (_, rest) in inside {
                            let file = join(&source, rest);
                            if self.presence(&file)? == Presence::File {
                                return Ok(Found::File(file));
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(Found::Nothing)
    }

    /// Looks for a path in the build context.
    fn presence(&self, path: &str) -> Result<Presence, Spent> {
        spend(&self.steps.looks)?;
        Ok(self.files.context.find(path))
    }
}

/// A path of the image: absolute, or below a working directory that is not known. None for one that leads out of
/// it, or is too long.
pub(crate) fn place(path: &str, workdir: Option<&[u8]>) -> Option<String> {
    let whole = match workdir.map(String::from_utf8_lossy) {
        Some(workdir) if !path.starts_with('/') => format!("{workdir}/{path}"),
        _ => path.to_owned(),
    };
    let clean = clean(&whole).filter(|path| path.len() <= LONGEST_PATH)?;
    Some(if whole.starts_with('/') { format!("/{clean}") } else { clean })
}

/// Whether the last part of a path is empty, `.` or `..`.
fn is_folder(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("" | "." | ".."))
}

fn join(folder: &str, rest: &str) -> String {
    match folder {
        "" => rest.to_owned(),
        folder => format!("{}/{rest}", folder.trim_end_matches('/')),
    }
}

/// Whether a source that is a file is at this path.
fn is_there(copied: &Copied, path: &str) -> bool {
    let is_itself = !copied.is_into_folder && is_same(&copied.destination, path);
    // Without a `/` at its end, the destination is a folder if the image has one there.
    let mut nearest = rests(path).take(1);
    let is_in = |(folder, name)| name == base_name(&copied.source) && is_same(&copied.destination, folder);
    is_itself || nearest.any(is_in)
}

/// The ways to divide a path into a folder and the path in it, the nearest folder first.
fn rests(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let slashes = path.rmatch_indices('/').take(MOST_PARTS).filter_map(|(at, _)| {
        let folder = path.get(..at.max(1))?;
        Some((folder, path.get(at + 1..)?))
    });
    let whole = (!path.starts_with('/')).then_some(("", path));
    slashes.chain(whole)
}

/// Whether something that is copied to a path is meant by another path. Where the working directory is not known
/// for one of them, that is assumed where one ends as the other, or where it is the root.
fn is_same(copied: &str, wanted: &str) -> bool {
    match (copied.starts_with('/'), wanted.starts_with('/')) {
        (true, true) | (false, false) => copied == wanted,
        (false, true) => {
            let before = wanted.strip_suffix(copied);
            copied.is_empty() || before.is_some_and(|before| before.ends_with('/'))
        }
        (true, false) => copied.strip_prefix('/') == Some(wanted),
    }
}
