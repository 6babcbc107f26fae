//! The last generation of `balenalib`: arch by arch, which versions on which releases.

use anyhow::Context as _;
use indexmap::IndexMap;
use serde::Deserialize;

use super::releases::Distros;
use crate::flow;

/// By arch, then by distribution.
pub type Generation = IndexMap<String, IndexMap<String, Built>>;

#[derive(Deserialize)]
pub struct Built {
    /// The releases of the distribution.
    versions: Vec<String>,
    /// By stack.
    #[serde(flatten)]
    stacks: IndexMap<String, Vec<Versions>>,
}

/// Versions of a stack, all of them on the same releases.
#[derive(Deserialize)]
struct Versions {
    versions: Vec<String>,
    on: On,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum On {
    /// `all`
    All(String),
    Some(Vec<String>),
}

pub fn write(out: &mut String, generation: &Generation, distros: &Distros) -> anyhow::Result<()> {
    *out += "  # The final generation: arch: distro: releases of the distro, and stack: versions, on which releases.\n";
    *out += "  final:\n";
    for (arch, of_arch) in generation {
        *out += &format!("    {arch}:\n");
        for (distro, built) in of_arch {
            let set = |some: &[String]| distros.set(distro, some.iter().map(String::as_str));
            *out += &format!("      {distro}:\n        releases: {}\n", set(&built.versions)?);
            for (stack, all) in &built.stacks {
                let entry = |versions: &Versions| {
                    let on = match &versions.on {
                        On::Some(releases) => set(releases)?,
                        On::All(all) => {
                            anyhow::ensure!(all == "all", "{arch} {distro} {stack}: `on` is `{all}`");
                            set(&built.versions)?
                        }
                    };
                    Ok(format!("{on}: {}", versions.versions.join(" ")))
                };
                let entries: anyhow::Result<Vec<String>> = all.iter().map(entry).collect();
                flow::map(out, 8, stack, &entries.context("balenalib-catalogue.yaml")?);
            }
        }
    }
    Ok(())
}
