//! The command: for whom it checks, what it ignores, how it ends.

use super::common::{Run, Test, device_types};

const OLD: &str = "FROM balenalib/%%BALENA_MACHINE_NAME%%-python:3.9\nENV A b\n";

fn check(template: &str, args: &str) -> Run {
    Test::new().file("Dockerfile.template", template).args("check --format json").args(args).run()
}

/// The rules that were found, in order.
pub fn rules(run: &Run) -> Vec<String> {
    let findings = run.json()["findings"].as_array().unwrap().clone();
    findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn devices_are_those_of_the_flags_of_the_fleets_or_all() {
    let devices = |run: &Run| run.json()["findings"][0]["devices"].as_array().unwrap().len();
    let run = check("FROM alpine:3.22\nENV A b\n", "");
    assert_eq!((run.status, devices(&run)), (0, device_types().len()));
    let run = check(OLD, "-d raspberrypi3,nuc -d jetson-nano");
    let found = &run.json()["findings"][1];
    assert_eq!(found["devices"], serde_json::json!(["intel-nuc", "jetson-nano", "raspberrypi3"]));
    check(OLD, "-d arch:rpi").quietly();
    let fleets = "fleets: {a: {device: raspberrypi3}, b: {device: nuc}}\n";
    let test = || Test::new().file("Dockerfile.template", OLD).file("fleets.yaml", fleets);
    let run = test().args("check --format json").run();
    assert_eq!(devices(&run), 2);
    let run = test().args("check --format json --fleet b").run();
    assert_eq!(run.json()["findings"][0]["devices"], serde_json::json!(["intel-nuc"]));
    test().args("check --fleet c").refuses(["has no fleet `c`"]);
    test().args("check -d raspberrypi33").refuses(["unknown device type `raspberrypi33`", "raspberrypi3"]);
}

#[test]
fn variables_come_from_fleets_and_flags() {
    let fleets = "fleets: {a: {device: raspberrypi3, variables: {LOCALE: en}}, b: {device: nuc}}\n";
    let test = |args| {
        Test::new()
            .file("Dockerfile.template", "FROM alpine:3.22\nENV A=%%LOCALE%%\n")
            .file("fleets.yaml", fleets)
            .args("check --format json")
            .args(args)
            .run()
    };
    let run = test("");
    assert_eq!((run.status, rules(&run)), (1, vec!["unknown-placeholder".to_owned()]));
    assert_eq!(run.json()["findings"][0]["devices"], serde_json::json!(["intel-nuc"]));
    assert_eq!(rules(&test("-D LOCALE=de")), [""; 0]);
    let run = test("-D LOCALE=a\nb");
    assert_ne!(run.status, 0);
}

#[test]
fn services_and_variants_are_all_looked_at() {
    let run = Test::new()
        .file("docker-compose.yml", "services: {web: {build: ./web}, api: {build: ./api}, db: {image: x}}\n")
        .file("web/Dockerfile.template", "FROM alpine:3.22\nENV A b\nCOPY index.html /\n")
        .file("web/index.html", "")
        .file("api/Dockerfile.template", "FROM alpine:3.22\nCOPY index.html /\n")
        .file("api/Dockerfile.aarch64", "FROM alpine\n")
        .args("check --format json -d raspberrypi3,jetson-nano")
        .run();
    let found: Vec<String> = run.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            format!(
                "{}:{}:{} {} {}",
                found["file"].as_str().unwrap(),
                found["line"],
                found["column"],
                found["rule"].as_str().unwrap(),
                found["devices"]
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "api/Dockerfile.aarch64:1:6 untagged-base-image [\"jetson-nano\"]",
            "api/Dockerfile.template:2:6 missing-copy-source [\"raspberrypi3\"]",
            "docker-compose.yml:1:66 untagged-base-image [\"jetson-nano\",\"raspberrypi3\"]",
            "web/Dockerfile.template:2:1 legacy-env [\"jetson-nano\",\"raspberrypi3\"]",
        ]
    );
}

#[test]
fn the_exit_status_is_what_fail_on_says() {
    let status = |args: &str| check("FROM alpine:3.22\nENV A b\nEXPOSE 80\n", args).status;
    assert_eq!(
        (status(""), status("--fail-on warning"), status("--fail-on never"), status("--strict")),
        (0, 1, 0, 1)
    );
    let status = |args: &str| check("FROM alpine:3.22\nEXPOSE 80\n", args).status;
    assert_eq!((status("--fail-on warning"), status("--fail-on info")), (0, 1));
    let status = |args: &str| check("FROM alpine:3.22\nCOPY x /\n", args).status;
    assert_eq!((status(""), status("--fail-on never"), status("--ignore missing-copy-source")), (1, 0, 0));
    Test::new().args("check --fail-on bad").cannot(["bad"]);
    Test::new().args("check nowhere").cannot(["nowhere"]);
}

