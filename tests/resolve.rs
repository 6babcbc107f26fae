//! `dtpl resolve`, from outside: archives that GNU tar made, and what GNU tar gets back.

#![cfg(unix)]

mod common;

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Run, Test, tool, tree};

/// An archive of a folder with these files, as `tar -c .` makes it.
fn tar(files: &[(&str, &str)], options: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    pack(folder.path(), options)
}

fn pack(folder: &Path, options: &[&str]) -> Vec<u8> {
    let output = Command::new("tar")
        .args(["-c", "--sort=name"])
        .args(options)
        .arg("-C")
        .arg(folder)
        .arg(".")
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout
}

/// The files of an archive, unpacked by GNU tar.
fn unpacked(archive: &[u8]) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let mut child =
        Command::new("tar").arg("-x").arg("-C").arg(folder.path()).stdin(Stdio::piped()).spawn().unwrap();
    // GNU tar may end before it has read all of the zeros behind the last entry.
    let written = child.stdin.take().unwrap().write_all(archive);
    assert!(written.is_ok() || written.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe));
    assert!(child.wait().unwrap().success());
    tree(folder.path())
        .keys()
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn resolve(archive: impl AsRef<[u8]>, args: &str) -> Test {
    Test::new().args("resolve -d raspberrypi3").args(args).stdin(archive)
}

/// A run that may leave the beginning of an archive, and its poisoned end, on stdout.
fn piped(archive: &[u8], args: &str) -> std::process::Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dtpl"))
        .args(["resolve", "-d", "nuc"])
        .args(args.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let archive = archive.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&archive)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn file<'f>(files: &'f [(String, String)], name: &str) -> Option<&'f str> {
    files.iter().find(|(found, _)| found == name).map(|(_, content)| content.as_str())
}

fn names(run: &Run) -> Vec<String> {
    unpacked(&run.stdout).into_iter().map(|(name, _)| name).collect()
}

const TEMPLATE: (&str, &str) = ("Dockerfile.template", "FROM %%BALENA_MACHINE_NAME%%\n");

#[test]
fn a_dockerfile_outside_its_context() {
    let compose = "services: {web: {build: {context: apps/web, dockerfile: ../../docker/web}}}\n";
    let files = [
        ("docker-compose.yml", compose),
        ("apps/web/x", ""),
        ("docker/web.template", "FROM debian:%%BALENA_ARCH%%\n"),
    ];
    let archive = tar(&files, &[]);
    let files = unpacked(&resolve(&archive, "").ok().stdout);
    assert!(files.contains(&("docker/web".to_owned(), "FROM debian:armv7hf\n".to_owned())), "{files:?}");
    // Beside the context, which is all that is written here.
    resolve(&archive, "--service web").refuses(["docker-compose.yml:1:", "the Dockerfile is outside"]);
}

#[test]
fn the_resolved_dockerfile_comes_last() {
    let archive = tar(&[TEMPLATE, ("src/main.py", "print()\n"), ("Dockerfile", "FROM plain\n")], &[]);
    let run = resolve(&archive, "").ok();
    run.says(&[
        "entry 3 \"./Dockerfile.template\" at byte",
        "Dockerfile.template is used, and Dockerfile is ignored",
    ]);
    let files = unpacked(&run.stdout);
    assert_eq!(file(&files, "Dockerfile"), Some("FROM raspberrypi3\n"));
    assert_eq!(file(&files, "Dockerfile.template"), Some(TEMPLATE.1));
    assert_eq!(file(&files, "src/main.py"), Some("print()\n"));
    let list = Command::new("tar").arg("-t").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    list.stdin.as_ref().unwrap().write_all(&run.stdout).unwrap();
    let list = String::from_utf8(list.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(list.lines().last(), Some("Dockerfile"));
    // The same input gives the same bytes.
    assert_eq!(resolve(&archive, "").ok().stdout, run.stdout);
}

#[test]
fn everything_else_is_what_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let long = "d".repeat(90);
    for name in ["a", "Dockerfile.template", &format!("{long}/{long}/x"), "caf\u{e9}"] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "FROM x\n").unwrap();
    }
    std::os::unix::fs::symlink("a", folder.path().join("link")).unwrap();
    fs::hard_link(folder.path().join("a"), folder.path().join("same")).unwrap();
    for format in ["gnu", "pax", "ustar"] {
        let archive = pack(folder.path(), &[&format!("--format={format}")]);
        let run = resolve(&archive, "").ok();
        // Up to the end marker, the output starts with the input.
        let end = archive.len() - archive.iter().rev().take_while(|&&byte| byte == 0).count();
        let end = end.next_multiple_of(512);
        assert_eq!(run.stdout[..end], archive[..end], "{format}");
        assert!(names(&run).contains(&"Dockerfile".to_owned()));
    }
}

