//! The device-type registry with the overlays of a user.

use std::path::PathBuf;
use std::sync::Arc;

use crate::device_types::{self, Registry};
use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};
use crate::fs::{self, Limit};

/// The most overlays that are read.
const MOST_OVERLAYS: usize = 256;

/// Reads the registry that is compiled in, and the overlays over it, in the order given.
///
/// # Errors
/// An overlay that cannot be read, or that contradicts what is there; more than 256 of them, at `place`.
pub fn registry(overlays: &[PathBuf], limit: Limit, place: Place) -> Result<Registry> {
    let mut registry = Registry::embedded();
    if overlays.len() > MOST_OVERLAYS {
        let message = format!("more than {MOST_OVERLAYS} overlays");
        return Err(Error::input(Diagnostic::error(place, message).help("join them into fewer files")));
    }
    for path in overlays {
        let source = Arc::new(fs::read(path, limit)?);
        let file = device_types::contract::parse(&source).map_err(Error::Input)?;
        registry.overlay(&file).map_err(Error::Input)?;
    }
    Ok(registry)
}
