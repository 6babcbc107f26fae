//! Which digests each image is joined of: the results of builds, assigned to the rows that they are for.

use std::collections::{BTreeMap, BTreeSet};

use super::builds::DistinctBuild;
use super::images::Image;
use super::metadata::{BuildResult, PushedImage};
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

/// The results of one target.
#[derive(Default)]
struct OfTarget<'r> {
    /// Those of a row, by its name.
    rows: BTreeMap<&'r str, BTreeMap<&'r str, &'r BuildResult>>,
    /// Those of the target as a whole.
    whole: BTreeMap<&'r str, &'r BuildResult>,
    /// A result without a digest.
    without: Option<&'r BuildResult>,
}

/// What a row of an image is joined of.
enum Source<'r> {
    /// The digests of the row itself.
    Own(&'r BuildResult),
    /// A digest that has all platforms of the target.
    Whole(&'r BuildResult),
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
    let targets = assigned(rows, results);
    let mut by_target: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        by_target.entry(&row.target).or_default().push(at);
    }
    let mut faults = Diagnostics::new();
    let wanted: BTreeSet<usize> = images.iter().flat_map(|image| image.rows.iter().copied()).collect();
    let mut sources: BTreeMap<usize, Source> = BTreeMap::new();
    for at in wanted {
        let Some(row) = rows.get(at) else { continue };
        let of_target = by_target.get(row.target.as_str()).map_or(&[][..], Vec::as_slice);
        let open = |results: &OfTarget| {
            let names = of_target.iter().filter_map(|at| rows.get(*at)).map(|row| row.name.as_str());
            (names.filter(|name| !results.rows.contains_key(name)).count(), of_target.len())
        };
        match source(row, targets.get(row.target.as_str()).map(|results| (results, open(results)))) {
            Ok(source) => drop(sources.insert(at, source)),
            Err(fault) => faults.push_once(fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut joined = Vec::new();
    for image in images {
        refuse_double(image, rows, &by_target, &sources, &mut faults);
        let mut parts: Vec<Part> = Vec::new();
        for result in image.rows.iter().filter_map(|at| sources.get(at)).map(Source::result) {
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

impl<'r> Source<'r> {
    fn result(&self) -> &'r BuildResult {
        let (Source::Own(result) | Source::Whole(result)) = self;
        result
    }
}

/// The results by the target that they are of.
fn assigned<'r>(rows: &'r [DistinctBuild], results: &'r [BuildResult]) -> BTreeMap<&'r str, OfTarget<'r>> {
    let target_of: BTreeMap<&str, &str> =
        rows.iter().map(|row| (row.name.as_str(), row.target.as_str())).collect();
    let known: BTreeSet<&str> = target_of.values().copied().collect();
    let mut targets: BTreeMap<&str, OfTarget> = BTreeMap::new();
    for result in results {
        let name = result.target.as_ref().unwrap_or(&result.file).as_str();
        // A file that is named after a row of the target has the result of this row.
        let file = target_of.get_key_value(result.file.as_str()).filter(|(_, target)| **target == name);
        let (target, row) = match (file, known.get(name), target_of.get_key_value(name)) {
            (Some((row, target)), ..) => (*target, Some(*row)),
            (None, Some(target), _) => (*target, None),
            (None, None, Some((row, target))) => (*target, Some(*row)),
            (None, None, None) => continue,
        };
        let of_target = targets.entry(target).or_default();
        let Some(image) = &result.image else {
            of_target.without.get_or_insert(result);
            continue;
        };
        let digests = match row {
            Some(row) => of_target.rows.entry(row).or_default(),
            None => &mut of_target.whole,
        };
        digests.entry(&image.digest).or_insert(result);
    }
    targets
}

/// What a row is joined of, from the results of its target, how many of the target's rows have none of their own, and
/// how many it has.
fn source<'r>(
    row: &DistinctBuild,
    results: Option<(&OfTarget<'r>, (usize, usize))>,
) -> Result<Source<'r>, Diagnostic> {
    let (name, target) = (&row.name, &row.target);
    let Some((results, (open, total))) = results else { return Err(without(row, None)) };
    let own = results.rows.get(name.as_str());
    if let Some(own) = own {
        let mut found = own.values();
        return match (found.next(), found.next()) {
            (Some(only), None) => Ok(Source::Own(only)),
            (Some(one), Some(other)) => {
                let message = format!("two digests of the build {name}; the other is at {}", one.place);
                let help = "leave out the file of the older build";
                Err(Diagnostic::error(other.place.clone(), message).help(help))
            }
            _ => Err(without(row, results.without)),
        };
    }
    let whole: Vec<&BuildResult> = results.whole.values().copied().collect();
    match whole.as_slice() {
        [] => Err(without(row, results.without)),
        [only] => {
            let image = only.image.as_ref();
            // With an attestation, also the image of one platform is an index.
            let fits = match (image.and_then(|image| image.platforms), image.and_then(|image| image.is_index))
            {
                (Some(platforms), _) => platforms == open,
                (None, Some(false)) => open == 1,
                (None, _) => open == total,
            };
            if fits {
                return Ok(Source::Whole(only));
            }
            let known = image.and_then(|image| {
                image.platforms.or(image.is_index.map(|is_index| if is_index { total } else { 1 }))
            });
            let number = known.map_or("another number".to_owned(), |known| known.to_string());
            let message = format!(
                "{target} needs the digest of {open} of its {total} platforms, and this image has {number}"
            );
            let help = format!(
                "give the metadata of each of its builds in a file with the name of the row, such as {name}.json"
            );
            Err(Diagnostic::error(only.place.clone(), message).help(help))
        }
        [.., last] => {
            let message =
                format!("{} digests of {target}: which platforms each has is not known", whole.len());
            let help = format!(
                "leave out the files of older builds; if each platform was built by itself, name each file after its row, such as {name}.json"
            );
            Err(Diagnostic::error(last.place.clone(), message).help(help))
        }
    }
}

fn without(row: &DistinctBuild, result: Option<&BuildResult>) -> Diagnostic {
    let message = format!("no digest of the build {} ({})", row.name, row.description());
    match result {
        None => {
            let help = "add the file that --metadata-file wrote for it, or build it again";
            Diagnostic::error(Place::Flag("--metadata"), message).help(help)
        }
        Some(result) => {
            let help = "this build was not pushed: push it by its digest, as with dtpl batch --format bake --by-digest and docker buildx bake --push";
            Diagnostic::error(result.place.clone(), message).help(help)
        }
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
    let full = |name: &str| {
        Reference::parse(name).map(|name| (name.domain().to_owned(), name.path().to_owned())).ok()
    };
    let own = full(&image.repository);
    let is_there = pushed.repositories.iter().any(|name| full(name) == own);
    match pushed.repositories.first() {
        Some(other) if !is_there => other.clone(),
        _ => image.repository.clone(),
    }
}
