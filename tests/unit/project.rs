//! What is read from a project: build arguments, and the Node images that package.json can have.

use crate::compose::Request;
use crate::compose::interpolation::Values;
use crate::fs::Limit;
use crate::project::{directory, node};

const TWO: &str = include_str!("../common/two-services.yml");

#[test]
fn build_arguments_come_from_both_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("docker-compose.yml"), TWO).unwrap();
    std::fs::create_dir(folder.path().join(".balena")).unwrap();
    let variables = "build-variables:\n  global: {A: all, VERSION: '2.0'}\n  services:\n    db: [A=own=x]\n";
    std::fs::write(folder.path().join(".balena/balena.yml"), variables).unwrap();
    let limit = Limit { bytes: 1 << 20, flag: "" };
    let project = directory::read(folder.path(), &Request::new(&Values::new()), limit, None).unwrap();
    let names: Vec<&str> = project.services.iter().map(|service| &*service.name).collect();
    assert_eq!(names, ["cache", "db", "web"]);
    let db = project.services[1].build().unwrap();
    assert_eq!(
        (db.context.as_str(), db.dockerfile.as_deref(), db.target.as_deref()),
        ("db", Some("docker/app"), Some("final"))
    );
    let args: Vec<(&str, Option<&str>)> =
        db.args.iter().map(|(name, value)| (&**name, value.as_deref())).collect();
    assert_eq!(args, [("A", Some("own=x")), ("VERSION", Some("2.0"))]);
    assert_eq!(project.services[2].build().unwrap().args["A"].as_deref(), Some("all"));
}

#[test]
fn the_node_images_are_those_of_the_facts() {
    let path = format!("{}/tests/unit/node-images.tsv", env!("CARGO_MANIFEST_DIR"));
    let facts = std::fs::read_to_string(path).unwrap();
    let platforms = |variant: &str, major: u64| -> Vec<String> {
        let row =
            facts.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>()).find(|row| {
                row[1] == variant && row[2].split(',').any(|version| version == major.to_string())
            });
        let listed = row.map(|row| row[3].to_owned()).unwrap_or_default();
        listed.split(' ').map(|p| p.trim_start_matches("linux/").trim_end_matches("/v8").to_owned()).collect()
    };
    let mut seen = 0;
    for (major, debian, alpine) in node::images() {
        for (variant, ours) in [("(none)", debian), ("-alpine", alpine)] {
            let mut ours: Vec<String> = ours.into_iter().map(str::to_owned).collect();
            let mut facts = platforms(variant, major);
            ours.sort();
            facts.sort();
            assert_eq!(ours, facts, "node:{major} {variant}");
            seen += 1;
        }
    }
    assert_eq!(seen, 40);
}
