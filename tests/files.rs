//! Files, streams and surroundings that fail or try to mislead: groups E, F and O of the catalogue of
//! bad inputs, as far as `render` and `devices` meet them.

#![cfg(unix)]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::{Test, as_nobody, ending_signals, skipped, tool, tree};

const TEMPLATE: &str = "FROM %%BALENA_MACHINE_NAME%%\n";

fn output(name: &str) -> Test {
    Test::template(TEMPLATE).arg("-o").arg(name).writes()
}

/// Renders templates into outputs, none waiting for another.
fn all_at_once(folder: &Path, outputs: impl Iterator<Item = (String, String)>) {
    let start = |(output, template): (String, String)| {
        Command::new(env!("CARGO_BIN_EXE_dtpl"))
            .args(["render", "-q", "-d", "nuc", "-o", &output, &template])
            .current_dir(folder)
            .spawn()
            .unwrap()
    };
    let runs: Vec<_> = outputs.map(start).collect();
    for mut run in runs {
        assert!(run.wait().unwrap().success());
    }
}

#[test]
fn a_new_file_has_the_mode_that_the_umask_leaves() {
    let run = output("out").shell("umask 027;").ok();
    assert_eq!(fs::read(run.folder.join("out")).unwrap(), b"FROM raspberrypi3\n");
    assert_eq!(fs::metadata(run.folder.join("out")).unwrap().mode() & 0o777, 0o640);
    assert_eq!(tree(&run.folder).len(), 2, "something else is left");
}

