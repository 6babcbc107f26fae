//! One image in an images file.

use crate::diagnostic::Place;
use crate::image::date::Date;
use crate::image::platform::{Availability, Platform};
use crate::image::reference::Reference;

/// A platform that an image is there for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformEntry {
    /// The platform.
    pub platform: Platform,
    /// The digest of its image, where the file has it.
    pub digest: Option<String>,
}

/// What an images file says about an image; what is absent was not given.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ImageEntry {
    /// A repository, which stands for all its tags, or one image of it: with a tag, a digest, or both.
    pub reference: Reference,
    /// Where the entry is.
    pub place: Place,
    /// The platforms that it is there for, sorted.
    pub platforms: Option<Vec<PlatformEntry>>,
    /// The language in it, or the program: `python`.
    pub stack: Option<String>,
    /// The version of the stack.
    pub version: Option<String>,
    /// The distribution: `debian`.
    pub distro: Option<String>,
    /// The release of the distribution: `bookworm`.
    pub release: Option<String>,
    /// Whether it has only what is needed to run a program.
    pub slim: Option<bool>,
    /// The day on which it is no longer looked after.
    pub ends: Option<Date>,
    /// Repositories and images that a project can replace by this one.
    pub replaces: Vec<Reference>,
    /// The device types that it is made for, each with its place; whether there are device types of these names, the
    /// file alone does not tell.
    pub devices: Vec<(String, Place)>,
    /// The digest of the index, or of the image itself if there is no index.
    pub digest: Option<String>,
    /// The day on which platforms and digests were so.
    pub date: Option<Date>,
    /// Whether it is rebuilt at present: an entry of a checkout of official-images.
    pub is_built: bool,
}

impl ImageEntry {
    /// An entry that says nothing yet.
    pub(super) fn new(reference: Reference, place: Place) -> Self {
        ImageEntry {
            reference,
            place,
            platforms: None,
            stack: None,
            version: None,
            distro: None,
            release: None,
            slim: None,
            ends: None,
            replaces: Vec::new(),
            devices: Vec::new(),
            digest: None,
            date: None,
            is_built: false,
        }
    }

    /// Whether the entry is about all images of a repository.
    pub fn is_repository(&self) -> bool {
        self.reference.tag().is_none() && self.reference.digest().is_none()
    }

    /// Whether the digest is that of an index, from which an engine takes the image for its platform. The digest
    /// of an image without an index is also that of its one platform.
    pub fn is_index(&self) -> bool {
        let platforms = self.platforms.as_deref().unwrap_or_default();
        self.digest.is_some() && platforms.iter().all(|platform| platform.digest != self.digest)
    }

    /// What a device of this platform gets of the image.
    pub fn availability(&self, own: &Platform) -> Availability {
        match &self.platforms {
            None => Availability::Unknown,
            Some(platforms) => {
                let offered: Vec<Platform> = platforms.iter().map(|entry| entry.platform.clone()).collect();
                Availability::of(own, &offered)
            }
        }
    }
}

/// The entry of a reference.
#[derive(Clone, Debug)]
pub struct FoundEntry<'f> {
    /// What the file says.
    pub entry: &'f ImageEntry,
    /// What both have in common.
    pub by: FoundBy,
}

/// What a reference and the entry that was found for it have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FoundBy {
    /// They name the same image: tag and digest are equal. Without both, the tag is `latest`.
    Reference,
    /// The digest of the reference is that of the entry.
    Digest,
    /// The digest of the reference is that of the entry for this platform alone.
    PlatformDigest(Platform),
    /// The entry is about the tag. The digest of the reference names one image, which may be another one.
    Tag,
    /// The entry is about all tags of the repository.
    Repository,
}
