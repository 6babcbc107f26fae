//! The names of files: of one for an arch beside a template, and of a template that became plain.

use std::collections::BTreeSet;

use super::file_migration::FileMigration;
use super::notes::Notes;
use super::old_images::ServiceBuild;
use crate::project::dockerfile_choice::{FileForm, candidates};

impl FileMigration<'_, '_> {
    /// The paths of the file for one arch that is taken instead of this one: services that share a
    /// file may name it differently, and look for others beside it then.
    pub fn split_paths(&self, arch: &str, selected: &[usize]) -> BTreeSet<String> {
        if !matches!(self.prepared.choice.form, FileForm::Template | FileForm::Plain) {
            return BTreeSet::new();
        }
        let (folder, name) = self.path.rsplit_once('/').unwrap_or(("", self.path));
        let path = |build: &ServiceBuild| {
            let base = match self.named(build) {
                Some(named) => named.rsplit('/').next().unwrap_or(named),
                None => name.strip_suffix(".template").unwrap_or(name),
            };
            if folder.is_empty() { format!("{base}.{arch}") } else { format!("{folder}/{base}.{arch}") }
        };
        selected.iter().filter_map(|&at| self.builds.get(at)).map(path).collect()
    }

    fn named<'w>(&'w self, build: &'w ServiceBuild) -> Option<&'w str> {
        self.request.named.or(build.service.build.dockerfile.as_deref())
    }

    /// The plain name that a template without placeholders gets, if nothing is in the way.
    pub fn plain_path(&self, notes: &mut Notes) -> Option<String> {
        let path =
            self.path.strip_suffix(".template").filter(|path| !path.is_empty() && !path.ends_with('/'))?;
        if self.prepared.choice.form != FileForm::Template
            || !path.rsplit('/').next()?.starts_with("Dockerfile")
        {
            return None;
        }
        let is_found = |build: &ServiceBuild| match self.named(build) {
            None => true,
            Some(named) => {
                let context = &build.service.build.context;
                let inner = path.strip_prefix(context.as_str()).unwrap_or(path).trim_start_matches('/');
                candidates(Some(named), None, None).iter().any(|candidate| candidate.path == inner)
            }
        };
        let why = if (self.is_there)(path) {
            format!("{path} already exists: remove one of the two")
        } else if !self.builds.iter().all(is_found) {
            "the compose file, or --file, asks for the template by its name: change that, then rename it"
                .to_owned()
        } else {
            return Some(path.to_owned());
        };
        notes.devices = self.slugs(&self.all());
        notes.info("kept-name", &(0..0), "no placeholder is left: a plain Dockerfile would be enough", why);
        None
    }
}
