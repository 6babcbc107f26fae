//! A plan as a table that a person reads.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;

use foldhash::quality::RandomState;

use super::digest::hex_digits;
use super::format::{Format, Writer};
use super::listing::{ListedRow, Listing, small};
use super::plan::built_platform;
use crate::arch::Arch;
use crate::error::{Error, Result};
use crate::escape::{escaped, grouped};
use crate::text_table;
use crate::workspace::ServiceFiles;

pub const FORMAT: Format = Format {
    name: "plan",
    help: "Table of the distinct Dockerfiles and their fleets",
    flags: &[],
    divides_builds: false,
    why_limited: None,
    writer: Writer::Rows(|listing, _, options, out| write(listing, options.width, out)),
};

/// How many fleets of a Dockerfile are named.
const NAMED: usize = 3;

/// The first line: how many Dockerfiles there really are.
pub fn summary(listing: &Listing) -> String {
    let services = listing.services.list();
    let arches: Vec<&Arch> = listing.devices().map(|(_, arch)| arch).collect();
    let platforms: BTreeSet<String> =
        arches.into_iter().flat_map(|arch| services.iter().map(|service| platform(arch, service))).collect();
    let what = if listing.is_of_fleets { "fleet" } else { "device type" };
    format!(
        "{}, {}: {} on {}",
        count(listing.fleets(), what),
        count(services.len(), "service"),
        count(listing.distinct(), "Dockerfile"),
        count(platforms.len(), "platform"),
    )
}

/// The rows with one Dockerfile of one service: a range of [`Listing::by_dockerfile`].
struct Group {
    start: u32,
    count: u32,
}

/// Writes the whole table below its summary: each distinct Dockerfile of each service. With the width of a
/// terminal it is made to fit.
fn write(listing: &Listing, width: Option<usize>, out: &mut dyn Write) -> Result<()> {
    let rows = listing.by_dockerfile();
    let row = |at: usize| rows.get(at).and_then(|number| listing.row(*number as usize));
    let mut groups: Vec<Group> = Vec::new();
    let mut last = None;
    for at in 0..rows.len() {
        let key = row(at).map(|row| (&*row.service.name, row.sha));
        match groups.last_mut().filter(|_| key == last) {
            Some(group) => group.count += 1,
            None => groups.push(Group { start: small(at), count: 1 }),
        }
        last = key;
    }
    let mut services: Vec<&str> = listing.services.list().iter().map(|service| &*service.name).collect();
    services.sort_unstable();
    // Those that most fleets share come first.
    groups.sort_by_cached_key(|group| {
        let first = row(group.start as usize);
        let service = first.and_then(|row| services.binary_search(&&*row.service.name).ok());
        (service, std::cmp::Reverse(group.count), first.map(|row| small(row.fleet)))
    });
    let of_group = |group: &Group| {
        let all = rows.iter().skip(group.start as usize).take(group.count as usize);
        all.filter_map(|number| listing.row(*number as usize))
    };
    let mut platforms = Platforms::default();
    for (_, arch) in listing.devices() {
        for service in listing.services.list() {
            let known = platforms.entry((&*service.name, &*arch.platform));
            known.or_insert_with(|| platform(arch, service));
        }
    }
    let header = ["DOCKERFILE", "SERVICE", "SOURCE", "PLATFORMS", "FOR"];
    let lines = |take: &mut dyn FnMut(&[String])| {
        for group in &groups {
            if let Some(cells) = cells(of_group(group), &platforms) {
                take(&cells);
            }
        }
    };
    writeln!(out, "{}\n", summary(listing))
        .and_then(|()| text_table::write(&header, &lines, width, out))
        .map_err(Error::io("write", "the table"))
}

/// What each service is built for on an arch, by the name of the service and the platform of the arch.
type Platforms<'l> = HashMap<(&'l str, &'l str), String, RandomState>;

/// The cells for some rows with one Dockerfile.
fn cells<'l>(rows: impl Iterator<Item = ListedRow<'l>>, known: &Platforms) -> Option<[String; 5]> {
    let mut rows = rows.peekable();
    let first = *rows.peek()?;
    let mut arches: Vec<&str> = Vec::new();
    let mut platforms: BTreeSet<&str> = BTreeSet::new();
    let (mut names, mut fleets, mut last) = (Vec::new(), 0, None);
    for row in rows {
        if !arches.contains(&&*row.arch.platform) {
            arches.push(&row.arch.platform);
            platforms.extend(known.get(&(&*row.service.name, &*row.arch.platform)).map(String::as_str));
        }
        if last.replace(row.fleet) != Some(row.fleet) {
            fleets += 1;
            if names.len() < NAMED {
                names.push(row.name);
            }
        }
    }
    let more = if fleets > NAMED { ", ..." } else { "" };
    let prefix = if fleets > 1 { format!("{}: ", grouped(fleets)) } else { String::new() };
    Some([
        hex_digits(first.sha)[..12].iter().copied().map(char::from).collect(),
        escaped(&first.service.name).into_owned(),
        escaped(&first.choice.path).into_owned(),
        Vec::from_iter(platforms).join(" "),
        format!("{prefix}{}{more}", escaped(&names.join(", "))),
    ])
}

/// The platform that a service is built for on a device of this arch.
fn platform(arch: &Arch, service: &ServiceFiles) -> String {
    built_platform(arch, service).unwrap_or_else(|_| arch.platform.to_string())
}

/// `1 fleet`, `1,200 fleets`.
fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}
