//! `dtpl lock`: the lock file of a project, written or compared with what the registries have.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::LockArgs;
use super::catalogue::today;
use super::check::text::count;
use super::flags::Located;
use super::online::OnlineArgs;
use super::targets::targets_or_all;
use super::{CommandStatus, Session, flags, online, output, usage};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::escape::escaped;
use crate::fs;
use crate::image::{LookupFault, Published, Reference};
use crate::lock::{self, Change, CollectRequest, LOCK_FILE, LockFile, NewLock, Update, WantedImages};
use crate::project::directory::display;
use crate::project::{Project, ServiceKind};

pub fn run(command: &LockArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    let only = &command.only;
    let registry = only.definitions.registry.registry()?;
    let definitions = only.definitions.read(&command.path, command.fleets.as_deref(), session)?;
    let (limits, file) = (command.bounds.limits(), only.file.as_deref());
    let Located { workspace, services } =
        only.definitions.locate(&command.path, file, &definitions, limits, session)?;
    let is_part = is_part(command, &services);
    let builder = workspace.builder();
    let path = lock_path(command, workspace.folder())?;
    let named = only.services(services, session);
    let mut notes = workspace.review(&named)?;
    let inline = workspace.project().map(|project| inline_services(project, &named));
    inline.into_iter().for_each(|inline| notes.append(inline));
    let (mut services, warnings) = workspace.into_services(&named, flags::jobs(None))?;
    notes.append(warnings);
    command.builder.build.apply_to_all(&mut services);
    let targets = targets_or_all(&command.target_flags(), &registry, &definitions, &mut notes, session)?;
    if notes.has_errors() {
        return Err(Error::Input(notes).into());
    }
    let build_platform = command.builder.build_platform.as_deref();
    let request = CollectRequest { services: &services, targets: &targets, builder, build_platform, limits };
    let wanted = lock::collect(&request, &mut notes).map_err(Error::Input)?;
    let old = read_old(&path, command, session)?;
    let update = match &command.update {
        None if command.check => Update::All,
        None => Update::Missing,
        Some(names) if names.is_empty() => Update::All,
        Some(names) => Update::Named(names),
    };
    let plan = lock::plan(&wanted, old.as_ref(), update, is_part, &Place::Flag("--update"));
    let plan = plan.map_err(Error::Usage)?;
    let answers = ask(command, &plan.asked, session)?;
    let new = lock::complete(plan, &wanted, answers, today())?;
    let text = lock::write(&new.images).map_err(Error::Input)?;
    report(command, &path, old.is_none(), &new, &wanted, &mut notes, session);
    notes.append(new.notes.clone());
    session.warn(&notes);
    let is_stdout = command.output.as_deref() == Some(Path::new("-"));
    let compare = command.check.then(|| only.definitions.registry.limit());
    let output = (!is_stdout || command.check).then_some(path.as_path());
    // A file in which nothing changes stays as it is, with what somebody wrote beside it.
    let is_same = new.changes.is_empty() && old.is_some() && !is_stdout;
    let status = match is_same {
        true => CommandStatus::Done,
        false => output::deliver(session, output, compare, &|out| out.write_all(text.as_bytes()))?,
    };
    if !command.check && !new.changes.is_empty() && !session.quiet {
        let line = format!("{}: {}\n", escaped(&path.to_string_lossy()), summary(&new));
        // That nobody reads it is no reason to fail.
        let _ = session.streams.stderr.write_all(line.as_bytes());
    }
    Ok(status)
}

/// How many images there are, and how many of them changed.
fn summary(new: &NewLock) -> String {
    let mut text = count(new.images.len(), "image");
    let number = |is_it: &dyn Fn(&Change) -> bool| new.changes.iter().filter(|change| is_it(change)).count();
    let parts = [
        ("added", number(&|change| matches!(change, Change::Added(_)))),
        ("updated", number(&|change| matches!(change, Change::Moved(..) | Change::Platforms(_)))),
        ("removed", number(&|change| matches!(change, Change::Dropped(_)))),
    ];
    for (what, number) in parts.into_iter().filter(|(_, number)| *number > 0) {
        text.push_str(&format!(", {number} {what}"));
    }
    text
}

