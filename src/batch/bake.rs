//! A `docker-bake.json`: the builds of a batch for `docker buildx bake`.
//!
//! Bake reads the strings of a JSON file as templates of HCL, in which `${` and `%{` start something.
//! They are doubled, and so stay text.
//!
//! Each build is a target with all its tags. Where fleets that share one have tags of their own, each of them has a
//! target that inherits the build and has its tags alone: its group moves no other fleet's tag, and BuildKit finds
//! everything else in its cache.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::build_definition::BuildDefinition;
use super::build_names::{unused, word};
use super::builds::{Builds, DistinctBuild};
use super::collected::append_once;
use super::format::{Format, ImageOptions, Options, Writer};
use super::image_names::{BuildTags, ImageNames};
use super::shard::Share;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;

/// The group of all targets, which bake builds when none is named.
const ALL: &str = "default";

#[derive(Serialize)]
struct BakeFile {
    group: BTreeMap<String, BakeGroup>,
    // Bake refuses a map without entries: that of a part with nothing to build.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    target: BTreeMap<String, BuildDefinition>,
}

#[derive(Default, Serialize)]
struct BakeGroup {
    targets: BTreeSet<String>,
}

pub const FORMAT: Format = Format {
    name: "bake",
    help: "File for docker buildx bake",
    flags: &[
        "--tag",
        "--image-version",
        "--image-revision",
        "--image-created",
        "--cache-from",
        "--cache-to",
        "--inherit",
        "--by-digest",
        "--files",
        "--relative-to",
        "--force",
    ],
    divides_builds: true,
    why_limited: Some(
        "a bake file holds all builds, and buildx starts them together: give a file with fewer fleets; --format plan, tree, tar and ndjson take any number",
    ),
    writer: Writer::Builds(|builds, options| Ok(file(builds, options).map_err(Error::Input)?.into_bytes())),
};

/// The builds of a part, each with its tags and its definition. The tags of the others are looked at, too: two parts
/// cannot have the same.
///
/// # Errors
/// Devices that are not built for; a tag that two builds would have or that is none; what [`BuildDefinition::of`]
/// refuses.
fn definitions<'b>(
    builds: &'b Builds,
    share: Share,
    options: &Options,
) -> Result<Vec<(&'b DistinctBuild<'b>, BuildTags, BuildDefinition)>, Diagnostics> {
    let mut faults = builds.faults(!options.image.by_digest);
    let mut names = ImageNames::new(builds, options.image.by_digest);
    let mut defined = Vec::new();
    for build in &builds.list {
        let tags = names.tags(build, &options.image, &mut faults);
        if !share.has(&build.target) {
            continue;
        }
        // Without a name there is nothing to push to.
        let mut options = *options;
        options.image.by_digest &= !tags.is_at_fault;
        match BuildDefinition::of(build, tags.all.clone(), builds, &options) {
            Ok(definition) => defined.push((build, tags, definition)),
            Err(more) => append_once(&mut faults, more),
        }
    }
    names.refuse_shared(&mut faults);
    if faults.is_empty() { Ok(defined) } else { Err(faults) }
}

/// The bake file of a part of a batch.
///
/// # Errors
/// Fleets whose groups would have one name; what [`definitions`] refuses.
pub fn file(builds: &Builds, options: &Options) -> Result<String, Diagnostics> {
    let mut faults = Diagnostics::new();
    let targets = || builds.list.iter().map(|build| &build.target);
    let share = options.shard.of(targets());
    let mut taken: BTreeSet<String> = targets().cloned().collect();
    for name in options.image.inherit.iter().filter(|name| taken.contains(*name)) {
        let message = format!("`{name}` is a target of this file");
        let help = "name a target of another bake file";
        faults.push(|| Diagnostic::error(Place::Flag("--inherit"), message).help(help));
    }
    taken.extend(options.image.inherit.iter().cloned());
    let services = service_groups(builds, &mut taken);
    let fleets = fleet_groups(&builds.list, &mut taken, &mut faults);
    let defined = match definitions(builds, share, options) {
        Ok(defined) if faults.is_empty() => defined,
        defined => {
            faults.append(defined.err().unwrap_or_default());
            return Err(faults);
        }
    };
    let mut file = BakeFile { group: BTreeMap::new(), target: BTreeMap::new() };
    file.group.insert(ALL.to_owned(), BakeGroup::default());
    for name in options.image.inherit {
        // What bake is given beside this file replaces it.
        file.target.insert(name.clone(), BuildDefinition::default());
    }
    for (name, definition) in of_other_parts(builds, &defined, options)? {
        file.target.insert(name, definition.escaped());
    }
    for (build, tags, definition) in defined {
        let name = build.target.clone();
        let mut add = |group: &str, target: &str| {
            file.group.entry(group.to_owned()).or_default().targets.insert(target.to_owned());
        };
        add(ALL, &name);
        add(&build.id, &name);
        if let Some(service) = services.get(build.first.service.name.as_str()) {
            add(service, &name);
        }
        let have_own = !options.image.by_digest && tags.by_fleet.values().any(|own| *own != tags.all);
        for fleet in build.fleets() {
            let Some(group) = fleets.get(fleet) else { continue };
            if !have_own {
                add(group, &name);
                continue;
            }
            let own = unused(format!("{group}-{name}"), &mut taken);
            add(group, &own);
            let of_fleet = BuildDefinition {
                inherits: vec![name.clone()],
                description: format!("{}, with the tags of {fleet}", build.first.service.name),
                tags: tags.by_fleet.get(fleet).cloned(),
                ..BuildDefinition::default()
            };
            file.target.insert(own, of_fleet.escaped());
        }
        file.target.insert(name, definition.escaped());
    }
    // Strings and maps of strings: there is nothing in it that JSON cannot hold.
    Ok(crate::json::to_text(&file, true).unwrap_or_default())
}

