//! The file of fleets of a project: found, recognised by how it begins, and read once.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};
use crate::fleet::{self, Fleet, FleetFormat, file};
use crate::fs::{self, Limit};
use crate::nearest::did_you_mean;
use crate::project::directory::display;

/// The file that a project has its fleets in.
const DEFAULT: &str = "fleets.yaml";
/// Bytes that are looked at to recognise the format.
const HEAD: u64 = 256;
/// Names that are compared for "did you mean".
const MOST_NAMES: usize = 10_000;

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

/// The file of fleets: the one that was given, or the project's own if it has one.
pub fn path(given: Option<&Path>, project: &Path) -> Option<PathBuf> {
    let default = || {
        let path = display(project, DEFAULT);
        (project != Path::new("-") && fs::is_file(&path)).then_some(path)
    };
    given.map(Path::to_owned).or_else(default)
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

    /// Reads the whole file.
    pub fn read(self, limit: Limit, stdin: &mut Stdin) -> Result<file::FleetsFile> {
        let (name, format) = (self.name(), self.format);
        let is_regular = self.file.is_some() && self.head.is_empty();
        let source = match self.file {
            Some(_) if is_regular => fs::read(&self.path, limit)?,
            Some(file) => fs::read_stream(&mut self.head.chain(file), &name, limit)?,
            None => fs::read_stream(&mut self.head.chain(&mut *stdin.stream), &name, limit)?,
        };
        // Its lines hold values.
        fleet::parse(&Arc::new(source.hiding_lines()), format).map_err(Error::Input)
    }
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
    let found = fleets.iter().find(|fleet| fleet.name == name);
    found.ok_or_else(|| unknown(name, path, fleets, place))
}

/// The error for a fleet that a file does not have.
pub fn unknown(name: &str, path: &Path, fleets: &[Fleet], place: Place) -> Diagnostic {
    let names: Vec<&str> = fleets.iter().map(|fleet| &*fleet.name).take(MOST_NAMES).collect();
    let help = did_you_mean(name, names.iter().copied()).unwrap_or_else(|| match names.len() {
        0 => "check the name".to_owned(),
        number => format!("the first ones are {}", names[..number.min(10)].join(", ")),
    });
    Diagnostic::error(place, format!("{} has no fleet `{name}`", path.display())).help(help)
}
