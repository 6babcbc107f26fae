//! `dtpl batch`: a project for every fleet.
//!
//! [`input`] finds for whom, [`tree`] writes it into a folder; the other formats
//! go to one stream.

mod input;
mod stream;
mod tree;

use std::path::Path;

use super::args::{Batch, BatchFormat};
use super::progress::Progress;
use super::services::{Asked, jobs};
use super::{Context, Status, output, target, usage};
use crate::batch::faults::Faults;
use crate::batch::plain_lines::PlainLines;
use crate::batch::plan::Plan;
use crate::batch::shard::Shard;
use crate::batch::worker::{KEPT, Worker};
use crate::batch::{self, Limits, archive, bake, matrix, ndjson, table};
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::escape::grouped;
use crate::fs;
use input::Fleets;

/// Dockerfiles that are made where their rows are held in memory.
const MOST_OUTPUTS: u64 = 2_000_000;

pub fn run(command: &Batch, context: &mut Context) -> anyhow::Result<Status> {
    refuse_contradictions(command, context)?;
    let registry = target::registry(&command.only.definitions.registry)?;
    let given = target::given(&command.only.definitions, context)?;
    let limits = Limits {
        rows: command.max_outputs.unwrap_or(MOST_OUTPUTS),
        bytes: command.bounds.max_output_bytes,
        strict: command.bounds.strict,
    };
    let runners = runners(command, &registry)?;
    let mut notes = Diagnostics::new();
    let asked = Asked {
        path: &command.path,
        service: &command.only.service,
        file: command.only.file.as_deref(),
        registry: &command.only.definitions.registry,
        max_template_bytes: command.bounds.max_template_bytes,
        jobs: jobs(command.jobs),
    };
    let services = asked.find(&given.values(), &mut notes, context)?;
    let definitions = given.into_entries();
    let mut workers: Vec<Worker> = (0..asked.jobs).map(|_| Worker::new(limits, KEPT / asked.jobs)).collect();
    let targets = match input::fleets(command, &registry, &definitions, &mut notes, context)? {
        Fleets::Targets(targets) => targets,
        Fleets::Lines(opened) => {
            context.warn(&notes);
            return stream::run(command, opened, &registry, &definitions, &services, limits, context);
        }
    };
    let batch = batch::Batch { targets: &targets, services: &services, limits };
    let whose = Whose::of(&batch);
    let mut faults = Faults::default();
    let is_watched = context.streams.stderr_is_terminal && !context.quiet;
    let progress = Progress::new(batch.rows()?, is_watched);
    if command.format == BatchFormat::Ndjson {
        let plain = PlainLines::of(&batch);
        let is_good = plain.is_some() || ndjson::is_surely_good(&batch);
        if notes.has_errors() || limits.strict || !is_good {
            ndjson::check(&batch, &mut workers, &mut faults)?;
            refuse_faults(&mut notes, std::mem::take(&mut faults), limits.strict, whose)?;
        }
        lines(command, &batch, plain.as_ref(), &mut workers, &mut faults, &progress, context)?;
        notes.append(faults.into_diagnostics(whose.total, whose.what));
        context.warn(&notes);
        close(&whose.counted(batch.services.list().len()), &progress, context);
        return Ok(Status::Done);
    }
    let plan = Plan::make(batch, &mut workers, &mut faults, &|done| progress.tell(done))?;
    refuse_faults(&mut notes, faults, limits.strict, whose)?;
    let shard = command.shard;
    let result = match command.format {
        BatchFormat::Tree => {
            context.warn(&notes);
            return tree::run(command, &plan, &progress, context);
        }
        BatchFormat::Tar => {
            let files = crate::batch::tree::files(&plan, "")?;
            let mut archive = Vec::new();
            archive::write(&files, &mut archive)?;
            archive
        }
        BatchFormat::Bake => {
            let project = context_folder(&command.path);
            bake::file(&plan, &project, command.tag.as_deref(), shard).map_err(Error::Input)?.into_bytes()
        }
        BatchFormat::Matrix => matrix::line(&plan, shard, &runners).map_err(Error::input)?.into_bytes(),
        BatchFormat::Plan | BatchFormat::Ndjson => table::table(&plan).into_bytes(),
    };
    context.warn(&notes);
    let status = deliver(command, &result, context)?;
    if command.format != BatchFormat::Plan {
        close(&table::summary(&plan), &progress, context);
    }
    Ok(status)
}

/// The machines that `--runner` names, for the platforms as the registry writes them.
fn runners(command: &Batch, registry: &Registry) -> anyhow::Result<Vec<(String, String)>> {
    let mut known: Vec<&str> = registry.arches().iter().map(|arch| &*arch.platform).collect();
    known.sort_unstable();
    known.dedup();
    let mut runners = Vec::new();
    for (name, label) in &command.runner {
        // `linux/arm64` is what most people write.
        let platform = known.iter().find(|known| *known == name || known.strip_suffix("/v8") == Some(name));
        let Some(platform) = platform else {
            let place = Place::Flag("--runner");
            let message = format!("no device has the platform `{name}`");
            return Err(usage(
                Diagnostic::error(place, message).help(format!("the platforms are {}", known.join(", "))),
            ));
        };
        runners.push(((*platform).to_owned(), label.clone()));
    }
    Ok(runners)
}

/// The folder that contexts are relative to: the project, or that of the template.
fn context_folder(path: &Path) -> String {
    let folder = match path {
        path if path == Path::new("-") => Path::new("."),
        path if fs::is_dir(path) => path,
        path => path.parent().unwrap_or(Path::new(".")),
    };
    folder.to_string_lossy().into_owned()
}

