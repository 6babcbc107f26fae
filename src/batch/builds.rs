//! The distinct builds of a plan: rows with the same Dockerfile and the same build settings are one build, for however
//! many fleets and platforms.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
        let mut seen = BTreeSet::new();
        self.rows.iter().map(|row| row.target.name()).filter(|name| seen.insert(*name)).collect()
    }
}

impl Plan<'_> {
    /// The distinct builds of a part, by name. `by_platform` keeps platforms apart.
    pub fn builds(&self, shard: Shard, by_platform: bool) -> Vec<DistinctBuild<'_>> {
        let rows: Vec<Planned> = self.rows().collect();
        let mut known: HashMap<String, usize> = HashMap::new();
        // In the order of their first rows, which an edit of a Dockerfile does not change.
        let mut builds: Vec<DistinctBuild> = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let identity = identity(&rows, at, self.batch.services.list().len());
            let at = *known.entry(identity).or_insert_with_key(|identity| {
                builds.push(DistinctBuild {
                    id: format!("{}-{}", word(&row.service.name), &identity[..12]),
                    target: String::new(),
                    name: String::new(),
                    first: *row,
                    platforms: BTreeSet::new(),
                    rows: Vec::new(),
                });
                builds.len() - 1
            });
            let Some(build) = builds.get_mut(at) else { continue };
            build.platforms.insert(&row.target.arch.platform);
            build.rows.push(*row);
        }
        // The names do not depend on which part is wanted.
        let rows: Vec<&[Planned]> = builds.iter().map(|build| build.rows.as_slice()).collect();
        let names = build_names::names(&rows);
        for (build, name) in builds.iter_mut().zip(names) {
            (build.target, build.name) = (name.clone(), name);
        }
        builds.sort_by(|one, other| one.target.cmp(&other.target));
        if by_platform {
            // A row of one platform of several never has the name of another target.
            let mut taken = builds.iter().map(|build| build.target.clone()).collect();
            builds = builds.into_iter().flat_map(split).collect();
            for build in builds.iter_mut().filter(|build| build.name != build.target) {
                build.name = build_names::unused(std::mem::take(&mut build.name), &mut taken);
            }
        }
        if shard.is_part() {
            // Names change neither with a Dockerfile nor with a fleet that shares a build, so that what a machine has
            // in its cache stays of use.
            let share = shard.of(builds.iter().map(|build| &build.name));
            builds.retain(|build| share.has(&build.name));
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

/// A digest over what tells the build of a row from every other: the Dockerfile, its context, its arguments, its
/// stage, and the same of each service that it has as a context. The rows are those of all targets with all of so many
/// services.
fn identity(rows: &[Planned], at: usize, services: usize) -> String {
    identity_within(rows, at, services, services)
}

fn identity_within(rows: &[Planned], at: usize, services: usize, depth: usize) -> String {
    use sha2::{Digest, Sha256};
    let Some(row) = rows.get(at) else { return String::new() };
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
        // Compose refuses services that are contexts of each other; the depth ends what is built from it.
        if let (Some(other), 1..) = (value.strip_prefix("service:"), depth) {
            let start = at - at % services.max(1);
            let of_target = rows.get(start..start + services).unwrap_or_default();
            if let Some(number) = of_target.iter().position(|row| row.service.name == other) {
                add(identity_within(rows, start + number, services, depth - 1).as_bytes());
            }
        }
    }
    hex(&digest.finalize().into())
}
