//! Named build contexts that are images: `docker-image://IMAGE` gets the digest of the image.

use super::lock_file::{LockFile, NotLocked};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::escape::shortened;
use crate::image::Reference;
use crate::workspace::ServiceFiles;

/// How the value of a build context begins that is an image.
const IMAGE: &str = "docker-image://";

/// Writes the digests of a lock file into the build contexts of a service. `place` is where messages point.
///
/// # Errors
/// Every image that is not in the lock file.
pub fn pin_contexts(service: &mut ServiceFiles, lock: &LockFile, place: &Place) -> Result<(), Diagnostics> {
    let mut faults = Diagnostics::new();
    for (name, value) in &mut service.build.contexts {
        let Some(image) = value.strip_prefix(IMAGE) else { continue };
        let digest =
            Reference::parse(image).map_or(Err(NotLocked::Missing), |image| lock.digest(&image, None));
        match digest {
            Ok(Some(digest)) => value.push_str(&format!("@{digest}")),
            Ok(None) => {}
            Err(_) => {
                let message = format!(
                    "the image of the build context `{}` is not in {}",
                    shortened(name, 40),
                    lock.name()
                );
                let help = "`dtpl lock` adds it; one that has another digest there is refused too";
                faults.push(|| Diagnostic::error(place.clone(), message).help(help));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}
