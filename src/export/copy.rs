//! Makes the folder of an export: a walk through the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::contents::Contents;
use super::outputs::Outputs;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Result;
use crate::fs;
use crate::fs::beside;
use crate::fs::entries::{EntryKind, entries};
use crate::fs::new_folder::NewFolder;

/// Copies what stays of a project into a folder, and writes its Dockerfiles. `output` is where the folder will
/// be, which may be in the project. Returns how many files there are.
///
/// # Errors
/// What cannot be read or written, and an interruption.
pub fn copy(
    project: &Path,
    output: &Path,
    contents: &Contents,
    outputs: &Outputs,
    folder: &mut NewFolder,
    notes: &mut Diagnostics,
) -> Result<usize> {
    let output = fs::real_path(output);
    let mut files = 0;
    let mut first_names: BTreeMap<(u64, u64), PathBuf> = BTreeMap::new();
    let mut folders = vec![(PathBuf::new(), String::new())];
    while let Some((below, shown)) = folders.pop() {
        let mut inner = Vec::new();
        for entry in entries(&project.join(&below))? {
            let name = entry.name.to_string_lossy();
            let path = below.join(&entry.name);
            let shown = if shown.is_empty() { name.clone().into_owned() } else { format!("{shown}/{name}") };
            let from = project.join(&path);
            if beside::is_hidden(&name) || outputs.files.contains_key(&shown) || outputs.leave_behind(&shown)
            {
                continue;
            }
            if entry.kind == EntryKind::Folder {
                let may_be_output =
                    output.as_deref().is_some_and(|output| output.file_name() == from.file_name());
                let is_output = may_be_output && fs::real_path(&from) == output;
                if is_output || beside::is_made(&from) || !contents.may_keep_in(&shown) {
                    continue;
                }
                if contents.keeps(&shown) {
                    folder.folder(&path, &from)?;
                }
                inner.push((path, shown));
                continue;
            }
            if !contents.keeps(&shown) {
                continue;
            }
            if entry.kind == EntryKind::Other {
                notes.push(|| {
                    let message = "this is no file, folder or link, and is left out";
                    Diagnostic::warning(Place::of_path(&from), message)
                });
                continue;
            }
            folder.folder(&below, &project.join(&below))?;
            let first = entry.file.and_then(|file| first_names.get(&file));
            match (entry.kind, first) {
                (EntryKind::Link, _) => folder.link(&from, &path)?,
                (_, Some(first)) => folder.second_name(first, &path)?,
                (_, None) => {
                    folder.copy(&from, &path)?;
                    first_names.extend(entry.file.map(|file| (file, path)));
                }
            }
            files += 1;
        }
        folders.extend(inner.into_iter().rev());
    }
    for (path, file) in &outputs.files {
        let path = Path::new(path);
        if let Some(above) = path.parent() {
            folder.folder(above, &project.join(above))?;
        }
        folder.write(&file.bytes, path, Some(&project.join(&file.like)))?;
        files += 1;
    }
    Ok(files)
}
