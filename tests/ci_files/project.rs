//! Projects to check and build, and files of the clone.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The built program.
pub const DTPL: &str = env!("CARGO_BIN_EXE_dtpl");

/// The path of a file of the clone.
pub fn clone_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The text of a file of the clone.
pub fn text(name: &str) -> String {
    fs::read_to_string(clone_path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The documents of a YAML file of the clone.
pub fn documents(name: &str) -> Vec<Value> {
    let text = text(name);
    text.split("\n---\n").map(|part| yaml(name, part)).collect()
}

/// A YAML file of the clone with one document.
pub fn document(name: &str) -> Value {
    yaml(name, &text(name))
}

fn yaml(name: &str, text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A folder with files: pairs of a path and a text.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    folder
}

/// Writes files into a folder.
pub fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Two services and three fleets on three platforms, without findings.
pub const FLEETS: &[(&str, &str)] = &[
    ("docker-compose.yml", "services:\n  web: {build: ./web}\n  api: {build: ./api}\n"),
    ("web/Dockerfile.template", "FROM alpine:3.22\nENV DEVICE=%%BALENA_MACHINE_NAME%%\n"),
    ("api/Dockerfile.template", "FROM alpine:3.22\nENV SERVICE=%%BALENA_SERVICE_NAME%%\n"),
    (
        "fleets.yaml",
        "fleets:\n  shop: {device: raspberrypi3}\n  kiosk: {device: raspberrypi4-64}\n  lab: {device: intel-nuc}\n",
    ),
];

/// A Dockerfile with an error that `dtpl check` finds.
pub const WITH_A_FINDING: &str = "FROM alpine:3.22\nRUN apk add curl\nCOPY missing.txt /\n";

/// A template that cannot be rendered.
pub const BROKEN: &str = "FROM alpine:3.22\nENV A=%%NO_SUCH_NAME%%\n";
