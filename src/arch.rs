//! An architecture, and the names that others have for it.
//!
//! balena says `armv7hf`, Docker `linux/arm/v7`, Debian `armhf`, Alpine `armv7`, the kernel
//! `armv7l`, Go `arm`, Rust `armv7-unknown-linux-gnueabihf`: a template that downloads something
//! needs the name that the download page uses.

use std::borrow::Cow;

/// Text that is compiled in or was read from an overlay.
pub type Text = Cow<'static, str>;

/// One architecture. The optional names are absent where the project in question never had a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arch {
    /// balena's name, the one that `%%BALENA_ARCH%%` becomes: `armv7hf`.
    pub slug: Text,
    /// What a person calls it.
    pub name: Text,
    /// The OCI platform: `linux/arm/v7`.
    pub platform: Text,
    /// The prefix of Docker Hub's per-architecture images: `arm32v7`.
    pub docker_hub: Option<Text>,
    /// dpkg's name: `armhf`.
    pub debian: Option<Text>,
    /// apk's name: `armv7`.
    pub alpine: Option<Text>,
    /// What `uname -m` prints: `armv7l`.
    pub uname: Option<Text>,
    /// Go's GOARCH: `arm`.
    pub goarch: Option<Text>,
    /// Go's GOARM, for 32-bit ARM: `7`.
    pub goarm: Option<Text>,
    /// The name in Node's download addresses: `armv7l`.
    pub node: Option<Text>,
    /// Rust's target triple.
    pub rust: Option<Text>,
    /// Other names, accepted wherever an arch is asked for.
    pub aliases: Cow<'static, [Text]>,
}

/// The fields of an arch that hold one text, by their name in `device-types.yaml`, with how to
/// reach them. Reading, overlaying and printing an arch all go through this one list.
pub const NAMES: [(&str, NameOf); 8] = [
    ("docker_hub", |arch| &mut arch.docker_hub),
    ("debian", |arch| &mut arch.debian),
    ("alpine", |arch| &mut arch.alpine),
    ("uname", |arch| &mut arch.uname),
    ("goarch", |arch| &mut arch.goarch),
    ("goarm", |arch| &mut arch.goarm),
    ("node", |arch| &mut arch.node),
    ("rust", |arch| &mut arch.rust),
];

/// Reaches one optional name of an arch.
pub type NameOf = fn(&mut Arch) -> &mut Option<Text>;

impl Arch {
    /// An arch of which only slug and platform are known.
    pub fn new(slug: Text, platform: Text) -> Self {
        Arch {
            name: slug.clone(),
            slug,
            platform,
            docker_hub: None,
            debian: None,
            alpine: None,
            uname: None,
            goarch: None,
            goarm: None,
            node: None,
            rust: None,
            aliases: Cow::Borrowed(&[]),
        }
    }

    /// Whether this is the arch that `name` means.
    pub fn is_called(&self, name: &str) -> bool {
        self.slug == name || self.aliases.iter().any(|alias| alias == name)
    }
}
