//! The images of a batch: which builds make up each, where every platform of an image can have a Dockerfile of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::build_names::{unused, word};
use super::builds::{Builds, DistinctBuild};
use super::format::Options;
use super::image_names::{ImageNames, repository};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};

/// An image: builds that get tags of one repository together.
#[derive(Debug)]
pub struct Image {
    /// What the job that joins it is called: the service, and what else is needed to tell it from others.
    pub name: String,
    /// The name without its tags: `registry.example/web`.
    pub repository: String,
    /// All of its tags, each with the repository.
    pub tags: BTreeSet<String>,
    /// Its builds, each for one platform, by their places among the rows.
    pub rows: BTreeSet<usize>,
    /// The names of the fleets that use one of its tags.
    pub fleets: BTreeSet<String>,
}

/// What has a tag.
#[derive(Default)]
struct OfTag {
    rows: BTreeSet<usize>,
    fleets: BTreeSet<String>,
}

/// The builds with each platform by itself, and the images that they make up, in the order of repositories and tags.
///
/// # Errors
/// A tag that is none, or that two builds for one platform would have; a build without a tag.
pub fn images<'p>(
    builds: &Builds<'p>,
    options: &Options,
) -> Result<(Vec<DistinctBuild<'p>>, Vec<Image>), Diagnostics> {
    let (mut faults, mut names) = (builds.left_out.clone(), ImageNames::new(builds, true));
    let rows = builds.by_platform();
    let mut by_tag: BTreeMap<String, OfTag> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let tags = names.tags(row, &options.image, &mut faults);
        if tags.all.is_empty() && !tags.is_at_fault && options.image.tags.is_empty() {
            let service = row.first.service;
            let settings = &service.build.settings;
            let (message, help) = match &settings.image {
                None => (
                    format!("the service `{}` has no tag", service.name),
                    "give one with --tag, as the service has none in the compose file".to_owned(),
                ),
                Some(_) => (
                    format!("`{}` has several builds, which cannot have one `image`", service.name),
                    format!(
                        "give each a tag, by a --tag with {} in it",
                        builds.placeholders_for(&service.name)
                    ),
                ),
            };
            faults.push_once(Diagnostic::error(Place::Flag("--tag"), message).help(help));
        }
        for tag in tags.all {
            let has_tag = |fleet: &&str| {
                // Tags of a compose file are those of all fleets.
                tags.by_fleet.is_empty() || tags.by_fleet.get(*fleet).is_some_and(|own| own.contains(&tag))
            };
            let fleets: Vec<String> = row.fleets().into_iter().filter(has_tag).map(str::to_owned).collect();
            let of_tag: &mut OfTag = by_tag.entry(tag).or_default();
            of_tag.rows.insert(at);
            of_tag.fleets.extend(fleets);
        }
    }
    names.refuse_shared(&mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut images: BTreeMap<(String, BTreeSet<usize>), Image> = BTreeMap::new();
    for (tag, OfTag { rows, fleets }) in by_tag {
        let repository = repository(&tag).to_owned();
        let image = images.entry((repository.clone(), rows.clone())).or_insert_with(|| Image {
            name: String::new(),
            repository,
            tags: BTreeSet::new(),
            rows,
            fleets: BTreeSet::new(),
        });
        image.tags.insert(tag);
        image.fleets.extend(fleets);
    }
    let mut images: Vec<Image> = images.into_values().collect();
    images.sort_by(|one, other| (&one.repository, &one.tags).cmp(&(&other.repository, &other.tags)));
    give_names(&mut images, &rows);
    Ok((rows, images))
}

/// Gives each image the shortest name that no other has: its service, its repository, or its first tag.
fn give_names(images: &mut [Image], rows: &[DistinctBuild]) {
    let candidates = |image: &Image| {
        let services: BTreeSet<&str> = image
            .rows
            .iter()
            .filter_map(|row| rows.get(*row))
            .map(|row| row.first.service.name.as_str())
            .collect();
        let tag = image.tags.first().map_or("", String::as_str);
        let within =
            |name: &str| name.split_once('/').map_or(name, |(_, path)| path).replace(['/', ':'], "-");
        let service = Vec::from_iter(services).join("-");
        [service, within(&image.repository), within(tag), tag.replace(['/', ':'], "-")]
            .map(|name| word(&name))
    };
    let candidates: Vec<[String; 4]> = images.iter().map(candidates).collect();
    let mut counts: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for names in &candidates {
        for (kind, name) in names.iter().enumerate() {
            *counts.entry((kind, name)).or_default() += 1;
        }
    }
    let mut taken = BTreeSet::new();
    for (image, names) in images.iter_mut().zip(&candidates) {
        let own = names.iter().enumerate().find(|(kind, name)| counts.get(&(*kind, name)) == Some(&1));
        let name = own.map_or(&names[3], |(_, name)| name);
        image.name = unused(name.clone(), &mut taken);
    }
}
