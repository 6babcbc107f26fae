//! The builds of a batch as a matrix for GitHub Actions: one line of JSON that a job puts into
//! `$GITHUB_OUTPUT` and another takes with `fromJSON`.
//!
//! A row is one build for one platform, with all that is needed to build it in a clean checkout of the project, and to
//! push it by its digest. Its tags are those of the image that [`merge`](super::merge) makes of the digests.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::build_definition::{BuildDefinition, dockerfile_path};
use super::builds::{Builds, DistinctBuild};
use super::collected::append_once;
use super::digest::hex;
use super::format::{Format, Options, Writer};
use super::image_names::ImageNames;
#[cfg(feature = "cli")]
use super::shard::Shard;
#[cfg(feature = "cli")]
use crate::diagnostic::Diagnostics;
use crate::error::{Error, Result};

/// What GitHub allows in one matrix.
const MOST_ROWS: usize = 256;

#[derive(Serialize)]
struct Matrix<'m, R: Serialize> {
    include: &'m [R],
}

#[derive(Serialize)]
struct MatrixRow<'p> {
    name: &'p str,
    bake_target: &'p str,
    service: &'p str,
    /// The first fleet, device and arch of the build.
    fleet: Option<&'p str>,
    device: &'p str,
    arch: &'p str,
    platform: &'p str,
    runner: Labels<'p>,
    /// All fleets that the build is for.
    fleets: Vec<&'p str>,
    /// The same, or all device types where there are no fleets.
    r#for: BTreeSet<&'p str>,
    tags: &'p BTreeSet<String>,
    cache_scope: &'p str,
    sha256: String,
    context: String,
    /// The path of the Dockerfile, or else its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    dockerfile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inline: Option<String>,
    args: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// How the image is pushed by its digest alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    contexts: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cache_from: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cache_to: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ssh: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shm_size: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ulimits: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extra_hosts: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entitlements: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    no_cache_filter: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    no_cache: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pull: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attest: Vec<String>,
}

/// What `runs-on` takes: one label, or an array of which a runner has all.
#[derive(Serialize)]
#[serde(untagged)]
enum Labels<'p> {
    One(&'p str),
    All(&'p [String]),
}

pub const FORMAT: Format = Format {
    name: "matrix",
    help: "Matrix for GitHub Actions",
    flags: &[
        "--runner",
        "--tag",
        "--image-version",
        "--image-revision",
        "--image-created",
        "--cache-from",
        "--cache-to",
        "--files",
        "--relative-to",
        "--force",
    ],
    divides_builds: true,
    why_limited: Some(
        "GitHub takes 256 rows in a matrix, and 1 MiB of text from a job: give a file with fewer fleets; --format plan, tree, tar and ndjson take any number",
    ),
    writer: Writer::Builds(|builds, options| Ok(line(builds, options)?.into_bytes())),
};

/// The builds of a part of a batch, each for one platform.
#[cfg(feature = "cli")]
pub fn rows<'p>(builds: &Builds<'p>, shard: Shard) -> Vec<DistinctBuild<'p>> {
    let mut rows = builds.by_platform();
    let share = shard.of(rows.iter().map(|row| &row.name));
    rows.retain(|row| share.has(&row.name));
    rows
}

/// The matrix of a part of a batch, one row for each distinct build and platform. `--runner` says on which machine
/// the builds of a platform run; others run where GitHub has machines of the kind.
///
/// # Errors
/// Services that are not built for a device, tags that two builds for one platform would have, what
/// [`BuildDefinition::of`] refuses.
fn line(builds: &Builds, options: &Options) -> Result<String> {
    let (mut faults, mut names) = (builds.faults(false), ImageNames::new(builds, true));
    let rows = builds.by_platform();
    let share = options.shard.of(rows.iter().map(|row| &row.name));
    let mut defined = Vec::new();
    for row in &rows {
        let tags = names.tags(row, &options.image, &mut faults).all;
        if !share.has(&row.name) {
            continue;
        }
        // Without a name there is nothing to push to.
        let mut options = *options;
        options.image.by_digest = !tags.is_empty();
        match BuildDefinition::of(row, tags.clone(), builds, &options) {
            Ok(definition) => defined.push((row, tags, definition)),
            Err(more) => append_once(&mut faults, more),
        }
    }
    names.refuse_shared(&mut faults);
    if !faults.is_empty() {
        return Err(Error::Input(faults));
    }
    let rows = defined.iter().map(|(row, tags, definition)| matrix_row(row, tags, definition, options));
    text(&rows.collect::<Vec<_>>())
}

