//! An images file: what a user knows about images that no table has, and what a lock file keeps of those
//! that a project uses.
//!
//! [`ImagesFile::parse`] reads one, `read` and `fields` check it, and [`ImagesFile::find`] finds the entry of
//! a reference. [`Mirrors`] is the part that says which registries have copies of others.
//!
//! ```
//! use std::sync::Arc;
//! use dtpl::Source;
//! use dtpl::image::{ImagesFile, Reference};
//!
//! let text = "images:\n  registry.example.com/team/base:\n    platforms: [linux/arm/v7]\n    stack: python\n";
//! let file = ImagesFile::parse(&Arc::new(Source::new("images.yaml", text)))?;
//! let reference = Reference::parse("registry.example.com/team/base:1.4").unwrap();
//! let found = file.find(&reference).unwrap();
//! assert_eq!(found.entry.stack.as_deref(), Some("python"));
//! assert_eq!(found.entry.place.to_string(), "images.yaml:2:3");
//! # Ok::<(), dtpl::Diagnostics>(())
//! ```

mod entry;
mod fields;
mod file;
mod mirrors;
mod read;

pub use entry::{FoundBy, FoundEntry, ImageEntry, PlatformEntry};
pub use file::ImagesFile;
pub use mirrors::Mirrors;

/// What the lock file of a project is called. It is an images file.
pub const LOCK_FILE: &str = "images.lock.yaml";
