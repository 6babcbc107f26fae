//! What images have: official ones, and those of balena; and which package has a program.
//!
//! `programs` has the packages of each program, `sets` the packages of each image; `official` and `old` say which
//! sets an image has. [`Contents`] puts them together, and keeps what a build adds.

mod image_contents;
mod official;
mod old;
mod programs;
mod sets;

pub use image_contents::Contents;
pub use programs::{Program, program};
