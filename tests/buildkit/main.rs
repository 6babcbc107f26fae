//! A current Docker engine as the judge of what dtpl says about a build: which images it fetches, and for
//! which platform.
//!
//! Needs root, apt and minutes, so it is no part of `cargo test` alone:
//!
//! ```text
//! cargo test --test buildkit -- --ignored --nocapture
//! ```

mod engine;
mod platforms;
mod registry;
mod stages;

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
#[ignore = "needs root, apt and minutes; .ci/run runs it"]
fn the_images_of_a_build() {
    let engine = Engine::start();
    let count = files(60);
    none(&stages::compare(&engine, count), count * stages::PLATFORMS.len());
}

#[test]
#[ignore = "needs root, apt and minutes; .ci/run runs it"]
fn the_images_of_a_classic_build() {
    let engine = Engine::start();
    let count = files(60).min(100);
    none(&stages::compare_classic(&engine, count), count);
}

#[test]
#[ignore = "needs root, apt and minutes; .ci/run runs it"]
fn the_platform_of_an_image() {
    let engine = Engine::start();
    let (pairs, differences) = platforms::compare(&engine, files(60).max(45));
    none(&differences, pairs);
}
