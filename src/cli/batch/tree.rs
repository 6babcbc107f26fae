//! `--format tree`: every Dockerfile as a file in a folder.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::super::args::BatchArgs;
use super::super::check::text;
use super::super::flags::jobs;
use super::super::{CommandStatus, Session, output, usage};
use super::{Progress, close};
use crate::batch::manifest::Manifest;
use crate::batch::tree::{self, Changes, MANIFEST, Tree};
use crate::batch::{Dockerfiles, Listing, Share, table};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::escape::grouped;
use crate::fleet::name::folded;
use crate::fs;
use crate::fs::folder::{Content, ExpectedFile, Folder, FolderChange, NewFiles};

/// More than any manifest has.
const MOST_BYTES: u64 = 1 << 30;

fn folder(command: &BatchArgs) -> &Path {
    command.output.as_deref().unwrap_or(Path::new("."))
}

pub fn run(
    command: &BatchArgs,
    input: &Path,
    (listing, dockerfiles): (&Listing, &mut dyn Dockerfiles),
    share: &Share,
    progress: &Progress,
    session: &mut Session,
) -> anyhow::Result<CommandStatus> {
    let folder = folder(command);
    refuse_folder(command, input, folder, "--output")?;
    let tree = Tree::of(listing, &folder.to_string_lossy())?;
    let opened = match (command.check, fs::is_dir(folder)) {
        (false, _) => Some(Folder::make(folder)?),
        (true, true) => Some(Folder::open(folder)?),
        (true, false) => None,
    };
    let old = match &opened {
        Some(opened) => earlier_runs(opened, folder, command, (&tree, share))?,
        None => EarlierRuns::default(),
    };
    let expected = |file: usize| {
        let row = listing.row(*tree.files.get(file)? as usize)?;
        Some(ExpectedFile { path: tree.path(file).into(), bytes: row.bytes, sha256: row.sha })
    };
    let held = match &opened {
        Some(opened) => opened.holds_each(tree.files.len(), &expected, jobs(command.jobs))?,
        None => vec![false; tree.files.len()],
    };
    let is_taken = |old: &str, new: &str| {
        let (old, new) = (folder.join(old), folder.join(new));
        !fs::is_there(&old) || fs::is_one_file(&old, &new)
    };
    let changes = tree::changes(&tree, &held, &old.files, command.prune, is_taken);
    let files = FilesToWrite::new(&tree, &changes.write, dockerfiles);
    refuse_inputs(input, folder, &files)?;
    let has_others = opened.as_ref().is_some_and(|opened| !old.are_same && !opened.is_empty());
    let others = if has_others && !command.force { others(folder, &old.files, &files) } else { Vec::new() };
    let Some(opened) = opened.as_ref().filter(|_| !command.check) else {
        session.warn(&not_ours(&others, |place, message| Diagnostic::warning(place, message)));
        return print_changes(folder, opened.as_ref(), &files, (&changes, &old), session);
    };
    if !others.is_empty() {
        return Err(
            Error::Usage(not_ours(&others, |place, message| Diagnostic::error(place, message))).into()
        );
    }
    let counts = write(command, opened, &old, (&files, &changes), session)?;
    close(&format!("{}; files: {counts}", table::summary(listing)), progress, session);
    Ok(CommandStatus::Done)
}

/// The files of a tree that are new. Their content is made when it is written.
struct FilesToWrite<'t> {
    tree: &'t Tree<'t>,
    /// Their numbers, in the order of the paths.
    files: &'t [u32],
    /// The row that each is made from, with its place in `files`; in the order of the rows.
    rows: Vec<(u32, u32)>,
    dockerfiles: RefCell<&'t mut dyn Dockerfiles>,
}

impl<'t> FilesToWrite<'t> {
    fn new(tree: &'t Tree, files: &'t [u32], dockerfiles: &'t mut dyn Dockerfiles) -> Self {
        let rows =
            files.iter().zip(0..).filter_map(|(file, at)| Some((*tree.files.get(*file as usize)?, at)));
        let mut rows: Vec<(u32, u32)> = rows.collect();
        rows.sort_unstable();
        FilesToWrite { tree, files, rows, dockerfiles: RefCell::new(dockerfiles) }
    }

