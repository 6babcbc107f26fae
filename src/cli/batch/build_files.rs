//! The formats that say what to build: a bake file, a matrix, and what joins their results.

use std::path::Path;

use super::super::Session;
use super::super::args::BatchArgs;
use super::{base, files, metadata, refuse_output_folder};
use crate::batch::{
    Builds, DistinctBuild, Format, Options, Plan, Shard, bake, bake_allow, compose_builds, matrix, merge,
    overwritten,
};
use crate::diagnostic::Diagnostics;
use crate::error::{Error, Result};
use crate::fs;

/// How such a format is written.
type Write = fn(&Builds, &Options) -> Result<Vec<u8>>;

/// The text of a format, of which `options` has what other formats have too. Dockerfiles of `--files` are written.
pub fn text(
    command: &BatchArgs,
    (format, write): (&Format, Write),
    plan: &Plan,
    options: &Options,
    notes: &mut Diagnostics,
    session: &mut Session,
) -> anyhow::Result<Vec<u8>> {
    let project = options.project;
    let image = command.image.of_format(format);
    let relative_to = image.relative_to.as_deref();
    // A merge names no paths.
    let has_paths = [bake::FORMAT.name, matrix::FORMAT.name].contains(&format.name);
    let from = if has_paths { base::from_base(project, relative_to)? } else { project.to_owned() };
    let folder = image.files.as_deref();
    let in_files = folder.map(|folder| base::from_base(folder, relative_to)).transpose()?;
    let real = fs::real_path(relative_to.unwrap_or(Path::new(".")));
    let files = if format.flags.contains(&"--metadata") { &*command.metadata } else { &[] };
    let metadata = metadata::read(files, command.only.definitions.registry.limit())?;
    let mut options = *options;
    options.project = &from;
    options.base = real.as_deref();
    options.image = image.options();
    options.files = in_files.as_deref();
    options.metadata = metadata.as_deref();
    let builds = Builds::of(plan);
    let is_matrix = format.name == matrix::FORMAT.name;
    if has_paths {
        notes.append(compose_builds::notes(&builds, &options, is_matrix));
        // Rows are built with bake, or with `docker buildx build`, which asks for less.
        if let Some(note) = bake_allow::note(&builds, &options) {
            notes.push(|| note);
        }
        // Those of all parts, which may be built beside each other.
        notes.append(match is_matrix {
            true => overwritten::notes(&matrix::rows(&builds, Shard::ALL), &builds, &options, false),
            false => overwritten::notes(&builds.list, &builds, &options, !options.image.by_digest),
        });
        notes.append(builds.warnings());
    }
    if is_matrix {
        notes.append(matrix::notes(plan));
    }
    notes.append(metadata.as_deref().map(|results| metadata::notes(&builds, results)).unwrap_or_default());
    if format.name == merge::FORMAT.name {
        notes.append(merge::notes(&builds, &options));
    }
    let rows: Vec<DistinctBuild>;
    let written: &[DistinctBuild] = match format.name {
        // A part has the targets of others that are its contexts.
        name if name == bake::FORMAT.name => &builds.list,
        name if name == matrix::FORMAT.name => {
            rows = matrix::rows(&builds, options.shard);
            &rows
        }
        _ => &[],
    };
    if folder.is_none() {
        notes.append(files::lost_ignore_files(written, project));
    }
    refuse_output_folder(command)?;
    let result = match write(&builds, &options) {
        Ok(result) => result,
        Err(Error::Input(faults)) => {
            notes.append(faults);
            Vec::new()
        }
        Err(error) => return Err(error.into()),
    };
    plan.batch.limits.render.check(notes).map_err(Error::Input)?;
    if let Some(folder) = folder {
        files::write(command, folder, written, project, session)?;
    }
    Ok(result)
}