/// Flags that cannot both be meant.
fn refuse_contradictions(command: &Batch, context: &Context) -> anyhow::Result<()> {
    let fault = |flag: &'static str, message: String, help: &str| {
        Err(usage(Diagnostic::error(Place::Flag(flag), message).help(help)))
    };
    let is_tree = command.format == BatchFormat::Tree;
    let to_folder = command.output.as_deref().is_some_and(|path| path != Path::new("-"));
    if is_tree && !to_folder {
        return fault("--format", "a tree needs a folder".to_owned(), "name it with --output DIR");
    }
    if command.prune && !is_tree {
        return fault(
            "--prune",
            "only a tree has files to remove".to_owned(),
            "leave --prune out, or take --format tree",
        );
    }
    if command.tag.is_some() && command.format != BatchFormat::Bake {
        return fault(
            "--tag",
            "only a bake file has tags".to_owned(),
            "leave --tag out, or take --format bake",
        );
    }
    if !command.runner.is_empty() && command.format != BatchFormat::Matrix {
        return fault(
            "--runner",
            "only a matrix has runners".to_owned(),
            "leave --runner out, or take --format matrix",
        );
    }
    if let Some((unknown, known)) = command.tag.as_deref().and_then(bake::unknown_field) {
        return fault("--tag", format!("`{unknown}` stands for nothing"), &format!("there are {known}"));
    }
    if command.format == BatchFormat::Tar && !to_folder && context.streams.stdout_is_terminal {
        return fault(
            "dtpl",
            "an archive does not go to a terminal".to_owned(),
            "pipe it on, or into a file: -o FILE",
        );
    }
    Ok(())
}

/// Of whom messages speak, and of how many.
#[derive(Clone, Copy)]
struct Whose {
    total: usize,
    what: &'static str,
}

impl Whose {
    fn of(batch: &batch::Batch) -> Self {
        let is_fleets = batch.targets.first().is_some_and(|target| target.fleet.is_some());
        let total = batch.targets.last().map_or(0, |last| last.number + 1);
        Whose { total, what: if is_fleets { "fleets" } else { "device types" } }
    }

    fn counted(&self, services: usize) -> String {
        let singular = |number: usize, what: &str| match number {
            1 => format!("1 {}", what.trim_end_matches('s')),
            number => format!("{} {what}", grouped(number)),
        };
        format!("{}, {}", singular(self.total, self.what), singular(services, "services"))
    }
}

/// Stops when something is at fault, with all that is; else what was found goes to the notes.
fn refuse_faults(notes: &mut Diagnostics, faults: Faults, strict: bool, whose: Whose) -> anyhow::Result<()> {
    notes.append(faults.into_diagnostics(whose.total, whose.what));
    if notes.has_errors() {
        return Err(Error::Input(std::mem::take(notes)).into());
    }
    if strict && notes.has_warnings() {
        return Err(Error::Input(std::mem::take(notes).into_errors()).into());
    }
    Ok(())
}

/// Writes JSON lines, to stdout as they are made, or into a file as a whole.
fn lines(
    command: &Batch,
    batch: &batch::Batch,
    plain: Option<&PlainLines>,
    workers: &mut [Worker],
    faults: &mut Faults,
    progress: &Progress,
    context: &mut Context,
) -> anyhow::Result<()> {
    let tell = |done| progress.tell(done);
    if command.output.as_deref().is_none_or(|path| path == Path::new("-")) {
        (context.streams.widen_pipes)();
        let out = &mut *context.streams.stdout;
        let mut write = |bytes: &[u8]| out.write_all(bytes).map_err(Error::io("write", "<stdout>"));
        ndjson::write(batch, plain, workers, faults, &tell, &mut write)?;
        return Ok(out.flush()?);
    }
    let mut all = Vec::new();
    ndjson::write(batch, plain, workers, faults, &tell, &mut |bytes| {
        all.extend_from_slice(bytes);
        Ok(())
    })?;
    deliver(command, &all, context).map(|_| ())
}

/// Prints a result, writes it into a file, or compares it with the file.
fn deliver(command: &Batch, result: &[u8], context: &mut Context) -> anyhow::Result<Status> {
    let Some(path) = command.output.as_deref().filter(|path| *path != Path::new("-")) else {
        output::to_stdout(context, |out| out.write_all(result))?;
        return Ok(Status::Done);
    };
    if fs::is_dir(path) {
        let place = Place::File(path.to_string_lossy().into_owned());
        return Err(usage(
            Diagnostic::error(place, "the output is a directory")
                .help("name a file; only --format tree fills a folder"),
        ));
    }
    if !command.check {
        output::to_file(context, path, &|out| out.write_all(result))?;
        return Ok(Status::Done);
    }
    let limit = fs::Limit { bytes: command.bounds.max_output_bytes, flag: "--max-output-bytes" };
    let difference = output::difference(path, result, limit)?;
    if difference.is_empty() {
        return Ok(Status::Done);
    }
    output::to_stdout(context, |out| out.write_all(&difference))?;
    Ok(Status::Found)
}

/// The last line, for people.
fn close(what: &str, progress: &Progress, context: &mut Context) {
    let seconds = progress.finish();
    if !context.quiet {
        let _ = writeln!(context.streams.stderr, "{what}, in {seconds:.2} s");
    }
}

/// Whether a part has a target.
fn is_in(shard: Shard, name: &str) -> bool {
    shard.has(name)
}
