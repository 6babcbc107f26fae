//! `dtpl export`: a whole project with plain Dockerfiles for one device.

#![cfg(unix)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::{Run, Test};

/// Everything below a folder: files with their text, folders with a slash, links with where they lead.
fn contents(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(inner) = open.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            if kind.is_symlink() {
                found.insert(name, format!("-> {}", fs::read_link(&path).unwrap().display()));
            } else if kind.is_dir() {
                found.insert(format!("{name}/"), String::new());
                open.push(path);
            } else {
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

fn names(folder: &Path) -> Vec<String> {
    contents(folder).into_keys().filter(|name| !name.ends_with('/')).collect()
}

/// An export of the project `p` to `out`.
fn export(test: Test, args: &str) -> Test {
    test.args("export p -d raspberrypi3 -o out").args(args).writes()
}

fn exported(test: Test, args: &str) -> (Run, BTreeMap<String, String>) {
    let run = export(test, args).ok();
    let found = contents(&run.folder.join("out"));
    (run, found)
}

const TEMPLATE: &str = "FROM %%BALENA_ARCH%%-%%BALENA_SERVICE_NAME%%\n";

#[test]
fn a_project_with_one_service() {
    let test = Test::new()
        .file("p/Dockerfile.template", "FROM %%BALENA_MACHINE_NAME%%\n")
        .file("p/Dockerfile.aarch64", "FROM other\n")
        .file("p/Dockerfile.tera", "")
        .file("p/Dockerfile.prod", "FROM prod\n")
        .file("p/Dockerfile.dockerignore", "x\n")
        .file("p/src/run.sh", "#!/bin/sh\n")
        .file("p/src/long name \u{e9}", "x");
    fs::remove_file(test.path().join("p/Dockerfile.tera")).unwrap();
    let at = |name: &str| test.path().join("p").join(name);
    fs::set_permissions(at("src/run.sh"), fs::Permissions::from_mode(0o4755)).unwrap();
    fs::set_permissions(at("Dockerfile.template"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::create_dir_all(at("empty/inner")).unwrap();
    fs::set_permissions(at("empty"), fs::Permissions::from_mode(0o555)).unwrap();
    symlink("src/run.sh", at("link")).unwrap();
    symlink("/nowhere", at("absolute")).unwrap();
    symlink("..", at("src/up")).unwrap();
    fs::hard_link(at("src/run.sh"), at("src/same")).unwrap();
    let run = test.args("export p -d raspberrypi3 -o new/out").writes().ok();
    run.says(&["new/out: 9 files, 1 Dockerfile for raspberrypi3\n"]);
    let out = run.folder.join("new/out");
    let expected: BTreeMap<String, String> = [
        ("Dockerfile", "FROM raspberrypi3\n"),
        ("Dockerfile.dockerignore", "x\n"),
        ("Dockerfile.prod", "FROM prod\n"),
        ("absolute", "-> /nowhere"),
        ("empty/", ""),
        ("empty/inner/", ""),
        ("link", "-> src/run.sh"),
        ("src/", ""),
        ("src/long name \u{e9}", "x"),
        ("src/run.sh", "#!/bin/sh\n"),
        ("src/same", "#!/bin/sh\n"),
        ("src/up", "-> .."),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into();
    assert_eq!(contents(&out), expected);
    let metadata = |name: &str| fs::metadata(out.join(name)).unwrap();
    assert_eq!(metadata("src/run.sh").mode() & 0o7777, 0o4755);
    assert_eq!(metadata("Dockerfile").mode() & 0o7777, 0o640);
    assert_eq!(metadata("empty").mode() & 0o7777, 0o555);
    assert_eq!(metadata("src/run.sh").ino(), metadata("src/same").ino());
    let source = fs::metadata(run.folder.join("p/src/run.sh")).unwrap();
    assert_eq!(source.modified().unwrap(), metadata("src/run.sh").modified().unwrap());
    // The project is as it was, and nothing else is left than the list beside the folder.
    assert_eq!(names(&run.folder.join("new")).iter().filter(|name| !name.starts_with("out/")).count(), 1);
    // Again, over a folder that may not be written to.
    fs::write(run.folder.join("p/more"), "").unwrap();
    let run = run.then("export p -d nuc -o new/out").writes().ok();
    assert_eq!(fs::read_to_string(run.folder.join("new/out/Dockerfile")).unwrap(), "FROM intel-nuc\n");
    assert!(run.folder.join("new/out/more").exists());
    let run = run.then("export p -d nuc -o new/out").writes().ok();
    fs::set_permissions(run.folder.join("p/empty"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(run.folder.join("new/out/empty"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn every_service_has_the_dockerfile_that_the_compose_file_names() {
    let compose = "# comment\nservices:\n  web:\n    build: ./web\n  api:\n    build:\n      context: api\n      \
                   dockerfile: docker/Dockerfile.template # the template\n  job: {build: {context: ./web, dockerfile: job.Dockerfile}}\n  \
                   db:\n    image: postgres:17\n";
    let project = || {
        Test::new()
            .file("p/docker-compose.yml", compose)
            .file("p/web/Dockerfile.raspberrypi3", TEMPLATE)
            .file("p/web/Dockerfile.template", "FROM wrong\n")
            .file("p/web/Dockerfile", "FROM wrong\n")
            .file("p/web/job.Dockerfile.template", TEMPLATE)
            .file("p/api/docker/Dockerfile.template", TEMPLATE)
            .file("p/api/docker/Dockerfile.amd64", "FROM wrong\n")
            .file("p/api/main.c", "")
    };
    let (run, out) = exported(project(), "");
    let text = |name: &str| out.get(name).map(String::as_str);
    assert_eq!(text("web/Dockerfile"), Some("FROM armv7hf-web\n"));
    assert_eq!(text("web/job.Dockerfile"), Some("FROM armv7hf-job\n"));
    assert_eq!(text("api/docker/Dockerfile"), Some("FROM armv7hf-api\n"));
    let changed = compose.replace("docker/Dockerfile.template", "docker/Dockerfile");
    assert_eq!(text("docker-compose.yml"), Some(&*changed));
    let files: Vec<String> = out.keys().filter(|name| !name.ends_with('/')).cloned().collect();
    assert_eq!(
        files,
        ["api/docker/Dockerfile", "api/main.c", "docker-compose.yml", "web/Dockerfile", "web/job.Dockerfile"]
    );
    // Whoever renders it again gets the same: balena's builder does.
    for (service, dockerfile) in [("web", "web/Dockerfile"), ("api", "api/docker/Dockerfile")] {
        let args = format!("render out -d raspberrypi3 --compat balena --service {service}");
        let again = Test::new();
        copy(&run.folder.join("out"), &again.path().join("out"));
        again.args(&args).stdout(text(dockerfile).unwrap());
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for (name, text) in contents(from) {
        match name.strip_suffix('/') {
            Some(folder) => fs::create_dir_all(to.join(folder)).unwrap(),
            None => {
                fs::create_dir_all(to.join(&name).parent().unwrap()).unwrap();
                fs::write(to.join(name), text).unwrap();
            }
        }
    }
}

#[test]
fn services_that_share_a_build_context() {
    let compose = "services:\n  one:\n    build: .\n  two: {build: {context: .}}\n  aarch64: {build: .}\n";
    let project = |template| {
        Test::new()
            .file("p/compose.yaml", compose)
            .file("p/Dockerfile.template", template)
            .file("p/Dockerfile.one", "")
    };
    // The same Dockerfile: there is one, and the compose file does not change.
    let (_, out) = exported(project("FROM %%BALENA_ARCH%%\n"), "");
    assert_eq!(out["compose.yaml"], compose);
    assert_eq!(out["Dockerfile"], "FROM armv7hf\n");
    // Different ones: each service has its own. `Dockerfile.one` is taken, and `.aarch64` is a template's name.
    let (_, out) =
        exported(project("FROM %%BALENA_SERVICE_NAME%%\n").file("p/Dockerfile.dockerignore", "a\n"), "");
    assert_eq!(out["Dockerfile.one-1"], "FROM one\n");
    assert_eq!(out["Dockerfile.two"], "FROM two\n");
    assert_eq!(out["Dockerfile.aarch64-1"], "FROM aarch64\n");
    assert_eq!(out["Dockerfile.two.dockerignore"], "a\n", "the ignore file of a Dockerfile goes along");
    let expected = "services:\n  one:\n    build: {context: \".\", dockerfile: \"Dockerfile.one-1\"}\n  \
                    two: {build: {dockerfile: Dockerfile.two, context: .}}\n  \
                    aarch64: {build: {context: \".\", dockerfile: Dockerfile.aarch64-1}}\n";
    assert_eq!(out["compose.yaml"].replace('"', ""), expected.replace('"', ""));
}

#[test]
fn ignored_files_stay_behind() {
    let compose = "services:\n  web: {build: ./web}\n  api:\n    build: {context: ./api, dockerfile: a.Dockerfile}\n    env_file: secret.env\n";
    let project = || {
        Test::new()
            .file("p/docker-compose.yml", compose)
            .file("p/.dockerignore", "web/notes\n**/*.env\n")
            .file("p/.git/HEAD", "x")
            .file("p/.env", "A=b\n")
            .file("p/secret.env", "A=b\n")
            .file("p/web/Dockerfile", "FROM web\n")
            .file("p/web/.dockerignore", "*\n!src\nDockerfile\n")
            .file("p/web/src/main", "")
            .file("p/web/notes/a", "")
            .file("p/web/logs/b", "")
            .file("p/api/a.Dockerfile", "FROM api\n")
            .file("p/api/a.Dockerfile.dockerignore", "logs\n")
            .file("p/api/.dockerignore", "src\n")
            .file("p/api/src/main", "")
            .file("p/api/logs/b", "")
            .file("p/data/mounted", "")
    };
    let without = |names: &[&str]| {
        let all = names_of(&project());
        all.into_iter().filter(|name| !names.contains(&name.as_str())).collect::<Vec<_>>()
    };
    // Docker: each build context has its own, and that of a Dockerfile comes first.
    let (run, _) = exported(project(), "");
    let expected = without(&["web/notes/a", "web/logs/b", "api/logs/b"]);
    assert_eq!(names(&run.folder.join("out")), expected);
    let (run, _) = exported(project(), "--ignored");
    assert_eq!(names(&run.folder.join("out")), without(&[]));
    // balena: the file of the project, and Git's folder stays behind.
    let (run, _) = exported(project(), "--compat balena");
    assert_eq!(names(&run.folder.join("out")), without(&["web/notes/a", ".git/HEAD"]));
    let (run, _) = exported(project(), "--compat balena --multi-dockerignore");
    let expected = without(&["web/notes/a", "web/logs/b", "api/src/main", ".git/HEAD"]);
    assert_eq!(names(&run.folder.join("out")), expected);
    // The settings of the project say both, or one of them.
    let settings = ["multi-dockerignore: true", "multi-dockerignore: true, compat: docker"];
    let with = |setting: &str, args: &str| {
        let project = project().file("p/fleets.yaml", format!("check: {{{setting}}}\n"));
        let (run, _) = exported(project, args);
        names(&run.folder.join("out")).into_iter().filter(|name| name != "fleets.yaml").collect::<Vec<_>>()
    };
    for setting in settings {
        assert_eq!(with(setting, "--compat balena"), expected);
    }
    assert_eq!(with("multi-dockerignore: true, compat: balena", ""), expected);
    assert_eq!(with("compat: balena", ""), without(&["web/notes/a", ".git/HEAD"]));
    let of_docker = without(&["web/notes/a", "web/logs/b", "api/logs/b"]);
    assert_eq!(with("compat: balena", "--compat docker"), of_docker);
}

fn names_of(test: &Test) -> Vec<String> {
    names(&test.path().join("p"))
}

#[test]
fn the_compose_file_says_what_docker_compose_needs() {
    let compose = "x-common: &common\n  restart: always\nservices:\n  web: &web # first\n    <<: *common\n    build: ./web\n  \
                   api:\n    build:\n      context: ./web\n      args:\n        - A=1\n        - B\n      target: x\n  \
                   job: {build: {context: web, args: {A: '${A:-x}', T: old}}, platform: linux/arm}\n  \
                   db:\n    image: postgres:17 # last\n";
    let project = || {
        Test::new()
            .file("p/docker-compose.yml", compose)
            .file("p/web/Dockerfile", "FROM web\n")
            .file("p/.balena/balena.yml", "build-variables: {services: {job: [\"T=a$b: c\"]}}\n")
    };
    let (_, out) = exported(project(), "--compose --build-arg V=1.10");
    let expected = "x-common: &common\n  restart: always\nservices:\n  web: &web # first\n    <<: *common\n    \
                    platform: linux/arm/v7\n    build: {context: \"./web\", args: {V: \"1.10\"}}\n  \
                    api:\n    platform: linux/arm/v7\n    build:\n      context: ./web\n      args:\n        \
                    {A: \"1\", B: null, V: \"1.10\"}\n      target: x\n  \
                    job: {build: {context: web, args: {A: \"${A:-x}\", T: \"a$$b: c\", V: \"1.10\"}}, platform: linux/arm/v7}\n  \
                    db:\n    platform: linux/arm/v7\n    image: postgres:17 # last\n";
    assert_eq!(out["docker-compose.yml"], expected);
    export(project(), "--compose --compat balena")
        .cannot(["--compose", "balena refuses a compose file with `platform`"]);
    export(project(), "--build-arg A=b").cannot(["--build-arg", "add --compose"]);
    project().args("export p -d raspberry-pi --compose -o out").refuses([
        "docker-compose.yml:14:72: error: `job` is not built for linux/arm/v6, the platform of the device",
    ]);
    let single = Test::new().file("p/Dockerfile", "FROM x\n");
    export(single, "--compose").cannot(["the project has no compose file", "docker build --platform"]);
    // Fields that are written elsewhere cannot change there.
    let merged = "x-web: &web {build: ./web}\nservices:\n  a:\n    <<: *web\n  b: *web\n";
    let merged = Test::new().file("p/docker-compose.yml", merged).file("p/web/Dockerfile", "FROM x\n");
    let run = export(merged, "--compose").run();
    assert_eq!(run.status, 1);
    run.says(&[
        "docker-compose.yml:3:3: error: the fields of the service `a` cannot be changed",
        ":5:3: error",
    ]);
    assert!(!run.folder.join("out").exists());
}

#[test]
fn a_service_changes_in_the_file_that_it_is_written_in() {
    let template = "FROM %%BALENA_ARCH%%\n";
    let main = "include: [sub/inc.yml]\nservices:\n  web:\n    extends: {file: base/b.yml, service: w}\n";
    let included =
        "services:\n  inc:\n    build: {context: w, dockerfile: Dockerfile.template}\n    env_file: e.env\n";
    let base = "services: {w: {build: {context: ../web, dockerfile: Dockerfile.template}}}\n";
    let test = Test::new()
        .file("p/.dockerignore", "**/*.yml\n**/*.env\n")
        .file("p/docker-compose.yml", main)
        .file("p/sub/inc.yml", included)
        .file("p/sub/e.env", "A=b\n")
        .file("p/sub/w/Dockerfile.template", template)
        .file("p/base/b.yml", base)
        .file("p/web/Dockerfile.template", template);
    let (run, out) = exported(test, "--compose");
    let added = "  web:\n    platform: linux/arm/v7\n    build: {dockerfile: Dockerfile}\n";
    assert_eq!(out["docker-compose.yml"], main.replace("  web:\n", added));
    let platform = "  inc:\n    platform: linux/arm/v7\n";
    let changed = included.replace("  inc:\n", platform).replace("Dockerfile.template", "Dockerfile");
    assert_eq!(out["sub/inc.yml"], changed);
    assert_eq!(out["base/b.yml"], base);
    let files = ["sub/e.env", "sub/w/Dockerfile", "web/Dockerfile"];
    assert!(files.iter().all(|file| out.contains_key(*file)) && out.len() == 11, "{out:?}");
    // What is written is what it says.
    let again = Test::new();
    copy(&run.folder.join("out"), &again.path().join("out"));
    again.args("render out -d raspberrypi3 --service web").stdout("FROM armv7hf\n");
}

#[test]
fn a_service_of_several_compose_files() {
    let project = |second: &str| {
        Test::new()
            .file("p/a.yml", "services:\n  web:\n    build: ./web\n")
            .file("p/b.yml", second)
            .file("p/web/Dockerfile.template", TEMPLATE)
            .args("export p -d raspberrypi3 -o out --compose-file a.yml --compose-file b.yml --compose")
            .writes()
    };
    let run = project("services:\n  web:\n    ports: ['80:80']\n").ok();
    let out = contents(&run.folder.join("out"));
    let platform = "platform: linux/arm/v7\n";
    assert!(out["a.yml"].contains(platform) || out["b.yml"].contains(platform), "{out:?}");
    assert_eq!(out["web/Dockerfile"], "FROM armv7hf-web\n");
    let run = project("services:\n  web: {platform: linux/arm/v7, build: {args: {A: b}}}\n").run();
    assert_eq!(run.status, 0, "{}", run.stderr);
}

#[test]
fn only_a_folder_of_an_export_is_replaced() {
    let project = || Test::new().file("p/Dockerfile.template", TEMPLATE).file("p/a/b", "");
    // New, empty, and made before.
    let (run, _) = exported(project(), "");
    fs::remove_file(run.folder.join("p/a/b")).unwrap();
    let run = run.then("export p -d nuc -o out/").writes().ok();
    assert_eq!(names(&run.folder.join("out")), ["Dockerfile"]);
    let test = project();
    fs::create_dir(test.path().join("out")).unwrap();
    exported(test, "");
    // What somebody put there would be lost.
    let (run, before) = exported(project(), "");
    fs::write(run.folder.join("out/a/mine"), "").unwrap();
    let run = run
        .then("export p -d nuc -o out")
        .writes()
        .cannot(["out/a/mine: error: this is not from an earlier export"]);
    fs::remove_file(run.folder.join("out/a/mine")).unwrap();
    assert_eq!(contents(&run.folder.join("out")), before);
    export(project().file("out/x", ""), "")
        .cannot(["out/x: error: this is not from an earlier export, and would be lost"]);
    export(project().file("out", ""), "").cannot(["out: error: the output is a file"]);
    let test = project().args("export p -d nuc");
    test.cannot(["no directory given: use --output DIR"]);
    project().args("export p -d nuc -o .").cannot(["the output folder holds the project itself"]);
    project()
        .args("export p/Dockerfile.template -d nuc -o out")
        .cannot(["an export needs a project directory"]);
}

#[test]
fn exports_inside_the_project_are_no_part_of_it() {
    let test = Test::new().file("Dockerfile.template", "FROM %%BALENA_ARCH%%\n").file("a/b", "");
    let run = test.args("export -d nuc -o out/nuc").writes().ok();
    let run = run.then("export -d raspberrypi3 -o out/pi").writes().ok();
    let run = run.then("export -d raspberrypi3 -o out/pi").writes().ok();
    assert_eq!(names(&run.folder.join("out/pi")), ["Dockerfile", "a/b"]);
    assert_eq!(fs::read_to_string(run.folder.join("out/nuc/Dockerfile")).unwrap(), "FROM amd64\n");
}

#[test]
fn a_fleet_has_a_device_and_variables() {
    let test = Test::new()
        .file("p/fleets.yaml", "fleets: {kiosk: {device: raspberrypi3, variables: {LOCALE: en_GB}}}\n")
        .file("p/Dockerfile.template", "FROM %%BALENA_APP_NAME%%-%%BALENA_ARCH%%-%%LOCALE%%\n");
    let run = test.args("export p --fleet kiosk -o out").writes().ok();
    assert_eq!(fs::read_to_string(run.folder.join("out/Dockerfile")).unwrap(), "FROM kiosk-armv7hf-en_GB\n");
}

#[test]
fn a_folder_that_is_a_link_in_the_project() {
    let test = Test::new()
        .file("p/docker-compose.yml", "services: {web: {build: ./web}}\n")
        .file("p/real/web/Dockerfile.template", TEMPLATE)
        .file("p/real/web/.dockerignore", "log\n")
        .file("p/real/web/log", "");
    symlink("real/web", test.path().join("p/web")).unwrap();
    let (_, out) = exported(test, "");
    assert_eq!(out["real/web/Dockerfile"], "FROM armv7hf-web\n");
    assert_eq!(out["web"], "-> real/web");
    assert!(!out.contains_key("real/web/log"));
}

#[test]
fn faults_of_all_services_and_nothing_written() {
    let test = Test::new()
        .file("p/docker-compose.yml", "services: {a: {build: a}, b: {build: b}, c: {build: c}}\n")
        .file("p/a/Dockerfile.template", "FROM %%NOBODY%%\n")
        .file("p/b/Dockerfile.template", "FROM x\nENV %%NEITHER%%\n")
        .file("p/c/x", "");
    let run = export(test, "").run();
    assert_eq!(run.status, 1);
    run.says(&[
        "p/a/Dockerfile.template:1:6: error: unknown placeholder %%NOBODY%%",
        "p/b/Dockerfile.template:2:5: error: unknown placeholder %%NEITHER%%",
        "p/c: error: no Dockerfile here",
    ]);
    assert!(!run.folder.join("out").exists());
    let secret = Test::new().file("p/Dockerfile.template", "FROM x\nENV A=%%TOKEN%%\n").secret("s3cr3t");
    let run = secret.args("export p -d nuc -o out -v -D").arg("TOKEN=s3cr3t").writes().ok();
    assert_eq!(fs::read_to_string(run.folder.join("out/Dockerfile")).unwrap(), "FROM x\nENV A=s3cr3t\n");
}

#[test]
fn a_project_of_images_and_one_with_a_package_json() {
    let (_, out) =
        exported(Test::new().file("p/docker-compose.yml", "services: {db: {image: 'postgres:17'}}\n"), "");
    assert_eq!(out.len(), 1);
    let node = Test::new().file("p/package.json", "{\"engines\": {\"node\": \"22\"}}\n");
    let (_, out) = exported(node, "");
    assert!(out["Dockerfile"].starts_with("FROM node:22"), "{out:?}");
    assert!(out.contains_key("package.json"));
}

#[test]
fn what_cannot_be_copied_is_told() {
    let test = Test::new().file("p/Dockerfile", "FROM x\n");
    let pipe: PathBuf = test.path().join("p/pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (run, out) = exported(test, "");
    run.says(&["p/pipe: warning: this is no file, folder or link, and is left out"]);
    assert_eq!(out.len(), 1);
}

#[test]
fn an_ignore_file_that_cannot_be_read_is_an_error() {
    let long = format!("secret\n{}", "# a comment\n".repeat(100_000));
    let project = |file: &str| {
        Test::new()
            .file("p/docker-compose.yml", "services: {web: {build: ./web}}\n")
            .file("p/web/Dockerfile", "FROM scratch\nCOPY . .\n")
            .file("p/web/secret", "s")
            .file(file, &long)
    };
    for file in ["p/web/.dockerignore", "p/web/Dockerfile.dockerignore"] {
        let fault = format!("{file}: error: an ignore file has at most 1048576 bytes");
        let run = export(project(file), "").refuses([&*fault]);
        assert!(!run.folder.join("out").exists());
        project(file).args("check p -d raspberrypi3").refuses([&*fault]);
        exported(project(file), "--ignored");
    }
    export(project("p/.dockerignore"), "--compat balena").refuses(["p/.dockerignore: error: an ignore file"]);
    exported(project("p/.dockerignore"), "");
}

#[test]
fn files_that_compose_files_name_stay() {
    let project = |folder: &str, text: &str| {
        let test = Test::new()
            .file("p/docker-compose.yml", "services: {web: {build: ./web}}\n")
            .file("p/web/Dockerfile", "FROM scratch\n")
            .file(&format!("p/{folder}.dockerignore"), "**/tok\n**/other\n")
            .file("p/second.yml", "x-note: other\nsecrets: {s: {file: ./tok}}\n");
        let test = ["tok", "other", "real/tok"]
            .into_iter()
            .fold(test, |test, name| test.file(&format!("p/{folder}{name}"), ""));
        test.file(&format!("p/{folder}compose.yml"), text.replace("BUILD", "build: {context: .}"))
    };
    let cases = [
        ("", "services: {web: {BUILD}}\nsecrets: {s: {file: './${T:-tok}'}}\n", "--compose-file compose.yml"),
        ("", "services: {web: {BUILD}}\n", "--compose-file compose.yml --compose-file second.yml"),
        (
            "deploy/",
            "services: {web: {BUILD}}\nconfigs: {c: {file: ./tok}}\n",
            "--compose-file deploy/compose.yml",
        ),
        ("", "services: {web: {BUILD, label_file: tok}}\n", "--compose-file compose.yml"),
        ("", "services: {web: {BUILD, env_file: [{path: tok}]}}\n", "--compose-file compose.yml"),
        ("", "services: {web: {BUILD, volumes: ['./tok:/tok']}}\n", "--compose-file compose.yml"),
        ("", "services: {web: {BUILD}}\n---\nsecrets: {s: {file: tok}}\n", "--compose-file compose.yml"),
    ];
    for (folder, text, args) in cases {
        let test = project(folder, text).file(&format!("p/{folder}Dockerfile"), "FROM scratch\n");
        let (_, out) = exported(test, args);
        assert!(out.contains_key(&format!("{folder}tok")), "{text}: {out:?}");
        assert!(!out.contains_key(&format!("{folder}other")), "{text}: {out:?}");
        assert!(!out.contains_key(&format!("{folder}real/tok")), "{text}: {out:?}");
    }
    // Where the name is that of a link, the file itself is needed as well.
    let test = project("", "services: {web: {BUILD}}\nsecrets: {s: {file: ./link/tok}}\n")
        .file("p/Dockerfile", "FROM scratch\n");
    symlink("real", test.path().join("p/link")).unwrap();
    let (_, out) = exported(test, "--compose-file compose.yml");
    assert!(out.contains_key("real/tok") && !out.contains_key("tok"), "{out:?}");
}

#[test]
fn build_arguments_that_do_not_change_stay_numbers_and_texts() {
    let args = [
        ("1_000", "1_000"),
        ("1e+3", "1e+3"),
        ("-1", "-1"),
        ("+.5", "+.5"),
        ("1.50", "1.50"),
        ("0x1F", "0x1F"),
        ("True", "True"),
        ("\"1_000\"", "\"1_000\""),
        ("'1e+3'", "\"1e+3\""),
        ("'true'", "\"true\""),
        ("a+b", "\"a+b\""),
        ("''", "\"\""),
    ];
    for (written, kept) in args {
        let compose =
            format!("services:\n  web:\n    build:\n      context: .\n      args:\n        N: {written}\n");
        let test = Test::new().file("p/docker-compose.yml", compose).file("p/Dockerfile", "FROM scratch\n");
        let (_, out) = exported(test, "--compose --build-arg Z=1");
        let expected = format!("{{N: {kept}, Z: \"1\"}}\n");
        assert!(out["docker-compose.yml"].ends_with(&expected), "{written}: {}", out["docker-compose.yml"]);
    }
}

#[test]
fn build_arguments_of_any_form_can_have_others_beside_them() {
    let head = "x-web: &w {build: .}\nx-args: &x {A: b}\nx-build: &b\n  context: .\n  args: *x\nx-note: &n note\nservices:\n  web:\n";
    let project = |web: &str| {
        let compose = format!("{head}{web}  db:\n    image: x\n");
        Test::new().file("p/docker-compose.yml", compose).file("p/Dockerfile", "FROM scratch\n")
    };
    let of_args = |args: &str| format!("    build:\n      context: .\n      args:{args}\n      target: t\n");
    let cases = [
        (of_args(" *x"), of_args(" {A: b, Z: \"1\"}")),
        (
            of_args("\n        B: |\n          b\n          c\n"),
            of_args("\n        {B: \"b\\nc\\n\", Z: \"1\"}\n"),
        ),
        (
            of_args("\n        B: >-\n          b\n        # c"),
            of_args("\n        {B: b, Z: \"1\"}\n        # c"),
        ),
        (of_args("\n        A: *n\n        B: ~"), of_args("\n        {A: note, B: null, Z: \"1\"}")),
        (of_args("\n        A: *n\n        B:"), of_args("\n        {A: note, B: null, Z: \"1\"}")),
        (of_args("\n        <<: *x\n        B: 1"), of_args("\n        {B: 1, A: b, Z: \"1\"}")),
        ("    build: *b\n".to_owned(), "    build: {context: ., args: {A: b, Z: \"1\"}}\n".to_owned()),
    ];
    for (written, expected) in cases {
        let (_, out) = exported(project(&written), "--compose --build-arg Z=1");
        let compose = out["docker-compose.yml"].replace("    platform: linux/arm/v7\n", "");
        assert_eq!(compose, format!("{head}{expected}  db:\n    image: x\n"), "{written}");
    }
    // What cannot change is named, with why.
    for (written, why) in [
        (of_args("\n        B: 1\n        <<: *x"), "its `args` has `<<` after its own fields"),
        (
            "    <<: *w\n".to_owned(),
            "`platform` would have to be added where all fields are from an alias (`*`)",
        ),
        (
            "    build:\n      <<: *b\n".to_owned(),
            "`args` would have to be added where all fields are from an alias",
        ),
        ("    build: {context: ., args: !override {A: b}}\n".to_owned(), "its `args` has a tag"),
    ] {
        export(project(&written), "--compose --build-arg Z=1").refuses([why, "without `<<` and `*`"]);
    }
}

#[test]
fn what_sets_a_field_of_a_service_again_is_shown() {
    let project = |compose: &str| {
        let test = Test::new().file("p/docker-compose.yml", compose);
        test.file("p/a.Dockerfile", "FROM scratch\n").file("p/Dockerfile.template", "FROM scratch\n")
    };
    let first = "services:\n  web:\n    build: .\n---\nservices:\n  web:\n";
    export(project(&format!("{first}    build: {{args: {{A: b, Z: '2'}}}}\n")), "--compose --build-arg Z=1")
        .refuses([
            "docker-compose.yml:7:29: error: the build argument `Z` of the service `web` is set again here",
            "in one document",
        ]);
    export(project(&format!("{first}    build: {{args: {{A: b}}}}\n")), "--compose --build-arg Z=1").ok();
}

#[test]
fn an_export_that_waits_for_another_can_be_ended() {
    let (run, before) = exported(Test::new().file("p/Dockerfile", "FROM scratch\n"), "");
    let lock = fs::File::open(run.folder.join("out")).unwrap();
    lock.lock().unwrap();
    let hidden = || {
        let entries = fs::read_dir(&run.folder).unwrap();
        let mut names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.find(|name| name.ends_with(".dtpl-tmp"))
    };
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_dtpl"))
        .args(["export", "p", "-d", "nuc", "-o", "out"])
        .current_dir(&run.folder)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while hidden().is_none() {
        assert!(child.try_wait().unwrap().is_none() && Instant::now() < until, "it did not wait");
        std::thread::sleep(Duration::from_millis(5));
    }
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    assert!(!child.wait().unwrap().success());
    assert_eq!(hidden(), None);
    assert_eq!(contents(&run.folder.join("out")), before);
}

/// A project for balena by itself: it has a file or a folder that only balena reads.
#[test]
fn ignore_files_of_a_project_that_is_for_balena() {
    let project = |file: &str| {
        Test::new()
            .file("p/docker-compose.yml", "services: {web: {build: web}}\n")
            .file("p/web/Dockerfile", "FROM web\n")
            .file("p/web/.dockerignore", "notes\n")
            .file("p/web/notes", "")
            .file(&format!("p/{file}"), "")
    };
    for (file, why) in [("balena.yml", "balena.yml"), (".balena/qemu", ".balena")] {
        let (run, out) = exported(project(file), "");
        assert!(out.contains_key("web/notes"), "balena reads the ignore file of the project only");
        run.says(&[&format!("for raspberrypi3 (for balena, as {why} is there)")]);
        let (run, out) = exported(project(file), "--compat docker");
        assert!(!out.contains_key("web/notes") && !run.stderr.contains("for balena"), "{}", run.stderr);
        // What --compose writes is for Docker.
        let (run, out) = exported(project(file), "--compose");
        assert!(!out.contains_key("web/notes") && !run.stderr.contains("for balena"), "{}", run.stderr);
    }
    let settings = project("x").file("p/fleets.yaml", "check: {compat: balena}\n");
    export(settings, "--compose").cannot(["--compose", "add --compat docker"]);
}

/// The folder of a service, exported by itself, has no compose file: to balena its service is `main`.
#[test]
fn the_folder_of_a_service_is_a_project_of_its_own() {
    let test = Test::new()
        .file("docker-compose.yml", "services: {web: {build: p}, one: {build: q}}\n")
        .file("p/Dockerfile.template", TEMPLATE);
    let (_, out) = exported(test, "");
    assert_eq!(out["Dockerfile"], "FROM armv7hf-main\n");
}
