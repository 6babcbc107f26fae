//! The ways from a template to an image: each builds a project for every device type, starts it, and
//! asks it.

use std::path::Path;
use std::process::Command;

use crate::docker::{Engine, run};
use crate::projects::{Device, Project, devices, root};

/// The port that containers are published on, as in the walk-through.
const PUBLISHED: u16 = 8097;

/// What a container that was built in one of the ways is and says.
pub struct Seen<'a> {
    pub project: &'a Project,
    pub way: &'static str,
    pub device: &'static Device,
    /// What the engine says that the image is for.
    pub platform: String,
    /// `uname -m` inside of the container.
    pub machine: String,
    /// The port that the project listens on, and what came from there.
    pub port: u16,
    pub status: u16,
    pub body: String,
}

/// What the built program prints.
pub fn dtpl(args: &[&str], path: &Path, stdin: &[u8]) -> Vec<u8> {
    run(Command::new(env!("CARGO_BIN_EXE_dtpl")).args(args).arg(path), stdin).stdout
}

/// What a placeholder stands for on a device.
fn value(placeholder: &str, device: &Device) -> String {
    let template = format!("FROM %%{placeholder}%%");
    let rendered = dtpl(&["render", "-q", "-d", device.slug], Path::new("-"), template.as_bytes());
    String::from_utf8(rendered).unwrap().trim_start_matches("FROM ").trim().to_owned()
}

/// Names the stand-in of the device's architecture as each `FROM` of the Dockerfile asks for.
pub fn provide_base_images(engine: &Engine, device: &Device, dockerfile: &[u8]) {
    let dockerfile = String::from_utf8_lossy(dockerfile);
    let references: Vec<&str> = dockerfile.lines().filter_map(|line| line.strip_prefix("FROM ")).collect();
    assert!(!references.is_empty(), "{dockerfile}");
    let stand_in = format!("stand-in:{}", value("DTPL_DEBIAN_ARCH", device));
    for reference in references {
        run(&mut engine.docker(&["tag", &stand_in, reference.trim()]), b"");
    }
}

fn render(device: &Device, project: &Project) -> Vec<u8> {
    dtpl(&["render", "-q", "-d", device.slug], &project.folder, b"")
}

pub const RENDERED: &str = "`dtpl render`, `docker build -f -`";
/// The same for a project that was migrated before.
pub const MIGRATED: &str = "`dtpl migrate --write`, `dtpl render`, `docker build -f -`";

/// The Dockerfile from `dtpl render`, and the project as it is.
pub fn rendered<'a>(engine: &Engine, project: &'a Project, way: &'static str) -> Vec<Seen<'a>> {
    let build = |device: &'static Device| {
        let dockerfile = render(device, project);
        provide_base_images(engine, device, &dockerfile);
        let (tag, platform) = (format!("rendered-{}", device.slug), value("DTPL_PLATFORM", device));
        let folder = project.folder.to_str().unwrap();
        let args = ["build", "--platform", &platform, "--tag", &tag, "--file", "-", folder];
        run(&mut engine.docker(&args), &dockerfile);
        start(engine, project, way, device, &tag)
    };
    devices().into_iter().map(build).collect()
}

/// The project as a tar stream through `dtpl resolve`, which is all that the engine gets.
pub fn resolved<'a>(engine: &Engine, project: &'a Project) -> Vec<Seen<'a>> {
    let context = run(Command::new("tar").arg("-C").arg(&project.folder).args(["-c", "."]), b"").stdout;
    let build = |device: &'static Device| {
        provide_base_images(engine, device, &render(device, project));
        let resolve = ["resolve", "-q", "-d", device.slug];
        let resolved = run(Command::new(env!("CARGO_BIN_EXE_dtpl")).args(resolve), &context).stdout;
        let (tag, platform) = (format!("resolved-{}", device.slug), value("DTPL_PLATFORM", device));
        run(&mut engine.docker(&["build", "--platform", &platform, "--tag", &tag, "-"]), &resolved);
        start(engine, project, "`dtpl resolve`, `docker build -`", device, &tag)
    };
    devices().into_iter().map(build).collect()
}

/// All device types at once. The project's base images have to differ in their names: an engine
/// without a registry has one image under a name, so for one platform.
pub fn baked<'a>(engine: &Engine, project: &'a Project) -> Vec<Seen<'a>> {
    for device in devices() {
        provide_base_images(engine, device, &render(device, project));
    }
    let slugs: Vec<&str> = devices().iter().map(|device| device.slug).collect();
    let batch = ["batch", "-q", "-d", &slugs.join(","), "--format", "bake", "--tag", "baked-{fleet}"];
    let file = dtpl(&batch, &project.folder, b"");
    run(engine.docker(&["buildx", "bake", "--file", "-", "--load"]).current_dir(root()), &file);
    let way = "`dtpl batch --format bake`, `docker buildx bake`";
    let start =
        |device: &'static Device| start(engine, project, way, device, &format!("baked-{}", device.slug));
    devices().into_iter().map(start).collect()
}

fn start<'a>(
    engine: &Engine,
    project: &'a Project,
    way: &'static str,
    device: &'static Device,
    image: &str,
) -> Seen<'a> {
    let format = "{{.Os}}/{{.Architecture}}{{if .Variant}}/{{.Variant}}{{end}}";
    let platform = run(&mut engine.docker(&["image", "inspect", "--format", format, image]), b"").stdout;
    let container = engine.start_container(image, PUBLISHED, project.port);
    let (status, body) = container.get();
    let machine = container.exec(&["uname", "-m"]).trim().to_owned();
    let platform = String::from_utf8(platform).unwrap().trim().to_owned();
    println!("{}: {way}: {}: {status} {body}", project.name, device.slug);
    Seen { project, way, device, platform, machine, port: project.port, status, body }
}