/// The targets of other parts that builds of this one have as contexts, without tags: they are pushed there.
fn of_other_parts(
    builds: &Builds,
    defined: &[(&DistinctBuild, BuildTags, BuildDefinition)],
    options: &Options,
) -> Result<BTreeMap<String, BuildDefinition>, Diagnostics> {
    let needed = |definition: &BuildDefinition| -> Vec<String> {
        definition
            .contexts
            .values()
            .filter_map(|context| Some(context.strip_prefix("target:")?.to_owned()))
            .collect()
    };
    let own: BTreeSet<&str> = defined.iter().map(|(build, ..)| build.target.as_str()).collect();
    let mut open: Vec<String> = defined.iter().flat_map(|(_, _, definition)| needed(definition)).collect();
    let mut found = BTreeMap::new();
    open.retain(|name| !own.contains(name.as_str()));
    if open.is_empty() {
        return Ok(found);
    }
    let all: BTreeMap<&str, &DistinctBuild> =
        builds.list.iter().map(|build| (build.target.as_str(), build)).collect();
    let mut faults = Diagnostics::new();
    let image = ImageOptions { tags: &[], by_digest: false, ..options.image };
    while let Some(name) = open.pop() {
        let Some(build) = all.get(name.as_str()) else { continue };
        if own.contains(name.as_str()) || found.contains_key(&name) {
            continue;
        }
        let options = Options { image, ..*options };
        match BuildDefinition::of(build, BTreeSet::new(), builds, &options) {
            Ok(definition) => {
                open.extend(needed(&definition));
                found.insert(name, definition);
            }
            Err(more) => append_once(&mut faults, more),
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

/// The group of each service that has several builds. Its name is none of those that are taken, and is taken then.
fn service_groups<'b>(builds: &'b Builds, taken: &mut BTreeSet<String>) -> BTreeMap<&'b str, String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for build in &builds.list {
        *counts.entry(&build.first.service.name).or_default() += 1;
    }
    let several = counts.into_iter().filter(|(_, count)| *count > 1);
    several.map(|(service, _)| (service, unused(word(service), taken))).collect()
}

/// The group of each fleet, or of each device type where there are no fleets. Its name is none of those that are taken,
/// and is taken then.
fn fleet_groups(
    builds: &[DistinctBuild],
    taken: &mut BTreeSet<String>,
    faults: &mut Diagnostics,
) -> BTreeMap<String, String> {
    let mut groups: BTreeMap<String, String> = BTreeMap::new();
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for row in builds.iter().flat_map(|build| &build.rows) {
        let fleet = row.target.name();
        if groups.contains_key(fleet) {
            continue;
        }
        let group = word(fleet);
        let other = owners.entry(group.clone()).or_insert(fleet);
        if *other != fleet || group == ALL {
            let whose = if group == ALL {
                "the group of all targets".to_owned()
            } else {
                format!("the group of `{other}`")
            };
            let own = row.target.place.clone();
            let place = own.unwrap_or_else(|| Place::File(format!("device type {fleet}")));
            let message = format!("the group of `{fleet}` in the bake file would be `{group}`, like {whose}");
            let help = "rename the fleet: bake takes letters, digits, `-` and `_`";
            faults.push_once(Diagnostic::error(place, message).help(help));
            continue;
        }
        groups.insert(fleet.to_owned(), group);
    }
    // The fleets that keep their names come first.
    let (kept, other): (Vec<_>, Vec<_>) = groups.iter_mut().partition(|(_, group)| !taken.contains(*group));
    taken.extend(kept.into_iter().map(|(_, group)| group.clone()).chain([ALL.to_owned()]));
    for (_, group) in other {
        *group = unused(format!("{group}-fleet"), taken);
    }
    groups
}

impl BuildDefinition {
    /// The definition with texts in which nothing is a template to HCL.
    fn escaped(self) -> Self {
        let text = |text: String| escaped(&text);
        let list = |texts: Vec<String>| texts.iter().map(|text| escaped(text)).collect();
        let set = |texts: BTreeSet<String>| texts.iter().map(|text| escaped(text)).collect();
        let map = |texts: BTreeMap<String, String>| {
            texts.iter().map(|(name, text)| (escaped(name), escaped(text))).collect()
        };
        BuildDefinition {
            inherits: self.inherits,
            description: text(self.description),
            context: text(self.context),
            dockerfile: self.dockerfile.map(text),
            dockerfile_inline: self.dockerfile_inline.map(text),
            platforms: set(self.platforms),
            args: map(self.args),
            contexts: map(self.contexts),
            target: self.target.map(text),
            tags: self.tags.map(set),
            labels: map(self.labels),
            cache_from: list(self.cache_from),
            cache_to: list(self.cache_to),
            extra_hosts: map(self.extra_hosts),
            network: self.network.map(text),
            no_cache: self.no_cache,
            no_cache_filter: list(self.no_cache_filter),
            pull: self.pull,
            secret: list(self.secret),
            shm_size: self.shm_size,
            ssh: list(self.ssh),
            ulimits: list(self.ulimits),
            entitlements: list(self.entitlements),
            attest: list(self.attest),
            output: list(self.output),
        }
    }
}

/// Text in which nothing is a template to HCL.
fn escaped(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}
