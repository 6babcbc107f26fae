//! The registry itself: what a device type is, and lookups by slug or alias.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::arch::{Arch, Text};
use crate::nearest::{did_you_mean, numbers};

/// Extensions of `Dockerfile.` that do not name a device type.
pub(super) const RESERVED: [&str; 2] = ["template", "tera"];

/// Why such a name, or that of an arch, cannot be a device type's.
pub(super) fn ambiguous(name: &str) -> String {
    format!("`Dockerfile.{name}` would be ambiguous: choose another name")
}

/// Whether a device type is still supported.
///
/// ```
/// let registry = dtpl::Registry::embedded();
/// assert_eq!(registry.device_type("intel-edison").unwrap().status, dtpl::Status::ContractOnly);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Status {
    /// Has a contract and is in balena's documentation.
    Active,
    /// Has a contract, and no page in balena's documentation.
    ContractOnly,
    /// Has no contract, but a description in one of balena's device repositories.
    RepositoryOnly,
    /// Had a contract once.
    Removed,
    /// Never had a contract; only base images were published under this name.
    ImageOnly,
}

impl Status {
    /// Every status with its name in files and output.
    pub const ALL: [(&'static str, Status); 5] = [
        ("active", Status::Active),
        ("contract-only", Status::ContractOnly),
        ("repository-only", Status::RepositoryOnly),
        ("removed", Status::Removed),
        ("image-only", Status::ImageOnly),
    ];

    /// The name in files and output.
    pub fn name(self) -> &'static str {
        Status::ALL[self as usize].0
    }
}

/// What balena's device repository of a device type says of its releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseState {
    /// balena releases its system for it.
    Released,
    /// It is not marked as released. Some of these are in balena's documentation.
    New,
    /// There are no new releases.
    Discontinued,
    /// It is released, and its community looks after it.
    Community,
}

impl ReleaseState {
    /// Every state with its name in files and output.
    pub const ALL: [(&'static str, ReleaseState); 4] = [
        ("released", ReleaseState::Released),
        ("new", ReleaseState::New),
        ("discontinued", ReleaseState::Discontinued),
        ("community", ReleaseState::Community),
    ];

    /// The name in files and output.
    pub fn name(self) -> &'static str {
        ReleaseState::ALL[self as usize].0
    }
}

/// A family of base images that were published per device type.
///
/// ```
/// assert_eq!(dtpl::ImageFamily::Balenalib.name(), "balenalib");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImageFamily {
    /// `resin/<device type>-...`, until 2018.
    Resin,
    /// `balenalib/<device type>-...`, until 2025.
    Balenalib,
}

impl ImageFamily {
    /// Every family with its name in files and output.
    pub const ALL: [(&'static str, ImageFamily); 2] =
        [("resin", ImageFamily::Resin), ("balenalib", ImageFamily::Balenalib)];

    /// The name in files and output.
    pub fn name(self) -> &'static str {
        ImageFamily::ALL[self as usize].0
    }
}

/// A kind of machine that a fleet consists of.
///
/// ```
/// let registry = dtpl::Registry::embedded();
/// let pi: &dtpl::DeviceType = registry.device_type("raspberrypi3").unwrap();
/// assert_eq!((&*pi.name, &*pi.arch), ("Raspberry Pi 3", "armv7hf"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceType {
    /// The value of `%%BALENA_MACHINE_NAME%%`: `raspberrypi3`.
    pub slug: Text,
    /// The name to show: `Raspberry Pi 3`.
    pub name: Text,
    /// The slug of its [`Arch`].
    pub arch: Text,
    /// Other names for it: `nuc` for `intel-nuc`.
    pub aliases: Cow<'static, [Text]>,
    /// Whether it is still supported.
    pub status: Status,
    /// See [`DeviceType::state`].
    pub(crate) state: Option<ReleaseState>,
    /// The families that had images under this very slug.
    pub base_images: Cow<'static, [ImageFamily]>,
}

impl DeviceType {
    /// What balena's device repository says of its releases: `released`, `new`, `discontinued` or `community`; none
    /// where that is not known.
    ///
    /// ```
    /// let registry = dtpl::Registry::embedded();
    /// assert_eq!(registry.device_type("raspberrypi3").unwrap().state(), Some("released"));
    /// ```
    pub fn state(&self) -> Option<&'static str> {
        self.state.map(ReleaseState::name)
    }

    /// The slug and every alias.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.slug).chain(self.aliases.iter()).map(|name| &**name)
    }
}

