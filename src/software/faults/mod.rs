//! What does not work in an image: one file for each kind.
//!
//! [`find`] goes through what a Dockerfile runs, in order. `state` is what is known before each command: what the
//! image has by then, and how apt and pip are set. Each kind of fault looks at the command with that.

mod apt_key;
mod apt_without_yes;
mod archived_release;
mod copied_files;
mod debian_python;
mod externally_managed_python;
mod fault;
mod image_text;
mod lookups;
mod missing_certificates;
mod missing_file;
mod missing_package;
mod missing_program;
mod other_release;
mod package_name;
mod package_version;
mod removed_command;
mod run;
mod stage_image;
mod stages;
mod state;
mod uninstallable_requirement;

pub use fault::{Fault, Remedy};
pub use lookups::Lookups;
pub use stage_image::StageImage;
pub use stages::{Found, Installation, find};
