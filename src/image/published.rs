//! What a registry says of an image when it is asked, and why it may say nothing. Plain data, so that those who
//! judge images need not know how a registry is asked.

use std::fmt;

use super::platform::Platform;

/// An image as a registry has it now.
///
/// ```
/// use dtpl::image::{Platform, Published};
///
/// let pi = Platform::parse("linux/arm/v7").unwrap();
/// let digest = format!("sha256:{}", "0".repeat(64));
/// let image = Published { digest: digest.clone(), is_index: true, platforms: vec![(pi.clone(), digest.clone())] };
/// assert_eq!(image.digest_for(&pi), Some(&*digest));
/// assert_eq!(image.digest_for(&Platform::parse("linux/amd64").unwrap()), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The digest of what the reference names, `sha256:...`: of the index if there is one, otherwise of the image.
    pub digest: String,
    /// Whether it is an index, which lists an image for each platform, or an image for one platform.
    pub is_index: bool,
    /// The Linux platforms that there are images for, each with the digest of its image. Sorted, each platform once.
    pub platforms: Vec<(Platform, String)>,
}

impl Published {
    /// The digest of the image that an engine takes for a platform, if there is one: that for the platform
    /// itself, otherwise that for the best older one.
    pub fn digest_for(&self, platform: &Platform) -> Option<&str> {
        let offered: Vec<Platform> = self.platforms.iter().map(|(offered, _)| offered.clone()).collect();
        let chosen = platform.choose(&offered)?;
        self.platforms.iter().find(|(offered, _)| offered == chosen).map(|(_, digest)| &**digest)
    }
}

/// Why nothing is known of an image after a registry was asked. It contains no part of a password or a token, and
/// nothing that a server wrote but the name of a host.
///
/// ```
/// use dtpl::image::{LookupFault, LookupFaultKind};
///
/// let fault = LookupFault::new(LookupFaultKind::Unavailable, "r.example.com does not answer").help("try again");
/// assert_eq!(fault.to_string(), "r.example.com does not answer; try again");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookupFault {
    /// What it means for the image.
    pub kind: LookupFaultKind,
    /// What happened, in one line.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// What it means for an image that nothing is known of it. Only [`NotFound`](LookupFaultKind::NotFound) says
/// something about the image itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LookupFaultKind {
    /// The registry says that it has no such image.
    NotFound,
    /// The registry does not tell this user, or nobody without a login.
    Denied,
    /// The registry did not answer, or not in time; another day it may.
    Unavailable,
    /// The registry's answer cannot be used, or there is nothing to ask.
    Invalid,
}

impl LookupFault {
    /// A fault without help.
    pub fn new(kind: LookupFaultKind, message: impl Into<String>) -> Self {
        LookupFault { kind, message: message.into(), help: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        LookupFault { help: Some(help.into()), ..self }
    }
}

/// What happened, and what to do.
impl fmt::Display for LookupFault {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(out, "; {help}"))
    }
}

impl std::error::Error for LookupFault {}
