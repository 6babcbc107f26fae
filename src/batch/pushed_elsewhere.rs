//! Images that were pushed to a repository which no tag of their builds has: often the metadata of another project.

use std::collections::{BTreeMap, BTreeSet};

use super::builds::DistinctBuild;
use super::images::Image;
use super::joined::full_name;
use super::metadata::{BuildResult, PushedImage};
use super::target_results::Source;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::escape::{grouped, shortened};

/// The most warnings; the last one says of how many more builds the same is true.
const MOST_NOTES: usize = 3;

/// The repositories of the images that each row is part of, by the place of the row.
pub fn repositories(images: &[Image]) -> BTreeMap<usize, BTreeSet<String>> {
    let mut repositories: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for image in images {
        for row in &image.rows {
            repositories.entry(*row).or_default().insert(image.repository.clone());
        }
    }
    repositories
}

/// An image with the builds that it is of.
struct Pushed<'r> {
    result: &'r BuildResult,
    image: &'r PushedImage,
    builds: BTreeSet<&'r str>,
    /// The repositories of the tags of these builds.
    repositories: BTreeSet<&'r str>,
}

/// Warns of images that are in none of the `repositories` that their rows have tags of. Those of tags are only named
/// if they are from a flag: one of a compose file can have the values of variables.
pub fn notes(
    rows: &[DistinctBuild],
    sources: &BTreeMap<usize, Source>,
    repositories: &BTreeMap<usize, BTreeSet<String>>,
    are_from_flag: bool,
) -> Diagnostics {
    let mut by_digest: BTreeMap<&str, Pushed> = BTreeMap::new();
    for (at, source) in sources {
        let result = source.result();
        let (Some(image), Some(row)) = (&result.image, rows.get(*at)) else { continue };
        let (builds, repositories_of_tags) = (BTreeSet::new(), BTreeSet::new());
        let pushed = by_digest.entry(&image.digest).or_insert(Pushed {
            result,
            image,
            builds,
            repositories: repositories_of_tags,
        });
        pushed.builds.insert(if matches!(source, Source::Whole(_)) { &row.target } else { &row.name });
        pushed.repositories.extend(repositories.get(at).into_iter().flatten().map(String::as_str));
    }
    // Those that were pushed to the same place and have the same tags together.
    let mut elsewhere: BTreeMap<_, Pushed> = BTreeMap::new();
    for pushed in by_digest.into_values() {
        let known: BTreeSet<_> = pushed.repositories.iter().map(|name| full_name(name)).collect();
        let there = &pushed.image.repositories;
        if there.is_empty() || there.iter().any(|name| known.contains(&full_name(name))) {
            continue;
        }
        let builds = pushed.builds.clone();
        elsewhere.entry((there, pushed.repositories.clone())).or_insert(pushed).builds.extend(builds);
    }
    let mut notes = Diagnostics::new();
    // Where each fleet has a repository of its own, hundreds of builds can be pushed to hundreds of others.
    let more: usize = elsewhere.values().skip(MOST_NOTES).map(|pushed| pushed.builds.len()).sum();
    for (number, pushed) in elsewhere.into_values().take(MOST_NOTES).enumerate() {
        let of_tags = match are_from_flag {
            true => first(pushed.repositories),
            false => "another repository".to_owned(),
        };
        let message = format!(
            "the image of {} was pushed to {}, and its tags are for {of_tags}: it will be copied",
            first(pushed.builds),
            first(pushed.image.repositories.iter().map(String::as_str))
        );
        let help = "if this is not meant, it is the metadata of another project or of other tags: give that of this build";
        let rest = (more > 0 && number + 1 == MOST_NOTES).then(|| {
            format!(
                "the same is true of {} more {}",
                grouped(more),
                if more == 1 { "build" } else { "builds" }
            )
        });
        notes.push_warning(|| {
            Diagnostic::warning(pushed.result.place.clone(), message).help(help).helps(rest)
        });
    }
    notes
}

/// The first of some names, and how many more there are.
fn first<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut names = names.into_iter();
    let name = shortened(names.next().unwrap_or_default(), 80).into_owned();
    match names.count() {
        0 => name,
        more => format!("{name} and {more} more"),
    }
}
