//! The file of fleets: which one it is, and what is read from it.

use std::io::{Read, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{RegistryFiles, Target};
use super::target;
use super::{Context, Rereadable};
use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};
use crate::fleet::{self, Fleet, Format};
use crate::fs;
use crate::nearest::did_you_mean;
use crate::source::Source;

/// The file that a project has its fleets in.
const DEFAULT: &str = "fleets.yaml";

/// The file of fleets: the one that was given, or the project's own if it has one.
pub fn file(given: Option<&Path>, project: &Path) -> Option<PathBuf> {
    let default = || {
        let path = project.join(DEFAULT);
        let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
        (project != Path::new("-") && fs::is_file(&path)).then_some(path)
    };
    given.map(Path::to_owned).or_else(default)
}

/// A file of fleets of which the start was looked at.
pub struct Opened {
    /// Its path, `-` for standard input.
    pub path: PathBuf,
    /// How it is written.
    pub format: Format,
    /// What was read of it already, if it cannot be read again.
    pub head: Vec<u8>,
    /// The file itself; nothing is standard input.
    pub file: Option<fs::File>,
}

impl Opened {
    /// What messages call it.
    pub fn name(&self) -> String {
        if self.file.is_none() { "<stdin>".to_owned() } else { self.path.to_string_lossy().into_owned() }
    }
}

/// Looks at the start of a file of fleets, and at nothing twice that cannot be read twice.
///
/// # Errors
/// When it cannot be read.
pub fn open(path: &Path, context: &mut Context) -> Result<Opened> {
    let failed = || Error::io("read", path);
    let mut file = if path == Path::new("-") { None } else { Some(fs::open(path)?) };
    let mut head = Vec::new();
    let again: Option<&mut dyn Rereadable> = match &mut file {
        Some(file) if file.metadata().is_ok_and(|metadata| metadata.is_file()) => Some(file),
        Some(_) => None,
        None => context.streams.stdin_file.as_mut().map(|file| &mut **file as &mut dyn Rereadable),
    };
    let is_again = again.is_some();
    if let Some(input) = again {
        let start = input.stream_position().map_err(failed())?;
        input.take(HEAD).read_to_end(&mut head).map_err(failed())?;
        input.seek(SeekFrom::Start(start)).map_err(failed())?;
    } else {
        let input: &mut dyn Read = match &mut file {
            Some(file) => file,
            None => &mut *context.streams.stdin,
        };
        // A pipe may give little at a time; what is there up to the first visible byte is enough.
        let mut more = [0; HEAD as usize];
        while head.trim_ascii().is_empty() {
            match input.read(&mut more).map_err(failed())? {
                0 => break,
                read => head.extend_from_slice(more.get(..read).unwrap_or_default()),
            }
            if head.len() > 1 << 20 {
                break;
            }
        }
    }
    let format = Format::of(&path.to_string_lossy(), &head);
    if is_again {
        head.clear();
    }
    Ok(Opened { path: path.to_owned(), format, head, file })
}

/// Bytes that are looked at to know the format.
const HEAD: u64 = 256;

/// Reads all fleets of a file.
///
/// # Errors
/// When it cannot be read, or something in it is wrong.
pub fn read(opened: Opened, files: &RegistryFiles, context: &mut Context) -> Result<Vec<Fleet>> {
    let format = opened.format;
    fleet::parse(&source(opened, files, context)?, format).map_err(Error::Input)
}

/// The text of a file of fleets.
///
/// # Errors
/// When it cannot be read.
pub fn source(opened: Opened, files: &RegistryFiles, context: &mut Context) -> Result<Arc<Source>> {
    let limit = target::limit(files);
    let name = opened.name();
    let is_regular = opened.file.is_some() && opened.head.is_empty();
    let source = match opened.file {
        Some(_) if is_regular => fs::read(&opened.path, limit)?,
        Some(file) => fs::read_stream(&mut opened.head.chain(file), &name, limit)?,
        None => fs::read_stream(&mut opened.head.chain(&mut *context.streams.stdin), &name, limit)?,
    };
    // Its lines hold values.
    Ok(Arc::new(source.hiding_lines()))
}

/// The error for fleets and a template that both come from standard input.
pub fn stdin_twice() -> anyhow::Error {
    let place = Place::Flag("--fleets");
    super::usage(
        Diagnostic::error(place, "standard input holds the template already")
            .help("put one of the two into a file"),
    )
}

/// The fleet that `--fleet` names, if there is a file of fleets.
///
/// # Errors
/// When the file cannot be read or does not have the fleet, unless a device is given too and the file
/// is not.
pub fn named(target: &Target, project: &Path, context: &mut Context) -> Result<Option<Fleet>> {
    let Some(name) = &target.fleet else {
        if target.fleets.is_some() && target.device.is_none() && target.arch.is_none() {
            let place = Place::Flag("--fleets");
            return Err(Error::usage(
                Diagnostic::error(place, "no fleet given").help("name it with --fleet"),
            ));
        }
        return Ok(None);
    };
    let Some(path) = file(target.fleets.as_deref(), project) else { return Ok(None) };
    if path == Path::new("-") && project == Path::new("-") {
        let place = Place::Flag("--fleets");
        return Err(Error::usage(
            Diagnostic::error(place, "standard input holds something else already")
                .help("put the fleets into a file"),
        ));
    }
    let opened = open(&path, context)?;
    context.say(format_args!("reading {}", opened.name()));
    let fleets = read(opened, &target.definitions.registry, context)?;
    let names: Vec<String> = fleets.iter().map(|fleet| fleet.name.clone()).collect();
    let found = fleets.into_iter().find(|fleet| fleet.name == *name);
    let is_for_a_device = target.device.is_some() || target.arch.is_some();
    if found.is_none() && (target.fleets.is_some() || !is_for_a_device) {
        let place = context.place_of("--fleet");
        return Err(Error::input(unknown(name, &path, names.iter().map(String::as_str), place)));
    }
    Ok(found)
}

/// The error for a fleet that a file does not have.
pub fn unknown<'n>(
    name: &str,
    path: &Path,
    names: impl Iterator<Item = &'n str>,
    place: Place,
) -> Diagnostic {
    let names: Vec<&str> = names.take(10_000).collect();
    let help = did_you_mean(name, names.iter().copied())
        .or_else(|| names.is_empty().then(|| "check the name".to_owned()));
    let help = help.unwrap_or_else(|| {
        format!("the first ones are {}", names.iter().take(10).copied().collect::<Vec<_>>().join(", "))
    });
    Diagnostic::error(place, format!("{} has no fleet `{name}`", path.display())).help(help)
}
