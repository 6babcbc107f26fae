//! A whole images file, and the entry of a reference in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::entry::{FoundBy, FoundEntry, ImageEntry, PlatformEntry};
use super::mirrors::Mirrors;
use super::read;
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::image::library_file;
use crate::image::platform::Platform;
use crate::image::reference::Reference;
use crate::nearest::did_you_mean;
use crate::source::Source;

/// The tag that is meant where a reference has neither tag nor digest.
const DEFAULT_TAG: &str = "latest";

/// An image by its registry, repository, tag and digest: two spellings of one reference have the same key.
type Key = (String, String, Option<String>, Option<String>);

/// An images file, read and checked.
#[derive(Clone, Debug, Default)]
pub struct ImagesFile {
    entries: BTreeMap<Key, ImageEntry>,
    mirrors: Mirrors,
    /// The repositories whose tags are all there.
    complete: BTreeMap<(String, String), String>,
    /// By what is replaced, the entries that replace it.
    replaced: BTreeMap<Key, Vec<Key>>,
}

impl ImagesFile {
    /// Reads an images file.
    ///
    /// # Errors
    /// Every fault of the file: what is not YAML, unknown fields, values that a field cannot have, an image that
    /// is there twice.
    pub fn parse(source: &Arc<Source>) -> Result<ImagesFile, Diagnostics> {
        let (entries, mirrors, mut diagnostics) = read::read(source)?;
        let mut file = ImagesFile { mirrors, ..ImagesFile::default() };
        for entry in entries {
            let key = key(&entry.reference);
            if let Some(other) = file.entries.get(&key) {
                let message = format!("the image `{}` is there twice", entry.reference.text());
                let help =
                    format!("keep one of them; the other is `{}` at {}", other.reference.text(), other.place);
                diagnostics.push(|| Diagnostic::error(entry.place.clone(), message).help(help));
            } else {
                for old in &entry.replaces {
                    file.replaced.entry(self::key(old)).or_default().push(key.clone());
                }
                file.entries.insert(key, entry);
            }
        }
        diagnostics.sort_by_position();
        if diagnostics.is_empty() { Ok(file) } else { Err(diagnostics) }
    }

    /// Adds a file of official-images (`library/python`): its tags are all that are rebuilt of the image.
    ///
    /// # Errors
    /// Text that is not of that format.
    pub fn add_official(&mut self, image: &str, text: &str, place: &Place) -> Result<(), Diagnostic> {
        let fault = |message: String| {
            let help = "give an images file, or a checkout of official-images with its folder `library`";
            Diagnostic::error(place.clone(), message).help(help)
        };
        for block in library_file::blocks(text).map_err(fault)? {
            let platforms = block.platforms.iter().filter_map(|name| Platform::linux(name));
            let mut platforms: Vec<PlatformEntry> =
                platforms.map(|platform| PlatformEntry { platform, digest: None }).collect();
            platforms.sort_by(|a, b| a.platform.cmp(&b.platform));
            for tag in block.tags {
                let reference = Reference::parse(&format!("{image}:{tag}"));
                let reference = reference.map_err(|error| fault(format!("not a tag: {}", error.message)))?;
                let mut entry = ImageEntry::new(reference, place.clone());
                (entry.platforms, entry.is_built) = (Some(platforms.clone()), true);
                let repository = (entry.reference.domain().to_owned(), entry.reference.path().to_owned());
                self.complete.insert(repository, place.to_string());
                self.entries.insert(key(&entry.reference), entry);
            }
        }
        Ok(())
    }

    /// The file that has all tags that are rebuilt of a repository, if there is one.
    pub fn complete_for(&self, reference: &Reference) -> Option<&str> {
        let repository = (reference.domain().to_owned(), reference.path().to_owned());
        self.complete.get(&repository).map(String::as_str)
    }

    /// All entries, sorted by registry, repository, tag and digest.
    pub fn entries(&self) -> impl Iterator<Item = &ImageEntry> {
        self.entries.values()
    }

    /// The prefixes that are copies of others.
    pub fn mirrors(&self) -> &Mirrors {
        &self.mirrors
    }