#[test]
fn f15_a_replaced_file_keeps_its_mode() {
    let test = output("out").file("out", "old");
    fs::set_permissions(test.path().join("out"), fs::Permissions::from_mode(0o600)).unwrap();
    let run = test.ok();
    assert_eq!(fs::read(run.folder.join("out")).unwrap(), b"FROM raspberrypi3\n");
    assert_eq!(fs::metadata(run.folder.join("out")).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn f14_an_equal_file_is_not_touched() {
    let test = output("out").file("out", "FROM raspberrypi3\n");
    let before = fs::metadata(test.path().join("out")).unwrap();
    let run = test.ok();
    let after = fs::metadata(run.folder.join("out")).unwrap();
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
    for other in ["FROM raspberrypi4\n", "FROM raspberrypi3", "FROM raspberrypi3\nx"] {
        let run = output("out").file("out", other).ok();
        assert_eq!(fs::read(run.folder.join("out")).unwrap(), b"FROM raspberrypi3\n");
    }
}

#[test]
fn f01_f20_outputs_that_are_no_plain_files() {
    let link = output("out").file("target", "old");
    symlink("target", link.path().join("out")).unwrap();
    link.cannot(["out: error: cannot write: it is a symbolic link"]);
    let fifo = output("out");
    assert!(Command::new("mkfifo").arg(fifo.path().join("out")).status().unwrap().success());
    fifo.cannot(["out: error: cannot write: it is not a regular file"]);
    output("/dev/null").cannot(["/dev/null: error: cannot write: it is not a regular file"]);
}

#[test]
fn f05_outputs_that_cannot_be_meant() {
    output(".").cannot([".: error: the output is a directory"]);
    output("/").cannot(["/: error: the output is a directory"]);
    output("new/").cannot(["new/: error: the output is a directory"]);
    output("Dockerfile.template").cannot(["Dockerfile.template: error: the output is the template itself"]);
    output("./x/../Dockerfile.template").file("x/y", "").cannot(["the output is the template itself"]);
}

#[test]
fn f05_inputs_are_not_replaced() {
    output("e")
        .file("e", "AA=1\n")
        .args("--env-file e")
        .cannot(["e: error: the output is one of the inputs"]);
    output("r")
        .file("r", "device_types: {x: {arch: amd64}}\n")
        .args("--registry r")
        .cannot(["r: error: the output is one"]);
}

/// The files of the project that a result is made from stay what they are.
#[test]
fn f05_a_result_replaces_no_file_of_the_project() {
    let project = |args: &str| {
        Test::new()
            .file(
                "docker-compose.yml",
                "services: {web: {extends: {file: base.yml, service: b}, build: ./web}}\n",
            )
            .file("base.yml", "services: {b: {environment: [A=1]}}\n")
            .file(".env", "A=1\n")
            .file("fleets.yaml", "fleets: {a: {device: nuc}}\n")
            .file("list.json", "[{\"name\": \"b\", \"device\": \"nuc\"}]")
            .file("balena.yml", "name: x\n")
            .file("web/Dockerfile.template", TEMPLATE)
            .file("web/Dockerfile.raspberrypi3", "FROM x\n")
            .file("e", "AA=1\n")
            .args(args)
    };
    let devices = "-d nuc,raspberrypi3 --env-file e";
    let mut commands =
        vec!["render -d nuc --env-file e".to_owned(), "render --fleet b --fleets list.json".to_owned()];
    for format in ["plan", "ndjson", "bake", "tar", "matrix"] {
        commands.push(format!("batch {devices} --format {format}"));
        commands.push(format!("batch --fleets list.json --format {format}"));
    }
    for command in &commands {
        for file in ["docker-compose.yml", "base.yml", ".env", "balena.yml"] {
            project(command)
                .arg("-o")
                .arg(file)
                .cannot([&*format!("{file}: error: the output is one of the inputs")]);
        }
        let (own, not_read) =
            if command.contains("list.json") { ("list.json", "e") } else { ("fleets.yaml", "list.json") };
        project(command).arg("-o").arg(own).cannot([": error: the output is one of the inputs"]);
        project(command).arg("-o").arg(not_read).writes().ok();
        project(command)
            .args("-o web/Dockerfile.template")
            .cannot(["web/Dockerfile.template: error: the output is the template itself"]);
        // An earlier result is replaced.
        project(command).args("-o web/result").file("web/result", "old").writes().ok();
    }
    project(&format!("batch {devices} --format bake -o web/Dockerfile.raspberrypi3"))
        .cannot(["the output is the template itself"]);
    project("batch -d nuc --format bake -o web/Dockerfile.template web/Dockerfile.template")
        .cannot(["the output is the template itself"]);
}

#[test]
fn f05_a_template_whose_name_is_not_utf8() {
    let name = OsStr::from_bytes(b"\xff.t");
    let test = Test::new().args("render -d nuc");
    fs::write(test.path().join(name), TEMPLATE).unwrap();
    test.arg(name).arg("-o").arg(name).cannot(["the output is the template itself"]);
}

#[test]
fn check_reads_only_what_could_be_written() {
    for (name, message) in
        [("/dev/zero", "it is not a regular file"), ("/dev/null", "it is not a regular file")]
    {
        output(name).arg("--check").cannot([message]);
    }
    let link = output("out").arg("--check");
    symlink("none", link.path().join("out")).unwrap();
    link.cannot(["out: error: cannot read: it is a symbolic link"]);
    let fifo = output("out").arg("--check");
    assert!(Command::new("mkfifo").arg(fifo.path().join("out")).status().unwrap().success());
    fifo.cannot(["out: error: cannot read: it is not a regular file"]);
}

#[test]
fn warnings_that_nobody_reads_change_nothing() {
    let test = Test::template("RUN %%arch%%\n");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dtpl"))
        .args(["render", "-v", "-d", "nuc"])
        .current_dir(test.path())
        .stderr(full)
        .output()
        .unwrap();
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(0), &b"RUN %%arch%%\n"[..]));
}

