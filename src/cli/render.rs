//! `dtpl render`: one device, one Dockerfile.

use std::path::Path;

use serde::Serialize;

use super::args::{Render, RenderFormat};
use super::single::{Flags, Single};
use super::{Context, Status, output, usage};
use crate::batch::digest::hex_of;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::project::Choice;
use crate::render::Rendering;

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
    let registry = command.target.definitions.registry.registry()?;
    let flags = Flags {
        path: &command.path,
        target: &command.target,
        file: command.file.as_deref(),
        bounds: &command.bounds,
        output: command.output.as_deref().filter(|path| *path != Path::new("-")),
    };
    let mut notes = Diagnostics::new();
    let single = flags.open(&registry, &mut notes, context)?;
    let found = single.service.template(&single.subject)?;
    let rendering = single.render(&found, &flags, &mut notes, context)?;
    let object = match command.format {
        RenderFormat::Text => None,
        RenderFormat::Json => {
            let fleet = command.target.fleet.as_deref();
            Some(json(&single, fleet, &found.choice, &rendering)?)
        }
    };
    context.warn(&notes);
    deliver(command, &rendering, object, context)
}

fn json(
    single: &Single,
    fleet: Option<&str>,
    choice: &Choice,
    rendering: &Rendering,
) -> anyhow::Result<Vec<u8>> {
    let bytes = rendering.to_bytes();
    rendering.check_utf8(&bytes).map_err(Error::input)?;
    let object = Object {
        device: single.subject.slug,
        arch: single.subject.arch_slug(),
        platform: single.subject.platform(),
        fleet,
        service: &single.service.name,
        source: &choice.path,
        name: &choice.name,
        sha256: hex_of(&bytes),
        dockerfile: std::str::from_utf8(&bytes).unwrap_or_default(),
    };
    Ok(crate::json::to_text(&object, false)?.into_bytes())
}

/// Prints the result, writes it, or compares it, as the flags ask.
fn deliver(
    command: &Render,
    rendering: &Rendering,
    object: Option<Vec<u8>>,
    context: &mut Context,
) -> anyhow::Result<Status> {
    let write = |out: &mut dyn std::io::Write| match &object {
        Some(object) => out.write_all(object),
        None => rendering.write_to(out),
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
    let difference = output::difference(path, &new, command.bounds.limits().output())?;
    if difference.is_empty() {
        return Ok(Status::Done);
    }
    output::to_stdout(context, |out| out.write_all(&difference))?;
    Ok(Status::Found)
}
