//! The second half of a build that is shared out: images that were pushed by their digests get their tags.
//!
//! An image can have another build for each platform, each with a Dockerfile of its own. Without metadata this is the
//! matrix of a job that joins them; with the metadata of the builds, the commands that do it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::format::{Format, Options, Writer};
use super::images::{Image, images};
use super::joined::{Joined, join};
use super::matrix;
use super::metadata::BuildResult;
use super::plan::Plan;
use super::platform_rows::PlatformRow;
use super::shard::Shard;
use super::shell_word::quoted;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::escape::shortened;
use crate::nearest::did_you_mean;

pub const FORMAT: Format = Format {
    name: "merge",
    help: "Matrix of the job that gives images their tags; with --metadata, its commands",
    flags: &["--tag", "--image-version", "--metadata"],
    divides_builds: true,
    writer: Writer::Text(|plan, options| text(plan, options).map(String::into_bytes)),
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
pub fn text(plan: &Plan, options: &Options) -> Result<String> {
    let (rows, mut images) = images(plan, options).map_err(Error::Input)?;
    let key = |image: &Image| image.tags.first().cloned().unwrap_or_default();
    let share = options.shard.of(images.iter().map(key));
    images.retain(|image| share.has(&key(image)));
    let Some(results) = options.metadata else { return matrix::text(&list(&rows, &images)) };
    let joined = join(&rows, &images, results).map_err(Error::Input)?;
    Ok(joined.iter().map(command).collect())
}

fn list<'i>(rows: &'i [PlatformRow], images: &'i [Image]) -> Vec<MergeRow<'i>> {
    let row = |image: &'i Image| {
        let of_image = || image.rows.iter().filter_map(|at| rows.get(*at));
        let mut seen = BTreeSet::new();
        MergeRow {
            name: &image.name,
            image: &image.repository,
            tags: &image.tags,
            builds: of_image().map(|row| row.build.name.as_str()).collect(),
            platforms: of_image().flat_map(|row| &row.platforms).map(String::as_str).collect(),
            fleets: of_image().flat_map(|row| row.build.fleets()).filter(|name| seen.insert(*name)).collect(),
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

/// Warns of results of builds that the plan does not have.
#[cfg(feature = "cli")]
pub fn notes(plan: &Plan, results: &[BuildResult]) -> Diagnostics {
    let mut notes = Diagnostics::new();
    let builds = plan.builds(Shard::ALL, true);
    let known: BTreeMap<&str, ()> =
        builds.iter().flat_map(|build| [(&*build.name, ()), (&*build.target, ())]).collect();
    for result in results {
        let name = result.target.as_ref().unwrap_or(&result.file);
        if known.contains_key(name.as_str()) {
            continue;
        }
        let what = match &result.target {
            Some(_) => "no build has this name",
            None => "no build has the name of this file",
        };
        let message = format!("`{}`: {what}; not used", shortened(name, 80));
        let help = did_you_mean(name, known.keys().copied());
        notes.push_warning(|| Diagnostic::warning(result.place.clone(), message).helps(help));
    }
    notes
}

#[test]
fn a_word_is_quoted_where_a_shell_would_change_it() {
    assert_eq!(quoted("r.example:5000/a/b:1.0_x@sha256:ab"), "r.example:5000/a/b:1.0_x@sha256:ab");
    assert_eq!(quoted("[::1]:5000/a"), "'[::1]:5000/a'");
    assert_eq!(quoted("a'$b"), "'a'\\''$b'");
    assert_eq!(quoted(""), "''");
}
