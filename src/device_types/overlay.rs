//! Laying a file over a registry: what is new is added, what is known is replaced field by field.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::file::{DeviceEntry, RegistryFile, Spanned};
use super::registry::{DeviceType, RESERVED, Registry, Status, ambiguous};
use crate::arch::{Arch, Text};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::nearest::nearest_or_all;

impl Registry {
    /// Lays a file's entries over this registry: new ones are added, known ones are replaced field
    /// by field.
    ///
    /// # Errors
    /// Every fault of the file: an arch that is not known, a slug or alias that is taken or is also
    /// an arch, a device type moved to another arch without `override: true`, an arch without
    /// platform. The registry is not changed then.
    pub(crate) fn overlay(&mut self, file: &RegistryFile) -> Result<(), Diagnostics> {
        let mut diagnostics = Diagnostics::new();
        let mut arches: BTreeMap<Text, Arch> =
            self.arches().iter().map(|arch| (arch.slug.clone(), arch.clone())).collect();
        for entry in &file.arches {
            let known = arches.get(&*entry.slug.value).cloned();
            let platform = entry.platform.clone().or(known.as_ref().map(|arch| arch.platform.clone()));
            let Some(platform) = platform else {
                let message = format!("the new arch `{}` has no platform", entry.slug.value);
                let help = "add one, as in `platform: linux/arm/v7`";
                diagnostics.push(|| entry.slug.error(message).help(help));
                continue;
            };
            let mut arch = known.unwrap_or_else(|| Arch::new(entry.slug.value.clone(), platform.clone()));
            arch.platform = platform;
            replace(&mut arch.name, &entry.name);
            for (name, given) in arch.names.iter_mut().zip(&entry.names).filter(|(_, given)| given.is_some())
            {
                name.clone_from(given);
            }
            replace(&mut arch.aliases, &entry.aliases.as_deref().map(values));
            arches.insert(arch.slug.clone(), arch);
        }

        let mut device_types: BTreeMap<Text, DeviceType> =
            self.device_types().iter().map(|device| (device.slug.clone(), device.clone())).collect();
        for entry in &file.device_types {
            let known = device_types.get(&*entry.slug.value).cloned();
            match merged(entry, known, &arches) {
                Ok(device_type) => {
                    device_types.insert(device_type.slug.clone(), device_type);
                }
                Err(diagnostic) => diagnostics.push(|| diagnostic),
            }
        }

        let names = self.claim_names(file, &device_types, &mut diagnostics);
        if !diagnostics.is_empty() {
            diagnostics.sort_by_position();
            return Err(diagnostics);
        }
        *self = Registry::from_maps(arches, device_types, names);
        Ok(())
    }

    /// Assigns every slug and alias to its device type. Reports a name that two device types have, or
    /// that an arch has (`Dockerfile.amd64` would be ambiguous).
    fn claim_names(
        &self,
        file: &RegistryFile,
        device_types: &BTreeMap<Text, DeviceType>,
        diagnostics: &mut Diagnostics,
    ) -> BTreeMap<Text, usize> {
        let slugs: Vec<&Text> = device_types.keys().collect();
        let arches: BTreeSet<&str> = (self.arches().iter().map(|arch| &*arch.slug))
            .chain(file.arches.iter().map(|entry| &*entry.slug.value))
            .collect();
        let mut names: BTreeMap<Text, usize> =
            slugs.iter().enumerate().map(|(at, slug)| ((*slug).clone(), at)).collect();
        // Aliases that this file does not touch first: they were there before, and only a new slug of
        // this file can be equal to one.
        let entries: BTreeMap<&Text, &DeviceEntry> =
            file.device_types.iter().map(|entry| (&entry.slug.value, entry)).collect();
        let replaces = |slug: &Text| entries.get(slug).is_some_and(|entry| entry.aliases.is_some());
        for (at, device_type) in device_types.values().enumerate() {
            let aliases = device_type.aliases.iter().filter(|_| !replaces(&device_type.slug));
            for alias in aliases {
                let other = *names.entry(alias.clone()).or_insert(at);
                if let Some(entry) = entries.get(slugs[other]).filter(|_| other != at) {
                    diagnostics.push(|| taken(&entry.slug, &device_type.slug));
                }
            }
        }
        for entry in &file.device_types {
            let Ok(at) = slugs.binary_search(&&entry.slug.value) else { continue };
            check_ambiguity(entry, &arches, diagnostics);
            for alias in entry.aliases.iter().flatten() {
                let other = *names.entry(alias.value.clone()).or_insert(at);
                if other != at {
                    diagnostics.push(|| taken(alias, slugs[other]));
                }
            }
        }
        for entry in &file.arches {
            for name in std::iter::once(&entry.slug).chain(entry.aliases.iter().flatten()) {
                if let Some(&at) = names.get(&name.value) {
                    diagnostics.push(|| taken(name, slugs[at]));
                }
                if name.value != entry.slug.value && arches.contains(&*name.value) {
                    let message = format!("`{}` is the slug of another arch", name.value);
                    diagnostics.push(|| name.error(message).help("choose another name"));
                }
            }
        }
        names
    }
}

