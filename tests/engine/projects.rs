//! What is built: the projects, and the device types that they are built for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::docker::run;
use crate::ways::dtpl;

/// A device type, and what has to be seen of its containers.
pub struct Device {
    pub slug: &'static str,
    pub arch: &'static str,
    /// As the engine writes it.
    pub platform: &'static str,
    pub machine: &'static str,
}

pub const DEVICES: [Device; 3] = [
    Device { slug: "intel-nuc", arch: "amd64", platform: "linux/amd64", machine: "x86_64" },
    Device { slug: "raspberrypi3", arch: "armv7hf", platform: "linux/arm/v7", machine: "armv7l" },
    Device { slug: "raspberrypi4-64", arch: "aarch64", platform: "linux/arm64", machine: "aarch64" },
];

/// The device types that are tried: all, or those of the list in `DTPL_ENGINE_DEVICES`.
pub fn devices() -> Vec<&'static Device> {
    let Ok(list) = std::env::var("DTPL_ENGINE_DEVICES") else { return DEVICES.iter().collect() };
    list.split(',').map(|slug| DEVICES.iter().find(|device| device.slug == slug).expect(slug)).collect()
}

pub struct Project {
    /// As docs/engine.md calls it.
    pub name: &'static str,
    pub folder: PathBuf,
    pub port: u16,
    /// What it has to answer on a device.
    pub answer: fn(&Device) -> String,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The project of "Dockerizing a Python application", on base images named after the device type.
pub fn flask() -> Project {
    Project {
        name: "tests/engine/flask",
        folder: root().join("tests/engine/flask"),
        port: 8088,
        answer: |device| format!("Hello from {}, {}!", device.slug, device.machine),
    }
}

/// The project that dtpl starts with, on one base image for all.
pub fn python() -> Project {
    let answer = |device: &Device| {
        let Device { slug, arch, machine, .. } = device;
        format!(r#"{{"arch":"{arch}","device_type":"{slug}","machine":"{machine}"}}"#)
    };
    Project { name: "templates/python", folder: root().join("templates/python"), port: 8088, answer }
}

/// A project of 2017, in a folder of its own, after `dtpl migrate --write`: on an image that still gets
/// updates, with nothing to migrate any more and no error for a device.
///
/// One thing is done by hand as its owner has to: Flask 0.10.1 of 2013 cannot be imported beside the
/// Jinja of today (`cannot import name 'Markup'`), so that `requirements.txt` takes another version.
pub fn migrated(folder: &Path) -> Project {
    let from = root().join("templates/python-legacy/.");
    run(Command::new("cp").arg("-r").arg(from).arg(folder), b"");
    fs::copy(root().join("templates/python/requirements.txt"), folder.join("requirements.txt")).unwrap();

    dtpl(&["migrate", "-q", "--write"], folder, b"");
    dtpl(&["migrate", "-q", "--check"], folder, b"");
    for device in &DEVICES {
        dtpl(&["check", "-q", "--fail-on", "error", "-d", device.slug], folder, b"");
        let rendered = dtpl(&["render", "-q", "-d", device.slug], folder, b"");
        let rendered = String::from_utf8(rendered).unwrap();
        assert!(rendered.contains("\nFROM python:3"), "no official image:\n{rendered}");
    }
    Project {
        name: "templates/python-legacy",
        folder: folder.to_owned(),
        port: 80,
        answer: |_| "Hello from the device!".to_owned(),
    }
}
