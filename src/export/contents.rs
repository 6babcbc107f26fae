//! Which files of a project are part of an export: what a builder would get, and what it needs to be called.

use std::collections::BTreeSet;
use std::path::Path;

use super::outputs::{self, Outputs};
use crate::compose::tree::Node;
use crate::compose::{self, Model};
use crate::error::Result;
use crate::fs;
use crate::ignore_files::{self, IgnoreFile, IgnoreReader};
use crate::project::{Build, balena_yml, service};

/// What stays of a project.
#[derive(Debug)]
pub struct Contents {
    /// Files that are needed whatever an ignore file says.
    needed: BTreeSet<String>,
    /// The build contexts with what they leave out. Nothing where ignored files stay as well.
    contexts: Option<Vec<(String, IgnoreFile)>>,
    /// Whether the first build context that a file is in decides, and not all of them.
    first_decides: bool,
}

impl Contents {
    /// What stays of a project: everything, if `keeps_ignored`.
    ///
    /// # Errors
    /// An ignore file that cannot be read.
    pub fn new(
        project: &Path,
        compose_file: Option<&str>,
        builds: &[&Build],
        outputs: &Outputs,
        reader: IgnoreReader,
        keeps_ignored: bool,
    ) -> Result<Self> {
        let mut needed = BTreeSet::from([ignore_files::NAME.to_owned()]);
        needed.extend(outputs.files.keys().cloned());
        needed.extend(balena_yml::NAMES.iter().map(|&name| name.to_owned()));
        needed.insert("balena.yml".to_owned());
        if compose_file.is_some() {
            needed.extend(compose::NAMES.iter().map(|&name| name.to_owned()));
            needed.insert(".env".to_owned());
        }
        let ignore_file = |context: &str, own: Option<&Path>| match keeps_ignored {
            true => Ok(IgnoreFile::default()),
            false => IgnoreFile::of_context(project, context, own, reader),
        };
        let mut contexts = Vec::new();
        for (context, own) in &outputs.contexts {
            needed.insert(own.clone());
            needed.insert(join(context, ignore_files::NAME));
            let file = ignore_file(context, Some(&project.join(own)))?;
            contexts.push((context.clone(), file));
        }
        let named = builds.iter().flat_map(|build| build.contexts.values());
        let named = named.filter(|context| !compose::is_elsewhere(context) && reader == IgnoreReader::Docker);
        for context in named.filter_map(|context| service::inside(context).ok()) {
            let file = ignore_file(&context, None)?;
            needed.insert(join(&context, ignore_files::NAME));
            contexts.push((context, file));
        }
        let is_of_balena = reader != IgnoreReader::Docker;
        if is_of_balena {
            // balena's CLI looks at the file of the project for what is in no service, or in all cases.
            contexts.retain(|(context, _)| reader == IgnoreReader::BalenaMulti && !context.is_empty());
            contexts.push((String::new(), ignore_file("", None)?));
        }
        let contexts = (!keeps_ignored).then_some(contexts);
        Ok(Contents { needed, contexts, first_decides: is_of_balena })
    }

    /// Keeps a file whatever an ignore file says: the file itself where a link leads, too.
    pub fn need(&mut self, project: &Path, path: &str) {
        let file = project.join(path);
        self.needed.extend(outputs::path_of_file(project, &file));
        let root = if project.as_os_str().is_empty() { Path::new(".") } else { project };
        if let (Some(root), Some(real)) = (fs::real_path(root), fs::real_path(&file))
            && let Ok(below) = real.strip_prefix(root)
        {
            let parts = below.iter().map(|part| part.to_string_lossy());
            self.needed.insert(parts.collect::<Vec<_>>().join("/"));
        }
    }

    /// Keeps the files that compose files name, such as that of a secret, whatever an ignore file says: without
    /// them the project cannot be used.
    pub fn need_files_of(&mut self, model: &Model, project: &Path) {
        let mut named: Vec<&Node> = Vec::new();
        for (_, service) in model.services() {
            let service = &service.node;
            named.extend(service.items("env_file").iter().filter_map(|file| file.get("path")));
            named.extend(service.items("label_file"));
            let is_bind = |mount: &&Node| mount.get("type").and_then(Node::as_text) == Some("bind");
            let mounts = service.items("volumes").iter().filter(is_bind);
            named.extend(mounts.filter_map(|mount| mount.get("source")));
        }
        for kind in ["configs", "secrets"] {
            named.extend(model.root.entries(kind).filter_map(|(_, entry)| entry.node.get("file")));
        }
        for path in named.into_iter().filter_map(Node::as_text) {
            // A mount may be a folder, or what only the device has.
            if !path.starts_with(['/', '~']) && fs::is_file(&project.join(path)) {
                self.need(project, path);
            }
        }
    }

    /// Whether a file, a link or an empty folder stays.
    pub fn keeps(&self, path: &str) -> bool {
        if self.needed.contains(path) {
            return true;
        }
        let mut of_contexts =
            self.ignore_files_of(path).map(|(file, inner)| !file.excludes(inner)).peekable();
        match self.first_decides {
            true => of_contexts.next().unwrap_or(true),
            // What is in no build context may be mounted, or be named by the compose file.
            false => of_contexts.peek().is_none() || of_contexts.any(|keeps| keeps),
        }
    }

    /// Whether something in a folder may stay.
    pub fn may_keep_in(&self, folder: &str) -> bool {
        let below = format!("{folder}/");
        let is_below = |path: &str| path.starts_with(&below);
        self.keeps(folder)
            || self.needed.range(below.clone()..).next().is_some_and(|path| is_below(path))
            || self.contexts.iter().flatten().any(|(context, _)| context == folder || is_below(context))
            || self.ignore_files_of(folder).any(|(file, inner)| file.may_keep_in(inner))
    }

    /// The ignore files of the build contexts that a path is in, with the path in each.
    fn ignore_files_of<'c>(&'c self, path: &'c str) -> impl Iterator<Item = (&'c IgnoreFile, &'c str)> {
        self.contexts.iter().flatten().filter_map(move |(context, file)| {
            let inner = match context.as_str() {
                "" => path,
                context => path.strip_prefix(context)?.strip_prefix('/')?,
            };
            Some((file, inner))
        })
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
