//! `dtpl images`: what the catalogue knows of base images, and what a device gets of them.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::args::{Images, ImagesFormat};
use super::{Context, Status, output, usage};
use crate::arch::Arch;
use crate::device_types::{self, Registry};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::image::{Availability, Catalogue, Family, Knowledge, Omitted, Platform, Reference};
use crate::text_table;

/// One element of `--format json`, its fields in the order of the design.
#[derive(Serialize)]
struct Object<'o> {
    reference: &'o str,
    family: &'static str,
    stack: Option<&'static str>,
    status: &'static str,
    updated_until: Option<String>,
    platforms: Vec<String>,
    devices: BTreeMap<&'o str, &'static str>,
}

/// Characters of a field's name, as `dtpl devices` has them.
const FIELD: usize = 12;

/// A device type or an arch that images are looked up for.
struct Asked<'a> {
    /// The name to show: a device type's slug, or an arch's.
    name: String,
    arch: &'a Arch,
    /// Whether it is an arch, for whose device types the answer holds.
    is_arch: bool,
}

pub fn run(command: &Images, context: &mut Context) -> anyhow::Result<Status> {
    let registry = command.registry.registry()?;
    let catalogue = Catalogue::new(&registry);
    let mut faults = Diagnostics::new();
    let asked = asked(command, &registry, context, &mut faults)?;
    let mut references = references(command, &mut faults);
    if !faults.is_empty() {
        return Err(Error::Input(faults).into());
    }
    if references.is_empty() {
        references = list(command, &asked, &catalogue, context)?;
    }
    let known: Vec<(Reference, Knowledge)> =
        references.into_iter().map(|reference| (reference.clone(), catalogue.about(&reference))).collect();
    if command.format == ImagesFormat::Json {
        let objects: Vec<Object> = known
            .iter()
            .map(|(reference, known)| object(reference, known, &asked, &catalogue, &registry))
            .collect();
        let text = crate::json::to_text(&objects, true)?;
        output::to_stdout(context, |out| out.write_all(text.as_bytes()))?;
    } else if command.references.is_empty() {
        let rows: Vec<Vec<String>> =
            known.iter().map(|(reference, known)| row(reference, known, &asked, &catalogue)).collect();
        let text = if context.streams.stdout_is_terminal {
            let mut header = vec!["REFERENCE", "STATUS"];
            header.extend(asked.iter().map(|asked| &*asked.name));
            header.extend(asked.is_empty().then_some("PLATFORMS"));
            text_table::table(&header, &rows, Some(context.streams.stdout_width))
        } else {
            columns(&rows, &asked)
        };
        output::to_stdout(context, |out| out.write_all(text.as_bytes()))?;
    } else {
        output::to_stdout(context, |out| {
            let mut known = known.iter().enumerate();
            known.try_for_each(|(at, (reference, known))| {
                if at > 0 {
                    writeln!(out)?;
                }
                details(out, reference, known, &asked, &catalogue, &registry)
            })
        })?;
    }
    Ok(Status::Done)
}

/// The device types and the arch that the flags name.
fn asked<'r>(
    command: &Images,
    registry: &'r Registry,
    context: &Context,
    faults: &mut Diagnostics,
) -> anyhow::Result<Vec<Asked<'r>>> {
    let mut arch = None;
    if let Some(name) = &command.arch {
        let place = context.place_of("--arch");
        match registry.arch_called(name) {
            Ok(found) => arch = Some((found, place)),
            Err((message, help)) => faults.push(|| {
                let mut diagnostic = Diagnostic::error(place, message);
                diagnostic.help.extend(help);
                diagnostic
            }),
        }
    }
    let mut asked = Vec::new();
    for name in &command.device {
        let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b'/');
        match (registry.device_type(name), &arch) {
            (Some(device), given) => {
                let own = registry.arch_of(device);
                if let Some((given, at)) = given.as_ref().filter(|(given, _)| given.slug != own.slug) {
                    let message = format!(
                        "device type `{}` has arch `{}`, not `{}`",
                        device.slug, own.slug, given.slug
                    );
                    return Err(usage(Diagnostic::error(at.clone(), message).help("leave --arch out")));
                }
                asked.push(Asked { name: device.slug.to_string(), arch: own, is_arch: false });
            }
            (None, Some((arch, _))) if fits => {
                asked.push(Asked { name: name.clone(), arch, is_arch: false });
            }
            _ => faults.push(|| {
                Diagnostic::error(context.place_of("--device"), format!("unknown device type `{name}`"))
                    .help(registry.help_for_unknown(name))
            }),
        }
    }
    if let (true, Some((arch, _))) = (asked.is_empty(), arch) {
        asked.push(Asked { name: arch.slug.to_string(), arch, is_arch: true });
    }
    Ok(asked)
}

