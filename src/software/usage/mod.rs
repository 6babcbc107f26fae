//! What a Dockerfile runs, in order: its own commands, and those of the scripts of the project that it starts.
//!
//! 1. `event` has what may happen: a command runs, a file is copied, a program is made.
//! 2. `stages` goes through the instructions of each stage, `container` through what is started then, `commands`
//!    through the commands of one.
//! 3. `scripts` finds and reads the scripts of the project (`package_scripts` those in a `package.json`), `values`
//!    resolves variables in words.
//! 4. `copies` says what `COPY` and `ADD` bring, `making` which programs a command makes (`paths` knows the folders
//!    of programs), `writing` which files it writes, `project_files` whether it brings files that it does not name.
//! 5. `started` is what a container starts: `ENTRYPOINT` and `CMD` together with the compose file.

mod commands;
mod container;
mod copies;
mod event;
mod making;
mod package_scripts;
mod paths;
mod project_files;
mod scripts;
mod stages;
mod started;
mod values;
mod writing;

pub(crate) use event::{Copied, CopySource, Event, Step, StepFile, StepPlace, Variable, When, Why};
pub(crate) use stages::Usage;
pub(crate) use started::{Process, Written, chain, process};
