//! `dtpl images`: what the catalogue knows of base images, and what a device gets of them.

mod list;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::arch::Arch;
use crate::cli::args::{ImagesArgs, ImagesFormat};
use crate::cli::devices::write_fields;
use crate::cli::flags::Located;
use crate::cli::targets::targets_or_all;
use crate::cli::{CommandStatus, Session, flags, output, usage};
use crate::device_types::{self, Registry};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::image::{Catalogue, Date, End, Family, Knowledge, Maintenance, Omitted, Platform, Reference};
use crate::lock::{self, CollectRequest};
use crate::render::Limits;
use crate::workspace::device_names::{Expected, unknown_device_type};
use crate::workspace::select;

/// What an answer is from where no images file says anything.
const TABLES: &str = "the tables of dtpl";

/// With more device types than these, answers are those of the arches.
const MOST_DEVICES: usize = 20;

/// One element of `--format json`, its fields in the order of the design.
#[derive(Serialize)]
struct ImageJson<'o> {
    reference: &'o str,
    family: &'static str,
    stack: Option<&'static str>,
    status: &'static str,
    updated_until: Option<String>,
    platforms: Vec<String>,
    devices: BTreeMap<&'o str, &'static str>,
    /// When it is no longer looked after, and what ends then.
    ends: Option<String>,
    ends_with: Option<&'o str>,
    /// A newer build of the same version, and what to use in its place.
    newer: Option<&'o str>,
    next: Option<String>,
    nearest: Option<&'o str>,
    why: Option<&'o str>,
    /// The images file that says so, or the tables of dtpl; and their day.
    source: &'o str,
    as_of: Option<String>,
    /// Whether it is the best of its stack in a list.
    best: bool,
}

/// A device type or an arch that images are looked up for.
struct Recipient<'a> {
    /// The name to show: a device type's slug, or an arch's.
    name: String,
    arch: &'a Arch,
    /// Whether it is an arch, for whose device types the answer holds.
    is_arch: bool,
}

impl<'a> Recipient<'a> {
    fn of_arch(arch: &'a Arch) -> Self {
        Recipient { name: arch.slug.to_string(), arch, is_arch: true }
    }
}

/// What images are looked up in, and what for.
struct ImageLookup<'a> {
    registry: &'a Registry,
    catalogue: Catalogue<'a>,
    wanted: Vec<Recipient<'a>>,
}

pub fn run(command: &ImagesArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    let registry = command.only.definitions.registry.registry()?;
    let mut faults = Diagnostics::new();
    let mut wanted = wanted(command, &registry, session, &mut faults)?;
    let here = command.project.as_deref().unwrap_or(Path::new("."));
    let limit = command.only.definitions.registry.limit();
    let mut references = references(command, &mut faults);
    if !faults.is_empty() {
        return Err(Error::Input(faults).into());
    }
    let mut notes = Diagnostics::new();
    let mut folder = here.to_owned();
    let is_list = references.is_empty() && command.project.is_none();
    if let Some(project) = &command.project {
        let (of_project, devices, of_path) = of_project(command, project, &registry, &mut notes, session)?;
        (references, folder) = (of_project, of_path);
        if wanted.is_empty() {
            wanted = devices;
        }
    }
    let mut images =
        command.catalogue.open(Some(&folder), here, command.fleets.as_deref(), &registry, limit, session)?;
    let redact = |_: &Reference, note| note;
    images.ask(references.iter().cloned(), &redact, &command.catalogue, limit, &mut notes, session)?;
    session.warn(&notes);
    let lookup = ImageLookup { registry: &registry, catalogue: images.catalogue(&registry), wanted };
    let mut best = 0;
    if is_list {
        (references, best) = lookup.list(command, session)?;
    }
    let about = |reference: Reference| (lookup.catalogue.about(&reference), reference);
    let known: Vec<(Knowledge, Reference)> = references.into_iter().map(about).collect();
    if command.format == ImagesFormat::Json {
        let objects = known
            .iter()
            .enumerate()
            .map(|(at, (known, reference))| ImageJson { best: at < best, ..lookup.object(reference, known) });
        return output::print_json(session, &objects.collect::<Vec<_>>());
    }
    if !is_list {
        return output::to_stdout(session, |out| {
            known.iter().enumerate().try_for_each(|(at, (known, reference))| {
                if at > 0 {
                    writeln!(out)?;
                }
                lookup.details(out, reference, known)
            })
        });
    }
    lookup.print_list(&known, best, session)
}

