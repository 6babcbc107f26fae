//! Bake files, read by the real `docker buildx bake --print`: it has to say of every target what we
//! meant. DTPL_BUILDX names its program.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Every template project, and one whose text is full of what bake could take for something else.
fn projects() -> Vec<(String, tempfile::TempDir)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut projects = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        projects.push((path.to_string_lossy().into_owned(), tempfile::tempdir().unwrap()));
    }
    assert!(projects.len() >= 2);
    let folder = tempfile::tempdir().unwrap();
    let text = "FROM x/%%BALENA_ARCH%%\nRUN echo ${X} $${Y} $$${Z} %{if} %%{q} %%%{r} $ % { } \"quoted\" \\ \\\n  back `tick` ${\"$\"}{W}\n# \u{e9}\u{1F980} <%= a %>\nENV A=\"${B:-${C}}\"\n";
    let compose = "services:\n  a-b: {build: {context: ./c, target: run, args: {K: '${x}y%{z}', 'L': '\"'}}}\n  d_e: {build: ./c}\n";
    std::fs::create_dir(folder.path().join("c")).unwrap();
    std::fs::write(folder.path().join("c/Dockerfile.template"), text).unwrap();
    std::fs::write(folder.path().join("docker-compose.yml"), compose.replace("${x}", "$${x}")).unwrap();
    let path = folder.path().to_string_lossy().into_owned();
    projects.push((path, folder));
    projects
}

fn run(program: &str, args: &[&str], stdin: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn strings(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().map(|value| value.as_str().unwrap().to_owned()).collect()
}

#[test]
fn bake_says_what_we_say() {
    let buildx = std::env::var("DTPL_BUILDX").expect("DTPL_BUILDX names the program of docker-buildx");
    let dtpl = env!("CARGO_BIN_EXE_dtpl");
    let mut targets = 0;
    for (path, _folder) in projects() {
        let selection = "raspberrypi3,raspberry-pi,intel-nuc,jetson-nano,qemux86";
        let batch = ["batch", "-q", "-d", selection, path.as_str()];
        let bake = run(
            dtpl,
            &[&batch[..], &["--format", "bake", "--tag", "r.io/{fleet}/{service}:{arch}"]].concat(),
            b"",
        );
        let printed: Value =
            serde_json::from_slice(&run(&buildx, &["bake", "--print", "-f", "-"], &bake)).unwrap();
        // What has to come out is known from another way to the same Dockerfiles.
        let lines =
            String::from_utf8(run(dtpl, &[&batch[..], &["--format", "ndjson"]].concat(), b"")).unwrap();
        let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            printed["target"].as_object().unwrap().len(),
            strings(&printed["group"]["default"]["targets"]).len()
        );
        for object in &objects {
            let tag = format!(
                "r.io/{}/{}:{}",
                object["device"].as_str().unwrap(),
                object["service"].as_str().unwrap(),
                object["arch"].as_str().unwrap()
            );
            let has_tag = |target: &&Value| strings(&target["tags"]).contains(&tag);
            let found: Vec<&Value> =
                printed["target"].as_object().unwrap().values().filter(has_tag).collect();
            let [target] = found.as_slice() else { panic!("{} targets for {tag}", found.len()) };
            assert_eq!(target["dockerfile-inline"], object["dockerfile"], "{path}");
            assert!(strings(&target["platforms"]).contains(object["platform"].as_str().unwrap()));
            assert!(target["context"].as_str().unwrap().starts_with(&path));
            if object["service"] == "a-b" {
                assert_eq!(target["args"], serde_json::json!({ "K": "${x}y%{z}", "L": "\"" }));
                assert_eq!(target["target"], "run");
            }
            targets += 1;
        }
        // Each fleet's group builds what the fleet needs, and nothing else.
        for device in selection.split(',') {
            let args = ["bake", "--print", "-f", "-", device];
            let printed: Value = serde_json::from_slice(&run(&buildx, &args, &bake)).unwrap();
            let built: BTreeSet<&str> = printed["target"]
                .as_object()
                .unwrap()
                .values()
                .map(|target| target["dockerfile-inline"].as_str().unwrap())
                .collect();
            let of_device = objects.iter().filter(|object| object["device"] == device);
            let expected: BTreeSet<&str> =
                of_device.map(|object| object["dockerfile"].as_str().unwrap()).collect();
            assert_eq!(built, expected, "{device}");
        }
        // One platform more or less would be a build for the wrong device.
        for target in printed["target"].as_object().unwrap().values() {
            let of_target = |object: &&Value| target["dockerfile-inline"] == object["dockerfile"];
            let expected: BTreeSet<String> = objects
                .iter()
                .filter(of_target)
                .map(|object| object["platform"].as_str().unwrap().to_owned())
                .collect();
            assert_eq!(strings(&target["platforms"]), expected);
        }
    }
    println!("docker buildx bake says the same of {targets} Dockerfiles");
}
