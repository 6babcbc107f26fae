//! Which commands may make a file that a later one reads, such as a list of requirements.

use super::command::ShellCommand;
use super::run::commands;
use crate::dockerfile::{Dockerfile, Instruction};

/// Commands of the shell that only change the shell itself.
pub const OF_THE_SHELL: [&str; 24] = [
    "set", "export", "unset", "local", "return", "shift", "break", "continue", "trap", "exit", "readonly",
    "declare", "typeset", "shopt", ".", "source", "eval", "read", "wait", ":", "[", "[[", "exec", "alias",
];

/// Programs that make no file of a project, whatever their arguments are.
const MAKING_NONE: [&str; 18] = [
    "apt-get",
    "apt",
    "apk",
    "pip",
    "pip3",
    "install_packages",
    "rm",
    "mkdir",
    "useradd",
    "groupadd",
    "adduser",
    "addgroup",
    "usermod",
    "chown",
    "chmod",
    "cd",
    "true",
    "python",
];

/// Whether a `RUN` may make or fetch a file of any name.
pub fn may_make_files(file: &Dockerfile, instruction: &Instruction) -> bool {
    let commands = commands(file, instruction);
    commands.is_empty() || commands.iter().any(makes_files)
}

/// Whether a command may make a file of any name.
pub fn makes_files(command: &ShellCommand) -> bool {
    let is_known = |name: &str| MAKING_NONE.contains(&name) || OF_THE_SHELL.contains(&name);
    let is_read = !command.words.is_empty() && command.program().is_none_or(|(name, _)| !is_known(name));
    // `python -m venv` and `python -m pip` make none; other modules may.
    let is_python = command.is_program(&["python"]) && command.pip_install().is_none();
    is_read || is_python || command.redirected.iter().any(|file| !file.text.starts_with("/dev/"))
}
