//! Everything of `balenalib` that could ever be built.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Deserialize;

use super::releases::Distros;
use crate::flow;

/// A row of `data/balenalib-ever.tsv`.
#[derive(Deserialize)]
pub struct Row {
    arch: String,
    distro: String,
    /// Empty, as the version, without one.
    stack: String,
    stack_version: String,
    distro_versions: String,
    pub first_seen: String,
    last_seen: String,
}

/// A version, in the order of release: numbers by their value.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Version<'t>(Vec<Part<'t>>, &'t str);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part<'t> {
    Number(u64),
    Text(&'t str),
}

impl<'t> Version<'t> {
    fn of(text: &'t str) -> Version<'t> {
        let part = |part: &'t str| part.parse().map_or(Part::Text(part), Part::Number);
        Version(text.split(['.', '-']).map(part).collect(), text)
    }
}

/// The rows of each version of a stack, with the place of their arch.
type Versions<'r> = BTreeMap<Version<'r>, Vec<(usize, &'r Row)>>;

pub fn write(out: &mut String, rows: &[Row], arches: &[&str], distros: &Distros) -> anyhow::Result<()> {
    *out += "  # Everything that was ever buildable: distro: stack (or none): version: arches: [on which releases,\n";
    *out += "  # first day, last day]\n  ever:\n";
    let place = |arch: &str| {
        let at = arches.iter().position(|known| *known == arch);
        at.with_context(|| format!("no arch {arch} in architectures.tsv"))
    };
    for distro in distros.names() {
        *out += &format!("    {distro}:\n");
        let mut stacks: BTreeMap<&str, Versions> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.distro == distro) {
            let versions = stacks.entry(&row.stack).or_default();
            versions.entry(Version::of(&row.stack_version)).or_default().push((place(&row.arch)?, row));
        }
        for (stack, versions) in stacks {
            *out += &format!("      {}:\n", if stack.is_empty() { "none" } else { stack });
            for (version, mut rows) in versions {
                rows.sort_by_key(|(at, _)| *at);
                let entries = entries(&rows, distros)?;
                flow::map(out, 8, if stack.is_empty() { "any" } else { version.1 }, &entries);
            }
        }
    }
    let unknown = rows.iter().find(|row| !distros.names().any(|distro| distro == row.distro));
    match unknown {
        Some(row) => anyhow::bail!("no distribution {} in balena-choices.yaml", row.distro),
        None => Ok(()),
    }
}

/// The rows of one version, one entry for all arches that have the same.
fn entries(rows: &[(usize, &Row)], distros: &Distros) -> anyhow::Result<Vec<String>> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (_, row) in rows {
        let on = distros.set(&row.distro, row.distro_versions.split(','))?;
        let built = format!("[{on}, {}, {}]", row.first_seen, row.last_seen);
        match groups.iter_mut().find(|(known, _)| *known == built) {
            Some((_, arches)) => arches.push(&row.arch),
            None => groups.push((built, vec![&row.arch])),
        }
    }
    Ok(groups.iter().map(|(built, arches)| format!("{}: {built}", arches.join(" "))).collect())
}
