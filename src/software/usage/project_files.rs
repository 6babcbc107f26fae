//! Which commands bring files of a project that they do not name: after `git clone` it is not known whether there is a
//! `go.mod`.

use super::making::unpacks;
use super::writing::{has_letter, operands, written};
use crate::shell::{ShellCommand, is_dependency_file};

/// Whether a command may bring files that it does not name, or one that lists dependencies; `workdir` is where it
/// runs.
pub(super) fn brings_files(command: &ShellCommand, workdir: Option<&str>) -> bool {
    if written(command, workdir).iter().any(|path| is_dependency_file(path)) {
        return true;
    }
    let Some((name, words)) = command.program() else { return false };
    let has = |own: &[&str]| words.iter().any(|word| own.contains(&&*word.text));
    match name {
        "git" => has(&[
            "clone",
            "checkout",
            "pull",
            "submodule",
            "reset",
            "merge",
            "apply",
            "am",
            "switch",
            "restore",
        ]),
        "svn" | "hg" | "bzr" => has(&["checkout", "co", "clone", "branch", "export", "pull", "update", "up"]),
        "repo" => has(&["sync"]),
        "tar" | "bsdtar" | "cpio" | "unzip" | "unrar" | "7z" | "7za" | "7zr" => unpacks(name, words),
        "cp" | "mv" | "rsync" | "ln" => {
            let is_deep = ['r', 'R', 'a'].into_iter().any(|letter| has_letter(words, letter));
            let operands = operands(words, "tS");
            let is_open = operands.iter().any(|path| path.contains(['*', '?', '$', '`']));
            // `mv src .`
            let is_into_folder = operands.last().is_some_and(|last| matches!(*last, "." | "./" | ".."));
            name == "rsync" || is_deep || is_open || is_into_folder
        }
        "scp" | "sftp" | "gsutil" | "rclone" => true,
        "aws" => has(&["cp", "sync"]),
        "wget" => has_letter(words, 'r') || has(&["--recursive", "--mirror"]),
        "go" => has(&["init"]),
        "npm" | "pnpm" | "yarn" | "bun" | "cargo" | "poetry" | "uv" | "composer" | "dotnet" | "bundle" => {
            let first = command.operands().first().map_or("", |word| &*word.text);
            matches!(first, "init" | "new" | "create" | "create-project")
        }
        "cookiecutter" | "django-admin" | "rails" => true,
        _ => false,
    }
}
