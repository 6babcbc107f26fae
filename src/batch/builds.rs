//! The distinct builds of a plan: rows with the same Dockerfile and the same build settings are one build, for however
//! many fleets and platforms.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use super::build_identity::Identities;
use super::build_names::{self, word};
use super::first_names::first_names;
use super::plan::{Plan, Planned};
use crate::diagnostic::Diagnostics;

/// All builds of a plan.
#[derive(Debug)]
#[non_exhaustive]
pub struct Builds<'p> {
    /// The plan.
    pub plan: &'p Plan<'p>,
    /// Each build for all its platforms, by their targets. Their names are the same in every part of a batch.
    pub list: Vec<DistinctBuild<'p>>,
    /// Devices that the compose file does not build for.
    pub left_out: Diagnostics,
    /// The names of the fleets that have no organization. Without fleets, the names of the device types.
    pub(super) without_organization: Vec<&'p str>,
    /// The build of each row of the plan, by its place in the list.
    of_rows: Vec<usize>,
    /// The place of each service among those of the plan.
    by_name: HashMap<&'p str, usize>,
    /// The builds of each service together.
    services: BTreeMap<&'p str, OfService>,
}

/// One build.
#[derive(Clone, Debug)]
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
    /// The platforms that it is built for, which the compose file may have chosen.
    pub platforms: BTreeSet<String>,
    /// All rows that it is for, the first too.
    pub rows: Vec<Planned<'p>>,
}

/// The builds of one service.
#[derive(Debug, Default)]
struct OfService {
    builds: usize,
    /// How many platforms they have, each build for itself.
    platforms: usize,
    /// The platforms of all of them.
    all: BTreeSet<String>,
    /// What tells them apart in a tag, once it was asked for.
    told_apart: OnceLock<String>,
}

impl DistinctBuild<'_> {
    /// The fleets that it is for, or the device types where there are no fleets, each once and in their order.
    pub fn fleets(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        self.rows.iter().map(|row| row.target.name()).filter(|name| seen.insert(*name)).collect()
    }

    /// The service, the first fleets and the platforms: `web for kiosk-eu, kiosk-us on linux/arm/v7`.
    pub fn description(&self) -> String {
        let fleets = first_names(self.fleets());
        let platforms: Vec<&str> = self.platforms.iter().map(String::as_str).collect();
        format!("{} for {fleets} on {}", self.first.service.name, platforms.join(", "))
    }

    /// A build for each of its platforms.
    fn by_platform(&self) -> Vec<Self> {
        if self.platforms.len() < 2 {
            return vec![self.clone()];
        }
        let mut by_platform: BTreeMap<String, Vec<Planned>> = BTreeMap::new();
        for row in &self.rows {
            let Ok(platform) = row.platform() else { continue };
            by_platform.entry(platform).or_default().push(*row);
        }
        let mut builds = Vec::new();
        for (platform, rows) in by_platform {
            let Some(first) = rows.first().copied() else { continue };
            let short = build_names::short(&platform);
            builds.push(DistinctBuild {
                id: format!("{}-{short}", self.id),
                target: self.target.clone(),
                name: format!("{}-{short}", self.target),
                first,
                platforms: BTreeSet::from([platform]),
                rows,
            });
        }
        builds
    }
}

