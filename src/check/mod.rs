//! Reports problems in a project's templates, for every device type at once, before a build.
//!
//! [`run()`] renders every service for every target. Equal renderings are parsed once: a [`RenderingScope`]
//! is one of them, an [`ArchScope`] the same for the targets of one arch, a [`TemplateScope`] the template
//! as it is written. Each of the [`rules`] looks at one of the three and reports to a [`Sink`], which maps
//! every place back to the template and adds a [`Finding`](crate::finding::Finding).
//!
//! A rule is a file in `rules/`, a page in `docs/rules/` and a line in [`rules`].

mod context;
mod dockerignore;

pub mod hadolint;
mod ignore;
mod read_settings;
mod request;
pub mod rules;
mod run;
mod scope;
mod service;
mod settings;
mod sink;
mod stage_image;

pub use context::Context;
pub use request::{Linter, Request};
pub use run::run;
pub use scope::{ArchScope, RenderingScope, TemplateScope};
pub use settings::Settings;
pub use sink::Sink;
pub use stage_image::StageImage;
