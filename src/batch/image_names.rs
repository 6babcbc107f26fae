//! The tags and caches of builds, from templates that are filled for each row of a build, or from the compose file.

use std::collections::{BTreeMap, BTreeSet};

use super::build_identity::is_alike;
use super::builds::{Builds, DistinctBuild};
use super::collected::append_once;
use super::first_names::first_names;
use super::format::ImageOptions;
use super::name_template::{Fill, VERSION, advice, filled, filled_at_fault, of_one_platform, sample};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::escape::shortened;
use crate::image::{Reference, ReferenceFault};
use crate::project::bake_text;

/// The tags of a build.
#[derive(Debug, Default)]
pub struct BuildTags {
    /// All of them.
    pub all: BTreeSet<String>,
    /// Those of each fleet, or of each device type where there are no fleets.
    pub by_fleet: BTreeMap<String, BTreeSet<String>>,
    /// Whether some are missing, since they are at fault.
    pub is_at_fault: bool,
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
        let mut own_faults = Diagnostics::new();
        if options.tags.is_empty() {
            for (tag, place) in self.builds.compose_tags(build, self.shares, &mut own_faults) {
                match no_tag(tag).map(|fault| unshown(tag, &fault)) {
                    Some(why) => {
                        let message = format!(
                            "this cannot be the name of an image of `{}`: {why}",
                            build.first.service.name
                        );
                        own_faults.push_once(Diagnostic::error(place, message));
                    }
                    None if tags.all.insert(tag.to_owned()) => self.take(tag, build, place),
                    None => {}
                }
            }
        }
        for template in options.tags {
            if let Some(fault) = of_one_platform(template, "--tag", &build.platforms) {
                own_faults.push_once(fault);
                continue;
            }
            for row in &build.rows {
                let fill = Fill::of(template, self.builds, (row, &build.target), options.version);
                let Some(text) = filled(template, &fill, "--tag", &mut own_faults) else { continue };
                if !tags.all.contains(&text) {
                    if let Some(why) = no_tag(&text) {
                        own_faults.push_once(fault_of_tag(template, &fill, options.version, (&text, why)));
                        continue;
                    }
                    self.take(&text, build, Place::Flag("--tag"));
                }
                tags.by_fleet.entry(row.target.name().to_owned()).or_default().insert(text.clone());
                tags.all.insert(text);
            }
        }
        tags.is_at_fault = !own_faults.is_empty();
        append_once(faults, own_faults);
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

    /// What to put into a tag that these builds would have.
    fn help_of_shared(&self, targets: &BTreeSet<&str>) -> String {
        let of_tag: Vec<&DistinctBuild> =
            self.builds.list.iter().filter(|build| targets.contains(build.target.as_str())).collect();
        format!("put what tells them apart into it: {}", advice(self.builds, &of_tag))
    }

    /// Returns the error for a tag that several builds would have. `of_tag` are these builds, `names` the names of their
    /// targets, and `first` is the build whose place the error has.
    fn shared_tag(&self, first: &Owner, of_tag: &[&Owner], names: &BTreeSet<&str>) -> Diagnostic {
        let builds = match names.iter().copied().collect::<Vec<_>>().as_slice() {
            [one, other] => format!("two builds, {one} and {other}"),
            all => format!("{} builds: {}", all.len(), first_names(all)),
        };
        let tag = first.text.as_ref().map_or("this".to_owned(), |text| format!("`{text}`"));
        let message = format!("{tag} would be the tag of {builds}");
        let mut fault = Diagnostic::error(first.place.clone(), message);
        if first.text.is_some() {
            fault = fault.help(self.help_of_shared(names));
        } else {
            fault = fault
                .help("give each image its own name, or all of them tags with --tag and {service} in it");
            if self.are_alike(names) {
                fault = fault.help("or leave `build` out of all but one, as they are the same: the others then run its image");
            }
        }
        let mut platforms = of_tag.iter().flat_map(|owner| &owner.platforms);
        let mut seen = BTreeSet::new();
        if platforms.all(|platform| seen.insert(platform)) {
            fault = fault.help(
                "or make one image of all: push them with --by-digest, and join them with --format merge",
            );
        }
        fault
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
            faults.push(|| self.shared_tag(first, &of_tag, &names));
        }
    }
}

