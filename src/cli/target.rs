//! From flags to what a render needs: the registry with its overlays, the device, the variables.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Context;
use super::args::{Compat, Definitions, RegistryFiles, Target};
use crate::arch::Arch;
use crate::device_types::{self, DeviceType, Registry};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::fleet::Fleet;
use crate::fs::{self, Limit};
use crate::project::interpolation::Values;
use crate::project::service::file_inside;
use crate::render::placeholder::is_name;
use crate::render::variables::{Variables, contradictions};
use crate::{embedded, env_file};

/// More overlays than anybody lays on top of each other.
const MOST_OVERLAYS: usize = 256;

/// How long a registry, an env file or a compose file may be.
pub fn limit(files: &RegistryFiles) -> Limit {
    Limit { bytes: files.max_config_bytes, flag: "--max-config-bytes" }
}

/// The shipped registry with the overlays on it, in the order given.
///
/// # Errors
/// When an overlay cannot be read or does not fit.
pub fn registry(files: &RegistryFiles) -> Result<Registry> {
    let mut registry = embedded::registry();
    if files.files.len() > MOST_OVERLAYS {
        let place = Place::Flag("--registry");
        let message = format!("more than {MOST_OVERLAYS} overlays");
        return Err(Error::input(Diagnostic::error(place, message).help("join them into fewer files")));
    }
    for path in &files.files {
        let source = Arc::new(fs::read(path, limit(files))?);
        let file = device_types::file::parse(&source).map_err(Error::Input)?;
        registry.overlay(&file).map_err(Error::Input)?;
    }
    Ok(registry)
}

/// What a render is for. At least one of the two is known.
pub struct Device<'r> {
    /// The device type, if the registry has it.
    pub known: Option<&'r DeviceType>,
    /// The slug that placeholders get: that of the registry, or the name given.
    pub slug: Option<String>,
    /// The arch, if one is known.
    pub arch: Option<&'r Arch>,
}

/// The device that the flags name.
///
/// # Errors
/// When none is named, when it is not known and no arch helps, or when `--arch` contradicts it.
pub fn device<'r>(target: &Target, registry: &'r Registry, context: &Context) -> Result<Device<'r>> {
    let arch = match &target.arch {
        None => None,
        Some(name) => Some(registry.arch_called(name).map_err(|(message, help)| {
            let mut diagnostic = Diagnostic::error(context.place_of("--arch"), message);
            diagnostic.help.extend(help);
            Error::input(diagnostic)
        })?),
    };
    let Some(name) = &target.device else {
        return match arch {
            Some(arch) => Ok(Device { known: None, slug: None, arch: Some(arch) }),
            None => Err(Error::usage(
                Diagnostic::error(Place::CommandLine, "no device given: use -d SLUG, or -A ARCH")
                    .help("`dtpl devices` lists the device types"),
            )),
        };
    };
    let device_place = || context.place_of("--device");
    if let Some(known) = registry.device_type(name) {
        let own = registry.arch_of(known);
        if let Some(arch) = arch.filter(|arch| arch.slug != own.slug) {
            // What the environment says yields to the command line.
            let arch_yields = context.places.is_from_environment("--arch");
            let device_yields = context.places.is_from_environment("--device");
            if arch_yields && !device_yields {
                return Ok(Device {
                    known: Some(known),
                    slug: Some(known.slug.to_string()),
                    arch: Some(own),
                });
            }
            if device_yields && !arch_yields {
                return Ok(Device { known: None, slug: None, arch: Some(arch) });
            }
            let message =
                format!("device type `{}` has arch `{}`, not `{}`", known.slug, own.slug, arch.slug);
            return Err(Error::usage(
                Diagnostic::error(context.place_of("--arch"), message)
                    .help("leave --arch out, or change the device type with a --registry overlay"),
            ));
        }
        return Ok(Device { known: Some(known), slug: Some(known.slug.to_string()), arch: Some(own) });
    }
    let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b'/');
    if let Some(why) = arch.and_then(|_| registry.why_no_device_type(name)) {
        let message = format!("`{name}` cannot be a device type");
        return Err(Error::input(Diagnostic::error(device_place(), message).help(why)));
    }
    match arch {
        Some(arch) if fits => Ok(Device { known: None, slug: Some(name.clone()), arch: Some(arch) }),
        _ => Err(Error::input(
            Diagnostic::error(device_place(), format!("unknown device type `{name}`"))
                .help(registry.help_for_unknown(name)),
        )),
    }
}

/// The device of a fleet.
///
/// # Errors
/// When it is not known, or when there are several.
pub fn device_of_fleet<'r>(fleet: &Fleet, registry: &'r Registry) -> Result<Device<'r>> {
    let (name, place) = match fleet.devices.as_slice() {
        [only] => only,
        several => {
            let names: Vec<&str> = several.iter().map(|(name, _)| &**name).collect();
            let message = format!("the fleet `{}` has several device types", fleet.name);
            return Err(Error::usage(
                Diagnostic::error(fleet.place.clone(), message)
                    .help(format!("choose one with --device: {}", names.join(", "))),
            ));
        }
    };
    match registry.device_type(name) {
        Some(known) => Ok(Device {
            known: Some(known),
            slug: Some(known.slug.to_string()),
            arch: Some(registry.arch_of(known)),
        }),
        None => Err(Error::input(
            Diagnostic::error(place.clone(), format!("unknown device type `{name}`"))
                .help(registry.help_for_unknown(name)),
        )),
    }
}

