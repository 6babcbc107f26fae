//! `dtpl render`: one device, one Dockerfile.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::args::{Render, RenderFormat};
use super::target::{self, Device};
use super::{Context, Status, fleets, output, usage};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::fs::{self, Limit};
use crate::project::directory::{self, For};
use crate::project::interpolation::Values;
use crate::project::service::ONLY_SERVICE;
use crate::project::{Choice, dockerfile_choice};
use crate::source::Source;
use crate::template::placeholder::LONGEST_TEXT;
use crate::template::{Rendered, Template};

/// The object of `--format json`, its fields in the order of the design.
#[derive(Serialize)]
struct Object<'o> {
    device: Option<&'o str>,
    arch: Option<&'o str>,
    platform: Option<&'o str>,
    fleet: Option<&'o str>,
    service: &'o str,
    source: &'o str,
    name: &'o str,
    sha256: String,
    dockerfile: &'o str,
}

pub fn run(command: &Render, context: &mut Context) -> anyhow::Result<Status> {
    let registry = target::registry(&command.target.definitions.registry)?;
    let fleet = fleets::named(&command.target, &command.path, context)?;
    let device = match &fleet {
        Some(fleet) if command.target.device.is_none() && command.target.arch.is_none() => {
            target::device_of_fleet(fleet, &registry)?
        }
        _ => target::device(&command.target, &registry, context.arguments)?,
    };
    let given = target::given(&command.target.definitions, context.arguments)?;
    let mut notes = Diagnostics::new();
    let Input { source, choice, service } = find(command, &device, &given.values(), &mut notes, context)?;
    let given = match &fleet {
        Some(fleet) => given.over(fleet),
        None => given,
    };
    let variables =
        target::variables(&command.target, &device, context.arguments, &service, given, &mut notes);
    refuse_own_source(command, source.name())?;
    context.say(&format!(
        "rendering {} for {}",
        source.name(),
        device.slug.as_deref().or(device.arch.map(|arch| &*arch.slug)).unwrap_or_default(),
    ));

    let template = if choice.substituted {
        Template::parse(Arc::new(source)).map_err(Error::Input)?
    } else {
        Template::verbatim(Arc::new(source))
    };
    let rendered = match template.render(&variables) {
        Ok(rendered) => rendered,
        Err(faults) => {
            notes.append(faults);
            return Err(Error::Input(notes).into());
        }
    };
    if rendered.len() > command.bounds.max_output_bytes {
        let limit = output_limit(command);
        return Err(limit.exceeded(&format!("the result for {}", template.source().name())).into());
    }
    notes.append(template.suspicions());
    notes.append(rendered.suspicions());
    if notes.has_errors() {
        return Err(Error::Input(notes).into());
    }
    if command.bounds.strict && notes.has_warnings() {
        return Err(Error::Input(notes.into_errors()).into());
    }
    let object = match command.format {
        RenderFormat::Text => None,
        RenderFormat::Json => Some(json(command, &device, &service, &choice, &rendered, &template)?),
    };
    context.warn(&notes);
    deliver(command, &rendered, object, context)
}

/// What is rendered: its text, what the choice of it means, for which service.
struct Input {
    source: Source,
    choice: Choice,
    service: String,
}

/// The text to render, and the notes that its search leaves.
fn find(
    command: &Render,
    device: &Device,
    values: &Values,
    notes: &mut Diagnostics,
    context: &mut Context,
) -> anyhow::Result<Input> {
    let limit = Limit {
        bytes: command.bounds.max_template_bytes.min(LONGEST_TEXT as u64),
        flag: "--max-template-bytes",
    };
    let path = &command.path;
    let named = command.target.service.as_deref();
    if path != Path::new("-") && fs::is_dir(path) {
        let file = target::file(command.file.as_deref(), context.arguments)?;
        let project = directory::read(path, values, target::limit(&command.target.definitions.registry))?;
        let place = match named {
            Some(name) => target::place_of_service(name, context.arguments),
            None => Place::File(project.compose.clone().unwrap_or_default()),
        };
        // A project without a compose file has one service, whatever it is called.
        let named_service = if project.compose.is_some() { named } else { None };
        let service = project.service(named_service, place)?;
        let build = service.build().cloned().unwrap_or_default();
        let wanted = For {
            device: device.slug.as_deref(),
            arch: device.arch.map(|arch| &*arch.slug),
            platform: device.arch.map(|arch| &*arch.platform),
        };
        let found = directory::find(path, &build, file, wanted, limit)?;
        let service = named.unwrap_or(&service.name).to_owned();
        notes.append(project.warnings);
        notes.append(found.warnings);
        return Ok(Input { source: found.source, choice: found.choice, service });
    }
    let service = named.unwrap_or(ONLY_SERVICE).to_owned();
    if command.file.is_some() {
        let place = Place::File(path.to_string_lossy().into_owned());
        return Err(usage(
            Diagnostic::error(place, "--file chooses in a project, and this is not a directory")
                .help("leave --file out, or name the directory"),
        ));
    }
    if path == Path::new("-") {
        let source = fs::read_stream(context.streams.stdin, "<stdin>", limit)?;
        let choice = Choice { path: "-".to_owned(), ..dockerfile_choice::of_file("Dockerfile.template") };
        return Ok(Input { source, choice, service });
    }
    let source = fs::read(path, limit)?;
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let choice =
        Choice { path: path.to_string_lossy().into_owned(), ..dockerfile_choice::of_file(&file_name) };
    Ok(Input { source, choice, service })
}

