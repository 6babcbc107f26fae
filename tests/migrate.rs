//! `dtpl migrate`: projects as people wrote them, what becomes of them, and what is true of every one.
//!
//! `tests/migrate/<case>/` holds `before/`, maybe `args`, and what has to come of it: `diff` and `notes`
//! (stdout and stderr), and `after/` with the files that changed or are new, as `--write` leaves them.
//! `DTPL_BLESS=1 cargo test --test migrate` writes what comes of it now; look at the difference before it
//! is committed.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Test, at_most};
use proptest::prelude::*;

/// Rules of a check that look at files which the cases have no need of.
const BESIDE: &str = "--ignore missing-copy-source,requirements-not-copied";

/// The files of a folder, by path.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let name = path.strip_prefix(root).unwrap().to_owned();
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
    }
    found
}

fn holding(files: &BTreeMap<PathBuf, Vec<u8>>) -> Test {
    files.iter().fold(Test::in_memory(), |test, (path, bytes)| test.file(path.to_str().unwrap(), bytes))
}

/// What is expected of a case; with `DTPL_BLESS` it is what there is.
#[track_caller]
fn expect(case: &Path, name: &str, got: &str) {
    if std::env::var_os("DTPL_BLESS").is_some() {
        fs::write(case.join(name), got).unwrap();
    }
    let expected = fs::read(case.join(name)).unwrap_or_default();
    // A path that dtpl joins has the separator of the system.
    let slashes = |text: &str| if cfg!(windows) { text.replace('\\', "/") } else { text.to_owned() };
    let expected = String::from_utf8_lossy(&expected);
    assert_eq!(slashes(got), slashes(&expected), "{}", case.join(name).display());
}

/// Bytes as text that tells carriage returns and bytes that are not UTF-8.
fn shown(bytes: &[u8]) -> String {
    let text: String = bytes.utf8_chunks().fold(String::new(), |mut text, chunk| {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("<{byte:02X}>")));
        text
    });
    text.replace('\r', "<CR>")
}

/// Migrates a project in place, and holds what is true of all: a second time nothing changes, and a
/// check finds no error for whom it was for.
fn migrated(files: &BTreeMap<PathBuf, Vec<u8>>, args: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let report = holding(files).args("migrate --format json").args(args).ok().json();
    let devices: Vec<String> =
        report["devices"].as_array().unwrap().iter().map(|slug| slug.as_str().unwrap().to_owned()).collect();
    let run = holding(files).args("migrate --write").args(args).writes().ok();
    assert_eq!(run.text(), "", "--write prints no diff");
    let after = self::files(&run.folder);
    let again = run.then("migrate --check").args(args).ok();
    assert_eq!(again.text(), "", "{args}: a second time something changes");
    if !devices.is_empty() && !args.contains("--to") {
        let check = format!("check --format json {BESIDE} -d {}", devices.join(","));
        let found = again.then(&check).run();
        let found = found.json();
        assert_eq!(found["summary"]["error"], 0, "{args}: {found:#}\n{:#?}", after.keys());
    }
    after
}

/// The notes of a project that names no device types, so that it is for all that its old images were for:
/// how many those are, and which are the first, depends on the registry. The numbers are compared with the
/// list in JSON, and left out.
fn without_counts(case: &Path, before: &BTreeMap<PathBuf, Vec<u8>>, notes: &str) -> String {
    let report = holding(before).args("migrate --format json").ok().json();
    let all = report["devices"].as_array().unwrap().len();
    let mut text = String::new();
    for line in notes.split_inclusive('\n') {
        let counted = line
            .split_once(" device types")
            .filter(|(start, _)| start.ends_with(|c: char| c.is_ascii_digit()));
        let Some((start, _)) = counted else {
            text.push_str(line);
            continue;
        };
        assert!(start.ends_with(&format!(" {all}")), "{}: {line}", case.display());
        let numbers = start.trim_end_matches(|c: char| c.is_ascii_digit());
        let numbers = numbers.strip_suffix(" of ").unwrap_or(numbers);
        text.push_str(numbers.trim_end_matches(|c: char| c.is_ascii_digit()));
        text.push_str("... device types\n");
    }
    text
}

#[test]
fn every_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/migrate");
    let mut cases: Vec<PathBuf> = fs::read_dir(&root).unwrap().map(|case| case.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 30, "{}", cases.len());
    for case in &cases {
        let before = files(&case.join("before"));
        let args = fs::read_to_string(case.join("args")).unwrap_or_default();
        let run = holding(&before).args("migrate --check").args(&args).run();
        assert_eq!(run.status, i32::from(!run.stdout.is_empty()), "{}", case.display());
        expect(case, "diff", &shown(&run.stdout));
        let names_devices = args.contains("-d ") || before.contains_key(Path::new("fleets.yaml"));
        expect(
            case,
            "notes",
            &if names_devices { run.stderr } else { without_counts(case, &before, &run.stderr) },
        );

        let after = migrated(&before, &args);
        let changed: BTreeMap<_, _> =
            after.iter().filter(|(path, bytes)| before.get(*path) != Some(*bytes)).collect();
        if std::env::var_os("DTPL_BLESS").is_some() {
            let _ = fs::remove_dir_all(case.join("after"));
            for (path, bytes) in &changed {
                let path = case.join("after").join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
        }
        let expected = files(&case.join("after"));
        let names =
            |files: Vec<&PathBuf>| files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        assert_eq!(
            names(changed.keys().copied().collect()),
            names(expected.keys().collect()),
            "{}",
            case.display()
        );
        for (path, bytes) in &expected {
            assert_eq!(shown(&after[path]), shown(bytes), "{}: {}", case.display(), path.display());
        }
    }
}

