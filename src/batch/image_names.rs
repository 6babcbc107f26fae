//! The tags and caches of builds: texts with placeholders such as `{fleet}`, filled for each row of a build.

use std::collections::{BTreeMap, BTreeSet};

use super::build_identity::is_alike;
use super::builds::{Builds, DistinctBuild};
use super::format::ImageOptions;
use super::plan::Planned;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::image::Reference;
use crate::project::bake_text;

/// What a placeholder can be filled from.
struct Fill<'f> {
    row: &'f Planned<'f>,
    build: &'f str,
    version: Option<&'f str>,
    /// Whether the organization is named by itself.
    has_org: bool,
}

impl<'f> Fill<'f> {
    fn of(template: &str, row: &'f Planned<'f>, build: &'f str, version: Option<&'f str>) -> Self {
        Fill { row, build, version, has_org: template.contains("{org}") }
    }

    /// The fleet, which has its organization before it where several have one of this name: not twice.
    fn fleet(&self) -> &str {
        let name = self.row.target.name();
        let org = self.row.target.organization.as_deref().filter(|_| self.has_org);
        org.and_then(|org| name.strip_prefix(org)?.strip_prefix('/')).unwrap_or(name)
    }
}

type Field = fn(&Fill) -> Option<String>;

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

/// The tags of several builds: no two may have one. With `shares`, builds for different platforms may.
pub struct ImageNames<'p> {
    builds: &'p Builds<'p>,
    shares: bool,
    /// The builds that have a tag, by the full name of the image: `a` and `docker.io/library/a:latest` are one.
    owners: BTreeMap<String, Vec<Owner>>,
}

/// A build that has a tag.
struct Owner {
    build: String,
    platforms: BTreeSet<String>,
    /// Where the tag is from.
    place: Place,
    /// The tag, if it is from a flag: one of a compose file can have the values of variables.
    text: Option<String>,
}

/// How many builds with one tag are named.
const NAMED: usize = 3;

impl<'p> ImageNames<'p> {
    /// Those of these builds, none yet.
    pub fn new(builds: &'p Builds<'p>, shares: bool) -> Self {
        ImageNames { builds, shares, owners: BTreeMap::new() }
    }

    /// The tags that `--tag` gives one of the builds, or else the compose file.
    pub fn tags(
        &mut self,
        build: &DistinctBuild,
        options: &ImageOptions,
        faults: &mut Diagnostics,
    ) -> BuildTags {
        let mut tags = BuildTags::default();
        if options.tags.is_empty() {
            for (tag, place) in self.builds.compose_tags(build, self.shares, faults) {
                match no_tag(tag) {
                    Some(why) => {
                        let message = format!(
                            "this cannot be the name of an image of `{}`: {why}",
                            build.first.service.name
                        );
                        faults.push_once(Diagnostic::error(place, message));
                    }
                    None if tags.all.insert(tag.to_owned()) => self.take(tag, build, place),
                    None => {}
                }
            }
        }
        for template in options.tags {
            if let Some(fault) = of_one_platform(template, "--tag", &build.platforms) {
                faults.push_once(fault);
                continue;
            }
            for row in &build.rows {
                let fill = Fill::of(template, row, &build.target, options.version);
                let Some(text) = filled(template, &fill, "--tag", faults) else { continue };
                if !tags.all.contains(&text) {
                    if let Some(why) = no_tag(&text) {
                        let message = format!("`{text}` is not a tag: {why}");
                        faults.push_once(Diagnostic::error(Place::Flag("--tag"), message));
                        continue;
                    }
                    self.take(&text, build, Place::Flag("--tag"));
                }
                tags.by_fleet.entry(row.target.name().to_owned()).or_default().insert(text.clone());
                tags.all.insert(text);
            }
        }
        tags
    }

