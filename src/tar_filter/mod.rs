//! `dtpl resolve`: a build context as a tar stream goes in, one that Docker can build comes out.
//!
//! Every entry passes byte for byte except the plain Dockerfile; the Dockerfile for the device comes
//! last. The archive may come from a stranger, and any tar reader may read the result: whatever two
//! readers would interpret differently is refused.
//!
//! - `stream` is the buffer that the bytes pass through; `truncation` ends an output that failed, so that
//!   every reader rejects it.
//! - `reader` finds the headers that belong together and `member` combines them into an entry: `header`
//!   reads one block, `number` its numbers, `pax` the extended records, `sparse` the maps of files with
//!   holes, `trailer` the end of the archive. `cross_check` reads extended headers again with the
//!   `tar-core` crate. `data` passes on what an entry contains.
//! - `path` and `names` check where names lead, `service` keeps one directory, `dockerfiles` finds the
//!   Dockerfile to resolve, `package` a `package.json` that one can be made from, `links` the hard links
//!   to it; `rebuild` writes headers under a new name. `filter` combines these.
//! - [`compose`] reads the services of an archive before it is filtered.
//!
//! ```
//! use dtpl::{Layers, Variables};
//! use dtpl::Subject;
//! use dtpl::tar_filter::{Request, resolve};
//!
//! let mut variables = Variables::new();
//! variables.set_standard("BALENA_ARCH", "armv7hf");
//! let layers = [&variables];
//! let request = Request::new(Subject::default(), Layers(&layers));
//! let mut out = Vec::new();
//! assert!(resolve(&mut &b"no archive"[..], &mut out, &request).is_err());
//! assert!(out.is_empty());
//! ```

mod compose;
mod cross_check;
mod data;
mod dockerfiles;
mod fault;
mod filter;
mod header;
mod links;
mod member;
mod names;
mod number;
mod package;
mod path;
mod pax;
mod reader;
mod rebuild;
mod service;
mod sparse;
mod stream;
mod trailer;
mod truncation;

use crate::diagnostic::Diagnostics;
use crate::render::{Layers, Limits};
use crate::subject::Subject;

pub use compose::{HELD_BACK, read as read_project};
pub use filter::resolve;

/// What to make of an archive.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Request<'r> {
    /// What messages call the archive.
    pub input_name: &'r str,
    /// The directory of the archive that is the build context; the whole archive without one.
    pub context: Option<&'r str>,
    /// A Dockerfile given by name, in the build context.
    pub file: Option<&'r str>,
    /// The device that the Dockerfile is for.
    pub subject: Subject<'r>,
    /// The variables, those that are used first.
    pub variables: Layers<'r, 'r>,
    /// Up to which byte of the archive its services were looked for, when that was not all of it.
    pub services_end: Option<u64>,
    /// How long the Dockerfile may be, and whether a warning is an error.
    pub limits: Limits,
    /// The most entries of the archive: `--max-entries`.
    pub entries: u64,
    /// Whether an archive may stop without the blocks of zeros that end it.
    pub allow_missing_end: bool,
}

impl<'r> Request<'r> {
    /// The whole archive, for a device, with the default limits.
    pub fn new(subject: Subject<'r>, variables: Layers<'r, 'r>) -> Self {
        Request {
            input_name: "<stdin>",
            context: None,
            file: None,
            subject,
            variables,
            services_end: None,
            limits: Limits::default(),
            entries: 2_000_000,
            allow_missing_end: false,
        }
    }
}

/// What became of an archive.
#[derive(Debug)]
#[non_exhaustive]
pub struct Resolved {
    /// The file that was taken, as a path of the build context.
    pub source: String,
    /// The name of the Dockerfile that came out of it.
    pub name: String,
    /// What is worth a warning.
    pub notes: Diagnostics,
}