#[test]
fn rules_are_ignored_by_flag_comment_and_file() {
    let template =
        "FROM alpine:3.22\nENV A b\n# why\n# dtpl ignore=legacy-env,DL3000\n\nENV A \\\n  b\nENV A b\n";
    let lines = |run: &Run| {
        run.json()["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| found["line"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(lines(&check(template, "")), [2, 8]);
    assert_eq!(lines(&check(template, "--ignore legacy-env")), [0; 0]);
    let unknown = check("FROM alpine:3.22\n  #  dtpl ignore=legacy-en,x\nENV A b\n", "");
    assert_eq!(rules(&unknown), ["unknown-ignore", "unknown-ignore", "legacy-env"]);
    let found = &unknown.json()["findings"][0];
    assert_eq!(
        (&found["line"], &found["column"], &found["help"]),
        (&2.into(), &18.into(), &"did you mean `legacy-env`?".into())
    );
    Test::new()
        .args("check --ignore legacy-enf")
        .cannot(["--ignore: error: there is no rule `legacy-enf`", "`legacy-env`"]);
    let with = |settings: &str| {
        Test::new()
            .file("Dockerfile.template", template)
            .file("fleets.yaml", settings)
            .args("check --format json")
    };
    let fleets = "fleets: {a: {device: nuc}}\n";
    let run = with(&format!("{fleets}check: {{ignore: [legacy-env]}}\n")).ok();
    assert_eq!(lines(&run), [0; 0]);
    let run = with(&format!("check: {{severity: {{legacy-env: error}}}}\n{fleets}")).run();
    assert_eq!((run.status, run.json()["summary"]["error"].as_u64()), (1, Some(2)));
    // Settings alone: for all device types.
    let run = with("check: {severity: {legacy-env: info}}\n").ok();
    assert_eq!(run.json()["findings"][0]["devices"].as_array().unwrap().len(), device_types().len());
    with(&format!("{fleets}check: {{ignore: [legacy], severity: {{pip-cache: bad}}}}\n")).refuses([
        "fleets.yaml:2:18: error: there is no rule `legacy`",
        "fleets.yaml:2:38: error: `bad` is not a severity",
    ]);
    with(&format!("{fleets}check: {{ignored: []}}\n"))
        .refuses(["`check` has no field `ignored`", "`ignore`"]);
    // Other commands take the field and do not act on it.
    let run = Test::new()
        .file("Dockerfile.template", "FROM a\n")
        .file("fleets.yaml", format!("{fleets}check: {{ignore: [x]}}\n"))
        .args("batch")
        .ok();
    assert!(run.text().starts_with("1 fleet"));
}

#[test]
fn names_of_buildkit_and_hadolint_are_names_of_rules() {
    let template = "FROM alpine\nENV A b\n# dtpl ignore=LegacyKeyValueFormat\nENV A b\n";
    let found = |args: &str| rules(&check(template, args));
    assert_eq!(found(""), ["untagged-base-image", "legacy-env"]);
    assert_eq!(found("--ignore LegacyKeyValueFormat"), ["untagged-base-image"]);
    assert_eq!(found("--ignore DL3007,DL3008"), ["legacy-env"]);
    assert_eq!(found("--ignore UndefinedVar"), ["untagged-base-image", "legacy-env"]);
    Test::new()
        .args("check --ignore LegacyKeyValueFromat")
        .cannot(["there is no rule `LegacyKeyValueFromat`", "did you mean `LegacyKeyValueFormat`?"]);
    let settings = "check: {ignore: [DL3006], severity: {LegacyKeyValueFormat: error}}\n";
    let run = Test::new()
        .file("Dockerfile.template", template)
        .file("fleets.yaml", settings)
        .args("check --format json")
        .run();
    assert_eq!(run.json()["summary"], serde_json::json!({"error": 1, "warning": 0, "info": 0}));
    let run = Test::new().args("check --explain DL4003").ok();
    assert!(run.text().starts_with("# multiple-cmd\n"), "{}", run.text());
}

#[test]
fn a_rule_explains_itself() {
    let run = Test::new().args("check --explain missing-base-image").ok();
    assert!(run.text().starts_with("# missing-base-image\n\nNo image of this name was ever published"));
    let run = Test::new().args("check --explain all").ok();
    assert!(run.text().lines().count() >= 27 && run.text().contains("\npip-cache\n"));
    Test::new()
        .args("check --explain pip-cash")
        .cannot(["there is no rule or note `pip-cash`", "did you mean `pip-cache`?"]);
}

#[test]
fn a_template_by_itself_or_from_stdin_has_no_context() {
    let text = "FROM alpine:3.22\nCOPY x /\n";
    let run = Test::new().stdin(text).args("check --format json -").ok();
    assert_eq!(rules(&run), [""; 0]);
    let run = Test::new().file("my.template", text).args("check --format json my.template").ok();
    assert_eq!(rules(&run), [""; 0]);
    let run = Test::new()
        .file("a/Dockerfile.template", text)
        .args("check --format json a/Dockerfile.template")
        .run();
    assert_eq!(rules(&run), ["missing-copy-source"]);
    let run = Test::new().stdin("FROM alpine\n").args("check --format json -d nuc -").ok();
    assert_eq!(run.json()["findings"][0]["file"], "<stdin>");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let run = |jobs: &str| {
        let mut test = Test::new().file("requirements.txt", "flask\n");
        let mut compose = "services:\n".to_owned();
        for at in 0..9 {
            compose.push_str(&format!("  s{at}: {{build: ./s{at}}}\n"));
            test = test.file(&format!("s{at}/Dockerfile.template"), OLD);
        }
        test.file("docker-compose.yml", compose).args("check --format json -j").args(jobs).run().stdout
    };
    let one = run("1");
    assert_eq!(one, run("1"));
    assert_eq!(one, run("7"));
}

#[test]
fn positions_lead_back_into_the_template() {
    let text = "\u{FEFF}FROM alpine:3.22 AS %%BALENA_MACHINE_NAME%%_x\r\nENV %%BALENA_ARCH%% \u{e9}%%BALENA_ARCH%% \\\r\n  x\r\nFROM python\r\n";
    let run = check(text, "-d raspberrypi3");
    let places: Vec<String> = run.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            format!(
                "{} {}:{}-{}:{}",
                found["rule"].as_str().unwrap(),
                found["line"],
                found["column"],
                found["end_line"],
                found["end_column"]
            )
        })
        .collect();
    assert_eq!(places, ["legacy-env 2:1-3:4", "untagged-base-image 4:6-4:12"]);
}