impl<'p> Builds<'p> {
    /// Finds the builds of a plan.
    pub fn of(plan: &'p Plan<'p>) -> Self {
        let rows: Vec<Planned> = plan.rows().collect();
        let names = plan.batch.services.list().iter().map(|service| service.name.as_str());
        let by_name: HashMap<&str, usize> = names.enumerate().map(|(at, name)| (name, at)).collect();
        let mut identities = Identities::new(&rows, &by_name);
        let mut places: HashMap<usize, usize> = HashMap::new();
        let mut left_out = Diagnostics::new();
        // The platforms that rows of a service with a platform are built for.
        let mut chosen: HashMap<(&str, &str), Option<String>> = HashMap::new();
        // In the order of their first rows, which an edit of a Dockerfile does not change.
        let mut list: Vec<DistinctBuild> = Vec::new();
        for row in &rows {
            let identity = identities.number(row);
            let place = *places.entry(identity).or_insert_with(|| {
                list.push(DistinctBuild {
                    id: format!("{}-{:.12}", word(&row.service.name), identities.digest(identity)),
                    target: String::new(),
                    name: String::new(),
                    first: *row,
                    platforms: BTreeSet::new(),
                    rows: Vec::new(),
                });
                list.len() - 1
            });
            let Some(build) = list.get_mut(place) else { continue };
            build.rows.push(*row);
            let key = (row.service.name.as_str(), &*row.target.arch.platform);
            let platform = chosen
                .entry(key)
                .or_insert_with(|| row.platform().map_err(|fault| left_out.push_once(fault)).ok());
            if let Some(platform) = platform.as_ref().filter(|platform| !build.platforms.contains(*platform))
            {
                build.platforms.insert(platform.clone());
            }
        }
        let of_builds: Vec<&[Planned]> = list.iter().map(|build| build.rows.as_slice()).collect();
        let names = build_names::names(&of_builds);
        for (build, name) in list.iter_mut().zip(names) {
            (build.target, build.name) = (name.clone(), name);
        }
        list.sort_by(|one, other| one.target.cmp(&other.target));
        let mut services: BTreeMap<&str, OfService> = BTreeMap::new();
        let mut of_rows = vec![0; rows.len()];
        for (at, build) in list.iter().enumerate() {
            for row in &build.rows {
                if let Some(of_row) = of_rows.get_mut(row.number) {
                    *of_row = at;
                }
            }
            let of_service = services.entry(&build.first.service.name).or_default();
            of_service.builds += 1;
            of_service.platforms += build.platforms.len();
            of_service.all.extend(build.platforms.iter().cloned());
        }
        let targets = plan.batch.targets.iter().filter(|target| target.organization.is_none());
        let mut without_organization: Vec<(usize, &str)> =
            targets.map(|target| (target.number, target.name())).collect();
        // A fleet of several device types is there several times.
        without_organization.dedup_by_key(|(number, _)| *number);
        let without_organization = without_organization.into_iter().map(|(_, name)| name).collect();
        Builds { plan, list, left_out, without_organization, of_rows, by_name, services }
    }

    /// The builds with each platform by itself: the rows of a matrix, by their targets.
    pub fn by_platform(&self) -> Vec<DistinctBuild<'p>> {
        // A row of one platform of several never has the name of another target.
        let mut taken = self.list.iter().map(|build| build.target.clone()).collect();
        let mut rows: Vec<DistinctBuild> = self.list.iter().flat_map(DistinctBuild::by_platform).collect();
        for row in rows.iter_mut().filter(|row| row.name != row.target) {
            row.name = build_names::unused(std::mem::take(&mut row.name), &mut taken);
        }
        rows
    }

    /// The build of another service for the same device as a row; none if that service is not built.
    pub fn built_for(&self, row: &Planned, service: &str) -> Option<&DistinctBuild<'p>> {
        let number = self.by_name.get(service)?;
        self.list.get(*self.of_rows.get(row.number - row.number % self.by_name.len() + number)?)
    }

    /// Whether all builds of a service can make up one image: there is one, or with `shares` each has platforms of its
    /// own.
    pub fn is_one_image(&self, service: &str, shares: bool) -> bool {
        let is_one = |of: &OfService| of.builds == 1 || shares && of.platforms == of.all.len();
        self.services.get(service).is_some_and(is_one)
    }

    /// What tells the builds of a service apart in a tag. `describe` says it of these builds; it is asked once for each
    /// service, which may have a build for each of thousands of fleets.
    pub(super) fn told_apart(
        &self,
        service: &str,
        describe: impl FnOnce(&[&DistinctBuild]) -> String,
    ) -> &str {
        let Some(of) = self.services.get(service) else { return "" };
        of.told_apart.get_or_init(|| {
            let is_its = |build: &&DistinctBuild| build.first.service.name == service;
            describe(&self.list.iter().filter(is_its).collect::<Vec<_>>())
        })
    }

    /// Whether only one service is built.
    pub(super) fn is_of_one_service(&self) -> bool {
        self.services.len() < 2
    }
}
