//! The manifest of a folder of Dockerfiles: which files a run has put there, and what each is. Only
//! files that it lists are ever removed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::digest::hex;
use super::plan::Planned;
use crate::diagnostic::Diagnostic;
use crate::fleet::name::unfit;
use crate::source::Source;

pub const NAME: &str = "manifest.json";
/// The shape that this version writes and reads.
const VERSION: u32 = 1;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    version: u32,
    /// One entry for each row, in the order of the paths.
    files: Vec<ManifestEntry>,
    /// Files of earlier runs that are not made any more, and not removed yet, with their digests.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    left: BTreeMap<String, String>,
}

/// A file, and a row that it is for. In order by path, and of files that are shared, by device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct ManifestEntry {
    path: String,
    sha256: String,
    device: String,
    arch: String,
    platform: String,
    fleet: Option<String>,
    service: String,
    source: String,
    name: String,
}

impl Manifest {
    /// The manifest of rows with their paths, and of files that are left.
    pub fn new(rows: &[(String, Planned)], left: BTreeMap<String, String>) -> Self {
        let mut files: Vec<ManifestEntry> = rows
            .iter()
            .map(|(path, row)| ManifestEntry {
                path: path.clone(),
                sha256: hex(&row.file.sha),
                device: row.target.device.slug.to_string(),
                arch: row.target.arch.slug.to_string(),
                platform: row.target.arch.platform.to_string(),
                fleet: row.target.fleet.as_deref().map(str::to_owned),
                service: row.service.name.clone(),
                source: row.choice.path.clone(),
                name: row.choice.name.clone(),
            })
            .collect();
        files.sort();
        Manifest { version: VERSION, files, left }
    }

    /// Takes out what a run for only some fleets and services has nothing to do with: `is_part` gets the
    /// names of both.
    pub fn take_others(&mut self, is_part: &dyn Fn(&str, &str) -> bool) -> Manifest {
        let is_other = |path: &str| {
            let mut parts = path.split('/');
            !is_part(parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
        };
        let (others, files) = self.files.drain(..).partition(|entry| is_other(&entry.path));
        self.files = files;
        let left = std::mem::take(&mut self.left).into_iter();
        let (left_of_others, left) = left.partition(|(path, _)| is_other(path));
        self.left = left;
        Manifest { version: VERSION, files: others, left: left_of_others }
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.left.is_empty()
    }

    /// Adds what another manifest lists.
    pub fn with(mut self, others: &Manifest) -> Manifest {
        self.files.extend(others.files.iter().cloned());
        self.files.sort();
        self.left.extend(others.left.clone());
        self
    }

    /// Lists these files too, as left by earlier runs.
    pub fn adopt(&mut self, files: BTreeMap<String, String>) {
        self.left.extend(files);
    }

    pub fn to_text(&self) -> String {
        // Strings and maps of strings: there is nothing in it that JSON cannot hold.
        crate::json::to_text(self, true).unwrap_or_default()
    }

    /// Reads one. `name` is what messages call it.
    ///
    /// # Errors
    /// When it is none, or lists what could not be a file of this program: then nothing that it says
    /// can be trusted.
    pub fn parse(name: &str, bytes: Vec<u8>) -> Result<Self, Diagnostic> {
        let source = Arc::new(Source::new(name, Vec::new()));
        let fault = |message: &str, help| Diagnostic::error_at(&source, 0..0, message).help(help);
        let manifest: Manifest = serde_json::from_slice(&bytes)
            .map_err(|_| fault("this is no manifest of dtpl", "name another folder, or remove the file"))?;
        if manifest.version != VERSION {
            let message =
                format!("a manifest of version {}, and this dtpl knows {VERSION}", manifest.version);
            return Err(fault(&message, "use the dtpl that wrote it, or remove the file"));
        }
        if let Some(path) = manifest.files().keys().find(|path| !is_ours(path)) {
            let shown = crate::escape::shortened(path, 80);
            let message = format!("the manifest lists `{shown}`, which dtpl never writes");
            return Err(fault(&message, "remove the manifest if you do not know who changed it"));
        }
        Ok(manifest)
    }

    /// Every file that it lists, with its digest.
    pub fn files(&self) -> BTreeMap<&str, &str> {
        let left = self.left.iter().map(|(path, sha)| (&**path, &**sha));
        left.chain(self.files.iter().map(|entry| (&*entry.path, &*entry.sha256))).collect()
    }
}

/// Whether a path is one that this program makes: `fleet/service/Dockerfile` in a tree, `target/Dockerfile` where a bake
/// file names it.
fn is_ours(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let file = parts.last().copied().unwrap_or_default();
    let is_dockerfile = file == "Dockerfile" || file.starts_with("Dockerfile.");
    matches!(parts.len(), 2 | 3) && is_dockerfile && parts.iter().all(|part| unfit(part).is_none())
}
