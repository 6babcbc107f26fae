//! What a registry has published under a reference: what a look-up gives, and a lock file keeps.

use super::platform::Platform;

/// An image, as its registry describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The digest of its index, or of the image itself if there is no index.
    pub digest: String,
    /// Whether there is an index: one reference for several platforms.
    pub is_index: bool,
    /// The platforms that it is there for, each with the digest of its image.
    pub platforms: Vec<(Platform, String)>,
}
