//! What is read from a project: build arguments.

use crate::compose::Request;
use crate::compose::interpolation::Values;
use crate::fs::Limit;
use crate::project::directory;

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
