//! The contracts of balena: one for each device type, and one for each arch.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

/// The contract of a device type. Its folder may be called otherwise.
#[derive(Deserialize)]
pub struct Contract {
    pub slug: String,
    pub name: String,
    /// Some repeat the slug.
    #[serde(default)]
    pub aliases: Vec<String>,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    arch: String,
}

impl Contract {
    pub fn arch(&self) -> &str {
        &self.data.arch
    }
}

/// All device types, by slug.
pub fn device_types(sources: &Path) -> anyhow::Result<Vec<Contract>> {
    let mut all: Vec<Contract> = read(sources, "hw.device-type")?;
    all.sort_by(|a, b| a.slug.cmp(&b.slug));
    Ok(all)
}

/// The slugs of the arches. `data.arch` of one of them is another name.
pub fn arches(sources: &Path) -> anyhow::Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Arch {
        slug: String,
    }
    let all: Vec<Arch> = read(sources, "arch.sw")?;
    Ok(all.into_iter().map(|arch| arch.slug).collect())
}

fn read<T: for<'de> Deserialize<'de>>(sources: &Path, kind: &str) -> anyhow::Result<Vec<T>> {
    let folder = sources.join("contracts/contracts").join(kind);
    let mut all = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path().join("contract.json");
        let text = fs::read(&path).with_context(|| path.display().to_string())?;
        all.push(serde_json::from_slice(&text).with_context(|| path.display().to_string())?);
    }
    Ok(all)
}
