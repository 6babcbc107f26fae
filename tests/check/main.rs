//! `dtpl check`: each rule on what it is for and on what it is not, the formats, and what may be
//! ignored.

#[path = "../common/mod.rs"]
mod common;

mod alike;
mod case;
mod command;
mod formats;
mod hadolint;
mod hostile;
mod pages;
mod rules;
