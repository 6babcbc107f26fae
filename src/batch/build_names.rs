//! Names of builds that stay as they are when a Dockerfile is edited, so that `docker buildx bake --set web.args.X=y`
//! goes on to work.
//!
//! A service with one build gives it its name. Otherwise the builds are told apart by their platforms; if these are the
//! same, by their device types or fleets, whichever are fewer; else by both together.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Planned;

/// What a row adds to the name of its build.
type Part = fn(&Planned) -> String;

const PLATFORM: Part = |row| short(&row.platform().unwrap_or_else(|_| row.target.arch.platform.to_string()));
const DEVICE: Part = |row| word(&row.target.device.slug);
const FLEET: Part = |row| word(row.target.name());
/// A row belongs to one build, so that this tells builds apart, but for names that are one word.
const BOTH: Part = |row| format!("{}-{}", FLEET(row), DEVICE(row));

/// How many parts of a name are written; of more, the first.
const MOST_PARTS: usize = 3;

/// A platform in a name: `armv7` for `linux/arm/v7`, `arm64` for `linux/arm64/v8`.
pub fn short(platform: &str) -> String {
    let name = platform.strip_prefix("linux/").unwrap_or(platform);
    let name = name.strip_suffix("/v8").unwrap_or(name);
    word(&name.replace("arm/v", "armv").replace('/', "-"))
}

/// A name of letters, digits, `-` and `_`, which is what bake takes.
pub fn word(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

/// The names of all builds of a plan, each given by its rows, in their order.
pub fn names(builds: &[&[Planned]]) -> Vec<String> {
    let mut services: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, rows) in builds.iter().enumerate() {
        let service = rows.first().map_or("", |row| row.service.name.as_str());
        services.entry(service).or_default().push(at);
    }
    let mut names = vec![String::new(); builds.len()];
    // A service with one build has its own name, also where another has several builds; but services of different
    // names may be one word.
    let mut taken: BTreeSet<String> = services.keys().map(|service| word(service)).collect();
    let mut given = BTreeSet::new();
    for (service, of_service) in services {
        let rows: Vec<&[Planned]> = of_service.iter().filter_map(|at| builds.get(*at).copied()).collect();
        for (at, name) in of_service.into_iter().zip(names_of(&word(service), &rows)) {
            if let Some(own) = names.get_mut(at) {
                *own = if rows.len() == 1 && given.insert(name.clone()) {
                    name
                } else {
                    unused(name, &mut taken)
                };
            }
        }
    }
    names
}

/// The name, or with the first number from 2 that makes it one that is not taken.
pub fn unused(name: String, taken: &mut BTreeSet<String>) -> String {
    let mut own = name.clone();
    for number in 2.. {
        if taken.insert(own.clone()) {
            break;
        }
        own = format!("{name}-{number}");
    }
    own
}

fn names_of(service: &str, builds: &[&[Planned]]) -> Vec<String> {
    if builds.len() == 1 {
        return vec![service.to_owned()];
    }
    let parts_of = |part: Part| -> Vec<BTreeSet<String>> {
        builds.iter().map(|rows| rows.iter().map(part).collect()).collect()
    };
    let total = |sets: &Vec<BTreeSet<String>>| sets.iter().map(BTreeSet::len).sum::<usize>();
    let is_apart = |sets: &Vec<BTreeSet<String>>| {
        let all: BTreeSet<&String> = sets.iter().flatten().collect();
        all.len() == total(sets)
    };
    let apart = |part: Part| Some(parts_of(part)).filter(is_apart);
    let by_name = || [DEVICE, FLEET].into_iter().filter_map(apart).min_by_key(total);
    let sets = apart(PLATFORM).or_else(by_name).unwrap_or_else(|| parts_of(BOTH));
    let named = |set: &BTreeSet<String>| {
        let parts: Vec<&str> = set.iter().map(String::as_str).collect();
        let shown = if parts.len() > MOST_PARTS { 1 } else { parts.len() };
        format!("{service}-{}", parts[..shown].join("-"))
    };
    sets.iter().map(named).collect()
}
