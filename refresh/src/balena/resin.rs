//! The first series, `resin/`, as it stood at the end.

use indexmap::IndexMap;
use serde::Deserialize;

use super::names::Names;
use crate::flow;

/// What `data/balena-choices.yaml` has of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choices {
    snapshot: String,
}

/// `data/resin-catalogue.yaml`, as far as it is read.
#[derive(Deserialize)]
pub struct Catalogue {
    hw_groups: Vec<Group>,
    raspberrypi3_versions: IndexMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Group {
    hw: Vec<String>,
    suffixes: Vec<String>,
}

/// What a name without a part meant: of the distribution `debian`, and of a release or a version.
pub type Defaults = IndexMap<String, String>;

pub fn write(out: &mut String, catalogue: &Catalogue, defaults: &Defaults, choices: &Choices, names: &Names) {
    *out += "\n# resin/<hardware>[-<distro>][-<stack>]:<version>[-slim|-onbuild|-<release>|-edge], as they stood at the end.\n";
    *out += &format!("resin:\n  snapshot: {}\n", choices.snapshot);
    // The distribution of a name without one is a fact of the program: image/balena.rs.
    let meant: Vec<String> = defaults
        .iter()
        .filter(|(part, _)| *part != "distro")
        .map(|(part, meant)| format!("{part}: {meant}"))
        .collect();
    *out += "  # What a part that was left out meant.\n";
    flow::map(out, 2, "meant", &meant);
    *out += "  # Aliases of device types that had images under their own name.\n";
    flow::list(out, 2, "aliases", &names.resin_aliases);
    *out += "  # The repositories: which suffixes each hardware had.\n  repositories:\n";
    for group in &catalogue.hw_groups {
        flow::list(out, 4, "- hardware", &group.hw);
        flow::list(out, 6, "suffixes", &group.suffixes);
    }
    *out += "  # The versions of raspberrypi3, by suffix; other hardware had nearly the same.\n  versions:\n";
    for (suffix, versions) in &catalogue.raspberrypi3_versions {
        flow::list(out, 4, suffix, versions);
    }
}
