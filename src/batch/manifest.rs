//! The manifest of a folder of Dockerfiles: which files a run has put there, and what each is. Only
//! files that it lists are ever removed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::digest::hex;
use super::listing::ListedRow;
use crate::diagnostic::Diagnostic;
use crate::fleet::name::unfit;
use crate::source::Source;

pub const NAME: &str = "manifest.json";
/// The shape that this version writes and reads.
const VERSION: u32 = 1;

#[derive(Debug, Deserialize)]
pub struct Manifest {
    version: u32,
    /// One entry for each row, in the order of the paths.
    files: Vec<ManifestEntry<'static>>,
    /// Files of earlier runs that are not made any more, and not removed yet, with their digests.
    #[serde(default)]
    left: BTreeMap<String, String>,
}

impl Default for Manifest {
    fn default() -> Self {
        Manifest { version: VERSION, files: Vec::new(), left: BTreeMap::new() }
    }
}

/// A file, and a row that it is for. In order by path, and of files that are shared, by device.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ManifestEntry<'m> {
    path: Cow<'m, str>,
    sha256: Cow<'m, str>,
    device: Cow<'m, str>,
    arch: Cow<'m, str>,
    platform: Cow<'m, str>,
    fleet: Option<Cow<'m, str>>,
    service: Cow<'m, str>,
    source: Cow<'m, str>,
    name: Cow<'m, str>,
}

impl<'m> ManifestEntry<'m> {
    /// The entry of a row with its path.
    pub fn new(path: String, row: &ListedRow<'m>, is_of_fleets: bool) -> Self {
        ManifestEntry {
            path: path.into(),
            sha256: hex(row.sha).into(),
            device: (&*row.device.slug).into(),
            arch: (&*row.arch.slug).into(),
            platform: (&*row.arch.platform).into(),
            fleet: is_of_fleets.then(|| row.name.into()),
            service: (&*row.service.name).into(),
            source: (&*row.choice.path).into(),
            name: (&*row.choice.name).into(),
        }
    }
}

/// The manifest of a tree: what it lists, in order; what another manifest lists too; and files that are left.
pub struct NewManifest<'m, E> {
    /// The entries of the tree, as often as it is asked for them.
    pub entries: E,
    pub others: &'m Manifest,
    pub left: &'m BTreeMap<String, String>,
}

impl<'m, E, I> NewManifest<'m, E>
where
    E: Fn() -> I,
    I: Iterator<Item = ManifestEntry<'m>>,
{
    /// Writes its text, without holding it.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        /// Entries that are made one after the other.
        struct Entries<F>(F);
        impl<'m, F: Fn() -> I, I: Iterator<Item = ManifestEntry<'m>>> Serialize for Entries<F> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq((self.0)())
            }
        }
        /// Its shape, that of [`Manifest`].
        #[derive(Serialize)]
        struct Shape<'l, F> {
            version: u32,
            files: F,
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            left: BTreeMap<&'l str, &'l str>,
        }
        let mut left = BTreeMap::new();
        for (path, sha) in self.left.iter().chain(&self.others.left) {
            left.insert(&**path, &**sha);
        }
        let files =
            Entries(|| merged((self.entries)(), self.others.files.iter().map(ManifestEntry::borrowed)));
        crate::json::write_pretty(&Shape { version: VERSION, files, left }, out)
    }
}

/// The entries of both, in order.
fn merged<'m>(
    one: impl Iterator<Item = ManifestEntry<'m>>,
    other: impl Iterator<Item = ManifestEntry<'m>>,
) -> impl Iterator<Item = ManifestEntry<'m>> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(first), Some(second)) if second < first => other.next(),
        (None, _) => other.next(),
        _ => one.next(),
    })
}

impl ManifestEntry<'static> {
    fn borrowed(&self) -> ManifestEntry<'_> {
        ManifestEntry {
            path: (&*self.path).into(),
            sha256: (&*self.sha256).into(),
            device: (&*self.device).into(),
            arch: (&*self.arch).into(),
            platform: (&*self.platform).into(),
            fleet: self.fleet.as_deref().map(Cow::from),
            service: (&*self.service).into(),
            source: (&*self.source).into(),
            name: (&*self.name).into(),
        }
    }
}

impl Manifest {
    /// The manifest of files of which only the digests are known.
    pub fn of_files(left: BTreeMap<String, String>) -> Self {
        Manifest { version: VERSION, files: Vec::new(), left }
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

    /// Lists these files too, as left by earlier runs.
    pub fn adopt(&mut self, files: BTreeMap<String, String>) {
        self.left.extend(files);
    }

    /// Its text, with what another one lists.
    pub fn to_text(&self, others: &Manifest) -> String {
        let entries = || self.files.iter().map(ManifestEntry::borrowed);
        let mut text = Vec::new();
        // Strings and maps of strings: there is nothing in it that JSON cannot hold.
        let _ = NewManifest { entries, others, left: &self.left }.write(&mut text);
        String::from_utf8(text).unwrap_or_default()
    }

    /// Reads one. `name` is what messages call it.
    ///
    /// # Errors
    /// When it is none, or lists what could not be a file of this program: then nothing that it says
    /// can be trusted.
    pub fn parse(name: &str, bytes: Vec<u8>) -> Result<Self, Diagnostic> {
        let source = Arc::new(Source::new(name, Vec::new()));
        let fault = |message: &str, help| Diagnostic::error_at(&source, 0..0, message).help(help);
        let mut manifest: Manifest = serde_json::from_slice(&bytes)
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
        manifest.files.sort();
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
