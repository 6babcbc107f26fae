//! A current Docker engine as the judge of what dtpl says about a build: which Dockerfiles it refuses, what its own
//! checks report, which images it fetches, and for which platform.
//!
//! Needs root, apt and minutes, so it is no part of `cargo test` alone:
//!
//! ```text
//! cargo test --test buildkit -- --ignored --nocapture --test-threads 1
//! ```
//!
//! With `--features online` it also tries whether a locked project is built on its old base image.
//!
//! `DTPL_BUILDKIT_FILES` is how many files are tried. `tests/buildkit/start` brings the engine; for the classic
//! builder that of Debian 12 has to be installed, which `cargo test --test engine -- --ignored` does.

mod checks;
mod collected;
mod differences;
mod engine;
mod every_image;
// The lists of values are long.
#[rustfmt::skip]
mod generator;
// `dtpl lock` asks a registry.
#[cfg(feature = "online")]
mod locked;
mod ours;
mod platforms;
mod registry;
mod stages;
mod verdict;

use engine::Engine;

/// How many files are tried; `DTPL_BUILDKIT_FILES` is another number.
fn files(usually: usize) -> usize {
    std::env::var("DTPL_BUILDKIT_FILES").map_or(usually, |number| number.parse().unwrap())
}

#[track_caller]
fn none(differences: &[String], of: usize) {
    println!("{} of {of} differ", differences.len());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
#[ignore = "takes minutes, and needs root and apt: `just buildkit` and CI run it"]
fn the_images_of_a_build() {
    let engine = Engine::start();
    let count = files(20);
    none(&stages::compare(&engine, count), count * stages::PLATFORMS.len());
}

#[test]
#[ignore = "takes minutes, and needs root and apt: `just buildkit` and CI run it"]
fn the_images_of_a_classic_build() {
    let engine = Engine::start();
    let classic = Engine::start_classic(&engine);
    let count = files(20).min(100);
    none(&stages::compare_classic(&engine, &classic, count), count);
}

#[test]
#[ignore = "takes minutes, and needs root and apt: `just buildkit` and CI run it"]
fn the_platform_of_an_image() {
    let engine = Engine::start();
    let (pairs, differences) = platforms::compare(&engine, files(45).max(45));
    none(&differences, pairs);
}

#[test]
#[ignore = "takes minutes, and needs root and apt: `just buildkit` and CI run it"]
fn what_the_engine_says_about_a_dockerfile() {
    let engine = Engine::start_beside(every_image::serve());
    let count = files(3000);
    none(&checks::compare(&engine, count), count);
}

#[cfg(feature = "online")]
#[test]
#[ignore = "takes minutes, and needs root and apt: `just buildkit` and CI run it"]
fn a_locked_project_is_built_on_its_old_base_image() {
    let engine = Engine::start();
    let classic = Engine::start_classic(&engine);
    let table = locked::table(&engine, &classic);
    println!("{table}");
    let page = include_str!("../../docs/engine.md");
    assert!(page.contains(&table), "docs/engine.md says something else");
}
