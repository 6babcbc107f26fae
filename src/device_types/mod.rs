//! The device-type registry: which machines there are, what they are called, and what
//! architecture each has.
//!
//! [`registry`] answers questions, [`mod@file`] reads `device-types.yaml` and overlays, [`contract`] also what
//! balena writes, `overlay` lays one over a registry. All are also compiled into the build script, so that the shipped table passes the
//! checks of an overlay.

pub mod contract;
pub mod file;
mod overlay;
pub(crate) mod registry;

pub use registry::{DeviceType, ImageFamily, Registry, ReleaseState, Status};