#[test]
fn no_value_is_printed() {
    let run = Test::new()
        .file(
            "Dockerfile.template",
            "FROM alpine:3.22\nRUN pip install %%TOKEN%%\nENV A %%TOKEN%%\nCOPY %%TOKEN%% /\n",
        )
        .args("check -D TOKEN=s3cr3t --format json")
        .secret("s3cr3t")
        .run();
    assert!(!run.text().contains("s3cr3t"), "{}", run.text());
    assert!(run.json()["findings"].as_array().unwrap().len() >= 3);
}

#[test]
fn a_value_is_not_told_in_small_letters_either() {
    let secret = "Hunter2Secret";
    for format in ["text", "json", "sarif", "github"] {
        for template in [
            "FROM --platform=linux/%%PASS%% alpine:3.22\n",
            "FROM %%PASS%%\n",
            "FROM balenalib/%%PASS%%-debian:%%PASS%%\n",
        ] {
            let run = Test::new()
                .file("Dockerfile.template", template)
                .args("check -d raspberrypi3 -D PASS=Hunter2Secret --format")
                .arg(format)
                .run();
            assert!(!run.text().to_lowercase().contains(&secret.to_lowercase()), "{}", run.text());
        }
    }
}

#[test]
fn a_folder_without_a_dockerfile_is_named_without_a_line() {
    let test = || Test::new().file("app/README.md", "").args("check -d nuc app");
    let run = test().run();
    assert!(run.text().starts_with("app/: error: no Dockerfile here [no-dockerfile]"), "{}", run.text());
    let run = test().args("--format json").run();
    assert!(run.text().contains("\"file\": \"app/\""), "{}", run.text());
}

