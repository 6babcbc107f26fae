//! The tags and caches of builds: texts with placeholders such as `{fleet}`, filled for each row of a build.

use std::collections::{BTreeMap, BTreeSet};

use super::builds::{Builds, DistinctBuild};
use super::format::ImageOptions;
use super::plan::Planned;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::image::Reference;

/// What a placeholder can be filled from.
struct Fill<'f> {
    row: &'f Planned<'f>,
    build: &'f str,
    version: Option<&'f str>,
}

type Field = fn(&Fill) -> Option<String>;

/// What `{...}` can be in a tag.
const FIELDS: [(&str, Field); 7] = [
    ("{fleet}", |fill| Some(fill.row.target.name().to_owned())),
    ("{org}", |fill| Some(fill.row.target.organization.as_deref()?.to_owned())),
    ("{service}", |fill| Some(fill.row.service.name.clone())),
    ("{device}", |fill| Some(fill.row.target.device.slug.to_string())),
    ("{arch}", |fill| Some(fill.row.target.arch.slug.to_string())),
    ("{platform}", |fill| {
        // A device that is not built for is an error by itself.
        let of_device = |_| fill.row.target.arch.platform.to_string();
        Some(fill.row.platform().unwrap_or_else(of_device).replace('/', "-"))
    }),
    ("{version}", |fill| Some(fill.version?.to_owned())),
];

/// What it can be in a cache beside these: the target, with its platform where that is built by itself.
const BUILD: (&str, Field) = ("{build}", |fill| Some(fill.build.to_owned()));

/// What differs between the platforms of an image.
const OF_PLATFORM: [&str; 2] = ["{arch}", "{platform}"];

/// The tags of a build.
#[derive(Debug, Default)]
pub struct BuildTags {
    /// All of them.
    pub all: BTreeSet<String>,
    /// Those of each fleet, or of each device type where there are no fleets.
    pub by_fleet: BTreeMap<String, BTreeSet<String>>,
}

/// The tags of several builds: no two may have one.
#[derive(Default)]
pub struct ImageNames {
    /// The builds that have a tag, with the platforms of each.
    owners: BTreeMap<String, Vec<(String, BTreeSet<String>)>>,
}

impl ImageNames {
    /// The tags that `--tag` gives one of these builds, or else the compose file. With `shares`, builds for different
    /// platforms may have a tag together.
    pub fn tags(
        &mut self,
        build: &DistinctBuild,
        builds: &Builds,
        options: &ImageOptions,
        shares: bool,
        faults: &mut Diagnostics,
    ) -> BuildTags {
        let mut tags = BuildTags::default();
        if options.tags.is_empty() {
            tags.all = builds.compose_tags(build, shares, faults);
        }
        for template in options.tags {
            if let Some(fault) = of_one_platform(template, "--tag", &build.platforms) {
                faults.push_once(fault);
                continue;
            }
            for row in &build.rows {
                let fill = Fill { row, build: &build.target, version: options.version };
                let Some(text) = filled(template, &fill, "--tag", faults) else { continue };
                if !tags.all.contains(&text) {
                    self.take(&text, build, shares, faults);
                }
                tags.by_fleet.entry(row.target.name().to_owned()).or_default().insert(text.clone());
                tags.all.insert(text);
            }
        }
        tags
    }

    /// Notes that a build has a tag, if it may.
    fn take(&mut self, text: &str, build: &DistinctBuild, shares: bool, faults: &mut Diagnostics) {
        let platforms = &build.platforms;
        let fault = |message: String| Diagnostic::error(Place::Flag("--tag"), message);
        if let Some(why) = no_tag(text) {
            faults.push_once(fault(format!("`{text}` is not a tag: {why}")));
        }
        let owners = self.owners.entry(text.to_owned()).or_default();
        let is_apart = |(_, of): &&(String, BTreeSet<String>)| of.is_disjoint(platforms);
        let other = owners.iter().find(|owner| !shares || !is_apart(owner));
        if let Some((other, of)) = other {
            let message = format!("`{text}` would be the tag of two builds, {other} and {}", build.target);
            let mut fault = fault(message)
                .help("put what tells them apart into it: {fleet}, {service}, {device} or {arch}");
            if of.is_disjoint(platforms) {
                fault = fault.help(
                    "or make one image of both: push them with --by-digest, and join them with --format merge",
                );
            }
            faults.push_once(fault);
        }
        owners.push((build.target.clone(), platforms.clone()));
    }
}

/// The caches that a flag gives a build: `--cache-from`, `--cache-to`.
pub fn caches(
    templates: &[String],
    flag: &'static str,
    build: &DistinctBuild,
    version: Option<&str>,
    faults: &mut Diagnostics,
) -> Vec<String> {
    let mut caches = Vec::new();
    for template in templates {
        if let Some(fault) = of_one_platform(template, flag, &build.platforms) {
            faults.push_once(fault);
            continue;
        }
        let mut of_template = BTreeSet::new();
        for row in &build.rows {
            let fill = Fill { row, build: &build.name, version };
            of_template.extend(filled(template, &fill, flag, faults));
        }
        caches.extend(of_template);
    }
    caches
}

