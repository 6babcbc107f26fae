//! What `dtpl migrate` says of the images that it chooses: why a version moves, until when the new one is maintained, for
//! which platforms something does not exist.

mod common;

use std::fs;

use common::{Run, Test};

const DAY: &str = "--as-of 2026-11-28";
const ALL: &str = "raspberrypi3,raspberrypi4-64,intel-nuc";

fn migrate(text: &str, devices: &str) -> Run {
    Test::in_memory().stdin(text).args("migrate").args(DAY).args(&format!("-d {devices} -")).ok()
}

/// The first stage is on this image afterwards, and all of these are said, none of those.
#[track_caller]
fn becomes(old: &str, devices: &str, new: &str, says: &[&str], says_not: &[&str]) {
    let run = migrate(&format!("FROM {old}\nCMD [\"x\"]\n"), devices);
    assert!(run.text().contains(&format!("\n+FROM {new}\n")), "{old}: {}", run.text());
    says.iter().for_each(|one| assert!(run.stderr.contains(one), "{old}: {one}: {}", run.stderr));
    for none in says_not {
        assert!(!run.stderr.contains(none), "{old}: {none}: {}", run.stderr);
    }
}

#[test]
fn one_policy_of_versions() {
    let balenalib = |rest: &str| format!("balenalib/%%BALENA_MACHINE_NAME%%-{rest}");
    let resin = |rest: &str| format!("resin/%%RESIN_MACHINE_NAME%%-{rest}");
    let buster = "the old image was on debian 10 (buster), which ended on 2024-06-30; debian:bookworm-slim is on debian 12 \
                  (bookworm), which ends on 2028-06-30 [new-release]";
    let jessie = "debian 8 (jessie), which ended on 2020-06-30";
    for (old, new, says) in [
        (balenalib("debian:buster"), "debian:bookworm-slim", &[buster][..]),
        (balenalib("debian:bullseye"), "debian:bookworm-slim", &["which ended on 2026-08-31"]),
        (balenalib("debian:bookworm"), "debian:bookworm-slim", &[]),
        (
            balenalib("python:3.9"),
            "python:3.12-slim",
            &[
                "python 3.9 ended on 2025-10-31; python:3.12-slim is maintained until 2028-10-31 [new-version]",
                "from 3.9 to 3.12",
            ],
        ),
        // 3.11 has eleven months left.
        (
            balenalib("python:3.11"),
            "python:3.12-slim",
            &["python 3.11 ends on 2027-10-31; python:3.12-slim is maintained until 2028-10-31"],
        ),
        (
            balenalib("alpine:3.12"),
            "alpine:3.24",
            &[
                "alpine 3.12, which ended on 2022-05-01; alpine:3.24 is on alpine 3.24, which ends on 2028-06-01",
            ],
        ),
        (balenalib("ubuntu:focal"), "ubuntu:noble", &["ubuntu 20.04 (focal), which ended on 2025-05-31"]),
        (balenalib("ubuntu:xenial"), "ubuntu:noble", &["ubuntu 16.04 (xenial)"]),
        (
            balenalib("golang:1.12"),
            "golang:1.26",
            &["golang 1.12 ended on 2020-02-25; golang:1.26 is maintained"],
        ),
        (balenalib("dotnet:3.1-aspnet"), "mcr.microsoft.com/dotnet/aspnet:10.0", &["until 2028-11-14"]),
        (resin("debian"), "debian:bookworm", &[jessie]),
        (resin("buildpack-deps"), "buildpack-deps:bookworm", &[jessie]),
        (resin("alpine"), "alpine:3.24", &[]),
        (resin("python:3"), "python:3.12", &["python 3 was 3.6 at the end, which ended on 2021-12-23"]),
    ] {
        becomes(&old, ALL, new, says, &["ends-soon"]);
    }
}

/// What the catalogue proposes for an image is what a migration takes.
#[test]
fn images_and_migrate_agree() {
    for name in
        ["debian:buster", "python:3.9", "python:3.7-buster-run", "node:14", "ubuntu:bionic", "golang:1.16"]
    {
        let old = format!("balenalib/intel-nuc-{name}");
        let known = Test::new().args("images --format json -d intel-nuc").args(DAY).args(&old).ok().json();
        let text = known[0].to_string();
        let diff = migrate(&format!("FROM {old}\nCMD [\"x\"]\n"), "intel-nuc").text().to_owned();
        let new = diff.lines().find_map(|line| line.strip_prefix("+FROM ")).unwrap().to_owned();
        assert!(text.contains(&format!("\"{new}\"")), "{old}: {new}: {text}");
    }
}

