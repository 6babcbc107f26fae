//! What of a compose file a bake file or a matrix could not say. It is found where the file is read, and reported only by
//! what writes one: Docker Compose takes the file as it is.

use std::sync::Arc;

use crate::compose::tree::At;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::source::Source;

/// What there is to say about the build of a service.
#[derive(Clone, Debug, Default)]
pub struct BakeNotes {
    /// Why there can be no bake file.
    pub faults: Diagnostics,
    /// Why there can be no bake file with the outputs that the compose file names.
    pub output_faults: Diagnostics,
    /// What bake does not read.
    pub warnings: Diagnostics,
}

impl BakeNotes {
    /// Notes why there can be no bake file.
    pub fn error(&mut self, at: &At, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(|| Diagnostic::error(at.place(), message).help(help));
    }

    /// The same, without the line: it may have a password in it.
    pub fn error_unshown(&mut self, at: &At, message: &str, help: &str) {
        self.faults.push(|| unshown(at, message).help(help));
    }

    /// Notes why an output could not be written.
    pub fn output_fault(&mut self, at: &At, help: &str) {
        self.output_faults.push(|| unshown(at, "bake cannot read this output").help(help));
    }

    /// Refuses a path in a home folder.
    pub fn refuse_home(&mut self, at: &At, path: &str) {
        self.faults.append(home_fault(path, || at.place()));
    }
}

/// An error at a place whose line is not shown.
fn unshown(at: &At, message: &str) -> Diagnostic {
    let source = Source::new(at.source.name(), at.source.bytes()).hiding_lines();
    Diagnostic::error_at(&Arc::new(source), at.span.clone(), message)
}

/// The fault of a path in a home folder, which Compose finds and bake takes as the name of a folder. Whose it is, the
/// environment says, of which this knows nothing.
pub fn home_fault(path: &str, place: impl FnOnce() -> Place) -> Diagnostics {
    let mut faults = Diagnostics::new();
    if path.starts_with('~') {
        faults.push(|| {
            let place = place();
            let help = match place {
                // Nothing is replaced in the value of a flag.
                Place::Flag(_) => "write the path from the root, or one that is relative to the project; of a folder of the project whose name begins with `~`, write `./~NAME`",
                _ => {
                    "write the path from the root, one that is relative to the project, or ${HOME} with -D HOME=PATH"
                }
            };
            Diagnostic::error(place, "bake does not know the home folder `~`").help(help)
        });
    }
    faults
}
