//! What an output format of a batch is: its name, its flags and how it is written.

use std::path::Path;

use super::plan::Plan;
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
    /// How it is written.
    pub writer: Writer,
}

/// How a format is written.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Writer {
    /// As one text, from the whole plan.
    Text(fn(&Plan, &Options) -> Result<Vec<u8>>),
    /// As lines, while rows are rendered.
    Lines,
    /// As files in a folder.
    Folder,
}

/// What a text is made with.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Options<'o> {
    /// The folder that build contexts are relative to, as it is written into files.
    pub project: &'o Path,
    /// The tag of each build, with placeholders such as `{fleet}`: `--tag`.
    pub tag: Option<&'o str>,
    /// The part of the batch that is written.
    pub shard: Shard,
    /// Columns of the terminal that a table is printed to, if it is one.
    pub width: Option<usize>,
    /// `--runner`: platforms, each with the label of a machine that builds it.
    pub runners: &'o [(String, String)],
}

impl<'o> Options<'o> {
    /// All of a batch, without tags.
    pub fn new(project: &'o Path) -> Self {
        Options { project, tag: None, shard: Shard::ALL, width: None, runners: &[] }
    }
}

impl std::fmt::Debug for Format {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        out.write_str(self.name)
    }
}