/// The images that the builds of a project use, the device types that it is for, and its folder. What cannot be looked
/// at goes into `notes`.
fn of_project<'r>(
    command: &ImagesArgs,
    path: &Path,
    registry: &'r Registry,
    notes: &mut Diagnostics,
    session: &mut Session,
) -> anyhow::Result<(Vec<Reference>, Vec<Recipient<'r>>, PathBuf)> {
    let only = &command.only;
    let definitions = only.definitions.read(path, command.fleets.as_deref(), session)?;
    let (limits, file) = (Limits::default(), only.file.as_deref());
    let Located { workspace, services } =
        only.definitions.locate(path, file, &definitions, limits, session)?;
    let (builder, folder) = (workspace.builder(), workspace.folder().to_owned());
    let (mut services, warnings) =
        workspace.into_services(&only.services(services, session), flags::jobs(None))?;
    notes.append(warnings);
    command.builder.build.apply_to_all(&mut services);
    let targets = targets_or_all(&command.target_flags(path), registry, &definitions, notes, session)?;
    if notes.has_errors() {
        return Err(Error::Input(std::mem::take(notes)).into());
    }
    let build_platform = command.builder.build_platform.as_deref();
    let request = CollectRequest { services: &services, targets: &targets, builder, build_platform, limits };
    let wanted = lock::collect(&request, notes).map_err(Error::Input)?;
    // What a variable makes of a name is for nobody to read.
    let (shown, hidden): (Vec<_>, Vec<_>) =
        wanted.into_values().partition(|image| image.shown() == image.reference.text());
    for image in &hidden {
        let message = format!("`{}` is not shown: its name is made of a value", image.shown());
        notes.push_warning(|| Diagnostic::warning(image.place.clone(), message));
    }
    let references = shown.into_iter().map(|image| image.reference).collect();
    // Without fleets a project is for all device types: the answers are those of the arches then.
    let slugs: BTreeSet<&str> = targets.iter().map(|target| &*target.device.slug).collect();
    let known = slugs.into_iter().filter_map(|slug| registry.device_type(slug));
    let devices = known.map(|device| Recipient {
        name: device.slug.to_string(),
        arch: registry.arch_of(device),
        is_arch: false,
    });
    let devices: Vec<Recipient> = devices.collect();
    Ok((references, if devices.len() > MOST_DEVICES { Vec::new() } else { devices }, folder))
}

/// The device types and the arch that the flags name.
fn wanted<'r>(
    command: &ImagesArgs,
    registry: &'r Registry,
    session: &Session,
    faults: &mut Diagnostics,
) -> anyhow::Result<Vec<Recipient<'r>>> {
    let mut arch = None;
    if let Some(name) = &command.arch {
        match flags::arch(name, registry, session) {
            Ok(found) => arch = Some(found),
            Err(fault) => faults.push(|| fault),
        }
    }
    let mut wanted = Vec::new();
    let place = session.place_of("--device");
    let mut names: Vec<&str> = Vec::new();
    for part in command.device.iter().flat_map(|list| list.split(',')).map(str::trim) {
        if part != "all" && !part.starts_with("arch:") {
            names.push(part);
            continue;
        }
        match select(registry, part, &place) {
            Ok(devices) => names.extend(devices.iter().map(|device| &*device.slug)),
            Err(more) => faults.append(more),
        }
    }
    for name in names {
        let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b'/');
        match (registry.device_type(name), arch) {
            (Some(device), given) => {
                let own = registry.arch_of(device);
                if let Some(given) = given.filter(|given| given.slug != own.slug) {
                    let message = format!(
                        "device type `{}` has arch `{}`, not `{}`",
                        device.slug, own.slug, given.slug
                    );
                    return Err(usage(session.place_of("--arch"), message, "leave --arch out"));
                }
                let name = device.slug.to_string();
                if !wanted.iter().any(|known: &Recipient| known.name == name) {
                    wanted.push(Recipient { name, arch: own, is_arch: false });
                }
            }
            (None, Some(arch)) if fits => {
                wanted.push(Recipient { name: name.to_owned(), arch, is_arch: false })
            }
            _ => faults.push(|| unknown_device_type(registry, name, &place, Expected::Flag)),
        }
    }
    if wanted.is_empty() {
        wanted.extend(arch.map(Recipient::of_arch));
    }
    Ok(wanted)
}

