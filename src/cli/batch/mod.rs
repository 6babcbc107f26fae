//! `dtpl batch`: a project for every fleet.
//!
//! [`input`] finds the fleets, [`tree`] writes files into a folder, [`stream`] prints JSON lines of fleets while they
//! are read, [`listed`] reads fleets line by line for the other formats.

mod base;
mod build_files;
mod files;
mod input;
mod listed;
mod metadata;
mod stream;
mod tree;
mod whole;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use self::listed::Outcome;
use self::whole::Whole;
use super::args::BatchArgs;
use super::check::text::count;
use super::flags::Located;
use super::inputs::{self, Inputs};
use super::progress::Progress;
use super::targets::Wanted;
use super::{CommandStatus, Session, flags, output, usage};
use crate::batch::collected::Collected;
use crate::batch::layouts::Layouts;
use crate::batch::worker::Worker;
use crate::batch::{
    self, BatchLimits, FORMATS, Format, Listing, Options, Plan, Runners, Shard, Writer, name_template,
    ndjson, table,
};
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::fs;
use crate::image::Platform;
use crate::lock::{self, Pins};
use crate::nearest::did_you_mean;
use crate::render;
use crate::subject::Subject;
use crate::workspace::{Services, Target};

/// The format that fills a folder.
const TREE: &str = "tree";

pub fn run(command: &BatchArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    let format = format(command);
    refuse_contradictions(command, format, session)?;
    let shard = command.shard.shard(&session.places)?;
    let only = &command.only;
    let registry = only.definitions.registry.registry()?;
    let definitions = only.definitions.read(&command.path, command.fleets.as_deref(), session)?;
    let render = command.bounds.limits();
    let rows = command.max_outputs.unwrap_or(BatchLimits::default().rows);
    let limits = BatchLimits { rows, render };
    let runners = runners(command, &registry)?;
    let jobs = flags::jobs(command.jobs);
    let (path, file) = (&command.path, only.file.as_deref());
    let Located { workspace, services } =
        only.definitions.locate(path, file, &definitions, render, session)?;
    let (project, builder) = (workspace.folder().to_owned(), workspace.builder());
    let input = if workspace.project().is_some() { project.clone() } else { path.clone() };
    let of_project = workspace.project().map(|_| project.as_path());
    let read = (&only.definitions, &definitions);
    let fleets = command.fleets.as_deref();
    let inputs = Inputs::find(output::file(&command.output), (path, of_project), fleets, read);
    let wanted = only.services(services, session);
    let mut notes = workspace.review(&wanted)?;
    let (mut services, warnings) = workspace.into_services(&wanted, jobs)?;
    notes.append(warnings);
    services.built()?;
    command.build.apply_to_all(&mut services);
    let folder = (command.path != Path::new("-")).then_some(project.as_path());
    let pins = command.locked.pins(folder, builder, only.definitions.registry.limit(), session)?;
    if let Some(pins) = &pins {
        pin_contexts(&mut services, pins)?;
    }
    let workers = Worker::for_threads(jobs, limits).into_iter();
    let mut workers: Vec<Worker> = workers.map(|worker| worker.pinned(pins.as_ref())).collect();
    let to_terminal = session.streams.stdout_is_terminal && command.output.is_none();
    let mut options = Options::new(&project);
    options.shard = shard;
    options.width = to_terminal.then_some(session.streams.stdout_width);
    options.runners = &runners;
    let whole = Whole { format, input: &input, inputs: &inputs, services: &services, options: &options };
    let read = input::wanted(command, (format, shard), &registry, &definitions, &mut notes, session)?;
    let (targets, share) = match read {
        Wanted::Targets(targets, share) => (targets, share),
        Wanted::Nothing => (Vec::new(), Shard::ALL.of_stream()),
        Wanted::Lines(opened) => {
            session.warn(&notes);
            let renders = stream::Renders { services: &services, limits, pins: pins.as_ref(), shard };
            if matches!(format.writer, Writer::Lines) {
                return stream::run(command, opened, &registry, &definitions, renders, session);
            }
            let path = opened.path.clone();
            let sources = (&registry, &definitions);
            match listed::run(command, opened, sources, renders, &whole, session)? {
                Outcome::Done(status) => return Ok(status),
                Outcome::Namesakes(file) => {
                    notes = Diagnostics::new();
                    let format = (format, shard);
                    input::of_lines(
                        command,
                        (*file, &path),
                        format,
                        &registry,
                        &definitions,
                        &mut notes,
                        session,
                    )?
                }
            }
        }
    };
    if !matches!(format.writer, Writer::Folder) {
        refuse_inputs(command, &inputs, targets.iter().map(Target::subject), &services)?;
    }
    let batch = batch::Batch { targets: &targets, services: &services, limits };
    let mut faults = Collected::default();
    let progress = Progress::new(batch.rows()? as u64, "Dockerfiles", session);
    if matches!(format.writer, Writer::Lines) {
        return lines(command, &batch, &mut workers, (notes, pins.is_some()), &progress, session);
    }
    let plan = Plan::make(batch, &mut workers, &mut faults, &|done| progress.tell(done as u64))?;
    refuse_faults(&mut notes, faults, &render, Count::of(&batch))?;
    let listing = Listing::of(&plan);
    if let Writer::Builds(write) = format.writer {
        let result = build_files::text(command, (format, write), &plan, &options, &mut notes, session)?;
        session.warn(&notes);
        let status = deliver(command, &result, session)?;
        close(&table::summary(&listing), &progress, session);
        return Ok(status);
    }
    session.warn(&notes);
    whole.write(command, (&listing, &mut &plan), &share, &progress, session)
}

