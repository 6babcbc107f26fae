//! What makes a build distinct: a digest over its Dockerfile, its context, its arguments, its stage, and the same of each
//! service that it has as a context.

use std::collections::{BTreeSet, HashMap};

use super::digest::{Sha, hex};
use super::plan::Planned;
use crate::project::{Build, BuildSettings};

/// What tells rows from each other: the service, the Dockerfile, and the identities of the services that are contexts.
type Key = (usize, Sha, Vec<usize>);

/// The identities of rows, numbered as they come up. What a service says is digested once for each of its Dockerfiles,
/// and not for each of thousands of fleets.
pub struct Identities<'r> {
    rows: &'r [Planned<'r>],
    /// How many services there are; the rows of a target are beside each other.
    services: usize,
    /// The place of each service among them.
    by_name: &'r HashMap<&'r str, usize>,
    numbers: HashMap<Key, usize>,
    digests: Vec<String>,
    /// The identity of each row that was asked for: a service can be the context of many.
    of_rows: Vec<Option<usize>>,
    /// The rows whose computation has begun and not ended. A row in this set is not visited again, so the computation
    /// also ends if services are contexts of each other.
    open: BTreeSet<usize>,
}

impl<'r> Identities<'r> {
    /// Those of the rows of all targets, each with all services, of which each has a place.
    pub fn new(rows: &'r [Planned<'r>], by_name: &'r HashMap<&'r str, usize>) -> Self {
        let of_rows = vec![None; rows.len()];
        Identities {
            rows,
            services: by_name.len().max(1),
            by_name,
            numbers: HashMap::new(),
            digests: Vec::new(),
            of_rows,
            open: BTreeSet::new(),
        }
    }

    /// The number of the identity of a row. The identities of its contexts are computed first. The rows that wait for
    /// them are in a list: recursion would overflow the stack on a long chain of services.
    pub fn number(&mut self, row: &Planned) -> usize {
        let mut waiting = vec![row.number];
        while let Some(at) = waiting.last().copied() {
            let Some(row) = self.rows.get(at).filter(|_| self.known(at).is_none()) else {
                waiting.pop();
                continue;
            };
            let contexts = self.contexts(row);
            if self.open.insert(at) {
                let before = waiting.len();
                let open = contexts.into_iter().rev();
                waiting
                    .extend(open.filter(|other| self.known(*other).is_none() && !self.open.contains(other)));
                if waiting.len() > before {
                    continue;
                }
            }
            self.open.remove(&at);
            waiting.pop();
            self.make(row);
        }
        self.known(row.number).unwrap_or_default()
    }

    fn known(&self, at: usize) -> Option<usize> {
        self.of_rows.get(at).copied().flatten()
    }

    /// The rows of the services that are contexts of a row.
    fn contexts(&self, row: &Planned) -> Vec<usize> {
        let start = row.number - row.number % self.services;
        let names = row.service.build.contexts.values().filter_map(|value| value.strip_prefix("service:"));
        names.filter_map(|name| Some(start + self.by_name.get(name)?)).collect()
    }

    /// Computes the identity of a row from the identities of its contexts, which are known unless the services form a
    /// circle.
    fn make(&mut self, row: &Planned) {
        let contexts = self.contexts(row).into_iter().filter_map(|other| self.known(other)).collect();
        let key = (row.number % self.services, row.file.sha, contexts);
        let known = self.numbers.get(&key).copied();
        let number = known.unwrap_or_else(|| {
            let contexts: Vec<&str> = key.2.iter().map(|number| self.digest(*number)).collect();
            self.digests.push(digest(row, &contexts));
            self.numbers.insert(key, self.digests.len() - 1);
            self.digests.len() - 1
        });
        if let Some(of_row) = self.of_rows.get_mut(row.number) {
            *of_row = Some(number);
        }
    }

    /// The digest of an identity, in hexadecimal digits.
    pub fn digest(&self, number: usize) -> &str {
        self.digests.get(number).map_or("", String::as_str)
    }
}

/// Whether two rows of different services are built alike, of one Dockerfile.
pub fn is_alike(one: &Planned, other: &Planned) -> bool {
    let of = |row: &Planned| {
        let Build { context, dockerfile: _, args, target, platform, contexts, settings, places: _ } =
            row.service.build.clone();
        (row.file.sha, context, args, target, platform, contexts, settings)
    };
    of(one) == of(other)
}

/// The digest of a row whose contexts that are services have these digests.
fn digest(row: &Planned, services: &[&str]) -> String {
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
    for service in services {
        add(service.as_bytes());
    }
    hex(&digest.finalize().into())
}
