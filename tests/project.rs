//! Projects with a compose file, from outside: which services there are, which Dockerfile each has.

mod common;

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{PermissionsExt, symlink};

use common::Test;
#[cfg(unix)]
use common::as_nobody;

const TWO: &str = include_str!("common/two-services.yml");

fn two() -> Test {
    Test::new()
        .file("docker-compose.yml", TWO)
        .file("web/Dockerfile.template", "FROM web-%%BALENA_MACHINE_NAME%%-%%BALENA_SERVICE_NAME%%\n")
        .file("db/docker/app.armv7hf", "FROM db-%%BALENA_ARCH%%-%%RESIN_ARCH%%\n")
        .file("db/docker/app", "FROM plain\n")
        .args("render -d raspberrypi3")
}

/// A project whose compose file is this one, with a template in `a`.
fn compose(content: impl AsRef<[u8]>) -> Test {
    Test::new()
        .file("docker-compose.yml", content)
        .file("a/Dockerfile.template", "FROM a-%%BALENA_SERVICE_NAME%%\n")
        .args("render -d nuc")
}

#[test]
fn one_of_several_services() {
    two().args("--service web").stdout("FROM web-raspberrypi3-web\n").quietly();
    two()
        .args("--service db")
        .stdout("FROM db-armv7hf-armv7hf\n")
        .says(&["db/docker/app: warning: docker/app.armv7hf is used instead of this file"]);
    two().refuses(["docker-compose.yml: error: the project has several services", "--service: db, web"]);
    two()
        .args("--service wbe")
        .refuses(["--service: error: the project has no service `wbe`", "did you mean `web`?"]);
    two()
        .args("--service cache")
        .refuses(["--service: error: the service `cache` is an image built elsewhere", "db, web"]);
}

#[test]
fn json_names_file_and_service() {
    let run = two().args("--service db --format json").ok();
    let got: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(got["service"], "db");
    assert_eq!(got["source"], "db/docker/app.armv7hf");
    assert_eq!(got["name"], "docker/app");
}

#[test]
fn the_only_service_needs_no_name() {
    compose("services: {one: {build: a}, two: {image: x}}\n").stdout("FROM a-one\n").quietly();
    for name in ["docker-compose.yaml", "compose.yml", "compose.yaml"] {
        Test::new()
            .file(name, "services: {one: {build: {context: ./a/}}}\n")
            .file("a/Dockerfile.template", "FROM %%BALENA_SERVICE_NAME%%\n")
            .args("render -d nuc")
            .stdout("FROM one\n");
    }
    // Of several files, Docker Compose and balena read different ones.
    let both =
        || compose("services: {one: {build: a}}\n").file("compose.yaml", "services: {two: {build: a}}\n");
    both().stdout("FROM a-two\n").says(&["docker-compose.yml: warning: compose.yaml is used instead"]);
    let of_balena = both().args("--compat balena").stdout("FROM a-one\n");
    of_balena.says(&["compose.yaml: warning: docker-compose.yml is used instead"]);
}

#[test]
fn anchors_and_merge_keys() {
    compose("x-base: &base\n  context: a\n  dockerfile: Dockerfile\nservices:\n  one:\n    build:\n      <<: *base\n      target: x\n")
        .stdout("FROM a-one\n");
    compose("x-a: &a {build: a}\nservices:\n  one: *a\n").stdout("FROM a-one\n");
}

#[test]
fn variables_in_build_fields() {
    let file = "services:\n  one:\n    build: {context: '${DIR:-none}', args: [A=$$1]}\n";
    compose(file).args("-D DIR=a").stdout("FROM a-one\n");
    compose(file).file(".env", "DIR=a\n").stdout("FROM a-one\n");
    compose(file).file(".env", "DIR=b\n").file("e", "DIR=a\n").args("--env-file e").stdout("FROM a-one\n");
    compose(file).file("e", "DIR=b\n").args("--env-file e -D DIR=a").stdout("FROM a-one\n");
    compose(file).refuses(["docker-compose.yml:3:22: error: the build context `none` is not a folder"]);
    compose("services:\n  one:\n    build: ${DIR:?which one}\n")
        .refuses(["docker-compose.yml:3:12: error: DIR is required: which one"]);
    compose("services:\n  one:\n    build: ${DIR}\n")
        .refuses(["docker-compose.yml:3:12: error: DIR is not set", "-D DIR=VALUE"]);
    compose("services:\n  one:\n    build: a/${DIR:-\n")
        .refuses(["docker-compose.yml:3:12: error: a `${` is not closed"]);
    compose("services:\n  one:\n    build: {context: a, args: {X: $Y}}\n")
        .stdout("FROM a-one\n")
        .says(&["docker-compose.yml:3:35: warning: Y is not set and becomes nothing"]);
    let deep = format!("services:\n  one:\n    build: {}a{}\n", "${X:-".repeat(10_000), "}".repeat(10_000));
    compose(deep).refuses(["docker-compose.yml:3:12: error: `${` is nested more than 16 deep"]);
    // A short file that asks for gigabytes, in one field or in many.
    let value = format!("X={}\n", "y".repeat(60_000));
    let once =
        format!("services:\n  one:\n    build: {{context: a, args: {{A: '{}'}}}}\n", "$X".repeat(50_000));
    compose(once).file(".env", &value).refuses(["docker-compose.yml:3:", "error: longer than 65536 bytes"]);
    let often: String = (0..20_000).map(|arg| format!("        A{arg}: $X\n")).collect();
    compose(format!("services:\n  one:\n    build:\n      args:\n{often}"))
        .file(".env", &value)
        .refuses(["error: more than 8388608 bytes in the file with its variables replaced"]);
}