fn matrix_row<'p>(
    build: &'p DistinctBuild,
    tags: &'p BTreeSet<String>,
    definition: &BuildDefinition,
    options: &'p Options,
) -> MatrixRow<'p> {
    let row = &build.first;
    let platform = build.platforms.first().map_or("", String::as_str);
    let labels = match options.runners.get(platform).map(Vec::as_slice) {
        None | Some([]) => Labels::One(runner(platform)),
        Some([label]) => Labels::One(label),
        Some(labels) => Labels::All(labels),
    };
    let definition = definition.clone();
    MatrixRow {
        name: &build.name,
        bake_target: &build.target,
        service: &row.service.name,
        fleet: row.target.fleet.as_deref(),
        device: &row.target.device.slug,
        arch: &row.target.arch.slug,
        platform,
        runner: labels,
        fleets: if row.target.fleet.is_some() { build.fleets() } else { Vec::new() },
        r#for: build.fleets().into_iter().collect(),
        tags,
        cache_scope: &build.name,
        sha256: hex(&row.file.sha),
        context: definition.context,
        // Not relative to the context, as in a bake file: `docker build` and its action look from where they are run.
        dockerfile: options.files.map(|files| dockerfile_path(build, &files.to_string_lossy())),
        inline: definition.dockerfile_inline,
        args: definition.args,
        target: definition.target,
        // Without tags there is nothing to push to; outputs of the compose file are those of a bake file.
        output: definition.output.into_iter().next().filter(|_| !tags.is_empty()),
        labels: definition.labels,
        contexts: definition.contexts,
        cache_from: definition.cache_from,
        cache_to: definition.cache_to,
        secrets: definition.secret,
        ssh: definition.ssh,
        network: definition.network,
        shm_size: definition.shm_size,
        ulimits: definition.ulimits,
        extra_hosts: definition.extra_hosts,
        entitlements: definition.entitlements,
        no_cache: definition.no_cache,
        no_cache_filter: definition.no_cache_filter,
        pull: definition.pull,
        attest: definition.attest,
    }
}

/// Rows as a matrix, or as an array of matrices where there are more than GitHub takes in one.
pub fn text<R: Serialize>(rows: &[R]) -> Result<String> {
    // Strings and maps of strings: there is nothing in it that JSON cannot hold.
    let text = match rows.len() > MOST_ROWS {
        true => {
            let matrices: Vec<Matrix<R>> = rows.chunks(MOST_ROWS).map(|include| Matrix { include }).collect();
            crate::json::to_text(&matrices, false)
        }
        false => crate::json::to_text(&Matrix { include: rows }, false),
    };
    Ok(text.unwrap_or_default())
}

/// GitHub's own machine for a platform.
fn runner(platform: &str) -> &'static str {
    if platform.starts_with("linux/arm") { "ubuntu-24.04-arm" } else { "ubuntu-24.04" }
}

/// Warns of rows that cannot be built by themselves.
#[cfg(feature = "cli")]
pub fn notes(plan: &super::Plan) -> Diagnostics {
    use crate::diagnostic::{Diagnostic, Place};
    let mut notes = Diagnostics::new();
    let place = || Place::File(plan.batch.services.compose.clone().unwrap_or_default());
    for service in plan.batch.services.list() {
        for other in service.build.contexts.values().filter_map(|context| context.strip_prefix("service:")) {
            let message = format!(
                "the rows of `{}` need the image of `{other}`, which another row builds",
                service.name
            );
            let help =
                "build them with bake, which builds both: --format bake, and the `bake_target` of the row";
            notes.push_warning(|| Diagnostic::warning(place(), message).help(help));
        }
    }
    notes
}
