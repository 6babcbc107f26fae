//! The tables that are compiled in: starting the program parses no YAML.
//!
//! `build.rs` reads `device-types.yaml` and `data/more-device-types.yaml` with the readers of this crate and writes
//! the table as Rust.

use std::borrow::Cow;

use crate::arch::{Arch, Text};
use crate::device_types::{DeviceType, ImageFamily, Registry, ReleaseState, Status};

include!(concat!(env!("OUT_DIR"), "/device_types.rs"));

impl Registry {
    /// The registry that dtpl ships.
    ///
    /// ```
    /// let registry = dtpl::Registry::embedded();
    /// let nuc = registry.device_type("nuc").unwrap();
    /// assert_eq!(nuc.slug, "intel-nuc");
    /// assert_eq!(registry.arch_of(nuc).platform, "linux/amd64");
    /// ```
    pub fn embedded() -> Registry {
        Registry::from_tables(ARCHES, DEVICE_TYPES, NAMES)
    }
}