    /// Notes that a build has a tag.
    fn take(&mut self, tag: &str, build: &DistinctBuild, place: Place) {
        let full = Reference::parse(tag).map_or_else(|_| tag.to_owned(), |reference| reference.full_name());
        self.owners.entry(full).or_default().push(Owner {
            build: build.target.clone(),
            platforms: build.platforms.clone(),
            text: matches!(place, Place::Flag(_)).then(|| tag.to_owned()),
            place,
        });
    }

    /// Whether builds of different services are the same but for the name of the service.
    fn are_alike(&self, targets: &BTreeSet<&str>) -> bool {
        let mut builds = self.builds.list.iter().filter(|build| targets.contains(build.target.as_str()));
        let first = builds.next();
        first.is_some_and(|first| {
            builds.all(|build| {
                build.first.service.name != first.first.service.name && is_alike(&build.first, &first.first)
            })
        })
    }

    /// The tags that several builds would have, each once.
    pub fn refuse_shared(mut self, faults: &mut Diagnostics) {
        for owners in std::mem::take(&mut self.owners).into_values() {
            let Some(first) = owners.first() else { continue };
            let meets = |(at, owner): &(usize, &Owner)| {
                let others = owners.iter().enumerate().filter(|(other, _)| other != at);
                !self.shares
                    || others.into_iter().any(|(_, other)| !other.platforms.is_disjoint(&owner.platforms))
            };
            let of_tag: Vec<&Owner> =
                owners.iter().enumerate().filter(meets).map(|(_, owner)| owner).collect();
            let names: BTreeSet<&str> = of_tag.iter().map(|owner| owner.build.as_str()).collect();
            if names.len() < 2 {
                continue;
            }
            let shown: Vec<&str> = names.iter().copied().take(NAMED).collect();
            let builds = match (shown.as_slice(), names.len()) {
                ([one, other], _) => format!("two builds, {one} and {other}"),
                (_, count) if count > NAMED => {
                    format!("{count} builds: {} and {} more", shown.join(", "), count - NAMED)
                }
                (_, count) => format!("{count} builds: {}", shown.join(", ")),
            };
            let tag = first.text.as_ref().map_or("this".to_owned(), |text| format!("`{text}`"));
            let message = format!("{tag} would be the tag of {builds}");
            let help = match first.text {
                Some(_) => "put what tells them apart into it: {fleet}, {service}, {device} or {arch}",
                None => "give each image its own name, or all of them tags with --tag and {service} in it",
            };
            let mut fault = Diagnostic::error(first.place.clone(), message).help(help);
            if first.text.is_none() && self.are_alike(&names) {
                fault = fault.help("or leave `build` out of all but one, as they are the same: the others then run its image");
            }
            let mut platforms = of_tag.iter().flat_map(|owner| &owner.platforms);
            let mut seen = BTreeSet::new();
            if platforms.all(|platform| seen.insert(platform)) {
                fault = fault.help(
                    "or make one image of all: push them with --by-digest, and join them with --format merge",
                );
            }
            faults.push(|| fault);
        }
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
            let fill = Fill::of(template, row, &build.name, version);
            // A value is a part of its field, also where it has a comma in it.
            let filled: Option<Vec<String>> = match bake_text::fields(template) {
                Some(fields) => fields
                    .iter()
                    .map(|field| Some(bake_text::field(&filled(field, &fill, flag, faults)?)))
                    .collect(),
                None => filled(template, &fill, flag, faults).map(|text| vec![text]),
            };
            of_template.extend(filled.map(|fields| fields.join(",")));
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

/// Every `{...}` in a tag, or in a cache, that is no field.
#[cfg(feature = "cli")]
pub fn unknown_fields(text: &str, is_cache: bool) -> Vec<&str> {
    let braces = text.match_indices('{').map(|(at, _)| &text[at..]);
    let unknown = braces.filter(|rest| !fields(is_cache).any(|name| rest.starts_with(name)));
    unknown.map(|rest| &rest[..rest.find('}').map_or(rest.len(), |end| end + 1)]).collect()
}

/// What `{...}` can be in a tag, or in a cache.
#[cfg(feature = "cli")]
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
