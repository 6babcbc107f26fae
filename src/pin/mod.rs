//! Digests in rendered Dockerfiles: every image gets the digest that the lock file has for it.
//!
//! 1. [`pin`] takes a rendering and gives it back with digests. `images` says what is written where: for each image
//!    behind its name, or behind the default of an `ARG` that has its tag (`argument`).
//! 2. `proof` reads the result, and compares what a build of it does with what a build did before: all that differs
//!    are the digests.
//!
//! [`LockFile`] is where the digests are from. A digest is that of the index, so that the result is the same for all platforms.

mod argument;
mod contexts;
mod images;
mod lock_file;
pub(crate) mod messages;
mod proof;
mod rendering;

pub use contexts::pin_contexts;
pub use images::PinOptions;
pub use lock_file::{LockFile, NotLocked};
pub(crate) use rendering::pin_build;
pub use rendering::{Pins, pin, pin_text};
