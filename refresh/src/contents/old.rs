//! The images of balena's: what their recipes name, by the names that the table has for them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::rows;

/// A row of `old-packages.tsv`: a package that the recipe of an image of balena's names.
#[derive(Deserialize)]
struct Named {
    image: String,
    variant: String,
    release: String,
    package: String,
    condition: String,
}

/// By image and variant, then by release.
pub type Packages = BTreeMap<(String, String), BTreeMap<String, BTreeSet<String>>>;

/// By image and variant, then by release: what the recipes of balena's images name. Where those for several arches,
/// versions or devices differ, it is what all of them name.
pub fn packages(folder: &Path) -> anyhow::Result<Packages> {
    let rows: Vec<Named> = rows::read(&folder.join("old-packages.tsv"))?;
    let mut each: BTreeMap<[&str; 3], BTreeSet<&str>> = BTreeMap::new();
    for row in &rows {
        let packages = each.entry([&row.image, &row.variant, &row.release]).or_default();
        // `iproute` became `iproute2`, which it depended on.
        let is_there = matches!(
            &*row.condition,
            "" | "only if iproute is not in the archive" | "only if in the archive, else libmysqlclient-dev"
        );
        if is_there {
            packages.insert(&row.package);
        }
    }
    let mut all = Packages::new();
    for ([image, variant, release], packages) in each {
        let (image, release) = (old_image(image), old_release(image, release));
        let packages: BTreeSet<String> = packages.into_iter().map(str::to_owned).collect();
        let by_release = all.entry((image, variant.to_owned())).or_default();
        by_release
            .entry(release)
            .and_modify(|others| others.retain(|package| packages.contains(package)))
            .or_insert(packages);
    }
    Ok(all)
}

/// `balenalib/arch-debian` for the images of an arch, `balenalib/any-debian-python` for those of a language.
fn old_image(image: &str) -> String {
    let Some((series, name)) = image.split_once('/') else { return image.to_owned() };
    let distros = ["debian", "alpine", "ubuntu"];
    let pieces: Vec<&str> = name.split('-').collect();
    let at = pieces.iter().position(|piece| distros.contains(piece));
    // `resin/` left the distribution out.
    let stacks = ["python", "node", "golang", "openjdk", "dotnet", "buildpack"];
    let stack = pieces.iter().position(|piece| stacks.contains(piece));
    let distro = at.map_or("debian", |at| pieces[at]);
    match stack {
        Some(stack) => format!("{series}/any-{distro}-{}", pieces[stack..].join("-")),
        None => {
            let hardware = pieces[..at.unwrap_or(pieces.len())].join("-");
            let arches = ["aarch64", "amd64", "armv7hf", "armhf", "rpi", "i386"];
            let hardware = if arches.contains(&&*hardware) { "arch" } else { &hardware };
            format!("{series}/{hardware}-{distro}")
        }
    }
}

/// The release of the distribution; `*` where the tag has only the version of a language.
fn old_release(image: &str, release: &str) -> String {
    let is_language = old_image(image).contains("/any-") && !image.contains("buildpack-deps");
    match release.rsplit_once('-') {
        _ if !is_language => release.to_owned(),
        Some((_, release)) => release.to_owned(),
        None => "*".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_old_images() {
        let of = |image: &str, release: &str| (old_image(image), old_release(image, release));
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(of("balenalib/armv7hf-debian", "buster"), pair("balenalib/arch-debian", "buster"));
        assert_eq!(
            of("balenalib/raspberrypi4-64-alpine", "3.12"),
            pair("balenalib/raspberrypi4-64-alpine", "3.12")
        );
        assert_eq!(
            of("balenalib/raspberrypi3-debian-python", "3.9.5-buster"),
            pair("balenalib/any-debian-python", "buster")
        );
        assert_eq!(of("resin/raspberrypi3-python", "2.7"), pair("resin/any-debian-python", "*"));
        assert_eq!(
            of("resin/raspberrypi3-buildpack-deps", "jessie"),
            pair("resin/any-debian-buildpack-deps", "jessie")
        );
    }
}
