//! The files of official-images, `library/*`: which tags an image has, and for which platforms. The program for
//! maintainers reads them with this too, so that there is one reader of the format.

use std::collections::{BTreeMap, BTreeSet};

/// Tags that name the same builds, the fullest first.
#[derive(Debug, PartialEq)]
pub struct Block {
    /// As `arm/v7`.
    pub platforms: BTreeSet<String>,
    pub tags: Vec<String>,
}

/// The platform of an architecture of official-images; nothing for Windows.
pub fn platform(arch: &str) -> Result<Option<String>, String> {
    Ok(Some(match arch {
        "amd64" | "ppc64le" | "riscv64" | "s390x" | "mips64le" => arch.to_owned(),
        "arm32v5" | "arm32v6" | "arm32v7" => format!("arm/{}", &arch[5..]),
        "arm64v8" => "arm64".to_owned(),
        "i386" => "386".to_owned(),
        _ if arch.starts_with("windows-") => return Ok(None),
        _ => return Err(format!("unknown architecture `{arch}`")),
    }))
}

/// Splits a text at lines without content; comments are dropped before that, wherever they stand.
fn fields(text: &str) -> Result<Vec<BTreeMap<&str, String>>, String> {
    let mut blocks: Vec<BTreeMap<&str, String>> = vec![BTreeMap::new()];
    let mut last = None;
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let Some(block) = blocks.last_mut() else { break };
        if line.trim().is_empty() {
            if !block.is_empty() {
                blocks.push(BTreeMap::new());
            }
            last = None;
        } else if line.starts_with([' ', '\t']) {
            let field =
                last.and_then(|last| block.get_mut(last)).ok_or("a continued line without a field")?;
            field.push(' ');
            field.push_str(line.trim());
        } else {
            let (name, value) = line.split_once(':').ok_or("a line without a field")?;
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
pub fn blocks(text: &str) -> Result<Vec<Block>, String> {
    let all = fields(text)?;
    let (header, all) = all.split_first().ok_or("an empty file")?;
    let is_known = |name: &str| matches!(name, "Maintainers" | "Tags" | "GitRepo");
    if !all.is_empty() && !all.iter().chain([header]).any(|block| block.keys().any(|name| is_known(name))) {
        return Err("not in the format with fields (`Maintainers:`, `Tags:`)".to_owned());
    }
    let mut blocks: Vec<Block> = Vec::new();
    let mut shared: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for block in all {
        let field = |name| block.get(name).or_else(|| header.get(name));
        // Until Windows had a name among the architectures, only this told its blocks.
        let is_windows = field("Constraints").is_some_and(|found| found.contains("windowsservercore"));
        if field("Architectures").is_none() && is_windows {
            continue;
        }
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
    let (mut several, mut at): (Vec<Block>, BTreeMap<&Vec<usize>, usize>) = Default::default();
    for tag in order {
        let of = &shared[tag];
        if let [only] = of[..] {
            blocks[only].tags.push(tag.to_owned());
            continue;
        }
        let platforms = || of.iter().flat_map(|at| blocks[*at].platforms.clone()).collect();
        let at = *at.entry(of).or_insert_with(|| {
            several.push(Block { platforms: platforms(), tags: Vec::new() });
            several.len() - 1
        });
        several[at].tags.push(tag.to_owned());
    }
    blocks.extend(several);
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
