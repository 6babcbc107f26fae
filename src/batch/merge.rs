//! The second half of a build that is shared out: images that were pushed by their digests get their tags.
//!
//! An image can have another build for each platform, each with a Dockerfile of its own. Without metadata this is the
//! matrix of a job that joins them; with the metadata of the builds, the commands that do it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::builds::{Builds, DistinctBuild};
use super::format::{Format, Options, Writer};
use super::images::{Image, images};
#[cfg(feature = "cli")]
use super::joined;
use super::joined::{Joined, join};
use super::matrix;
#[cfg(feature = "cli")]
use super::pushed_elsewhere;
use super::shell_word::quoted;
#[cfg(feature = "cli")]
use crate::diagnostic::Diagnostics;
use crate::error::{Error, Result};

pub const FORMAT: Format = Format {
    name: "merge",
    help: "Matrix of the job that gives images their tags; with --metadata, its commands",
    flags: &["--tag", "--image-version", "--metadata"],
    divides_builds: true,
    why_limited: Some(
        "the images of all fleets are held in memory, and joined from the builds of --format matrix: give both the same fleets and the same limit",
    ),
    writer: Writer::Builds(|builds, options| text(builds, options).map(String::into_bytes)),
};

#[derive(Serialize)]
struct MergeRow<'i> {
    name: &'i str,
    image: &'i str,
    tags: &'i BTreeSet<String>,
    builds: Vec<&'i str>,
    platforms: BTreeSet<&'i str>,
    fleets: Vec<&'i str>,
}

/// The matrix, or with metadata the commands.
///
/// # Errors
/// What [`images`] and [`join`] refuse.
pub fn text(builds: &Builds, options: &Options) -> Result<String> {
    let (rows, mut images) = images(builds, options).map_err(Error::Input)?;
    keep_share(&mut images, options);
    let Some(results) = options.metadata else { return matrix::text(&list(&rows, &images)) };
    let joined = join(&rows, &images, results).map_err(Error::Input)?;
    Ok(joined.iter().map(command).collect())
}

/// Leaves the images of the part that is written.
fn keep_share(images: &mut Vec<Image>, options: &Options) {
    let key = |image: &Image| image.tags.first().cloned().unwrap_or_default();
    let share = options.shard.of(images.iter().map(key));
    images.retain(|image| share.has(&key(image)));
}

/// Warns of images that were pushed to a repository which no tag of theirs has.
#[cfg(feature = "cli")]
pub fn notes(builds: &Builds, options: &Options) -> Diagnostics {
    // What is at fault with the tags is reported with them.
    let (Some(results), Ok((rows, mut images))) = (options.metadata, images(builds, options)) else {
        return Diagnostics::new();
    };
    let repositories = pushed_elsewhere::repositories(&images);
    keep_share(&mut images, options);
    let Ok(sources) = joined::sources(&rows, &images, results) else { return Diagnostics::new() };
    pushed_elsewhere::notes(&rows, &sources, &repositories, !options.image.tags.is_empty())
}

fn list<'i>(rows: &'i [DistinctBuild], images: &'i [Image]) -> Vec<MergeRow<'i>> {
    let row = |image: &'i Image| {
        let of_image = || image.rows.iter().filter_map(|at| rows.get(*at));
        let mut seen = BTreeSet::new();
        MergeRow {
            name: &image.name,
            image: &image.repository,
            tags: &image.tags,
            builds: of_image().map(|row| row.name.as_str()).collect(),
            platforms: of_image().flat_map(|row| &row.platforms).map(String::as_str).collect(),
            fleets: of_image()
                .flat_map(|row| row.fleets())
                .filter(|name| image.fleets.contains(*name) && seen.insert(*name))
                .collect(),
        }
    };
    images.iter().map(row).collect()
}

/// The command that makes an image of its parts.
fn command(joined: &Joined) -> String {
    let mut words = vec!["docker buildx imagetools create".to_owned()];
    // A single manifest stays what was pushed, and is not put into an index of its own.
    if let [part] = joined.parts.as_slice()
        && part.is_index == Some(false)
    {
        words.push("--prefer-index=false".to_owned());
    }
    words.extend(joined.image.tags.iter().map(|tag| format!("--tag {}", quoted(tag))));
    words.extend(joined.parts.iter().map(|part| quoted(&format!("{}@{}", part.repository, part.digest))));
    words.join(" ") + "\n"
}
