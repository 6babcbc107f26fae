//! docker compose 2.40 as the judge of what dtpl reads from compose files.
//!
//! ```text
//! cargo test --test compose -- --ignored --nocapture
//! ```
//!
//! `DTPL_COMPOSE_CASES` is how many generated projects are tried, `DTPL_COMPOSE_FIRST` the number of the first, and
//! `DTPL_COMPOSE` the program `docker-compose`, if it is not to be fetched with apt. With `DTPL_COMPOSE_SAVE`, the
//! projects are left in that folder with what docker compose says.

mod compare;
mod docker;
// The lists of values are long.
#[rustfmt::skip]
mod fields;
mod generator;
mod node;
mod ours;
mod project;
mod random;
#[rustfmt::skip]
mod support;
#[rustfmt::skip]
mod texts;

use docker::Docker;

/// A number from the environment.
fn number(name: &str, usually: usize) -> usize {
    std::env::var(name).map_or(usually, |number| number.parse().unwrap())
}

#[test]
#[ignore = "takes minutes, and needs apt: `just compose` and CI run it"]
fn generated_projects() {
    let first = number("DTPL_COMPOSE_FIRST", 0);
    let numbers = first..first + number("DTPL_COMPOSE_CASES", 300);
    let projects = numbers.map(|number| (number.to_string(), generator::project(number))).collect();
    compare::compare(&Docker::find(), projects);
}