/// The references that are given; each that is none is noted.
fn references(command: &Images, faults: &mut Diagnostics) -> Vec<Reference> {
    let mut references = Vec::new();
    for text in &command.references {
        match Reference::parse(text) {
            Ok(reference) => references.push(reference),
            Err(fault) => faults.push(|| {
                let shown = crate::escape::shortened(text, 60);
                let column = text[..fault.span.start].chars().count() + 1;
                let message = format!("`{shown}` is no image reference: {}", fault.message);
                let mut diagnostic = Diagnostic::error(Place::Flag("REF"), message);
                diagnostic.help.push(format!("it is character {column} of it"));
                diagnostic.help.extend(fault.help);
                diagnostic
            }),
        }
    }
    references
}

/// What there is: the maintained images, then the last ones that balena published.
fn list(
    command: &Images,
    asked: &[Asked],
    catalogue: &Catalogue,
    context: &Context,
) -> anyhow::Result<Vec<Reference>> {
    let stack = command.stack.as_deref();
    if stack.is_none() && asked.is_empty() {
        return Err(usage(
            Diagnostic::error(Place::CommandLine, "no image given")
                .help("give a reference, such as python:3.12-slim, or list with --stack, --device or --arch"),
        ));
    }
    let place = || context.place_of("--stack");
    let listed = |arch| {
        catalogue.list(stack, arch).map_err(|near| {
            let message = format!("no image carries `{}`", stack.unwrap_or_default());
            let help = near.unwrap_or_else(|| "`dtpl images --arch amd64` lists all images".to_owned());
            anyhow::Error::from(Error::input(Diagnostic::error(place(), message).help(help)))
        })
    };
    let mut references = match asked {
        [] => listed(None)?,
        _ => {
            let mut all: Vec<Reference> = Vec::new();
            for asked in asked {
                for reference in listed(Some(asked.arch))? {
                    if !all.contains(&reference) {
                        all.push(reference);
                    }
                }
            }
            all
        }
    };
    for asked in asked {
        references.extend(catalogue.last_repositories(&asked.name, stack));
    }
    if references.is_empty() {
        let names: Vec<&str> = asked.iter().map(|asked| &*asked.name).collect();
        let message = format!("there is no {} image for {}", stack.unwrap_or("base"), names.join(", "));
        return Err(Error::input(Diagnostic::error(place(), message)).into());
    }
    Ok(references)
}

fn object<'o>(
    reference: &'o Reference,
    known: &Knowledge,
    asked: &'o [Asked],
    catalogue: &Catalogue,
    registry: &'o Registry,
) -> Object<'o> {
    let answer = |arch| catalogue.availability_of(reference, known, arch).availability.name();
    let mut devices = BTreeMap::new();
    let by_device = asked.iter().filter(|asked| !asked.is_arch);
    devices.extend(by_device.map(|asked| (&*asked.name, answer(asked.arch))));
    if devices.is_empty() {
        // All that have a contract, of the arch that is asked for.
        let arch = asked.first().map(|asked| &asked.arch.slug);
        let mut answers: BTreeMap<&str, &'static str> = BTreeMap::new();
        for device in registry.device_types() {
            let current =
                matches!(device.status, device_types::Status::Active | device_types::Status::ContractOnly);
            if current && arch.is_none_or(|arch| device.arch == *arch) {
                let answer = *answers.entry(&device.arch).or_insert_with(|| answer(registry.arch_of(device)));
                devices.insert(&device.slug, answer);
            }
        }
    }
    Object {
        reference: reference.text(),
        family: known.family.name(),
        stack: known.stack,
        status: known.status.name(),
        updated_until: known.updated_until.map(|date| date.to_string()),
        platforms: known.platforms.iter().map(Platform::to_string).collect(),
        devices,
    }
}

/// One line of a list: the reference, its status, then the platforms, or what each device gets.
fn row(reference: &Reference, known: &Knowledge, asked: &[Asked], catalogue: &Catalogue) -> Vec<String> {
    let mut cells = vec![reference.text().to_owned(), status(known)];
    if asked.is_empty() {
        cells.push(joined(&known.platforms));
    }
    cells.extend(asked.iter().map(|asked| {
        match catalogue.availability_of(reference, known, asked.arch).availability {
            Availability::Fallback(taken) => format!("fallback to {taken}"),
            answer => answer.name().to_owned(),
        }
    }));
    cells
}

