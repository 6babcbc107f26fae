//! `dtpl init`: a new project, one around an application that is there, and all that must not happen.

mod common;

use std::collections::BTreeMap;
use std::fs;
#[cfg(unix)]
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
#[cfg(unix)]
use std::{process::Stdio, time::Duration};

#[cfg(unix)]
use common::{Run, skipped, tool};
use common::{Test, device_types, tree};
use dtpl::init::{STACKS, Stack};

/// What a folder holds, with `/` between the parts, without the folders.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let is_file = |path: &std::path::PathBuf| path.is_file();
    let named = |path: std::path::PathBuf| {
        (path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/"), fs::read(&path).unwrap())
    };
    tree(folder).into_keys().filter(is_file).map(named).collect()
}

fn names(folder: &Path) -> Vec<String> {
    files(folder).into_keys().collect()
}

/// What the stack's folder of `templates/` holds.
fn template(stack: &Stack) -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(stack.name);
    let renamed = |(name, text): (String, Vec<u8>)| (name.trim_end_matches(".in").to_owned(), text);
    files(&folder).into_iter().map(renamed).collect()
}

#[test]
fn every_stack_is_the_folder_of_its_name() {
    for stack in STACKS {
        let run = Test::new().args("init p --stack").arg(stack.name).writes().stdout("");
        assert_eq!(files(&run.folder.join("p")), template(stack), "{}", stack.name);
        let mut lines = vec![stack.name.to_owned()];
        lines.extend(stack.files.iter().map(|file| format!("  made  {}\n", file.path)));
        lines.push("next:\n  cd p\n  dtpl check ".to_owned());
        run.says(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(!run.stderr.contains("to do") && !run.stderr.contains("kept"), "{}", run.stderr);
        assert!(stack.files.is_sorted_by_key(|file| file.path), "{}", stack.name);
    }
    let folders = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")).unwrap();
    // The one that shows what old projects look like starts none.
    assert_eq!(folders.count(), STACKS.len() + 1);
}

#[test]
fn a_new_project_has_no_finding_for_any_device_type_that_it_claims() {
    let all = device_types();
    assert!(all.len() >= 145);
    for stack in STACKS {
        let made = Test::new().args("init --stack").arg(stack.name).writes().ok();
        let (claimed, others): (Vec<_>, Vec<_>) = all.iter().partition(|(_, arch)| stack.claims(arch));
        let slugs = |devices: &[&(String, String)]| {
            devices.iter().map(|(slug, _)| slug.as_str()).collect::<Vec<_>>().join(",")
        };
        made.says(&[&format!("for {} device types", claimed.len())]);
        let run = made.then("check --format json --fail-on info -d").arg(slugs(&claimed)).ok();
        assert_eq!(run.json()["findings"], serde_json::json!([]), "{}", stack.name);
        // What is not claimed has a reason.
        if !others.is_empty() {
            let run = run.then("check -d").arg(slugs(&others)).run();
            assert_eq!(run.status, 1);
            assert!(run.text().contains("[wrong-platform]"), "{}", run.text());
            assert!(
                run.text().contains(&format!("1 error, 0 warnings, 0 notes for {} device", others.len()))
            );
            assert!(!stack.leaves_out.is_empty(), "{}", stack.name);
        }
    }
}

#[test]
fn a_new_project_works_as_it_is() {
    for stack in STACKS {
        let run = Test::new().args("init --stack").arg(stack.name).writes().ok();
        let run = run.then("check --format json --fail-on info").ok();
        assert_eq!(run.json()["findings"], serde_json::json!([]), "{}", stack.name);
        let run = run.then("batch --format plan").ok();
        assert!(
            run.text().starts_with("4 fleets, 1 service: 4 Dockerfiles on 4 platforms\n"),
            "{}",
            run.text()
        );
        let run = run.then("batch --format bake --tag app:{arch}").ok();
        let file = run.json();
        let groups = file["group"].as_object().unwrap();
        let builds = groups["default"]["targets"].as_array().unwrap().len();
        assert_eq!(builds, 4, "one for each architecture");
        assert_eq!(
            groups.len(),
            1 + 4 + 1 + builds,
            "all, each fleet, the service, and each build by its digest"
        );
        let run = run.then("render -d raspberrypi3").ok();
        assert!(run.text().contains("armv7hf") && run.text().contains("raspberrypi3"), "{}", run.text());
        // Nobody's container runs as root, and none is left to chance.
        let user = run.text().lines().rfind(|line| line.starts_with("USER ")).unwrap();
        assert!(["USER 1000:1000", "USER 65534:65534"].contains(&user), "{user}");
        let from = run.text().lines().filter(|line| line.starts_with("FROM ") && *line != "FROM scratch");
        assert!(from.clone().all(|line| line.contains(':')) && from.count() > 0, "{}", run.text());
    }
}

#[test]
fn what_comments_offer_in_fleets_yaml_is_valid() {
    for stack in STACKS {
        let run = Test::new().args("init --stack").arg(stack.name).writes().ok();
        let path = run.folder.join("fleets.yaml");
        let text = fs::read_to_string(&path).unwrap();
        let offered = text
            .replace("# defaults:", "defaults:")
            .replace("#   variables:", "  variables:")
            .replace("  # kiosk:", "  kiosk:");
        assert_eq!(offered.len() + 6, text.len(), "{text}");
        fs::write(&path, offered).unwrap();
        let run = run.then("batch").ok();
        assert!(run.text().starts_with("5 fleets,"), "{}", run.text());
        let run = run.then("check --format json --fail-on info").ok();
        assert_eq!(run.json()["findings"], serde_json::json!([]), "{}", stack.name);
    }
}

/// A folder with these files, empty each.
fn with(names: &[&str]) -> Test {
    names.iter().fold(Test::new(), |test, name| test.file(name, ""))
}

#[test]
fn the_stack_is_told_by_the_manifest() {
    for stack in STACKS {
        let Some(manifest) = stack.manifest else { continue };
        let run = with(&[manifest]).args("init").writes().ok();
        run.says(&[
            &format!("{}, for ", stack.name),
            "made  Dockerfile.template",
            &format!("kept  {manifest}"),
        ]);
        assert!(!run.stderr.contains("cd "), "{}", run.stderr);
        let mut expected = vec![".dockerignore", "Dockerfile.template", "fleets.yaml", manifest];
        expected.sort_unstable();
        assert_eq!(names(&run.folder), expected);
        assert_eq!(fs::read(run.folder.join(manifest)).unwrap(), b"");
        let run = run.then("check --format json").ok();
        assert_eq!(run.json()["findings"], serde_json::json!([]), "{}", stack.name);
        // In a folder that is named, too.
        let run = with(&[&format!("a b/{manifest}")]).args("init").arg("a b").writes().ok();
        run.says(&["cd 'a b'\n"]);
    }
}

#[test]
fn none_or_several_manifests_say_what_to_pass() {
    with(&["README.md"]).args("init").cannot([
        ".: error: no go.mod, package.json, requirements.txt or Cargo.toml here to detect the stack from\n",
        "help: pass --stack go|node|python|rust|static\n",
    ]);
    Test::new().args("init new").cannot(["new: error: no go.mod", "pass --stack"]);
    with(&["x/requirements.txt", "x/package.json"]).args("init x").cannot([
        "x: error: package.json and requirements.txt are here: the stack is ambiguous\n",
        "help: pass --stack node|python\n",
    ]);
    with(&["Cargo.toml", "requirements.txt", "go.mod", "package.json"])
        .args("init")
        .cannot(["go.mod, package.json, requirements.txt and Cargo.toml are here"]);
    // A folder of that name is no manifest.
    with(&["package.json/x"]).args("init").cannot(["no go.mod"]);
    Test::new()
        .args("init --stack cobol")
        .cannot(["invalid value 'cobol'", "go, node, python, rust, static"]);
    Test::new().args("init -").cannot(["DIR: error: a project needs a folder", "./-"]);
    Test::new().args("init").arg("").cannot(["a value is required"]);
    with(&["package.json", "go.mod"])
        .args("init --stack go")
        .writes()
        .ok()
        .says(&[&format!("go, for {} device types", device_types().len())]);
}

#[test]
fn an_application_that_is_there_is_not_mixed_with_ours() {
    let run = Test::new()
        .file("requirements.txt", "bottle==0.13\n")
        .file("app.py", "x\n")
        .args("init")
        .writes()
        .ok();
    assert_eq!(
        names(&run.folder),
        [".dockerignore", "Dockerfile.template", "app.py", "fleets.yaml", "requirements.txt"]
    );
    run.says(&["to do: `CMD` in Dockerfile.template starts src/main.py: name your own program there\n"]);
    let run = with(&["requirements.txt", "src/main.py"]).args("init").writes().ok();
    run.says(&["kept  requirements.txt", "kept  src/main.py"]);
    assert!(!run.stderr.contains("to do"), "{}", run.stderr);
    // What the build asks for and is not there.
    let run = with(&["package.json"]).args("init").writes().ok();
    run.says(&["to do: the build needs package-lock.json, which does not exist: `npm install --package-lock-only` makes it\n"]);
    let run = with(&["package.json", "package-lock.json"]).args("init").writes().ok();
    assert!(!run.stderr.contains("the build asks"), "{}", run.stderr);
    with(&["Cargo.toml"]).args("init").writes().ok().says(&["`cargo generate-lockfile`", "`PROGRAM`"]);
    // Without its manifest the rest of ours is made around what is there.
    let run = Test::new().file("src/main.js", "mine").args("init --stack node").writes().ok();
    run.says(&["made  package-lock.json", "made  package.json", "kept  src/main.js"]);
    assert_eq!(fs::read(run.folder.join("src/main.js")).unwrap(), b"mine");
    // A stack that is asked for counts, whatever else is there.
    let run = with(&["package.json"]).args("init --stack python").writes().ok();
    assert_eq!(fs::read(run.folder.join("package.json")).unwrap(), b"");
    run.says(&[
        &format!("python, for {} device types", device_types().len()),
        "made  requirements.txt",
        "made  src/main.py",
    ]);
    with(&["go.mod", "compose.yaml"])
        .args("init")
        .writes()
        .ok()
        .says(&["to do: compose.yaml says which folders"]);
}

#[test]
fn what_is_there_stays_as_it_is() {
    let run = Test::new()
        .file("fleets.yaml", "fleets: {a: {device: nuc}}\n")
        .file(".dockerignore", "x\n")
        .args("init --stack static")
        .writes()
        .ok();
    run.says(&[
        "made  Dockerfile.template",
        "made  public/index.html",
        "kept  .dockerignore",
        "kept  fleets.yaml",
    ]);
    assert_eq!(fs::read(run.folder.join("fleets.yaml")).unwrap(), b"fleets: {a: {device: nuc}}\n");
    assert_eq!(fs::read(run.folder.join(".dockerignore")).unwrap(), b"x\n");
    // Twice is refused like any other Dockerfile, and changes nothing (which every case here checks).
    let run = run
        .then("init --stack static")
        .refuses(["Dockerfile.template: error: the project has a Dockerfile already"]);
    run.then("init -q --stack static").refuses(["Dockerfile.template: error"]);
    for name in ["Dockerfile", "Dockerfile.template", "Dockerfile.raspberrypi3", "Dockerfile.tera"] {
        with(&[name, "go.mod"]).args("init").refuses([
            name,
            ": error: the project has a Dockerfile already",
            "help:",
        ]);
    }
    with(&["p/Dockerfile", "p/Dockerfile.rpi"])
        .args("init p --stack go")
        .refuses(["p/Dockerfile: error: the project has Dockerfiles already: Dockerfile, Dockerfile.rpi"]);
    with(&["Dockerfiles"]).args("init --stack go").writes().ok();
    with(&[]).args("init --stack go -q").writes().ok().quietly();
}

/// A case with links in its folder.
#[cfg(unix)]
fn linked(links: &[(&str, &str)], test: Test) -> Test {
    for (to, from) in links {
        symlink(to, test.path().join(from)).unwrap();
    }
    test
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link() {
    let outside = tempfile::tempdir().unwrap();
    let there = outside.path().to_str().unwrap();
    linked(&[(there, "src")], Test::new())
        .args("init --stack python")
        .cannot(["src/main.py: error: cannot", "symbolic link"]);
    linked(&[("nowhere", "src")], Test::new()).args("init --stack node").cannot(["symbolic link"]);
    linked(&[(there, "public")], Test::new()).args("init --stack static").cannot(["symbolic link"]);
    linked(&[(there, ".dtpl-tmp")], Test::new()).args("init --stack static").cannot(["in the way"]);
    // A link where a file would be made is something that is there, wherever it leads.
    let file = format!("{there}/fleets");
    let links = [(&*file, "fleets.yaml"), ("nowhere", ".dockerignore")];
    let run = linked(&links, with(&["go.mod"])).args("init").writes().ok();
    run.says(&["kept  .dockerignore", "kept  fleets.yaml"]);
    linked(&[("nowhere", "Dockerfile")], with(&["go.mod"])).args("init").refuses(["Dockerfile: error"]);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    // The folder itself is what was named, as everywhere.
    let run = linked(&[("real", "link")], with(&["real/go.mod"])).args("init link").writes().ok();
    assert!(run.folder.join("real/Dockerfile.template").is_file());
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_had_is_left_as_it_was() {
    with(&["file"]).args("init file --stack go").cannot(["file: error: cannot make the folder"]);
    with(&["file"]).args("init file/below --stack go").cannot(["error: cannot make the folder"]);
    linked(&[("nowhere", "p")], Test::new())
        .args("init p --stack go")
        .cannot(["p: error: cannot make the folder"]);
    with(&["src"]).args("init --stack python").cannot(["src/main.py: error: cannot", "no folder"]);
    // Nothing may be written at all: neither the folders on the way nor a file stays.
    let run =
        Test::new().args("init a/b/c --stack python").shell("ulimit -f 0;").cannot(["error: cannot write"]);
    assert!(!run.folder.join("a").exists());
    let run = with(&["a/x"])
        .args("init a/b/c --stack python")
        .shell("ulimit -f 0;")
        .cannot(["error: cannot write"]);
    assert_eq!(names(&run.folder), ["a/x"]);
    with(&["go.mod"]).args("init").shell("exec 2>&-;").writes().ok();
}

/// Somebody who may not write gets an error, and nothing else changes.
#[cfg(unix)]
#[test]
fn a_read_only_folder() {
    use std::os::unix::fs::PermissionsExt;
    let test = with(&["p/go.mod"]);
    let path = test.path().join("p");
    let outer = test.path().to_owned();
    fs::set_permissions(&outer, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o555)).unwrap();
    let before = tree(&path);
    // The super-user may write anywhere: then somebody else tries, if there is a way to be one.
    let probe = path.join("probe");
    let is_super = fs::write(&probe, "").is_ok();
    let _ = fs::remove_file(&probe);
    let mut command = if is_super {
        let Some(setpriv) = tool("setpriv") else { return };
        let mut command = Command::new(setpriv);
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", env!("CARGO_BIN_EXE_dtpl")]);
        command
    } else {
        Command::new(env!("CARGO_BIN_EXE_dtpl"))
    };
    let output = command.arg("init").arg(&path).env_clear().env("PATH", "/usr/bin:/bin").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("setpriv") {
        skipped("no other user can run the program here");
    } else {
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("error: cannot write") && stderr.contains("denied"), "{stderr}");
    }
    assert_eq!(tree(&path), before);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Killed at any of its calls that make or move something: what is there is whole, and the next run
/// makes the rest.
#[cfg(unix)]
#[test]
fn killed_at_every_call_it_can_be_run_again() {
    let Some(program) = tool("strace") else { return };
    let stack = Stack::called("rust").unwrap();
    let expected = template(stack);
    let mut killed = 0;
    // strace counts each system call for itself.
    for call in ["mkdir", "mkdirat", "openat", "write", "renameat2", "unlinkat"] {
        for number in 1.. {
            let folder = tempfile::tempdir().unwrap();
            let project = folder.path().join("new");
            let init = ["init", "--stack", stack.name, "-q"];
            let inject = format!("inject={call}:signal=SIGKILL:when={number}");
            let strace = ["-f", "-o", "/dev/null", "-e", &inject, env!("CARGO_BIN_EXE_dtpl")];
            let status =
                Command::new(&program).args(strace).args(init).arg(&project).env_clear().status().unwrap();
            for (name, text) in files(&project).into_iter().filter(|(name, _)| !name.starts_with(".dtpl-tmp"))
            {
                assert_eq!(Some(&text), expected.get(&name), "{name}, killed at {inject}");
            }
            if status.success() {
                assert!(number > 1, "{call} is never made");
                break;
            }
            killed += 1;
            if !project.join("Dockerfile.template").exists() {
                let again =
                    Command::new(env!("CARGO_BIN_EXE_dtpl")).args(init).arg(&project).output().unwrap();
                assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
                assert_eq!(files(&project), expected, "killed at {inject}");
            } else {
                let mut made = files(&project);
                made.retain(|name, _| !name.starts_with(".dtpl-tmp"));
                assert_eq!(made, expected, "killed at {inject}");
            }
        }
    }
    assert!(killed > 2 * stack.files.len(), "{killed}");
}

/// Also where the system cannot move a file to a free name only, a file that somebody makes at the last moment
/// stays.
#[cfg(unix)]
#[test]
fn where_no_move_refuses_a_taken_name_nothing_is_replaced() {
    let Some(program) = tool("strace") else { return };
    let stack = Stack::called("rust").unwrap();
    let init = |project: &Path, inject: &[&str]| {
        let mut command = Command::new(&program);
        command.args(["-f", "-o", "/dev/null", "-e", "inject=renameat2:error=EINVAL"]);
        inject.iter().for_each(|inject| _ = command.args(["-e", inject]));
        command.arg(env!("CARGO_BIN_EXE_dtpl")).args(["init", "--stack", stack.name, "-q"]).arg(project);
        command.stderr(Stdio::piped()).env_clear();
        command
    };
    for inject in [&[] as &[&str], &["inject=linkat:error=EPERM"]] {
        let folder = tempfile::tempdir().unwrap();
        let output = init(folder.path(), inject).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(files(folder.path()), template(stack));
    }
    let folder = tempfile::tempdir().unwrap();
    let run = init(folder.path(), &["inject=linkat:delay_enter=3000000:when=1"]).spawn().unwrap();
    while !folder.path().join(".dtpl-tmp/files").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(300));
    let mine: BTreeMap<_, _> = ["Dockerfile.template", ".dockerignore", "Cargo.toml"]
        .into_iter()
        .map(|name| (name.to_owned(), b"mine".to_vec()))
        .collect();
    mine.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(files(folder.path()), mine);
}

#[test]
fn of_many_at_once_one_makes_the_project() {
    let test = Test::new();
    let folder = test.path().join("p");
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dtpl"));
        command.args(["init", "--stack", "node"]).arg(&folder).env_clear().output().unwrap().status.code()
    };
    let codes: Vec<Option<i32>> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
    assert_eq!(files(&folder), template(Stack::called("node").unwrap()));
}

