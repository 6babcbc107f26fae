//! What new major versions of languages refuse: pins of old packages, and commands that are gone.
//!
//! 1. `requirements` reads the pins of a `requirements.txt`, with `marker` for what follows `;`, and of
//!    `pip install`; `name` and `python_version` compare as Python does.
//! 2. `package_json` reads what a `package.json` asks for.
//! 3. `old_packages` are the tables of packages that do not install, or do not start.
//! 4. `removed` says which commands of npm, pip and go are gone (`removed_node`, `removed_python`, `removed_go`);
//!    `removal` is what is told.

mod marker;
mod name;
mod old_packages;
mod package_json;
mod python_version;
mod removal;
mod removed;
mod removed_go;
mod removed_node;
mod removed_python;
mod requirements;

pub use name::normalized;
pub use old_packages::{Advice, node};
pub use package_json::dependencies;
pub use removal::Unless;
pub use removed::{Language, removed};
pub use requirements::Requirements;
