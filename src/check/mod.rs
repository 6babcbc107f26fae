//! What is wrong with a project's templates, for every device type at once, before anything is built.
//!
//! [`run`] renders every service for every target. Renders that are equal are parsed once: a [`Case`]
//! is one of them, an [`ArchCase`] the same for the targets of one arch, a [`TextCase`] the template as
//! it is written. The [`rules`] look at one of the three and report to a [`Sink`], which leads every
//! place back into the template. A [`Finding`] is what comes of it, with the devices it hits.
//!
//! A rule is one file in `rules/`, one line in [`rules::RULES`], one page in `docs/rules/`.

mod case;
mod context;
mod copies;
mod dockerignore;

pub mod hadolint;
mod ignore;
mod image;
mod install;
pub mod rules;
mod run;
mod settings;
mod sink;

pub use case::{ArchCase, Case, TextCase};
pub use context::Context;
pub use image::Image;
pub use run::{Linter, Request, run};
pub use settings::Settings;
pub use sink::Sink;
