//! The images of .NET: `manifest.json` of dotnet-docker, with `manifest.versions.json` for its variables.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::library::{self, Block, Images};

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
    images(&text("manifest.json")?, &text("manifest.versions.json")?)
}

fn images(manifest: &str, versions: &str) -> anyhow::Result<Images> {
    let manifest: Manifest = serde_json::from_str(manifest).context("manifest.json")?;
    let versions: Versions = serde_json::from_str(versions).context("manifest.versions.json")?;
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
        images.insert(name, library::united(blocks));
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

/// Replaces `$(NAME)`, round by round.
fn expand(text: &str, variables: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let mut text = text.to_owned();
    for _ in 0..MOST_ROUNDS {
        let Some((mut expanded, mut rest)) = text.split_once("$(").map(|(a, b)| (a.to_owned(), b)) else {
            return Ok(text);
        };
        loop {
            let (name, after) = rest.split_once(')').context("`$(` without `)`")?;
            expanded.push_str(variables.get(name).with_context(|| format!("no variable `{name}`"))?);
            let Some((plain, next)) = after.split_once("$(") else {
                expanded.push_str(after);
                break;
            };
            expanded.push_str(plain);
            rest = next;
        }
        text = expanded;
    }
    bail!("`{text}` is not expanded after {MOST_ROUNDS} rounds")
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSIONS: &str =
        r#"{"variables": {"a|tag": "$(b)-$(icu)", "b": "1.0", "icu": 74, "loop": "$(loop)"}}"#;

    /// The blocks of one image whose entries are these.
    fn blocks(entries: &str) -> anyhow::Result<Vec<Block>> {
        let manifest = format!(
            r#"{{"registry": "r.example", "variables": {{"os": "noble"}},
                "repos": [{{"name": "net/sdk", "images": [{entries}]}}]}}"#
        );
        let mut images = images(&manifest, VERSIONS)?;
        Ok(images.remove("r.example/net/sdk").unwrap())
    }

    fn block(platforms: &[&str], tags: &[&str]) -> Block {
        Block {
            platforms: platforms.iter().map(|name| (*name).to_owned()).collect(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        }
    }

    #[test]
    fn variables_of_both_files_stand_in_the_names_of_tags() {
        let got = blocks(
            r#"{"sharedTags": {"$(b)": {}, "$(a|tag)-$(os)": {}}, "platforms": [
                {"os": "linux", "tags": {"$(b)-amd64": {}}},
                {"os": "linux", "architecture": "arm", "variant": "v7", "tags": {"$(b)-arm32v7": {}}},
                {"os": "linux", "architecture": "arm64", "variant": "v8", "tags": {}}]}"#,
        );
        let all = block(&["amd64", "arm/v7", "arm64"], &["1.0", "1.0-74-noble"]);
        let expected = [all, block(&["amd64"], &["1.0-amd64"]), block(&["arm/v7"], &["1.0-arm32v7"])];
        assert_eq!(got.unwrap(), expected);
    }

    #[test]
    fn windows_is_left_out() {
        let windows = r#"{"os": "windows", "osVersion": "nanoserver-ltsc2022", "tags": {"1-nano": {}}}"#;
        let linux = r#"{"os": "linux", "tags": {"1-amd64": {}}}"#;
        assert_eq!(
            blocks(&format!(r#"{{"sharedTags": {{"1": {{}}}}, "platforms": [{windows}]}}"#)).unwrap(),
            []
        );
        let both = blocks(&format!(r#"{{"sharedTags": {{"1": {{}}}}, "platforms": [{windows}, {linux}]}}"#));
        assert_eq!(both.unwrap(), [block(&["amd64"], &["1"]), block(&["amd64"], &["1-amd64"])]);
    }

    #[test]
    fn a_tag_of_two_entries_has_the_platforms_of_both() {
        let entry = |rest: &str| {
            format!(r#"{{"sharedTags": {{"1": {{}}}}, "platforms": [{{"os": "linux"{rest}}}]}}"#)
        };
        let arm = entry(r#", "architecture": "arm64", "variant": "v8""#);
        let got = blocks(&format!("{}, {arm}", entry("")));
        assert_eq!(got.unwrap(), [block(&["amd64", "arm64"], &["1"])]);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let error = |tag: &str, platform: &str| {
            let entry =
                format!(r#"{{"platforms": [{{"os": "linux"{platform}, "tags": {{"{tag}": {{}}}}}}]}}"#);
            format!("{:#}", blocks(&entry).unwrap_err())
        };
        assert!(error("$(none)", "").contains("no variable `none`"));
        assert!(error("$(b", "").contains("without `)`"));
        assert!(error("$(loop)", "").contains("not expanded"));
        assert!(error("1", r#", "architecture": "vax""#).contains("unknown platform"));
    }

    #[test]
    fn many_variables_in_one_tag_are_one_round() {
        assert_eq!(
            blocks(&format!(
                r#"{{"platforms": [{{"os": "linux", "tags": {{"{}": {{}}}}}}]}}"#,
                "$(b)".repeat(20)
            ))
            .unwrap(),
            [block(&["amd64"], &[&"1.0".repeat(20)])]
        );
    }
}
