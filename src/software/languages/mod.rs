//! What new major versions of languages refuse: pins of old packages, and commands that are gone.
//!
//! 1. `requirements` reads the pins of a `requirements.txt`, with `marker` for what follows `;`, and of
//!    `pip install`; `python_version` compares versions as Python does.
//! 2. `package_json` reads what a `package.json` asks for.
//! 3. `old_packages` are the tables of packages that do not install, or do not start.
//! 4. `removed` says which commands of npm, pip and go are gone: `removed_node`, `removed_python` and `removed_go`.

mod marker;
mod old_packages;
mod package_json;
mod python_version;
mod removed;
mod removed_go;
mod removed_node;
mod removed_python;
mod requirements;

pub use old_packages::{Advice, node};
pub use package_json::dependencies;
pub use removed::{Language, Unless, removed};
pub use requirements::{Requirements, normalized};
