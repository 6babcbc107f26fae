//! One `Dockerfile.template`, the right Dockerfile for every device.
//!
//! The way of a render through this crate:
//!
//! 1. [`embedded::registry`] is the device-type registry; a user's overlay is read by
//!    [`device_types::file`] and laid on top.
//! 2. A device type and its [`arch::Arch`] make [`render::Variables`]; definitions of the user
//!    come on top, each with the place it was given at.
//! 3. [`project::directory`] finds the service, and the Dockerfile that it has for the device;
//!    [`tar_filter`] does the same in a tar stream.
//! 4. [`fleet`] reads who there is to render for, and [`batch`] does it for all of them.
//! 5. [`render::Template::parse`] finds the placeholders, [`render::Template::render`] replaces
//!    them: the result is written piece by piece, and every position in it leads back. What placeholders
//!    cannot say, [`render::tera`] does, held within limits by [`tera_guard`].
//!
//! [`image`] knows the base images that a `FROM` names: what became of them, and what a device gets.
//! [`explain`] walks through a rendered Dockerfile with that knowledge, instruction by instruction.
//!
//! [`check`] says what is wrong with a template, for every device type at once.
//!
//! [`migrate`] moves a project off the base images that nobody updates any more.
//!
//! [`init`] is what a new project starts with.
//!
//! The library prints nothing, exits never and reads no environment. What is wrong with an input is
//! a [`diagnostic::Diagnostic`]; what stops a command is an [`enum@error::Error`]. [`cli`] puts both
//! on a terminal.
//!
//! ```
//! use std::sync::Arc;
//! use dtpl::{embedded, source::Source, render::{Template, Variables}};
//!
//! let registry = embedded::registry();
//! let pi = registry.device_type("raspberrypi3").unwrap();
//! let variables = Variables::of_device(Some(&pi.slug), Some(registry.arch_of(pi)), false);
//! let text = "FROM %%BALENA_MACHINE_NAME%%-python\nRUN get --arch=%%DTPL_DEBIAN_ARCH%%\n";
//! let template = Template::parse(Arc::new(Source::new("Dockerfile.template", text))).unwrap();
//! assert_eq!(
//!     template.render(&variables).unwrap().to_bytes(),
//!     b"FROM raspberrypi3-python\nRUN get --arch=armhf\n"
//! );
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod arch;
pub mod batch;
mod bytes;
pub mod check;
pub mod cli;
pub mod device_types;
pub mod diagnostic;
pub mod dockerfile;
pub mod embedded;
pub mod env_file;
pub mod error;
pub mod escape;
pub mod explain;
pub mod finding;
pub mod fleet;
pub mod fs;
pub mod image;
pub mod init;
pub mod json;
pub mod migrate;
pub mod nearest;
pub mod project;
pub mod render;
pub mod shell;
pub mod source;
pub mod tar_filter;
pub mod tera_guard;
pub mod threads;
pub mod yaml;