#[test]
fn a_service_is_cut_out() {
    let compose = "services:\n  web: {build: {context: web, dockerfile: docker/app}}\n  db: {image: postgres}\n  api: {build: api}\n";
    let long = format!("web/{}/x", "n".repeat(120));
    let files = [
        ("docker-compose.yml", compose),
        ("web/docker/app.template", "FROM web-%%BALENA_SERVICE_NAME%%\n"),
        ("web/src/main.py", "print()\n"),
        (&long, "x"),
        ("api/Dockerfile", "FROM api\n"),
        ("zzz", "last"),
    ];
    for format in ["--format=gnu", "--format=pax"] {
        let archive = tar(&files, &[format]);
        let run = resolve(&archive, "--service web").ok();
        let out = unpacked(&run.stdout);
        assert_eq!(file(&out, "docker/app"), Some("FROM web-web\n"));
        assert_eq!(file(&out, "src/main.py"), Some("print()\n"));
        assert_eq!(file(&out, &long[4..]), Some("x"));
        assert_eq!(out.len(), 4, "{out:?}");
        // From a file as from a pipe.
        let test = Test::new().file("context.tar", &archive);
        let output = Command::new(env!("CARGO_BIN_EXE_dtpl"))
            .args(["resolve", "-d", "raspberrypi3", "--service", "web"])
            .stdin(fs::File::open(test.path().join("context.tar")).unwrap())
            .output()
            .unwrap();
        assert_eq!(output.stdout, run.stdout);
    }
    let archive = tar(&files, &[]);
    resolve(&archive, "--service db").refuses(["the service `db` is an image built elsewhere"]);
    resolve(&archive, "--service wbe")
        .refuses(["--service: error: the project has no service `wbe`", "did you mean `web`?"]);
}

/// Three services, one of them an image.
const COMPOSE: (&str, &str) = (
    "docker-compose.yml",
    "services:\n  web: {build: {context: web, dockerfile: docker/app}}\n  db: {image: postgres}\n  api: {build: ./api}\n",
);

#[test]
fn all_services_each_in_its_context() {
    let files = [
        COMPOSE,
        ("web/docker/app.template", "FROM %%BALENA_ARCH%%-%%BALENA_SERVICE_NAME%%\n"),
        ("web/src/main.py", "print()\n"),
        ("api/Dockerfile.raspberrypi3", "FROM %%BALENA_MACHINE_NAME%%-%%BALENA_SERVICE_NAME%%\n"),
        ("api/Dockerfile", "FROM plain\n"),
        ("zzz", "last"),
    ];
    let archive = tar(&files, &[]);
    let run = resolve(&archive, "").ok();
    run.says(&["api/Dockerfile.raspberrypi3\" at byte", "is used, and Dockerfile is ignored"]);
    let out = unpacked(&run.stdout);
    assert_eq!(file(&out, "web/docker/app"), Some("FROM armv7hf-web\n"));
    assert_eq!(file(&out, "api/Dockerfile"), Some("FROM raspberrypi3-api\n"));
    // Everything else is there as it was.
    for (name, content) in files.iter().filter(|(name, _)| *name != "api/Dockerfile") {
        assert_eq!(file(&out, name), Some(*content));
    }
    assert_eq!(out.len(), files.len() + 1);
    // Each is what the service alone has, and a pipe gives what a file gives.
    for (service, name) in [("web", "docker/app"), ("api", "Dockerfile")] {
        let alone = unpacked(&resolve(&archive, &format!("--service {service}")).ok().stdout);
        assert_eq!(file(&alone, name), file(&out, &format!("{service}/{name}")));
    }
    let test = Test::new().file("context.tar", &archive);
    let output = Command::new(env!("CARGO_BIN_EXE_dtpl"))
        .args(["resolve", "-d", "raspberrypi3"])
        .stdin(fs::File::open(test.path().join("context.tar")).unwrap())
        .output()
        .unwrap();
    assert_eq!(output.stdout, run.stdout);
    // With `--file`, the archive is one context.
    let run = resolve(&archive, "--file api/Dockerfile").ok();
    assert_eq!(file(&unpacked(&run.stdout), "web/docker/app"), None);
}

