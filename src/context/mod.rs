//! The build context of a service: which files `COPY` can take from it, and which of them are at which path of
//! an image.

mod build_context;
mod image_files;

pub use build_context::{BuildContext, Presence, clean};
pub(crate) use image_files::{Copied, ImageFiles, Steps, place};
