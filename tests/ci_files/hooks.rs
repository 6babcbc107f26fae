//! The hooks of pre-commit, run by pre-commit.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::project::{DTPL, FLEETS, WITH_A_FINDING, clone_path, document, folder, write};
use crate::tool::tool;

/// Which files of a project the hook `dtpl-check` is given.
#[test]
fn the_hook_is_given_the_dockerfiles() {
    let hooks = document(".pre-commit-hooks.yaml");
    let hook = hooks.as_array().unwrap().iter().find(|hook| hook["id"] == "dtpl-check").unwrap();
    let files = hook["files"].as_str().unwrap();
    let given = [
        "Dockerfile",
        "a/Dockerfile.template",
        "a/b/Dockerfile.raspberrypi3",
        "Dockerfile.tera",
        "Dockerfile.dockerignores",
    ];
    let others = [
        "Dockerfile.dockerignore",
        "a/Dockerfile.template.dockerignore",
        "Dockerfile.template.orig",
        "fleets.yaml",
        "MyDockerfile",
        "Dockerfile/x",
    ];
    // pre-commit searches with Python's expressions.
    let Some(python) = tool("python3") else { return };
    let script =
        "import re, sys; print(*(path for path in sys.argv[2:] if re.search(sys.argv[1], path)), sep='\\n')";
    let output = Command::new(python).args(["-c", script, files]).args(given).args(others).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().collect::<Vec<_>>(), given);
}

/// Several paths in one run, as pre-commit gives them.
#[test]
fn several_files_are_checked_in_one_run() {
    let project = folder(FLEETS);
    let files = ["web/Dockerfile.template", "api/Dockerfile.template"];
    let run = || Command::new(DTPL).arg("check").args(files).current_dir(project.path()).output().unwrap();
    assert!(run().status.success());
    write(project.path(), &[(files[0], WITH_A_FINDING)]);
    assert_eq!(run().status.code(), Some(1));
}

fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]);
    let output = command.args(args).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A repository with the files of the clone as they are now, committed or not.
fn repository() -> (tempfile::TempDir, String) {
    let copy = tempfile::tempdir().unwrap();
    git(copy.path(), &["init", "--quiet", "."]);
    let root = clone_path("");
    for name in git(&root, &["ls-files", "--cached", "--others", "--exclude-standard"]).lines() {
        // Its tests are not needed to compile the program, but for those that Cargo.toml names.
        let (from, to) = (root.join(name), copy.path().join(name));
        if from.is_file() {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        }
    }
    git(copy.path(), &["add", "--all", "--force"]);
    git(copy.path(), &["commit", "--quiet", "--message", "as it is"]);
    let commit = git(copy.path(), &["rev-parse", "HEAD"]);
    (copy, commit)
}

struct PreCommit {
    home: tempfile::TempDir,
}

impl PreCommit {
    /// Runs pre-commit in a folder, with the built program in PATH. A program that it compiles itself is not optimised:
    /// whether it can be compiled and what it does is looked at, not how fast it is.
    fn run(&self, folder: &Path, args: &[&str]) -> (bool, String) {
        let mut command = Command::new("pre-commit");
        command.args(args).current_dir(folder).env("PRE_COMMIT_HOME", self.home.path());
        let built = Path::new(DTPL).parent().unwrap().display();
        command.env("PATH", format!("{built}:{}", std::env::var("PATH").unwrap()));
        command.env("CARGO_TARGET_DIR", clone_path("target/ci-files"));
        command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0").env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256");
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
        (status.success(), text)
    }
}

/// Writes into `rendered/` what `dtpl-render-check` compares with.
fn render(project: &Path) {
    let batch = Command::new(DTPL).args(["batch", "-o", "rendered/"]).current_dir(project).output();
    assert!(batch.unwrap().status.success());
}

/// With one changed file that has a finding, and another. What was rendered is out of date then, too.
fn change(project: &Path) {
    write(project, &[("web/Dockerfile.template", WITH_A_FINDING), ("api/Dockerfile.template", CHANGED)]);
    git(project, &["add", "--all"]);
}