/// Writes the digests of images into the build contexts that are some.
fn pin_contexts(services: &mut Services, pins: &Pins) -> Result<(), Error> {
    let place = Place::File(services.compose.clone().unwrap_or_default());
    let mut faults = Diagnostics::new();
    for service in services.list_mut() {
        faults.append(lock::pin_contexts(service, &pins.lock, &place).err().unwrap_or_default());
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Input(faults)) }
}

/// Refuses an output that is one of the files which the result is made from.
fn refuse_inputs<'s>(
    command: &BatchArgs,
    inputs: &Inputs,
    subjects: impl Iterator<Item = Subject<'s>>,
    services: &Services,
) -> anyhow::Result<()> {
    let Some(output) = output::file(&command.output).filter(|output| fs::is_file(output)) else {
        return Ok(());
    };
    inputs.refuse(Some(output))?;
    inputs::refuse_templates(Some(output), std::iter::once(command.path.as_path()))?;
    // Fleets of one device type have the same templates.
    let subjects: BTreeMap<&str, Subject> =
        subjects.map(|subject| (subject.slug.unwrap_or_default(), subject)).collect();
    for service in services.list() {
        // What has no template is an error of its own.
        for template in subjects.values().filter_map(|subject| service.template(subject).ok()) {
            let file = Path::new(template.template.source().name());
            inputs::refuse_templates(Some(output), std::iter::once(file))?;
        }
    }
    Ok(())
}

/// A file of the project, as messages name it.
fn within(project: &Path, file: &str) -> PathBuf {
    if project == Path::new(".") { PathBuf::from(file) } else { project.join(file) }
}

/// The format that the flags ask for: of an output that is a folder, or whose name is that of one, a tree.
fn format(command: &BatchArgs) -> &'static Format {
    let names_folder =
        |path: &Path| output::is_directory(path) || !fs::is_there(path) && path.extension().is_none();
    let default = match output::file(&command.output).is_some_and(names_folder) {
        true => batch::format(TREE).unwrap_or(FORMATS[0]),
        false => FORMATS[0],
    };
    command.format.unwrap_or(default)
}

