//! A `docker` that writes down how it is called, and the scripts in the documentation, which are run with it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::project::{BROKEN, DTPL, FLEETS, document, folder, text, write};
use crate::tool::tool;

/// A folder with a `docker` that adds its arguments to the file `calls`, and keeps the standard input of
/// `bake --file -` in `stdin`. Where the variable DTPL_BUILDX_CURRENT is set, the real program makes the builders, which
/// connects to nothing yet, and reads what `bake` is given: it prints to `printed` what it would build.
pub struct Docker {
    folder: tempfile::TempDir,
}

/// A cluster that nobody asks.
const KUBECONFIG: &str = "apiVersion: v1\nkind: Config\ncurrent-context: a\n\
    clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: a, user: {}}]\n\
    contexts: [{name: a, context: {cluster: a, user: a}}]\n";

impl Docker {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().display();
        let script = format!(
            "#!/bin/bash\nset -eu\necho \"$*\" >>{here}/calls\n\
             if [ -n \"${{DTPL_BUILDX_CURRENT:-}}\" ]; then\n\
             case \"$*\" in 'buildx create '*) shift; BUILDX_CONFIG={here}/buildx exec \"$DTPL_BUILDX_CURRENT\" \"$@\" ;; esac\n\
             fi\n\
             case \" $* \" in *' bake '*) ;; *) exit 0 ;; esac\n\
             case \" $* \" in *' --file - '*) cat >{here}/stdin ;; *) : >{here}/stdin ;; esac\n\
             if [ -n \"${{DTPL_BUILDX_CURRENT:-}}\" ]; then shift; \"$DTPL_BUILDX_CURRENT\" \"$@\" --print <{here}/stdin >{here}/printed; fi\n"
        );
        let path = folder.path().join("docker");
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.path().join("kubeconfig"), KUBECONFIG).unwrap();
        Docker { folder }
    }

    /// The folder for PATH.
    pub fn path(&self) -> String {
        self.folder.path().to_str().unwrap().to_owned()
    }

    /// The calls so far, each as one line.
    pub fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    /// What the real buildx says to a call, at a builder that nobody answers for: what it refuses, it refuses before it
    /// asks the builder. None if it is not there.
    pub fn asked(&self, call: &str, folder: &Path) -> Option<String> {
        let buildx = std::env::var_os("DTPL_BUILDX_CURRENT")?;
        let run = |program: &mut Command| {
            let output = program
                .current_dir(folder)
                .env("BUILDX_CONFIG", self.folder.path().join("nobody"))
                .env("DOCKER_CONFIG", self.folder.path())
                .output()
                .unwrap();
            String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
        };
        run(Command::new(&buildx).args(["create", "--name=nobody", "--driver=remote", "tcp://127.0.0.1:1"]));
        let args = call.strip_prefix("buildx ").unwrap().split(' ');
        // It waits for the builder longer than needed.
        Some(run(Command::new("timeout").args(["5"]).arg(&buildx).args(["--builder=nobody"]).args(args)))
    }

    /// What the real buildx said that the last `bake` would build; none if it is not there.
    pub fn printed(&self) -> Option<Value> {
        let printed = fs::read_to_string(self.folder.path().join("printed")).ok()?;
        Some(serde_json::from_str(&printed).unwrap())
    }
}

/// PATH with the recorder, the built program, and what is installed.
pub fn path_with(docker: &Docker) -> String {
    let dtpl = Path::new(DTPL).parent().unwrap().display().to_string();
    [docker.path(), dtpl, std::env::var("PATH").unwrap()].join(":")
}

/// Runs a script in a folder with the recorder of calls.
fn run(shell: &str, script: &str, folder: &Path, docker: &Docker) -> Output {
    let mut command = Command::new(shell);
    command.args(["-c", script]).current_dir(folder).env("PATH", path_with(docker));
    command.env("GITHUB_OUTPUT", folder.join("github-output")).env("SLURM_SUBMIT_DIR", folder);
    command.env("SLURM_ARRAY_TASK_ID", "1").env("SLURM_ARRAY_TASK_COUNT", "4");
    command.env("SHARE", "1").env("SHARES", "4").env("DOCKER_CONFIG", folder);
    command.env("KUBECONFIG", docker.folder.path().join("kubeconfig"));
    command.output().unwrap()
}

