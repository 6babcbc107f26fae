//! `--files`: the Dockerfiles of a bake file or matrix as files in a folder, each with the ignore file that belongs to
//! it. A manifest lists them, so that a file that somebody else put there is never replaced.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::super::Session;
use super::super::args::BatchArgs;
use super::super::output;
use super::tree::refuse_folder;
use super::{base, usage};
use crate::batch::manifest::{Manifest, NAME};
use crate::batch::{DistinctBuild, digest};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::fs::folder::{FilesInMemory, Folder, FolderChange};
use crate::fs::{self, Limit};

/// More than any manifest or Dockerfile has.
const MOST_BYTES: u64 = 1 << 30;

/// The errors for ignore files that belong to a Dockerfile, where there is no folder for both: a builder does not look for
/// one beside a Dockerfile that is not in a file.
pub fn lost_ignore_files(builds: &[DistinctBuild], project: &Path) -> Diagnostics {
    let mut faults = Diagnostics::new();
    let mut seen = std::collections::BTreeSet::new();
    for path in builds.iter().flat_map(|build| &build.rows).map(|row| row.choice.ignore_file()) {
        let path = super::within(project, &path);
        if seen.insert(path.clone()) && fs::is_file(&path) {
            let message = "a builder does not read this file for a Dockerfile that is inside of the bake file or matrix";
            faults.push(|| {
                Diagnostic::error(Place::of_path(&path), message).help(
                    "write the Dockerfiles into a folder with --files DIR, or move the patterns to .dockerignore",
                )
            });
        }
    }
    faults
}

/// Writes the Dockerfiles of all builds into the folder: all of them, or none.
pub fn write(
    command: &BatchArgs,
    folder: &Path,
    builds: &[DistinctBuild],
    project: &Path,
    session: &mut Session,
) -> anyhow::Result<()> {
    refuse_folder(command, project, folder, "--files")?;
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for build in builds {
        let row = &build.first;
        files.insert(format!("{}/Dockerfile", build.target), row.file.bytes.clone());
        let ignore_file = super::within(project, &row.choice.ignore_file());
        let limit = Limit { bytes: MOST_BYTES, flag: "--files" };
        if let Some(bytes) = fs::read_if_there(&ignore_file, limit)? {
            files.insert(format!("{}/Dockerfile.dockerignore", build.target), bytes);
        }
    }
    refuse_own_output(command, folder, &files)?;
    let opened = Folder::make(folder)?;
    let made = made_before(&opened, folder)?;
    let mut change = FolderChange::default();
    let mut write = FilesInMemory::new();
    let mut faults = Diagnostics::new();
    for (path, bytes) in &files {
        if opened.holds(path, bytes)? {
            continue;
        }
        let there: PathBuf = folder.join(path);
        if fs::is_there(&there) && !made.contains_key(path) && !command.force {
            let message = "this file was not made by dtpl batch";
            faults.push(|| {
                let fault = Diagnostic::error(Place::of_path(&there), message);
                fault.help("name another folder with --files, or replace the file with --force")
            });
        }
        write.push((path, bytes));
    }
    if !faults.is_empty() {
        return Err(Error::Usage(faults).into());
    }
    let mut listed = made;
    // A builder would obey an ignore file that the project does not have any more.
    let is_gone = |path: &&String| {
        let dockerfile = path.strip_suffix(".dockerignore");
        dockerfile.is_some_and(|dockerfile| files.contains_key(dockerfile)) && !files.contains_key(*path)
    };
    let gone: Vec<String> = listed.keys().filter(is_gone).cloned().collect();
    change.remove.extend(gone.iter().map(String::as_str));
    listed.retain(|path, _| !gone.contains(path));
    listed.extend(files.iter().map(|(path, bytes)| (path.clone(), digest::hex_of(bytes))));
    let manifest = Manifest::of_files(listed).to_text(&Manifest::default());
    change.write = &write;
    if change.is_empty() && opened.holds(NAME, manifest.as_bytes())? {
        return Ok(());
    }
    let content = |out: &mut dyn Write| out.write_all(manifest.as_bytes());
    change.list = Some((NAME, &content));
    (session.streams.hold_signals)();
    let is_interrupted = session.streams.is_interrupted;
    opened.apply(&change, &|_| is_interrupted())?;
    Ok(())
}

/// Refuses an output that would replace one of the files that are written with it.
fn refuse_own_output(
    command: &BatchArgs,
    folder: &Path,
    files: &BTreeMap<String, Vec<u8>>,
) -> anyhow::Result<()> {
    let Some(output) = output::file(&command.output) else { return Ok(()) };
    let (real, folder) = (base::real(output), base::real(folder));
    if files.keys().map(String::as_str).chain([NAME]).any(|path| folder.join(path) == real) {
        let message = "--files writes a file of this name";
        return Err(usage(Place::of_path(output), message, "name another file with --output"));
    }
    Ok(())
}

/// The files that earlier runs put there, with their digests.
fn made_before(opened: &Folder, folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let Some(bytes) = opened.read(NAME, MOST_BYTES)? else { return Ok(BTreeMap::new()) };
    let name = folder.join(NAME).to_string_lossy().into_owned();
    let manifest = Manifest::parse(&name, bytes).map_err(Error::input)?;
    let owned = |(path, sha): (&str, &str)| (path.to_owned(), sha.to_owned());
    Ok(manifest.files().into_iter().map(owned).collect())
}
