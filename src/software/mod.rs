//! The software of images: which programs and packages they have, what a Dockerfile needs of them, and what of that
//! is missing.
//!
//! 1. `packages` has the names of Debian's packages, and what became of those that are gone.
//! 2. `contents` says what official images and the images of balena have.
//! 3. `usage` lists what a Dockerfile runs, in order, with the scripts of the project.
//! 4. `languages` says what new versions of Python, Node.js and Go refuse.
//! 5. `faults` goes through that list with the contents of the image, and says what does not work.

pub(crate) mod contents;
pub(crate) mod faults;
mod languages;
pub(crate) mod packages;
mod releases;
pub(crate) mod usage;
