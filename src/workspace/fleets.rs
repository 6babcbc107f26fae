//! The file of fleets of a project: found, recognised by how it begins, and read once.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::location;
use super::{Definitions, Targets};
use crate::device_types::{DeviceType, Registry};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::escape::grouped;
use crate::fleet::name::folded;
use crate::fleet::settings::CheckSettings;
use crate::fleet::{self, Fleet, FleetFormat, file};
use crate::fs::{self, Limit};
use crate::nearest::did_you_mean;

/// Bytes that are looked at to recognise the format.
const HEAD: u64 = 256;
/// Names that are compared for "did you mean".
const MOST_NAMES: usize = 10_000;

/// The settings that are looked for before the fleets are read.
const BUILD_SETTINGS: [&[u8]; 3] = [b"compat", b"multi-dockerignore", b"images"];

/// A stream that can be read from its start again.
pub trait Rereadable: Read + Seek {}

impl<T: Read + Seek> Rereadable for T {}

/// Standard input.
pub struct Stdin<'s> {
    /// The stream.
    pub stream: &'s mut dyn Read,
    /// The same as a file, if it is one: it can be read twice.
    pub file: Option<&'s mut dyn Rereadable>,
}

/// The file of fleets: the one that was given, or the nearest of the project. Into `notes` goes which file is
/// not read because of its name.
pub fn path(given: Option<&Path>, project: &Path, notes: &mut Diagnostics) -> Option<PathBuf> {
    match given {
        Some(given) => Some(given.to_owned()),
        None => location::fleets_file(project, notes),
    }
}

/// What a project says in its file of fleets of how it is built, read before the fleets: the program that builds,
/// whose ignore files count, and its images files. If it says none of it, the other settings may be missing.
///
/// # Errors
/// When the file cannot be read, and every fault of it if these settings may be at fault.
pub fn build_settings(given: Option<&Path>, project: &Path, limit: Limit) -> Result<CheckSettings> {
    let none = CheckSettings::default;
    // Which file is not read because of its name is said where the fleets are looked for.
    let path = path(given, project, &mut Diagnostics::new());
    // A stream is read once, for the fleets.
    let Some(path) = path.filter(|path| path != Path::new("-") && fs::is_file(path)) else {
        return Ok(none());
    };
    let opened =
        Opened::open(&path, Path::new(""), &mut Stdin { stream: &mut std::io::empty(), file: None })?;
    // Other formats have no settings, and may be longer than the memory.
    if opened.format != FleetFormat::Yaml {
        return Ok(none());
    }
    let source = Arc::new(fs::read(&path, limit)?.hiding_lines());
    // To read thousands of fleets takes long: whether they can say it is looked at first.
    let has = |word: &[u8]| memchr::memmem::find(source.bytes(), word).is_some();
    if !BUILD_SETTINGS.into_iter().any(has) {
        return Ok(none());
    }
    let mut file = fleet::read(&source, FleetFormat::Yaml).map_err(Error::Input)?;
    if !file.settings_faults.is_empty() {
        let mut faults = file.fleets.err().unwrap_or_default();
        faults.append(std::mem::take(&mut file.settings_faults));
        faults.sort_by_position();
        return Err(Error::Input(faults));
    }
    Ok(file.settings)
}

/// A file of fleets whose format is known.
pub struct Opened {
    /// Its path, `-` for standard input.
    pub path: PathBuf,
    /// How it is written.
    pub format: FleetFormat,
    /// What was read of it already, if it cannot be read again.
    pub head: Vec<u8>,
    /// The file itself; `None` is standard input.
    pub file: Option<fs::File>,
}

