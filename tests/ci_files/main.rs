//! The files with which others use dtpl in CI: the Dockerfile.

#![cfg(unix)]

#[path = "../common/tool.rs"]
mod tool;

mod image;
mod project;
