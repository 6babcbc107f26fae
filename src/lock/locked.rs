//! What a lock file keeps of an image.

use std::collections::BTreeMap;

use crate::image::{Date, ImageEntry, Platform, Published};

/// An image with its digests.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LockedImage {
    /// The digest of the index, or of the image itself if there is no index.
    pub digest: String,
    /// The day since which it is known to be so.
    pub date: Option<Date>,
    /// The platforms that it is there for, each with the digest of its image; without one, only that it is there is
    /// known.
    pub platforms: BTreeMap<Platform, Option<String>>,
}

/// Images by their names in the lock file.
pub type LockedImages = BTreeMap<String, LockedImage>;

impl LockedImage {
    /// What an entry says, if it has a digest.
    pub(super) fn of_entry(entry: &ImageEntry) -> Option<Self> {
        let platforms = entry.platforms.iter().flatten();
        Some(LockedImage {
            digest: entry.digest.clone()?,
            date: entry.date,
            platforms: platforms.map(|entry| (entry.platform.clone(), entry.digest.clone())).collect(),
        })
    }

    /// What a registry says on a day.
    pub fn of_published(published: &Published, day: Option<Date>) -> Self {
        // What no engine takes for a platform, no lock file can have.
        let is_possible = |platform: &Platform| Platform::is_possible(&platform.to_string());
        let platforms = published.platforms.iter().filter(|(platform, _)| is_possible(platform));
        LockedImage {
            digest: published.digest.clone(),
            date: day,
            platforms: platforms.map(|(platform, digest)| (platform.clone(), Some(digest.clone()))).collect(),
        }
    }

    /// Whether both are the same, whenever that was.
    pub(super) fn is_same(&self, other: &LockedImage) -> bool {
        self.digest == other.digest && self.platforms == other.platforms
    }

    /// Whether a device of this platform gets an image.
    pub(super) fn is_for(&self, platform: &Platform) -> bool {
        let offered: Vec<Platform> = self.platforms.keys().cloned().collect();
        platform.choose(&offered).is_some()
    }
}