impl Opened {
    /// Reads the start of a file of fleets to recognise its format.
    ///
    /// # Errors
    /// When it cannot be read, and when `path` and `template` are both standard input.
    pub fn open(path: &Path, template: &Path, stdin: &mut Stdin) -> Result<Self> {
        if path == Path::new("-") && template == Path::new("-") {
            let message = "standard input holds the template already";
            let fault = Diagnostic::error(Place::Flag("--fleets"), message);
            return Err(Error::usage(fault.help("put one of the two into a file")));
        }
        let failed = || Error::io("read", path);
        let mut file = if path == Path::new("-") { None } else { Some(fs::open(path)?) };
        let mut head = Vec::new();
        let again: Option<&mut dyn Rereadable> = match &mut file {
            Some(file) if file.metadata().is_ok_and(|metadata| metadata.is_file()) => Some(file),
            Some(_) => None,
            None => stdin.file.as_mut().map(|file| &mut **file as &mut dyn Rereadable),
        };
        let is_again = again.is_some();
        if let Some(input) = again {
            let start = input.stream_position().map_err(failed())?;
            input.take(HEAD).read_to_end(&mut head).map_err(failed())?;
            input.seek(SeekFrom::Start(start)).map_err(failed())?;
        } else {
            let input: &mut dyn Read = match &mut file {
                Some(file) => file,
                None => &mut *stdin.stream,
            };
            // A pipe may give little at a time; what there is up to the first visible byte is enough.
            let mut more = [0; HEAD as usize];
            while fleet::is_too_little(&head) {
                match input.read(&mut more).map_err(failed())? {
                    0 => break,
                    read => head.extend_from_slice(more.get(..read).unwrap_or_default()),
                }
                if head.len() > 1 << 20 {
                    break;
                }
            }
        }
        let format = FleetFormat::of(&path.to_string_lossy(), &head);
        if is_again {
            head.clear();
        }
        Ok(Opened { path: path.to_owned(), format, head, file })
    }

    /// What messages call it.
    pub fn name(&self) -> String {
        if self.file.is_none() { "<stdin>".to_owned() } else { self.path.to_string_lossy().into_owned() }
    }

    /// Reads the whole file, faults of its parts apart. `why_limited` is said of lines that are longer together than
    /// they may be.
    pub fn read(
        self,
        limit: Limit,
        why_limited: Option<&str>,
        stdin: &mut Stdin,
    ) -> Result<file::FleetsFile> {
        let (name, format) = (self.name(), self.format);
        let is_regular = self.file.is_some() && self.head.is_empty();
        let source = match self.file {
            Some(_) if is_regular => fs::read(&self.path, limit),
            Some(file) => fs::read_stream(&mut self.head.chain(file), &name, limit),
            None => fs::read_stream(&mut self.head.chain(&mut *stdin.stream), &name, limit),
        };
        let source = source.map_err(|error| match error {
            // Whatever it holds, it is not looked at before.
            Error::Input(_) if format == FleetFormat::Lines => {
                let path = is_regular.then_some(&*self.path);
                Error::input(too_many(&name, path, limit).helps(why_limited.map(str::to_owned)))
            }
            other => other,
        })?;
        // Its lines hold values.
        let mut read = fleet::read(&Arc::new(source.hiding_lines()), format).map_err(Error::Input)?;
        if self.path == Path::new("-")
            && let Some((_, place)) = &read.settings.builder
        {
            let fault = Diagnostic::error(place.clone(), "`compat` is not read from standard input");
            read.settings_faults
                .push(|| fault.help("leave it out, and give --compat; or put the text into a file"));
        }
        Ok(read)
    }
}

/// The error for lines that are longer together than the limit. If the file can be read again, the fleets are counted.
fn too_many(name: &str, path: Option<&Path>, limit: Limit) -> Diagnostic {
    let lines = path.and_then(|path| fs::count_lines(path).ok());
    let message = match lines {
        Some(lines) => {
            format!("{} lines, longer than the limit of {} bytes together", grouped(lines), limit.bytes)
        }
        None => format!("longer than the limit of {} bytes", limit.bytes),
    };
    let fault = Diagnostic::error(Place::File(name.to_owned()), message);
    fault.help(format!("raise it with {} BYTES", limit.flag))
}