/// An anchor is read wherever it is used, and so is a file that is included twice.
#[test]
fn a_variable_without_a_value_is_warned_of_once_at_a_place() {
    let warnings = |compose: &str| {
        let run = Test::new()
            .file("docker-compose.yml", compose)
            .file("Dockerfile", "FROM x\n")
            .args("render -d raspberrypi3 --service web")
            .ok();
        run.stderr.lines().filter(|line| line.contains("is not set")).map(str::to_owned).collect::<Vec<_>>()
    };
    let warning = |at: &str, name: &str| {
        format!("docker-compose.yml:{at}: warning: {name} is not set and becomes nothing")
    };
    let rest = "services: {web: {build: *a}, api: {build: *a}, db: {build: {<<: *a}}}\n";
    assert_eq!(
        warnings(&format!("x-a: &a\n  args: {{X: \"${{A}}\"}}\n  context: .\n{rest}")),
        [warning("2:13", "A")]
    );
    // Two names at one place, and one name at two places.
    assert_eq!(
        warnings(&format!(
            "x-a: &a\n  args: {{X: \"${{A}}${{B}}${{A}}\", Y: \"${{A}}\"}}\n  context: .\n{rest}"
        )),
        [warning("2:13", "A"), warning("2:13", "B"), warning("2:32", "A")]
    );
}

#[test]
fn an_error_is_not_lost_behind_a_hundred_warnings() {
    let args: String = (0..120).map(|n| format!("        A{n}: $U{n}\n")).collect();
    compose(format!("services:\n  one:\n    build:\n      context: a\n      args:\n{args}"))
        .arg("-D")
        .arg("TOK=a\nb")
        .refuses(["error: the value of TOK holds a line break", "more"]);
}

#[test]
fn values_of_variables_are_not_shown() {
    let secret = |build: &str| {
        compose(format!("services:\n  one:\n{build}")).file(".env", "SECRET=hunter2\n").secret("hunter2")
    };
    secret("    build: '${X:?${SECRET}}'\n").refuses(["X is required: ${SECRET}"]);
    secret("    image: r/${SECRET}\n").args("--service one").refuses(["is an image built elsewhere"]);
}

#[cfg(unix)]
#[test]
fn pipes_in_a_project_are_no_files() {
    let test = compose("services: {one: {build: a}}\n");
    for name in [".env", "compose.yaml", "a/Dockerfile.raspberrypi3"] {
        assert!(std::process::Command::new("mkfifo").arg(test.path().join(name)).status().unwrap().success());
    }
    test.stdout("FROM a-one\n");
}

#[test]
fn c02_c03_contexts_outside_the_project() {
    for outside in ["../..", "/", "a/../../b", "~/x"] {
        compose(format!("services:\n  one:\n    build: {outside}\n"))
            .refuses(["docker-compose.yml:3:12: error: the build context is outside the project"]);
    }
    for outside in ["../../b", "/", "a/../../../b", "~/x"] {
        compose(format!("services:\n  one:\n    build: {{context: a, dockerfile: {outside}}}\n"))
            .refuses(["docker-compose.yml:3:37: error: the Dockerfile is outside the project"]);
    }
    compose("services:\n  one:\n    build: {context: a, dockerfile: 'git@/../../../out'}\n")
        .refuses(["docker-compose.yml:3:37: error: the Dockerfile has to be in the project"]);
    #[cfg(unix)]
    for link in ["/etc", "/"] {
        let test = compose("services: {one: {build: out}}\n");
        std::os::unix::fs::symlink(link, test.path().join("out")).unwrap();
        test.refuses(["out: error: a symbolic link leads out of the project"]);
    }
}

#[test]
fn c04_contexts_on_a_network_are_never_asked() {
    for remote in ["https://example.com/x.git", "git@example.com:x/y", "git://x/y", "github.com/x/y#main"] {
        compose(format!("services: {{one: {{build: '{remote}'}}, two: {{build: a}}}}\n"))
            .stdout("FROM a-two\n")
            .says(&["docker-compose.yml:1:12: info: `one` is built from an address on a network: skipped"]);
        compose(format!("services: {{one: {{build: {{context: '{remote}'}}}}}}\n"))
            .args("--service one")
            .refuses(["error: the service `one` is built from an address on a network"]);
    }
}