/// What `--env-file` and `-D` give, in the order in which the later one wins.
#[derive(Default)]
pub struct Given {
    entries: Vec<(String, String, Place)>,
}

impl Given {
    /// All of them, each with where it was given.
    pub fn into_entries(self) -> Vec<(String, String, Place)> {
        self.entries
    }

    /// These over the variables of a fleet.
    pub fn over(mut self, fleet: &Fleet) -> Self {
        let of_fleet = fleet.variables.iter().cloned();
        let of_fleet = of_fleet.map(|variable| (variable.name, variable.value, variable.place));
        self.entries = of_fleet.chain(self.entries).collect();
        self
    }

    /// As values for `${...}` in a compose file.
    pub fn values(&self) -> Values {
        self.entries.iter().map(|(name, value, _)| (name.clone(), value.clone())).collect()
    }
}

/// Reads the env files and the definitions.
///
/// # Errors
/// When a definition is none, or an env file cannot be read.
pub fn given(definitions: &Definitions, context: &Context) -> Result<Given> {
    let mut given = Given::default();
    for path in &definitions.env_file {
        let source = Arc::new(fs::read(path, limit(&definitions.registry))?.hiding_lines());
        for entry in env_file::parse(&source).map_err(Error::Input)? {
            let place = Place::Text(Arc::clone(&source), entry.span);
            given.entries.push((entry.name, entry.value, place));
        }
    }
    for (name, value, place) in defined(&definitions.define, context)? {
        given.entries.push((name.to_owned(), value.to_owned(), place));
    }
    Ok(given)
}

/// The Dockerfile that `--file` asks for, which has to lie in the build context.
///
/// # Errors
/// When it does not, or when it is no file's path.
pub fn file<'f>(file: Option<&'f str>, context: &Context) -> Result<Option<&'f str>> {
    let Some(path) = file else { return Ok(None) };
    match file_inside(path) {
        Ok(_) => Ok(Some(path)),
        Err(why) => {
            let message = format!("`{path}` is no Dockerfile of the project");
            Err(Error::input(Diagnostic::error(context.place_of("--file"), message).help(why)))
        }
    }
}

/// The variables of a render, and in `notes` what there is to say about them. With errors among that,
/// the variables are good only for finding more errors.
pub fn variables(
    target: &Target,
    device: &Device,
    context: &Context,
    service: &str,
    given: Given,
    notes: &mut Diagnostics,
) -> Variables {
    let only_balena = target.definitions.compat == Some(Compat::Balena);
    let mut variables = Variables::of_device(device.slug.as_deref(), device.arch, only_balena);
    variables.set_standard("BALENA_SERVICE_NAME", service);
    let mut named = Vec::new();
    if let Some(service) = &target.service {
        let place = context.place_of("--service");
        named.push(("BALENA_SERVICE_NAME".to_owned(), service.clone(), place));
    }
    if let Some(fleet) = &target.fleet {
        let place = context.place_of("--fleet");
        named.push(("BALENA_APP_NAME".to_owned(), fleet.clone(), place));
    }
    for (name, value, place) in named.into_iter().chain(given.entries) {
        if let Err(diagnostic) = variables.define(&name, value, place) {
            notes.push(|| diagnostic);
        }
    }
    if let Some(known) = device.known {
        for diagnostic in contradictions(&variables, known) {
            notes.push(|| diagnostic);
        }
    }
    variables
}

type Definition<'t> = (&'t str, &'t str, Place);

/// The `-D NAME=VALUE` of a command line.
fn defined<'t>(define: &'t [String], context: &Context) -> Result<Vec<Definition<'t>>> {
    let place = context.place_of("-D");
    let mut faults = Diagnostics::new();
    let mut values: BTreeMap<&str, &str> = BTreeMap::new();
    let mut definitions = Vec::new();
    for (number, text) in (1..).zip(define) {
        let fault = |message: String| Diagnostic::error(place.clone(), message);
        // What is wrong may be the secret itself: it is not repeated.
        let which = || if define.len() > 1 { format!("definition {number}: ") } else { String::new() };
        let Some((name, value)) = text.split_once('=') else {
            faults.push(|| fault(format!("{}expected NAME=VALUE, found no `=`", which())));
            continue;
        };
        if !is_name(name) {
            faults.push(|| {
                fault(format!("{}the text before `=` is not a variable name", which()))
                    .help("a name is two or more of `A` to `Z` and `_`, a letter first")
            });
            continue;
        }
        match values.insert(name, value) {
            Some(before) if before != value => {
                faults.push(|| fault(format!("{name} is given twice, with different values")));
            }
            _ => definitions.push((name, value, place.clone())),
        }
    }
    if faults.is_empty() { Ok(definitions) } else { Err(Error::Usage(faults)) }
}