    /// Hands over the files of these fleets.
    fn of_fleets(&self, fleets: &[u32], take: &mut dyn FnMut(usize, &[u8]) -> Result<()>) -> Result<()> {
        let listing = self.tree.listing;
        self.dockerfiles.borrow_mut().each(listing, fleets, &mut |fleet, texts| {
            let rows = listing.rows_of(fleet);
            let first = self.rows.partition_point(|(row, _)| (*row as usize) < rows.start);
            let of_fleet = self.rows.iter().skip(first).take_while(|(row, _)| (*row as usize) < rows.end);
            // In the order of the paths.
            let mut of_fleet: Vec<(u32, u32)> = of_fleet.map(|(row, at)| (*at, *row)).collect();
            of_fleet.sort_unstable();
            for (at, row) in of_fleet {
                let text = texts.get(row as usize - rows.start).copied().unwrap_or_default();
                take(at as usize, text)?;
            }
            Ok(())
        })
    }

    /// The fleets that have some, in the order of the rows.
    fn fleets(&self) -> Vec<u32> {
        let rows = self.rows.iter().filter_map(|(row, _)| self.tree.listing.row(*row as usize));
        let mut fleets: Vec<u32> = rows.filter_map(|row| u32::try_from(row.fleet).ok()).collect();
        fleets.dedup();
        fleets
    }
}

impl NewFiles for FilesToWrite<'_> {
    fn count(&self) -> usize {
        self.files.len()
    }

    fn path(&self, number: usize) -> Cow<'_, str> {
        self.files.get(number).map_or_else(String::new, |file| self.tree.path(*file as usize)).into()
    }

    fn each(&self, take: &mut dyn FnMut(usize, &[u8]) -> Result<()>) -> Result<()> {
        self.of_fleets(&self.fleets(), take)
    }
}

/// Changes the files: all of them, or none. Says how many. `earlier` is what is
/// known of earlier runs.
fn write(
    command: &BatchArgs,
    opened: &Folder,
    earlier: &EarlierRuns,
    (files, changes): (&FilesToWrite, &Changes),
    session: &mut Session,
) -> anyhow::Result<String> {
    let tree = files.tree;
    let list: &Content = &|out: &mut dyn Write| tree.write_manifest(&earlier.others, &changes.left, out);
    let until_removed: &Content =
        &|out: &mut dyn Write| tree.write_manifest(&earlier.others, &changes.remove, out);
    let mut change = FolderChange { write: files, ..FolderChange::default() };
    change.remove.extend(changes.remove.keys().map(String::as_str));
    if !change.is_empty() || !opened.holds_content(MANIFEST, list)? {
        let removes = !changes.remove.is_empty();
        change.list = Some((MANIFEST, if removes { until_removed } else { list }));
        change.last_list = removes.then_some(list);
    }
    // From here on a signal waits until what was begun is in order. Before, and above all while
    // another run has the lock, it ends the program at once.
    (session.streams.hold_signals)();
    if let Some(manifest) = &earlier.manifest {
        opened.adopt(MANIFEST, manifest.as_bytes())?;
    }
    let writing = Progress::new(2 * files.count() as u64, "steps", session);
    let is_interrupted = session.streams.is_interrupted;
    let applied = opened.apply(&change, &|done| {
        writing.tell(done as u64);
        is_interrupted()
    });
    writing.finish();
    applied?;
    let counts =
        [(files.count(), "written"), (changes.unchanged, "unchanged"), (change.remove.len(), "removed")];
    let counts = counts.iter().filter(|(number, _)| *number > 0);
    let mut counts: Vec<String> =
        counts.map(|(number, what)| format!("{} {what}", grouped(*number))).collect();
    if !command.prune && !changes.left.is_empty() {
        counts.push(format!("{} no longer made (--prune removes them)", grouped(changes.left.len())));
    }
    if counts.is_empty() {
        counts.push("none belong to this part".to_owned());
    }
    Ok(counts.join(", "))
}

/// What is known of earlier runs in a folder.
#[derive(Default)]
struct EarlierRuns {
    /// Files that they made, with their digests: those of the manifest, and those that a killed run
    /// had already put there.
    files: BTreeMap<String, String>,
    /// Whether an earlier run made exactly the files of this one.
    are_same: bool,
    /// The manifest that lists the latter too, if there are any that it does not.
    manifest: Option<String>,
    /// What the manifest lists of fleets and services that this run is not for.
    others: Manifest,
}