#[test]
fn c01_c05_c07_files_that_cannot_be_meant() {
    compose("services:\n  a/b: {build: a}\n")
        .refuses(["docker-compose.yml:2:3: error: a service cannot be called `a/b`"]);
    compose("services:\n  ..: {build: a}\n")
        .refuses(["docker-compose.yml:2:3: error: a service cannot be called `..`"]);
    compose(format!("services:\n  {}: {{build: a}}\n", "x".repeat(1000)))
        .refuses(["docker-compose.yml:2:3: error", "..."]);
    compose("services:\n  \"a\\x07\": {build: a}\n")
        .refuses(["docker-compose.yml:2:3: error: a control character"]);
    compose("services:\n  one: {build: a, extends: {service: one}}\n")
        .refuses(["docker-compose.yml:2:28: error: the service `one` extends itself"]);
    compose("include: [docker-compose.yml]\nservices: {one: {build: a}}\n")
        .refuses(["docker-compose.yml:1:11: error: docker-compose.yml includes itself"]);
    compose("services:\n  one: {}\n")
        .refuses(["docker-compose.yml:2:3: error: the service `one` has neither `build` nor `image`"]);
    compose("services:\n  one: {build: a}\n  one: {build: b}\n")
        .refuses(["docker-compose.yml:3:3: error: `one` is given twice; the first is in line 2"]);
    compose("version: '2'\n").refuses(["docker-compose.yml:1:1: error: the compose file has no services"]);
    compose("services: &a [*a]\n").refuses(["docker-compose.yml:1:"]);
    let bomb: String = (1..12)
        .map(|level| format!("a{level}: &a{level} [{}]\n", format!("*a{},", level - 1).repeat(9)))
        .collect();
    compose(format!("a0: &a0 [x]\n{bomb}services: {{one: {{build: a}}}}\n"))
        .refuses(["docker-compose.yml:", "error: too much YAML"]);
    compose(format!("services: {}", "[".repeat(200_000))).refuses(["docker-compose.yml:1:"]);
    // All faults at once.
    let run = compose("services:\n  one: {build: ..}\n  two: {}\n  a b: {build: a}\n")
        .refuses(["2:16", "3:3", "4:3"]);
    assert_eq!(run.stderr.matches("error:").count(), 3);
}

#[test]
fn build_variables_of_balena() {
    let project = || compose("services: {one: {build: a}}\n");
    project()
        .file(".balena/balena.yml", "build-variables:\n  global: [A=1]\n  services: {one: {B: '2'}}\n")
        .stdout("FROM a-one\n");
    project()
        .file(".balena/balena.yml", "build-variables:\n  global: [hidden]\n")
        .secret("hidden")
        .refuses([".balena/balena.yml:2:12: error: a build variable is NAME=VALUE"]);
    project()
        .file(".balena/balena.yml", "build-variables: {}\n")
        .file(".balena/balena.yaml", "build-variables: {}\n")
        .refuses([".balena/balena.yaml: error: there is .balena/balena.yml too"]);
}