/// Whether the flags leave out a part of the project, which may use other images.
fn is_part(command: &LockArgs, services_of_path: &[String]) -> bool {
    let only = &command.only;
    let lists = [&only.service, &only.fleet, &only.definitions.profile, &command.devices];
    !services_of_path.is_empty() || only.file.is_some() || lists.iter().any(|list| !list.is_empty())
}

/// Where the lock file is.
fn lock_path(command: &LockArgs, folder: &Path) -> anyhow::Result<PathBuf> {
    if let Some(output) = output::file(&command.output) {
        return Ok(output.to_owned());
    }
    if command.path == Path::new("-") && command.output.is_none() {
        let message = "a template on standard input has no folder for a lock file";
        return Err(usage(Place::CommandLine, message, "name the lock file: -o images.lock.yaml"));
    }
    Ok(display(folder, LOCK_FILE))
}

/// The lock file as it is.
fn read_old(path: &Path, command: &LockArgs, session: &mut Session) -> anyhow::Result<Option<LockFile>> {
    if !fs::is_there(path) {
        return Ok(None);
    }
    session.say(format_args!("reading {}", path.display()));
    let source = Arc::new(fs::read(path, command.only.definitions.registry.limit())?);
    let old = LockFile::parse(&source).map_err(Error::Input)?;
    if let Some(place) = old.not_of_lock(&source) {
        let fault = Diagnostic::error(place, "this is not from a lock file: writing one would remove it");
        let help = "move it into an images file (docs/images-file.md), or name another lock file with -o";
        return Err(Error::input(fault.help(help)).into());
    }
    Ok(Some(old))
}

/// Warns about services whose Dockerfile is written in the compose file: nothing is known of their images.
fn inline_services(project: &Project, named: &[(String, Place)]) -> Diagnostics {
    let mut notes = Diagnostics::new();
    let is_named = |name: &str| named.is_empty() || named.iter().any(|(wanted, _)| wanted == name);
    for service in project.services.iter().filter(|service| is_named(&service.name)) {
        if matches!(service.kind, ServiceKind::Inline) {
            let place = Place::File(project.compose.clone().unwrap_or_default());
            let message = format!("the service `{}` has its Dockerfile in the compose file", service.name);
            let help = "its images are not locked: write it into a file, and name that with `dockerfile:`";
            notes.push_warning(|| Diagnostic::warning(place, message).help(help));
        }
    }
    notes
}

/// What the registries say. Where there is nothing to ask, nothing is.
fn ask(
    command: &LockArgs,
    asked: &[Reference],
    session: &mut Session,
) -> anyhow::Result<Vec<Result<Published, LookupFault>>> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    if !cfg!(feature = "online") {
        let message = "`dtpl lock` asks registries, and this program was compiled without what does";
        let help = "install it with `cargo install dtpl --features online`, or download a released program";
        return Err(usage(Place::CommandLine, message, help));
    }
    session.say(format_args!("asking for {} images", asked.len()));
    // To ask is what the command is for.
    let settings = OnlineArgs { online: true, ..command.online.clone() };
    let limit = command.only.definitions.registry.limit();
    Ok(online::ask(asked, &settings, session.streams.variable, limit)?.unwrap_or_default())
}

/// Says what changes in a lock file that was there.
fn report(
    command: &LockArgs,
    path: &Path,
    is_first: bool,
    new: &NewLock,
    wanted: &WantedImages,
    notes: &mut Diagnostics,
    session: &Session,
) {
    for change in &new.changes {
        let is_said = command.check || session.verbose || !is_first && !matches!(change, Change::Added(_));
        if is_said {
            let message = change.message(wanted);
            notes.push_warning(|| Diagnostic::info(Place::of_path(path), message));
        }
    }
}
