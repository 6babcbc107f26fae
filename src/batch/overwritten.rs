//! Caches and outputs that several builds would write: bake runs them beside each other, and each replaces what the one
//! before wrote.

use std::collections::{BTreeMap, BTreeSet};

use super::builds::{Builds, DistinctBuild};
use super::compose_builds::place_of_text;
use super::first_names::first_names;
use super::format::Options;
use super::image_names;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::project::bake_text;

/// The scope of a cache on GitHub that names none.
const SCOPE: &str = "buildkit";

/// What is written.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Written {
    /// Whether it is a cache, and not an output.
    is_cache: bool,
    /// What kind of place it is written to, and which.
    kind: String,
    target: String,
}

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
        let place = |fields: &[&[&str]], text: &str| place_of_text(builds.plan, &service.name, fields, text);
        let mut add = |written: Option<Written>, place: &dyn Fn() -> Place| {
            let Some(written) = written else { return };
            let new = || Writers { place: place(), builds: BTreeSet::new() };
            found.entry(written).or_insert_with(new).builds.insert(&row.name);
        };
        for text in &settings.cache_to {
            add(cache(text), &|| place(&[&["build", "cache_to"], &["build", "x-bake", "cache-to"]], text));
        }
        // What cannot be filled is an error by itself.
        let mut faults = Diagnostics::new();
        for text in
            image_names::caches((image.cache_to, "--cache-to"), builds, row, image.version, &mut faults)
        {
            add(cache(&text), &|| Place::Flag("--cache-to"));
        }
        for text in settings.output.iter().filter(|_| has_outputs) {
            add(output(text), &|| place(&[&["build", "x-bake", "output"]], text));
        }
    }
    let mut notes = Diagnostics::new();
    for (written, writers) in found.into_iter().filter(|(_, writers)| writers.builds.len() > 1) {
        notes.push(|| note(written.is_cache, &writers));
    }
    notes.sort_by_position();
    notes
}

fn note(is_cache: bool, writers: &Writers) -> Diagnostic {
    let what = if is_cache { "cache" } else { "output" };
    // The text can have the value of a variable in it.
    let message = format!(
        "{} builds write this {what}, each over the one before: {}",
        writers.builds.len(),
        first_names(&writers.builds)
    );
    let first = writers.builds.first().copied().unwrap_or_default();
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
    let get = |name: &str| bake_text::value(&fields, name);
    if let Some(reference) = bake_text::short(&fields) {
        return Some(Written { is_cache: true, kind: "registry".to_owned(), target: reference.to_owned() });
    }
    let kind = get("type")?;
    let target = match kind {
        "inline" => return None,
        "registry" => get("ref")?,
        "local" => get("dest")?,
        "gha" => get("scope").unwrap_or(SCOPE),
        _ => text,
    };
    Some(Written { is_cache: true, kind: kind.to_owned(), target: target.to_owned() })
}

/// The file, folder or name that an output is written to; nothing for one that has none, or is standard output.
fn output(text: &str) -> Option<Written> {
    let fields = bake_text::fields(text)?;
    let get = |name: &'static str| Some((name, bake_text::value(&fields, name)?));
    let short = bake_text::short(&fields).map(|path| ("dest", path));
    let (kind, target) = short.or_else(|| get("dest")).or_else(|| get("name"))?;
    (target != "-").then(|| Written { is_cache: false, kind: kind.to_owned(), target: target.to_owned() })
}

#[test]
fn what_caches_and_outputs_are_written_to() {
    let of = |written: Option<Written>| written.map(|written| format!("{} {}", written.kind, written.target));
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