/// All device types and architectures, sorted by slug.
///
/// ```
/// let registry = dtpl::Registry::embedded();
/// let pi = registry.device_type("raspberrypi3").unwrap();
/// assert_eq!(registry.arch_of(pi).slug, "armv7hf");
/// ```
#[derive(Clone, Debug)]
pub struct Registry {
    arches: Cow<'static, [Arch]>,
    device_types: Cow<'static, [DeviceType]>,
    /// Slugs and aliases, sorted, each with the index of its device type.
    names: Cow<'static, [(Text, usize)]>,
}

impl Registry {
    /// A registry over tables that are already sorted and checked. Only the build script makes them.
    pub(crate) const fn from_tables(
        arches: &'static [Arch],
        device_types: &'static [DeviceType],
        names: &'static [(Text, usize)],
    ) -> Self {
        Registry {
            arches: Cow::Borrowed(arches),
            device_types: Cow::Borrowed(device_types),
            names: Cow::Borrowed(names),
        }
    }

    /// A registry of maps by slug, and of names that each belong to one device type.
    pub(super) fn from_maps(
        arches: BTreeMap<Text, Arch>,
        device_types: BTreeMap<Text, DeviceType>,
        names: BTreeMap<Text, usize>,
    ) -> Self {
        Registry {
            arches: arches.into_values().collect(),
            device_types: device_types.into_values().collect(),
            names: names.into_iter().collect(),
        }
    }

    /// All device types, by slug.
    pub fn device_types(&self) -> &[DeviceType] {
        &self.device_types
    }

    /// All architectures, by slug.
    pub fn arches(&self) -> &[Arch] {
        &self.arches
    }

    /// Slugs and aliases, sorted, each with the index of its device type.
    pub fn names(&self) -> &[(Text, usize)] {
        &self.names
    }

    /// The device type with this slug or alias.
    pub fn device_type(&self, name: &str) -> Option<&DeviceType> {
        let at = self.names.binary_search_by(|(known, _)| known.as_ref().cmp(name));
        at.ok().map(|at| &self.device_types[self.names[at].1])
    }

    /// The arch with exactly this slug.
    pub fn arch(&self, slug: &str) -> Option<&Arch> {
        self.arches.iter().find(|arch| arch.slug == slug)
    }

    /// The arch of a device type. Every device type has one: [`Registry::overlay`] sees to it.
    pub fn arch_of(&self, device_type: &DeviceType) -> &Arch {
        self.arch(&device_type.arch).unwrap_or(&self.arches[0])
    }

    /// Why a name that is not in the registry cannot be a device type's; nothing when it can.
    pub fn why_no_device_type(&self, name: &str) -> Option<String> {
        let is_taken = RESERVED.contains(&name) || self.arch(name).is_some();
        is_taken.then(|| ambiguous(name))
    }

    /// The arch that a name means: its slug, or an alias that only one arch has.
    ///
    /// # Errors
    /// Why no arch is meant, and what to do about it: the name is unknown, or an alias of several.
    pub fn arch_called(&self, name: &str) -> Result<&Arch, (String, Option<String>)> {
        let mut called = self.arches.iter().filter(|arch| arch.is_called(name));
        if let Some(arch) = self.arch(name) {
            return Ok(arch);
        }
        match (called.next(), called.next()) {
            (Some(arch), None) => Ok(arch),
            (Some(one), Some(other)) => Err((
                format!("`{name}` is an alias of more than one arch"),
                Some(format!("use `{}` ({}) or `{}` ({})", one.slug, one.name, other.slug, other.name)),
            )),
            _ => {
                let known = self.arches.iter().flat_map(|arch| {
                    std::iter::once(&*arch.slug).chain(arch.aliases.iter().map(|alias| &**alias))
                });
                // With another number it is another arch: `arm64` for `arm6`.
                let wanted = numbers(name);
                let known = known.filter(|known| numbers(known) == wanted);
                let slugs: Vec<&str> = self.arches.iter().map(|arch| &*arch.slug).collect();
                let help = did_you_mean(name, known)
                    .unwrap_or_else(|| format!("the arches are {}", slugs.join(", ")));
                Err((format!("unknown arch `{name}`"), Some(help)))
            }
        }
    }
}