#[cfg(unix)]
#[test]
fn odd_names_of_folders() {
    let made = |name: &str| -> Run { Test::new().args("init --stack go").arg("--").arg(name).writes().ok() };
    made("-x").says(&["cd ./-x\n"]);
    made("it's").says(&["cd 'it'\\''s'\n"]);
    made("a\u{1b}[31m\n").says(&["cd 'a\\u{1b}[31m\\n'\n"]);
    made("ä/ö").says(&["cd ä/ö\n"]);
    let run = made("a/../b");
    assert!(run.folder.join("b/Dockerfile.template").is_file());
    use std::os::unix::ffi::OsStrExt;
    let bytes = std::ffi::OsStr::from_bytes(b"caf\xE9");
    let run = Test::new().args("init --stack go").arg(bytes).writes().ok();
    assert!(run.folder.join(bytes).join("go.mod").is_file());
    let long = "x".repeat(300);
    Test::new().args("init --stack go").arg(long).cannot(["cannot make the folder", "too long"]);
}

/// The lock files name no address that something is fetched from.
#[test]
fn templates_depend_on_no_address() {
    for stack in STACKS {
        for file in stack.files.iter().filter(|file| file.path.contains("lock")) {
            assert!(!file.text.contains("://"), "{}/{}", stack.name, file.path);
        }
    }
    let package: serde_json::Value = serde_json::from_str(text("node", "package.json")).unwrap();
    let lock: serde_json::Value = serde_json::from_str(text("node", "package-lock.json")).unwrap();
    assert!(package.get("dependencies").is_none());
    for field in ["name", "version", "engines"] {
        assert_eq!(package[field], lock["packages"][""][field], "{field}");
    }
    let version = |text: &str| text.lines().find(|line| line.starts_with("version = \"")).unwrap().to_owned();
    assert_eq!(version(text("rust", "Cargo.toml")), version(text("rust", "Cargo.lock")));
}

fn text(stack: &str, path: &str) -> &'static str {
    Stack::called(stack).unwrap().files.iter().find(|file| file.path == path).unwrap().text
}
