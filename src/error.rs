//! What stops a command. Two kinds matter to the caller: the input is at fault, or the
//! environment is; the program's exit status is made from that difference.

use std::io;
use std::path::PathBuf;

use crate::diagnostic::{Diagnostic, Diagnostics, Place};

/// Why a command could not do its work. It never holds the value of a variable.
///
/// ```
/// use dtpl::workspace::{Request, Workspace};
///
/// let request = Request::new(std::path::Path::new("no-such-template"));
/// let error = Workspace::open(&request, &mut std::io::empty()).unwrap_err();
/// assert!(matches!(error, dtpl::Error::Io { action: "read", .. }));
/// assert_eq!(error.to_string(), "cannot read no-such-template");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input cannot be used as it is; each reason with its place.
    #[error(transparent)]
    Input(#[from] Diagnostics),
    /// The command was called in a way that cannot work.
    #[error(transparent)]
    Usage(Diagnostics),
    /// Reading or writing failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was being done: `read`, `write`, ...
        action: &'static str,
        /// To which file or stream.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A signal ended the command, and what it had begun is put in order.
    #[error("ended by a signal")]
    Interrupted,
}

impl Error {
    /// One fault of the input.
    pub fn input(diagnostic: Diagnostic) -> Self {
        Error::Input(diagnostic.into())
    }

    /// One fault of the call.
    pub fn usage(diagnostic: Diagnostic) -> Self {
        Error::Usage(diagnostic.into())
    }

    /// The faults of the input, for a caller that collects them.
    ///
    /// # Errors
    /// Every other error, as it is.
    pub fn into_input(self) -> Result<Diagnostics> {
        match self {
            Error::Input(diagnostics) => Ok(diagnostics),
            other => Err(other),
        }
    }

    /// The error as diagnostics, for a caller that goes on with other inputs.
    pub fn into_diagnostics(self) -> Diagnostics {
        match self {
            Error::Input(diagnostics) | Error::Usage(diagnostics) => diagnostics,
            Error::Io { action, path, source } => {
                Diagnostic::error(Place::of_path(&path), format!("cannot {action}: {source}")).into()
            }
            Error::Interrupted => Diagnostics::new(),
        }
    }

    /// A failed read or write, for `map_err`.
    pub fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Error::Io { action, path, source }
    }
}

/// A result with this crate's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
