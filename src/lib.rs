//! One `Dockerfile.template`, the right Dockerfile for every device.
//!
//! How a template becomes a Dockerfile:
//!
//! 1. [`Registry::embedded`] is the device-type registry; [`workspace::registry()`] adds overlays of a user.
//! 2. [`workspace`] opens a project: its services, each with the Dockerfile that it has for a device, and
//!    its fleets. A [`Subject`] is the device type or the arch that a Dockerfile is rendered for.
//! 3. [`Template`] is a template with placeholders, in the Tera language, or a plain Dockerfile.
//!    [`Template::render`] makes a [`Rendering`] of it, in which every position leads back into the
//!    template.
//! 4. [`batch`] renders for many fleets, [`tar_filter`] in a stream of tar entries.
//!
//! [`dockerfile`] reads a rendered Dockerfile, [`image`] knows the base images that a `FROM` names.
//! [`check`] reports what is wrong with a template for every device type at once, [`explain`] explains a
//! Dockerfile instruction by instruction, [`migrate`] moves a project to maintained base images, and
//! [`init`] has the files of a new project.
//!
//! The library prints nothing, never exits, writes no file and reads no environment. A fault of an input is
//! a [`Diagnostic`]; what stops a call is an [`enum@Error`]. Both implement [`Display`](std::fmt::Display).
//!
//! The command line is the module `cli`, with the feature of this name. It is on by default; a program that
//! uses the library alone turns it off with `default-features = false`.
//!
//! ```
//! use std::sync::Arc;
//! use dtpl::{Layers, Limits, Registry, Source, Subject, Template, Variables};
//!
//! let registry = Registry::embedded();
//! let pi = Subject::of_device_type(registry.device_type("raspberrypi3").unwrap(), &registry);
//! let variables = Variables::of_device(pi.slug, pi.arch, false);
//! let text = "FROM %%BALENA_MACHINE_NAME%%-python\nRUN get --arch=%%DTPL_DEBIAN_ARCH%%\n";
//! let template = Template::parse(Arc::new(Source::new("Dockerfile.template", text)))?;
//! let layers = [&variables];
//! let rendering = template.render(&pi, Layers(&layers), &Limits::default())?;
//! assert_eq!(rendering.to_bytes(), b"FROM raspberrypi3-python\nRUN get --arch=armhf\n");
//! # Ok::<(), dtpl::Diagnostics>(())
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs, unnameable_types, clippy::missing_errors_doc)]
// The documentation is made with private items: it is for those who work on the crate as well.
#![allow(rustdoc::private_intra_doc_links)]

mod arch;
pub mod batch;
mod cache;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
mod compose;
mod context;
mod device_types;
mod diagnostic;
pub mod dockerfile;
mod embedded;
mod env_file;
mod error;
mod escape;
pub mod explain;
#[cfg(feature = "cli")]
mod export;
mod finding;
mod fleet;
mod fs;
mod ignore_files;
pub mod image;
pub mod init;
mod json;
pub mod lock;
pub mod migrate;
mod nearest;
#[cfg(feature = "online")]
pub mod oci;
mod pin;
mod project;
mod render;
mod shell;
mod software;
mod source;
mod subject;
pub mod tar_filter;
mod tera_sandbox;
mod text_table;
mod threads;
pub mod workspace;
mod yaml;

pub use arch::Arch;
pub use device_types::{DeviceType, ImageFamily, Registry, Status};
pub use diagnostic::{Diagnostic, Diagnostics, Place, Severity};
pub use dockerfile::Dockerfile;
pub use error::Error;
pub use finding::{Finding, Findings, Summary};
pub use fs::Limit;
pub use image::Catalogue;
pub use render::{
    Layers, Limits, Origin, Placeholder, Rendering, Template, TemplateKind, Variable, Variables,
};
pub use source::{Position, Source, Span, TracedSpan};
pub use subject::Subject;

// Tests of what is not exported.
#[cfg(all(test, feature = "cli"))]
#[path = "../tests/unit/mod.rs"]
mod unit_tests;
