//! `--format tree`: every Dockerfile as a file in a folder.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::args::BatchArgs;
use super::super::check::text;
use super::super::flags::jobs;
use super::super::{CommandStatus, Session, output, usage};
use super::{Progress, close};
use crate::batch::manifest::Manifest;
use crate::batch::table;
use crate::batch::tree::{self, Changes, MANIFEST};
use crate::batch::{Plan, Share};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::escape::grouped;
use crate::fleet::name::folded;
use crate::fs;
use crate::fs::folder::{Folder, FolderChange};

/// More than any manifest has.
const MOST_BYTES: u64 = 1 << 30;

fn folder(command: &BatchArgs) -> &Path {
    command.output.as_deref().unwrap_or(Path::new("."))
}

pub fn run(
    command: &BatchArgs,
    input: &Path,
    (plan, share): (&Plan, &Share),
    progress: &Progress,
    session: &mut Session,
) -> anyhow::Result<CommandStatus> {
    let folder = folder(command);
    refuse_folder(command, input, folder, "--output")?;
    let files = tree::files(plan, &folder.to_string_lossy())?;
    let opened = match (command.check, fs::is_dir(folder)) {
        (false, _) => Some(Folder::make(folder)?),
        (true, true) => Some(Folder::open(folder)?),
        (true, false) => None,
    };
    let alone = Manifest::new(&files, BTreeMap::new()).to_text();
    let old = match &opened {
        Some(opened) => earlier_runs(opened, folder, command, (plan, share), &alone)?,
        None => EarlierRuns::nothing(),
    };
    let holds = |files: &[(&str, &[u8])]| match &opened {
        Some(opened) => opened.holds_each(files, jobs(command.jobs)),
        None => Ok(vec![false; files.len()]),
    };
    let is_taken = |old: &str, new: &str| {
        let (old, new) = (folder.join(old), folder.join(new));
        !fs::is_there(&old) || fs::is_one_file(&old, &new)
    };
    let changes = tree::changes(&files, alone, &old.files, &old.others, command.prune, holds, is_taken)?;
    let Some(opened) = opened.as_ref().filter(|_| !command.check) else {
        return print_changes(folder, opened.as_ref(), &changes, files.len(), session);
    };
    let counts = write(command, (input, plan), opened, &old, changes, session)?;
    close(&format!("{}; files: {counts}", table::summary(plan)), progress, session);
    Ok(CommandStatus::Done)
}

