//! `--hadolint` with the real program, where it is there, and with ones that fail.

use super::command::rules;
use super::common::{Test, tool};
use std::process::Command;

#[test]
fn its_findings_are_among_ours_at_their_place() {
    if tool("hadolint").is_none() {
        return;
    }
    let template =
        "FROM alpine:3.22\n# hadolint ignore=DL3059\nRUN cd /%%BALENA_MACHINE_NAME%% && sudo x\nRUN y\n";
    let run = Test::new()
        .file("Dockerfile.template", template)
        .args("check --format json --hadolint -d nuc,raspberrypi3")
        .run();
    let found = rules(&run);
    assert!(found.contains(&"DL3003".to_owned()) && found.contains(&"DL3004".to_owned()), "{found:?}");
    let json = run.json();
    let found = json["findings"].as_array().unwrap().iter().find(|found| found["rule"] == "DL3003").unwrap();
    assert_eq!((&found["line"], &found["column"]), (&3.into(), &1.into()));
    // Once, for both renderings.
    assert_eq!(found["devices"], serde_json::json!(["intel-nuc", "raspberrypi3"]));
    let run = Test::new()
        .file("Dockerfile.template", template)
        .args("check --format sarif --hadolint --ignore DL3003")
        .run();
    assert!(!run.text().contains("DL3003") && run.text().contains("DL3004 of hadolint"));
}

#[test]
fn the_same_as_by_hand() {
    let Some(hadolint) = tool("hadolint") else { return };
    for name in ["go", "node", "python", "python-legacy", "rust", "static"] {
        let path = format!("{}/templates/{name}", env!("CARGO_MANIFEST_DIR"));
        let render = Test::new().args("render -d raspberrypi3").arg(&path).ok();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, &render.stdout).unwrap();
        let output =
            Command::new(&hadolint).args(["--no-fail", "-f", "json"]).arg(file.path()).output().unwrap();
        let by_hand: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut by_hand: Vec<(u64, String)> = by_hand
            .as_array()
            .unwrap()
            .iter()
            .map(|found| (found["line"].as_u64().unwrap(), found["code"].as_str().unwrap().to_owned()))
            .collect();
        let run = Test::new().args("check --format json --hadolint -d raspberrypi3").arg(&path).run();
        let mut ours: Vec<(u64, String)> = run.json()["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| (found["line"].as_u64().unwrap(), found["rule"].as_str().unwrap().to_owned()))
            .collect();
        ours.retain(|(_, rule)| dtpl::check::hadolint::is_code(rule));
        by_hand.sort();
        ours.sort();
        assert_eq!(ours, by_hand);
    }
}

#[test]
fn one_that_is_not_there_is_wrong_usage() {
    let test = || Test::new().file("Dockerfile.template", "FROM alpine:3.22\n");
    test()
        .args("check --hadolint=/no/such/program")
        .cannot(["--hadolint: error: cannot run /no/such/program"]);
    test()
        .args("check --hadolint=/bin/true")
        .cannot(["/bin/true: error: cannot run: hadolint printed no list"]);
}
