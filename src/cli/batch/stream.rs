//! JSON lines in, JSON lines out: fleets that are rendered as they come.

use std::cell::Cell;
use std::io::{BufReader, Read, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::args::BatchArgs;
use super::super::{CommandStatus, Rereadable, Session, flags};
use super::{Progress, close};
use crate::batch::layouts::Layouts;
use crate::batch::stream::{self, Request, Streamed};
use crate::batch::stream_block::{BlockWorker, StreamBlock};
use crate::batch::stream_rows::Product;
use crate::batch::worker::{KEPT_OF_STREAM, Worker};
use crate::batch::{BatchLimits, Shard};
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::fleet::blocks::LineBlocks;
use crate::fleet::name;
use crate::lock::Pins;
use crate::render::Variables;
use crate::render::variables::OF_DEVICE;
use crate::workspace::fleets::{self, Opened};
use crate::workspace::{Definitions, Services, Targets};

/// What is rendered for each fleet.
pub struct Renders<'r> {
    pub services: &'r Services,
    pub limits: BatchLimits,
    /// The digests that are written.
    pub pins: Option<&'r Pins>,
    pub shard: Shard,
}

pub fn run(
    command: &BatchArgs,
    opened: Opened,
    registry: &Registry,
    definitions: &Definitions,
    renders: Renders,
    session: &mut Session,
) -> anyhow::Result<CommandStatus> {
    let progress = Progress::new(0, "fleets", session);
    // A file is gone through twice, which is shown as one.
    let (before, done) = (Cell::new(0), Cell::new("rendered"));
    let tell = |fleets, bytes| progress.tell_share(before.get() + bytes, fleets as u64, done.get());
    let Prepared { mut workers, layouts, wanted } =
        prepare(command, registry, definitions, &renders, session);
    let Renders { services, limits, shard, .. } = renders;
    let request = Request {
        services,
        product: Product::Lines,
        layouts: layouts.as_ref(),
        share: shard.of_stream(),
        is_wanted: &|name, slug| is_wanted(&wanted, name, slug),
        strict: limits.render.strict,
        most_rows: command.max_outputs,
        progress: &tell,
    };
    let limit = command.only.definitions.registry.limit();
    let name = opened.name();
    let failed = || Error::io("read", &name);

    (session.streams.widen_pipes)();
    let streams = &mut *session.streams;
    let Opened { head, mut file, .. } = opened;
    let buffered = |input: &mut dyn Read, writes: bool, run: Run| {
        let mut reader = BufReader::with_capacity(1 << 16, input);
        run(&mut LineBlocks::new(&mut reader, &name, limit, stream::lines_of_block(services, writes)))
    };
    // A file is gone through twice: once to know that nothing is wrong, so that nothing is printed of a
    // batch that is at fault.
    let mut again: Option<&mut dyn Rereadable> = match (&mut file, &mut streams.stdin_file) {
        (Some(file), _) if head.is_empty() => Some(file),
        (None, Some(file)) => Some(&mut **file),
        _ => None,
    };
    let mut checksum = None;
    if let Some(input) = &mut again {
        let (start, size) = extent(&mut **input).map_err(failed())?;
        progress.expect(2 * size);
        done.set("checked");
        let mut checked = Streamed::default();
        buffered(&mut *input, false, &mut |lines| {
            checked = stream::run(lines, &mut workers, &request, None)?;
            Ok(())
        })?;
        if checked.has_errors(limits.render.strict) {
            progress.finish();
        }
        checksum = Some(checked.checksum);
        refuse(checked, command, shard, &wanted, &name)?;
        input.seek(SeekFrom::Start(start)).map_err(failed())?;
        before.set(size);
        done.set("rendered");
    }
    let out = &mut *streams.stdout;
    let mut write =
        |block: &StreamBlock, _| out.write_all(&block.out).map_err(Error::io("write", "<stdout>"));
    let mut streamed = Streamed::default();
    let mut render = |lines: &mut LineBlocks| {
        streamed = stream::run(lines, &mut workers, &request, Some(&mut write))?;
        Ok(())
    };
    match again {
        Some(mut input) => buffered(&mut input, true, &mut render)?,
        None => match file {
            Some(file) => buffered(&mut head.chain(file), true, &mut render)?,
            None => buffered(&mut head.chain(&mut *streams.stdin), true, &mut render)?,
        },
    }
    out.flush()?;
    progress.finish();
    // Before its faults: of a file that is written meanwhile, half a line may have been read.
    if checksum.is_some_and(|checked| checked != streamed.checksum) {
        return Err(stream::changed(&name).into());
    }
    let fleets = streamed.fleets;
    let notes = refuse(streamed, command, shard, &wanted, &name)?;
    session.warn(&notes);
    let counted = super::Count { total: fleets, what: "fleets" }.with_services(services.list().len());
    close(&counted, &progress, session);
    Ok(CommandStatus::Done)
}

