//! A `docker-bake.json`: the builds of a batch for `docker buildx bake`.
//!
//! Bake reads the strings of a JSON file as templates of HCL, in which `${` and `%{` start something.
//! They are doubled, and so stay text.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::format::{Format, Writer};
use super::plan::{DistinctBuild, Plan, Planned, word};
use super::shard::Shard;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;

/// The group of all targets, which bake builds when none is named.
const ALL: &str = "default";

#[derive(Serialize)]
struct File {
    group: BTreeMap<String, Group>,
    target: BTreeMap<String, Target>,
}

#[derive(Default, Serialize)]
struct Group {
    targets: BTreeSet<String>,
}

#[derive(Serialize)]
struct Target {
    context: String,
    #[serde(rename = "dockerfile-inline")]
    dockerfile_inline: String,
    platforms: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    args: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    tags: BTreeSet<String>,
}

/// The format of this file.
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
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut fleets: BTreeMap<String, &str> = BTreeMap::new();
    let mut targets = BTreeMap::new();
    let mut tags: BTreeMap<String, String> = BTreeMap::new();
    groups.insert(ALL.to_owned(), Group::default());
    for build in plan.builds(shard, false) {
        for row in &build.rows {
            let fleet = row.target.name();
            let group = word(fleet);
            let other = fleets.entry(group.clone()).or_insert(fleet);
            if *other != fleet || group == ALL {
                let whose = if group == ALL { "the group of all".to_owned() } else { format!("`{other}`") };
                let own = row.target.place.clone();
                let place = own.unwrap_or_else(|| Place::File(format!("device type {fleet}")));
                faults.push(|| {
                    Diagnostic::error(
                        place,
                        format!("its group in the bake file would be `{group}`, as that of {whose}"),
                    )
                    .help("rename the fleet: bake takes letters, digits, `-` and `_`")
                });
                continue;
            }
            groups.entry(group).or_default().targets.insert(build.name.clone());
        }
        if let Some(all) = groups.get_mut(ALL) {
            all.targets.insert(build.name.clone());
        }
        let mut own_tags = BTreeSet::new();
        for row in tag.iter().flat_map(|_| &build.rows) {
            let text = filled(tag.unwrap_or_default(), row);
            let other = tags.entry(text.clone()).or_insert_with(|| build.name.clone());
            let place = || Place::Flag("--tag");
            if *other != build.name {
                faults.push(|| {
                    Diagnostic::error(
                        place(),
                        format!("`{text}` would be the tag of two builds, {other} and {}", build.name),
                    )
                    .help("put what tells them apart into it: {fleet}, {service}, {device} or {arch}")
                });
            } else if let Some(why) = no_tag(&text) {
                faults.push(|| Diagnostic::error(place(), format!("`{text}` is not a tag: {why}")));
            }
            own_tags.insert(escaped(&text));
        }
        match target(&build, project, own_tags) {
            Ok(target) => {
                targets.insert(build.name.clone(), target);
            }
            Err(fault) => faults.push(|| fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let file = File { group: groups, target: targets };
    // Strings and maps of strings: there is nothing in it that JSON cannot hold.
    Ok(crate::json::to_text(&file, true).unwrap_or_default())
}

fn target(build: &DistinctBuild, project: &str, tags: BTreeSet<String>) -> Result<Target, Diagnostic> {
    let row = &build.first;
    let dockerfile = std::str::from_utf8(&row.file.bytes).map_err(|_| {
        Diagnostic::error(
            Place::File(row.choice.path.clone()),
            "a bake file cannot hold bytes that are not UTF-8",
        )
        .help("save the file as UTF-8")
    })?;
    let own = &row.service.build;
    let context = match (project, own.context.as_str()) {
        ("" | ".", "") => ".".to_owned(),
        ("" | ".", context) => context.to_owned(),
        (project, "") => project.to_owned(),
        (project, context) => format!("{}/{context}", project.trim_end_matches('/')),
    };
    // An argument without a value takes one from the environment, of which this knows nothing.
    let args = own.args.iter().filter_map(|(name, value)| Some((escaped(name), escaped(value.as_deref()?))));
    Ok(Target {
        context: escaped(&context),
        dockerfile_inline: escaped(dockerfile),
        platforms: build.platforms.iter().map(|platform| escaped(platform)).collect(),
        args: args.collect(),
        target: own.target.as_deref().map(escaped),
        tags,
    })
}

/// Text that HCL takes for nothing but text.
fn escaped(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

/// What a field of `--tag` is for a row.
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
        match FIELDS.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                out.push_str(&value(row));
                rest = &rest[name.len()..];
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
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
        return Some("behind the colon are up to 128 letters, digits, `_`, `.` and `-`");
    }
    let mut parts: Vec<&str> = name.split('/').collect();
    if parts.len() > 1
        && parts.first().is_some_and(|first| first.contains(['.', ':']) || *first == "localhost")
    {
        parts.remove(0);
    }
    let is_good_part = |part: &&str| {
        let ends = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        ends(part.as_bytes().first())
            && ends(part.as_bytes().last())
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-'))
    };
    (!parts.iter().all(is_good_part))
        .then_some("an image's name has small letters, digits, and `_`, `.`, `-` between them")
}

/// The first `{...}` in a tag that stands for nothing, and all that do.
pub fn unknown_field(tag: &str) -> Option<(String, String)> {
    let mut rest = tag;
    while let Some(at) = rest.find('{') {
        rest = &rest[at..];
        if !FIELDS.iter().any(|(name, _)| rest.starts_with(name)) {
            let end = rest.find('}').map_or(rest.len(), |end| end + 1);
            let known: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
            return Some((rest[..end].to_owned(), known.join(", ")));
        }
        rest = &rest[1..];
    }
    None
}
