//! `--locked`: the lock file of a command that writes Dockerfiles. It is all that such a command knows of registries.

use std::path::Path;
use std::sync::Arc;

use super::args::{BuildArgs, LockedArgs};
use super::{Session, usage};
use crate::diagnostic::{Diagnostic, Place};
use crate::dockerfile::Builder;
use crate::error::Error;
use crate::fs::{self, Limit};
use crate::lock::{LOCK_FILE, LockFile, Pins};
use crate::project::directory::display;

impl LockedArgs {
    /// Refuses flags of a build without `--locked`: a rendered Dockerfile is the same for all builds.
    pub fn refuse_build(&self, build: &BuildArgs, session: &Session) -> anyhow::Result<()> {
        let flags = [
            ("--build-arg", !build.build_arg.is_empty()),
            ("--build-context", !build.build_context.is_empty()),
            ("--target", build.target.is_some()),
        ];
        let is_given = |flag| !session.places.is_from_environment(flag);
        match flags.into_iter().find(|&(flag, has)| has && !self.locked && is_given(flag)) {
            None => Ok(()),
            Some((flag, _)) => {
                let message = format!("{flag} changes nothing here without --locked");
                Err(usage(session.place_of(flag), message, "pass it to the builder, or add --locked"))
            }
        }
    }

    /// What the flags ask for, for a project in this folder; nothing without `--locked`. Where there is no folder,
    /// `--lock` has to name the file.
    pub fn pins(
        &self,
        folder: Option<&Path>,
        builder: Builder,
        limit: Limit,
        session: &mut Session,
    ) -> anyhow::Result<Option<Pins>> {
        if !self.locked {
            // A variable that says where lock files are does not ask for one.
            if self.lock.is_none() || session.places.is_from_environment("--lock") {
                return Ok(None);
            }
            let message = "--lock names the file that --locked reads";
            return Err(usage(session.place_of("--lock"), message, "add --locked, or leave --lock out"));
        }
        let path = match (&self.lock, folder) {
            (Some(path), _) => path.clone(),
            (None, Some(folder)) => display(folder, LOCK_FILE),
            (None, None) => {
                let message = "there is no project that has a lock file";
                let help = format!("name it: --lock {LOCK_FILE}");
                return Err(usage(session.place_of("--locked"), message, help));
            }
        };
        if !fs::is_there(&path) {
            let fault = Diagnostic::error(Place::of_path(&path), "there is no lock file");
            let help = "`dtpl lock` writes it; --lock names one that is elsewhere";
            return Err(Error::input(fault.help(help)).into());
        }
        session.say(format_args!("reading {}", path.display()));
        let lock = LockFile::parse(&Arc::new(fs::read(&path, limit)?)).map_err(Error::Input)?;
        Ok(Some(Pins::new(Arc::new(lock), builder)))
    }
}
