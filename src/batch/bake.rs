//! A `docker-bake.json`: the builds of a batch for `docker buildx bake`.
//!
//! Bake reads the strings of a JSON file as templates of HCL, in which `${` and `%{` start something.
//! They are doubled, and so stay text.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::compose_builds::{self, ComposeBuilds};
use super::format::{Format, Writer};
use super::plan::{DistinctBuild, Plan, Planned, word};
use super::shard::Shard;
use crate::compose;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::project::BuildSecret;

/// The group of all targets, which bake builds when none is named.
const ALL: &str = "default";

#[derive(Serialize)]
struct BakeFile {
    group: BTreeMap<String, BakeGroup>,
    target: BTreeMap<String, BakeTarget>,
}

#[derive(Default, Serialize)]
struct BakeGroup {
    targets: BTreeSet<String>,
}

#[derive(Serialize)]
struct BakeTarget {
    context: String,
    #[serde(rename = "dockerfile-inline")]
    dockerfile_inline: String,
    platforms: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    args: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    contexts: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    tags: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    #[serde(rename = "cache-from", skip_serializing_if = "Vec::is_empty")]
    cache_from: Vec<String>,
    #[serde(rename = "cache-to", skip_serializing_if = "Vec::is_empty")]
    cache_to: Vec<String>,
    #[serde(rename = "extra-hosts", skip_serializing_if = "BTreeMap::is_empty")]
    extra_hosts: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<String>,
    #[serde(rename = "no-cache", skip_serializing_if = "is_false")]
    no_cache: bool,
    #[serde(skip_serializing_if = "is_false")]
    pull: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secret: Vec<String>,
    #[serde(rename = "shm-size", skip_serializing_if = "Option::is_none")]
    shm_size: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ssh: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ulimits: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entitlements: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attest: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(truth: &bool) -> bool {
    !truth
}

pub const FORMAT: Format = Format {
    name: "bake",
    help: "File for docker buildx bake",
    flags: &["--tag"],
    divides_builds: true,
    writer: Writer::Text(|plan, options| {
        let project = options.project.to_string_lossy();
        let text = file(plan, &project, options.tag, options.shard).map_err(Error::Input)?;
        Ok(text.into_bytes())
    }),
};

/// The bake file of a part of a plan. `project` is the folder that contexts are relative to, as bake
/// has to find it; `tag` makes the tags of a row.
///
/// # Errors
/// Fleets whose groups would have one name, a Dockerfile that is not UTF-8, a tag that two builds
/// would have or that is none.
pub fn file(plan: &Plan, project: &str, tag: Option<&str>, shard: Shard) -> Result<String, Diagnostics> {
    let mut faults = Diagnostics::new();
    let mut groups: BTreeMap<String, BakeGroup> = BTreeMap::new();
    let mut fleets: BTreeMap<String, &str> = BTreeMap::new();
    let mut targets = BTreeMap::new();
    let mut tags: BTreeMap<String, String> = BTreeMap::new();
    groups.insert(ALL.to_owned(), BakeGroup::default());
    let of_compose = ComposeBuilds::new(plan);
    for build in plan.builds(shard, false) {
        for row in &build.rows {
            let fleet = row.target.name();
            let group = word(fleet);
            let other = fleets.entry(group.clone()).or_insert(fleet);
            if *other != fleet || group == ALL {
                let whose = if group == ALL {
                    "the group of all targets".to_owned()
                } else {
                    format!("the group of `{other}`")
                };
                let own = row.target.place.clone();
                let place = own.unwrap_or_else(|| Place::File(format!("device type {fleet}")));
                let message =
                    format!("the group of `{fleet}` in the bake file would be `{group}`, like {whose}");
                let help = "rename the fleet: bake takes letters, digits, `-` and `_`";
                faults.push(|| Diagnostic::error(place, message).help(help));
                continue;
            }
            groups.entry(group).or_default().targets.insert(build.name.clone());
        }
        groups.entry(ALL.to_owned()).or_default().targets.insert(build.name.clone());
        let mut own_tags = BTreeSet::new();
        for row in tag.iter().flat_map(|_| &build.rows) {
            let text = filled(tag.unwrap_or_default(), row);
            let other = tags.entry(text.clone()).or_insert_with(|| build.name.clone());
            let fault = |message: String| Diagnostic::error(Place::Flag("--tag"), message);
            if *other != build.name {
                let message = format!("`{text}` would be the tag of two builds, {other} and {}", build.name);
                let help = "put what tells them apart into it: {fleet}, {service}, {device} or {arch}";
                faults.push(|| fault(message).help(help));
            } else if let Some(why) = no_tag(&text) {
                faults.push(|| fault(format!("`{text}` is not a tag: {why}")));
            }
            own_tags.insert(escaped(&text));
        }
        if tag.is_none() {
            own_tags.extend(of_compose.tags(&build, &mut faults).map(escaped));
        }
        let platforms = compose_builds::platforms(&build, &mut faults);
        match target(&of_compose, &build, project, own_tags, &platforms) {
            Ok(target) => {
                targets.insert(build.name.clone(), target);
            }
            Err(fault) => faults.push(|| fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let file = BakeFile { group: groups, target: targets };
    // Strings and maps of strings: there is nothing in it that JSON cannot hold.
    Ok(crate::json::to_text(&file, true).unwrap_or_default())
}

fn target(
    of_compose: &ComposeBuilds,
    build: &DistinctBuild,
    project: &str,
    tags: BTreeSet<String>,
    platforms: &BTreeSet<String>,
) -> Result<BakeTarget, Diagnostic> {
    let row = &build.first;
    let dockerfile = std::str::from_utf8(&row.file.bytes).map_err(|_| {
        let place = Place::File(row.choice.path.clone());
        Diagnostic::error(place, "a bake file cannot hold bytes that are not UTF-8")
            .help("save the file as UTF-8")
    })?;
    let own = &row.service.build;
    let settings = &own.settings;
    let mut contexts = BTreeMap::new();
    for (name, value) in &own.contexts {
        let value = match value.strip_prefix("service:") {
            Some(other) => format!("target:{}", of_compose.built_for(row, other)?),
            None if compose::is_elsewhere(value) || value.starts_with('/') => value.clone(),
            None => in_project(project, value.trim_start_matches("./")),
        };
        contexts.insert(escaped(name), escaped(&value));
    }
    // An argument without a value takes one from the environment, of which this knows nothing.
    let args = own.args.iter().filter_map(|(name, value)| Some((escaped(name), escaped(value.as_deref()?))));
    Ok(BakeTarget {
        context: escaped(&in_project(project, &own.context)),
        dockerfile_inline: escaped(dockerfile),
        platforms: platforms.iter().map(|platform| escaped(platform)).collect(),
        args: args.collect(),
        contexts,
        target: own.target.as_deref().map(escaped),
        tags,
        labels: settings.labels.iter().map(|(name, value)| (escaped(name), escaped(value))).collect(),
        cache_from: list(&settings.cache_from),
        cache_to: list(&settings.cache_to),
        extra_hosts: settings
            .extra_hosts
            .iter()
            .map(|(name, value)| (escaped(name), escaped(value)))
            .collect(),
        network: settings.network.as_deref().map(escaped),
        no_cache: settings.no_cache,
        pull: settings.pull,
        secret: settings.secrets.iter().map(|secret| escaped(&secret_of(secret, project))).collect(),
        shm_size: settings.shm_size.map(|size| size.to_string()),
        ssh: list(&settings.ssh),
        ulimits: list(&settings.ulimits),
        entitlements: list(&settings.entitlements),
        attest: list(&settings.attest),
    })
}

fn list(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| escaped(text)).collect()
}

/// A secret as bake reads it: `id=NAME,src=PATH`.
fn secret_of(secret: &BuildSecret, project: &str) -> String {
    match (&secret.file, &secret.environment) {
        (Some(file), _) if file.starts_with(['/', '~']) => format!("id={},src={file}", secret.id),
        (Some(file), _) => format!("id={},src={}", secret.id, in_project(project, file)),
        (None, Some(variable)) => format!("id={},env={variable}", secret.id),
        (None, None) => format!("id={}", secret.id),
    }
}

/// A folder of the project, as bake has to find it.
fn in_project(project: &str, folder: &str) -> String {
    match (project, folder) {
        ("" | ".", "" | ".") => ".".to_owned(),
        ("" | ".", folder) => folder.to_owned(),
        (project, "" | ".") => project.to_owned(),
        (project, folder) => format!("{}/{folder}", project.trim_end_matches('/')),
    }
}

/// Text in which nothing is a template to HCL.
fn escaped(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

type Field = fn(&Planned) -> String;

/// What `{...}` in `--tag` can be.
const FIELDS: [(&str, Field); 5] = [
    ("{fleet}", |row| row.target.name().to_owned()),
    ("{service}", |row| row.service.name.clone()),
    ("{device}", |row| row.target.device.slug.to_string()),
    ("{arch}", |row| row.target.arch.slug.to_string()),
    ("{platform}", |row| row.target.arch.platform.replace('/', "-")),
];

fn filled(tag: &str, row: &Planned) -> String {
    let mut out = String::new();
    let mut rest = tag;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let field = FIELDS.iter().find_map(|(name, value)| Some((rest.strip_prefix(name)?, value(row))));
        let (after, value) = field.unwrap_or_else(|| (&rest[1..], "{".to_owned()));
        out.push_str(&value);
        rest = after;
    }
    out + rest
}

/// Why a text cannot be the tag of an image, if it cannot: as Docker has it.
fn no_tag(text: &str) -> Option<&'static str> {
    let (name, tag) = match text.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (text, None),
    };
    let is_good_tag = |tag: &str| {
        (1..=128).contains(&tag.len())
            && !tag.starts_with(['.', '-'])
            && tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
    };
    if tag.is_some_and(|tag| !is_good_tag(tag)) {
        return Some("after the colon there are up to 128 letters, digits, `_`, `.` and `-`");
    }
    let path = match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => path,
        _ => name,
    };
    let between = ['_', '.', '-'];
    let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || between.contains(&c);
    let is_good_part = |part: &str| {
        !part.is_empty()
            && part.chars().all(is_good)
            && !part.starts_with(between)
            && !part.ends_with(between)
    };
    (!path.split('/').all(is_good_part))
        .then_some("an image's name has small letters, digits, and `_`, `.`, `-` between them")
}

/// The first `{...}` in a tag that is no field, and all fields.
#[cfg(feature = "cli")]
pub fn unknown_field(tag: &str) -> Option<(String, String)> {
    let mut braces = tag.match_indices('{').map(|(at, _)| &tag[at..]);
    let unknown = braces.find(|rest| !FIELDS.iter().any(|(name, _)| rest.starts_with(name)))?;
    let end = unknown.find('}').map_or(unknown.len(), |end| end + 1);
    Some((unknown[..end].to_owned(), FIELDS.map(|(name, _)| name).join(", ")))
}
