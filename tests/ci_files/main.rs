//! The files with which others use dtpl in CI: action.yml, the workflow templates, the hooks of pre-commit, the
//! Dockerfile, the manifests of Kubernetes, the presets of Renovate, and the scripts in the documentation.
//!
//! Every script in them is run with the built program, as the tool that it is for would run it, and has to fail
//! where dtpl fails. Tests that need programs of PyPI and npm are ignored; `just ci-files` installs these and
//! runs them.

#![cfg(unix)]

#[path = "../common/tool.rs"]
mod tool;

mod action;
mod compiled;
mod farm;
mod formats;
mod hooks;
mod image;
mod project;
mod renovate;
mod runner;
mod scripts;
mod workflows;
