//! `dtpl render`: one device, one Dockerfile.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::args::{RenderArgs, RenderFormat};
use super::single::Single;
use super::{CommandStatus, Session, output, usage};
use crate::batch::digest::hex_of;
use crate::diagnostic::{Diagnostics, Place};
use crate::error::Error;
use crate::lock;
use crate::project::Choice;
use crate::render::Rendering;

/// The object of `--format json`, its fields in the order of the design.
#[derive(Serialize)]
struct RenderingJson<'o> {
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

pub fn run(command: &RenderArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    let registry = command.single.target.definitions.registry.registry()?;
    let mut notes = Diagnostics::new();
    let device = command.single.target.only_device("render", session)?;
    let what = (command.path.as_path(), device);
    command.locked.refuse_build(&command.build, session)?;
    let mut single = command.single.open(what, &command.bounds, &registry, &mut notes, session)?;
    command.build.apply(&mut single.service);
    let single = single;
    let folder = (command.path != Path::new("-")).then_some(single.folder.as_path());
    let limit = command.single.target.definitions.registry.limit();
    let pins = command.locked.pins(folder, single.builder, limit, session)?;
    let found = single.service.template(&single.subject)?;
    let mut rendering = single.render(&found, &mut notes, session)?;
    if let Some(pins) = &pins {
        rendering =
            lock::pin(rendering, &single.service, single.subject.platform(), pins).map_err(Error::Input)?;
    }
    let object = match command.format {
        RenderFormat::Text => None,
        RenderFormat::Json => Some(json(&single, &found.choice, &rendering)?),
    };
    session.warn(&notes);
    let output = output::file(&command.single.output);
    if command.check && output.is_none() {
        let message = "there is nothing to compare with";
        return Err(usage(Place::Flag("--check"), message, "name the written file with --output"));
    }
    let compare = command.check.then(|| command.bounds.limits().output());
    output::deliver(session, output, compare, &|out: &mut dyn Write| match &object {
        Some(object) => out.write_all(object.as_bytes()),
        None => rendering.write_to(out),
    })
}

fn json(single: &Single, choice: &Choice, rendering: &Rendering) -> anyhow::Result<String> {
    let bytes = rendering.to_bytes();
    rendering.check_utf8(&bytes).map_err(Error::input)?;
    let object = RenderingJson {
        device: single.subject.slug,
        arch: single.subject.arch_slug(),
        platform: single.subject.platform(),
        fleet: single.fleet.as_deref(),
        service: &single.service.name,
        source: &choice.path,
        name: &choice.name,
        sha256: hex_of(&bytes),
        dockerfile: std::str::from_utf8(&bytes).unwrap_or_default(),
    };
    Ok(crate::json::to_text(&object, false)?)
}