#[test]
fn the_shipped_legacy_template() {
    let before = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/python-legacy"));
    let after = migrated(&before, "");
    let plain = String::from_utf8(after[Path::new("Dockerfile")].clone()).unwrap();
    assert!(plain.contains("\nFROM python:3.11\n") && plain.contains("ENV INITSYSTEM on"), "{plain}");
    let v6 = String::from_utf8(after[Path::new("Dockerfile.rpi")].clone()).unwrap();
    assert!(v6.contains("\nFROM python:3.11-alpine\n"), "{v6}");
    assert!(!after.contains_key(Path::new("Dockerfile.template")));
}

#[test]
fn what_is_maintained_stays() {
    for text in ["FROM python:3.13-alpine\nCMD [\"python\"]\n", "FROM scratch\n"] {
        let run = Test::new().file("Dockerfile", text).args("migrate").ok();
        assert_eq!(run.text(), "");
        run.says(&["nothing to change"]);
    }
}

#[test]
fn a_patch_is_one_that_git_and_patch_take() {
    let before = "FROM balenalib/%%BALENA_ARCH%%-debian:bookworm-run\r\n# caf\u{e9}\rlone\nRUN install_packages a\nCMD a";
    let mut bytes = before.as_bytes().to_vec();
    // A byte that is not UTF-8.
    let at = bytes.iter().position(|byte| *byte == 0xC3).unwrap();
    bytes.remove(at + 1);
    let run = Test::new().file("x/Dockerfile.template", &bytes).args("migrate -d raspberrypi3 x").ok();
    let patch = run.stdout.clone();
    assert!(patch.starts_with(b"diff --git a/x/Dockerfile.template b/x/Dockerfile\n"), "{}", shown(&patch));
    let written = run.then("migrate -d raspberrypi3 --write x").writes().ok();
    let new = fs::read(written.folder.join("x/Dockerfile")).unwrap();
    assert!(!written.folder.join("x/Dockerfile.template").exists());
    let expected = [
        &b"FROM debian:bookworm-slim\r\n# caf\xC3\rlone\nRUN apt-get update && apt-get install -y "[..],
        b"--no-install-recommends a && rm -rf /var/lib/apt/lists/*\nCMD a",
    ];
    assert_eq!(shown(&new), shown(&expected.concat()));
    // The patch, applied by hand: what it takes away is what was there, what it adds is what is written.
    let side = |sign: u8| -> Vec<u8> {
        let lines =
            patch.split_inclusive(|byte| *byte == b'\n').skip_while(|line| !line.starts_with(b"@@")).skip(1);
        let mut all = Vec::new();
        for line in lines {
            match line[0] {
                b'\\' => {}
                first if first == sign || first == b' ' => all.extend_from_slice(&line[1..]),
                _ => {}
            }
        }
        all
    };
    assert_eq!(shown(side(b'-').strip_suffix(b"\n").unwrap()), shown(&bytes));
    assert_eq!(shown(side(b'+').strip_suffix(b"\n").unwrap()), shown(&new));
}