/// What earlier runs left. If just this run has worked in the folder, there is nothing else to know.
fn earlier_runs(
    opened: &Folder,
    folder: &Path,
    command: &BatchArgs,
    (tree, share): (&Tree, &Share),
) -> anyhow::Result<EarlierRuns> {
    let left_list = opened.left_list(MOST_BYTES)?;
    let (others, left) = (Manifest::default(), BTreeMap::new());
    let alone = |out: &mut dyn Write| tree.write_manifest(&others, &left, out);
    if left_list.is_none() && opened.holds_content(MANIFEST, &alone)? {
        return Ok(EarlierRuns { are_same: true, ..EarlierRuns::default() });
    }
    let mut manifest = match opened.read(MANIFEST, MOST_BYTES)? {
        Some(bytes) => {
            let name = folder.join(MANIFEST).to_string_lossy().into_owned();
            Manifest::parse(&name, bytes).map_err(Error::input)?
        }
        None => Manifest::default(),
    };
    let listing = tree.listing;
    let folders: BTreeSet<Cow<str>> = match command.only.fleet.is_empty() {
        true => BTreeSet::new(),
        false => (0..listing.fleets()).map(|fleet| listing.folder(fleet)).collect(),
    };
    let is_part = |fleet: &str, service: &str| {
        let is_named = |names: &[String], name: &str| names.is_empty() || names.iter().any(|own| own == name);
        share.has(fleet)
            && (command.only.fleet.is_empty() || folders.contains(fleet))
            && is_named(&command.only.service, service)
    };
    let others = manifest.take_others(&is_part);
    let owned = |(path, sha): (&str, &str)| (path.to_owned(), sha.to_owned());
    let mut files: BTreeMap<String, String> = manifest.files().into_iter().map(owned).collect();
    let mut unlisted = BTreeMap::new();
    if let Some(bytes) = left_list
        && let Ok(left) = Manifest::parse(MANIFEST, bytes)
    {
        for (path, sha) in left.files().into_iter().filter(|(path, _)| !files.contains_key(*path)) {
            let there = opened.read(path, MOST_BYTES)?;
            if there.is_some_and(|bytes| crate::batch::digest::hex_of(&bytes) == sha) {
                unlisted.insert(path.to_owned(), sha.to_owned());
            }
        }
    }
    if unlisted.is_empty() {
        return Ok(EarlierRuns { files, are_same: false, manifest: None, others });
    }
    files.extend(unlisted.clone());
    manifest.adopt(unlisted);
    let manifest = Some(manifest.to_text(&others));
    Ok(EarlierRuns { files, are_same: false, manifest, others })
}

/// The files to replace that no earlier run made: they are somebody's own.
fn others(folder: &Path, made: &BTreeMap<String, String>, files: &FilesToWrite) -> Vec<PathBuf> {
    // Where case does not count, a file that changed its name in case only is still the one that was made.
    let by_case: BTreeMap<String, &String> = made.keys().map(|path| (path.to_lowercase(), path)).collect();
    let names = (0..files.count()).map(|number| files.path(number));
    let names = names.filter(|name| !made.contains_key(&**name));
    let others = names.filter_map(|name| {
        let path = folder.join(&*name);
        let old = by_case.get(&name.to_lowercase());
        let is_ours = old.is_some_and(|old| fs::is_one_file(&folder.join(old), &path));
        (fs::is_there(&path) && !is_ours).then_some(path)
    });
    others.collect()
}

/// What is said of files that no earlier run made.
fn not_ours(others: &[PathBuf], say: impl Fn(Place, &str) -> Diagnostic) -> Diagnostics {
    let mut notes = Diagnostics::new();
    for path in others {
        notes.push(|| {
            let note = say(Place::of_path(path), "this file was not made by dtpl batch");
            note.help("name another folder with --output, or replace the file with --force")
        });
    }
    notes
}