/// The caches that a flag gives a build: `--cache-from`, `--cache-to`.
pub fn caches(
    (templates, flag): (&[String], &'static str),
    builds: &Builds,
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
            let fill = Fill::of(template, builds, (row, &build.name), version);
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

/// The name of an image without its tag: `r.example:5000/a/b` of `r.example:5000/a/b:v1`.
pub fn repository(tag: &str) -> &str {
    match tag.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => tag,
    }
}

/// The error for a text that is not a tag, at its cause: the template if no text that is made from it can be a tag, the
/// version if no text with it can, or else what was put in place of another placeholder.
fn fault_of_tag(
    template: &str,
    fill: &Fill,
    version: Option<&str>,
    (text, why): (&str, ReferenceFault),
) -> Diagnostic {
    let fault = |name: &str, why: ReferenceFault| {
        let message = format!("`{}` is not a tag: {}", shortened(name, 80), why.message);
        Diagnostic::error(Place::Flag("--tag"), message)
    };
    if let Some(why) = no_tag(&sample(template, "a")) {
        let several = template.contains(',').then(|| "give each tag with a --tag of its own".to_owned());
        return fault(template, why).helps(several);
    }
    let Some((version, why)) =
        version.and_then(|version| Some((version, no_tag(&sample(template, version))?)))
    else {
        let help = filled_at_fault(template, fill, |text| no_tag(text).is_some()).map(|(field, value)| {
            let shown = shortened(&value, 80);
            // If two organizations have a fleet of this name, the value of `{fleet}` is `ORGANIZATION/FLEET`.
            if field == "{fleet}" && value.contains('/') && !template.contains("{org}") {
                format!("{field} is `{shown}` here: write {{org}}-{{fleet}}, which has no slash")
            } else {
                format!("{field} is `{shown}` here: write something else in its place")
            }
        });
        return fault(text, why).helps(help);
    };
    // What has a slash in it is not taken for a tag.
    let in_tag = template.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/'));
    let is_bad = in_tag
        .is_some_and(|tag| tag.contains(VERSION) && no_tag(&format!("a:{}", sample(tag, version))).is_some());
    let why = if is_bad { OF_TAG.to_owned() } else { why.message };
    let message =
        format!("`{}` cannot be the version in the tag `{template}`: {why}", shortened(version, 80));
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let other = version.replace(|c| !is_good(c), "-");
    let help = no_tag(&sample(template, &other))
        .is_none()
        .then(|| format!("give another, such as --image-version {other}"));
    Diagnostic::error(Place::Flag("--image-version"), message).helps(help)
}

/// What there can be after the colon.
const OF_TAG: &str = "after the colon there are up to 128 letters, digits, `_`, `.` and `-`";

/// Why there is no digest in a tag.
const OF_DIGEST: &str =
    "an image that is built cannot be given a digest: leave out the `@` and what follows it";

/// Why a text cannot be the tag of an image, if it cannot: as Docker has it.
fn no_tag(text: &str) -> Option<ReferenceFault> {
    if let Some(at) = text.find('@') {
        return Some(ReferenceFault { span: at..text.len(), message: OF_DIGEST.to_owned(), help: None });
    }
    Reference::parse(text).err()
}

/// Why a text cannot be a tag, without a part of it, which may be the value of a variable.
fn unshown(text: &str, fault: &ReferenceFault) -> String {
    let slash = text.find('/');
    let first = &text[..slash.unwrap_or(0)];
    let has_host = first.contains(['.', ':']) || first.contains(char::is_uppercase);
    let last = text.rfind('/').map_or(0, |slash| slash + 1);
    let is_in_tag = text[last..].find(':').is_some_and(|colon| fault.span.start > last + colon);
    // What a message has of the text is between backticks.
    if !fault.message.contains('`') || text.contains('@') {
        fault.message.clone()
    } else if is_in_tag {
        OF_TAG.to_owned()
    } else if has_host && fault.span.start < first.len() {
        "what precedes the first slash is no host".to_owned()
    } else {
        "an image's name has small letters, digits, and `_`, `.`, `-` between them".to_owned()
    }
}
