//! JSON lines in, JSON lines out: fleets that are rendered as they come.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::super::args::Batch;
use super::super::{Context, Status, fleets, target};
use super::{Progress, close};
use crate::batch::services::Services;
use crate::batch::stream::{self, Hand, Request, Streamed};
use crate::batch::target::{Definition, Targets};
use crate::batch::worker::Worker;
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostics, Place};
use crate::error::Error;
use crate::fleet::lines::Lines;
use crate::fs;

pub fn run(
    command: &Batch,
    path: &Path,
    registry: &Registry,
    definitions: &[Definition],
    services: &Services,
    workers: Vec<Worker>,
    context: &mut Context,
) -> anyhow::Result<Status> {
    let only_balena = command.definitions.compat.is_some();
    let mut hands: Vec<Hand> = workers
        .into_iter()
        .map(|worker| (worker, Targets::new(registry, definitions, only_balena)))
        .collect();
    let is_watched = context.streams.stderr_is_terminal && !context.quiet;
    let progress = Progress::new(0, is_watched);
    let tell = |done| progress.tell(done);
    let strict = command.bounds.strict;
    let name =
        if path == Path::new("-") { "<stdin>".to_owned() } else { path.to_string_lossy().into_owned() };
    let limit = target::limit(&command.definitions.registry);
    let is_wanted =
        |name: &str| command.fleet.is_empty() || command.fleet.iter().any(|wanted| wanted == name);

    let request = Request { services, shard: command.shard, is_wanted: &is_wanted, strict, progress: &tell };

    // A file is gone through twice: once to know that nothing is wrong, so that nothing is printed of a
    // batch that is at fault.
    let mut file = match path == Path::new("-") {
        true => None,
        false => {
            Some(fs::open(path)?).filter(|file| file.metadata().is_ok_and(|metadata| metadata.is_file()))
        }
    };
    (context.streams.widen_pipes)();
    let streams = &mut *context.streams;
    let mut again: Option<&mut dyn super::super::Rereadable> = match &mut file {
        Some(file) => Some(file),
        None if path == Path::new("-") => {
            streams.stdin_file.as_mut().map(|file| &mut **file as &mut dyn super::super::Rereadable)
        }
        None => None,
    };
    if let Some(input) = &mut again {
        let start = input.stream_position().map_err(Error::io("read", path))?;
        let mut reader = BufReader::with_capacity(1 << 16, &mut *input);
        let mut lines = Lines::new(&mut reader, &name, limit);
        let streamed = stream::run(&mut lines, &mut hands, &request, None)?;
        refuse(streamed, command, path)?;
        input.seek(SeekFrom::Start(start)).map_err(Error::io("read", path))?;
    }
    let mut reader: Box<dyn BufRead> = match again {
        Some(input) => Box::new(BufReader::with_capacity(1 << 16, input)),
        None if path == Path::new("-") => {
            Box::new(BufReader::with_capacity(1 << 16, &mut *streams.stdin as &mut dyn Read))
        }
        None => Box::new(BufReader::with_capacity(1 << 16, fs::open(path)?)),
    };
    let mut lines = Lines::new(&mut *reader, &name, limit);
    let out = &mut *streams.stdout;
    let mut write = |bytes: &[u8]| out.write_all(bytes).map_err(Error::io("write", "<stdout>"));
    let streamed = stream::run(&mut lines, &mut hands, &request, Some(&mut write))?;
    drop(reader);
    out.flush()?;
    let fleets = streamed.fleets;
    let notes = refuse(streamed, command, path)?;
    context.warn(&notes);
    let counted = super::Whose { total: fleets, what: "fleets" }.counted(services.list().len());
    close(&counted, &progress, context);
    Ok(Status::Done)
}

/// Stops when something is at fault; else what there is to say.
fn refuse(streamed: Streamed, command: &Batch, path: &Path) -> anyhow::Result<Diagnostics> {
    let strict = command.bounds.strict;
    let is_bad = streamed.has_errors(strict);
    let total = streamed.fleets;
    let mut notes = streamed.notes;
    notes.append(streamed.faults.into_diagnostics(total, "fleets"));
    if total == 0 && !is_bad && !command.shard.is_part() {
        let place = Place::File(path.to_string_lossy().into_owned());
        let fault = match command.fleet.first() {
            Some(name) => fleets::unknown(name, path, std::iter::empty(), place),
            None => crate::diagnostic::Diagnostic::error(place, "there are no fleets in it"),
        };
        return Err(Error::input(fault).into());
    }
    match is_bad {
        true if strict => Err(Error::Input(notes.into_errors()).into()),
        true => Err(Error::Input(notes).into()),
        false => Ok(notes),
    }
}