const CHANGED: &str = "FROM alpine:3.22\nENV OTHER=1\n";

/// That both hooks ended like this, each under its name.
fn both(text: &str, how: &str) {
    for name in ["dtpl check", "dtpl batch --check"] {
        let line =
            text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
        assert!(line.is_some_and(|line| line.ends_with(how)), "{name} {how}: {text}");
    }
}

/// As somebody looks at the hooks who has no configuration yet: `try-repo` compiles the program of the repository at
/// every run.
#[test]
#[ignore = "needs pre-commit and compiles dtpl: `just ci-files` runs it"]
fn pre_commit_tries_the_repository_with_both_hooks() {
    if tool("pre-commit").is_none() {
        return;
    }
    let pre_commit = PreCommit { home: tempfile::tempdir().unwrap() };
    let (repository, _) = repository();
    let project = folder(FLEETS);
    render(project.path());
    git(project.path(), &["init", "--quiet", "."]);
    git(project.path(), &["add", "--all"]);
    let args = ["try-repo", repository.path().to_str().unwrap(), "--all-files"];
    let (passed, text) = pre_commit.run(project.path(), &args);
    assert!(passed, "{text}");
    both(&text, "Passed");

    change(project.path());
    let (passed, text) = pre_commit.run(project.path(), &args);
    assert!(!passed, "{text}");
    both(&text, "Failed");
    assert!(text.contains("missing-copy-source") && text.contains("+ENV OTHER=1"), "{text}");
}

/// With the configuration of a project, as docs/ci.md has it, for a program that is installed.
#[test]
#[ignore = "needs pre-commit: `just ci-files` runs it"]
fn pre_commit_runs_the_hooks() {
    if tool("pre-commit").is_none() {
        return;
    }
    let pre_commit = PreCommit { home: tempfile::tempdir().unwrap() };
    let (repository, commit) = repository();
    let (valid, text) = pre_commit.run(repository.path(), &["validate-manifest", ".pre-commit-hooks.yaml"]);
    assert!(valid, "{text}");

    let project = folder(FLEETS);
    let config = format!(
        "repos:\n- repo: {}\n  rev: {commit}\n  hooks:\n  - id: dtpl-check\n    exclude: ^rendered/\n    language: system\n  - id: dtpl-render-check\n    args: [-o, rendered/]\n    language: system\n",
        repository.path().display()
    );
    write(project.path(), &[(".pre-commit-config.yaml", &config)]);
    render(project.path());
    git(project.path(), &["init", "--quiet", "."]);
    git(project.path(), &["add", "--all"]);
    // The first commit: both hooks pass, with all templates in one run.
    let (passed, text) = pre_commit.run(project.path(), &["run", "--verbose"]);
    assert!(passed, "{text}");
    both(&text, "Passed");
    git(project.path(), &["commit", "--quiet", "--message", "first"]);

    change(project.path());
    let (passed, text) = pre_commit.run(project.path(), &["run"]);
    assert!(!passed, "{text}");
    both(&text, "Failed");
    assert!(text.contains("missing-copy-source") && text.contains("+ENV OTHER=1"), "{text}");

    // Without the finding, and rendered again.
    write(project.path(), &[("web/Dockerfile.template", CHANGED)]);
    git(project.path(), &["add", "--all"]);
    let (passed, text) = pre_commit.run(project.path(), &["run"]);
    assert!(!passed && text.matches("Passed").count() == 1, "{text}");
    render(project.path());
    git(project.path(), &["add", "--all"]);
    let (passed, text) = pre_commit.run(project.path(), &["run"]);
    assert!(passed, "{text}");

    // The arguments of a project take the place of the folder that is looked at otherwise.
    fs::rename(project.path().join("rendered"), project.path().join("other")).unwrap();
    let other = config.replace("[-o, rendered/]", "[-o, other/]").replace("^rendered/", "^other/");
    write(project.path(), &[(".pre-commit-config.yaml", &other)]);
    git(project.path(), &["add", "--all"]);
    let (passed, text) = pre_commit.run(project.path(), &["run"]);
    assert!(passed, "{text}");
    both(&text, "Passed");
}