#[test]
fn over_is_not_the_same_as_not_for_this_platform() {
    let old = "balenalib/%%BALENA_MACHINE_NAME%%-debian-openjdk:8-jre";
    let not_for = "openjdk 8 is maintained until 2030-12-31, but not for linux/arm/v7; eclipse-temurin:17-jre is \
                   maintained until 2027-10-31 [new-version]";
    let split = "or use eclipse-temurin:8-jre here for aarch64 and amd64, and copy the file with \
                 eclipse-temurin:17-jre to Dockerfile.armv7hf for armv7hf";
    becomes(old, ALL, "eclipse-temurin:17-jre", &[not_for, split], &["no longer maintained", "ended"]);
    // Alone, a Raspberry Pi 3 has nothing to divide.
    becomes(old, "raspberrypi3", "eclipse-temurin:17-jre", &[not_for, "[ends-soon]"], &["or use"]);
    becomes(old, "raspberrypi4-64,intel-nuc", "eclipse-temurin:8-jre", &[], &["new-version", "ends-soon"]);
    // Node has no image for 32-bit ARM any more from version 24 on.
    let soon =
        "node:22-slim ends on 2027-04-30; node:24-slim, until 2028-04-30, does not exist for linux/arm/v7";
    let old = "balenalib/%%BALENA_MACHINE_NAME%%-node:14";
    becomes(old, ALL, "node:22-slim", &["node 14 ended on 2023-04-30", soon], &[]);
    becomes(old, "raspberrypi4-64,intel-nuc", "node:24-slim", &["node 14 ended on"], &["ends-soon"]);
    // A version that no table has an end of.
    let old = "balenalib/intel-nuc-openjdk:14-jdk";
    let told =
        "openjdk 14 is in no image that is maintained; eclipse-temurin:21-jdk is maintained until 2029-12-31";
    becomes(old, "intel-nuc", "eclipse-temurin:21-jdk", &[told], &["ends-soon"]);
}

#[test]
fn what_a_variable_holds_is_not_told_by_its_end() {
    let text = "FROM balenalib/%%BALENA_ARCH%%-python:%%PY%%\nCMD [\"x\"]\n";
    let test = Test::in_memory().stdin(text).args("migrate").args(DAY);
    let run = test.args("-d raspberrypi3 -D PY=3.8-buster -").ok();
    run.says(&["python in the version that a variable gives is no longer maintained; python:3.12-slim"]);
    for none in ["3.8", "2024-10-07", "buster", "2024-06-30"] {
        assert!(!run.stderr.contains(none), "{none}: {}", run.stderr);
    }
}

#[test]
fn another_distribution_has_other_packages() {
    let notes = |old: &str, step: &str| migrate(&format!("FROM {old}\n{step}CMD [\"x\"]\n"), ALL).stderr;
    let install = "RUN apt-get update && apt-get install -y libfoo1\n";
    let ubuntu = "balenalib/%%BALENA_MACHINE_NAME%%-ubuntu-python:3.6-bionic";
    let told =
        "warning: the old image was on ubuntu, python:3.12-slim is on debian 13 (trixie) [new-distribution]";
    assert!(notes(ubuntu, install).contains(told), "{}", notes(ubuntu, install));
    assert!(notes(ubuntu, "RUN install_packages git\n").contains(told));
    let bare = notes(ubuntu, "");
    assert!(bare.contains("info: the old image was on ubuntu, ") && !bare.contains("as before"), "{bare}");
    // From Debian to Ubuntu it is the same.
    let java = notes("balenalib/%%BALENA_MACHINE_NAME%%-openjdk:11-jre", install);
    assert!(
        java.contains("warning: the old image was on debian, eclipse-temurin:17-jre is on ubuntu"),
        "{java}"
    );
    let same = notes("balenalib/%%BALENA_MACHINE_NAME%%-python:3.9", install);
    assert!(!same.contains("new-distribution"), "{same}");
}