#[test]
fn f18_names_as_long_as_they_may_be() {
    // A cut in the middle of a character, at each of its bytes, and where there are no characters.
    let names = [
        "x".repeat(245).into_bytes(),
        "x".repeat(246).into_bytes(),
        "x".repeat(255).into_bytes(),
        "\u{1F4E6}".repeat(63).into_bytes(),
        format!("a{}", "\u{1F4E6}".repeat(63)).into_bytes(),
        format!("ab{}", "\u{1F4E6}".repeat(63)).into_bytes(),
        format!("abc{}", "\u{1F4E6}".repeat(63)).into_bytes(),
        "\u{e9}".repeat(127).into_bytes(),
        vec![b'\xff'; 255],
        vec![b'\x80'; 255],
    ];
    for name in names {
        let name = OsStr::from_bytes(&name);
        let test = Test::template(TEMPLATE).arg("-o").arg(name).writes();
        if fs::write(test.path().join(name), "old").is_err() {
            // Some file systems take no such names.
            continue;
        }
        let run = test.ok();
        assert_eq!(fs::read(run.folder.join(name)).unwrap(), b"FROM raspberrypi3\n");
        assert_eq!(tree(&run.folder).len(), 2, "{name:?}");
    }
    output(&"x".repeat(256)).cannot(["error: cannot write: File name too long"]);
}

#[test]
fn f12_long_names_that_begin_alike_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t"), TEMPLATE.repeat(20_000)).unwrap();
    let names: Vec<String> = (0..8).map(|n| format!("{}{n}", "x".repeat(254))).collect();
    all_at_once(folder.path(), names.iter().map(|name| (name.clone(), "t".to_owned())));
    for name in &names {
        let expected = "FROM intel-nuc\n".repeat(20_000);
        assert!(fs::read_to_string(folder.path().join(name)).unwrap() == expected, "{name}");
    }
    assert_eq!(tree(folder.path()).len(), names.len() + 1);
}

#[test]
fn verbose_says_which_files_and_variables_are_used() {
    let template = "FROM %%FOO%%:%%BALENA_ARCH%%\nRUN %%BALENA_APP_NAME%% %%BAR%% %%FOO%%\n\
        RUN %%BAZ%% %%BALENA_SERVICE_NAME%% %%DTPL_GOARCH%% %%OF_FLEET%%\n";
    let test = Test::new()
        .file("p/Dockerfile.template", template)
        .file("p/docker-compose.yml", "services: {web: {build: .}}\n")
        .file("p/fleets.yaml", "fleets:\n  f:\n    device: nuc\n    variables:\n      OF_FLEET: hidden-a\n")
        .file("e\u{202e}", "# nothing\nBAR=hidden-b\nBAZ=hidden-c\n")
        .file("r.yaml", "device_types: {x: {arch: amd64}}\n")
        .env("DTPL_REGISTRY", "r.yaml")
        .args("render -v --fleet f -D FOO=hidden-d --env-file e\u{202e} --define=BAZ=hidden-e p");
    let test = ["a", "b", "c", "d", "e"].iter().fold(test, |test, end| test.secret(&format!("hidden-{end}")));
    let run = test.ok();
    let expected = [
        "reading p/fleets.yaml",
        "reading r.yaml",
        "reading e\\u{202e}",
        "reading p/docker-compose.yml",
        "rendering p/Dockerfile.template for intel-nuc",
        "FOO from -D",
        "BALENA_ARCH from the device type",
        "BALENA_APP_NAME from --fleet",
        "BAR from e\\u{202e}:2",
        "BAZ from -D",
        "BALENA_SERVICE_NAME from the service",
        "DTPL_GOARCH from the device type",
        "OF_FLEET from p/fleets.yaml:5",
    ];
    assert_eq!(run.stderr.lines().collect::<Vec<_>>(), expected);
    Test::new()
        .file("t", "RUN %%FOO%% %%BALENA_ARCH%% %%BALENA_MACHINE_NAME%% %%BALENA_SERVICE_NAME%%\n")
        .env("DTPL_DEFINE", "FOO=hidden")
        .secret("hidden")
        .args("render -v -d odd -A armv7hf --service s t")
        .ok()
        .says(&["FOO from DTPL_DEFINE\nBALENA_ARCH from the arch\n"])
        .says(&["BALENA_MACHINE_NAME from the device type\nBALENA_SERVICE_NAME from --service\n"]);
}