/// The machines that `--runner` names, for the platforms as the registry writes them.
fn runners(command: &BatchArgs, registry: &Registry) -> anyhow::Result<Runners> {
    let mut known: Vec<&str> = registry.arches().iter().map(|arch| &*arch.platform).collect();
    known.sort_unstable();
    known.dedup();
    let mut runners = Runners::new();
    for (name, labels) in &command.runner {
        // A platform has several names, such as `linux/arm64` and `linux/aarch64`.
        let wanted = Platform::parse(name);
        let is_it = |known: &&&str| Platform::parse(known) == wanted;
        let platform = known.iter().find(is_it).filter(|_| wanted.is_some());
        let Some(platform) = platform else {
            let message = format!("no device has the platform `{name}`");
            let help = format!("the platforms are {}", known.join(", "));
            return Err(usage(Place::Flag("--runner"), message, help));
        };
        if runners.insert((*platform).to_owned(), labels.clone()).is_some() {
            let message = format!("the platform `{platform}` is given twice");
            let help = format!("leave one out; a machine that needs several labels: {platform}=LABEL,LABEL");
            return Err(usage(Place::Flag("--runner"), message, help));
        }
    }
    Ok(runners)
}

/// Refuses flags that contradict each other.
fn refuse_contradictions(command: &BatchArgs, format: &Format, session: &Session) -> anyhow::Result<()> {
    let is_to_stdout = output::file(&command.output).is_none();
    if matches!(format.writer, Writer::Folder) && is_to_stdout {
        let place = session.place_of("--format");
        return Err(usage(place, "a tree needs a folder", "name it with --output DIR"));
    }
    let of_formats = [
        ("--force", command.force),
        ("--prune", command.prune),
        ("--runner", !command.runner.is_empty()),
        ("--metadata", !command.metadata.is_empty()),
    ];
    let of_images = command.image.given();
    let mut given =
        of_formats.iter().chain(&of_images).filter(|(_, is_given)| *is_given).map(|(flag, _)| *flag);
    // A variable may be set for several commands.
    let is_typed = |flag: &'static str| !matches!(session.place_of(flag), Place::Environment(_));
    if let Some(flag) = given.find(|flag| !format.flags.contains(flag) && is_typed(flag)) {
        let having = FORMATS.iter().filter(|format| format.flags.contains(&flag)).map(|format| format.name);
        let having = having.collect::<Vec<_>>().join(" or ");
        let message = format!("only --format {having} takes {flag}");
        let help = format!("leave {flag} out, or use --format {having}");
        return Err(usage(session.place_of(flag), message, help));
    }
    let image = &command.image.of_format(format);
    if command.check && image.files.is_some() {
        let help = "leave it out, or --check";
        return Err(usage(
            session.place_of("--files"),
            "--check writes nothing, and this writes files",
            help,
        ));
    }
    let texts = [
        ("--tag", &image.tag, false),
        ("--cache-from", &image.cache_from, true),
        ("--cache-to", &image.cache_to, true),
    ];
    let mut faults = Diagnostics::new();
    for (flag, texts, is_cache) in texts {
        for unknown in texts.iter().flat_map(|text| name_template::unknown_fields(text, is_cache)) {
            let known: Vec<&str> = name_template::fields(is_cache).collect();
            let message = format!("unknown placeholder `{unknown}`");
            let help = did_you_mean(unknown, known.iter().copied());
            let fault = Diagnostic::error(session.place_of(flag), message).helps(help);
            faults.push_once(fault.help(format!("use one of {}", known.join(", "))));
        }
    }
    if !faults.is_empty() {
        return Err(Error::Usage(faults).into());
    }
    if format.name == "tar" && is_to_stdout && session.streams.stdout_is_terminal {
        let message = "an archive is not written to a terminal";
        let help = "pipe it into a program, or write a file: -o FILE";
        return Err(usage(Place::CommandLine, message, help));
    }
    Ok(())
}