#[cfg(unix)]
#[test]
fn all_files_are_written_or_none() {
    let project = |test: Test| {
        test.file("docker-compose.yml", "services: {a: {build: ./a}, b: {build: ./b}}\n")
            .file("a/Dockerfile.template", "FROM balenalib/%%BALENA_ARCH%%-node:16\nCMD [\"node\"]\n")
            .file("b/real", "FROM balenalib/%%BALENA_ARCH%%-node:16\nCMD [\"node\"]\n")
    };
    // Nothing is written through a link, and then nothing at all.
    let test = project(Test::new());
    std::os::unix::fs::symlink("real", test.path().join("b/Dockerfile.template")).unwrap();
    test.args("migrate -d raspberrypi3 --write").cannot(["b/Dockerfile.template", "symbolic link"]);
    // What is only shown is refused alike.
    for args in ["migrate -d raspberrypi3", "migrate -d raspberrypi3 --check", "migrate --format json"] {
        let test = project(Test::new());
        std::os::unix::fs::symlink("real", test.path().join("b/Dockerfile.template")).unwrap();
        test.args(args).cannot(["b/Dockerfile.template", "symbolic link"]);
    }
    // A folder that nothing can be written to.
    let run = project(Test::new())
        .file("b/Dockerfile.template/x", "")
        .args("migrate -d raspberrypi3 --write")
        .run();
    assert_ne!(run.status, 0, "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn modes_stay() {
    use std::os::unix::fs::PermissionsExt;
    let test = Test::new()
        .file("Dockerfile.template", "FROM balenalib/%%BALENA_ARCH%%-node:16\nCMD [\"node\"]\n")
        .file("Dockerfile.raspberrypi3", "FROM balenalib/%%BALENA_ARCH%%-node:16\nCMD [\"node\"]\n");
    for name in ["Dockerfile.template", "Dockerfile.raspberrypi3"] {
        fs::set_permissions(test.path().join(name), fs::Permissions::from_mode(0o750)).unwrap();
    }
    let run = test.args("migrate -d raspberry-pi,raspberrypi3,raspberrypi4-64 --write").writes().ok();
    for name in ["Dockerfile", "Dockerfile.rpi", "Dockerfile.raspberrypi3"] {
        let mode = fs::metadata(run.folder.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o750, "{name}");
    }
}

#[test]
fn a_file_by_itself_and_stdin() {
    let old =
        "FROM balenalib/raspberrypi3-debian:bookworm\nRUN install_packages ca-certificates\nCMD [\"x\"]\n";
    let run = Test::new()
        .file("sub/legacy.template", old)
        .args("migrate --write sub/legacy.template")
        .writes()
        .ok();
    assert!(
        fs::read_to_string(run.folder.join("sub/legacy.template"))
            .unwrap()
            .starts_with("FROM debian:bookworm-slim\n")
    );
    let run = Test::new().stdin(old).args("migrate -").ok();
    assert!(run.text().contains("+FROM debian:bookworm-slim\n"), "{}", run.text());
    Test::new().stdin(old).args("migrate --write -").cannot(["--write: error: there is no file to write"]);
    Test::new().args("migrate").refuses(["no Dockerfile here"]);
    Test::new().args("migrate nowhere").cannot(["nowhere"]);
    Test::new().file("Dockerfile", old).args("migrate -d raspbery").refuses(["unknown device type"]);
}

#[test]
fn what_is_in_the_way_stays() {
    let old = "FROM balenalib/%%BALENA_ARCH%%-node:16\nCMD [\"node\"]\n";
    let run = Test::new()
        .file("Dockerfile.template", old)
        .file("Dockerfile", "FROM mine\n")
        .args("migrate -d raspberrypi3 --write")
        .writes()
        .ok();
    run.says(&["[kept-name]", "Dockerfile already exists"]);
    assert_eq!(fs::read_to_string(run.folder.join("Dockerfile")).unwrap(), "FROM mine\n");
    assert!(
        fs::read_to_string(run.folder.join("Dockerfile.template"))
            .unwrap()
            .starts_with("FROM node:22-slim\n")
    );
}

#[test]
fn to_the_later_series_only_where_there_was_one() {
    let args = "migrate --to balenalib -d raspberrypi3";
    let run = Test::new()
        .file("Dockerfile.template", "FROM resin/%%RESIN_MACHINE_NAME%%-systemd\n")
        .args(args)
        .ok();
    assert_eq!(run.text(), "");
    run.says(&["no balenalib/ image was ever published for `resin/", "[no-image]"]);
    for (old, new) in [
        ("resin/%%RESIN_MACHINE_NAME%%-python", "balenalib/%%BALENA_MACHINE_NAME%%-python:2.7-build"),
        (
            "resin/%%BALENA_MACHINE_NAME%%-alpine-node:8-slim",
            "balenalib/%%BALENA_MACHINE_NAME%%-alpine-node:8-run",
        ),
        ("resin/raspberrypi3-debian", "balenalib/raspberrypi3-debian"),
        ("balenalib/%%RESIN_MACHINE_NAME%%-node:12", "balenalib/%%BALENA_MACHINE_NAME%%-node:12"),
        ("balenalib/%%BALENA_ARCH%%-node:12", "balenalib/%%BALENA_ARCH%%-node:12"),
    ] {
        let run = Test::new()
            .file("Dockerfile.template", format!("FROM {old} AS x\nCMD a\n"))
            .args(args)
            .args("--write")
            .writes()
            .ok();
        let text = fs::read_to_string(run.folder.join("Dockerfile.template")).unwrap();
        assert_eq!(text, format!("FROM {new} AS x\nCMD a\n"));
    }
}

#[test]
fn calls_of_the_emulator_go_only_where_they_are_first_or_last() {
    let base = "FROM balenalib/%%BALENA_ARCH%%-python:3.9\n";
    for (old, new) in [
        ("RUN cross-build-start && a \\\n # b\n && cross-build-end\n", "RUN a\n # b\n"),
        ("RUN cross-build-start && a \\\r\n # b\r\n && cross-build-end;\r\n", "RUN a\r\n # b\r\n"),
        ("RUN cross-build-start && \\\n   # a\n   b && \\\n   cross-build-end\n", "RUN \\\n   # a\n   b\n"),
        ("RUN cross-build-start \\\n # a\n && b | c || d\n", "RUN \\\n # a\n b | c || d\n"),
        ("RUN cross-build-start; if [ a ]; then b; fi; cross-build-end;\n", "RUN if [ a ]; then b; fi;\n"),
        ("RUN cross-build-start && \\\n    a && \\\n    cross-build-end\n", "RUN a\n"),
        ("RUN cross-build-start && cross-build-end && a && cross-build-end\n", "RUN a\n"),
    ] {
        let run = Test::new()
            .file("Dockerfile.template", format!("{base}{old}CMD [\"x\"]\n"))
            .args("migrate -d raspberrypi3 --write")
            .writes()
            .ok();
        let text = fs::read(run.folder.join("Dockerfile")).unwrap();
        let expected = format!("FROM python:3.11-slim\n{new}CMD [\"x\"]\n");
        assert_eq!(shown(&text), shown(expected.as_bytes()), "{old}");
        assert!(!run.stderr.contains("by-hand"), "{}", run.stderr);
    }
    for kept in [
        "RUN if [ a ]; then cross-build-start; fi; echo x\n",
        "RUN a && cross-build-start && b\n",
        "RUN cross-build-start || a\n",
        "RUN { cross-build-start; a; }\n",
        "RUN (cross-build-start && a)\n",
        "RUN cross-build-start 2>&1 && a\n",
        "RUN a | cross-build-end\n",
        "RUN <<EOF\ncross-build-start\na\nEOF\n",
        "RUN [\"sh\", \"-c\", \"cross-build-start && a\"]\n",
    ] {
        let run = Test::new()
            .file("Dockerfile.template", format!("{base}{kept}CMD [\"x\"]\n"))
            .args("migrate -d raspberrypi3 --write")
            .writes()
            .ok();
        let text = fs::read_to_string(run.folder.join("Dockerfile")).unwrap();
        assert_eq!(text, format!("FROM python:3.11-slim\n{kept}CMD [\"x\"]\n"));
        run.says(&["this script of the old image no longer exists [by-hand]"]);
    }
}

#[test]
fn what_moves_on_is_told() {
    let says = |text: &str, new: &str, all: &[&str], none: &[&str]| {
        let run = Test::new()
            .file("Dockerfile.template", text)
            .args("migrate -d raspberrypi3,raspberrypi4-64")
            .ok();
        assert!(run.text().contains(&format!("+{new}\n")), "{}", run.text());
        run.says(all);
        none.iter().for_each(|none| assert!(!run.stderr.contains(none), "{none}: {}", run.stderr));
    };
    // The first number of a version is what it was at the end.
    for (old, new) in [
        ("python:3", "python:3.11"),
        ("python:3-slim", "python:3.11-slim"),
        ("alpine-python:3", "python:3.11-alpine"),
        ("python:3-onbuild", "python:3.11"),
    ] {
        let text = format!("FROM resin/%%RESIN_MACHINE_NAME%%-{old}\nCMD [\"x\"]\n");
        let told = "python 3 was 3.6 at the end, which ended on 2021-12-23; python:3.11";
        says(&text, &format!("FROM {new}"), &[told], &[]);
    }
    let text = "FROM balenalib/%%BALENA_ARCH%%-python:3\nCMD [\"x\"]\n";
    says(text, "FROM python:3.11-slim", &[], &["new-version"]);
    let text = "FROM resin/%%RESIN_MACHINE_NAME%%-buildpack-deps\nCMD [\"x\"]\n";
    says(
        text,
        "FROM buildpack-deps:bookworm",
        &[
            "was on debian 8 (jessie), which ended on 2020-06-30; buildpack-deps:bookworm is on debian 12 (bookworm)",
        ],
        &[],
    );
    // Files are taken from an image of another version.
    let text = "FROM debian:bookworm\nCOPY --from=balenalib/%%BALENA_ARCH%%-node:12-buster /a /b\n";
    let told = [
        "2:13: warning: the old image was on debian 10 (buster), which ended on 2024-06-30; node:22-slim is on",
        "2:13: warning: node 12 ended on 2022-04-30; node:22-slim is maintained until 2027-04-30",
    ];
    says(text, "COPY --from=node:22-slim /a /b", &told, &["lost-"]);
    let text =
        "FROM debian:bookworm\nRUN --mount=from=balenalib/%%BALENA_ARCH%%-golang:1.12,target=/a x\nCMD a\n";
    says(
        text,
        "RUN --mount=from=golang:1.26,target=/a x",
        &["golang 1.12 ended on 2020-02-25; golang:1.26 is maintained [new-version]"],
        &[],
    );
    // A release that was not named matters where packages are installed.
    let text = |step: &str| format!("FROM resin/%%RESIN_MACHINE_NAME%%-python:3.6\n{step}CMD [\"x\"]\n");
    let told =
        ["the old image was on debian 8 (jessie), which ended on 2020-06-30; python:3.11 is on debian"];
    says(&text("RUN apt-get update && apt-get install -y nmap\n"), "FROM python:3.11", &told, &[]);
    says(&text(""), "FROM python:3.11", &[], &["new-release"]);
}

#[test]
fn what_the_old_image_did_by_itself() {
    let notes = |text: &str, args: &str| {
        Test::new().file("Dockerfile.template", text).args("migrate").args(args).ok().stderr
    };
    let told = "the old image's own default command ran [no-command]";
    let text = "FROM balenalib/%%BALENA_ARCH%%-python:3.9\nCOPY a b\n";
    assert!(notes(text, "-d raspberrypi3").contains(told));
    // What an onbuild image ran is told with its other steps.
    let text = "FROM resin/%%RESIN_MACHINE_NAME%%-node:6-onbuild\n";
    let onbuild = notes(text, "-d raspberrypi3");
    assert!(!onbuild.contains("no-command") && onbuild.contains("CMD [\"npm\", \"start\"]"), "{onbuild}");
    // In the first series udevd was started unless a file said otherwise.
    let udev = "and started udevd by itself: UDEV was on in it [udev]";
    for (base, step, is_told) in [
        ("resin/%%RESIN_MACHINE_NAME%%-python:3.6", "", true),
        ("resin/%%RESIN_MACHINE_NAME%%-python:3.6", "ENV UDEV off\n", false),
        ("resin/%%RESIN_MACHINE_NAME%%-python:3.6", "ENV UDEV on\n", false),
        ("resin/%%RESIN_MACHINE_NAME%%-alpine-python:3.6", "", false),
        ("balenalib/%%BALENA_ARCH%%-python:3.9", "", false),
    ] {
        let text = format!("FROM {base} AS a\n{step}CMD [\"x\"]\n");
        assert_eq!(notes(&text, "-d raspberrypi3").contains(udev), is_told, "{base} {step}");
        let text = format!("{text}FROM debian:bookworm\nCMD [\"x\"]\n");
        assert!(!notes(&text, "-d raspberrypi3").contains(udev), "{base}: not in the final stage");
    }
    let raspbian = notes("FROM resin/rpi-raspbian:buster\nCMD [\"x\"]\n", "-d raspberry-pi");
    assert!(raspbian.contains("was Raspbian, the new one is Alpine [raspbian]"), "{raspbian}");
    let raspbian = notes("FROM resin/rpi-raspbian:buster\nCMD [\"x\"]\n", "-d raspberrypi3");
    assert!(raspbian.contains("was Raspbian, the new one is Debian [raspbian]"), "{raspbian}");
}

#[test]
fn what_is_lost_on_the_way_to_the_later_series() {
    let udev = "in balenalib/ it is off, write ENV UDEV on";
    for (old, new, all, none) in [
        (
            "python:3-onbuild",
            "python:3.6-build",
            &["[omitted-version]", "[onbuild]", "UDEV was on in it [udev]", udev][..],
            &["new-version", "new-release"][..],
        ),
        ("golang:1.8", "golang:build", &["golang 1.8 is not in balenalib/ [new-version]"], &["omitted"]),
        ("debian", "debian", &["the old image was on debian jessie [new-release]"], &["new-version"]),
        ("alpine-node:8", "alpine-node:8-build", &[], &["new-", "udev"]),
    ] {
        let text = format!("FROM resin/%%RESIN_MACHINE_NAME%%-{old}\nENV INITSYSTEM on\nCMD [\"x\"]\n");
        let run =
            Test::new().file("Dockerfile.template", text).args("migrate --to balenalib -d raspberrypi3").ok();
        let new = format!("+FROM balenalib/%%BALENA_MACHINE_NAME%%-{new}\n");
        assert!(run.text().contains(&new), "{}", run.text());
        let says = |told: &str| run.stderr.contains(told);
        assert!(all.iter().all(|told| says(told)) && !none.iter().any(|told| says(told)), "{}", run.stderr);
        assert!(says("2:5: warning: INITSYSTEM made the old image start systemd"), "{}", run.stderr);
    }
}

#[test]
fn apt_is_not_answered_any_more() {
    let notes = |base: &str, step: &str| {
        let text = format!("FROM balenalib/%%BALENA_ARCH%%-{base}\nRUN {step}\nCMD [\"x\"]\n");
        let run = Test::new().file("Dockerfile.template", text).args("migrate -d raspberrypi3").ok();
        run.stderr
    };
    let told = "2:23: info: `apt-get install` without -y ends the build where apt asks whether to go on [apt-without-yes]";
    let asks = notes("debian:bookworm", "apt-get update && apt-get install nmap");
    assert!(asks.contains(told), "{asks}");
    for (base, step) in [
        ("debian:bookworm", "apt-get update && apt-get install -y nmap"),
        ("debian:bookworm", "apt-get -qy install nmap"),
        ("debian:bookworm", "apt-get install --no-install-recommends --yes nmap"),
        (
            "debian:bookworm",
            "echo 'APT::Get::Assume-Yes \"true\";' > /etc/apt/apt.conf.d/a && apt-get install a",
        ),
        ("debian:bookworm", "install_packages nmap"),
        ("alpine", "apk add nmap"),
    ] {
        assert!(!notes(base, step).contains("apt-without-yes"), "{step}");
    }
}

#[test]
fn every_name_that_services_look_for_gets_a_file() {
    let compose = "services:\n  a: {build: {context: ./s, dockerfile: Dockerfile.template}}\n  c: {build: {context: ./s}}\n";
    let old = |step: &str| format!("FROM balenalib/%%BALENA_ARCH%%-node:16\n{step}CMD [\"node\"]\n");
    for (step, expected) in [("", "are on Alpine"), ("RUN apt-get update\n", "keep the old one")] {
        let run = Test::new()
            .file("docker-compose.yml", compose)
            .file("s/Dockerfile.template", old(step))
            .args("migrate -d raspberrypi3,raspberry-pi --write")
            .writes()
            .ok();
        run.says(&["s/Dockerfile.rpi and s/Dockerfile.template.rpi", expected, "2 new files written"]);
        let new = |name: &str| fs::read_to_string(run.folder.join("s").join(name)).unwrap();
        assert_eq!(new("Dockerfile.rpi"), new("Dockerfile.template.rpi"));
        assert!(new("Dockerfile.template").starts_with("FROM node:22-slim\n"));
    }
}

#[test]
fn whoever_has_a_file_of_his_own_needs_no_other() {
    let old = "FROM balenalib/%%BALENA_ARCH%%-node:12\nRUN apt-get update\nCMD [\"node\"]\n";
    // In a project, and where the template is named by itself.
    for path in ["", "Dockerfile.template"] {
        let test = Test::new()
            .file("Dockerfile.template", old)
            .file("Dockerfile.rpi", "FROM node:22-alpine\nCMD [\"node\"]\n");
        let run = test.args("migrate -d raspberrypi3,raspberry-pi").args(path).ok();
        assert!(!run.text().contains("Dockerfile.rpi") && !run.stderr.contains("rpi"), "{}", run.stderr);
    }
    // A device that there never was an old image for cannot keep it.
    let run = Test::new()
        .file("Dockerfile.template", "FROM balenalib/%%BALENA_ARCH%%-dotnet:6.0-sdk\nCMD [\"a\"]\n")
        .args("migrate -d raspberrypi3,raspberry-pi")
        .ok();
    run.says(&["the new image does not support rpi [no-image]"]);
}

#[test]
fn what_a_variable_makes_of_an_image_is_for_nobody_to_read() {
    let old = "FROM balenalib/%%BALENA_ARCH%%-python:%%PY_VERSION%%\nCMD [\"python\"]\n";
    let run = Test::new()
        .file("Dockerfile.template", old)
        .secret("3.6.15")
        .args("migrate -d raspberrypi3 -D PY_VERSION=3.6.15")
        .ok();
    assert!(run.text().contains("+FROM python:3.11-slim\n"), "{}", run.text());
    run.says(&["[new-version]"]);
    // Two fleets, two versions: no one image follows.
    let fleets = "fleets:\n  a: {device: nuc, variables: {PY_VERSION: '3.6'}}\n  b: {device: nuc, variables: {PY_VERSION: '3.11'}}\n";
    let run = Test::new().file("Dockerfile.template", old).file("fleets.yaml", fleets).args("migrate").ok();
    assert_eq!(run.text(), "");
    run.says(&[
        "`balenalib/%%BALENA_ARCH%%-python:%%PY_VERSION%%` is not a known image, or not the same one for all device types",
    ]);
    let run = Test::new()
        .file("Dockerfile.template", old.replace("balenalib/", "resin/"))
        .args("migrate --to balenalib -d raspberrypi3 -D PY_VERSION=3.6")
        .ok();
    assert_eq!(run.text(), "");
    run.says(&["[by-hand]"]);
}

#[test]
fn programs_get_all_of_it_as_json() {
    let old = "FROM balenalib/%%BALENA_ARCH%%-node:12\nENV UDEV=1\nCMD [\"node\"]\n";
    let json = Test::new()
        .file("Dockerfile.template", old)
        .args("migrate --format json -d raspberry-pi,raspberrypi3")
        .ok()
        .json();
    let kinds: Vec<&str> =
        json["changes"].as_array().unwrap().iter().map(|change| change["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["rename", "create"]);
    assert_eq!(json["changes"][0]["from"], "Dockerfile.template");
    assert_eq!(json["changes"][0]["dockerfile"], "FROM node:22-slim\nENV UDEV=1\nCMD [\"node\"]\n");
    assert_eq!(json["devices"], serde_json::json!(["raspberry-pi", "raspberrypi3"]));
    let udev = json["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "udev").unwrap();
    assert_eq!((udev["line"].as_u64(), udev["severity"].as_str()), (Some(2), Some("warning")));
}

#[test]
fn much_of_anything_takes_no_time_to_speak_of() {
    let repeated = |piece: &str, number: usize| piece.repeat(number);
    let old = "FROM balenalib/%%BALENA_ARCH%%-debian:buster-build\n";
    let texts = [
        repeated(old, 2_000),
        (0..800).map(|n| format!("FROM balenalib/%%BALENA_ARCH%%-debian:b{n} AS s{n}\n")).collect(),
        old.to_owned() + &repeated("RUN install_packages a b || true\n", 4_000),
        format!("{old}RUN {}\n", repeated("install_packages $(a; ", 1_500)),
        format!("{old}RUN <<EOF\n{}EOF\n", repeated("install_packages 'a\n", 5_000)),
        format!("{old}RUN {}x\n", repeated("cross-build-start && ", 3_000)),
        repeated("ARG A=balenalib/%%BALENA_ARCH%%-debian\n", 2_000) + &repeated("FROM $A\n", 2_000),
        repeated("ARG A=$A$A\n", 2_000) + old,
        old.to_owned() + &repeated("ENV A b c\nENV UDEV=1\nMAINTAINER x\n", 3_000),
    ];
    for text in texts {
        at_most(20, &text[..200], || {
            let once = library::migrate(&text, false, true, true);
            assert_eq!(library::migrate(&once, false, true, true), once);
        });
    }
}

#[test]
fn a_name_that_comes_to_nothing_is_told() {
    for (text, says) in [
        ("FROM balenalib/%%FOO_BAR%%-python:3\n", "1:16: error: unknown placeholder %%FOO_BAR%%"),
        ("FROM resin/%%X\n", "`resin/%%X` is not a valid image reference"),
    ] {
        Test::new().file("Dockerfile.template", text).args("migrate").refuses([says]);
    }
    let defined = Test::new().file("Dockerfile.template", "FROM balenalib/%%FOO_BAR%%-python:3\n");
    defined.args("migrate -d nuc -D FOO_BAR=mine").ok().says(&[
        "is not a known image, or not the same one for all device types [no-image]",
        "nothing to change",
    ]);
    let plain = "FROM balenalib/%%BALENA_ARCH%%-python:3\n";
    Test::new().file("Dockerfile", plain).args("migrate -d nuc").ok().says(&["[no-image]"]);
}

/// Pieces of which Dockerfiles are put together, good ones and odd ones.
const PIECES: &[&str] = &[
    "FROM balenalib/%%BALENA_MACHINE_NAME%%-python:3.8-build AS build\n",
    "FROM balenalib/%%BALENA_ARCH%%-node\n",
    "FROM resin/%%RESIN_MACHINE_NAME%%-golang:1.10-slim\r\n",
    "FROM --platform=linux/%%BALENA_ARCH%% balenalib/%%BALENA_ARCH%%-alpine:3.9\n",
    "FROM balenalib/raspberrypi3-rust\n",
    "FROM balenalib/%%BALENA_MACHINE_NAME%%-fedora-node:12\n",
    "FROM $BASE\n",
    "FROM balenalib/${ARCH}-debian:${R:-buster}\n",
    "FROM build\n",
    "FROM %%X\n",
    "FROM\n",
    "ARG BASE=balenalib/%%BALENA_ARCH%%-debian\n",
    "ARG ARCH=%%BALENA_ARCH%% R=\"stretch\"\n",
    "ARG ARCH\n",
    "RUN install_packages a b \\\n    c \\\n\n  && make\n",
    "RUN a || install_packages \"$(cat x)\" 2>&1 | tee\n",
    "RUN install_packages `x\n",
    "RUN install_packages\n",
    "RUN (install_packages a;install_packages b)\n",
    "RUN [ \"cross-build-start\" ]\n",
    "RUN cross-build-start && make && cross-build-end\n",
    "RUN cross-build-end; \n",
    "RUN cross-build-start && \\\n  # x\n  a && \\\n # y\n cross-build-end\n",
    "RUN [\"sh\", \"-c\", \"install_packages a\\u0020\"]\n",
    "RUN <<EOF\ninstall_packages x\n# y\nEOF\n",
    "RUN <<EOF install_packages y\n",
    "COPY --from=balenalib/%%BALENA_ARCH%%-node:14 /a /b\n",
    "COPY --from=build a b\n",
    "ONBUILD RUN install_packages z\n",
    "ENV INITSYSTEM on\n",
    "ENV A b c\n",
    "ENV A \"b c\" \\\n",
    "MAINTAINER me \"x\" \\\n  <y@z>\n",
    "MAINTAINER you\n",
    "CMD /usr/bin/entry.sh\n",
    "ENTRYPOINT [\"bash\", \"-c\", \"python x\"]\n",
    "# escape=`\n",
    "# a comment %%BALENA_ARCH%%\n",
    "\n",
    "   \t\r\n",
    "\\\n",
    "'",
    "\"",
    "\u{feff}",
    "é",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in a file, migrating it once more changes nothing, and nothing panics.
    #[test]
    fn a_second_time_nothing_changes(
        pieces in prop::collection::vec(0..PIECES.len(), 0..12),
        to_balenalib in any::<bool>(),
        modernise in any::<bool>(),
        are_named in any::<bool>(),
    ) {
        let text: String = pieces.iter().map(|at| PIECES[*at]).collect();
        let once = library::migrate(&text, to_balenalib, modernise, are_named);
        let twice = library::migrate(&once, to_balenalib, modernise, are_named);
        prop_assert_eq!(shown(twice.as_bytes()), shown(once.as_bytes()), "of {:?}", text);
    }
}

/// Beginnings and steps of files that can be built.
const BASES: &[&str] = &[
    "balenalib/%%BALENA_MACHINE_NAME%%-python:3.7-buster-run",
    "balenalib/%%BALENA_ARCH%%-debian-python",
    "balenalib/%%BALENA_MACHINE_NAME%%-alpine-node:14-3.12-build",
    "balenalib/%%BALENA_MACHINE_NAME%%-node:19.6.1-bullseye",
    "balenalib/%%BALENA_ARCH%%-ubuntu:focal",
    "balenalib/%%BALENA_ARCH%%-ubuntu-golang:1.17-bionic-build",
    "balenalib/%%BALENA_MACHINE_NAME%%-golang:latest",
    "balenalib/%%BALENA_MACHINE_NAME%%-openjdk:11-jdk-build",
    "balenalib/%%BALENA_MACHINE_NAME%%-dotnet:6.0-runtime-bullseye-run-20220501",
    "balenalib/%%BALENA_MACHINE_NAME%%",
    "balenalib/%%BALENA_MACHINE_NAME%%:stretch-build",
    "resin/%%RESIN_MACHINE_NAME%%-node",
    "resin/%%RESIN_MACHINE_NAME%%-alpine-python:3.6-slim",
    "resin/%%RESIN_MACHINE_NAME%%-buildpack-deps:stretch",
    "resin/rpi-raspbian:jessie",
    "python:3.12-slim",
];
const STEPS: &[&str] = &[
    "RUN install_packages git curl\n",
    "RUN install_packages \\\n    libudev-dev \\\n    build-essential && make\n",
    "RUN [ \"cross-build-start\" ]\n",
    "RUN cross-build-start && make && cross-build-end\n",
    "ENV INITSYSTEM on\n",
    "ENV UDEV=1\n",
    "WORKDIR /usr/src/app\r\n",
    "RUN pip install --no-cache-dir flask==2.0.1 || true\n",
    "\n# a comment\n\n",
    "CMD [\"bash\", \"start.sh\"]\n",
    "MAINTAINER Jane Doe\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// What can be built has no error behind it that was not there before.
    #[test]
    fn what_is_migrated_passes_a_check(
        stages in prop::collection::vec((0..BASES.len(), prop::collection::vec(0..STEPS.len(), 0..5)), 1..4),
        modernise in any::<bool>(),
    ) {
        let steps = |steps: &[usize]| steps.iter().map(|at| STEPS[*at]).collect::<String>();
        let stage = |(base, own): &(usize, Vec<usize>)| format!("FROM {}\n{}", BASES[*base], steps(own));
        let text: String = stages.iter().map(stage).collect();
        let new = library::migrate(&text, false, modernise, true);
        let before = library::errors(&text);
        let errors: Vec<_> = library::errors(&new).into_iter().filter(|error| !before.contains(error)).collect();
        prop_assert!(errors.is_empty(), "{:?} of\n{}of\n{}", errors, new, text);
        prop_assert_eq!(library::migrate(&new, false, modernise, true), new);
    }
}

/// Migration without the program around it.
mod library {
    use std::path::Path;

    use dtpl::migrate::{Request, To, run};
    use dtpl::workspace::{self, Definitions, Services, Targets, Workspace, select};
    use dtpl::{Diagnostics, Place, Registry, Severity, check};

    /// A template by itself.
    fn alone(text: &str) -> Services {
        let workspace = Workspace::open(&workspace::Request::new(Path::new("-")), &mut text.as_bytes());
        workspace.unwrap().into_services(&[], 1).unwrap().0
    }

    /// What a check has against a template, for two of the device types.
    pub fn errors(text: &str) -> Vec<String> {
        let registry = Registry::embedded();
        let services = alone(text);
        let devices = select(&registry, "raspberrypi3,intel-nuc", &Place::Flag("-D")).unwrap();
        let targets = Targets::new(&registry, &Definitions::default(), false)
            .of_devices(&devices, &mut Diagnostics::new());
        let findings = check::run(&check::Request::new(&services, &targets, &registry));
        let findings = findings.unwrap();
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        errors.map(|finding| format!("{}: {}", finding.rule, finding.message)).collect()
    }

    /// What a template becomes for three device types; the text itself when it stays.
    pub fn migrate(text: &str, to_balenalib: bool, modernise: bool, are_named: bool) -> String {
        let registry = Registry::embedded();
        let services = alone(text);
        let place = Place::Flag("-D");
        let devices = select(&registry, "raspberry-pi,raspberrypi3,intel-nuc", &place).unwrap();
        let targets = Targets::new(&registry, &Definitions::default(), false)
            .of_devices(&devices, &mut Diagnostics::new());
        let mut request = Request::new(&services, &targets, &registry);
        request.are_named = are_named;
        request.alone = Some("Dockerfile.template");
        request.to = if to_balenalib { To::Balenalib } else { To::Official };
        request.modernise = modernise;
        let migration = run(&request).unwrap();
        let main = migration.changes.iter().find(|change| change.old_path.is_some());
        main.map_or_else(|| text.to_owned(), |change| String::from_utf8(change.new.clone()).unwrap())
    }
}

#[test]
fn a_tera_template_is_left_to_a_person() {
    let old = "{% if arch.slug == \"rpi\" %}FROM balenalib/rpi-python{% else %}FROM python:3.13{% endif %}\n";
    let run = Test::new().file("Dockerfile.tera", old).args("migrate -d raspberrypi3").ok();
    assert_eq!(run.text(), "");
    run.says(&["Dockerfile.tera:1:33: warning: an old image in a Tera template", "[tera-template]"]);
}

#[test]
fn a_project_of_images_only_is_for_the_device_types_of_the_scope() {
    let project = |args: &str| {
        Test::new()
            .file("docker-compose.yml", "services: {a: {image: balenalib/raspberrypi3-python}}\n")
            .args("migrate")
            .args(args)
    };
    project("-d nuc,raspberrypi3").ok().says(&["nothing to change; 1 warning", "for 2 device types"]);
    let json = project("-d nuc,raspberrypi3 --format json").ok().json();
    let names = serde_json::json!(["intel-nuc", "raspberrypi3"]);
    assert_eq!(json["devices"], names);
    assert_eq!(json["findings"][0]["devices"], names);
    assert!(project("--format json").ok().json()["devices"].as_array().unwrap().len() > 50);
}
