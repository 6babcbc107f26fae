//! `device-types.yaml`: the contracts of balena, what its device repositories say of a device type, and what is known
//! of those that are gone.

mod contracts;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, bail};
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::balena::{self, Names};
use crate::flow::scalar;
use crate::rows::{self, KnownDevice};
use crate::{Made, Places};
use contracts::Contract;

const HEAD: &str = "\
# The device-type registry: every device type and architecture that dtpl knows.
#
# Made by `cargo run -p refresh` (docs/refresh.md) from balena's contracts and device repositories, and from data/:
# change what is there. Compiled in by build.rs, with data/more-device-types.yaml laid over it. `dtpl devices` shows
# it; a file of the same shape given with --device-types is laid over it too.
#
# status of a device type:
#   active           has a contract and a page in balena's documentation
#   contract-only    has a contract
#   repository-only  has no contract, but a description in one of balena's device repositories
#   removed          had a contract once
#   image-only       never had one; only base images were published under this name
# state, as its device repository has it, in one word; absent where that is not known:
#   released         balena releases balenaOS for it
#   new              it is not marked as released; some of these are in balena's documentation
#   discontinued     there are no new releases
#   community        it is released, and its community looks after it
# base_images: the families that had images under the device type's own name. Images named after
# the arch exist for every device type of that arch.

";

/// A row of `device-states.tsv`.
#[derive(Deserialize)]
struct Described {
    slug: String,
    arch: String,
    name: String,
    state: String,
    community: bool,
}

impl Described {
    /// One word of both columns. What is discontinued is that for everybody, so it goes before `community`.
    fn state(&self) -> &str {
        if self.community && self.state != "discontinued" { "community" } else { &self.state }
    }
}

/// An entry of the file.
struct Device<'s> {
    name: &'s str,
    arch: &'s str,
    aliases: Vec<&'s str>,
    status: Status,
    state: &'s str,
}

/// In the order of the file, each with the comment above its part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Active,
    ContractOnly,
    RepositoryOnly,
    Removed,
    ImageOnly,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::ContractOnly => "contract-only",
            Status::RepositoryOnly => "repository-only",
            Status::Removed => "removed",
            Status::ImageOnly => "image-only",
        }
    }
}

const PARTS: [(&str, &[Status]); 4] = [
    ("Current device types.", &[Status::Active, Status::ContractOnly]),
    ("Only in a device repository.", &[Status::RepositoryOnly]),
    ("Removed from the contracts.", &[Status::Removed]),
    ("Names that only base images had.", &[Status::ImageOnly]),
];

pub fn make(places: &Places) -> anyhow::Result<Vec<Made>> {
    let known = KnownDevice::all(&places.root)?;
    let described: Vec<Described> = rows::read(&places.sources.join("device-states.tsv"))?;
    let contracts = contracts::device_types(&places.sources)?;
    let arches = places.root.join("data/arches.yaml");
    let arches = fs::read_to_string(&arches).with_context(|| arches.display().to_string())?;
    let slugs = arch_slugs(&arches)?;
    if let Some(new) = contracts::arches(&places.sources)?.iter().find(|arch| !slugs.contains(*arch)) {
        bail!("arch.sw has the arch {new}: add it to data/arches.yaml");
    }

    let mut devices = collect(&contracts, &described, &known);
    add_aliases(&mut devices, &contracts, &known);
    if let Some((slug, device)) = devices.iter().find(|(_, device)| !slugs.contains(device.arch)) {
        bail!("{slug} has the arch {}: add it to data/arches.yaml", device.arch);
    }
    let names = balena::names(&places.root)?;
    let start = arches.find("arches:\n").context("data/arches.yaml has no `arches:`")?;
    let text = format!("{HEAD}{}\n{}", &arches[start..], entries(&devices, &names));
    Ok(vec![Made { path: "device-types.yaml", text }])
}

