//! What an output format of a batch is: its name, its flags and how it is written.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use super::builds::Builds;
use super::listing::{Dockerfiles, Listing};
use super::metadata::BuildResult;
use super::shard::Shard;
use crate::error::Result;

/// An output format: what the user calls it, and how it is made.
pub struct Format {
    /// The value of `--format`.
    pub name: &'static str,
    /// One line for `--help`.
    pub help: &'static str,
    /// The flags that only some formats have, of those that this one has.
    pub flags: &'static [&'static str],
    /// What [`Shard`] divides: the builds, or else the fleets.
    pub divides_builds: bool,
    /// Why it is made of a number of fleets that a file of limited size can hold, if it is.
    pub why_limited: Option<&'static str>,
    /// How it is written.
    pub writer: Writer,
}

/// Writes a text from the rows of a batch.
pub type WriteRows = fn(&Listing, &mut dyn Dockerfiles, &Options, &mut dyn Write) -> Result<()>;

/// How a format is written.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Writer {
    /// As one text that is written as it is made, from the rows and their Dockerfiles.
    Rows(WriteRows),
    /// As one text, from the builds of the plan.
    Builds(fn(&Builds, &Options) -> Result<Vec<u8>>),
    /// As lines, while rows are rendered.
    Lines,
    /// As files in a folder.
    Folder,
}

/// The labels of the machine that builds a platform, by the platform: a runner has all of them.
pub type Runners = BTreeMap<String, Vec<String>>;

/// No machines.
static NO_RUNNERS: Runners = BTreeMap::new();

/// What a text is made with.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Options<'o> {
    /// The folder that build contexts are relative to, as it is written into files.
    pub project: &'o Path,
    /// What images are called, and what is written into them.
    pub image: ImageOptions<'o>,
    /// The folder that Dockerfiles are written to, if they are not written into the file itself: a path with the same
    /// start as `project`.
    pub files: Option<&'o Path>,
    /// The real path of the folder that `project` and `files` are relative to; for paths that lead out of it.
    pub base: Option<&'o Path>,
    /// The part of the batch that is written.
    pub shard: Shard,
    /// Columns of the terminal that a table is printed to, if it is one.
    pub width: Option<usize>,
    /// `--runner`: the machines that build, by platform.
    pub runners: &'o Runners,
    /// What `docker buildx` wrote about the builds: `--metadata`.
    pub metadata: Option<&'o [BuildResult]>,
}

/// What images are called, and what is written into them.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ImageOptions<'o> {
    /// Tags with placeholders such as `{fleet}`: `--tag`.
    pub tags: &'o [String],
    /// `--image-version`: the value of `{version}`, and a label.
    pub version: Option<&'o str>,
    /// `--image-revision`: the commit that images are built from, a label.
    pub revision: Option<&'o str>,
    /// `--image-created`: when images were built, a label.
    pub created: Option<&'o str>,
    /// Caches that builds read, with placeholders: `--cache-from`.
    pub cache_from: &'o [String],
    /// Caches that builds write, with placeholders: `--cache-to`.
    pub cache_to: &'o [String],
    /// Targets of other bake files that each target inherits: `--inherit`.
    pub inherit: &'o [String],
    /// Whether images are pushed by their digests alone: `--by-digest`.
    pub by_digest: bool,
}

impl<'o> Options<'o> {
    /// All of a batch, without tags.
    pub fn new(project: &'o Path) -> Self {
        Options {
            project,
            image: ImageOptions::default(),
            files: None,
            base: None,
            shard: Shard::ALL,
            width: None,
            runners: &NO_RUNNERS,
            metadata: None,
        }
    }
}

impl std::fmt::Debug for Format {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        out.write_str(self.name)
    }
}
