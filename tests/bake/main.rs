//! Bake files, read by the real `docker buildx bake --print`: it has to say of every target what we
//! meant. DTPL_BUILDX names its program, DTPL_BUILDX_CURRENT that of a current version.

mod generated;

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
    let plain: fn(&Value) -> String = |value| value.as_str().unwrap().to_owned();
    for (variable, text) in [("DTPL_BUILDX", plain), ("DTPL_BUILDX_CURRENT", unescaped)] {
        bake_says(
            &std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names docker-buildx")),
            text,
        );
    }
}

/// Text as bake of version 0.29 prints it: as it would have to stand in a file.
fn unescaped(value: &Value) -> String {
    value.as_str().unwrap().replace("$${", "${").replace("%%{", "%{")
}

/// `text` is what a text means as this version prints it.
fn bake_says(buildx: &str, text: fn(&Value) -> String) {
    let text_of = |target: &Value| text(&target["dockerfile-inline"]);
    let dtpl = env!("CARGO_BIN_EXE_dtpl");
    let mut targets = 0;
    for (path, _folder) in projects() {
        let selection = "raspberrypi3,raspberry-pi,intel-nuc,jetson-nano,qemux86";
        let batch = ["batch", "-q", "-d", selection, path.as_str()];
        let bake = run(
            dtpl,
            &[&batch[..], &["--format", "bake", "--tag", "r.io/{fleet}/{service}:{device}"]].concat(),
            b"",
        );
        let printed: Value =
            serde_json::from_slice(&run(buildx, &["bake", "--print", "-f", "-"], &bake)).unwrap();
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
                object["device"].as_str().unwrap()
            );
            let has_tag = |target: &&Value| strings(&target["tags"]).contains(&tag);
            let found: Vec<&Value> =
                printed["target"].as_object().unwrap().values().filter(has_tag).collect();
            let [target] = found.as_slice() else { panic!("{} targets for {tag}", found.len()) };
            assert_eq!(text_of(target), object["dockerfile"].as_str().unwrap(), "{path}");
            assert!(strings(&target["platforms"]).contains(object["platform"].as_str().unwrap()));
            // Relative to where this runs, also of an absolute path.
            let context = target["context"].as_str().unwrap();
            assert!(!context.starts_with('/'), "{context}");
            let real = |path: &str| std::fs::canonicalize(path).unwrap();
            assert!(real(context).starts_with(real(&path)), "{context} {path}");
            if object["service"] == "a-b" {
                assert_eq!(text(&target["args"]["K"]), "${x}y%{z}");
                assert_eq!(target["args"]["L"], "\"");
                assert_eq!(target["target"], "run");
            }
            targets += 1;
        }
        // Each fleet's group builds what the fleet needs, and nothing else.
        for device in selection.split(',') {
            let args = ["bake", "--print", "-f", "-", device];
            let printed: Value = serde_json::from_slice(&run(buildx, &args, &bake)).unwrap();
            let built: BTreeSet<String> =
                printed["target"].as_object().unwrap().values().map(text_of).collect();
            let of_device = objects.iter().filter(|object| object["device"] == device);
            let expected: BTreeSet<String> =
                of_device.map(|object| object["dockerfile"].as_str().unwrap().to_owned()).collect();
            assert_eq!(built, expected, "{device}");
        }
        // One platform more or less would be a build for the wrong device.
        for target in printed["target"].as_object().unwrap().values() {
            let of_target = |object: &&Value| text_of(target) == object["dockerfile"].as_str().unwrap();
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