fn arch_slugs(arches: &str) -> anyhow::Result<BTreeSet<String>> {
    #[derive(Deserialize)]
    struct Arches {
        arches: IndexMap<String, IgnoredAny>,
    }
    let arches: Arches = serde_yaml::from_str(arches).context("data/arches.yaml")?;
    Ok(arches.arches.into_keys().collect())
}

/// Every device type by its slug, without other names. A contract says more than a device repository, and that more
/// than what was known once.
fn collect<'s>(
    contracts: &'s [Contract],
    described: &'s [Described],
    known: &'s [KnownDevice],
) -> BTreeMap<&'s str, Device<'s>> {
    let known: Vec<&KnownDevice> = known.iter().filter(|row| row.alias_of().is_none()).collect();
    let mut devices = BTreeMap::new();
    let mut add = |slug: &'s str, name: &'s str, arch: &'s str, status: Status| {
        let own = described.iter().find(|row| row.slug == slug).map(Described::state);
        let seen = || known.iter().find(|row| row.slug == slug).map(|row| &*row.repo_state_seen);
        let state = own.or_else(seen).unwrap_or_default();
        let name = if name.is_empty() { slug } else { name };
        let device = Device { name, arch, aliases: Vec::new(), status, state };
        devices.entry(slug).or_insert(device);
    };
    for contract in contracts {
        let is_documented = known.iter().any(|row| row.slug == contract.slug && row.is_documented());
        let status = if is_documented { Status::Active } else { Status::ContractOnly };
        add(&contract.slug, &contract.name, contract.arch(), status);
    }
    for row in &known {
        let status = if row.status == "no-contract" { Status::ImageOnly } else { Status::Removed };
        add(&row.slug, &row.name, &row.arch, status);
    }
    for row in described {
        add(&row.slug, &row.name, &row.arch, Status::RepositoryOnly);
    }
    devices
}

/// The other names: those of the contracts, then those of history. A name is one device type's: a slug goes before an
/// alias, and the first alias before the next.
fn add_aliases<'s>(
    devices: &mut BTreeMap<&'s str, Device<'s>>,
    contracts: &'s [Contract],
    known: &'s [KnownDevice],
) {
    let of_contracts =
        contracts.iter().flat_map(|own| own.aliases.iter().map(move |alias| (&*own.slug, &**alias)));
    let of_rows = known.iter().filter_map(|row| Some((row.alias_of()?, &*row.slug)));
    let in_rows = known.iter().filter(|row| row.alias_of().is_none()).flat_map(|row| {
        row.aliases.split(',').filter(|alias| !alias.is_empty()).map(move |alias| (&*row.slug, alias))
    });
    let mut taken: BTreeSet<&str> = devices.keys().copied().collect();
    for (slug, alias) in of_contracts.chain(of_rows).chain(in_rows) {
        if let Some(device) = devices.get_mut(slug).filter(|_| taken.insert(alias)) {
            device.aliases.push(alias);
        }
    }
}

fn entries(devices: &BTreeMap<&str, Device>, names: &Names) -> String {
    let mut out = "device_types:\n".to_owned();
    for (title, statuses) in PARTS {
        out += &format!("  # {title}\n");
        for (slug, device) in devices.iter().filter(|(_, device)| statuses.contains(&device.status)) {
            let aliases: Vec<String> = device.aliases.iter().map(|alias| scalar(alias)).collect();
            let mut fields = vec![
                format!("name: {}", scalar(device.name)),
                format!("arch: {}", scalar(device.arch)),
                format!("aliases: [{}]", aliases.join(", ")),
                format!("status: {}", device.status.name()),
            ];
            if !device.state.is_empty() {
                fields.push(format!("state: {}", scalar(device.state)));
            }
            let families: Vec<&str> = names.families(slug).collect();
            fields.push(format!("base_images: [{}]", families.join(", ")));
            out += &format!("  {}: {{{}}}\n", scalar(slug), fields.join(", "));
        }
    }
    out
}
