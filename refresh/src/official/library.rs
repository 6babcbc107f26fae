//! The files of `official-images/library`: which tags an image has, and for which platforms.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};

/// Tags that name the same builds, the fullest first.
#[derive(Debug, PartialEq)]
pub struct Block {
    /// As `arm/v7`.
    pub platforms: BTreeSet<String>,
    pub tags: Vec<String>,
}

/// By the name of the image.
pub type Images = BTreeMap<String, Vec<Block>>;

/// The platform of an architecture of official-images; nothing for Windows.
pub fn platform(arch: &str) -> anyhow::Result<Option<String>> {
    Ok(Some(match arch {
        "amd64" | "ppc64le" | "riscv64" | "s390x" | "mips64le" => arch.to_owned(),
        "arm32v5" | "arm32v6" | "arm32v7" => format!("arm/{}", &arch[5..]),
        "arm64v8" => "arm64".to_owned(),
        "i386" => "386".to_owned(),
        _ if arch.starts_with("windows-") => return Ok(None),
        _ => bail!("unknown architecture `{arch}`"),
    }))
}

pub fn read(folder: &Path) -> anyhow::Result<Images> {
    let mut images = Images::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name =
            path.file_name().and_then(|name| name.to_str()).context("a name that is no text")?.to_owned();
        let text = fs::read_to_string(&path).with_context(|| name.clone())?;
        images.insert(name.clone(), blocks(&text).with_context(|| name)?);
    }
    Ok(images)
}

/// Splits a text at lines without content; comments are dropped before that, wherever they stand.
fn fields(text: &str) -> anyhow::Result<Vec<BTreeMap<&str, String>>> {
    let mut blocks: Vec<BTreeMap<&str, String>> = vec![BTreeMap::new()];
    let mut last = None;
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let block = blocks.last_mut().expect("there is always one");
        if line.trim().is_empty() {
            if !block.is_empty() {
                blocks.push(BTreeMap::new());
            }
            last = None;
        } else if line.starts_with([' ', '\t']) {
            let field =
                last.and_then(|last| block.get_mut(last)).context("a continued line without a field")?;
            field.push(' ');
            field.push_str(line.trim());
        } else {
            let (name, value) = line.split_once(':').with_context(|| format!("no field in `{line}`"))?;
            block.insert(name, value.trim().to_owned());
            last = Some(name);
        }
    }
    blocks.retain(|block| !block.is_empty());
    Ok(blocks)
}

/// A comma-separated field.
fn list(field: Option<&String>) -> impl Iterator<Item = &str> {
    field.into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|item| !item.is_empty())
}

/// The blocks with a Linux platform. A tag that several of them share gets a block of its own.
fn blocks(text: &str) -> anyhow::Result<Vec<Block>> {
    let all = fields(text)?;
    let (header, all) = all.split_first().context("an empty file")?;
    let mut blocks: Vec<Block> = Vec::new();
    let mut shared: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for block in all {
        let field = |name| block.get(name).or_else(|| header.get(name));
        let architectures = field("Architectures").map_or("amd64", String::as_str);
        let mut platforms = BTreeSet::new();
        for arch in architectures.split(',') {
            platforms.extend(platform(arch.trim())?);
        }
        if platforms.is_empty() {
            continue;
        }
        for tag in list(block.get("SharedTags")) {
            let of = shared.entry(tag).or_default();
            if of.is_empty() {
                order.push(tag);
            }
            of.push(blocks.len());
        }
        blocks.push(Block { platforms, tags: list(block.get("Tags")).map(str::to_owned).collect() });
    }
    let mut several: Vec<(Vec<usize>, Block)> = Vec::new();
    for tag in order {
        let of = &shared[tag];
        if let [only] = of[..] {
            blocks[only].tags.push(tag.to_owned());
            continue;
        }
        match several.iter_mut().find(|(known, _)| known == of) {
            Some((_, block)) => block.tags.push(tag.to_owned()),
            None => {
                let platforms = of.iter().flat_map(|at| blocks[*at].platforms.clone()).collect();
                several.push((of.clone(), Block { platforms, tags: vec![tag.to_owned()] }));
            }
        }
    }
    blocks.extend(several.into_iter().map(|(_, block)| block));
    Ok(united(blocks))
}

/// The same tags, each once: one that several blocks name has the platforms of all of them, and a block of its own.
pub fn united(mut blocks: Vec<Block>) -> Vec<Block> {
    let mut of_tag: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, block) in blocks.iter().enumerate() {
        for tag in &block.tags {
            of_tag.entry(tag.clone()).or_default().push(at);
        }
    }
    of_tag.retain(|_, of| of.len() > 1);
    let several = of_tag.iter().map(|(tag, of)| Block {
        platforms: of.iter().flat_map(|at| blocks[*at].platforms.clone()).collect(),
        tags: vec![tag.clone()],
    });
    let several: Vec<Block> = several.collect();
    for block in &mut blocks {
        block.tags.retain(|tag| !of_tag.contains_key(tag));
    }
    blocks.retain(|block| !block.tags.is_empty());
    blocks.extend(several);
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_continuations_and_shared_tags() {
        let text = "# made\nMaintainers: a (@a),\n# dropped\n b\nArchitectures: amd64, arm32v7\n\n\
            Tags: 1.0-x, x\nSharedTags: 1.0,\n latest\n  \nTags: 1.0-y\nSharedTags: 1.0\nArchitectures: arm64v8\n\n\
            Tags: 1.0-w\nSharedTags: 1.0, latest\nArchitectures: windows-amd64\n";
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let tags = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let expected = [
            Block { platforms: set(&["amd64", "arm/v7"]), tags: tags(&["1.0-x", "x", "latest"]) },
            Block { platforms: set(&["arm64"]), tags: tags(&["1.0-y"]) },
            Block { platforms: set(&["amd64", "arm/v7", "arm64"]), tags: tags(&["1.0"]) },
        ];
        assert_eq!(blocks(text).unwrap(), expected);
        assert!(blocks("Maintainers: a\n\nTags: x\nArchitectures: vax\n").is_err());
    }

    #[test]
    fn a_tag_of_two_blocks_has_the_platforms_of_both() {
        let text = "Maintainers: a\n\nTags: 1, x\n\nTags: y, x\nArchitectures: arm64v8\n";
        let block = |platforms: &[&str], tag: &str| Block {
            platforms: platforms.iter().map(|name| (*name).to_owned()).collect(),
            tags: vec![tag.to_owned()],
        };
        let expected = [block(&["amd64"], "1"), block(&["arm64"], "y"), block(&["amd64", "arm64"], "x")];
        assert_eq!(blocks(text).unwrap(), expected);
    }
}