/// For programs: a tab between columns, no header, and each answer with the name of its device.
fn columns(rows: &[Vec<String>], asked: &[Asked]) -> String {
    let mut text = String::new();
    for row in rows {
        for (number, cell) in row.iter().enumerate() {
            let separator = if number == 0 { "" } else { "\t" };
            match number.checked_sub(2).and_then(|at| asked.get(at)) {
                Some(asked) => text.push_str(&format!("{separator}{}: {cell}", asked.name)),
                None => text.push_str(&format!("{separator}{cell}")),
            }
        }
        text.push('\n');
    }
    text
}

fn joined(platforms: &[Platform]) -> String {
    platforms.iter().map(Platform::to_string).collect::<Vec<_>>().join(" ")
}

fn status(known: &Knowledge) -> String {
    match known.updated_until {
        Some(until) => format!("{}, last built {until}", known.status.name()),
        None => known.status.name().to_owned(),
    }
}

/// Everything known of one.
fn details(
    out: &mut dyn Write,
    reference: &Reference,
    known: &Knowledge,
    asked: &[Asked],
    catalogue: &Catalogue,
    registry: &Registry,
) -> io::Result<()> {
    let longest = asked.iter().map(|asked| asked.name.len()).max().unwrap_or(0);
    let width = longest.max(FIELD);
    let mut line = |field: &str, value: &str| writeln!(out, "{field:width$} {value}");
    line("reference", reference.text())?;
    line("family", &family(known))?;
    let short = format!("{}:", reference.short_name());
    if let Some(listed) = known.listed.as_ref().filter(|listed| Some(&***listed) != reference.tag()) {
        line("listed as", &format!("{short}{listed}"))?;
    }
    if let Some(stack) = known.stack {
        line("stack", stack)?;
    }
    let taken = format!("as of {}", Catalogue::snapshot());
    if known.listed.is_some() {
        line("status", &format!("{} ({taken})", status(known)))?;
    } else {
        line("status", &status(known))?;
    }
    if !known.why.is_empty() {
        line("", &known.why)?;
    }
    for omitted in &known.omitted {
        line("left out", &meant(omitted))?;
    }
    if !known.platforms.is_empty() {
        line("platforms", &joined(&known.platforms))?;
    }
    let arches: Vec<Asked>;
    let asked = if asked.is_empty() {
        let all = registry.arches().iter();
        arches = all.map(|arch| Asked { name: arch.slug.to_string(), arch, is_arch: true }).collect();
        &arches[..]
    } else {
        asked
    };
    for asked in asked {
        let answer = catalogue.availability_of(reference, known, asked.arch);
        let colon = if answer.why.is_empty() { "" } else { ": " };
        line(&asked.name, &format!("{}{colon}{}", answer.availability.name(), answer.why))?;
    }
    if let Some(instead) = &known.instead {
        line("nearest", instead)?;
    }
    // For those that are asked for, or for the hardware in the name.
    let own = || known.platforms.clone();
    let platforms: Vec<Platform> = match asked.first() {
        Some(first) if !first.is_arch || asked.len() == 1 => {
            asked.iter().filter_map(|asked| Platform::parse(&asked.arch.platform)).collect()
        }
        _ if known.parts.is_some() => own(),
        _ => Vec::new(),
    };
    match catalogue.in_place_of(known, &platforms) {
        Some(successor) if !platforms.is_empty() => {
            line("next", &format!("{} is maintained for {}", successor.reference.text(), joined(&platforms)))
        }
        _ => Ok(()),
    }
}

fn family(known: &Knowledge) -> String {
    match known.family {
        Family::Resin => "resin: balena's images until 2018",
        Family::Balenalib => "balenalib: balena's images until 2025",
        Family::Official => "official: Docker Official Images",
        Family::Other => "other",
    }
    .to_owned()
}

fn meant(omitted: &Omitted) -> String {
    let part = omitted.part.name();
    match &*omitted.meant {
        [(_, only)] => format!("{part}: {only}"),
        many => {
            let pieces: Vec<String> =
                many.iter().map(|(from, meant)| format!("{meant} from {from}")).collect();
            format!("{part}: {}", pieces.join(", "))
        }
    }
}