#[test]
fn what_keeps_an_archived_release_does_not_build_as_before() {
    let lists = |release: &str| format!("the package lists of Debian {release} have left the mirrors");
    for (old, step, release) in [
        ("debian-python:3.6-stretch", "RUN apt-get update && apt-get install -y nmap\n", Some("stretch")),
        ("python:3.7-buster", "RUN apt-get update && apt-get install -y nmap\n", Some("buster")),
        ("node:10-jessie", "RUN apt-get update && apt-get install -y nmap\n", Some("jessie")),
        ("python:3.9-bookworm", "RUN apt-get update && apt-get install -y nmap\n", None),
    ] {
        let text = format!("FROM balenalib/%%BALENA_ARCH%%-{old}\n{step}CMD [\"x\"]\n");
        let run = migrate(&text, "raspberry-pi,raspberrypi3");
        run.says(&["keeps the old one [split]"]);
        assert!(!run.stderr.contains("as before") && !run.stderr.contains("as it did"), "{}", run.stderr);
        match release {
            Some(release) => assert!(run.stderr.contains(&lists(release)), "{}", run.stderr),
            None => assert!(!run.stderr.contains("have left the mirrors"), "{}", run.stderr),
        }
    }
}

/// What no builder takes is told as an error, all of it, and nothing is changed.
#[test]
fn errors_of_the_file_itself() {
    let refused = |text: &str, devices: &str, says: &[&str]| {
        let project =
            || Test::in_memory().file("Dockerfile.template", text).file("other/Dockerfile", "FROM a\n");
        for args in ["migrate", "migrate --write", "migrate --check", "migrate --format json"] {
            let run = project().args(args).args(&format!("-d {devices}")).refuses(says);
            assert_eq!(run.text(), "", "{args}");
        }
        // A check says the same.
        let check = project().args("check").args(&format!("-d {devices}")).run();
        assert_eq!(check.status, 1, "{}", check.text());
    };
    let from = "Dockerfile.template:1:1: error: FROM requires either one or three arguments";
    refused(
        "FROM FROM resin/%%RESIN_MACHINE_NAME%%-alpine\nCMD [\"x\"]\n",
        "raspberrypi3",
        &[from, "`FROM` is not a valid image reference"],
    );
    refused(
        "FROM balenalib/%%BALENA_ARCH%%-python:3.9\nRUM x\nCOPY a\n",
        "raspberrypi3,intel-nuc",
        &["2:1: error: unknown instruction: RUM", "3:1: error: COPY requires at least two arguments"],
    );
    refused(
        "FROM balenalib/%%BALENA_ARCH%%-python:3.9\nRUM x\nRUN echo %%BALENA_ARHC%%\n",
        "intel-nuc",
        &["2:1: error: unknown instruction: RUM", "3:10: error: unknown placeholder %%BALENA_ARHC%%"],
    );
    refused("RUN a\n", "intel-nuc", &["1:1: error: no build stage in current context"]);
    refused("FROM balenalib/%%balena_arch%%-python\nCMD [\"x\"]\n", "intel-nuc", &["1:16: error:"]);
    refused("FROM balenalib/$NONE-python:3\nCMD [\"x\"]\n", "intel-nuc", &["is not a valid image reference"]);
}

/// Other findings do not stop a migration, nor do values that the balena builder has and nobody else.
#[test]
fn what_can_be_built_is_migrated_whatever_else_is_wrong() {
    for step in [
        "ADD nothere /x",
        "CMD python x",
        "MAINTAINER a",
        "RUN apt-get update",
        "LABEL r=%%BALENA_RELEASE_HASH%%",
        "RUN [\"cross-build-start\"]",
        "COPY --chmod=755 a /a",
        "RUN --mount=type=cache,target=/x ls",
    ] {
        let run = migrate(&format!("FROM balenalib/%%BALENA_ARCH%%-python:3.9\n{step}\n"), "raspberrypi3");
        assert!(run.text().contains("+FROM python:3.12-slim\n"), "{step}: {}", run.stderr);
    }
    // A device that is not asked for has an image of its own that cannot be read.
    let text = "FROM balenalib/%%BALENA_ARCH%%-python:3.9\nCMD [\"x\"]\n";
    let project =
        Test::in_memory().file("Dockerfile.template", text).file("Dockerfile.aarch64", "FROM FROM x\n");
    project.args("migrate -d raspberrypi3").ok();
    let project =
        Test::in_memory().file("Dockerfile.template", text).file("Dockerfile.aarch64", "FROM FROM x\n");
    project
        .args("migrate -d raspberrypi3,raspberrypi4-64")
        .refuses(["Dockerfile.aarch64:1:1: error: FROM requires"]);
}

/// A file with something of each order.
const MUCH: &str = "FROM balenalib/%%BALENA_MACHINE_NAME%%-node:14\nRUN install_packages a\nENV UDEV=1\n\
                    ENTRYPOINT [\"/usr/bin/entry.sh\"]\nCMD [\"node\"]\n";

fn project() -> Test {
    Test::in_memory().file("Dockerfile.template", MUCH)
}

const DEVICES: &str = "-d raspberrypi3,raspberrypi4-64,raspberry-pi";

