//! A build farm on this machine: what dtpl writes, built by `docker buildx` on several workers and pushed to a
//! registry.
//!
//! Needs root, apt and minutes, so it is no part of `cargo test` alone:
//!
//! ```text
//! cargo test --test farm -- --ignored --nocapture --test-threads 1
//! ```
//!
//! `tests/farm/start` brings the workers, which are Docker engines, and the registry.
#![cfg(unix)]

mod death;
mod farm;
mod fleets;
mod history;
mod matrix;
mod proxy;
mod registry;
mod spread;

use farm::Farm;

#[test]
#[ignore = "takes minutes, and needs root and apt: `just farm` and CI run it"]
fn platforms_are_built_by_their_workers() {
    spread::over_platforms(&mut Farm::start());
}

#[test]
#[ignore = "takes minutes, and needs root and apt: `just farm` and CI run it"]
fn shards_of_one_platform_are_built_by_two_builders() {
    spread::in_shards(&mut Farm::start());
}

#[test]
#[ignore = "takes minutes, and needs root and apt: `just farm` and CI run it"]
fn a_worker_dies() {
    death::of_a_worker(&mut Farm::start());
}

#[test]
#[ignore = "takes minutes, and needs root and apt: `just farm` and CI run it"]
fn the_group_of_a_fleet_moves_its_tags_alone() {
    fleets::share_a_build(&mut Farm::start());
}

#[test]
#[ignore = "takes minutes, and needs root and apt: `just farm` and CI run it"]
fn the_rows_of_a_matrix_make_the_images_of_bake() {
    matrix::is_run(&mut Farm::start());
}