#[test]
fn faults_of_all_services_are_reported_together() {
    let files = [
        COMPOSE,
        ("web/docker/app.template", "FROM %%NOBODY%%\n"),
        ("api/Dockerfile.template", "FROM a\nENV %%NEITHER%%\n"),
    ];
    let archive = tar(&files, &[]);
    resolve(&archive, "").refuses([
        "api/Dockerfile.template:2:5: error: unknown placeholder %%NEITHER%%",
        "web/docker/app.template:1:6: error: unknown placeholder %%NOBODY%%",
    ]);
    resolve(tar(&files[..2], &[]), "").refuses(["no directory api in the archive"]);
    let empty = [COMPOSE, files[1], ("api/x", "")];
    resolve(tar(&empty, &[]), "").refuses(["no Dockerfile in the context api", "Dockerfile.raspberrypi3"]);
}

#[test]
fn services_of_included_files() {
    let main = (
        "docker-compose.yml",
        "include: [more/inc.yml]\nservices: {web: {extends: {file: base.yml, service: w}}}\n",
    );
    let included = ("more/inc.yml", "services: {inc: {build: ./inc}}\n");
    let base = ("base.yml", "services: {w: {build: ./web}}\n");
    let template = "FROM %%BALENA_SERVICE_NAME%%\n";
    let files = [
        main,
        included,
        base,
        ("more/inc/Dockerfile.template", template),
        ("web/Dockerfile.template", template),
    ];
    let archive = tar(&files, &[]);
    let run = resolve(&archive, "").ok();
    let out = unpacked(&run.stdout);
    assert_eq!(file(&out, "web/Dockerfile"), Some("FROM web\n"));
    assert_eq!(file(&out, "more/inc/Dockerfile"), Some("FROM inc\n"));
    let test = Test::new().file("context.tar", &archive);
    let output = Command::new(env!("CARGO_BIN_EXE_dtpl"))
        .args(["resolve", "-d", "raspberrypi3"])
        .stdin(fs::File::open(test.path().join("context.tar")).unwrap())
        .output()
        .unwrap();
    assert_eq!(output.stdout, run.stdout);
    // An included file that comes too late is named.
    let big = "x".repeat(3 << 20);
    let run = piped(&tar(&[main, base, ("n", &big), ("z", "")], &["--transform=s,^./z,./more/inc.yml,"]), "");
    assert_eq!(run.status.code(), Some(1));
    let message = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(
        message.contains("only the first 2097152 bytes of the archive")
            && message.contains("make more/inc.yml the first"),
        "{message}"
    );
}

#[test]
fn as_many_files_as_a_folder_may_have() {
    let archive = |files: usize| {
        let names: Vec<String> = (0..files).map(|number| format!("e{number}")).collect();
        let compose = format!("services: {{web: {{build: ., env_file: [{}]}}}}\n", names.join(", "));
        let mut all = vec![("docker-compose.yml", &*compose), ("Dockerfile.template", "FROM scratch\n")];
        all.extend(names.iter().map(|name| (&**name, "A=b\n")));
        tar(&all, &[])
    };
    let run = resolve(archive(900), "").ok();
    assert_eq!(file(&unpacked(&run.stdout), "Dockerfile"), Some("FROM scratch\n"));
    let run =
        resolve(archive(1_100), "").refuses(["more than 1000 files belong to the project in this archive"]);
    assert!(!run.stderr.contains("does not exist"), "{}", run.stderr);
}

