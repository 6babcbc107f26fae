//! `dtpl devices`: the registry, as a table, as data, or one device type with all that is known.

use std::collections::BTreeMap;
use std::io::{self, Write};

use regex_lite::RegexBuilder;
use serde::Serialize;

use super::args::{DevicesArgs, DevicesFormat};
use super::{CommandStatus, Session, flags, output, usage};
use crate::arch::Arch;
use crate::device_types::{DeviceType, ImageFamily, Registry};
use crate::diagnostic::{Diagnostic, Place};
use crate::error::Error;
use crate::image::{Best, Catalogue, End, Maintenance, Platform, Reference};
use crate::text_table;
use crate::workspace::device_names::{Expected, help_for_unknown};

/// One element of `--format json`, its fields in that order. In YAML the slug is its key,
/// and the platform that of its arch.
#[derive(Serialize)]
struct DeviceJson<'o> {
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<&'o str>,
    name: &'o str,
    arch: &'o str,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'o str>,
    aliases: Vec<&'o str>,
    status: &'o str,
    /// Null where it is not known; YAML leaves it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<Option<&'o str>>,
    base_images: Vec<&'o str>,
}

pub fn run(command: &DevicesArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    let registry = command.registry.registry()?;
    let chosen = choose(command, &registry, session)?;
    let exact = command.pattern.as_deref().and_then(|name| registry.device_type(name));
    // With another arch, the pattern is not its name.
    let exact = exact.filter(|exact| chosen.iter().any(|found| found.slug == exact.slug));
    match command.format {
        DevicesFormat::Json => {
            let objects: Vec<DeviceJson> = chosen.iter().map(|found| object(found, &registry)).collect();
            output::print_json(session, &objects)
        }
        DevicesFormat::Yaml => output::print(session, yaml(&chosen, &registry)?),
        DevicesFormat::Slugs => output::to_stdout(session, |out| {
            chosen.iter().try_for_each(|found| writeln!(out, "{}", found.slug))
        }),
        DevicesFormat::Text => match exact {
            Some(found) => output::to_stdout(session, |out| details(out, found, &registry)),
            None if session.streams.stdout_is_terminal => {
                let text = table(&chosen, session.streams.stdout_width);
                output::print(session, text)
            }
            None => output::to_stdout(session, |out| columns(out, &chosen, &registry)),
        },
    }
}

/// The device types that the flags choose: at least one.
fn choose<'r>(
    command: &DevicesArgs,
    registry: &'r Registry,
    session: &Session,
) -> anyhow::Result<Vec<&'r DeviceType>> {
    let arch = command.arch.as_ref().map(|name| flags::arch(name, registry, session));
    let arch = arch.transpose().map_err(Error::input)?;
    let of_arch = |found: &&DeviceType| arch.is_none_or(|arch| found.arch == arch.slug);
    let Some(pattern) = &command.pattern else {
        return Ok(registry.device_types().iter().filter(of_arch).collect());
    };
    let place = Place::Flag("PATTERN");
    if let Some(found) = registry.device_type(pattern).filter(of_arch) {
        return Ok(vec![found]);
    }
    let regex = RegexBuilder::new(pattern).case_insensitive(true).size_limit(1 << 20).build();
    let regex = regex.map_err(|error| {
        let error = error.to_string();
        let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let message = format!("the pattern is not a regular expression: {reason}");
        usage(place.clone(), message, "escape characters such as `(`, `[`, `*` and `+` with a backslash")
    })?;
    let matches = |found: &&DeviceType| found.names().chain([&*found.name]).any(|name| regex.is_match(name));
    let found: Vec<&DeviceType> = registry.device_types().iter().filter(of_arch).filter(matches).collect();
    if found.is_empty() {
        let message = match arch {
            Some(arch) => format!("no device type of arch `{}` matches `{pattern}`", arch.slug),
            None => format!("unknown device type `{pattern}`"),
        };
        let help = match registry.device_type(pattern) {
            Some(known) => format!("`{}` is of arch `{}`", known.slug, known.arch),
            None => help_for_unknown(registry, pattern, Expected::Flag),
        };
        return Err(Error::input(Diagnostic::error(place, message).help(help)).into());
    }
    Ok(found)
}

fn object<'o>(found: &'o DeviceType, registry: &'o Registry) -> DeviceJson<'o> {
    DeviceJson {
        slug: Some(&found.slug),
        name: &found.name,
        arch: &found.arch,
        platform: Some(&registry.arch_of(found).platform),
        aliases: found.aliases.iter().map(|alias| &**alias).collect(),
        status: found.status.name(),
        state: Some(found.state()),
        base_images: found.base_images.iter().map(|family| family.name()).collect(),
    }
}

