//! `balena-images.yaml`: the series `balenalib/` and `resin/`, which change no more. Their lists are in `data/`.

mod ever;
mod last;
mod names;
mod releases;
mod resin;

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::rows::{self, Architecture, KnownDevice};
use crate::{Made, Places, flow};
use releases::Distros;

pub use names::Names;

const HEAD: &str = "\
# The two series of base images that balena published: what there was. They change no more.
#
# Made by `cargo run -p refresh` from data/ (docs/refresh.md); change what is there. Compiled in by build.rs.
#
# Versions stand in the order of release. `a..b` means everything from a to b in the list of that
# distribution's releases.

# balenalib/<hardware>[-<distro>][-<stack>]:[<version>][-<release>][-build|-run][-<yyyymmdd>]
# hardware is a device type or an arch; every part of the tag may be left out.
#
# Which image is for which arch is what was built; manifests say other things. Those of rpi declare
# linux/arm/v5, and older ones often linux/amd64 for everything.
";

/// `data/balenalib-catalogue.yaml`, as far as it is read.
#[derive(Deserialize)]
struct Catalogue {
    end_of_updates: String,
    /// By distribution or stack: what it meant when it was left out, by the first day.
    default_timeline: IndexMap<String, IndexMap<String, String>>,
    final_catalogue: last::Generation,
    resin_naming: ResinNaming,
}

#[derive(Deserialize)]
struct ResinNaming {
    defaults: resin::Defaults,
}

/// `data/balena-choices.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choices {
    balenalib: BalenalibChoices,
    resin: resin::Choices,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BalenalibChoices {
    snapshot: String,
    aliases_until: String,
    distros: Distros,
    extra: Vec<String>,
}

/// A file of `data/`.
fn read<T: DeserializeOwned>(root: &Path, file: &str) -> anyhow::Result<T> {
    let path = root.join("data").join(file);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    // `on` is a key.
    let options = serde_yaml::options! { strict_booleans: true };
    serde_yaml::from_str_with_options(&text, options).with_context(|| path.display().to_string())
}

/// Which names of device types had images of their own.
pub fn names(root: &Path) -> anyhow::Result<Names> {
    let choices: Choices = read(root, "balena-choices.yaml")?;
    let catalogue: Catalogue = read(root, "balenalib-catalogue.yaml")?;
    let ever: Vec<ever::Row> = rows::read(&root.join("data/balenalib-ever.tsv"))?;
    let first = ever.iter().map(|row| &row.first_seen).min().context("balenalib-ever.tsv is empty")?;
    Ok(Names::of(&KnownDevice::all(root)?, first, &choices.balenalib.snapshot, &catalogue.end_of_updates))
}

pub fn make(places: &Places) -> anyhow::Result<Vec<Made>> {
    let root = &places.root;
    let choices: Choices = read(root, "balena-choices.yaml")?;
    let catalogue: Catalogue = read(root, "balenalib-catalogue.yaml")?;
    let ever: Vec<ever::Row> = rows::read(&root.join("data/balenalib-ever.tsv"))?;
    let arches: Vec<Architecture> = rows::read(&root.join("data/architectures.tsv"))?;
    let arches: Vec<&str> = arches.iter().map(|arch| &*arch.balena_arch).collect();
    let names = names(root)?;

    let own = &choices.balenalib;
    let mut out = HEAD.to_owned();
    out += "balenalib:\n";
    out += &format!("  # Nothing was built after this day.\n  end: {}\n", catalogue.end_of_updates);
    out += "  # The last list of everything that was published. What is dated later was buildable.\n";
    out += &format!("  snapshot: {}\n", own.snapshot);
    out += "  # Names of device types that were aliases are not in the generation that ends the series.\n";
    out += &format!("  aliases_until: {}\n", own.aliases_until);
    own.distros.write(&mut out);
    out += "  # What a part that was left out meant, from which day on.\n  meant:\n";
    for (part, timeline) in &catalogue.default_timeline {
        flow::pairs(&mut out, 4, part, timeline.iter());
    }
    names.write(&mut out);
    out += "  # Other repositories, of which only the names are known: `*` stands for hardware, with or without a\n";
    out += "  # distribution.\n";
    flow::list(&mut out, 2, "extra", &own.extra);
    last::write(&mut out, &catalogue.final_catalogue, &own.distros)?;
    ever::write(&mut out, &ever, &arches, &own.distros)?;
    let defaults = &catalogue.resin_naming.defaults;
    resin::write(&mut out, &read(root, "resin-catalogue.yaml")?, defaults, &choices.resin, &names);
    Ok(vec![Made { path: "balena-images.yaml", text: out }])
}
