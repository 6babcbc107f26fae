//! The lock file of a project, `images.lock.yaml`: the digests of the images that a build of it uses.
//!
//! [`LockFile`] is one as it is read, and [`pin()`] puts its digests into a rendered Dockerfile.
//!
//! ```
//! use std::sync::Arc;
//! use dtpl::Source;
//! use dtpl::dockerfile::BuildOptions;
//! use dtpl::lock::{LockFile, PinOptions, pin_text};
//!
//! let digest = format!("sha256:{}", "1".repeat(64));
//! let lock = format!("images:\n  alpine:3.22: {{platforms: [linux/arm64], digest: {digest}}}\n");
//! let lock = LockFile::parse(&Arc::new(Source::new("images.lock.yaml", lock)))?;
//! let file = Arc::new(Source::new("Dockerfile", "FROM alpine:3.22\n"));
//! let options = PinOptions { build: BuildOptions::of_platform("linux/arm64"), lock: &lock };
//! assert_eq!(pin_text(&file, &options)?, format!("FROM alpine:3.22@{digest}\n").as_bytes());
//! # Ok::<(), dtpl::Diagnostics>(())
//! ```

pub use crate::pin::{LOCK_FILE, LockFile, NotLocked, PinOptions, pin, pin_text};
