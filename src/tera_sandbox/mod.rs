//! Runs Tera templates within limits. The engine itself limits neither loops nor the size of values, and
//! takes an undefined name for false.
//!
//! 1. `lexer` splits a template into text and tags, `references` finds the names in a tag.
//! 2. `instrument` writes the template again with calls between its tags, which count loops and work,
//!    check names, and measure values. Tags that a [`Profile`] does not list are refused. If the result is
//!    traced, a marker before every piece of text says where it comes from (`trace_markers`). A marker is
//!    enclosed in NULs, which no text, value or name can contain.
//! 3. `budget` counts while the template runs; `builtins` lists filters, tests and functions, `filters`
//!    replaces those that turn a small value into a large one.
//! 4. `engine_errors` turns the engine's errors into diagnostics about the original template.
//!
//! A template cannot reach files, clock, environment or randomness. The limits do not depend on time
//! either: the same template ends in the same way on every machine.

mod budget;
mod builtins;
mod engine_errors;
mod filters;
mod instrument;
mod lexer;
mod profile;
mod program;
mod references;
mod trace_markers;

pub use profile::{Profile, path_inside};
pub use program::{Output, Program, UsedVariable, includes};