#[test]
fn verbose_is_brief_and_knows_tera() {
    let letter = |n: usize| char::from(b'A' + n as u8);
    let names: Vec<String> = (0..676).map(|n| format!("N{}{}", letter(n / 26), letter(n % 26))).collect();
    let test = Test::template(names.iter().map(|name| format!("RUN %%{name}%%\n")).collect::<String>())
        .file("e", names.iter().map(|name| format!("{name}=x\n")).collect::<String>())
        .args("-v --env-file e");
    let run = test.ok();
    assert_eq!(run.stderr.lines().count(), 103);
    run.says(&["NAA from e:1\n", "and 576 more variables\n"]);
    Test::new()
        .file("p/Dockerfile.tera", "FROM {{ FOO }}\n{% include \"part\" %}")
        .file("p/part", "RUN {{ device.slug }}\n")
        .args("render -v -d nuc -D FOO=hidden p")
        .secret("hidden")
        .ok()
        .says(&["rendering p/Dockerfile.tera for intel-nuc\n", "reading p/part\n", "FOO from -D\n"]);
}

#[test]
fn f06_a_folder_that_is_not_there() {
    output("none/out").cannot(["none/out: error: cannot write: No such file"]);
}

#[test]
fn f07_no_space_left() {
    // A file system of its own, as small as they come; needs root.
    let test = output("small/out").file("small/x", "");
    let small = test.path().join("small");
    let Some(mount) = tool("mount") else { return };
    let mounted = Command::new(mount)
        .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
        .arg(&small)
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        return skipped("no file system can be mounted here");
    }
    fs::write(small.join("out"), "old").unwrap();
    let folder = test.path().to_owned();
    let big = format!("FROM {}\n", "x".repeat(200_000));
    fs::write(folder.join("Dockerfile.template"), big).unwrap();
    let result = std::panic::catch_unwind(|| test.cannot(["small/out: error: cannot write: No space left"]));
    let left = tree(&small);
    Command::new("umount").arg("-l").arg(&small).status().unwrap();
    result.unwrap();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn e05_a_file_size_limit() {
    let test = output("out").file("out", "old").shell("ulimit -f 8;");
    fs::write(test.path().join("Dockerfile.template"), "x".repeat(100_000)).unwrap();
    test.cannot(["out: error: cannot write: File too large"]);
}

#[test]
fn e05_a_file_size_limit_of_stdout() {
    let test = Test::template(format!("{TEMPLATE}{}", "RUN true\n".repeat(10_000)));
    for args in [
        "devices",
        "devices --format json",
        "images --stack python",
        "render -d nuc",
        "explain -d nuc",
        "batch -q --format ndjson --devices all",
        "man",
        "completions bash",
        "--help",
    ] {
        let output = Command::new("bash")
            .args(["-c", "ulimit -f 1; exec \"$0\" \"$@\" > out", env!("CARGO_BIN_EXE_dtpl")])
            .args(args.split(' '))
            .current_dir(test.path())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args}: {:?}: {stderr}", output.status);
        assert!(stderr.contains(": File too large") && !stderr.contains("panicked"), "{args}: {stderr}");
    }
}

#[test]
fn f09_f13_a_killed_run_leaves_a_whole_file_and_the_next_one_tidies_up() {
    // Killed at each system call in turn, until a run gets through, which is so where no more are made.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Dockerfile.template"), TEMPLATE).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_dtpl"));
    let Some(strace) = tool("strace") else { return };
    let run = |inject: Option<String>| {
        fs::write(folder.path().join("out"), "old").unwrap();
        let mut command = Command::new(if inject.is_some() { &strace } else { program });
        if let Some(inject) = inject {
            command.args(["-o", "/dev/null", "-e", &inject]).arg(program);
        }
        command
            .args(["render", "-d", "nuc", "-o", "out"])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .status()
            .unwrap()
    };
    // strace counts each system call for itself.
    for call in ["openat", "flock", "fchmod", "write", "fsync", "rename", "close"] {
        for when in 1..100 {
            let status = run(Some(format!("inject={call}:signal=SIGKILL:when={when}")));
            let content = fs::read_to_string(folder.path().join("out")).unwrap();
            assert!(["old", "FROM intel-nuc\n"].contains(&content.as_str()), "torn: {content:?}");
            if status.success() {
                assert!(when > 1, "{call} was not hit");
                break;
            }
        }
        assert!(run(None).success());
        assert_eq!(tree(folder.path()).len(), 2, "{call}: {:?}", tree(folder.path()));
    }
}

