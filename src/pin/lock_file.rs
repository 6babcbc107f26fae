//! A lock file as it is read: an images file, and the digest of an image in it.

use std::sync::Arc;

use crate::diagnostic::{Diagnostics, Place};
use crate::image::{Availability, FoundBy, ImageEntry, ImagesFile, Platform, Reference};
use crate::source::Source;

/// The lock file of a project.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::Source;
/// use dtpl::image::{Platform, Reference};
/// use dtpl::lock::LockFile;
///
/// let one = "1".repeat(64);
/// let text = format!("images:\n  alpine:3.22: {{platforms: [linux/arm64], digest: sha256:{one}}}\n");
/// let lock = LockFile::parse(&Arc::new(Source::new("images.lock.yaml", text)))?;
/// let image = Reference::parse("alpine:3.22").unwrap();
/// let arm64 = Platform::parse("linux/arm64").unwrap();
/// assert_eq!(lock.digest(&image, Some(&arm64)), Ok(Some(format!("sha256:{one}"))));
/// # Ok::<(), dtpl::Diagnostics>(())
/// ```
#[derive(Clone, Debug)]
pub struct LockFile {
    images: ImagesFile,
    name: String,
}

/// Why a lock file has no digest for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotLocked {
    /// The image is not in the file, or without a digest.
    Missing,
    /// It is there, but not for the platform: these are its platforms.
    OtherPlatforms(Vec<Platform>),
    /// The reference has a digest, and the file has another one for its tag.
    OtherDigest(String),
}

impl LockFile {
    /// Reads a lock file.
    ///
    /// # Errors
    /// Those of [`ImagesFile::parse`].
    pub fn parse(source: &Arc<Source>) -> Result<LockFile, Diagnostics> {
        Ok(LockFile { images: ImagesFile::parse(source)?, name: source.name().to_owned() })
    }

    /// The first thing in the file that no lock file has: a mirror, an image without a digest, a fact of a user.
    /// `source` is the text of the file.
    pub fn not_of_lock(&self, source: &Arc<Source>) -> Option<Place> {
        let has_facts = |entry: &&ImageEntry| {
            let texts = [&entry.stack, &entry.version, &entry.distro, &entry.release];
            entry.digest.is_none()
                || entry.slim.is_some()
                || entry.ends.is_some()
                || texts.iter().any(|text| text.is_some())
                || !entry.replaces.is_empty()
                || !entry.devices.is_empty()
        };
        let of_mirrors = || {
            let has_mirrors = !self.images.mirrors().is_empty();
            let at = has_mirrors.then(|| memchr::memmem::find(source.bytes(), b"mirrors"))?.unwrap_or(0);
            Some(Place::Text(Arc::clone(source), at..at))
        };
        let entry = self.images.entries().find(has_facts).map(|entry| entry.place.clone());
        entry.or_else(of_mirrors)
    }

    /// Its path, as messages name it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says about images.
    pub fn images(&self) -> &ImagesFile {
        &self.images
    }

    /// The digest to write behind a reference, for a build for this platform; if that is not known, for any.
    /// `None` where the reference has one already.
    ///
    /// # Errors
    /// Why there is none.
    pub fn digest(
        &self,
        reference: &Reference,
        platform: Option<&Platform>,
    ) -> Result<Option<String>, NotLocked> {
        let Some(found) = self.images.find(reference) else {
            return if reference.digest().is_some() { Ok(None) } else { Err(NotLocked::Missing) };
        };
        match (found.by, reference.digest(), &found.entry.digest) {
            (FoundBy::Reference, None, Some(digest)) => {
                is_there(found.entry, platform)?;
                Ok(Some(digest.clone()))
            }
            (_, None, _) => Err(NotLocked::Missing),
            (FoundBy::Tag, Some(_), Some(other)) => Err(NotLocked::OtherDigest(other.clone())),
            (FoundBy::Reference | FoundBy::Digest, Some(_), _) => {
                is_there(found.entry, platform)?;
                Ok(None)
            }
            // The image for one platform of an index that is known.
            (FoundBy::PlatformDigest(own), Some(_), _) => {
                let is_taken = platform.is_none_or(|platform| platform.taken().contains(&own));
                if is_taken { Ok(None) } else { Err(NotLocked::OtherPlatforms(vec![own])) }
            }
            // Nothing is known of this digest.
            (_, Some(_), _) => Ok(None),
        }
    }
}

/// Refuses an image that is not there for a platform.
fn is_there(entry: &ImageEntry, platform: Option<&Platform>) -> Result<(), NotLocked> {
    let Some(platform) = platform else { return Ok(()) };
    match entry.availability(platform) {
        Availability::None => {
            let platforms = entry.platforms.iter().flatten().map(|entry| entry.platform.clone());
            Err(NotLocked::OtherPlatforms(platforms.collect()))
        }
        _ => Ok(()),
    }
}