/// Where an input stands, and how many bytes follow.
pub fn extent(input: &mut dyn Rereadable) -> std::io::Result<(u64, u64)> {
    let start = input.stream_position()?;
    let end = input.seek(SeekFrom::End(0))?;
    input.seek(SeekFrom::Start(start))?;
    Ok((start, end.saturating_sub(start)))
}

/// What fleets are rendered with while they are read.
pub struct Prepared<'p> {
    pub workers: Vec<BlockWorker<'p, 'p>>,
    pub layouts: Option<Layouts<'p>>,
    pub wanted: Vec<WantedFleet<'p>>,
}

pub fn prepare<'p>(
    command: &'p BatchArgs,
    registry: &'p Registry,
    definitions: &'p Definitions,
    &Renders { services, limits, pins, .. }: &Renders<'p>,
    session: &Session,
) -> Prepared<'p> {
    let only_balena = definitions.only_balena();
    let jobs = flags::jobs(command.jobs);
    let worker = |_| {
        let worker = Worker::new(limits, KEPT_OF_STREAM / jobs).pinned(pins);
        BlockWorker::new(worker, Targets::new(registry, definitions, only_balena))
    };
    let of_all = definitions_of_all(definitions).filter(|_| pins.is_none());
    Prepared {
        workers: (0..jobs).map(worker).collect(),
        layouts: of_all.and_then(|of_all| Layouts::of_stream(services, &of_all, &limits)),
        wanted: command.only.fleet.iter().map(|name| WantedFleet::new(name, session)).collect(),
    }
}

/// Whether a fleet is one of these, or one of all. Those with its name are found then.
pub fn is_wanted(wanted: &[WantedFleet], name: &str, slug: Option<&str>) -> bool {
    wanted.is_empty() || wanted.iter().filter(|wanted| wanted.is(name, slug)).count() > 0
}

/// The variables that a user gives to all fleets; nothing when there is something to say about them.
fn definitions_of_all(definitions: &Definitions) -> Option<Variables> {
    let (mut variables, mut notes) = (Variables::new(), Diagnostics::new());
    definitions.define(None, false, &mut variables, &mut notes);
    let is_of_device = OF_DEVICE.iter().any(|name| variables.get(name).is_some());
    (notes.is_empty() && !is_of_device).then_some(variables)
}

/// A name of `--fleet`, and whether a fleet with it was found.
pub struct WantedFleet<'c> {
    name: &'c str,
    /// Where it was given.
    place: Place,
    is_found: AtomicBool,
}

impl<'c> WantedFleet<'c> {
    fn new(name: &'c str, session: &Session) -> Self {
        let place = session.place_of("--fleet");
        WantedFleet { name, place, is_found: AtomicBool::new(false) }
    }

    /// Whether it means the fleet with this name and slug, which is then found.
    fn is(&self, name: &str, slug: Option<&str>) -> bool {
        let is_called = name::is_called(self.name, name, slug);
        if is_called {
            self.is_found.store(true, Ordering::Relaxed);
        }
        is_called
    }
}

/// What is done with the lines of an input.
type Run<'r> = &'r mut dyn FnMut(&mut LineBlocks) -> crate::error::Result<()>;

/// Stops when something is at fault; else what there is to say.
pub fn refuse(
    streamed: Streamed,
    command: &BatchArgs,
    shard: Shard,
    wanted: &[WantedFleet],
    name: &str,
) -> anyhow::Result<Diagnostics> {
    let strict = command.bounds.strict;
    let is_bad = streamed.has_errors(strict);
    let total = streamed.fleets;
    let mut notes = streamed.notes;
    notes.append(streamed.faults.into_diagnostics(total, "fleets"));
    if total == 0 && wanted.is_empty() && !is_bad && !shard.is_part() {
        let place = Place::File(name.to_owned());
        return Err(Error::input(Diagnostic::error(place, "this file has no fleets")).into());
    }
    let mut is_bad = is_bad;
    for missing in wanted.iter().filter(|wanted| !wanted.is_found.load(Ordering::Relaxed)) {
        is_bad = true;
        let names = streamed.names.iter();
        notes.push(|| fleets::unknown(missing.name, Path::new(name), names, missing.place.clone()));
    }
    match is_bad {
        true if strict => Err(Error::Input(notes.into_errors()).into()),
        true => Err(Error::Input(notes).into()),
        false => Ok(notes),
    }
}
