//! The files of the clone.

use std::fs;
use std::path::{Path, PathBuf};

/// The built program.
pub const DTPL: &str = env!("CARGO_BIN_EXE_dtpl");

/// The path of a file of the clone.
pub fn clone_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The text of a file of the clone.
pub fn text(name: &str) -> String {
    fs::read_to_string(clone_path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
