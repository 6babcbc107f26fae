//! A locked project on the engine: after the tag of its base image has moved, a build of it takes the image that the
//! lock file has, for each of three platforms, while a build that is not locked takes the new one.
//!
//! Nothing is run in these images, so that no processor is emulated: each has a file that says which image it is, and
//! one that says its platform.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::engine::Engine;

const DEVICES: [(&str, &str); 3] =
    [("intel-nuc", "linux/amd64"), ("raspberrypi3", "linux/arm/v7"), ("raspberrypi4-64", "linux/arm64")];

/// Runs `docker`, and gives what it printed on stdout.
fn docker(engine: &Engine, args: &[&str], stdin: &[u8]) -> Vec<u8> {
    docker_in(Path::new("."), engine, args, stdin)
}

fn docker_in(folder: &Path, engine: &Engine, args: &[&str], stdin: &[u8]) -> Vec<u8> {
    let output = engine.output_in(folder, args, stdin, "1");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn dtpl(project: &Path, args: &[&str]) -> Output {
    dtpl_with(project, args, b"")
}

fn dtpl_with(project: &Path, args: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dtpl"))
        .args(args)
        .current_dir(project)
        .env_remove("DOCKER_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Few bytes, which a pipe holds.
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    println!("dtpl {}: {}", args.join(" "), output.status);
    output
}

/// What a command of dtpl that works prints on stdout.
fn printed(project: &Path, args: &[&str]) -> Vec<u8> {
    printed_with(project, args, b"")
}

fn printed_with(project: &Path, args: &[&str], stdin: &[u8]) -> Vec<u8> {
    let output = dtpl_with(project, args, stdin);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Pushes the base image for all three platforms. `/which` says which one it is.
fn push(engine: &Engine, base: &str, which: &str) {
    let context = tempfile::tempdir().unwrap();
    fs::write(context.path().join("which"), which).unwrap();
    for (_, platform) in DEVICES {
        let folder = context.path().join(platform);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("platform"), platform).unwrap();
    }
    let dockerfile = "FROM scratch\nARG TARGETPLATFORM\nCOPY which ${TARGETPLATFORM}/platform /\n";
    let platforms = DEVICES.map(|(_, platform)| platform).join(",");
    let folder = context.path().to_str().unwrap();
    let args = ["buildx", "build", "--platform", &platforms, "--tag", base, "--push", "--file", "-", folder];
    docker(engine, &args, dockerfile.as_bytes());
}

/// Which base image an image of the engine is built on, by the file in it.
fn base_of(engine: &Engine, image: &str, platform: &str) -> String {
    base_of_one(engine, &["--platform", platform, image], platform)
}

/// The same for what `docker create` takes an image by. An engine that has one image under a name needs no platform:
/// what 20.10 builds does not say its variant, so that it is not found by it.
fn base_of_one(engine: &Engine, image: &[&str], platform: &str) -> String {
    let create = [&["create", "--network", "none"], image, &["/none"]].concat();
    let id = String::from_utf8(docker(engine, &create, b"")).unwrap();
    let id = id.trim();
    let read = |name: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        docker(engine, &["cp", &format!("{id}:/{name}"), file.to_str().unwrap()], b"");
        fs::read_to_string(file).unwrap()
    };
    assert_eq!(read("platform"), platform, "{image:?}");
    assert_eq!(read("own"), "of the project\n");
    let which = read("which");
    docker(engine, &["rm", id], b"");
    which
}

/// The platforms of an image in the registry.
fn platforms(engine: &Engine, image: &str) -> Vec<String> {
    let raw = docker(engine, &["buildx", "imagetools", "inspect", "--raw", image], b"");
    let index: Value = serde_json::from_slice(&raw).unwrap();
    let text = |platform: &Value| {
        let parts = ["os", "architecture", "variant"].map(|name| platform[name].as_str().unwrap_or_default());
        parts.join("/").trim_end_matches('/').to_owned()
    };
    let entries = index["manifests"].as_array().unwrap().iter().map(|entry| text(&entry["platform"]));
    let mut platforms: Vec<String> = entries.filter(|platform| platform != "unknown/unknown").collect();
    platforms.sort();
    platforms
}

/// A project in a folder of its own, with the tag of its base image, which has moved since the project was locked.
struct Project {
    folder: tempfile::TempDir,
    slugs: String,
}

impl Project {
    fn make(engine: &Engine) -> Project {
        let (base, folder) = (format!("{}/team/base:1", engine.registry()), tempfile::tempdir().unwrap());
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("Dockerfile.template", &format!("FROM {base}\nCOPY own /\n"));
        write("own", "of the project\n");
        let project = Project { folder, slugs: DEVICES.map(|(slug, _)| slug).join(",") };
        push(engine, &base, "old");
        project.lock(&[]);
        project.lock(&["--check"]);
        push(engine, &base, "new");
        let check = dtpl(project.folder(), &["lock", "--check", "-d", &project.slugs]);
        assert_eq!(check.status.code(), Some(1));
        let said = String::from_utf8(check.stderr).unwrap();
        assert!(said.contains(&format!("`{base}` has moved from sha256:")), "{said}");
        project
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn lock(&self, flags: &[&str]) {
        printed(self.folder(), &[&["lock", "-d", &self.slugs], flags].concat());
    }

    /// `docker build` of a Dockerfile that dtpl printed; which base image it took.
    fn rendered(&self, engine: &Engine, (slug, platform): (&str, &str), flags: &[&str]) -> String {
        let dockerfile = printed(self.folder(), &[&["render", "-d", slug], flags].concat());
        let build = ["build", "--platform", platform, "--tag", "app", "--file", "-", "."];
        docker_in(self.folder(), engine, &build, &dockerfile);
        base_of(engine, "app", platform)
    }

    /// The same with the classic builder, which fetches the base image for this platform. The status and what it said
    /// is the result.
    fn build_classic(
        &self,
        engine: &Engine,
        (slug, platform): (&str, &str),
        flags: &[&str],
    ) -> Result<(), String> {
        let dockerfile = printed(self.folder(), &[&["render", "-d", slug], flags].concat());
        let build = ["build", "--pull", "--platform", platform, "--tag", "app", "--file", "-", "."];
        let output = engine.output_in(self.folder(), &build, &dockerfile, "0");
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn rendered_classic(&self, engine: &Engine, device: (&str, &str), flags: &[&str]) -> String {
        // Of one index it has the image for one platform at a time.
        docker(engine, &["image", "prune", "--all", "--force"], b"");
        self.build_classic(engine, device, flags).unwrap();
        base_of_one(engine, &["app"], device.1)
    }

    /// The same with an archive that `dtpl resolve` changed.
    fn resolved(&self, engine: &Engine, (slug, platform): (&str, &str), flags: &[&str]) -> String {
        let tar = Command::new("tar").args(["-c", "."]).current_dir(self.folder()).output().unwrap();
        assert!(tar.status.success());
        let lock = ["--lock", "images.lock.yaml"];
        let lock = if flags.is_empty() { &[][..] } else { &lock[..] };
        let archive =
            printed_with(self.folder(), &[&["resolve", "-d", slug], flags, lock].concat(), &tar.stdout);
        docker(engine, &["build", "--platform", platform, "--tag", "app", "-"], &archive);
        base_of(engine, "app", platform)
    }

    /// The same with a folder that `dtpl export` wrote.
    fn exported(&self, engine: &Engine, (slug, platform): (&str, &str), flags: &[&str]) -> String {
        let out = tempfile::tempdir().unwrap();
        let out = out.path().join("out");
        let name = out.to_str().unwrap();
        printed(self.folder(), &[&["export", "-d", slug, "-o", name], flags].concat());
        docker(engine, &["build", "--platform", platform, "--tag", "app", name], b"");
        base_of(engine, "app", platform)
    }

    /// One image for all platforms, in the registry, and what is pulled from there for each.
    fn baked(&self, engine: &Engine, flags: &[&str]) -> [String; 3] {
        let tag = format!("{}/team/app{}:1", engine.registry(), flags.concat());
        let args = ["batch", "-d", &self.slugs, "--format", "bake", "--tag", &tag];
        let file = printed(self.folder(), &[&args[..], flags].concat());
        // The device types share one Dockerfile: one target for three platforms.
        let targets: Value = serde_json::from_slice(&file).unwrap();
        assert_eq!(targets["target"].as_object().unwrap().len(), 1);
        docker_in(self.folder(), engine, &["buildx", "bake", "--file", "-", "--push"], &file);
        assert_eq!(platforms(engine, &tag), ["linux/amd64", "linux/arm/v7", "linux/arm64"]);
        DEVICES.map(|(_, platform)| {
            // From the registry, not as it was built.
            docker(engine, &["image", "rm", "--force", &tag], b"");
            docker(engine, &["pull", "--quiet", "--platform", platform, &tag], b"");
            base_of(engine, &tag, platform)
        })
    }
}

/// Builds the project in every way, locked and not. The table has what was seen.
pub fn table(engine: &Engine, classic: &Engine) -> String {
    let project = Project::make(engine);
    let mut table = String::from(
        "| way | device type | platform | base image without `--locked` | with it |\n|---|---|---|---|---|\n",
    );
    let mut row = |way: &str, (slug, platform): (&str, &str), unlocked: &str, locked: &str| {
        assert_eq!((unlocked, locked), ("new", "old"), "{way}, {slug}");
        table += &format!("| {way} | {slug} | {platform} | {unlocked} | {locked} |\n");
    };
    type Way = fn(&Project, &Engine, (&str, &str), &[&str]) -> String;
    let ways: [(&str, &Engine, Way); 4] = [
        ("`dtpl render`, `docker build -f -`", engine, Project::rendered),
        ("`dtpl resolve`, `docker build -`", engine, Project::resolved),
        ("`dtpl export`, `docker build`", engine, Project::exported),
        (
            "`dtpl render`, `docker build -f -`, the classic builder of 20.10",
            classic,
            Project::rendered_classic,
        ),
    ];
    for (name, engine, way) in ways {
        for device in DEVICES {
            let [unlocked, locked] =
                [&[][..], &["--locked"][..]].map(|flags| way(&project, engine, device, flags));
            row(name, device, &unlocked, &locked);
        }
    }
    let (unlocked, locked) = (project.baked(engine, &[]), project.baked(engine, &["--locked"]));
    for (at, device) in DEVICES.into_iter().enumerate() {
        let name = "`dtpl batch --format bake`, `docker buildx bake --push`";
        row(name, device, &unlocked[at], &locked[at]);
    }
    // The limit of 20.10 that docs/engine.md names.
    project.rendered_classic(classic, DEVICES[0], &["--locked"]);
    let said = project.build_classic(classic, DEVICES[1], &["--locked"]).unwrap_err();
    assert!(said.contains("Cannot overwrite digest sha256:"), "{said}");
    // The new image is taken when the lock file has it.
    project.lock(&["--update"]);
    project.lock(&["--check"]);
    assert_eq!(project.rendered(engine, DEVICES[1], &["--locked"]), "new");
    table
}