/// The scripts of a page: its blocks `bash` and `sh`, and the steps of its workflows.
fn scripts(page: &str) -> Vec<(String, String)> {
    let text = text(page);
    let mut scripts = Vec::new();
    for block in text.split("\n```").skip(1).step_by(2) {
        let (language, code) = block.split_once('\n').unwrap();
        match language {
            "bash" | "sh" => scripts.push((language.to_owned(), code.to_owned())),
            "yaml" if code.starts_with("jobs:") => {
                let workflow: Value = serde_yaml::from_str(code).unwrap();
                for job in workflow["jobs"].as_object().unwrap().values() {
                    let steps = job["steps"].as_array().unwrap().iter();
                    let runs = steps.filter_map(|step| step["run"].as_str());
                    scripts.extend(runs.map(|run| ("bash".to_owned(), format!("set -eo pipefail\n{run}"))));
                }
            }
            _ => {}
        }
    }
    scripts
}

#[test]
fn the_scripts_of_the_documentation_run_and_fail_where_dtpl_fails() {
    let mut with_dtpl = 0;
    for page in ["docs/ci.md", "docs/build-farm.md"] {
        for (shell, script) in scripts(page) {
            let project = folder(FLEETS);
            let docker = Docker::new();
            let output = run(&shell, &script, project.path(), &docker);
            assert!(output.status.success(), "{page}: {script}\n{}", String::from_utf8_lossy(&output.stderr));
            assert!(!docker.calls().is_empty(), "{script}");
            if !script.contains("dtpl ") {
                continue;
            }
            with_dtpl += 1;
            write(project.path(), &[("web/Dockerfile.template", BROKEN)]);
            fs::remove_file(project.path().join("github-output")).ok();
            let output = run(&shell, &script, project.path(), &Docker::new());
            assert!(!output.status.success(), "{page}: it goes on after a failure of dtpl: {script}");
            assert!(!project.path().join("github-output").exists(), "{script}");
        }
    }
    assert_eq!(with_dtpl, 6, "the number of scripts with dtpl in the documentation");
}

/// The scripts of all files, each with the shell that runs it.
fn all_scripts() -> Vec<(String, &'static str, String)> {
    let mut all = Vec::new();
    let mut add = |name: &str, steps: &Value| {
        for script in steps.as_array().unwrap().iter().filter_map(|step| step["run"].as_str()) {
            all.push((name.to_owned(), "bash", format!("set -eo pipefail\n{script}")));
        }
    };
    add("action.yml", &document("action.yml")["runs"]["steps"]);
    for name in crate::workflows::WORKFLOWS {
        for job in document(name)["jobs"].as_object().unwrap().values() {
            if let Some(steps) = job.get("steps") {
                add(name, steps);
            }
        }
    }
    for page in ["docs/ci.md", "docs/build-farm.md"] {
        for (shell, script) in scripts(page) {
            all.push((page.to_owned(), if shell == "sh" { "sh" } else { "bash" }, script));
        }
    }
    let job = crate::farm::job();
    let script = job["spec"]["template"]["spec"]["containers"][0]["args"][0].as_str().unwrap();
    all.push(("build-job.yaml".to_owned(), "sh", format!("set -eu\n{script}")));
    all
}

#[test]
#[ignore = "needs shellcheck: `just ci-files` installs it"]
fn shellcheck_finds_nothing() {
    let Some(shellcheck) = tool("shellcheck") else { return };
    let folder = tempfile::tempdir().unwrap();
    let scripts = all_scripts();
    assert!(scripts.len() > 10);
    for (name, shell, script) in scripts {
        let file = folder.path().join("script");
        fs::write(&file, &script).unwrap();
        let output = Command::new(&shellcheck).args(["--shell", shell]).arg(&file).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
    }
}