/// The references that are given; each that is none is noted.
fn references(command: &ImagesArgs, faults: &mut Diagnostics) -> Vec<Reference> {
    let mut references = Vec::new();
    for text in &command.references {
        match Reference::parse(text) {
            Ok(reference) => references.push(reference),
            Err(fault) => faults.push(|| {
                let column = text[..fault.span.start].chars().count() + 1;
                // What stands before an `@` may be a login.
                let login = text.find('@').filter(|at| text[..*at].contains("//"));
                let text = login.map_or(text.as_str(), |at| &text[at + 1..]);
                let shown = crate::escape::shortened(text, 60);
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

impl ImageLookup<'_> {
    fn object<'o>(&'o self, reference: &'o Reference, known: &'o Knowledge) -> ImageJson<'o> {
        let answer = |arch| self.catalogue.availability_of(reference, known, arch).availability.name();
        let by_device = self.wanted.iter().filter(|wanted| !wanted.is_arch);
        let mut devices: BTreeMap<&str, &'static str> =
            by_device.map(|wanted| (&*wanted.name, answer(wanted.arch))).collect();
        if devices.is_empty() {
            // All that have a contract, of the arch that is given.
            let arch = self.wanted.first().map(|wanted| &wanted.arch.slug);
            let mut answers: BTreeMap<&str, &'static str> = BTreeMap::new();
            for device in self.registry.device_types() {
                use device_types::Status::{Active, ContractOnly};
                let is_current = matches!(device.status, Active | ContractOnly);
                if is_current && arch.is_none_or(|arch| device.arch == *arch) {
                    let of_arch = || answer(self.registry.arch_of(device));
                    devices.insert(&device.slug, answers.entry(&device.arch).or_insert_with(of_arch));
                }
            }
        }
        ImageJson {
            reference: reference.text(),
            family: if is_unlisted(known) { "unknown" } else { known.family.name() },
            stack: known.stack,
            status: known.status_name(),
            updated_until: known.updated_until.map(|date| date.to_string()),
            platforms: known.platforms.iter().map(Platform::to_string).collect(),
            devices,
            ends: known.ends.as_ref().and_then(|ending| match ending.end {
                End::On(day) => Some(day.to_string()),
                _ => None,
            }),
            ends_with: known.ends.as_ref().map(|ending| ending.of.as_str()),
            newer: known.newer.as_deref(),
            next: self.next(known).map(|(next, _)| next),
            nearest: known.instead.as_deref(),
            why: Some(known.why.as_str()).filter(|why| !why.is_empty()),
            source: known.source.as_deref().unwrap_or(TABLES),
            as_of: as_of(known).map(|day| day.to_string()),
            best: false,
        }
    }

    /// What to use in its place, and for which platforms: those that are asked for, or that of the hardware in the
    /// name.
    fn next(&self, known: &Knowledge) -> Option<(String, Vec<Platform>)> {
        let platforms: Vec<Platform> = match self.wanted.is_empty() {
            false => self.wanted.iter().filter_map(|wanted| Platform::parse(&wanted.arch.platform)).collect(),
            true if known.parts.is_some() => known.platforms.clone(),
            true => Vec::new(),
        };
        let next = self.catalogue.in_place_of(known, &platforms).filter(|_| !platforms.is_empty())?;
        Some((next.reference.text().to_owned(), platforms))
    }

    /// Everything known of one image.
    fn details(&self, out: &mut dyn Write, reference: &Reference, known: &Knowledge) -> io::Result<()> {
        let mut fields =
            vec![("reference", reference.text().to_owned()), ("family", family(known).to_owned())];
        let listed = known.listed.as_ref().filter(|listed| Some(&***listed) != reference.tag());
        let short = reference.short_name();
        fields.extend(listed.map(|listed| ("listed as", format!("{short}:{listed}"))));
        fields.extend(known.stack.map(|stack| ("stack", stack.to_owned())));
        fields.push(("status", status(known)));
        let ending = known.ends.as_ref().and_then(|ending| ending.phrase(self.catalogue.day()));
        fields.extend(ending.map(|phrase| ("support", phrase)));
        fields.extend(known.newer.as_ref().map(|newer| ("newer", newer.clone())));
        if !known.why.is_empty() {
            fields.push(("", known.why.to_string()));
        }
        fields.extend(known.omitted.iter().map(|omitted| ("left out", meant(omitted))));
        if !known.platforms.is_empty() {
            fields.push(("platforms", joined(&known.platforms)));
        }
        let every_arch: Vec<Recipient> = match self.wanted.is_empty() {
            true => self.registry.arches().iter().map(Recipient::of_arch).collect(),
            false => Vec::new(),
        };
        let wanted = if self.wanted.is_empty() { &every_arch } else { &self.wanted };
        fields.extend(wanted.iter().map(|wanted| {
            let answer = self.catalogue.availability_of(reference, known, wanted.arch);
            let colon = if answer.why.is_empty() { "" } else { ": " };
            (&*wanted.name, format!("{}{colon}{}", answer.availability.name(), answer.why))
        }));
        fields.extend(known.instead.as_ref().map(|instead| ("nearest", instead.to_string())));
        if let Some((next, platforms)) = self.next(known) {
            fields.push(("next", format!("{next} is maintained for {}", joined(&platforms))));
        }
        let source = known.source.as_deref().unwrap_or(TABLES);
        let of_day = as_of(known).map(|day| format!(", {day}")).unwrap_or_default();
        fields.push(("source", format!("{source}{of_day}")));
        let longest = self.wanted.iter().map(|wanted| wanted.name.len()).max();
        write_fields(out, &fields, longest.unwrap_or(0))
    }
}

fn joined(platforms: &[Platform]) -> String {
    platforms.iter().map(Platform::to_string).collect::<Vec<_>>().join(" ")
}

/// The day of what is known: of the tables, or what an images file says.
fn as_of(known: &Knowledge) -> Option<Date> {
    known.as_of.or_else(|| known.source.is_none().then(Catalogue::snapshot))
}

/// How an image is looked after, with the day that matters.
fn status(known: &Knowledge) -> String {
    let name = known.status_name();
    let end = known.ends.as_ref().map(|ending| ending.end);
    match (known.status, known.updated_phrase(), end) {
        (Maintenance::Over, _, Some(End::On(day))) => format!("{name} since {day}"),
        (Maintenance::Maintained, _, Some(End::On(day))) if !known.is_open => format!("{name} until {day}"),
        (_, Some(phrase), _) => format!("{name}, {phrase}"),
        _ => name.to_owned(),
    }
}

/// Whether nothing but the form of its name is that of an official image.
fn is_unlisted(known: &Knowledge) -> bool {
    known.family == Family::Official && !known.is_listed
}

fn family(known: &Knowledge) -> &'static str {
    match known.family {
        _ if is_unlisted(known) => "unknown",
        Family::Resin => "resin: balena's images until 2018",
        Family::Balenalib => "balenalib: balena's images until 2025",
        Family::Official => "official: Docker Official Images",
        Family::Other => "other",
    }
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
