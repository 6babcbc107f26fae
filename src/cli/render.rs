//! `dtpl render`: one device, one Dockerfile.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::args::{Render, RenderFormat};
use super::one::{self, Asked, Found};
use super::target::{self, Device};
use super::{Context, Status, output, usage};
use crate::diagnostic::{Diagnostic, Place};
use crate::error::Error;
use crate::fs::Limit;
use crate::project::Choice;
use crate::render::{Rendered, Template};

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
    let asked = Asked {
        path: &command.path,
        target: &command.target,
        file: command.file.as_deref(),
        bounds: &command.bounds,
        output: command.output.as_deref().filter(|path| *path != Path::new("-")),
    };
    let Found { mut notes, mut input, device, variables } = one::find(&asked, &registry, context)?;
    one::refuse_own_source(&asked, input.source.name())?;
    let (template, _) = one::template(&mut input, &variables, &command.bounds, &mut notes, context, &device)?;
    one::refuse_parts(&asked, &template)?;
    let rendered = one::rendered(&template, &variables, &command.bounds, &mut notes)?;
    let object = match command.format {
        RenderFormat::Text => None,
        RenderFormat::Json => {
            Some(json(command, &device, &input.service, &input.choice, &rendered, &template)?)
        }
    };
    context.warn(&notes);
    deliver(command, &rendered, object, context)
}

fn output_limit(command: &Render) -> Limit {
    one::output_limit(&command.bounds)
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
            let place = Place::Flag("--check");
            return Err(usage(
                Diagnostic::error(place, "there is nothing to compare with")
                    .help("name the written file with --output"),
            ));
        }
        output::to_stdout(context, write)?;
        return Ok(Status::Done);
    };
    if !command.check {
        output::to_file(context, path, &write)?;
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
