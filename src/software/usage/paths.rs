//! Which folders of programs are in a folder that is copied or written.

use crate::shell::PROGRAM_FOLDERS;

/// Whether a folder is one of programs.
pub(super) fn is_program_folder(folder: &str) -> bool {
    PROGRAM_FOLDERS.contains(&trimmed(folder))
}

/// The folders of programs that are a folder or in it, each with its path in it.
pub(super) fn program_folders_in(folder: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let folder = trimmed(folder).to_owned();
    PROGRAM_FOLDERS.into_iter().filter_map(move |programs| {
        let rest = programs.strip_prefix(&*folder)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| (programs, rest.trim_start_matches('/')))
    })
}

/// Whether folders of programs are in a folder, or it is one.
pub(super) fn may_hold_programs(folder: &str) -> bool {
    program_folders_in(folder).next().is_some()
}

/// Without a `/` at its end; the root is empty.
pub(super) fn trimmed(path: &str) -> &str {
    path.trim_end_matches('/')
}
