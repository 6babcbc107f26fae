//! The images of .NET: `manifest.json` of dotnet-docker, with `manifest.versions.json` for its variables.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::library::{Block, Images};

#[derive(Deserialize)]
struct Manifest {
    registry: String,
    #[serde(default)]
    variables: Map<String, Value>,
    repos: Vec<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    name: String,
    images: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    shared_tags: Map<String, Value>,
    platforms: Vec<OfPlatform>,
}

#[derive(Deserialize)]
struct OfPlatform {
    os: String,
    architecture: Option<String>,
    variant: Option<String>,
    #[serde(default)]
    tags: Map<String, Value>,
}

#[derive(Deserialize)]
struct Versions {
    variables: Map<String, Value>,
}

/// Variables inside the values of variables are expanded as often as this.
const MOST_ROUNDS: usize = 10;

pub fn read(folder: &Path) -> anyhow::Result<Images> {
    let text = |name: &str| fs::read_to_string(folder.join(name)).with_context(|| name.to_owned());
    let manifest: Manifest = serde_json::from_str(&text("manifest.json")?).context("manifest.json")?;
    let versions: Versions =
        serde_json::from_str(&text("manifest.versions.json")?).context("manifest.versions.json")?;
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in manifest.variables.into_iter().chain(versions.variables) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        variables.insert(name, value);
    }
    let mut images = Images::new();
    for repository in manifest.repos {
        let name = format!("{}/{}", manifest.registry, repository.name);
        let mut blocks = Vec::new();
        for entry in repository.images {
            blocks.extend(entry_blocks(&entry, &variables).with_context(|| name.clone())?);
        }
        images.insert(name, blocks);
    }
    Ok(images)
}

/// The tags that all platforms of an entry share, then those of each platform.
fn entry_blocks(entry: &Entry, variables: &BTreeMap<String, String>) -> anyhow::Result<Vec<Block>> {
    let tags = |keys: &Map<String, Value>| keys.keys().map(|tag| expand(tag, variables)).collect();
    let mut all = Block {
        platforms: BTreeSet::new(),
        tags: Result::<Vec<String>, _>::from_iter(
            entry.shared_tags.keys().map(|tag| expand(tag, variables)),
        )?,
    };
    let mut blocks = Vec::new();
    for of in entry.platforms.iter().filter(|of| of.os == "linux") {
        let platform = match (of.architecture.as_deref(), of.variant.as_deref()) {
            (None | Some("amd64"), None) => "amd64".to_owned(),
            (Some("arm"), Some(variant)) => format!("arm/{variant}"),
            (Some("arm64"), None | Some("v8")) => "arm64".to_owned(),
            other => bail!("unknown platform {other:?}"),
        };
        all.platforms.insert(platform.clone());
        let tags: anyhow::Result<Vec<String>> = tags(&of.tags);
        blocks.push(Block { platforms: BTreeSet::from([platform]), tags: tags? });
    }
    if !all.platforms.is_empty() {
        blocks.insert(0, all);
    }
    blocks.retain(|block| !block.tags.is_empty());
    Ok(blocks)
}

/// Replaces `$(NAME)`.
fn expand(text: &str, variables: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let mut text = text.to_owned();
    for _ in 0..MOST_ROUNDS {
        let Some(from) = text.find("$(") else { return Ok(text) };
        let to = text[from..].find(')').map(|at| from + at).context("`$(` without `)`")?;
        let name = &text[from + 2..to];
        let value = variables.get(name).with_context(|| format!("no variable `{name}`"))?;
        text.replace_range(from..=to, value);
    }
    bail!("`{text}` is not expanded after {MOST_ROUNDS} rounds")
}
