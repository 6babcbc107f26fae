//! Folders of programs, and whether a path is in one.

/// Where programs are looked for, whatever `PATH` an image has.
const PROGRAM_FOLDERS: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The name of the program that a file is, if it is in a folder of programs.
pub(super) fn program_at(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    (PROGRAM_FOLDERS.contains(&folder) && !name.is_empty()).then_some(name)
}

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

/// Whether a program is named by itself, or by its path in a folder of programs: others are files of the project.
pub(super) fn is_of_system(written: &str) -> bool {
    !written.contains('/') || program_at(written).is_some()
}

/// Without a `/` at its end; the root is empty.
pub(super) fn trimmed(path: &str) -> &str {
    path.trim_end_matches('/')
}
