//! The builds of a batch as a matrix for GitHub Actions: one line of JSON that a job puts into
//! `$GITHUB_OUTPUT` and another takes with `fromJSON`.

use std::collections::BTreeSet;

use serde::Serialize;

use super::compose_builds;
use super::digest::hex;
use super::format::{Format, Writer};
use super::plan::Plan;
use super::shard::Shard;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};

/// What GitHub allows in one matrix.
const MOST_ROWS: usize = 256;

#[derive(Serialize)]
struct Matrix<'p> {
    include: Vec<MatrixRow<'p>>,
}

#[derive(Serialize)]
struct MatrixRow<'p> {
    fleet: Option<&'p str>,
    service: &'p str,
    device: &'p str,
    arch: &'p str,
    platform: &'p str,
    runner: &'p str,
    dockerfile: String,
    /// All fleets that the build is for, or all device types where there are no fleets.
    r#for: BTreeSet<&'p str>,
}

pub const FORMAT: Format = Format {
    name: "matrix",
    help: "Matrix for GitHub Actions",
    flags: &["--runner"],
    divides_builds: true,
    writer: Writer::Text(|plan, options| Ok(line(plan, options.shard, options.runners)?.into_bytes())),
};

/// The matrix of a part of a plan, one row for each distinct build. `runners` says on which machine
/// the builds of a platform run; others run where GitHub has machines of the kind.
///
/// # Errors
/// More rows than GitHub takes, and services that are not built for a device.
pub fn line(plan: &Plan, shard: Shard, runners: &[(String, String)]) -> Result<String> {
    let builds = plan.builds(shard, true);
    if builds.len() > MOST_ROWS {
        let message = format!("a matrix of {} rows, and GitHub takes {MOST_ROWS}", builds.len());
        let fault = Diagnostic::error(Place::CommandLine, message)
            .help(format!("take a part, such as --shard 1/{}", builds.len() / 200 + 1))
            .help("or group the builds with --format bake");
        return Err(Error::input(fault));
    }
    let mut faults = Diagnostics::new();
    let platforms: Vec<BTreeSet<String>> =
        builds.iter().map(|build| compose_builds::platforms(build, &mut faults)).collect();
    if !faults.is_empty() {
        return Err(Error::Input(faults));
    }
    let include = builds
        .iter()
        .zip(&platforms)
        .map(|(build, platforms)| {
            let row = build.first;
            // Each build is for one.
            let platform = platforms.first().map_or("", String::as_str);
            let own = runners.iter().rfind(|(of, _)| of == platform);
            MatrixRow {
                fleet: row.target.fleet.as_deref(),
                service: &row.service.name,
                device: &row.target.device.slug,
                arch: &row.target.arch.slug,
                platform,
                runner: own.map_or_else(|| runner(platform), |(_, label)| label),
                dockerfile: format!("sha256:{}", hex(&row.file.sha)),
                r#for: build.rows.iter().map(|row| row.target.name()).collect(),
            }
        })
        .collect();
    // Strings and lists of strings: there is nothing in it that JSON cannot hold.
    Ok(crate::json::to_text(&Matrix { include }, false).unwrap_or_default())
}

/// GitHub's own machine for a platform.
fn runner(platform: &str) -> &'static str {
    if platform.starts_with("linux/arm") { "ubuntu-24.04-arm" } else { "ubuntu-24.04" }
}
