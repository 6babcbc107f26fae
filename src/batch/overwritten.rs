//! Caches and outputs that several builds would write: bake runs them beside each other, and each replaces what the one
//! before wrote.

use std::collections::{BTreeMap, BTreeSet};

use super::builds::{Builds, DistinctBuild};
use super::compose_builds::place_of_first;
use super::format::Options;
use super::image_names;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::project::bake_text;

/// The scope of a cache on GitHub that names none.
const SCOPE: &str = "buildkit";
/// How many builds are named.
const NAMED: usize = 3;

/// What is written, as its kind and its place; of a cache or output.
type Written = (bool, String, String);

/// Who writes it, and where the first of them says so.
struct Writers<'b> {
    place: Place,
    builds: BTreeSet<&'b str>,
}

/// The warnings for what several of the builds write. The outputs of a compose file are those of bake: rows of a
/// matrix, and images that are pushed by their digest, have none.
pub fn notes(rows: &[DistinctBuild], builds: &Builds, options: &Options, has_outputs: bool) -> Diagnostics {
    let mut found: BTreeMap<Written, Writers> = BTreeMap::new();
    let image = &options.image;
    for row in rows {
        let service = row.first.service;
        let settings = &service.build.settings;
        let place = |fields: &[&[&str]]| place_of_first(builds.plan, &service.name, fields, &["build"]);
        let mut add = |written: Option<Written>, place: &dyn Fn() -> Place| {
            let Some(written) = written else { return };
            let new = || Writers { place: place(), builds: BTreeSet::new() };
            found.entry(written).or_insert_with(new).builds.insert(&row.name);
        };
        for text in &settings.cache_to {
            add(cache(text), &|| place(&[&["build", "cache_to"], &["build", "x-bake", "cache-to"]]));
        }
        // What cannot be filled is an error by itself.
        let mut faults = Diagnostics::new();
        for text in
            image_names::caches((image.cache_to, "--cache-to"), builds, row, image.version, &mut faults)
        {
            add(cache(&text), &|| Place::Flag("--cache-to"));
        }
        for text in settings.output.iter().filter(|_| has_outputs) {
            add(output(text), &|| place(&[&["build", "x-bake", "output"]]));
        }
    }
    let mut notes = Diagnostics::new();
    for ((is_cache, ..), writers) in found.into_iter().filter(|(_, writers)| writers.builds.len() > 1) {
        notes.push(|| note(is_cache, &writers));
    }
    notes.sort_by_position();
    notes
}

fn note(is_cache: bool, writers: &Writers) -> Diagnostic {
    let count = writers.builds.len();
    let shown: Vec<&str> = writers.builds.iter().copied().take(NAMED).collect();
    let more = if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() };
    let what = if is_cache { "cache" } else { "output" };
    // The text can have the value of a variable in it.
    let message =
        format!("{count} builds write this {what}, each over the one before: {}{more}", shown.join(", "));
    let first = shown.first().copied().unwrap_or_default();
    let help = match (is_cache, &writers.place) {
        (true, Place::Flag(_)) => "put {build} into it, which is another text for each build".to_owned(),
        (true, _) => "leave it out here, and give --cache-to with {build} in it".to_owned(),
        (false, _) => format!("give each its own: docker buildx bake --set '{first}.output=...'"),
    };
    Diagnostic::warning(writers.place.clone(), message).help(help)
}

/// What a cache is written to; nothing for one that is written into the image.
fn cache(text: &str) -> Option<Written> {
    let fields = bake_text::fields(text)?;
    if let [reference] = fields.as_slice()
        && !reference.contains('=')
    {
        return Some((true, "registry".to_owned(), reference.clone()));
    }
    let get = |name: &str| value(&fields, name);
    let kind = get("type")?;
    let target = match kind {
        "inline" => return None,
        "registry" => get("ref")?,
        "local" => get("dest")?,
        "gha" => get("scope").unwrap_or(SCOPE),
        _ => text,
    };
    Some((true, kind.to_owned(), target.to_owned()))
}

/// The file, folder or name that an output is written to; nothing for one that has none, or is standard output.
fn output(text: &str) -> Option<Written> {
    let fields = bake_text::fields(text)?;
    if let [path] = fields.as_slice()
        && !path.contains('=')
    {
        return (path != "-").then(|| (false, "dest".to_owned(), path.clone()));
    }
    let get = |name: &'static str| Some((name, value(&fields, name)?));
    let (field, target) = get("dest").or_else(|| get("name")).filter(|(_, target)| *target != "-")?;
    Some((false, field.to_owned(), target.to_owned()))
}

fn value<'f>(fields: &'f [String], name: &str) -> Option<&'f str> {
    fields.iter().find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
}

#[test]
fn what_caches_and_outputs_are_written_to() {
    let of = |written: Option<Written>| written.map(|(_, kind, target)| format!("{kind} {target}"));
    for (text, expected) in [
        ("r/a:b", Some("registry r/a:b")),
        ("type=registry,ref=r/a:b,mode=max", Some("registry r/a:b")),
        ("type=local,dest=../c", Some("local ../c")),
        ("type=gha", Some("gha buildkit")),
        ("mode=max,type=gha,scope=x", Some("gha x")),
        ("type=s3,bucket=b,name=n", Some("s3 type=s3,bucket=b,name=n")),
        ("type=inline", None),
    ] {
        assert_eq!(of(cache(text)).as_deref(), expected, "{text}");
    }
    for (text, expected) in [
        ("out", Some("dest out")),
        ("-", None),
        ("type=tar,dest=-", None),
        ("type=local,dest=out", Some("dest out")),
        ("type=image,name=r/a,push=true", Some("name r/a")),
        ("type=registry", None),
        ("type=cacheonly", None),
    ] {
        assert_eq!(of(output(text)).as_deref(), expected, "{text}");
    }
}