/// Everything that is wrong with the fleets of a file, with device types that the registry does not have and values
/// that no Dockerfile can have; in the order of the file.
pub fn faults(file: &file::FleetsFile, registry: &Registry, definitions: &Definitions) -> Diagnostics {
    let mut faults = Diagnostics::new();
    let fleets = match &file.fleets {
        Ok(fleets) => fleets,
        Err(more) => {
            faults.append(more.clone());
            &file.readable
        }
    };
    let mut targets = Targets::new(registry, definitions, definitions.only_balena());
    for (number, fleet) in fleets.iter().enumerate() {
        targets.of_fleet(number, fleet, &mut faults);
    }
    faults.sort_by_position();
    faults
}

/// The fleet with a name.
///
/// # Errors
/// When there is none; `place` is where the name was given, `path` the file.
pub fn named<'f>(
    fleets: &'f [Fleet],
    name: &str,
    path: &Path,
    place: Place,
) -> Result<&'f Fleet, Diagnostic> {
    if let Some(found) = fleets.iter().find(|fleet| fleet.is_called(name)) {
        return Ok(found);
    }
    // A name that several organisations have a fleet of, in whatever case.
    let wanted = folded(name);
    let alike = fleets.iter().filter(|fleet| folded(fleet.app_name()) == wanted);
    let alike: Vec<&str> = alike.map(|fleet| &*fleet.name).collect();
    if alike.len() < 2 {
        return Err(unknown(name, path, fleets.iter().map(|fleet| &*fleet.name), place));
    }
    let message = format!("{} has several fleets `{name}`", path.display());
    Err(Diagnostic::error(place, message).help(format!("name one of {}", alike.join(", "))))
}

/// The error for a fleet that a file does not have; it has these.
pub fn unknown<'f>(
    name: &str,
    path: &Path,
    fleets: impl Iterator<Item = &'f str>,
    place: Place,
) -> Diagnostic {
    let names: Vec<&str> = fleets.take(MOST_NAMES).collect();
    let shown = names[..names.len().min(10)].join(", ");
    let mut help = Vec::from_iter(did_you_mean(name, names.iter().copied()));
    match names.len() {
        0 => help.push("check the name".to_owned()),
        1..=10 => help.push(format!("the fleets are {shown}")),
        _ => help.push(format!("the first ones are {shown}")),
    }
    let shown = crate::escape::shortened(name, 80);
    Diagnostic::error(place, format!("{} has no fleet `{shown}`", path.display())).helps(help)
}

/// The error for a device type that a fleet does not have.
pub fn not_of_fleet(fleet: &Fleet, device: &str, registry: &Registry, place: Place) -> Diagnostic {
    let slug = |name: &str| registry.device_type(name).map_or(name, |device| &device.slug).to_owned();
    let types: Vec<String> = fleet.devices.iter().map(|(name, _)| slug(name)).collect();
    let (what, types) = match &types[..] {
        [only] => ("its device type is", only.clone()),
        several => ("its device types are", several.join(", ")),
    };
    let message = format!("the fleet `{}` has no devices of type `{device}`", fleet.name);
    Diagnostic::error(place, message).help(format!("{what} {types}"))
}

/// The error for an arch that no device type of a fleet has.
pub fn not_of_fleet_arch(fleet: &Fleet, arch: &str, registry: &Registry, place: Place) -> Diagnostic {
    let known = |(name, _): &(String, Place)| {
        registry.device_type(name).map(|device| format!("{} ({})", device.slug, device.arch))
    };
    let types: Vec<String> = fleet.devices.iter().filter_map(known).collect();
    let message = format!("the fleet `{}` has no devices of arch `{arch}`", fleet.name);
    Diagnostic::error(place, message).help(format!("it has {}", types.join(", ")))
}

/// Whether a fleet has a device type, by whatever name.
pub fn has_device(fleet: &Fleet, slug: &str, registry: &Registry) -> bool {
    fleet.devices.iter().any(|(name, _)| registry.device_type(name).is_some_and(|device| device.slug == slug))
}

/// A fleet that no file describes: its name, and device types from the command line.
pub fn unlisted(name: &str, devices: &[&DeviceType], place: &Place) -> Fleet {
    let devices = devices.iter().map(|device| (device.slug.to_string(), place.clone())).collect();
    Fleet {
        name: name.to_owned(),
        slug: None,
        app_name: None,
        place: place.clone(),
        devices,
        variables: Vec::new(),
    }
}