/// A run in a folder, with something injected; nothing when there is no strace.
fn injected(folder: &Path, inject: &str, args: &str) -> Option<Output> {
    let output = Command::new(tool("strace")?)
        .args(["-o", "/dev/null", "-e", inject, env!("CARGO_BIN_EXE_dtpl")])
        .args(args.split(' '))
        .current_dir(folder)
        .output();
    Some(output.unwrap())
}

#[test]
fn f11_signals_while_a_file_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("RUN echo {}\n", "x".repeat(100));
    fs::write(folder.path().join("t"), format!("{TEMPLATE}{}", line.repeat(30_000))).unwrap();
    fs::write(folder.path().join("out"), "old").unwrap();
    let explain = "explain -d nuc -o out t".to_owned();
    let batch = "batch -q --format ndjson --devices intel-nuc -o out .".to_owned();
    for (signal, number) in ending_signals() {
        for args in ["render -d nuc -o out t", "render -d nuc --format json -o out t"] {
            let inject = format!("inject=write:signal=SIG{signal}:when=2");
            let Some(output) = injected(folder.path(), &inject, args) else { return };
            assert_eq!(output.status.signal(), Some(number), "{args}: {output:?}");
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args}");
            assert_eq!(fs::read(folder.path().join("out")).unwrap(), b"old", "{args}");
            assert_eq!(tree(folder.path()).len(), 2, "{args}: something is left");
        }
    }
    fs::write(folder.path().join("t"), TEMPLATE).unwrap();
    fs::write(folder.path().join("Dockerfile.template"), TEMPLATE).unwrap();
    for args in [explain, batch] {
        let Some(output) = injected(folder.path(), "inject=write:signal=SIGTERM:when=1", &args) else {
            return;
        };
        assert_eq!(output.status.signal(), Some(15), "{args}: {output:?}");
        assert_eq!(fs::read(folder.path().join("out")).unwrap(), b"old", "{args}");
        assert_eq!(tree(folder.path()).len(), 3, "{args}: something is left");
    }
}

#[test]
fn f11_a_signal_at_every_call() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t"), TEMPLATE).unwrap();
    for call in ["openat", "flock", "fchmod", "write", "fsync", "rename", "close"] {
        for when in 1..100 {
            fs::write(folder.path().join("out"), "old").unwrap();
            let inject = format!("inject={call}:signal=SIGTERM:when={when}");
            let Some(output) = injected(folder.path(), &inject, "render -d nuc -o out t") else { return };
            let content = fs::read_to_string(folder.path().join("out")).unwrap();
            assert!(["old", "FROM intel-nuc\n"].contains(&content.as_str()), "{inject}: {content:?}");
            assert_eq!(tree(folder.path()).len(), 2, "{inject}: {:?}", tree(folder.path()));
            if output.status.success() {
                assert!(when > 1, "{call} was not hit");
                break;
            }
            assert_eq!(output.status.signal(), Some(15), "{inject}: {output:?}");
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{inject}");
        }
    }
}