    /// The entry of a reference: that of the same image, of its digest, of its tag, or of its repository, in this
    /// order. Mirrors are not followed.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use dtpl::Source;
    /// # use dtpl::image::{FoundBy, ImagesFile, Reference};
    /// let text = "images:\n  python:3.12: {stack: python}\n  acme/base: {stack: node}\n";
    /// let file = ImagesFile::parse(&Arc::new(Source::new("images.yaml", text)))?;
    /// let by = |text: &str| Some(file.find(&Reference::parse(text).unwrap())?.by);
    /// assert_eq!(by("docker.io/library/python:3.12"), Some(FoundBy::Reference));
    /// assert_eq!(by("acme/base:7"), Some(FoundBy::Repository));
    /// assert_eq!(by("python:3.11"), None);
    /// # Ok::<(), dtpl::Diagnostics>(())
    /// ```
    pub fn find(&self, reference: &Reference) -> Option<FoundEntry<'_>> {
        let exact = key_of_image(reference);
        if let Some(entry) = self.entries.get(&exact) {
            return Some(FoundEntry { entry, by: FoundBy::Reference });
        }
        if let Some(digest) = reference.digest() {
            if let Some(found) = self.with_digest(reference, digest) {
                return Some(found);
            }
            let (domain, path, tag, _) = exact.clone();
            if tag.is_some()
                && let Some(entry) = self.entries.get(&(domain, path, tag, None))
            {
                return Some(FoundEntry { entry, by: FoundBy::Tag });
            }
        }
        let entry = self.entries.get(&(exact.0, exact.1, None, None))?;
        Some(FoundEntry { entry, by: FoundBy::Repository })
    }

    /// The entry of the repository that has this digest, as its own or for one platform. That of the same tag
    /// counts first.
    fn with_digest(&self, reference: &Reference, digest: &str) -> Option<FoundEntry<'_>> {
        let mut entries: Vec<&ImageEntry> = self.of_repository(reference).collect();
        entries.sort_by_key(|entry| entry.reference.tag() != reference.tag());
        let own = entries.iter().find(|entry| entry.digest.as_deref() == Some(digest));
        if let Some(entry) = own {
            return Some(FoundEntry { entry, by: FoundBy::Digest });
        }
        entries.iter().find_map(|entry| {
            let mut platforms = entry.platforms.iter().flatten();
            let found = platforms.find(|platform| platform.digest.as_deref() == Some(digest))?;
            Some(FoundEntry { entry, by: FoundBy::PlatformDigest(found.platform.clone()) })
        })
    }

    /// The entries of the repository that a reference is in, that of the repository itself first.
    pub fn of_repository<'f>(
        &'f self,
        reference: &Reference,
    ) -> impl Iterator<Item = &'f ImageEntry> + use<'f> {
        let (domain, path) = (reference.domain().to_owned(), reference.path().to_owned());
        let from = (domain.clone(), path.clone(), None, None);
        self.entries
            .range(from..)
            .take_while(move |(key, _)| key.0 == domain && key.1 == path)
            .map(|(_, e)| e)
    }

    /// The entries that say they replace a reference: those that name the very image first, then those that
    /// name its repository.
    pub fn replacements<'f>(&'f self, reference: &Reference) -> Vec<&'f ImageEntry> {
        let exact = key_of_image(reference);
        let repository = (exact.0.clone(), exact.1.clone(), None, None);
        let which = |wanted: &Key| self.replaced.get(wanted).into_iter().flatten();
        let mut seen = BTreeSet::new();
        let all = which(&exact).chain(which(&repository)).filter(|key| seen.insert((*key).clone()));
        all.filter_map(|key| self.entries.get(key)).collect()
    }

    /// The entries that are made for a device type, by its slug or one of its aliases.
    pub fn made_for<'f>(&'f self, slug: &str, registry: &Registry) -> Vec<&'f ImageEntry> {
        let is_it = |name: &str| registry.device_type(name).is_some_and(|device| &*device.slug == slug);
        let is_for = |entry: &&ImageEntry| entry.devices.iter().any(|(name, _)| name == slug || is_it(name));
        self.entries.values().filter(is_for).collect()
    }

    /// An error for each device type under `devices:` that the registry does not have.
    pub fn unknown_devices(&self, registry: &Registry) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for (name, place) in self.entries.values().flat_map(|entry| &entry.devices) {
            if registry.device_type(name).is_some() {
                continue;
            }
            diagnostics.push(|| {
                let names = registry.device_types().iter().map(|device| &*device.slug);
                let message = format!("unknown device type `{}`", crate::escape::shortened(name, 40));
                let help = did_you_mean(name, names);
                Diagnostic::error(place.clone(), message)
                    .helps(help)
                    .help("`dtpl devices` lists all device types")
            });
        }
        diagnostics.sort_by_position();
        diagnostics
    }
}

/// The key of an entry.
fn key(reference: &Reference) -> Key {
    let owned = |part: Option<&str>| part.map(str::to_owned);
    let (domain, path) = (reference.domain().to_owned(), reference.path().to_owned());
    (domain, path, owned(reference.tag()), owned(reference.digest()))
}

/// The key of the entry about the one image that a reference names.
fn key_of_image(reference: &Reference) -> Key {
    let mut key = key(reference);
    if key.2.is_none() && key.3.is_none() {
        key.2 = Some(DEFAULT_TAG.to_owned());
    }
    key
}