#[test]
fn services_that_share_a_build_context() {
    let compose = ("docker-compose.yml", "services: {one: {build: .}, two: {build: {context: .}}}\n");
    let same = tar(&[compose, TEMPLATE], &[]);
    let run = resolve(&same, "").ok();
    assert_eq!(file(&unpacked(&run.stdout), "Dockerfile"), Some("FROM raspberrypi3\n"));
    assert_eq!(names(&run), ["Dockerfile", "Dockerfile.template", "docker-compose.yml"]);
    let differ = tar(&[compose, ("Dockerfile.template", "FROM %%BALENA_SERVICE_NAME%%\n")], &[]);
    resolve(&differ, "").refuses([
        "Dockerfile.template\" at byte",
        "the Dockerfiles of the services `one` and `two` both become Dockerfile, and they differ",
        "dtpl export",
    ]);
    // A Dockerfile in the context of another service.
    let within = "services: {one: {build: {context: ., dockerfile: a/Dockerfile}}, two: {build: a}}\n";
    let within = tar(&[("compose.yaml", within), ("a/Dockerfile.template", "FROM %%BALENA_ARCH%%\n")], &[]);
    let run = resolve(&within, "").ok();
    assert_eq!(file(&unpacked(&run.stdout), "a/Dockerfile"), Some("FROM armv7hf\n"));
    // Files with other names do not get in each other's way.
    let two = "services: {one: {build: {context: ., dockerfile: one}}, two: {build: {context: ., dockerfile: two}}}\n";
    let template = "FROM %%BALENA_SERVICE_NAME%%\n";
    let two = tar(&[("compose.yml", two), ("one.template", template), ("two.template", template)], &[]);
    let out = unpacked(&resolve(&two, "").ok().stdout);
    assert_eq!([file(&out, "one"), file(&out, "two")], [Some("FROM one\n"), Some("FROM two\n")]);
}

#[test]
fn links_to_the_dockerfiles_of_services() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("docker-compose.yml"), "services: {one: {build: a}, two: {build: b}}\n")
        .unwrap();
    for service in ["a", "b"] {
        fs::create_dir(folder.path().join(service)).unwrap();
        fs::write(folder.path().join(service).join("Dockerfile"), format!("FROM {service}\n")).unwrap();
    }
    fs::hard_link(folder.path().join("b/Dockerfile"), folder.path().join("b/zlink")).unwrap();
    let run = resolve(pack(folder.path(), &[]), "").ok();
    assert_eq!(file(&unpacked(&run.stdout), "b/zlink"), Some("FROM b\n"));
    assert_eq!(file(&unpacked(&run.stdout), "a/Dockerfile"), Some("FROM a\n"));
}

#[test]
fn a_project_of_images_passes_as_it_is() {
    let archive = tar(&[("docker-compose.yml", "services: {db: {image: 'postgres:17'}}\n"), ("x", "y")], &[]);
    let run = resolve(&archive, "").ok();
    run.says(&["no service of the project is built here: the archive passes as it is"]);
    assert_eq!(run.stdout, archive);
}

#[test]
fn a_compose_file_far_behind() {
    let big = "x".repeat(5 << 20);
    let files = [
        ("a", big.as_str()),
        ("b/Dockerfile", "FROM b\n"),
        ("docker-compose.yml", "services: {one: {build: b}}\n"),
    ];
    let archive = tar(&files, &[]);
    let run = piped(&archive, "--service one");
    assert_eq!(run.status.code(), Some(1));
    let message = String::from_utf8_lossy(&run.stderr);
    assert!(
        message.contains("docker-compose.yml\" at byte")
            && message.contains("docker-compose.yml comes after the first 2097152 bytes of the archive")
            && message.contains("make docker-compose.yml the first entry, raise --max-held-bytes"),
        "{message}"
    );
    // All services, with and without the limit raised.
    let run = piped(&archive, "");
    assert_eq!(run.status.code(), Some(1));
    let run = piped(&archive, "--max-held-bytes 6M");
    assert_eq!(file(&unpacked(&run.stdout), "b/Dockerfile"), Some("FROM b\n"));
    // What belongs to a compose file does not matter without one.
    let plain =
        tar(&[files[0], ("z.env", "A=b\n"), ("Dockerfile", "FROM x\n")], &["--transform=s,^./z.env,./.env,"]);
    assert_eq!(piped(&plain, "").status.code(), Some(0));
    let test = Test::new().file("context.tar", &archive);
    let output = Command::new(env!("CARGO_BIN_EXE_dtpl"))
        .args(["resolve", "-d", "nuc", "--service", "one"])
        .stdin(fs::File::open(test.path().join("context.tar")).unwrap())
        .output()
        .unwrap();
    assert_eq!(unpacked(&output.stdout), [("Dockerfile".to_owned(), "FROM b\n".to_owned())]);
}