#[test]
fn f11_a_run_that_waits_for_its_turn_can_be_ended() {
    let test = output("out").file(".out.dtpl-tmp", "half");
    let other = fs::File::open(test.path().join(".out.dtpl-tmp")).unwrap();
    other.lock().unwrap();
    for (signal, number) in ending_signals() {
        let mut run = Command::new(env!("CARGO_BIN_EXE_dtpl"))
            .args(["render", "-d", "nuc", "-o", "out"])
            .current_dir(test.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(150));
        assert!(run.try_wait().unwrap().is_none(), "it did not wait");
        assert!(Command::new("kill").args(["-s", signal, &run.id().to_string()]).status().unwrap().success());
        let until = Instant::now() + Duration::from_secs(60);
        while run.try_wait().unwrap().is_none() {
            if Instant::now() > until {
                run.kill().unwrap();
                panic!("{signal} did not end it");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = run.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(number));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
    // What belongs to the other run is still there, and goes when that has ended.
    assert_eq!(tree(test.path()).len(), 2);
    drop(other);
    assert_eq!(tree(&test.ok().folder).len(), 2);
}

#[test]
fn f13_what_a_killed_run_left_of_a_read_only_file_is_removed() {
    let Some(nobody) = as_nobody("") else { return };
    for (mode, is_removed) in [(0o666, true), (0o444, true), (0o000, false)] {
        let test = output("out").file("out", "old").file(".out.dtpl-tmp", "half").shell(&nobody);
        let of_all = |name: &str, mode: u32| {
            fs::set_permissions(test.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
        };
        of_all("", 0o777);
        of_all("out", 0o444);
        of_all(".out.dtpl-tmp", mode);
        if is_removed {
            let run = test.ok();
            assert_eq!(fs::read(run.folder.join("out")).unwrap(), b"FROM raspberrypi3\n");
            assert_eq!(tree(&run.folder).len(), 2, "{mode:o}: something is left");
        } else {
            test.cannot(["out: error: cannot write", ".out.dtpl-tmp"]);
        }
    }
}

#[test]
fn f08_a_failing_call_leaves_the_old_file() {
    let Some(strace) = tool("strace") else { return };
    for call in ["write", "fsync", "rename", "openat", "flock"] {
        for error in ["ENOSPC", "EIO", "EDQUOT"] {
            for when in 1..12 {
                let folder = tempfile::tempdir().unwrap();
                fs::write(folder.path().join("Dockerfile.template"), TEMPLATE).unwrap();
                fs::write(folder.path().join("out"), "old").unwrap();
                let inject = format!("inject={call}:error={error}:when={when}");
                let status = Command::new(&strace)
                    .args(["-o", "/dev/null", "-e", &inject, env!("CARGO_BIN_EXE_dtpl")])
                    .args(["render", "-d", "nuc", "-o", "out"])
                    .current_dir(folder.path())
                    .stderr(Stdio::null())
                    .status()
                    .unwrap();
                let content = fs::read_to_string(folder.path().join("out")).unwrap();
                let expected = if status.success() { "FROM intel-nuc\n" } else { "old" };
                assert_eq!(content, expected, "{inject}");
                assert_eq!(tree(folder.path()).len(), 2, "{inject}");
                if status.success() {
                    break;
                }
            }
        }
    }
}

#[test]
fn f12_two_runs_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let texts: Vec<String> =
        (0..8).map(|n| format!("FROM x\n# {}\n", n.to_string().repeat(50_000))).collect();
    for (n, text) in texts.iter().enumerate() {
        fs::write(folder.path().join(format!("{n}.template")), text).unwrap();
    }
    all_at_once(folder.path(), (0..texts.len()).map(|n| ("out".to_owned(), format!("{n}.template"))));
    let content = fs::read_to_string(folder.path().join("out")).unwrap();
    assert!(texts.contains(&content), "a mix of two");
    assert_eq!(tree(folder.path()).len(), texts.len() + 1);
}

#[test]
fn something_else_in_the_place_of_the_temporary_file() {
    let test = output("out").file(".out.dtpl-tmp/x", "mine");
    test.cannot(["out: error: cannot write: .out.dtpl-tmp is in the way"]);
    let name = "a\u{1b}[31m";
    let test = output(name).file(&format!(".{name}.dtpl-tmp/x"), "mine");
    test.cannot(["a\\u{1b}[31m: error: cannot write: .a\\u{1b}[31m.dtpl-tmp is in the way"]);
    let link = output("out").file("target", "mine");
    symlink("target", link.path().join(".out.dtpl-tmp")).unwrap();
    link.cannot(["out: error: cannot write: .out.dtpl-tmp is in the way"]);
}

#[test]
fn o01_a_reader_that_goes_away() {
    let big = "x".repeat(4_000_000);
    let test = Test::template(&big);
    let script = "set -o pipefail; \"$0\" render -q -d nuc Dockerfile.template | head -c 10 >/dev/null; echo ${PIPESTATUS[0]}";
    let output = Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_dtpl")])
        .current_dir(test.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn o02_a_stream_that_is_full() {
    for args in ["render -d nuc", "devices", "man", "--help"] {
        let test = Test::template(TEMPLATE);
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_dtpl"))
            .args(args.split(' '))
            .current_dir(test.path())
            .stdout(full)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{args}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("No space left"), "{args}");
    }
}

#[test]
fn o03_e06_e11_the_same_bytes_in_any_surroundings() {
    let plain = Test::template(TEMPLATE).args("--format json").ok().stdout;
    for (name, value) in
        [("LC_ALL", "C"), ("TZ", "Asia/Kathmandu"), ("HOME", "/none"), ("PATH", ""), ("COLUMNS", "7")]
    {
        Test::template(TEMPLATE).args("--format json").env(name, value).stdout(&plain);
    }
}

#[test]
fn e01_e02_e04_little_memory_few_files_no_threads() {
    for limit in ["ulimit -v 131072;", "ulimit -n 8;", "ulimit -u 1;"] {
        Test::template(TEMPLATE).shell(limit).stdout("FROM raspberrypi3\n");
    }
    Test::new()
        .args("render -d nuc /dev/zero")
        .shell("ulimit -v 262144;")
        .refuses(["/dev/zero: error: longer"]);
}

#[test]
fn e07_a_working_folder_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("cd {0} && rm -r {0} && \"$0\" render -d nuc; echo $?", folder.path().display());
    let output = Command::new("bash").args(["-c", &script, env!("CARGO_BIN_EXE_dtpl")]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let status = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert!(["1", "2"].contains(&status.as_str()), "{status}: {stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn e09_e10_no_network_no_process_no_other_files() {
    let test = Test::template(TEMPLATE);
    let log = test.path().join("log");
    let Some(strace) = tool("strace") else { return };
    let status = Command::new(strace)
        .args(["-f", "-o"])
        .arg(&log)
        .args(["-e", "trace=network,process,openat", env!("CARGO_BIN_EXE_dtpl"), "render", "-d", "nuc"])
        .current_dir(test.path())
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("Dockerfile.template"), "{log}");
    assert!(!log.contains("socket(") && !log.contains("fork("), "{log}");
    assert!(!log.contains("clone(") && !log.contains("clone3("), "{log}");
    assert_eq!(log.matches("execve(").count(), 1, "{log}");
    let allowed = ["/lib", "/etc/ld.so", "/usr/lib", "/proc/self/", "/sys/fs/cgroup", "Dockerfile.template"];
    for line in log.lines().filter(|line| line.contains("openat(")) {
        let path = line.split('"').nth(1).unwrap();
        assert!(allowed.iter().any(|prefix| path.contains(prefix)), "{line}");
    }
}

/// Commands that can ask registries with `--online` ask nothing without it, whatever Docker's variables say.
#[test]
fn e09_no_network_without_online() {
    let test = Test::template("FROM balenalib/%%BALENA_MACHINE_NAME%%-python:3.9\nRUN pip install x\n");
    let log = test.path().join("log");
    let Some(strace) = tool("strace") else { return };
    for args in [
        "images python:3.12-slim -d nuc",
        "images -d nuc --stack python",
        "check -d nuc",
        "explain -d nuc",
        "migrate -d nuc",
        "export -d nuc -o out",
    ] {
        let status = Command::new(&strace)
            .args(["-f", "-o"])
            .arg(&log)
            .args(["-e", "trace=network", env!("CARGO_BIN_EXE_dtpl")])
            .args(args.split(' '))
            .env("HTTPS_PROXY", "http://127.0.0.1:1")
            .current_dir(test.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        // `check` and `migrate` may have found something.
        assert!(matches!(status.code(), Some(0 | 1)), "{args}: {status}");
        let log = fs::read_to_string(&log).unwrap();
        assert!(log.contains("exited with"), "{args}: {log}");
        let calls = ["socket(", "connect(", "sendto(", "bind("];
        assert!(!calls.iter().any(|call| log.contains(call)), "{args}: {log}");
    }
}
