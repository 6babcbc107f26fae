//! The images of balena's: what their recipes name and set, by the names that the table has for them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

use super::{Key, key};
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

/// `old-facts.yaml`, as far as it is read.
#[derive(Deserialize)]
struct Facts {
    recipes: Vec<Fact>,
    bookworm_recipes_read: Vec<Newer>,
}

/// A recipe of an image of balena's.
#[derive(Deserialize)]
struct Fact {
    image: String,
    variant: String,
    release: String,
    #[serde(default)]
    extra_apt_sources: Vec<String>,
    #[serde(default)]
    env: Vec<String>,
}

/// A recipe that was read later, for several variants.
#[derive(Deserialize)]
struct Newer {
    image: String,
    release: String,
    variants: Vec<String>,
    #[serde(default)]
    extra_apt_sources: Vec<String>,
    #[serde(default)]
    env: Vec<String>,
}

impl Newer {
    fn facts(self) -> impl Iterator<Item = Fact> {
        let Newer { image, release, variants, extra_apt_sources, env } = self;
        variants.into_iter().map(move |variant| Fact {
            image: image.clone(),
            variant,
            release: release.clone(),
            extra_apt_sources: extra_apt_sources.clone(),
            env: env.clone(),
        })
    }
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

/// Variables of balena's images that are more than the version of what is in them.
const VARIABLES: [&str; 8] =
    ["DEBIAN_FRONTEND", "GOPATH", "JAVA_HOME", "LANG", "LC_ALL", "PYTHONPATH", "SSL_CERT_FILE", "UDEV"];

/// What else the recipes of balena's images set, by the names that [`old_image`] gives them: what all of them set.
pub fn settings(folder: &Path) -> anyhow::Result<BTreeMap<Key, BTreeSet<String>>> {
    let path = folder.join("old-facts.yaml");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let facts: Facts = serde_yaml::from_str(&text).with_context(|| path.display().to_string())?;
    let mut all: BTreeMap<Key, BTreeSet<String>> = BTreeMap::new();
    let newer = facts.bookworm_recipes_read.into_iter().flat_map(Newer::facts);
    for recipe in facts.recipes.into_iter().chain(newer) {
        let release = old_release(&recipe.image, &recipe.release);
        let of_release = recipe.release.as_str();
        let repositories = recipe.extra_apt_sources.iter().map(|source| {
            let (archive, components) = source.split_once(": ").unwrap_or((source, ""));
            let archive = match archive {
                "raspbian archive" => "raspbian",
                "raspberry pi archive" => "raspberry-pi",
                _ if recipe.image.contains("/jetson") => "nvidia",
                other => other,
            };
            let components = components.split(' ').filter(|word| *word != of_release);
            format!("repository: {archive} {}", components.collect::<Vec<_>>().join(" "))
        });
        let variables = recipe.env.iter().filter_map(|variable| {
            let (name, value) = variable.split_once([' ', '='])?;
            VARIABLES.contains(&name).then(|| format!("variable: {name}={value}"))
        });
        let set: BTreeSet<String> = repositories.chain(variables).collect();
        all.entry(key(&old_image(&recipe.image), &release, &recipe.variant))
            .and_modify(|others| others.retain(|setting| set.contains(setting)))
            .or_insert(set);
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
