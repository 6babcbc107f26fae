//! Texts with placeholders such as `{fleet}`, which become the tags and caches of builds.

use std::collections::{BTreeMap, BTreeSet};

use super::builds::{Builds, DistinctBuild};
use super::first_names::first_names;
use super::plan::Planned;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};

/// What a placeholder can be filled from.
pub struct Fill<'f> {
    builds: &'f Builds<'f>,
    row: &'f Planned<'f>,
    build: &'f str,
    version: Option<&'f str>,
    /// Whether the organization is named by itself.
    has_org: bool,
}

impl<'f> Fill<'f> {
    /// What a template is filled from for a row of a build with this name, which is one of `builds`.
    pub fn of(
        template: &str,
        builds: &'f Builds<'f>,
        (row, build): (&'f Planned<'f>, &'f str),
        version: Option<&'f str>,
    ) -> Self {
        Fill { builds, row, build, version, has_org: template.contains("{org}") }
    }

    /// The fleet, which has its organization before it where several have one of this name: not twice.
    fn fleet(&self) -> &str {
        let name = self.row.target.name();
        let org = self.row.target.organization.as_deref().filter(|_| self.has_org);
        org.and_then(|org| name.strip_prefix(org)?.strip_prefix('/')).unwrap_or(name)
    }
}

type Field = fn(&Fill) -> Option<String>;

/// What `--image-version` is put in place of.
pub const VERSION: &str = "{version}";

/// What `{...}` can be in a tag.
const FIELDS: [(&str, Field); 7] = [
    ("{fleet}", |fill| Some(fill.fleet().to_owned())),
    ("{org}", |fill| Some(fill.row.target.organization.as_deref()?.to_owned())),
    ("{service}", |fill| Some(fill.row.service.name.clone())),
    ("{device}", |fill| Some(fill.row.target.device.slug.to_string())),
    ("{arch}", |fill| Some(fill.row.target.arch.slug.to_string())),
    ("{platform}", |fill| {
        // A device that is not built for is an error by itself.
        let of_device = |_| fill.row.target.arch.platform.to_string();
        Some(fill.row.platform().unwrap_or_else(of_device).replace('/', "-"))
    }),
    (VERSION, |fill| Some(fill.version?.to_owned())),
];

/// What it can be in a cache beside these: the target, with its platform where that is built by itself.
const BUILD: (&str, Field) = ("{build}", |fill| Some(fill.build.to_owned()));

/// What differs between the platforms of an image.
const OF_PLATFORM: [&str; 2] = ["{arch}", "{platform}"];

/// What tells builds apart, in the order in which it is suggested.
const TELL_APART: [&str; 4] = ["{fleet}", "{service}", "{device}", "{arch}"];

/// The placeholders that tell these builds apart, to put into a template: those each of which is filled with something
/// else for every one of them, or else all. A fleet may have several builds, and a device type be in several fleets:
/// then none may be enough by itself.
pub fn advice(builds: &Builds, of: &[&DistinctBuild]) -> String {
    // A template is that of all builds.
    let is_for_several = builds.list.iter().any(|build| build.platforms.len() > 1);
    let is_enough = |(name, value): &&(&'static str, Field)| {
        let mut seen = BTreeMap::new();
        TELL_APART.contains(name)
            && !(is_for_several && OF_PLATFORM.contains(name))
            && of.iter().enumerate().all(|(number, build)| {
                build.rows.iter().all(|row| {
                    let text = value(&Fill::of("", builds, (row, &build.target), None));
                    *seen.entry(text).or_insert(number) == number
                })
            })
    };
    let enough: Vec<&str> = FIELDS.iter().filter(is_enough).map(|(name, _)| *name).collect();
    match enough.as_slice() {
        [] => {
            let services: BTreeSet<&str> = of.iter().map(|build| &*build.first.service.name).collect();
            let is_useful = |name: &&str| match *name {
                "{service}" => services.len() > 1,
                name => !(is_for_several && OF_PLATFORM.contains(&name)),
            };
            let useful: Vec<&str> = TELL_APART.into_iter().filter(is_useful).collect();
            format!("several of {}", useful.join(", "))
        }
        [only] => (*only).to_owned(),
        several => format!("one of {}", several.join(", ")),
    }
}

/// Finds the placeholder whose value makes a text invalid, and returns its name and its value. Each placeholder of the
/// template is tried alone: its value is put in, and `a` in place of all other placeholders.
pub fn filled_at_fault(
    template: &str,
    fill: &Fill,
    is_bad: impl Fn(&str) -> bool,
) -> Option<(&'static str, String)> {
    let in_template = FIELDS.iter().filter(|(name, _)| *name != VERSION && template.contains(name));
    let values: Vec<_> = in_template.filter_map(|(name, value)| Some((*name, value(fill)?))).collect();
    let at = values.iter().position(|(name, value)| {
        let alone = template.replace(name, value);
        is_bad(&sample(&alone, "a"))
    })?;
    values.into_iter().nth(at)
}

/// The error for what names one platform of an image for several.
pub fn of_one_platform(
    template: &str,
    flag: &'static str,
    platforms: &BTreeSet<String>,
) -> Option<Diagnostic> {
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
pub fn filled(template: &str, fill: &Fill, flag: &'static str, faults: &mut Diagnostics) -> Option<String> {
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
    if field != "{org}" {
        return fault(format!("{field} has no value")).help("give it with --image-version");
    }
    // All of them have one cause.
    let names = &fill.builds.without_organization;
    let who = match names.as_slice() {
        [_, _, ..] => {
            let what = if fill.row.target.fleet.is_some() { "fleets" } else { "device types" };
            format!("{} {what} have", names.len())
        }
        _ => format!("`{}` has", fill.row.target.name()),
    };
    let shown = if names.len() > 1 { format!(": {}", first_names(names)) } else { String::new() };
    fault(format!("{who} no organization to put in place of {{org}}{shown}"))
        .help("only fleets of `balena fleet list --json` have one: write the organization itself")
}

/// A template with this version, and with `a` in place of every other placeholder.
pub fn sample(template: &str, version: &str) -> String {
    let letters = fields(true)
        .filter(|field| *field != VERSION)
        .fold(template.to_owned(), |text, field| text.replace(field, "a"));
    letters.replace(VERSION, version)
}

/// Every `{...}` in a tag, or in a cache, that is no field.
#[cfg(feature = "cli")]
pub fn unknown_fields(text: &str, is_cache: bool) -> Vec<&str> {
    let braces = text.match_indices('{').map(|(at, _)| &text[at..]);
    let unknown = braces.filter(|rest| !fields(is_cache).any(|name| rest.starts_with(name)));
    unknown.map(|rest| &rest[..rest.find('}').map_or(rest.len(), |end| end + 1)]).collect()
}

/// What `{...}` can be in a tag, or in a cache.
pub fn fields(is_cache: bool) -> impl Iterator<Item = &'static str> {
    FIELDS.iter().chain(is_cache.then_some(&BUILD)).map(|(name, _)| *name)
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