/// Changes the files: all of them, or none. Says how many. `earlier` is what is
/// known of earlier runs.
fn write(
    command: &BatchArgs,
    (input, plan): (&Path, &Plan),
    opened: &Folder,
    earlier: &EarlierRuns,
    changes: Changes,
    session: &mut Session,
) -> anyhow::Result<String> {
    let mut change = FolderChange { write: changes.write, ..FolderChange::default() };
    change.remove.extend(changes.remove.iter().map(String::as_str));
    let keeps_manifest = opened.holds(MANIFEST, changes.manifest.as_bytes())?;
    if !keeps_manifest || !change.write.is_empty() || !change.remove.is_empty() {
        let last = changes.manifest.as_bytes();
        let until_removed = changes.manifest_until_removed.as_deref().map(str::as_bytes);
        change.list = Some((MANIFEST, until_removed.unwrap_or(last)));
        change.last_list = until_removed.map(|_| last);
    }
    refuse_inputs(input, folder(command), plan, &change)?;
    if !command.force && !earlier.are_same {
        refuse_strangers(folder(command), &earlier.files, &change)?;
    }
    // From here on a signal waits until what was begun is in order. Before, and above all while
    // another run has the lock, it ends the program at once.
    (session.streams.hold_signals)();
    if let Some(manifest) = &earlier.manifest {
        opened.adopt(MANIFEST, manifest.as_bytes())?;
    }
    let writing = Progress::new(2 * change.write.len() as u64, "steps", session);
    let is_interrupted = session.streams.is_interrupted;
    let applied = opened.apply(&change, &|done| {
        writing.tell(done as u64);
        is_interrupted()
    });
    writing.finish();
    applied?;
    let counts =
        [(change.write.len(), "written"), (changes.unchanged, "unchanged"), (change.remove.len(), "removed")];
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

impl EarlierRuns {
    fn nothing() -> Self {
        let others = Manifest::new(&[], BTreeMap::new());
        EarlierRuns { files: BTreeMap::new(), are_same: false, manifest: None, others }
    }
}

/// What earlier runs left. `alone` is the manifest of a folder in which just this run has worked: then
/// there is nothing else to know.
fn earlier_runs(
    opened: &Folder,
    folder: &Path,
    command: &BatchArgs,
    (plan, share): (&Plan, &Share),
    alone: &str,
) -> anyhow::Result<EarlierRuns> {
    let left_list = opened.left_list(MOST_BYTES)?;
    if left_list.is_none() && opened.holds(MANIFEST, alone.as_bytes())? {
        return Ok(EarlierRuns { are_same: true, ..EarlierRuns::nothing() });
    }
    let mut manifest = match opened.read(MANIFEST, MOST_BYTES)? {
        Some(bytes) => {
            let name = folder.join(MANIFEST).to_string_lossy().into_owned();
            Manifest::parse(&name, bytes).map_err(Error::input)?
        }
        None => Manifest::new(&[], BTreeMap::new()),
    };
    let folders: BTreeSet<Cow<str>> = plan.batch.targets.iter().map(|target| target.folder()).collect();
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
    let manifest = Some(manifest.with(&others).to_text());
    Ok(EarlierRuns { files, are_same: false, manifest, others })
}

/// What no earlier run made is somebody's own.
fn refuse_strangers(
    folder: &Path,
    made: &BTreeMap<String, String>,
    change: &FolderChange,
) -> anyhow::Result<()> {
    let mut faults = Diagnostics::new();
    // Where case does not count, a file that changed its name in case only is still the one that was made.
    let by_case: BTreeMap<String, &String> = made.keys().map(|path| (path.to_lowercase(), path)).collect();
    for name in change.write.keys().filter(|path| !made.contains_key(**path)) {
        let path = folder.join(name);
        let old = by_case.get(&name.to_lowercase());
        let is_ours = old.is_some_and(|old| fs::is_one_file(&folder.join(old), &path));
        if fs::is_there(&path) && !is_ours {
            faults.push(|| {
                let fault = Diagnostic::error(Place::of_path(&path), "this file was not made by dtpl batch");
                fault.help("name another folder with --output, or replace the file with --force")
            });
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Usage(faults).into()) }
}

/// A project may have its output inside; but no Dockerfile that is read is ever replaced.
fn refuse_inputs(input: &Path, folder: &Path, plan: &Plan, change: &FolderChange) -> anyhow::Result<()> {
    if !fs::is_inside(input, folder).unwrap_or(false) {
        return Ok(());
    }
    let sources: BTreeSet<PathBuf> =
        plan.rows().filter_map(|row| fs::real_path(&input.join(&row.choice.path))).collect();
    let real = fs::real_path(folder).unwrap_or_else(|| folder.to_owned());
    // The case of a name may not count, so names only say which files have to be looked at.
    let alike: BTreeSet<String> = sources.iter().map(|source| folded(&source.to_string_lossy())).collect();
    let is_source = |path: &Path| {
        alike.contains(&folded(&path.to_string_lossy()))
            && sources.iter().any(|source| fs::is_one_file(source, path))
    };
    let Some(path) = change.write.keys().find(|path| is_source(&real.join(path))) else {
        return Ok(());
    };
    let place = Place::of_path(&folder.join(path));
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
    changes: &Changes,
    total: usize,
    session: &mut Session,
) -> anyhow::Result<CommandStatus> {
    let read = |path: &str| opened.map_or(Ok(None), |opened| opened.read(path, MOST_BYTES));
    let mut all: BTreeMap<&str, Option<&[u8]>> =
        changes.write.iter().map(|(path, bytes)| (*path, Some(*bytes))).collect();
    all.extend(changes.remove.iter().map(|path| (path.as_str(), None)));
    let mut text = Vec::new();
    for (path, new) in &all {
        let name = folder.join(path);
        let name = name.to_string_lossy();
        text.extend(output::difference((&name, read(path)?.as_deref()), (&name, *new))?);
    }
    let counts = [(changes.write.len(), "to write"), (changes.remove.len(), "to remove")];
    let counts = counts.iter().filter(|(number, _)| *number > 0);
    let mut parts: Vec<String> =
        counts.map(|(number, what)| format!("{} {what}", grouped(*number))).collect();
    let is_listed = read(MANIFEST)?.is_some_and(|old| old == changes.manifest.as_bytes());
    if !is_listed {
        parts.push(format!("{MANIFEST} to write"));
    }
    let is_clean = parts.is_empty();
    if is_clean {
        parts.push("nothing to change".to_owned());
    }
    output::print(session, &text)?;
    if !session.quiet {
        let total = text::count(total, "Dockerfile");
        let _ = writeln!(session.streams.stderr, "{}, of {total}", parts.join(", "));
    }
    Ok(if is_clean { CommandStatus::Done } else { CommandStatus::Found })
}
