//! What is built: the projects, and the device types that they are built for.

use std::path::{Path, PathBuf};

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
