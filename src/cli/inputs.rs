//! Files that a result must not replace: those that it is made from.

use std::path::{Path, PathBuf};

use super::args::DefinitionArgs;
use super::usage;
use crate::compose;
use crate::diagnostic::{Diagnostics, Place};
use crate::fs;
use crate::project::directory;
use crate::workspace::{Definitions, fleets, location};

/// Files of a project that are read, apart from its Dockerfiles.
#[derive(Debug, Default)]
pub struct Inputs {
    files: Vec<PathBuf>,
}

impl Inputs {
    /// Those of the project in `folder`, of the fleets that belong to `path`, and those that flags name. As there is
    /// nothing to replace where the output is not a file yet, they are looked for only if it is.
    pub fn find(
        output: Option<&Path>,
        (path, folder): (&Path, Option<&Path>),
        fleets: Option<&Path>,
        (definitions, read): (&DefinitionArgs, &Definitions),
    ) -> Self {
        let mut files = Vec::new();
        if !output.is_some_and(fs::is_file) {
            return Inputs { files };
        }
        files.extend(definitions.env_file.iter().chain(&definitions.registry.files).cloned());
        files.extend(fleets::path(fleets, path, &mut Diagnostics::new()));
        files.extend(location::contract_file(path));
        if let Some(folder) = folder {
            let compose_files = definitions.compose_files();
            let values = read.values();
            let profiles = &definitions.profile;
            let request = compose::Request { files: &compose_files, profiles, values: &values };
            let limit = definitions.registry.limit();
            // It was read before: what is wrong with it was said.
            let read = directory::read_listing_files(folder, &request, limit, read.builder, true);
            let names = read.map(|(_, names)| names).unwrap_or_default();
            files.extend(names.iter().map(|name| directory::display(folder, name)));
        }
        Inputs { files }
    }

    /// Refuses an output that is one of them.
    pub fn refuse(&self, output: Option<&Path>) -> anyhow::Result<()> {
        match output.filter(|output| self.files.iter().any(|file| fs::is_same_file(output, file))) {
            Some(output) => Err(refusal(output, "the output is one of the inputs")),
            None => Ok(()),
        }
    }
}

/// Refuses an output that is one of these Dockerfiles.
pub fn refuse_templates<'n>(
    output: Option<&Path>,
    mut templates: impl Iterator<Item = &'n Path>,
) -> anyhow::Result<()> {
    match output.filter(|output| templates.any(|template| fs::is_same_file(output, template))) {
        Some(output) => Err(refusal(output, "the output is the template itself")),
        None => Ok(()),
    }
}

/// The error for an output that cannot be meant.
pub fn refusal(output: &Path, message: &str) -> anyhow::Error {
    usage(Place::of_path(output), message, "name another file with --output")
}
