//! The formats: text with carets, JSON, SARIF, the workflow commands of GitHub.

use super::common::{Test, device_types};

const TEMPLATE: &str = "FROM python\nENV A b\nCOPY 50%,a:b /\n";

fn test(format: &str) -> Test {
    Test::new()
        .file("a b,c/Dockerfile.template", TEMPLATE)
        .args("check --format")
        .args(format)
        .args("-d nuc")
        .arg("a b,c")
}

#[test]
fn text_has_carets_and_a_summary() {
    let run = test("text").run();
    assert_eq!(run.status, 1);
    run.quietly();
    assert!(run.text().starts_with(
        "a b,c/Dockerfile.template:1:6: warning: `python` has no tag, which means `latest` [untagged-base-image]\n  |\n1 | FROM python\n  |      ^^^^^^\n"
    ), "{}", run.text());
    let legacy = "warning: ENV uses the old form, without `=` [legacy-env, BuildKit: LegacyKeyValueFormat]\n";
    assert!(run.text().contains(legacy), "{}", run.text());
    assert!(run.text().ends_with("\n1 error, 2 warnings, 0 notes for 1 device type\n"), "{}", run.text());
    assert!(!run.text().contains('\u{1b}'));
    let run = test("text").args("--color always").run();
    assert!(run.text().contains('\u{1b}'));
    // The log of a CI is no terminal.
    let with = |variables: &[(&str, &str)]| {
        let test = variables.iter().fold(test("text"), |test, (name, value)| test.env(name, value));
        test.run().text().contains('\u{1b}')
    };
    assert!(with(&[("CLICOLOR_FORCE", "1")]));
    assert!(with(&[("FORCE_COLOR", "1")]));
    assert!(with(&[("FORCE_COLOR", "true")]));
    assert!(!with(&[("FORCE_COLOR", "0")]));
    assert!(!with(&[("CLICOLOR_FORCE", "0")]));
    assert!(!with(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    let run = test("text").env("FORCE_COLOR", "1").args("--color never").run();
    assert!(!run.text().contains('\u{1b}'));
    let run = Test::new()
        .file("Dockerfile.template", "FROM python:3.13-slim\n")
        .args("check -d nuc,raspberry-pi")
        .ok();
    assert!(run.text().contains("affects 1 of 2 device types: raspberry-pi\n"), "{}", run.text());
    let run = Test::new().file("Dockerfile.template", "FROM alpine:3.22\n").args("check").ok();
    let all = device_types().len();
    assert_eq!(run.text(), format!("0 errors, 0 warnings, 0 notes for {all} device types\n"));
}

#[test]
fn json_has_the_fields_of_the_design() {
    let run = test("json").run();
    let json = run.json();
    assert_eq!(json["summary"], serde_json::json!({"error": 1, "warning": 2, "info": 0}));
    assert_eq!(
        json["findings"][1],
        serde_json::json!({
            "rule": "legacy-env", "engine_rule": "LegacyKeyValueFormat", "severity": "warning", "message": "ENV uses the old form, without `=`",
            "help": "write ENV A=...", "file": "a b,c/Dockerfile.template", "line": 2, "column": 1,
            "end_line": 2, "end_column": 8, "devices": ["intel-nuc"],
        })
    );
    // What BuildKit has no check for has no such field.
    assert!(json["findings"][0].get("engine_rule").is_none());
    let text = run.text();
    let order = [
        "\"rule\"",
        "\"severity\"",
        "\"message\"",
        "\"help\"",
        "\"file\"",
        "\"line\"",
        "\"column\"",
        "\"end_line\"",
        "\"end_column\"",
        "\"devices\"",
    ];
    let at: Vec<usize> = order.iter().map(|field| text.find(field).unwrap()).collect();
    assert!(at.is_sorted());
}

#[test]
fn sarif_has_what_its_schema_requires() {
    let run = test("sarif").run();
    assert_eq!(run.status, 1);
    let log = run.json();
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().contains("sarif-2.1.0"));
    let [run] = log["runs"].as_array().unwrap().as_slice() else { panic!("one run") };
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "dtpl");
    let rules = driver["rules"].as_array().unwrap();
    for rule in rules {
        assert!(rule["id"].is_string() && rule["shortDescription"]["text"].is_string());
        assert!(matches!(rule["defaultConfiguration"]["level"].as_str(), Some("error" | "warning" | "note")));
    }
    let legacy = rules.iter().find(|rule| rule["id"] == "multiple-cmd").unwrap();
    assert_eq!(
        legacy["properties"],
        serde_json::json!({
            "engine_rule": "MultipleInstructionsDisallowed",
            "hadolint_rules": ["DL3012", "DL4003", "DL4004"],
            "tags": ["BuildKit/MultipleInstructionsDisallowed", "hadolint/DL3012", "hadolint/DL4003", "hadolint/DL4004"],
        })
    );
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
        assert!(matches!(result["level"].as_str(), Some("error" | "warning" | "note")));
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b%2Cc/Dockerfile.template");
        let number = |name: &str| place["region"][name].as_u64().unwrap();
        assert!(number("startLine") >= 1 && number("startColumn") >= 1);
        assert!((number("startLine"), number("startColumn")) <= (number("endLine"), number("endColumn")));
        assert_eq!(result["properties"]["devices"], serde_json::json!(["intel-nuc"]));
        assert_eq!(result["properties"]["engine_rule"].is_string(), result["ruleId"] == "legacy-env");
    }
    // Nothing found is a log as well.
    let run = Test::new().file("Dockerfile.template", "FROM alpine:3.22\n").args("check --format sarif").ok();
    assert_eq!(run.json()["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn github_gets_workflow_commands() {
    let run = test("github").run();
    let lines: Vec<&str> = run.text().lines().collect();
    assert_eq!(
        lines[1],
        "::warning file=a b%2Cc/Dockerfile.template,line=2,col=1,endColumn=8,endLine=2,title=dtpl legacy-env::ENV uses the old form, without `=`%0Awrite ENV A=..."
    );
    assert!(lines[2].starts_with("::error ") && lines[2].contains("::`50%25,a:b` is not"), "{}", lines[2]);
    let run = Test::new()
        .file("Dockerfile.template", "FROM alpine:3.22\nEXPOSE 1 \\\n  2\n")
        .args("check --format github")
        .ok();
    assert!(
        run.text().starts_with("::notice file=Dockerfile.template,line=2,col=8,endLine=3,"),
        "{}",
        run.text()
    );
}

#[test]
fn help_that_differs_by_device_type_is_counted() {
    let test = |args: &str| {
        let test = Test::new().file("Dockerfile", "FROM python:3.6-wheezy\nCMD [\"python\"]\n").args("check");
        test.args("--as-of 2026-11-28 --ignore hidden-platform-argument").args(args)
    };
    let maintained = |text: &str| text.matches("python:3.12 is maintained for").count();
    for format in ["text", "json", "sarif", "github"] {
        let run = test(&format!("-d all --format {format}")).run();
        assert_eq!(maintained(run.text()), 4, "{}", run.text());
        assert!(run.text().contains("and 1 more for other device types"), "{}", run.text());
    }
    let run = test("-d arch:aarch64,arch:amd64,arch:armv7hf,arch:i386").run();
    assert_eq!(maintained(run.text()), 4, "{}", run.text());
    assert!(!run.text().contains(" more "), "{}", run.text());
}
