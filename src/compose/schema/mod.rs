//! The fields of a compose file and what each can hold, as Docker Compose 2.40 has them (the schema of
//! compose-go 2.9.1). To add a field, add a line to the table of its map.
//!
//! A compose file is checked after each file that is merged for what a value is ([`Stage::Shape`]), and once,
//! when all files are merged, for what its text says ([`Stage::Text`]): a later file may replace a duration
//! that cannot be read, but not a list where a map belongs.

mod deploy;
mod mounts;
mod resources;
mod service;
mod shared;
mod types;
mod validate;

pub use validate::{Stage, validate};