/// How many fleets or device types there are.
#[derive(Clone, Copy)]
struct Count {
    total: usize,
    what: &'static str,
}

impl Count {
    fn of(batch: &batch::Batch) -> Self {
        let is_fleets = batch.targets.first().is_some_and(|target| target.fleet.is_some());
        let total = batch.targets.last().map_or(0, |last| last.number + 1);
        Count { total, what: if is_fleets { "fleets" } else { "device types" } }
    }

    fn with_services(&self, services: usize) -> String {
        let one = self.what.trim_end_matches('s');
        format!("{}, {}", count(self.total, one), count(services, "service"))
    }
}

/// Stops with all errors when there is one; else adds the warnings to `notes`.
fn refuse_faults(
    notes: &mut Diagnostics,
    faults: Collected,
    limits: &render::Limits,
    count: Count,
) -> anyhow::Result<()> {
    notes.append(faults.into_diagnostics(count.total, count.what));
    Ok(limits.check(notes).map_err(Error::Input)?)
}

/// Writes JSON lines, to stdout while rows are rendered, or into a file as a whole.
fn lines(
    command: &BatchArgs,
    batch: &batch::Batch,
    workers: &mut [Worker],
    (mut notes, is_pinned): (Diagnostics, bool),
    progress: &Progress,
    session: &mut Session,
) -> anyhow::Result<CommandStatus> {
    let (mut faults, count, limits) = (Collected::default(), Count::of(batch), &batch.limits.render);
    // An image may be in no lock file.
    let layouts = if is_pinned { None } else { Layouts::of(batch) };
    let layouts = layouts.as_ref();
    let is_checked = notes.has_errors() || limits.strict || !ndjson::is_surely_good(batch, layouts);
    if is_checked {
        ndjson::check(batch, layouts, workers, &mut faults)?;
        refuse_faults(&mut notes, std::mem::take(&mut faults), limits, count)?;
    }
    let tell = |done| progress.tell(done as u64);
    let mut status = CommandStatus::Done;
    if output::file(&command.output).is_none() {
        (session.streams.widen_pipes)();
        let out = &mut *session.streams.stdout;
        let mut write = |bytes: &[u8]| out.write_all(bytes).map_err(Error::io("write", "<stdout>"));
        ndjson::write(batch, layouts, workers, &mut faults, &tell, &mut write)?;
        out.flush()?;
    } else {
        let mut all = Vec::new();
        ndjson::write(batch, layouts, workers, &mut faults, &tell, &mut |bytes| {
            all.extend_from_slice(bytes);
            Ok(())
        })?;
        status = deliver(command, &all, session)?;
    }
    // What was found before is not said again.
    if !is_checked {
        notes.append(faults.into_diagnostics(count.total, count.what));
    }
    session.warn(&notes);
    close(&count.with_services(batch.services.list().len()), progress, session);
    Ok(status)
}

/// Prints a result, writes it into a file, or compares it with the file.
fn deliver(command: &BatchArgs, result: &[u8], session: &mut Session) -> anyhow::Result<CommandStatus> {
    refuse_output_folder(command)?;
    let path = output::file(&command.output);
    let compare = command.check.then(|| command.bounds.limits().output());
    output::deliver(session, path, compare, &|out| out.write_all(result))
}

fn refuse_output_folder(command: &BatchArgs) -> anyhow::Result<()> {
    let Some(path) = output::file(&command.output).filter(|path| output::is_directory(path)) else {
        return Ok(());
    };
    let help = "name a file; only --format tree fills a folder";
    Err(usage(Place::of_path(path), "the output is a directory", help))
}

/// The last line, for people.
fn close(what: &str, progress: &Progress, session: &mut Session) {
    let seconds = progress.finish();
    if !session.quiet {
        let _ = writeln!(session.streams.stderr, "{what}, in {seconds:.2} s");
    }
}
