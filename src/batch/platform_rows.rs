//! The builds of a batch with each platform by itself: the rows of a matrix, and what images are joined of.

use std::collections::{BTreeMap, BTreeSet};

use super::builds::DistinctBuild;
use super::compose_builds;
use super::plan::Plan;
use super::shard::Shard;
use crate::diagnostic::Diagnostics;

/// A build for one platform.
#[derive(Debug)]
pub struct PlatformRow<'p> {
    /// The build, for the devices of the platform.
    pub build: DistinctBuild<'p>,
    /// The platform that is built for, which the compose file may have chosen: a set of one, or of none where the
    /// compose file leaves the device out.
    pub platforms: BTreeSet<String>,
}

/// The rows of a part of a plan, by their names. What the compose files do not build for goes into `faults`.
pub fn rows<'p>(plan: &'p Plan<'p>, shard: Shard, faults: &mut Diagnostics) -> Vec<PlatformRow<'p>> {
    let mut rows: Vec<PlatformRow> = Vec::new();
    let mut known: BTreeMap<(String, BTreeSet<String>), usize> = BTreeMap::new();
    for build in plan.builds(shard, true) {
        let platforms = compose_builds::platforms(&build, faults);
        // Where the compose file builds for ARMv6 alone, devices of ARMv7 get the same image.
        match known.get(&(build.target.clone(), platforms.clone())).and_then(|at| rows.get_mut(*at)) {
            Some(row) => {
                row.build.rows.extend(build.rows);
                row.build.platforms.extend(build.platforms);
            }
            None => {
                known.insert((build.target.clone(), platforms.clone()), rows.len());
                rows.push(PlatformRow { build, platforms });
            }
        }
    }
    rows
}
