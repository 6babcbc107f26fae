//! `dtpl images`: what the catalogue knows of base images, and what a device gets of them.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::args::{ImagesArgs, ImagesFormat};
use super::devices::write_fields;
use super::{CommandStatus, Session, flags, output, usage};
use crate::arch::Arch;
use crate::device_types::{self, Registry};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::image::{Availability, Catalogue, Family, Knowledge, Omitted, Platform, Reference};
use crate::text_table;
use crate::workspace::device_names::{Expected, unknown_device_type};
use crate::workspace::select;

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
    let registry = command.registry.registry()?;
    let mut faults = Diagnostics::new();
    let wanted = wanted(command, &registry, session, &mut faults)?;
    let here = Path::new(".");
    let limit = command.registry.limit();
    let images = command.catalogue.open(Some(here), here, None, &registry, limit, session)?;
    let lookup = ImageLookup { registry: &registry, catalogue: images.catalogue(&registry), wanted };
    let mut references = references(command, &mut faults);
    if !faults.is_empty() {
        return Err(Error::Input(faults).into());
    }
    if references.is_empty() {
        references = lookup.list(command, session)?;
    }
    let about = |reference: Reference| (lookup.catalogue.about(&reference), reference);
    let known: Vec<(Knowledge, Reference)> = references.into_iter().map(about).collect();
    if command.format == ImagesFormat::Json {
        let objects = known.iter().map(|(known, reference)| lookup.object(reference, known));
        return output::print_json(session, &objects.collect::<Vec<_>>());
    }
    if !command.references.is_empty() {
        return output::to_stdout(session, |out| {
            known.iter().enumerate().try_for_each(|(at, (known, reference))| {
                if at > 0 {
                    writeln!(out)?;
                }
                lookup.details(out, reference, known)
            })
        });
    }
    let rows: Vec<Vec<String>> =
        known.iter().map(|(known, reference)| lookup.row(reference, known)).collect();
    let text = if session.streams.stdout_is_terminal {
        let mut header = vec!["REFERENCE", "STATUS"];
        header.extend(lookup.wanted.iter().map(|wanted| &*wanted.name));
        header.extend(lookup.wanted.is_empty().then_some("PLATFORMS"));
        text_table::table(&header, &rows, Some(session.streams.stdout_width))
    } else {
        rows.iter().map(|row| lookup.columns(row)).collect()
    };
    output::print(session, text)
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

impl ImageLookup<'_> {
    /// What there is: the maintained images, then the last ones that balena published.
    fn list(&self, command: &ImagesArgs, session: &Session) -> anyhow::Result<Vec<Reference>> {
        let stack = command.stack.as_deref();
        if stack.is_none() && self.wanted.is_empty() {
            let help = "give a reference, such as python:3.12-slim, or list with --stack, --device or --arch";
            return Err(usage(Place::CommandLine, "no image given", help));
        }
        let fault = |message: String| Diagnostic::error(session.place_of("--stack"), message);
        let listed = |arch| {
            self.catalogue.list(stack, arch).map_err(|near| {
                let help = near.unwrap_or_else(|| "`dtpl images --arch amd64` lists all images".to_owned());
                Error::input(fault(format!("no image carries `{}`", stack.unwrap_or_default())).help(help))
            })
        };
        let mut references = if self.wanted.is_empty() { listed(None)? } else { Vec::new() };
        for wanted in &self.wanted {
            for reference in listed(Some(wanted.arch))? {
                if !references.contains(&reference) {
                    references.push(reference);
                }
            }
        }
        for wanted in &self.wanted {
            references.extend(self.catalogue.last_repositories(&wanted.name, stack));
        }
        if references.is_empty() {
            let names: Vec<&str> = self.wanted.iter().map(|wanted| &*wanted.name).collect();
            let message = format!("there is no {} image for {}", stack.unwrap_or("base"), names.join(", "));
            return Err(Error::input(fault(message)).into());
        }
        Ok(references)
    }

    fn object<'o>(&'o self, reference: &'o Reference, known: &Knowledge) -> ImageJson<'o> {
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
            status: known.status.name(),
            updated_until: known.updated_until.map(|date| date.to_string()),
            platforms: known.platforms.iter().map(Platform::to_string).collect(),
            devices,
        }
    }

    /// One line of a list: the reference, its status, then the platforms, or what each device gets.
    fn row(&self, reference: &Reference, known: &Knowledge) -> Vec<String> {
        let mut cells = vec![reference.text().to_owned(), status(known)];
        if self.wanted.is_empty() {
            cells.push(joined(&known.platforms));
        }
        cells.extend(self.wanted.iter().map(|wanted| {
            match self.catalogue.availability_of(reference, known, wanted.arch).availability {
                Availability::Fallback(taken) => format!("fallback to {taken}"),
                answer => answer.name().to_owned(),
            }
        }));
        cells
    }

    /// A row for programs: a tab between columns, no header, and each answer with the name of its device.
    fn columns(&self, row: &[String]) -> String {
        let cell = |(number, cell): (usize, &String)| {
            let wanted = number.checked_sub(2).and_then(|at| self.wanted.get(at));
            wanted.map_or_else(|| cell.clone(), |wanted| format!("{}: {cell}", wanted.name))
        };
        let cells: Vec<String> = row.iter().enumerate().map(cell).collect();
        format!("{}\n", cells.join("\t"))
    }

    /// Everything known of one image.
    fn details(&self, out: &mut dyn Write, reference: &Reference, known: &Knowledge) -> io::Result<()> {
        let mut fields =
            vec![("reference", reference.text().to_owned()), ("family", family(known).to_owned())];
        let listed = known.listed.as_ref().filter(|listed| Some(&***listed) != reference.tag());
        let short = reference.short_name();
        fields.extend(listed.map(|listed| ("listed as", format!("{short}:{listed}"))));
        fields.extend(known.stack.map(|stack| ("stack", stack.to_owned())));
        let as_of = known.listed.as_ref().map(|_| format!(" (as of {})", Catalogue::snapshot()));
        fields.push(("status", format!("{}{}", status(known), as_of.unwrap_or_default())));
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
        // For those that are named, or for the hardware in the name.
        let platforms: Vec<Platform> = match wanted.first() {
            Some(first) if !first.is_arch || wanted.len() == 1 => {
                wanted.iter().filter_map(|wanted| Platform::parse(&wanted.arch.platform)).collect()
            }
            _ if known.parts.is_some() => known.platforms.clone(),
            _ => Vec::new(),
        };
        if let Some(next) = self.catalogue.in_place_of(known, &platforms).filter(|_| !platforms.is_empty()) {
            let text = format!("{} is maintained for {}", next.reference.text(), joined(&platforms));
            fields.push(("next", text));
        }
        let longest = self.wanted.iter().map(|wanted| wanted.name.len()).max();
        write_fields(out, &fields, longest.unwrap_or(0))
    }
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