/// The chosen device types and their arches in the shape of `device-types.yaml`: an overlay that
/// says what is known.
fn yaml(chosen: &[&DeviceType], registry: &Registry) -> anyhow::Result<String> {
    #[derive(Serialize)]
    struct RegistryYaml<'f> {
        arches: BTreeMap<&'f str, BTreeMap<&'f str, serde_json::Value>>,
        device_types: BTreeMap<&'f str, DeviceJson<'f>>,
    }
    let mut file = RegistryYaml { arches: BTreeMap::new(), device_types: BTreeMap::new() };
    for found in chosen {
        let arch = registry.arch_of(found);
        file.arches.entry(&arch.slug).or_insert_with(|| {
            let mut fields: BTreeMap<&str, serde_json::Value> =
                optional_names(arch).map(|(field, name)| (field, name.into())).collect();
            fields.insert("name", (*arch.name).into());
            fields.insert("platform", (*arch.platform).into());
            fields.insert("aliases", arch.aliases.iter().map(|alias| &**alias).collect());
            fields
        });
        let state = found.state().map(Some);
        let device = DeviceJson { slug: None, platform: None, state, ..object(found, registry) };
        file.device_types.insert(&found.slug, device);
    }
    Ok(serde_yaml::to_string(&file)?)
}

fn optional_names(arch: &Arch) -> impl Iterator<Item = (&'static str, String)> {
    arch.fields().filter_map(|(field, value)| Some((field, value?.to_owned())))
}

/// For programs: one device type a line, a tab between columns, no header.
fn columns(out: &mut dyn Write, chosen: &[&DeviceType], registry: &Registry) -> io::Result<()> {
    chosen.iter().try_for_each(|found| {
        let DeviceType { slug, arch, status, name, .. } = found;
        let platform = &registry.arch_of(found).platform;
        let aliases = found.aliases.join(",");
        writeln!(out, "{slug}\t{arch}\t{platform}\t{}\t{aliases}\t{name}", status.name())
    })
}

/// For people: a line for each device type. Where the terminal is too narrow for all, the status is left out, which
/// is in the details, and then names are cut.
fn table(chosen: &[&DeviceType], width: usize) -> String {
    let row = |found: &&DeviceType| {
        [&*found.slug, &*found.arch, found.status.name(), &*found.name].map(str::to_owned).to_vec()
    };
    let mut rows: Vec<Vec<String>> = chosen.iter().map(row).collect();
    let whole = text_table::table(&["SLUG", "ARCH", "STATUS", "NAME"], &rows, None);
    if whole.lines().all(|line| line.chars().count() <= width) {
        return whole;
    }
    for row in &mut rows {
        row.remove(2);
    }
    text_table::table_of_lines(&["SLUG", "ARCH", "NAME"], &rows, width)
}

/// Everything known of one.
fn details(out: &mut dyn Write, found: &DeviceType, registry: &Registry) -> io::Result<()> {
    let arch = registry.arch_of(found);
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let best = best_images(found, registry);
    let mut fields = vec![
        ("slug", found.slug.to_string()),
        ("name", found.name.to_string()),
        ("aliases", or_none(found.aliases.join(", "))),
        ("status", found.status.name().to_owned()),
        ("state", found.state().unwrap_or("unknown").to_owned()),
        ("base images", base_images(found, registry)),
        ("arch", format!("{} ({})", arch.slug, arch.name)),
        ("platform", arch.platform.to_string()),
    ];
    fields.extend(optional_names(arch));
    write_fields(out, &fields, 0)?;
    let best: Vec<(&str, String)> = best.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    write_fields(out, &best, 0)
}

/// The best image of each language and distribution for a device type, and the old images under its own name. As of
/// the day of the tables: a list of device types does not depend on a clock.
fn best_images(found: &DeviceType, registry: &Registry) -> Vec<(String, String)> {
    let catalogue = Catalogue::new(registry);
    let platform = Platform::parse(&registry.arch_of(found).platform);
    let best = catalogue.best(platform.as_slice()).into_iter().filter(|best| best.is_basic);
    let mut fields: Vec<(String, String)> = best
        .map(|Best { stack, reference, .. }| {
            let known = catalogue.about(&reference);
            let until = match known.ends.map(|ending| ending.end) {
                Some(End::On(day)) if !known.is_open => format!(", maintained until {day}"),
                _ => String::new(),
            };
            (format!("best {stack}"), format!("{}{until}", reference.text()))
        })
        .collect();
    for family in found.base_images.iter() {
        let repositories = match family {
            ImageFamily::Resin => catalogue.resin_repositories(&found.slug),
            _ => catalogue.last_repositories(&found.slug, None),
        };
        let Some(last) = repositories.iter().filter_map(|name| catalogue.about(name).updated_until).max()
        else {
            continue;
        };
        let text = format!(
            "{} repositories, last built {last}; see `dtpl images --stack {}`",
            repositories.len(),
            family.name()
        );
        fields.push((family.name().to_owned(), text));
    }
    fields
}

/// The families that had images under its own name, in words.
fn base_images(found: &DeviceType, registry: &Registry) -> String {
    if !found.base_images.is_empty() {
        return Vec::from_iter(found.base_images.iter().map(|family| family.name())).join(", ");
    }
    // Of some that came between the last list and the end, nobody knows.
    let repository = format!("{}/{}", ImageFamily::Balenalib.name(), found.slug);
    let known = Reference::parse(&repository).ok().map(|image| Catalogue::new(registry).about(&image).status);
    if known == Some(Maintenance::Unknown) { "unknown".to_owned() } else { "none".to_owned() }
}

/// Writes a line for each field: its name, padded to `width` characters or those of our own names, and
/// its value.
pub fn write_fields(out: &mut dyn Write, fields: &[(&str, String)], width: usize) -> io::Result<()> {
    let width = width.max(12);
    fields.iter().try_for_each(|(field, value)| writeln!(out, "{field:width$} {value}"))
}
