//! docker compose 2.40 as the judge of what dtpl reads from compose files, and balena's own reader as the judge of
//! what `dtpl check --compat balena` refuses.
//!
//! ```text
//! . .ci/tools && cargo test --test compose -- --ignored --nocapture --test-threads 1
//! ```
//!
//! The projects of `tests/compose/projects/` keep its answers, so that dtpl is compared with them wherever the tests
//! run; `DTPL_BLESS=1` writes them again.
//!
//! `DTPL_COMPOSE_CASES` is how many generated projects are tried, `DTPL_COMPOSE_FIRST` the number of the first,
//! `DTPL_BALENA_CASES` how many are shown to balena's reader, and `DTPL_COMPOSE` the program `docker-compose`, if it
//! is not to be fetched with apt. With `DTPL_COMPOSE_SAVE`, the projects are left in that folder with the answers.

mod balena;
#[rustfmt::skip]
mod balena_texts;
mod compare;
mod docker;
// The lists of values are long.
#[rustfmt::skip]
mod fields;
mod generator;
mod known;
mod node;
mod ours;
mod project;
mod random;
#[rustfmt::skip]
mod support;
#[rustfmt::skip]
mod texts;
mod written;

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

#[test]
fn written_projects() {
    let projects = written::projects();
    let expected: Vec<_> = projects.iter().map(written::Written::expected).collect();
    let refused = expected.iter().filter(|answer| answer.is_err()).count();
    assert!(projects.len() >= 30 && refused >= 8, "{} projects, {refused} of them refused", projects.len());
    let mut differences = Vec::new();
    for (written, expected) in projects.iter().zip(&expected) {
        let difference = compare::with_kept(&written.project, expected);
        differences.extend(difference.map(|what| format!("{}: {what}", written.name)));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// A project of one compose file.
fn of_a_text(yaml: &str) -> project::Project {
    let mut project = project::Project::default();
    project.plain("compose.yaml", yaml);
    project
}

#[test]
fn known_differences() {
    for known in &known::STRICTER {
        let message = compare::our_answer(&of_a_text(known.yaml)).unwrap_err();
        assert!(message.contains(known.message), "{message}");
    }
    for known in known::MILDER.iter().filter(|known| !known.yaml.is_empty()) {
        compare::our_answer(&of_a_text(known.yaml)).unwrap();
    }
}

#[test]
#[ignore = "needs apt: `just compose` and CI run it"]
fn known_differences_are_still_there() {
    let docker = Docker::find();
    let answer =
        |known: &known::Known| compare::with_docker(&docker, &of_a_text(known.yaml), &Err(String::new())).0;
    for known in &known::STRICTER {
        answer(known).unwrap();
    }
    for known in known::MILDER.iter().filter(|known| !known.yaml.is_empty()) {
        assert!(answer(known).unwrap_err().contains(known.message), "{}", known.yaml);
    }
}

#[test]
#[ignore = "needs apt: `just compose` and CI run it"]
fn written_projects_are_what_docker_compose_makes_of_them() {
    let docker = Docker::find();
    let is_blessed = std::env::var_os("DTPL_BLESS").is_some();
    let mut differences = Vec::new();
    for written in written::projects() {
        if is_blessed {
            written.keep(&compare::with_docker(&docker, &written.project, &Err(String::new())).0);
        }
        let (_, difference) = compare::with_docker(&docker, &written.project, &written.expected());
        differences.extend(difference.map(|what| format!("{}: {what}", written.name)));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
#[ignore = "takes minutes, and needs apt, node and npm: `just compose` and CI run it"]
fn what_balena_refuses() {
    balena::compare(&Docker::find(), number("DTPL_BALENA_CASES", 520));
}

#[test]
#[ignore = "needs apt, node and npm: `just compose` and CI run it"]
fn balena_leaves_out_services_of_a_profile() {
    balena::services_of_a_profile(&Docker::find());
}
