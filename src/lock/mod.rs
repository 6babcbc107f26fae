//! The lock file of a project, `images.lock.yaml`: the digests of the images that a build of it uses.
//!
//! [`LockFile`] is one as it is read, and [`pin()`] puts its digests into a rendered Dockerfile. It is made in three
//! steps: [`collect()`] finds the images that the builds of a project use, [`plan()`] compares them with the file that
//! there is, and [`complete`] adds what registries say about those that the plan asks for; [`write()`] gives the text.
//! How a registry is asked is not known here.
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

mod answer;
mod collect;
mod locked;
mod plan;
mod wanted;
mod write;

pub use answer::{Change, NewLock, complete};
pub use collect::{CollectRequest, collect, collect_known};
pub use locked::{LockedImage, LockedImages};
pub use plan::{Plan, Update, plan};
pub use wanted::{WantedImage, WantedImages, name_in_file};
pub use write::write;

pub use crate::image::LOCK_FILE;
pub use crate::pin::{LockFile, NotLocked, PinOptions, Pins, pin, pin_contexts, pin_text};