/// A project may have its output inside; but no Dockerfile that is read is ever replaced.
fn refuse_inputs(input: &Path, folder: &Path, files: &FilesToWrite) -> anyhow::Result<()> {
    if !fs::is_inside(input, folder).unwrap_or(false) {
        return Ok(());
    }
    let choices = files.tree.listing.choices();
    let sources: BTreeSet<PathBuf> =
        choices.filter_map(|choice| fs::real_path(&input.join(&choice.path))).collect();
    let real = fs::real_path(folder).unwrap_or_else(|| folder.to_owned());
    // The case of a name may not count, so names only say which files have to be looked at.
    let alike: BTreeSet<String> = sources.iter().map(|source| folded(&source.to_string_lossy())).collect();
    let is_source = |path: &Path| {
        alike.contains(&folded(&path.to_string_lossy()))
            && sources.iter().any(|source| fs::is_one_file(source, path))
    };
    let mut paths = (0..files.count()).map(|number| files.path(number));
    let Some(path) = paths.find(|path| is_source(&real.join(&**path))) else {
        return Ok(());
    };
    let place = Place::of_path(&folder.join(&*path));
    Err(usage(place, "this would replace a Dockerfile that is read", "name another folder with --output"))
}

/// Refuses folders that cannot be meant by the flag.
pub fn refuse_folder(
    command: &BatchArgs,
    input: &Path,
    folder: &Path,
    flag: &'static str,
) -> anyhow::Result<()> {
    let fault = |message: &str| {
        let place = Place::of_path(folder);
        Err(usage(place, message, format!("name a folder of its own with {flag}")))
    };
    // On Windows each drive has a root of its own.
    if fs::real_path(folder).is_some_and(|real| real.parent().is_none()) {
        return fault("the output is the root of the file system");
    }
    if fs::is_dir(folder) {
        let holds_input = [Some(input), command.fleets.as_deref()]
            .into_iter()
            .flatten()
            .any(|path| path != Path::new("-") && fs::is_inside(folder, path).unwrap_or(false));
        if holds_input {
            return fault("the output folder holds the project itself");
        }
    } else if fs::is_there(folder) {
        return fault("this is a file, and Dockerfiles need a folder");
    }
    Ok(())
}

/// Prints what a run would change. Of the manifest it is only said that it differs: it has a digest for each file.
fn print_changes(
    folder: &Path,
    opened: Option<&Folder>,
    files: &FilesToWrite,
    (changes, earlier): (&Changes, &EarlierRuns),
    session: &mut Session,
) -> anyhow::Result<CommandStatus> {
    let tree = files.tree;
    let difference = |path: &str, new: Option<&[u8]>| {
        let old = opened.map_or(Ok(None), |opened| opened.read(path, MOST_BYTES))?;
        let name = folder.join(path);
        let name = name.to_string_lossy();
        output::difference((&name, old.as_deref()), (&name, new)).map_err(Error::io("compare", &*name))
    };
    let out = &mut *session.streams.stdout;
    let mut print = |text: &[u8]| out.write_all(text).map_err(Error::io("write", "<stdout>"));
    let mut removed = changes.remove.keys().peekable();
    let new: BTreeSet<u32> = files.fleets().into_iter().collect();
    let fleets: Vec<u32> = tree.fleets.iter().copied().filter(|fleet| new.contains(fleet)).collect();
    files.of_fleets(&fleets, &mut |file, text| {
        let path = files.path(file);
        while let Some(path) = removed.next_if(|removed| removed.as_str() < &*path) {
            print(&difference(path, None)?)?;
        }
        print(&difference(&path, Some(text))?)
    })?;
    for path in removed {
        print(&difference(path, None)?)?;
    }
    out.flush()?;
    let counts = [(files.count(), "to write"), (changes.remove.len(), "to remove")];
    let counts = counts.iter().filter(|(number, _)| *number > 0);
    let mut parts: Vec<String> =
        counts.map(|(number, what)| format!("{} {what}", grouped(*number))).collect();
    let list: &Content = &|out: &mut dyn Write| tree.write_manifest(&earlier.others, &changes.left, out);
    if !opened.map_or(Ok(false), |opened| opened.holds_content(MANIFEST, list))? {
        parts.push(format!("{MANIFEST} to write"));
    }
    let is_clean = parts.is_empty();
    if is_clean {
        parts.push("nothing to change".to_owned());
    }
    if !session.quiet {
        let total = text::count(tree.listing.len(), "Dockerfile");
        let _ = writeln!(session.streams.stderr, "{}, of {total}", parts.join(", "));
    }
    Ok(if is_clean { CommandStatus::Done } else { CommandStatus::Found })
}