#[test]
fn files_that_say_what_the_services_are() {
    let compose = ("docker-compose.yml", "services: {one: {build: '${DIR:-b}'}}\n");
    let env_behind = tar(
        &[compose, ("b/Dockerfile", "FROM b\n"), ("c", &"x".repeat(3 << 20))],
        &["--transform=s,^./c$,./.env,"],
    );
    let run = piped(&env_behind, "--service one");
    assert_eq!(run.status.code(), Some(1), "{}", String::from_utf8_lossy(&run.stderr));
    // No compose file at all, and more than is held back: the service only has a name.
    let plain =
        tar(&[("Dockerfile.template", "FROM %%BALENA_SERVICE_NAME%%\n"), ("z", &"x".repeat(3 << 20))], &[]);
    let run = piped(&plain, "--service one");
    assert_eq!(file(&unpacked(&run.stdout), "Dockerfile"), Some("FROM one\n"));
    // A sparse file with many holes in front does not hide the compose file.
    let folder = tempfile::tempdir().unwrap();
    let mut sparse = fs::File::create(folder.path().join("a")).unwrap();
    for hole in 1..40 {
        use std::os::unix::fs::FileExt;
        sparse.write_at(b"x", hole * 100_000).unwrap();
    }
    sparse.flush().unwrap();
    fs::create_dir(folder.path().join("b")).unwrap();
    fs::write(folder.path().join("b/Dockerfile"), "FROM b\n").unwrap();
    fs::write(folder.path().join("docker-compose.yml"), "services: {one: {build: b}}\n").unwrap();
    let archive = pack(folder.path(), &["-S", "--format=gnu"]);
    assert_eq!(unpacked(&resolve(&archive, "--service one").ok().stdout).len(), 1);
    // What is not a regular file, or too long.
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("x", folder.path().join("docker-compose.yml")).unwrap();
    resolve(pack(folder.path(), &[]), "--service one")
        .refuses(["docker-compose.yml\" at byte", "is not a regular file"]);
    let long = tar(&[("docker-compose.yml", &"#".repeat(3 << 20))], &[]);
    resolve(&long, "--service one").refuses(["longer than the limit", "--max-config-bytes"]);
    let mut twice = tar(&[compose], &[]);
    twice.truncate(1024 + 512);
    twice.extend(tar(&[compose, ("b/Dockerfile", "FROM b\n")], &[]));
    resolve(&twice, "--service one").refuses(["the archive contains docker-compose.yml twice"]);
}

