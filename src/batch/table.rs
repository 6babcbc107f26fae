//! A plan as a table that a person reads.

use std::collections::{BTreeMap, BTreeSet};

use super::digest::hex;
use super::format::{Format, Writer};
use super::plan::{Plan, Planned, built_platform};
use crate::escape::{escaped, grouped};
use crate::text_table;
use crate::workspace::{ServiceFiles, Target};

pub const FORMAT: Format = Format {
    name: "plan",
    help: "Table of the distinct Dockerfiles and their fleets",
    flags: &[],
    divides_builds: false,
    writer: Writer::Text(|plan, options| Ok(table(plan, options.width).into_bytes())),
};

/// How many fleets of a Dockerfile are named.
const NAMED: usize = 3;

/// The first line: how many Dockerfiles there really are.
pub fn summary(plan: &Plan) -> String {
    let batch = &plan.batch;
    let of_devices: BTreeMap<&str, &Target> =
        batch.targets.iter().map(|target| (&*target.arch.platform, target)).collect();
    let platforms: BTreeSet<String> = of_devices
        .values()
        .flat_map(|target| batch.services.list().iter().map(|service| platform(target, service)))
        .collect();
    let is_fleets = batch.targets.first().is_some_and(|target| target.fleet.is_some());
    let what = if is_fleets { "fleet" } else { "device type" };
    format!(
        "{}, {}: {} on {}",
        count(plan.fleets(), what),
        count(batch.services.list().len(), "service"),
        count(plan.files.len(), "Dockerfile"),
        count(platforms.len(), "platform"),
    )
}

/// The whole table below its summary: each distinct Dockerfile of each service. With the width of a
/// terminal it is made to fit.
pub fn table(plan: &Plan, width: Option<usize>) -> String {
    let mut groups: BTreeMap<(&str, [u8; 32]), Vec<Planned>> = BTreeMap::new();
    for row in plan.rows() {
        groups.entry((&row.service.name, row.file.sha)).or_default().push(row);
    }
    let mut groups: Vec<Vec<Planned>> = groups.into_values().collect();
    // Those that most fleets share come first.
    groups.sort_by_key(|rows| {
        (rows[0].service.name.clone(), std::cmp::Reverse(rows.len()), rows[0].target.number)
    });
    let mut lines = Vec::new();
    for rows in groups {
        let first = &rows[0];
        let of_devices: BTreeMap<&str, &Planned> =
            rows.iter().map(|row| (&*row.target.arch.platform, row)).collect();
        let platforms: BTreeSet<String> =
            of_devices.values().map(|row| platform(row.target, row.service)).collect();
        let mut names: Vec<&str> = rows.iter().map(|row| row.target.name()).collect();
        names.dedup();
        let more = if names.len() > NAMED { ", ..." } else { "" };
        let shown = names[..names.len().min(NAMED)].join(", ");
        let prefix = if names.len() > 1 { format!("{}: ", grouped(names.len())) } else { String::new() };
        lines.push(vec![
            hex(&first.file.sha)[..12].to_owned(),
            escaped(&first.service.name).into_owned(),
            escaped(&first.choice.path).into_owned(),
            Vec::from_iter(platforms).join(" "),
            format!("{prefix}{}{more}", escaped(&shown)),
        ]);
    }
    let header = ["DOCKERFILE", "SERVICE", "SOURCE", "PLATFORMS", "FOR"];
    format!("{}\n\n{}", summary(plan), text_table::table(&header, &lines, width))
}

/// The platform that a service is built for on the device of a target.
fn platform(target: &Target, service: &ServiceFiles) -> String {
    built_platform(target, service).unwrap_or_else(|_| target.arch.platform.to_string())
}

/// `1 fleet`, `1,200 fleets`.
fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}
