//! The distinct builds of a plan: rows with the same Dockerfile and the same build settings are one build, for however
//! many fleets and platforms.

use std::collections::{BTreeMap, BTreeSet};

use super::build_names::{self, word};
use super::digest::hex;
use super::plan::{Plan, Planned};
use super::shard::Shard;
use crate::project::{Build, BuildSettings};

/// One build.
#[derive(Debug)]
#[non_exhaustive]
pub struct DistinctBuild<'p> {
    /// The service, and the start of a digest over all that makes it distinct: `web-1a2b3c4d5e6f`. An edit of the
    /// Dockerfile changes it.
    pub id: String,
    /// The name of its target in a bake file, which an edit does not change: `web`, or `web-armv7` where the service
    /// has several builds.
    pub target: String,
    /// The name of the target, with the platform where it is one of several of the target.
    pub name: String,
    /// The first row that it is for.
    pub first: Planned<'p>,
    /// The platforms of all rows.
    pub platforms: BTreeSet<&'p str>,
    /// All rows that it is for, the first too.
    pub rows: Vec<Planned<'p>>,
}

impl DistinctBuild<'_> {
    /// The fleets that it is for, or the device types where there are no fleets, each once and in their order.
    pub fn fleets(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.rows.iter().map(|row| row.target.name()).collect();
        names.dedup();
        names
    }
}

impl DistinctBuild<'_> {
    /// What decides which part of a batch it belongs to: who it is for, and not what is built, so that an edit of
    /// a Dockerfile moves no build to another machine and its cache.
    fn share_key(&self, by_platform: bool) -> String {
        let of_row = |row: &Planned| (row.target.name().to_owned(), row.target.device.slug.to_string());
        let (target, device) = self.rows.iter().map(of_row).min().unwrap_or_default();
        let platform = if by_platform { &*self.first.target.arch.platform } else { "" };
        [&*self.first.service.name, &target, &device, platform].join("\0")
    }
}

impl Plan<'_> {
    /// The distinct builds of a part, by name. `by_platform` keeps platforms apart.
    pub fn builds(&self, shard: Shard, by_platform: bool) -> Vec<DistinctBuild<'_>> {
        let mut builds: BTreeMap<String, DistinctBuild> = BTreeMap::new();
        for row in self.rows() {
            let build = builds.entry(identity(&row)).or_insert_with_key(|identity| DistinctBuild {
                id: format!("{}-{}", word(&row.service.name), &identity[..12]),
                target: String::new(),
                name: String::new(),
                first: row,
                platforms: BTreeSet::new(),
                rows: Vec::new(),
            });
            build.platforms.insert(&row.target.arch.platform);
            build.rows.push(row);
        }
        let mut builds: Vec<DistinctBuild> = builds.into_values().collect();
        // The names do not depend on which part is wanted.
        let rows: Vec<&[Planned]> = builds.iter().map(|build| build.rows.as_slice()).collect();
        let names = build_names::names(&rows);
        for (build, name) in builds.iter_mut().zip(names) {
            (build.target, build.name) = (name.clone(), name);
        }
        builds.sort_by(|one, other| one.target.cmp(&other.target));
        if by_platform {
            builds = builds.into_iter().flat_map(split).collect();
            let mut taken = BTreeSet::new();
            for build in &mut builds {
                build.name = build_names::unused(std::mem::take(&mut build.name), &mut taken);
            }
        }
        if shard.is_part() {
            let keys: Vec<String> = builds.iter().map(|build| build.share_key(by_platform)).collect();
            let share = shard.of(&keys);
            let mut keys = keys.iter();
            builds.retain(|_| keys.next().is_some_and(|key| share.has(key)));
        }
        builds
    }
}

/// A build for each platform of a build.
fn split(build: DistinctBuild<'_>) -> Vec<DistinctBuild<'_>> {
    if build.platforms.len() == 1 {
        return vec![build];
    }
    let mut by_platform: BTreeMap<&str, Vec<Planned>> = BTreeMap::new();
    for row in build.rows {
        by_platform.entry(&row.target.arch.platform).or_default().push(row);
    }
    let mut builds = Vec::new();
    for (platform, rows) in by_platform {
        let Some(first) = rows.first().copied() else { continue };
        let short = build_names::short(platform);
        builds.push(DistinctBuild {
            id: format!("{}-{short}", build.id),
            target: build.target.clone(),
            name: format!("{}-{short}", build.target),
            first,
            platforms: BTreeSet::from([platform]),
            rows,
        });
    }
    builds
}

/// A digest over what tells a build from every other: the Dockerfile, its context, its arguments, its
/// stage.
fn identity(row: &Planned) -> String {
    use sha2::{Digest, Sha256};
    let mut digest = Sha256::new();
    let mut add = |text: &[u8]| {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    };
    // The platform of the compose file is not built for. The name of the Dockerfile does not matter where its text is
    // the same.
    let Build { context, dockerfile: _, args, target, platform: _, contexts, settings, places: _ } =
        &row.service.build;
    add(row.service.name.as_bytes());
    add(&row.file.sha);
    add(context.as_bytes());
    add(target.as_deref().unwrap_or_default().as_bytes());
    for (name, value) in args {
        add(name.as_bytes());
        add(value.as_deref().map_or(String::new(), |value| format!("={value}")).as_bytes());
    }
    if *settings != BuildSettings::default() {
        add(&serde_json::to_vec(settings).unwrap_or_default());
    }
    for (name, value) in contexts {
        add(b"context");
        add(name.as_bytes());
        add(value.as_bytes());
    }
    hex(&digest.finalize().into())
}
