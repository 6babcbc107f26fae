//! The files with which others use dtpl in CI: the Dockerfile, the hooks of pre-commit, and the presets of Renovate.
//! Tests that need programs of PyPI and npm are ignored; `just ci-files` installs these and
//! runs them.

#![cfg(unix)]

#[path = "../common/tool.rs"]
mod tool;

mod hooks;
mod image;
mod project;
mod renovate;
