//! An architecture, and the names that others have for it.
//!
//! balena says `armv7hf`, Docker `linux/arm/v7`, Debian `armhf`, Alpine `armv7`, the kernel
//! `armv7l`, Go `arm`, Rust `armv7-unknown-linux-gnueabihf`: a template that downloads something
//! needs the name that the download page uses.

use std::borrow::Cow;

/// Text that is compiled in or was read from an overlay.
pub type Text = Cow<'static, str>;

/// One architecture.
///
/// ```
/// let registry = dtpl::Registry::embedded();
/// let arch: &dtpl::Arch = registry.arch("armv7hf").unwrap();
/// assert_eq!(arch.platform, "linux/arm/v7");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arch {
    /// balena's name, the value of `%%BALENA_ARCH%%`: `armv7hf`.
    pub slug: Text,
    /// The name to show: `ARMv7 (hard float)`.
    pub name: Text,
    /// The OCI platform: `linux/arm/v7`.
    pub platform: Text,
    /// The names of [`NAMES`], in that order; absent where that project has no port. [`Arch::fields`] gives them.
    pub(crate) names: ArchNames,
    /// Other slugs, accepted wherever an arch is given.
    pub aliases: Cow<'static, [Text]>,
}

/// The names of an arch elsewhere: the field in `device-types.yaml` and of `arch` in Tera templates, and
/// the variable. Everything that reads, shows or substitutes such a name goes through this table, so that
/// a further name takes one line.
pub const NAMES: [(&str, &str); 8] = [
    // The prefix of Docker Hub's per-architecture images: `arm32v7`.
    ("docker_hub", "DTPL_DOCKER_ARCH"),
    // dpkg: `armhf`.
    ("debian", "DTPL_DEBIAN_ARCH"),
    // apk: `armv7`.
    ("alpine", "DTPL_ALPINE_ARCH"),
    // `uname -m`: `armv7l`.
    ("uname", "DTPL_UNAME_MACHINE"),
    // `arm`.
    (GOARCH, "DTPL_GOARCH"),
    // `7`.
    (GOARM, "DTPL_GOARM"),
    // The addresses of Node's downloads: `armv7l`.
    ("node", "DTPL_NODE_ARCH"),
    // The target triple: `armv7-unknown-linux-gnueabihf`.
    ("rust", "DTPL_RUST_TARGET"),
];

const PLATFORM: &str = "DTPL_PLATFORM";
const GOARCH: &str = "goarch";
const GOARM: &str = "goarm";

/// A value for each entry of [`NAMES`].
pub type ArchNames = [Option<Text>; NAMES.len()];

impl Arch {
    /// An arch of which only slug and platform are known.
    pub fn new(slug: Text, platform: Text) -> Self {
        let aliases = Cow::Borrowed(&[][..]);
        Arch { name: slug.clone(), slug, platform, names: ArchNames::default(), aliases }
    }

    /// Whether this is the arch that `name` means.
    pub fn is_called(&self, name: &str) -> bool {
        self.slug == name || self.aliases.iter().any(|alias| alias == name)
    }

    /// The fields of [`NAMES`] with their values.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        NAMES.iter().zip(&self.names).map(|((field, _), value)| (*field, value.as_deref()))
    }

    /// The value of a field of [`NAMES`].
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields().find(|(field, _)| *field == name)?.1
    }

    /// The variables that name an arch with their values; those of `None` have no values.
    pub fn variables(arch: Option<&Self>) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        let platform = (PLATFORM, arch.map(|arch| &*arch.platform));
        let names = NAMES.iter().enumerate().map(move |(at, &(field, variable))| {
            let value = arch.and_then(|arch| arch.names[at].as_deref());
            // Go takes an empty GOARM on everything that is not 32-bit ARM.
            let is_empty = field == GOARM && arch.is_some_and(|arch| arch.field(GOARCH).is_some());
            (variable, value.or(is_empty.then_some("")))
        });
        std::iter::once(platform).chain(names)
    }
}
