//! The files of `official-images/library`, by the name of the image.

#[path = "../../../src/image/library_file.rs"]
mod file;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow};

pub use file::{Block, united};

/// By the name of the image.
pub type Images = BTreeMap<String, Vec<Block>>;

/// The platform of an architecture of official-images; nothing for Windows.
pub fn platform(arch: &str) -> anyhow::Result<Option<String>> {
    file::platform(arch).map_err(|fault| anyhow!(fault))
}

pub fn read(folder: &Path) -> anyhow::Result<Images> {
    let mut images = Images::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name =
            path.file_name().and_then(|name| name.to_str()).context("a name that is no text")?.to_owned();
        let text = fs::read_to_string(&path).with_context(|| name.clone())?;
        images
            .insert(name.clone(), file::blocks(&text).map_err(|fault| anyhow!(fault)).with_context(|| name)?);
    }
    Ok(images)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::file::blocks;
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
