//! Images in the registry that stands in for docker.io: one is pushed, others are copies of its entry under
//! new names, which costs a few small files each.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::engine::Engine;

/// Pushes an image for these platforms. In `/f` it has the name of the platform that it was taken for.
pub fn push(engine: &Engine, name: &str, platforms: &[String]) {
    let context = tempfile::tempdir().unwrap();
    for platform in platforms {
        let folder = context.path().join(platform);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("f"), platform).unwrap();
    }
    let dockerfile = "FROM scratch\nARG TARGETPLATFORM\nCOPY ${TARGETPLATFORM}/f /f\n";
    // Of one platform alone, buildx makes an index only together with an attestation; without an index the
    // engine takes the image for any platform.
    let attestation = if platforms.len() == 1 { "--provenance=mode=min" } else { "--provenance=false" };
    let platforms = platforms.join(",");
    let tag = format!("{}/library/{name}", engine.registry());
    let path = context.path().to_str().unwrap();
    let args = [
        "buildx",
        "build",
        "-q",
        attestation,
        "--platform",
        &platforms,
        "-t",
        &tag,
        "--push",
        "-f",
        "-",
        path,
    ];
    let (is_done, output) = engine.run(&args, dockerfile.as_bytes());
    assert!(is_done, "{output}");
}

/// Gives an image of the registry another name.
pub fn copy(engine: &Engine, from: &str, to: &str) {
    let (from_name, from_tag) = from.split_once(':').unwrap();
    let (to_name, to_tag) = to.split_once(':').unwrap();
    let root = engine.registry_data().join("docker/registry/v2/repositories/library");
    copy_folder(&root.join(from_name), &root.join(to_name), &|path: PathBuf| {
        let text = path.to_string_lossy().into_owned();
        PathBuf::from(text.replace(&format!("/tags/{from_tag}"), &format!("/tags/{to_tag}")))
    });
}

fn copy_folder(from: &Path, to: &Path, renamed: &dyn Fn(PathBuf) -> PathBuf) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target, renamed);
        } else {
            let target = renamed(target);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            // The registry may be reading it.
            if !target.exists() || path_is_tag(&target) {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}

/// Whether a file says what a tag is.
fn path_is_tag(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tags")
}

/// The tags of which the registry was asked for a manifest since `from`, with their names.
pub fn asked(engine: &Engine, from: usize) -> BTreeSet<String> {
    let log = fs::read(engine.registry_log()).unwrap();
    let log = String::from_utf8_lossy(&log[from..]).into_owned();
    let paths = log.lines().filter_map(|line| line.split_once("/v2/library/"));
    let manifests = paths.filter_map(|(_, rest)| rest.split_once("/manifests/"));
    let tags = manifests.filter_map(|(name, rest)| {
        let tag = rest.split([' ', '"', '?']).next()?;
        (!tag.contains(':')).then(|| format!("{name}:{tag}"))
    });
    tags.collect()
}

/// Where the registry's log ends now.
pub fn log_end(engine: &Engine) -> usize {
    usize::try_from(fs::metadata(engine.registry_log()).unwrap().len()).unwrap()
}