#[test]
fn the_report_is_in_the_order_of_what_breaks() {
    let run = project().args("migrate").args(DAY).args(DEVICES).ok();
    run.says(&[
        "To change:\n",
        "  Dockerfile.template:1: balenalib/%%BALENA_MACHINE_NAME%%-node:14 -> node:22-slim (until 2027-04-30)\n",
        "  1 call of install_packages replaced by the install command of the distribution\n",
        "  Dockerfile.template renamed to Dockerfile\n",
        "  Dockerfile.rpi is new\n",
        "To decide, in the order in which it breaks:\n",
        "  start: Dockerfile.template:4: `entry.sh`",
        "  behaviour: Dockerfile.template:1: node 14 ended on 2023-04-30",
        "  behaviour: Dockerfile.template:3: UDEV made",
        "  note: Dockerfile.template:1: node:22-slim ends on",
        "To test on the device:\n  that it builds for each device type\n",
        "1 file to change, 1 new file to write",
    ]);
    // With nothing to do there is no list.
    let run = Test::in_memory().file("Dockerfile", "FROM node:22-slim\nCMD [\"x\"]\n").args("migrate").ok();
    assert!(run.stderr.starts_with("nothing to change") && run.stderr.lines().count() == 1, "{}", run.stderr);
    // It does not grow with the project.
    let step = "ENV UDEV=1\n".repeat(90);
    let text = format!("FROM balenalib/%%BALENA_ARCH%%-python:3.9\n{step}CMD [\"x\"]\n");
    let many = Test::in_memory().file("Dockerfile.template", text).args("migrate -d raspberrypi3").ok();
    let list = many.stderr.split("To decide").nth(1).unwrap();
    assert!(list.lines().count() < 45 && list.contains("  ... and 61 more\n"), "{list}");
}