/// The error for what names one platform of an image for several.
fn of_one_platform(template: &str, flag: &'static str, platforms: &BTreeSet<String>) -> Option<Diagnostic> {
    let field = OF_PLATFORM.into_iter().find(|field| template.contains(field))?;
    if platforms.len() < 2 {
        return None;
    }
    let names: Vec<&str> = platforms.iter().map(String::as_str).collect();
    let message = format!(
        "`{field}` would give several names to one image, which is for several platforms: {}",
        names.join(", ")
    );
    // What a cache says beside it may be a secret.
    let help = match flag {
        "--tag" => format!("leave it out: --tag '{}'", without_platform(template)),
        _ => format!("leave {field} out, or put {{build}} in its place"),
    };
    Some(Diagnostic::error(Place::Flag(flag), message).help(help))
}

/// A template without the fields that differ between platforms, and without what separated them from the rest.
fn without_platform(template: &str) -> String {
    let mut text = template.to_owned();
    for field in OF_PLATFORM {
        while let Some(at) = text.find(field) {
            let (before, after) = (&text[..at], &text[at + field.len()..]);
            let kept = match after.strip_prefix(['-', '_', '.', '/']) {
                Some(after) if before.ends_with([':', '/']) => format!("{before}{after}"),
                _ => format!("{}{after}", before.strip_suffix(['-', '_', '.', ':', '/']).unwrap_or(before)),
            };
            text = kept;
        }
    }
    text
}

/// A template with its fields filled; nothing with a fault where one has no value.
fn filled(template: &str, fill: &Fill, flag: &'static str, faults: &mut Diagnostics) -> Option<String> {
    let (mut out, mut rest, mut is_good) = (String::new(), template, true);
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let field = FIELDS.iter().chain([&BUILD]).find(|(name, _)| rest.starts_with(name));
        let Some((name, value)) = field else {
            out.push('{');
            rest = &rest[1..];
            continue;
        };
        match value(fill) {
            Some(value) => out.push_str(&value),
            None => {
                is_good = false;
                faults.push_once(without_value(name, fill, flag));
            }
        }
        rest = &rest[name.len()..];
    }
    is_good.then(|| out + rest)
}

fn without_value(field: &str, fill: &Fill, flag: &'static str) -> Diagnostic {
    let fault = |message: String| Diagnostic::error(Place::Flag(flag), message);
    match field {
        "{org}" => {
            fault(format!("`{}` has no organization to put in place of {{org}}", fill.row.target.name()))
                .help("only fleets of `balena fleet list --json` have one: write the organization itself")
        }
        _ => fault(format!("{field} has no value")).help("give it with --image-version"),
    }
}

/// The name of an image without its tag: `r.example:5000/a/b` of `r.example:5000/a/b:v1`.
pub fn repository(tag: &str) -> &str {
    match tag.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => tag,
    }
}

/// Why a text cannot be the tag of an image, if it cannot: as Docker has it.
fn no_tag(text: &str) -> Option<&'static str> {
    let name = repository(text);
    let tag = text.get(name.len() + 1..);
    let is_good_tag = |tag: &str| {
        (1..=128).contains(&tag.len())
            && !tag.starts_with(['.', '-'])
            && tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
    };
    if tag.is_some_and(|tag| !is_good_tag(tag)) {
        return Some("after the colon there are up to 128 letters, digits, `_`, `.` and `-`");
    }
    let is_good = Reference::parse(name).is_ok_and(|reference| reference.digest().is_none());
    (!is_good).then_some("an image's name has small letters, digits, and `_`, `.`, `-` between them")
}

/// The first `{...}` in a tag that is no field, and all fields.
#[cfg(feature = "cli")]
pub fn unknown_field(tag: &str, is_cache: bool) -> Option<(String, String)> {
    let fields = || FIELDS.iter().chain(is_cache.then_some(&BUILD)).map(|(name, _)| *name);
    let mut braces = tag.match_indices('{').map(|(at, _)| &tag[at..]);
    let unknown = braces.find(|rest| !fields().any(|name| rest.starts_with(name)))?;
    let end = unknown.find('}').map_or(unknown.len(), |end| end + 1);
    Some((unknown[..end].to_owned(), fields().collect::<Vec<_>>().join(", ")))
}

#[test]
fn a_tag_without_its_platform_is_still_a_tag() {
    for (template, expected) in [
        ("r/{fleet}/{service}:{arch}", "r/{fleet}/{service}"),
        ("r/{service}:v1-{arch}", "r/{service}:v1"),
        ("r/{service}:{arch}-v1", "r/{service}:v1"),
        ("r/{arch}/{service}:v1", "r/{service}:v1"),
        ("r/{service}-{platform}-{arch}:v1", "r/{service}:v1"),
    ] {
        assert_eq!(without_platform(template), expected);
    }
}
