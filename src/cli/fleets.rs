//! The file of fleets: which one it is, and what is read from it.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Context;
use super::args::{RegistryFiles, Target};
use super::target;
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

/// Reads all fleets of a file, `-` for standard input.
///
/// # Errors
/// When it cannot be read, or something in it is wrong.
pub fn read(path: &Path, files: &RegistryFiles, context: &mut Context) -> Result<Vec<Fleet>> {
    let source = source(path, files, context)?;
    fleet::parse(&source, format(&source)).map_err(Error::Input)
}

/// The text of such a file, `-` for standard input.
///
/// # Errors
/// When it cannot be read.
pub fn source(path: &Path, files: &RegistryFiles, context: &mut Context) -> Result<Arc<Source>> {
    let limit = target::limit(files);
    let source = match path == Path::new("-") {
        true => fs::read_stream(context.streams.stdin, "<stdin>", limit)?,
        false => fs::read(path, limit)?,
    };
    // Its lines hold values.
    Ok(Arc::new(source.hiding_lines()))
}

/// In which form its fleets are written down.
pub fn format(source: &Source) -> Format {
    Format::of(source.name(), source.bytes().get(..64).unwrap_or(source.bytes()))
}

/// The error for fleets and a template that both come from standard input.
pub fn stdin_twice() -> anyhow::Error {
    let place = Place::File("--fleets".to_owned());
    super::usage(
        Diagnostic::error(place, "standard input holds the template already")
            .help("put one of the two into a file"),
    )
}

/// Whether a file holds one fleet a line, as far as its name and its start tell.
///
/// # Errors
/// When it cannot be read.
pub fn is_lines(path: &Path) -> Result<bool> {
    let mut start = Vec::new();
    let file = fs::open(path)?;
    file.take(64).read_to_end(&mut start).map_err(Error::io("read", path))?;
    Ok(Format::of(&path.to_string_lossy(), &start) == Format::Lines)
}

/// The fleet that `--fleet` names, if there is a file of fleets.
///
/// # Errors
/// When the file cannot be read or does not have the fleet, unless a device is given too and the file
/// is not.
pub fn named(target: &Target, project: &Path, context: &mut Context) -> Result<Option<Fleet>> {
    let Some(name) = &target.fleet else { return Ok(None) };
    let Some(path) = file(target.fleets.as_deref(), project) else { return Ok(None) };
    let fleets = read(&path, &target.definitions.registry, context)?;
    let names: Vec<String> = fleets.iter().map(|fleet| fleet.name.clone()).collect();
    let found = fleets.into_iter().find(|fleet| fleet.name == *name);
    let is_for_a_device = target.device.is_some() || target.arch.is_some();
    if found.is_none() && (target.fleets.is_some() || !is_for_a_device) {
        let place = target::place_of("--fleet", name, context.arguments, "DTPL_FLEET");
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
    let help = did_you_mean(name, names.iter().copied()).unwrap_or_else(|| {
        format!("the first ones are {}", names.iter().take(10).copied().collect::<Vec<_>>().join(", "))
    });
    Diagnostic::error(place, format!("{} has no fleet `{name}`", path.display())).help(help)
}
