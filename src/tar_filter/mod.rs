//! `dtpl resolve`: a build context as a tar stream goes in, one that Docker can build comes out.
//!
//! Every entry passes as it is, byte for byte, except the plain Dockerfile; the Dockerfile for the
//! device comes last. The archive may come from a stranger, and its readers behind this one may be
//! any: so whatever two readers would read differently is refused, not interpreted.
//!
//! The way through: `stream` is the window in which the bytes lie. `reader` finds the headers that
//! belong together and `member` makes an entry of them: `header` reads one block, `number` the numbers
//! in it, `pax` the records in front, `second` by the eyes of another reader, `trailer` the archive's
//! end. `names` judges where names lead, `service` keeps one directory, `dockerfiles` finds the one to
//! resolve, `package` what one is made from, `links` what is linked to it, `sparse` checks
//! the maps of files with holes, `rebuild` writes headers anew. `filter` holds these together. `poison` ends a stream that failed, `fault` says where.
//! [`compose`] reads the services before all that.
//!
//! ```
//! use dtpl::render::{Layers, Variables};
//! use dtpl::subject::Subject;
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

pub mod compose;
mod dockerfiles;
mod fault;
mod filter;
mod header;
mod links;
mod member;
mod names;
mod number;
mod package;
mod pax;
mod poison;
mod reader;
mod rebuild;
mod second;
mod service;
mod sparse;
mod stream;
mod trailer;

use std::io::{Read, Write};

use crate::diagnostic::Diagnostics;
use crate::error::Result;
use crate::render::{Layers, Limits};
use crate::subject::Subject;

/// What to make of an archive.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// What messages call the archive.
    pub input_name: &'r str,
    /// The directory of the archive that is the build context; the whole archive without one.
    pub context: Option<&'r str>,
    /// A Dockerfile asked for by name, in the build context.
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
pub struct Resolved {
    /// The file that was taken, as a path of the build context.
    pub source: String,
    /// The name of the Dockerfile that came out of it.
    pub name: String,
    /// What is worth a warning.
    pub notes: Diagnostics,
}

/// Passes an archive from `input` to `output` with the Dockerfile for a device in it.
///
/// # Errors
/// An archive that readers read differently, one without a Dockerfile, a Dockerfile that cannot be
/// rendered, a limit, a failed read or write. What was written until then, if anything, is ended such
/// that no reader takes it for a whole archive.
pub fn resolve(input: &mut dyn Read, output: &mut dyn Write, request: &Request) -> Result<Resolved> {
    let mut stream = stream::Stream::new(input, request.input_name, output);
    match filter::run(&mut stream, request) {
        Ok(resolved) => stream.finish().map(|()| resolved),
        Err(error) => {
            stream.abandon();
            Err(error)
        }
    }
}
