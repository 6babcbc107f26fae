//! Which digests each image is joined of: the results of builds, assigned to the rows that they are for.

use std::collections::{BTreeMap, BTreeSet};

use super::builds::DistinctBuild;
use super::images::Image;
use super::metadata::{BuildResult, PushedImage};
use super::target_results::{self, Source};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::image::Reference;

/// An image with what it is joined of.
#[derive(Debug)]
pub struct Joined<'i> {
    /// The image.
    pub image: &'i Image,
    /// In the order of the rows.
    pub parts: Vec<Part>,
}

/// A pushed image that becomes a part of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it was pushed to.
    pub repository: String,
    /// Its digest.
    pub digest: String,
    /// See [`PushedImage`].
    pub is_index: Option<bool>,
}

/// What each image is joined of.
///
/// # Errors
/// Builds without a digest, or with several of which one has to be chosen; an image that would have a platform twice.
pub fn join<'i>(
    rows: &[DistinctBuild],
    images: &'i [Image],
    results: &[BuildResult],
) -> Result<Vec<Joined<'i>>, Diagnostics> {
    let by_target = places_by_target(rows);
    let sources = sources(rows, images, results)?;
    let mut faults = Diagnostics::new();
    let mut joined = Vec::new();
    for image in images {
        refuse_double(image, rows, &by_target, &sources, &mut faults);
        let mut parts: Vec<Part> = Vec::new();
        for result in image.rows.iter().filter_map(|at| sources.get(at)).map(|source| source.result()) {
            let Some(pushed) = &result.image else { continue };
            let part = Part {
                repository: repository(image, pushed),
                digest: pushed.digest.clone(),
                is_index: pushed.is_index,
            };
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        joined.push(Joined { image, parts });
    }
    if faults.is_empty() { Ok(joined) } else { Err(faults) }
}

/// The places of the rows of each target.
fn places_by_target<'r>(rows: &'r [DistinctBuild]) -> BTreeMap<&'r str, Vec<usize>> {
    let mut by_target: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        by_target.entry(&row.target).or_default().push(at);
    }
    by_target
}

/// What each row of some images is joined of, by the place of the row.
///
/// # Errors
/// As [`join`].
pub fn sources<'r>(
    rows: &'r [DistinctBuild],
    images: &[Image],
    results: &'r [BuildResult],
) -> Result<BTreeMap<usize, Source<'r>>, Diagnostics> {
    let by_target = places_by_target(rows);
    let results = target_results::by_target(rows, results);
    let mut faults = Diagnostics::new();
    let wanted: BTreeSet<usize> = images.iter().flat_map(|image| image.rows.iter().copied()).collect();
    let mut sources: BTreeMap<usize, Source> = BTreeMap::new();
    for (target, places) in &by_target {
        if wanted.is_disjoint(&places.iter().copied().collect()) {
            continue;
        }
        let of_target: Vec<&DistinctBuild> = places.iter().filter_map(|at| rows.get(*at)).collect();
        let results = results.get(target);
        let found = match results.map_or(Ok(Vec::new()), |results| results.sources(&of_target)) {
            Ok(found) => found,
            Err(more) => {
                faults.append(more);
                continue;
            }
        };
        for (row, at) in places.iter().enumerate().filter(|(_, at)| wanted.contains(at)) {
            match (found.get(row).copied().flatten(), rows.get(*at)) {
                (Some(source), _) => drop(sources.insert(*at, source)),
                (None, Some(row)) => {
                    let result = results.and_then(|results| results.without_digest(&row.name));
                    faults.push_once(target_results::without(row, result));
                }
                (None, None) => {}
            }
        }
    }
    refuse_shared_digests(rows, &by_target, &sources, &mut faults);
    if faults.is_empty() { Ok(sources) } else { Err(faults) }
}

/// Refuses a digest that is shared by rows for more platforms than its image has. If that number is not known, it is at
/// most the number of platforms of the target: no build is that of two targets.
fn refuse_shared_digests(
    rows: &[DistinctBuild],
    by_target: &BTreeMap<&str, Vec<usize>>,
    sources: &BTreeMap<usize, Source>,
    faults: &mut Diagnostics,
) {
    let mut by_digest: BTreeMap<&str, Vec<(&DistinctBuild, &BuildResult)>> = BTreeMap::new();
    for (at, source) in sources {
        let (Some(row), Some(digest)) = (rows.get(*at), source.digest()) else { continue };
        by_digest.entry(digest).or_default().push((row, source.result()));
    }
    for of_digest in by_digest.into_values() {
        let known =
            of_digest.iter().filter_map(|(_, result)| result.image.as_ref()?.number_of_platforms()).min();
        let of_targets =
            of_digest.iter().filter_map(|(row, _)| by_target.get(row.target.as_str()).map(Vec::len));
        let most = known.or(of_targets.max()).unwrap_or_default();
        let mut platforms = BTreeSet::new();
        // The first row of each platform.
        let apart = of_digest.into_iter().filter(|(row, _)| platforms.insert(&row.platforms));
        let apart: Vec<(&DistinctBuild, &BuildResult)> = apart.collect();
        let [(one, first), .., (other, last)] = apart.as_slice() else { continue };
        if apart.len() <= most {
            continue;
        }
        let why = match known {
            Some(1) => "this image has one platform".to_owned(),
            Some(number) => format!("this image has {number} platforms"),
            None => "are for different platforms".to_owned(),
        };
        let more = match apart.len() - 2 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message = format!(
            "{} and {}{more} have the same digest, and {why}; that of {} is at {}",
            other.name, one.name, one.name, first.place
        );
        let help = "give each the file that --metadata-file wrote for it: two builds need files of two names";
        faults.push(|| Diagnostic::error(last.place.clone(), message).help(help));
    }
}

/// Refuses an image that would have a platform twice, since a target with several platforms comes as a whole.
fn refuse_double(
    image: &Image,
    rows: &[DistinctBuild],
    by_target: &BTreeMap<&str, Vec<usize>>,
    sources: &BTreeMap<usize, Source>,
    faults: &mut Diagnostics,
) {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for at in &image.rows {
        let Some(target) = rows.get(*at).map(|row| row.target.as_str()) else { continue };
        let of_target = by_target.get(target).map_or(&[][..], Vec::as_slice);
        let parts = if matches!(sources.get(at), Some(Source::Whole(_))) { of_target } else { &[*at] };
        for platform in parts.iter().filter_map(|part| rows.get(*part)).flat_map(|row| &row.platforms) {
            let other = *owners.entry(platform).or_insert(target);
            if other == target {
                continue;
            }
            let tag = image.tags.first().map_or("", String::as_str);
            let message = format!("`{tag}` would have {platform} twice: of {other} and of {target}");
            let help = "push each platform of them by itself, as --format matrix does, so that only those of the image are taken";
            faults.push_once(Diagnostic::error(Place::Flag("--metadata"), message).help(help));
        }
    }
}

/// The repository that a part is taken from: that of the image, if it was pushed there.
fn repository(image: &Image, pushed: &PushedImage) -> String {
    let own = full_name(&image.repository);
    let is_there = pushed.repositories.iter().any(|name| full_name(name) == own);
    match pushed.repositories.first() {
        Some(other) if !is_there => other.clone(),
        _ => image.repository.clone(),
    }
}

/// The registry and the path of a repository, however it is written: `docker.io/library/x` is `x`.
pub fn full_name(repository: &str) -> Option<(String, String)> {
    Reference::parse(repository).map(|name| (name.domain().to_owned(), name.path().to_owned())).ok()
}