fn output_limit(command: &Render) -> Limit {
    Limit { bytes: command.bounds.max_output_bytes, flag: "--max-output-bytes" }
}

/// What is read must not be replaced by the result.
fn refuse_own_source(command: &Render, source: &str) -> anyhow::Result<()> {
    let Some(output) = &command.output else { return Ok(()) };
    let fault = |message: &str| {
        let place = Place::File(output.to_string_lossy().into_owned());
        Err(usage(Diagnostic::error(place, message).help("name another file with --output")))
    };
    if fs::is_dir(output) {
        return fault("the output is a directory");
    }
    // By its own path too: a name that is not UTF-8 is another one in messages.
    if fs::is_same_file(output, Path::new(source)) || fs::is_same_file(output, &command.path) {
        return fault("the output is the template itself");
    }
    let files = command.target.definitions.env_file.iter().chain(&command.target.definitions.registry.files);
    if files.into_iter().any(|file| fs::is_same_file(output, file)) {
        return fault("the output is one of the inputs");
    }
    Ok(())
}

fn json(
    command: &Render,
    device: &Device,
    service: &str,
    choice: &Choice,
    rendered: &Rendered,
    template: &Template,
) -> anyhow::Result<Vec<u8>> {
    let bytes = rendered.to_bytes();
    let dockerfile = std::str::from_utf8(&bytes).map_err(|error| {
        let at = rendered.map().position(error.valid_up_to());
        let at = template.source().offset(at);
        let place = Place::Text(Arc::clone(template.source()), at..at + 1);
        Error::input(
            Diagnostic::error(place, "JSON cannot hold bytes that are not UTF-8")
                .help("save the file as UTF-8, or leave --format json out"),
        )
    })?;
    let mut sha256 = String::new();
    for byte in Sha256::digest(&bytes) {
        write!(sha256, "{byte:02x}")?;
    }
    let object = Object {
        device: device.slug.as_deref(),
        arch: device.arch.map(|arch| &*arch.slug),
        platform: device.arch.map(|arch| &*arch.platform),
        fleet: command.target.fleet.as_deref(),
        service,
        source: &choice.path,
        name: &choice.name,
        sha256,
        dockerfile,
    };
    Ok(crate::json::to_text(&object, false)?.into_bytes())
}

/// Prints the result, writes it, or compares it, as the flags ask.
fn deliver(
    command: &Render,
    rendered: &Rendered,
    object: Option<Vec<u8>>,
    context: &mut Context,
) -> anyhow::Result<Status> {
    let write = |out: &mut dyn std::io::Write| match &object {
        Some(object) => out.write_all(object),
        None => rendered.write_to(out),
    };
    let Some(path) = command.output.as_deref().filter(|path| *path != Path::new("-")) else {
        if command.check {
            let place = Place::File("--check".to_owned());
            return Err(usage(
                Diagnostic::error(place, "there is nothing to compare with")
                    .help("name the written file with --output"),
            ));
        }
        output::to_stdout(context, write)?;
        return Ok(Status::Done);
    };
    if !command.check {
        fs::replace(path, &write)?;
        return Ok(Status::Done);
    }
    let mut new = Vec::new();
    write(&mut new)?;
    let difference = output::difference(path, &new, output_limit(command))?;
    if difference.is_empty() {
        return Ok(Status::Done);
    }
    output::to_stdout(context, |out| out.write_all(&difference))?;
    Ok(Status::Found)
}