#[test]
fn ignore_files_count_as_the_builder_reads_them() {
    let project = || {
        Test::new()
            .file("docker-compose.yml", "services: {one: {build: ./one}, two: {build: ./two}}\n")
            .file(".dockerignore", "two/start.sh\n**/*.log\n")
            .file("one/Dockerfile", "FROM alpine:3.22\nCOPY file1.txt /\n")
            .file("one/file1.txt", "x\n")
            .file("one/.dockerignore", "file1.txt\n")
            .file("two/Dockerfile", "FROM alpine:3.22\nCOPY start.sh /\n")
            .file("two/start.sh", "exit\n")
    };
    let found = |test: Test, args: &str| -> Vec<(String, String)> {
        let run = test.args("check -d nuc --format json --fail-on never").args(args).run();
        let findings = run.json()["findings"].as_array().unwrap().clone();
        let text = |finding: &serde_json::Value, name: &str| finding[name].as_str().unwrap().to_owned();
        let of_rule = findings.iter().filter(|finding| finding["rule"] == "missing-copy-source");
        of_rule.map(|finding| (text(finding, "file"), text(finding, "help"))).collect()
    };
    let one = [(
        "one/Dockerfile".to_owned(),
        "`.dockerignore` excludes it: add an exception there, a line that starts with `!`".to_owned(),
    )];
    let two = [("two/Dockerfile".to_owned(), one[0].1.clone())];
    assert_eq!(found(project(), ""), one, "Docker: each build context has its own");
    assert_eq!(found(project(), "--multi-dockerignore"), one, "only balena has this");
    assert_eq!(found(project(), "--compat balena"), two, "balena: the one of the project");
    assert_eq!(found(project(), "--compat balena --multi-dockerignore"), one);
    let with_setting = project().file("fleets.yaml", "check: {multi-dockerignore: true}\n");
    assert_eq!(found(with_setting, "--compat balena"), one);
    // Those that do not count are named.
    let unread = |args: &str| -> Vec<String> {
        let project = project().file("two/Dockerfile.dockerignore", "x\n");
        let run = project.args("check -d nuc --format json --fail-on never").args(args).run();
        let findings = run.json()["findings"].as_array().unwrap().clone();
        let of_rule = findings.iter().filter(|finding| finding["rule"] == "unread-ignore-file");
        of_rule.map(|finding| finding["file"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(unread(""), [""; 0]);
    assert_eq!(unread("--compat balena"), ["one/.dockerignore", "two/Dockerfile.dockerignore"]);
    assert_eq!(unread("--compat balena --multi-dockerignore"), ["two/Dockerfile.dockerignore"]);
    // The compose file can name the template: what is built is called without its extension all the same.
    for (named, ignore_file, is_unread) in [
        ("Dockerfile.template", "Dockerfile.template.dockerignore", true),
        ("app.template", "app.template.dockerignore", true),
        ("Dockerfile.tera", "Dockerfile.tera.dockerignore", true),
        ("Dockerfile.template", "Dockerfile.dockerignore", false),
        ("Dockerfile.prod", "Dockerfile.prod.dockerignore", false),
        // The result has this name, but on the device that it is for.
        ("Dockerfile.amd64", "Dockerfile.amd64.dockerignore", false),
        ("Dockerfile.prod", "Dockerfile.prod.template.dockerignore", true),
    ] {
        let run = Test::new()
            .file(
                "docker-compose.yml",
                format!("services: {{a: {{build: {{context: a, dockerfile: {named}}}}}}}\n"),
            )
            .file(&format!("a/{named}"), "FROM debian:12\n")
            .file(&format!("a/{ignore_file}"), "x\n")
            .args("check -d nuc --fail-on never")
            .run();
        assert_eq!(
            run.text().contains("[unread-ignore-file]"),
            is_unread,
            "{named} {ignore_file}: {}",
            run.text()
        );
    }
    // What balena's CLI always sends, and Git's own folder, which it never does.
    let added = Test::new()
        .file(".dockerignore", "*\n!src\n")
        .file(
            "Dockerfile",
            "FROM alpine:3.22\nCOPY Dockerfile /\nCOPY src /src\nCOPY .git/HEAD /\nCOPY x /\n",
        )
        .file("src/a", "")
        .file("x", "")
        .file(".git/HEAD", "");
    assert_eq!(found(added, "--compat balena").len(), 2);
    let added = Test::new().file("Dockerfile", "FROM alpine:3.22\nCOPY .git/HEAD /\n").file(".git/HEAD", "");
    assert_eq!(found(added, "--compat balena").len(), 1);
    let added = Test::new().file("Dockerfile", "FROM alpine:3.22\nCOPY .git/HEAD /\n").file(".git/HEAD", "");
    assert_eq!(found(added, "").len(), 0);
}

#[test]
fn an_option_that_only_balena_has_is_not_ignored_silently() {
    let told = |args: &str, files: &[&str]| {
        let mut test = Test::new().file("Dockerfile", "FROM alpine:3.22\n");
        for file in files {
            test = test.file(file, "type: sw.application\nname: x\n");
        }
        let run = test.args("check -d nuc --fail-on never").args(args).run();
        assert_eq!(run.status, 0, "{}", run.stderr);
        run.stderr.contains("`--multi-dockerignore` has no effect")
    };
    assert!(told("--multi-dockerignore", &[]));
    assert!(told("--multi-dockerignore --compat docker", &["balena.yml"]));
    assert!(!told("--multi-dockerignore --compat balena", &[]));
    assert!(!told("--multi-dockerignore", &["balena.yml"]));
    assert!(!told("", &[]));
}

#[test]
fn a_pattern_is_judged_for_the_builder_that_reads_it() {
    let refused = |pattern: &str, args: &str| {
        let test = Test::new().file("Dockerfile", "FROM alpine:3.22\n").file(".dockerignore", pattern);
        let run = test.args("check -d nuc --fail-on never").args(args).run();
        run.text().contains(".dockerignore:1:1: error")
    };
    for (pattern, for_docker, for_balena) in [
        ("[a", true, true),
        ("!", true, false),
        ("a\\", true, false),
        ("(a", false, true),
        ("+a", false, true),
        ("[a]", false, false),
    ] {
        let found = (refused(pattern, ""), refused(pattern, "--compat balena"));
        assert_eq!(found, (for_docker, for_balena), "{pattern}");
    }
}

#[test]
fn a_template_by_itself_may_have_any_name() {
    let test = || Test::new().file("Dockerfile.arm64", "FROM alpine:3.22\n").file("dockerfile.template", "");
    let found = |path: &str| {
        let run = test().args("check -d nuc --fail-on never --format json").arg(path).run();
        run.text().matches("unused-dockerfile").count()
    };
    assert_eq!((found("Dockerfile.arm64"), found(".")), (0, 2));
    let run = test().args("check -d raspberrypi4-64 --fail-on never").run();
    assert!(run.text().contains("Dockerfile.arm64: warning: `Dockerfile.arm64` is never taken: balena's name is `aarch64` [unused-dockerfile]"), "{}", run.text());
}

/// Who builds a project: the command line says it, or else the environment, the settings, the project itself.
#[test]
fn who_builds_a_project() {
    let project = |file: &str, text: &str| {
        Test::new()
            .file("docker-compose.yml", "services: {web: {build: web, expose: ['80']}}\n")
            .file("web/Dockerfile", "FROM alpine:3.22\nUSER 1\nCMD [\"a\"]\n")
            .file(file, text)
            .args("check -d nuc --fail-on never")
    };
    let is_for_balena = |test: Test| test.ok().text().contains("[balena-ignored-field]");
    let setting = |name: &str| project("fleets.yaml", &format!("check: {{compat: {name}}}\n"));
    assert!(!is_for_balena(project("x", "")));
    assert!(is_for_balena(setting("balena")));
    assert!(!is_for_balena(setting("docker").file("balena.yml", "")), "the settings go before the project");
    assert!(
        !is_for_balena(setting("balena").env("DTPL_COMPAT", "docker")),
        "the environment before the settings"
    );
    assert!(is_for_balena(setting("docker").env("DTPL_COMPAT", "docker").args("--compat balena")));
    assert!(!is_for_balena(setting("balena").args("--compat docker")));
    for name in ["balena.yml", ".balena/qemu"] {
        let run = project(name, "").ok();
        let why = name.split('/').next().unwrap();
        assert!(run.text().contains(&format!("is checked for balena, as {why} is there")), "{}", run.text());
    }
    setting("podman")
        .refuses(["fleets.yaml:1:17: error: `podman` is no tool that builds", "write balena or docker"]);
    // A folder above may have the settings.
    let above = Test::new()
        .file("fleets.yaml", "check: {compat: balena}\n")
        .file("p/Dockerfile.template", "FROM a\nENV A=%%DTPL_PLATFORM%%\n");
    above
        .args("render -d nuc p")
        .refuses(["p/Dockerfile.template:2:7: error: unknown placeholder %%DTPL_PLATFORM%%"]);
    let piped = setting("balena").stdin("check: {compat: balena}\nfleets: {a: {device: nuc}}\n");
    piped.args("--fleets -").refuses(["<stdin>:1:17: error: `compat` is not read from standard input"]);
}