/// Reports the names of a device type that mean something else as an extension of `Dockerfile.`.
fn check_ambiguity(entry: &DeviceEntry, arches: &BTreeSet<&str>, diagnostics: &mut Diagnostics) {
    for name in std::iter::once(&entry.slug).chain(entry.aliases.iter().flatten()) {
        let why = match &*name.value {
            reserved if RESERVED.contains(&reserved) => "cannot be a device type",
            arch if arches.contains(arch) => "is also an arch",
            _ => continue,
        };
        let message = format!("`{}` {why}", name.value);
        diagnostics.push(|| name.error(message).help(ambiguous(&name.value)));
    }
}

fn taken(name: &Spanned, by: &str) -> Diagnostic {
    name.error(format!("the name `{}` is already used by device type `{by}`", name.value))
        .help("choose another name")
}

/// An entry laid over what was known of the device type before.
fn merged(
    entry: &DeviceEntry,
    known: Option<DeviceType>,
    arches: &BTreeMap<Text, Arch>,
) -> Result<DeviceType, Diagnostic> {
    let slug = &entry.slug;
    if let Some(arch) = entry.arch.as_ref().filter(|arch| !arches.contains_key(&*arch.value)) {
        let known: Vec<&str> = arches.keys().map(|slug| &**slug).collect();
        let help = nearest_or_all(&arch.value, &known, "the arches are");
        return Err(arch.error(format!("unknown arch `{}`", arch.value)).help(help));
    }
    let mut device_type = match (known, &entry.arch) {
        (Some(known), Some(arch)) if known.arch != arch.value && !entry.overrides => {
            let before = format!("device type `{}` has arch `{}`", slug.value, known.arch);
            return Err(arch
                .error(format!("{before}, but this entry changes it to `{}`", arch.value))
                .help("add `override: true` to the entry if that is intended"));
        }
        (Some(known), _) => known,
        (None, Some(arch)) => DeviceType {
            slug: slug.value.clone(),
            name: slug.value.clone(),
            arch: arch.value.clone(),
            aliases: Cow::Borrowed(&[]),
            status: Status::Active,
            state: None,
            base_images: Cow::Borrowed(&[]),
        },
        (None, None) => {
            return Err(slug
                .error(format!("the new device type `{}` has no arch", slug.value))
                .help("add one, as in `arch: aarch64`"));
        }
    };
    replace(&mut device_type.arch, &entry.arch.as_ref().map(|arch| arch.value.clone()));
    replace(&mut device_type.name, &entry.name);
    replace(&mut device_type.aliases, &entry.aliases.as_deref().map(values));
    replace(&mut device_type.status, &entry.status);
    device_type.state = entry.state.or(device_type.state);
    let base_images = entry.base_images.as_ref();
    replace(&mut device_type.base_images, &base_images.map(|families| families.iter().copied().collect()));
    Ok(device_type)
}

/// Replaces a field that an entry gives.
fn replace<T: Clone>(field: &mut T, given: &Option<T>) {
    if let Some(given) = given {
        field.clone_from(given);
    }
}

fn values(names: &[Spanned]) -> Cow<'static, [Text]> {
    names.iter().map(|name| name.value.clone()).collect()
}