#[test]
fn json_says_what_each_note_breaks() {
    let json = project().args("migrate --format json").args(DAY).args(DEVICES).ok().json();
    let breaks = |rule: &str| {
        let all = json["findings"].as_array().unwrap();
        all.iter().find(|one| one["rule"] == rule).unwrap()["breaks"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        ["balena-script", "new-version", "udev", "ends-soon"].map(breaks),
        ["start", "behaviour", "behaviour", "information"]
    );
    let image = &json["images"][0];
    assert_eq!(
        (&image["new"], &image["until"], &image["line"]),
        (&"node:22-slim".into(), &"2027-04-30".into(), &1.into())
    );
    assert_eq!(image["devices"], serde_json::json!(["raspberrypi3", "raspberrypi4-64"]));
}

#[test]
fn markdown_is_the_text_of_a_pull_request() {
    let run = project().args("migrate --format markdown").args(DAY).args(DEVICES).ok();
    let text = run.text();
    for piece in [
        "| `Dockerfile.template:1` | `balenalib/%%BALENA_MACHINE_NAME%%-node:14` | `node:22-slim` | 2027-04-30 |\n",
        "- `Dockerfile.template`: renamed to `Dockerfile`\n- `Dockerfile.rpi`: new\n",
        "- [ ] `Dockerfile.template:4`: `entry.sh` came with the old image",
        "- [ ] devices that are plugged in later\n",
    ] {
        assert!(text.contains(piece), "{piece}: {text}");
    }
    let at = |heading: &str| text.find(heading).unwrap_or_else(|| panic!("{heading}: {text}"));
    assert!(at("keeps the container") < at("may behave") && at("may behave") < at("## For information"));
    // With --write it is printed too, and only then is there a list.
    let written = project().args("migrate --format markdown --write").args(DAY).args(DEVICES).writes().ok();
    assert_eq!(written.text(), text);
    project().args("migrate --checklist todo.md").args(DEVICES).cannot(["--write"]);
    // What a project is called is no Markdown.
    let odd = Test::in_memory().file("a|b`c/Dockerfile.template", MUCH).args("migrate --format markdown");
    let odd = odd.args(DEVICES).arg("a|b`c").ok();
    assert!(
        odd.text().contains("| `` a\\|b`c/Dockerfile.template:1 `` |") || cfg!(windows),
        "{}",
        odd.text()
    );
}

#[test]
fn what_is_left_to_do_can_be_kept() {
    let run = project().args("migrate --write --checklist todo.md").args(DAY).args(DEVICES).writes().ok();
    let list = fs::read_to_string(run.folder.join("todo.md")).unwrap();
    assert!(list.starts_with("# After the migration\n\n## To decide"), "{list}");
    assert!(list.contains("- [ ] `Dockerfile.template:3`: UDEV made the old image"), "{list}");
    assert!(!list.contains("| place |"), "{list}");
    // A second time there is nothing left, and a file of the project is no place for it.
    let again = run.then("migrate --check").args(DEVICES).ok();
    assert_eq!(again.text(), "");
    for taken in ["Dockerfile.template", "./Dockerfile.template", "."] {
        project()
            .args("migrate --write")
            .args(DEVICES)
            .arg("--checklist")
            .arg(taken)
            .cannot(["--checklist: error: the list of what is left to do needs a file of its own"]);
    }
}

#[test]
fn each_note_has_a_page() {
    for name in ["new-version", "no-image", "musl", "split", "ends-soon"] {
        let page = Test::in_memory().args("migrate --explain").arg(name).ok();
        assert!(page.text().starts_with(&format!("# {name}\n\n")), "{}", page.text());
        let same = Test::in_memory().args("check --explain").arg(name).ok();
        assert_eq!(same.text(), page.text());
    }
    let all = Test::in_memory().args("check --explain all").ok();
    let names: Vec<&str> = all.text().lines().collect();
    assert!(names.is_sorted() && names.contains(&"new-release") && names.contains(&"syntax"), "{names:?}");
    Test::in_memory().args("migrate --explain nwe-version").cannot(["did you mean `new-version`?"]);
    for command in ["check", "migrate"] {
        let all = format!("`dtpl {command} --explain all` lists them");
        let message = "there is no rule or note `zzzzzzzzzz`";
        Test::in_memory().args(&format!("{command} --explain zzzzzzzzzz")).cannot([message, &all]);
    }
}

/// The old images of these names, as files of one project by name.
fn names() -> Vec<String> {
    let versions = [
        ("python", "2.7 3.5 3.6 3.7 3.8 3.9 3.10 3.11 3.12"),
        ("node", "8 10 12 14 16 18 19 20"),
        ("golang", "1.10 1.14 1.16 1.18 1.20 1.22"),
        ("openjdk", "8-jre 8-jdk 11-jdk 11-jre"),
        ("dotnet", "3.1-sdk 5.0-runtime 6.0-aspnet 7.0-sdk"),
        ("debian", "jessie stretch buster bullseye bookworm trixie"),
        ("ubuntu", "xenial bionic focal jammy noble"),
        ("alpine", "3.5 3.9 3.12 3.15 3.18 3.20 3.21"),
        ("alpine-python", "3.6 3.9 3.11"),
        ("alpine-node", "10 14 18"),
        ("ubuntu-python", "3.6-bionic 3.8-focal 3.10"),
        ("debian-node", "12-buster 16-bullseye-build"),
    ];
    let all = versions
        .iter()
        .flat_map(|(stack, versions)| versions.split(' ').map(move |version| format!("{stack}:{version}")));
    all.collect()
}

/// No new image has less than a year, unless there is none with more: which these are is told, and no others.
#[test]
fn new_images_have_a_year() {
    let short = |devices: &str| {
        let mut test = Test::in_memory();
        let mut paths = Vec::new();
        for name in names() {
            let path = name.replace(':', "_");
            let text = format!("FROM balenalib/%%BALENA_MACHINE_NAME%%-{name}\nCMD [\"x\"]\n");
            test = test.file(&format!("{path}/Dockerfile.template"), text);
            paths.push(path);
        }
        let test = paths.iter().fold(test.args("migrate --format json"), |test, path| test.arg(path));
        let json = test.args(DAY).args("-d").args(devices).ok().json();
        let images = json["images"].as_array().unwrap().clone();
        assert!(images.len() >= names().len() - 2, "{}", images.len());
        let soon =
            |image: &&serde_json::Value| image["until"].as_str().is_some_and(|day| day <= "2027-11-28");
        let mut short: Vec<String> =
            images.iter().filter(soon).map(|image| image["new"].as_str().unwrap().to_owned()).collect();
        let told: Vec<&str> = json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["rule"] == "ends-soon")
            .map(|one| one["message"].as_str().unwrap())
            .collect();
        assert_eq!(told.len(), short.len(), "{told:#?}");
        short.sort();
        short.dedup();
        short
    };
    assert_eq!(short("raspberrypi4-64,intel-nuc"), [""; 0]);
    // Neither Node.js nor Java has newer images for 32-bit ARM.
    assert_eq!(
        short("raspberrypi3"),
        ["eclipse-temurin:17-jdk", "eclipse-temurin:17-jre", "node:22", "node:22-alpine", "node:22-slim"]
    );
}
