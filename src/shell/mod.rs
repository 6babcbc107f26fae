//! The commands in a `RUN`, word by word, each with its place in the file.
//!
//! This is no shell: it expands and runs nothing. It reads scripts as `sh` and Bash do, as far as that
//! is needed to say which programs they start, and with which arguments. Where that cannot be said, as for a
//! script in another language, there are no commands.
//!
//! 1. `run` finds the scripts in an instruction: its text, a heredoc, the string in `["sh", "-c", "..."]`.
//!    `script` is such a text with its places in the file.
//! 2. `reader` goes through a script, once: `grammar` separates commands (`draft`), `words` reads a word and what is
//!    expanded in it, `nested` scripts in other scripts, `case` keeps the branches of a `case`; `quotes` has what a word says without its quotes.
//! 3. `command` is one command of `word`s, with its program behind `sudo` and the like (`wrappers`) and its arguments
//!    between options (`options`).
//! 4. `package_manager` and `dependencies` say what a command installs, `making` whether it may make files,
//!    `program_folders` whether its program is one of the system.

mod case;
mod command;
mod dependencies;
mod draft;
mod grammar;
mod making;
mod nested;
mod options;
mod package_manager;
mod program_folders;
mod quotes;
mod reader;
mod run;
mod script;
mod word;
mod words;
mod wrappers;

use std::borrow::Cow;

use crate::dockerfile::{Dockerfile, Instruction};

pub use case::{CaseBranch, ShellCase};
pub use command::{ScriptFile, ShellCommand};
pub use dependencies::{
    has_version_limits, is_dependency_file, is_pinned, keeps_no_downloads, pip_packages, requirement_files,
};
pub use making::{OF_THE_SHELL, makes_files, may_make_files};
pub use package_manager::{APT_LISTS, INSTALL_PACKAGES, INSTALLERS, PackageManager};
pub use program_folders::{PROGRAM_FOLDERS, program_at, system_program};
pub use run::{
    RunBy, cases, commands, commands_in, commands_of, interpreter, program_of, run_by, started, whole_heredoc,
};
pub use word::{Word, is_assignment};

/// Whether nothing but blanks follows in the line.
pub fn is_line_end(rest: &[u8]) -> bool {
    let blank = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
    rest.get(blank).is_none_or(|&b| b == b'\n')
}

/// All that an instruction says, joined: for looking whether a word is in it at all.
pub fn text<'f>(file: &Dockerfile<'f>, instruction: &Instruction) -> Cow<'f, str> {
    String::from_utf8_lossy(file.bytes(&instruction.span))
}