#[test]
fn a_package_json_alone() {
    let node = |engines: &str, rest: &str| {
        Test::new().file("package.json", format!("{{\"engines\": {{\"node\": \"{engines}\"}}{rest}}}"))
    };
    let usual = "WORKDIR /usr/src/app\nCOPY package*.json ./\nRUN npm install --omit=dev\nCOPY . ./\nCMD [\"npm\", \"start\"]\n";
    let all_first = "WORKDIR /usr/src/app\nCOPY . ./\nRUN npm install --omit=dev\nCMD [\"npm\", \"start\"]\n";
    for (device, engines, image) in [
        ("nuc", ">=18", "node:26"),
        ("nuc", "18.x", "node:18"),
        ("raspberrypi3", ">=18", "node:22"),
        ("raspberry-pi", "^20.1.0", "node:20-alpine"),
        ("raspberrypi4-64", "24.1.3", "node:24"),
        ("intel-edison", ">=4", "node:13-alpine"),
    ] {
        node(engines, "").args("render -d").arg(device).stdout(format!("FROM {image}\n{usual}"));
    }
    node("22", r#", "scripts": {"postinstall": "x"}"#)
        .args("render -d nuc")
        .stdout(format!("FROM node:22\n{all_first}"));
    node("22", "").file("binding.gyp", "").args("render -d nuc").stdout(format!("FROM node:22\n{all_first}"));
    node("24.x", "").args("render -d raspberrypi3").refuses([
        "package.json:1:1: error: no official Node image for linux/arm/v7",
        "the newest Node for linux/arm/v7 is 22",
    ]);
    node("22", "").args("render -d ts7700").refuses(["there is no Node image for linux/arm/v5"]);
    node("banana", "").args("render -d nuc").refuses(["error: engines.node in package.json is not a range"]);
    Test::new()
        .file("package.json", "{}")
        .args("render -d nuc")
        .refuses(["package.json:1:1: error: package.json does not say which Node"]);
    Test::new()
        .file("package.json", "{\n \"a\": }")
        .args("render -d nuc")
        .refuses(["package.json:2:7: error: not valid JSON"]);
    Test::new().file("package.json", "[]").args("render -d nuc").refuses(["has to hold an object"]);
    node("22", "").file("Dockerfile", "FROM own\n").args("render -d nuc").stdout("FROM own\n");
}

#[cfg(unix)]
#[test]
fn what_comes_first_and_is_no_file_is_not_passed_over() {
    let fault = "Dockerfile.template: error: this is not a regular file";
    for command in ["render -d nuc", "batch --devices nuc", "check --devices nuc"] {
        for is_link in [false, true] {
            let test = Test::new().file("Dockerfile", "FROM plain\n").args(command);
            let path = test.path().join("Dockerfile.template");
            if is_link { symlink("nowhere", path) } else { fs::create_dir(path) }.unwrap();
            match command.starts_with("check") {
                true => assert!(test.run().text().starts_with(fault)),
                false => drop(test.refuses([fault])),
            }
        }
    }
    // What comes behind the choice does not matter.
    let test = Test::new().file("Dockerfile.template", "FROM a\n").args("render -d nuc");
    fs::create_dir(test.path().join("Dockerfile")).unwrap();
    test.stdout("FROM a\n").quietly();
}

#[cfg(unix)]
#[test]
fn a_folder_that_nobody_may_look_into() {
    let Some(nobody) = as_nobody("") else { return };
    let test = Test::new().file("p/Dockerfile.template", "FROM a\n").args("render -d nuc p");
    fs::set_permissions(test.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(test.path().join("p"), fs::Permissions::from_mode(0o000)).unwrap();
    test.shell(&nobody).cannot(["p", "error: cannot read: Permission denied"]);
}

#[test]
fn the_file_that_is_made_is_no_rival_of_its_template() {
    let test =
        Test::new().file("Dockerfile.template", "FROM a\n").args("render -d nuc --strict -o Dockerfile");
    let run = test.writes().ok();
    run.then("render -d nuc --strict -o Dockerfile")
        .writes()
        .ok()
        .then("render -d nuc --strict -o Dockerfile --check")
        .ok();
    let both = || Test::new().file("Dockerfile.template", "FROM a\n").file("Dockerfile", "FROM b\n");
    both().args("render -d nuc --strict -f Dockerfile.template").stdout("FROM a\n").quietly();
    both().args("render -d nuc --strict").refuses(["Dockerfile: error: Dockerfile.template is used instead"]);
}

/// P11: `.balena/balena.yml` as the builder reads it.
#[test]
fn what_balena_yml_cannot_say() {
    let test = |text: &str| {
        compose("services: {one: {build: a}, two: {build: a}}\n")
            .file(".balena/balena.yml", text)
            .args("--service one")
    };
    test("build_variables: {global: {A: x}}\n").refuses([
        ".balena/balena.yml:1:1: error: balena.yml has no field `build_variables`",
        "did you mean `build-variables`?",
    ]);
    test("build-variables:\n  services: {oen: {A: x}}\n  global: {TOK: 1, ON: true, NO: }\n").refuses([
        ".balena/balena.yml:2:14: error: the project has no service `oen`",
        "did you mean `one`?",
        ".balena/balena.yml:3:17: error: a build variable has to be text, this is a number",
        ".balena/balena.yml:3:24: error: a build variable has to be text",
        "error: a build variable has to be text, this is nothing",
    ]);
    test("build-variables: {global: ['A=']}\n").refuses(["1:28: error: a build variable is NAME=VALUE"]);
    test("build-secrets: {global: [{source: t, dest: t}, {source: u}]}\n").refuses([
        ".balena/balena.yml:1:35: error: the file of the secret, .balena/secrets/t, does not exist",
        ".balena/balena.yml:1:48: error: a secret needs a `source` and a `dest`",
    ]);
    test("build-secrets: {services: {two: [{source: t, dest: t}]}}\nversion: 1\n")
        .file(".balena/secrets/t", "x")
        .stdout("FROM a-one\n");
}

/// A `.env` can name the compose files, as for Docker Compose; balena does not read that.
#[test]
fn compose_files_of_the_environment_file() {
    let test = || {
        compose("services: {one: {build: nowhere}}\n")
            .file("b.yml", "services: {one: {build: a}}\n")
            .file(".env", "COMPOSE_FILE=docker-compose.yml:b.yml\n")
    };
    test().stdout("FROM a-one\n");
    test().args("--compose-file docker-compose.yml").refuses(["the build context `nowhere` is not a folder"]);
    test().file("balena.yml", "").refuses(["the build context `nowhere` is not a folder"]);
}

/// The name of the folder, the home directory and folders that are not there do not change what is built.
#[test]
fn what_compose_takes_from_the_machine() {
    let named = "services: {one: {build: {context: a, args: {A: '${COMPOSE_PROJECT_NAME}'}}}}\n";
    compose(named).stdout("FROM a-one\n").says(&["COMPOSE_PROJECT_NAME is not set and becomes nothing"]);
    let run = compose(format!("name: My shop\n{named}")).stdout("FROM a-one\n");
    assert!(!run.stderr.contains("not set"), "{}", run.stderr);
    compose("services: {one: {build: ~/a}}\n").refuses(["the build context is outside the project"]);
    compose("include: [{path: more.yml, project_directory: none/x}]\n")
        .file("more.yml", "services: {one: {build: a}}\n")
        .refuses(["more.yml:1:25: error: the build context `none/x/a` is not a folder"]);
}

/// What an environment file says is not repeated in a message about it.
#[test]
fn faults_of_environment_files_have_no_values() {
    for text in ["TOK=x${hunter2%}\n", "TOK=x${X:?hunter2}\n", "TOK='hunter2\n", "hunter2 a=b\n"] {
        compose("services: {one: {build: a}}\n")
            .file(".env", text)
            .secret("hunter2")
            .refuses([".env:1:1: error: "]);
    }
}

/// A link must not lead to a file outside of the project.
#[cfg(unix)]
#[test]
fn compose_files_behind_links() {
    for (file, text) in [
        ("inc.yml", "include: [inc.yml]\nservices: {one: {build: a}}\n"),
        ("inc.yml", "services: {one: {extends: {file: inc.yml, service: x}}}\n"),
        ("one.env", "services: {one: {build: a, env_file: one.env}}\n"),
    ] {
        let test = compose(text);
        std::os::unix::fs::symlink("/etc/passwd", test.path().join(file)).unwrap();
        let run = test.refuses([&*format!("{file}: error: a symbolic link leads out of the project")]);
        assert!(!run.stderr.contains("root:"), "{}", run.stderr);
    }
}

/// A folder may be called as a repository is, and an empty list of files is none.
#[test]
fn names_that_look_like_others() {
    compose("services: {one: {build: ./app.git}}\n")
        .file("app.git/Dockerfile", "FROM x\n")
        .stdout("FROM x\n");
    for list in ["", ":"] {
        let file = format!("COMPOSE_FILE={list}\n");
        compose("services: {one: {build: a}}\n").file(".env", file).stdout("FROM a-one\n");
    }
}

/// A fault in `extends` is the only one that is said of its service.
#[test]
fn a_fault_in_extends_comes_alone() {
    let run =
        compose("services: {one: {extends: {file: none.yml, service: x}}}\n").refuses(["does not exist"]);
    assert_eq!(run.stderr.matches("error:").count(), 1, "{}", run.stderr);
}

/// P13: a path that leads away and back, a backslash, a doubled folder, a misspelt folder.
#[test]
fn paths_that_are_nearly_right() {
    compose("services:\n  one: {build: ./x/../a}\n").stdout("FROM a-one\n");
    compose("services:\n  one: {build: 'x/.././a//'}\n").stdout("FROM a-one\n");
    compose("services:\n  one:\n    build: .\\a\n")
        .refuses(["docker-compose.yml:3:12: error: the build context has a backslash", "write ./a"]);
    compose("services:\n  one:\n    build: {context: ./a, dockerfile: a/Dockerfile.template}\n").refuses([
        "docker-compose.yml:3:39: error: there is no `a/Dockerfile.template` in the build context `a`",
        "the path is relative to the context: write Dockerfile.template",
    ]);
    compose("services:\n  one: {build: ./wbe}\n").file("web/Dockerfile", "FROM x\n").refuses([
        "docker-compose.yml:2:16: error: the build context `wbe` is not a folder",
        "did you mean ./web?",
    ]);
}

/// P10: a compose file is not a template.
#[test]
fn a_compose_file_in_the_place_of_a_template() {
    let test = || Test::new().file("p/docker-compose.prod.yml", "services: {one: {build: .}}\n");
    test().args("render -d nuc p/docker-compose.prod.yml").refuses([
        "p/docker-compose.prod.yml: error: this is a compose file, not a template",
        "p --compose-file docker-compose.prod.yml",
    ]);
    test()
        .file("p/Dockerfile.template", "FROM a-%%BALENA_ARCH%%\n")
        .args("render -d nuc p --compose-file docker-compose.prod.yml")
        .stdout("FROM a-amd64\n");
    test()
        .file("p/x.yaml", "")
        .args("render -d nuc p/x.yaml")
        .refuses(["this is a YAML file, not a template"]);
    // `-f` is what names a compose file for Docker Compose.
    for command in ["render -d nuc", "batch -d nuc", "check", "migrate", "explain -d nuc"] {
        test().file("p/Dockerfile", "FROM x\n").args(command).args("-f docker-compose.prod.yml p").refuses([
            "--file: error: `docker-compose.prod.yml` is a compose file, not a template",
            "name it with --compose-file docker-compose.prod.yml",
        ]);
    }
    Test::new()
        .args("resolve -d nuc -f docker-compose.prod.yml")
        .refuses(["--file: error: `docker-compose.prod.yml` is a compose file, not a template"]);
    test()
        .file("p/x.yaml", "a: b\n")
        .args("render -d nuc -f x.yaml p")
        .refuses(["--file: error: `x.yaml` is a YAML file, not a template", "--compose-file x.yaml"]);
}

/// Two services that cannot be built, and one that can.
fn two_without_dockerfile() -> Test {
    let compose = "services:\n  a:\n    build: {context: a, dockerfile: Dockerfile.prdo}\n  \
                   b:\n    build: ./bb\n  c:\n    image: mongo:7\n";
    Test::new()
        .file("docker-compose.yml", compose)
        .file("a/Dockerfile.prod.template", "FROM debian:12\n")
        .file("b/Dockerfile", "FROM debian:12\n")
}

#[test]
fn a_service_without_a_dockerfile_is_a_finding_beside_the_others() {
    let run = two_without_dockerfile().args("check -d raspberrypi3 --format json").run();
    assert_eq!(run.status, 1);
    let found = run.json();
    let found: Vec<_> = found["findings"].as_array().unwrap().iter().collect();
    let rules: Vec<_> = found.iter().map(|found| format!("{} {}", found["line"], found["rule"])).collect();
    assert_eq!(rules, ["3 \"no-dockerfile\"", "5 \"no-dockerfile\"", "7 \"wrong-platform\""]);
    assert_eq!(found[0]["help"], "did you mean `Dockerfile.prod`?");
    assert_eq!(found[1]["help"], "did you mean ./b?");
    let says =
        ["docker-compose.yml:3:37: error: there is no Dockerfile `Dockerfile.prdo` in a", "affects all"];
    two_without_dockerfile().args("batch -d raspberrypi3,nuc").refuses(says);
}

#[test]
fn faults_of_compose_files_are_findings_of_check() {
    let compose = "services:\n  a: {build: 5}\n  b: {imag: x}\n";
    let run = Test::new().file("docker-compose.yml", compose).args("check -d nuc --format json").run();
    assert_eq!(run.status, 1);
    assert_eq!(run.json()["summary"]["error"], 3);
    assert!(
        run.json()["findings"].as_array().unwrap().iter().all(|finding| finding["rule"] == "compose-file")
    );
    // The line of an environment file is not shown.
    let test = Test::new().file("docker-compose.yml", "services: {a: {image: x:1}}\n").secret("hushhush");
    let run = test.file(".env", "B C=hushhush\n").args("check -d nuc").run();
    assert!(run.text().starts_with(".env:1:1: error: a name cannot have a space in it [compose-file]"));
}

#[test]
fn a_dockerfile_outside_its_context() {
    let compose =
        "services:\n  web:\n    build:\n      context: apps/web\n      dockerfile: ../../docker/web\n";
    let project = || {
        Test::new()
            .file("docker-compose.yml", compose)
            .file("apps/web/x", "")
            .file("docker/web.template", "FROM debian:12\nCOPY x /%%BALENA_ARCH%%\n")
    };
    let rendered = "FROM debian:12\nCOPY x /amd64\n";
    project().args("render -d nuc").stdout(rendered);
    assert!(project().args("check -d nuc").ok().text().starts_with("0 errors, 0 warnings"));
    let run = project().args("check -d nuc --compat balena").run();
    assert!(
        run.text().contains("docker-compose.yml:5:19: error: balena looks for the Dockerfile in the build")
    );
    let run = project().args("export -d nuc -o out").writes().ok();
    let out = run.folder.join("out");
    assert_eq!(fs::read_to_string(out.join("docker/web")).unwrap(), rendered);
    assert_eq!(fs::read_to_string(out.join("docker-compose.yml")).unwrap(), compose);
    assert!(!out.join("docker/web.template").exists());
    // balena does not find it, whatever makes the copy.
    let run = project().args("export -d nuc -o out --compat balena").writes().ok();
    run.says(&[
        "docker-compose.yml:5:19: warning: balena looks for the Dockerfile in the build context alone",
    ]);
}

#[test]
fn what_belongs_to_a_dockerfile_outside_its_context() {
    let project = |context: &str, dockerfile: &str| {
        let compose =
            format!("services: {{web: {{build: {{context: {context}, dockerfile: {dockerfile}}}}}}}\n");
        Test::new()
            .file("docker-compose.yml", compose)
            .file("apps/web/x", "")
            .file("apps/api/x", "")
            .file("apps/app.template", "FROM template\n")
            .file("apps/app.raspberrypi3", "FROM pi3\n")
    };
    for context in ["apps/web", "apps/api"] {
        project(context, "../app").args("render -d nuc").stdout("FROM template\n");
        project(context, "../app").args("render -d raspberrypi3").stdout("FROM pi3\n");
    }
    // The context is not there, although the Dockerfile is.
    let run = project("apps/wbe", "../app").args("check -d nuc").run();
    assert!(run.text().contains(": error: the build context `apps/wbe` is not a folder [no-dockerfile]"));
    // A folder is no Dockerfile.
    for folder in ["..", "../..", "../web/.", "../../apps/web"] {
        project("apps/web", folder).args("render -d nuc").refuses(["the Dockerfile has to be a file"]);
    }
}

#[cfg(unix)]
#[test]
fn links_and_dockerfiles_outside_their_context() {
    let project = |dockerfile: &str| {
        let compose = format!("services: {{web: {{build: {{context: web, dockerfile: {dockerfile}}}}}}}\n");
        let test = Test::new()
            .file("docker-compose.yml", compose)
            .file("deep/er/x", "")
            .file("Dockerfile", "FROM plain\n")
            .file("Dockerfile.raspberrypi3", "FROM pi3\n");
        symlink("deep/er", test.path().join("web")).unwrap();
        symlink("/etc", test.path().join("out")).unwrap();
        test
    };
    // `..` is that of the compose file, not that of the folder which the link leads to.
    project("../Dockerfile").args("render -d nuc").stdout("FROM plain\n");
    let run = project("../Dockerfile").args("batch -d raspberrypi3 --format ndjson").ok();
    assert!(run.text().contains("FROM pi3"), "{}", run.text());
    // No name of a file outside the project is shown.
    let run =
        project("../out/passwdx").args("render -d nuc").refuses(["a symbolic link leads out of the project"]);
    assert!(!run.stderr.contains("`passwd`"), "{}", run.stderr);
}

#[test]
fn platforms_of_the_compose_file_that_leave_a_device_out() {
    let project = |build: &str, more: &str| {
        let compose = format!("services:\n  web:\n    build: {{context: web{build}}}\n{more}");
        Test::new().file("docker-compose.yml", compose).file("web/Dockerfile", "FROM debian:12\n")
    };
    let fault = "error: `web` is not built for linux/arm/v7, the platform of the device";
    for (build, more) in [
        ("", "    platform: linux/amd64\n"),
        (", platforms: [linux/amd64, linux/arm64]", ""),
        (", platforms: [linux/amd64, linux/arm/v7]", "    platform: linux/amd64\n"),
    ] {
        let commands = ["batch --format bake -d", "batch --format matrix -d", "export -o out -d"];
        for command in commands.into_iter().chain(["export --compose -o out -d"]) {
            project(build, more).args(command).arg("raspberrypi3").refuses([fault]);
        }
        assert!(project(build, more).args("check -d raspberrypi3").run().text().contains(fault));
        project(build, more).args("batch --format bake -d nuc").ok();
        assert!(project(build, more).args("check -d nuc").ok().text().starts_with("0 errors, 0 warnings"));
    }
    // A device runs programs for an older platform.
    let run =
        project("", "    platform: linux/arm/v6\n").args("export --compose -o out -d raspberrypi3").writes();
    let run = run.ok();
    let exported = fs::read_to_string(run.folder.join("out/docker-compose.yml")).unwrap();
    assert!(exported.contains("platform: linux/arm/v6"), "{exported}");
    let run = project(", platforms: [linux/arm/v6]", "").args("batch --format bake -d raspberrypi3").ok();
    assert!(
        run.text().contains(r#""linux/arm/v6""#) && !run.text().contains("linux/arm/v7"),
        "{}",
        run.text()
    );
}

#[test]
fn what_compose_says_of_an_image_is_shown_where_it_is_written() {
    let compose = "services:\n  a: {image: \"bad image\"}\n  b: {image: debian:12, platform: linux/amd64}\n  \
                   c: {platform: linux/foo, image: debian:12}\n";
    let run =
        Test::new().file("docker-compose.yml", compose).args("check -d raspberrypi3 --format json").run();
    let found = run.json();
    let found = found["findings"].as_array().unwrap().iter();
    let found: Vec<_> =
        found.map(|one| format!("{}:{} {}", one["line"], one["column"], one["rule"])).collect();
    let wanted =
        ["2:14 \"invalid-image-reference\"", "3:35 \"wrong-platform\"", "4:17 \"impossible-platform\""];
    assert_eq!(found, wanted);
}

/// Nothing replaces a placeholder in a compose file. What would be wrong with it is not made.
#[test]
fn a_placeholder_in_the_compose_file() {
    let text = "services:\n  db:\n    image: 'x/%%BALENA_ARCH%%-db:1'\n  web:\n    build: a\n  api:\n    build:\n      \
                context: a\n      args: {MACHINE: '%%BALENA_MACHINE_NAME%%'}\n";
    let project = || compose(text).file("fleets.yaml", "fleets: {one: {device: nuc}}\n");
    let faults = [
        "docker-compose.yml:3:12: error: `%%BALENA_ARCH%%` is not replaced in a compose file",
        "docker-compose.yml:9:23: error: `%%BALENA_MACHINE_NAME%%` is not replaced in a compose file",
        "give the service a Dockerfile.template with it",
    ];
    let again =
        |args: &str| Test::new().file("docker-compose.yml", text).file("a/Dockerfile", "FROM a\n").args(args);
    for format in ["plan", "ndjson", "bake", "matrix"] {
        again(&format!("batch -d nuc --format {format}")).refuses(faults);
    }
    again("batch -d nuc -o out/").refuses(faults);
    again("export -d nuc -o out").refuses(faults);
    #[cfg(unix)]
    again("resolve -d nuc").shell("tar -c . |").refuses(faults);
    // One service may be as it should be.
    project().args("--service web").stdout("FROM a-web\n").says(&[
        "docker-compose.yml:3:12: warning: `%%BALENA_ARCH%%` is not replaced",
        "docker-compose.yml:9:23: warning: `%%BALENA_MACHINE_NAME%%` is not replaced",
    ]);
    project().args("--service api").refuses(["docker-compose.yml:9:23: error: `%%BALENA_MACHINE_NAME%%`"]);
    again("explain -d nuc --service api")
        .refuses(["docker-compose.yml:9:23: error: `%%BALENA_MACHINE_NAME%%`"]);
    again("batch -d nuc --service web").ok().says(&["docker-compose.yml:9:23: warning:"]);
    again("migrate -d nuc")
        .ok()
        .says(&["docker-compose.yml:3:12: warning: `%%BALENA_ARCH%%` is not replaced"]);
    // It is a finding like others for a check.
    let run = again("check -d nuc --format json --fail-on never").ok();
    assert_eq!(run.text().matches("\"placeholder-in-compose-file\"").count(), 2);
}

/// A project for balena whose compose file balena does not look for.
#[test]
fn a_compose_file_that_balena_does_not_read() {
    let project = |args: &str| {
        Test::new()
            .file("compose.yaml", "services: {web: {build: a}}\n")
            .file("a/Dockerfile.template", "FROM %%BALENA_ARCH%%\n")
            .args(args)
    };
    let warning = "compose.yaml:1:1: warning: balena reads only docker-compose.yml and docker-compose.yaml";
    for command in ["render -d nuc", "explain -d nuc", "batch -d nuc", "migrate -d nuc"] {
        project(command).args("--compat balena").ok().says(&[warning, "rename it to docker-compose.yml"]);
        project(command).file(".balena/balena.yml", "build-variables: {}\n").ok().says(&[warning]);
        let docker = project(command).file(".balena/balena.yml", "build-variables: {}\n");
        let run = docker.args("--compat docker").ok();
        assert!(!run.stderr.contains("balena reads"), "{}", run.stderr);
        project(command).file("fleets.yaml", "check: {compat: balena}\n").ok().says(&[warning]);
    }
    let explained = project("explain -d nuc").file(".balena/qemu", "").ok();
    explained.says(&[".balena: info: explained for balena, as this is there", "--compat docker"]);
    let export = project("export -d nuc -o out --compat balena").writes().ok();
    export.says(&[warning]);
}

#[test]
fn dockerfiles_that_something_else_names_are_taken() {
    let unused = |files: &[(&str, &str)]| {
        let mut test = Test::new().file("docker-compose.yml", "services: {web: {build: web}}\n");
        test =
            test.file("web/Dockerfile", "FROM debian:12\n").file("web/Dockerfile.rpi3", "FROM debian:12\n");
        for (name, content) in files {
            test = test.file(name, content);
        }
        test.args("check -d nuc").ok().text().matches("[unused-dockerfile]").count()
    };
    assert_eq!(unused(&[]), 1);
    assert_eq!(unused(&[("docker-compose.dev.yml", "# Dockerfile.rpi3x\n")]), 1);
    let dev = "services:\n  web:\n    build: {dockerfile: Dockerfile.rpi3}\n";
    for name in ["docker-compose.dev.yml", "docker-bake.hcl", "Makefile", ".github/workflows/ci.yml"] {
        assert_eq!(unused(&[(name, dev)]), 0, "{name}");
    }
    // A folder is no Dockerfile.
    assert_eq!(
        unused(&[
            ("Makefile", "Dockerfile.rpi3"),
            ("web/Dockerfile.rpi4/x", ""),
            ("web/Dockerfile.arm64/x", "")
        ]),
        0
    );
}

#[test]
fn an_argument_of_the_dockerfile_of_another_device() {
    let project = |args: &str| {
        Test::new()
            .file(
                "docker-compose.yml",
                format!("services: {{web: {{build: {{context: ., args: {args}}}}}}}\n"),
            )
            .file("Dockerfile.aarch64", "FROM debian:12\nARG X\nRUN echo $X\n")
            .file("Dockerfile.amd64", "FROM debian:12\n")
            .args("check -d nuc,raspberrypi4-64")
    };
    assert!(!project("{X: 1}").ok().text().contains("unused-build-argument"));
    assert!(project("{XY: 1}").ok().text().contains("unused-build-argument"));
}
