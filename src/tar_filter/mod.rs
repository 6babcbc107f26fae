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
//!   to it; `context` combines them for each build context. `rebuild` writes headers under a new name.
//!   `filter` lets the entries pass, `finish` adds the resolved Dockerfiles, `resolve` runs both.
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
mod context;
mod cross_check;
mod data;
mod dockerfiles;
mod fault;
mod filter;
mod finish;
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
mod resolve;
mod service;
mod sparse;
mod stream;
mod trailer;
mod truncation;

use crate::diagnostic::Diagnostics;
use crate::pin::Pins;
use crate::project::Build;
use crate::render::{Layers, Limits};
use crate::subject::Subject;

pub use compose::{Found, Head, Searched, read as read_project};
pub use resolve::resolve;
pub use stream::SeekRead;

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
    /// The services whose Dockerfiles are added, each in its build context; the archive keeps all of its entries.
    /// Without any, the archive or `context` is one build context.
    pub services: &'r [ServiceRequest<'r>],
    /// How the build context is built, where `pins` is given and the archive is one build context.
    pub build: Option<&'r Build>,
    /// Where the digests of images are from, if they are to be written.
    pub pins: Option<&'r Pins>,
    /// Whether nothing is added: no service of the project is built from a Dockerfile. The archive is checked.
    pub passes_as_it_is: bool,
    /// How much of the archive was searched for its services, when that was not all of it.
    pub searched: Option<Searched<'r>>,
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
            services: &[],
            build: None,
            pins: None,
            passes_as_it_is: false,
            searched: None,
            limits: Limits::default(),
            entries: 2_000_000,
            allow_missing_end: false,
        }
    }
}

/// A service of an archive that has several.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ServiceRequest<'r> {
    /// Its name.
    pub name: &'r str,
    /// The directory of the archive that it is built from, empty for the whole archive.
    pub context: &'r str,
    /// The Dockerfile that the compose file names, in the build context.
    pub file: Option<&'r str>,
    /// Its variables, those that are used first.
    pub variables: Layers<'r, 'r>,
    /// How it is built, where `pins` is given.
    pub build: Option<&'r Build>,
}

impl<'r> ServiceRequest<'r> {
    /// A service with a build context and its variables.
    pub fn new(name: &'r str, context: &'r str, file: Option<&'r str>, variables: Layers<'r, 'r>) -> Self {
        ServiceRequest { name, context, file, variables, build: None }
    }
}

/// What became of an archive.
#[derive(Debug)]
#[non_exhaustive]
pub struct Resolved {
    /// The Dockerfiles that were added, in the order of the services.
    pub dockerfiles: Vec<ResolvedDockerfile>,
    /// What is worth a warning.
    pub notes: Diagnostics,
}

/// A Dockerfile that was added to an archive.
#[derive(Debug)]
#[non_exhaustive]
pub struct ResolvedDockerfile {
    /// The file that was taken: a path of the build context, or of the archive if it has several services.
    pub source: String,
    /// The path of the Dockerfile that came out of it.
    pub name: String,
}