#[test]
fn named_and_made_dockerfiles() {
    let archive = tar(&[("a/x", "FROM x\n"), ("a/x.armv7hf", "FROM %%BALENA_ARCH%%\n")], &[]);
    let out = unpacked(&resolve(&archive, "-f a/x").ok().stdout);
    assert_eq!(file(&out, "a/x"), Some("FROM armv7hf\n"));
    resolve(&archive, "-f b")
        .refuses(["no Dockerfile in the context", "b.raspberrypi3, b.armv7hf, b.template, b"]);

    let package = r#"{"engines": {"node": ">=18"}}"#;
    let out = unpacked(&resolve(tar(&[("package.json", package), ("index.js", "")], &[]), "").ok().stdout);
    let usual = "FROM node:22\nWORKDIR /usr/src/app\nCOPY package*.json ./\nRUN npm install --omit=dev\nCOPY . ./\nCMD [\"npm\", \"start\"]\n";
    assert_eq!(file(&out, "Dockerfile"), Some(usual));
    assert_eq!(file(&out, "package.json"), Some(package));
    let native = tar(&[("package.json", package), ("binding.gyp", "")], &[]);
    let out = unpacked(&resolve(native, "").ok().stdout);
    assert!(file(&out, "Dockerfile").unwrap().contains("COPY . ./\nRUN npm"));
    resolve(tar(&[("package.json", "{}")], &[]), "")
        .refuses(["package.json:1:1: error: package.json does not say which Node"]);
    let own = tar(&[("package.json", "{}"), ("Dockerfile", "FROM own\n")], &[]);
    assert_eq!(file(&unpacked(&resolve(own, "").ok().stdout), "Dockerfile"), Some("FROM own\n"));
}

#[test]
fn errors_point_into_the_template() {
    let archive = tar(&[("Dockerfile.template", "FROM x\nRUN %%NOPE%% %%NADA%%\n")], &[]);
    resolve(&archive, "").refuses([
        "Dockerfile.template:2:5: error: unknown placeholder %%NOPE%%",
        "2 | RUN %%NOPE%%",
        "Dockerfile.template:2:14: error",
    ]);
    resolve(&archive, "-D NOPE=1 -D NADA=2").ok();
    let archive = tar(&[("Dockerfile.template", "RUN %%arch%%\n")], &[]);
    resolve(&archive, "").ok().says(&["Dockerfile.template:1:5: warning"]);
    resolve(&archive, "--strict").refuses(["Dockerfile.template:1:5: error"]);
    resolve(&archive, "-q").ok().quietly();
}

#[test]
fn limits_and_what_is_no_archive() {
    let archive = tar(&[TEMPLATE, ("a", "")], &[]);
    resolve(&archive, "--max-template-bytes 5")
        .refuses(["entry 2 \"./Dockerfile.template\" at byte", "--max-template-bytes"]);
    resolve(&archive, "--max-entries 1").refuses(["entry 2", "--max-entries"]);
    resolve(&archive, "--max-output-bytes 5").refuses(["--max-output-bytes"]);
    resolve("", "").refuses(["<stdin>: error: the input is empty"]);
    resolve("FROM x\n".repeat(200), "").refuses(["not a tar archive"]);
    resolve(b"\x1f\x8b\x08\0".repeat(200), "").refuses(["gzip", "gunzip"]);
}

#[test]
fn o02_a_full_disk_and_a_reader_that_goes_away() {
    let big = "x".repeat(3 << 20);
    let test = Test::new().file("context.tar", tar(&[TEMPLATE, ("z", &big)], &[]));
    let run = |stdout: Stdio| {
        Command::new(env!("CARGO_BIN_EXE_dtpl"))
            .args(["resolve", "-d", "nuc"])
            .stdin(fs::File::open(test.path().join("context.tar")).unwrap())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let full =
        run(fs::OpenOptions::new().write(true).open("/dev/full").unwrap().into()).wait_with_output().unwrap();
    assert_eq!(full.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&full.stderr).contains("No space left"), "{full:?}");
    let mut gone = run(Stdio::piped());
    drop(gone.stdout.take());
    let gone = gone.wait_with_output().unwrap();
    assert_eq!((gone.status.code(), &gone.stderr[..]), (Some(0), &b""[..]));
}

#[test]
fn o09_no_archive_on_a_terminal() {
    let Some(script) = tool("script") else { return };
    let output = Command::new(script)
        .args(["-qec", &format!("{} resolve -d nuc < /dev/null", env!("CARGO_BIN_EXE_dtpl")), "/dev/null"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("an archive does not go to a terminal"), "{shown}");
    assert_eq!(output.status.code(), Some(2), "{shown}");
}

#[test]
fn a_directory_on_standard_input_is_no_archive() {
    Test::new()
        .args("resolve -d nuc")
        .shell("exec < .;")
        .cannot(["<stdin>: error: this is a directory, not an archive", "tar -C DIR -c . | dtpl resolve"]);
}
