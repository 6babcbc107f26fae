//! Tests of what the crate does not export. They are compiled into the library's own tests: see `src/lib.rs`.

mod contents;
mod create;
mod images;
mod images_file;
mod lock;
mod migrate;
mod packages;
mod pin;
mod project;
mod properties;
mod shell;
mod usage;
