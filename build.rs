//! Reads `device-types.yaml` with the readers that check a user's overlay, and writes it as a table
//! that needs no parsing when the program starts; the tables of base images and of Debian's packages likewise. Lists
//! the files of `templates/`.

// The readers are compiled into this script too; it does not use all of each.
#![allow(dead_code, unused_imports)]

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::Context as _;

#[path = "src/arch.rs"]
mod arch;
#[path = "build/balena_images.rs"]
mod balena_images;
#[path = "src/image/date.rs"]
mod date;
#[path = "build/debian_packages.rs"]
mod debian_packages;
#[path = "src/device_types/mod.rs"]
mod device_types;
#[path = "src/diagnostic.rs"]
mod diagnostic;
#[path = "src/escape.rs"]
mod escape;
#[path = "build/image_reader.rs"]
mod image_reader;
#[path = "build/image_tables.rs"]
mod image_tables;
#[path = "src/nearest.rs"]
mod nearest;
#[path = "build/official_images.rs"]
mod official_images;
#[path = "src/source.rs"]
mod source;
#[path = "build/templates.rs"]
mod templates;
#[path = "src/yaml/mod.rs"]
mod yaml;

use device_types::Registry;

const REGISTRY: &str = "device-types.yaml";
/// What is kept by hand, laid over it.
const MORE_DEVICE_TYPES: &str = "data/more-device-types.yaml";
const OFFICIAL: &str = "base-images.yaml";
const GONE: &str = "gone-tags.txt";
const BALENA: &str = "balena-images.yaml";
const DEBIAN: &str = "debian-packages.txt";

fn main() -> anyhow::Result<()> {
    let data = [REGISTRY, MORE_DEVICE_TYPES, OFFICIAL, GONE, BALENA, DEBIAN, templates::FOLDER];
    for input in ["build.rs", "build", "src"].into_iter().chain(data) {
        println!("cargo::rerun-if-changed={input}");
    }
    let mut registry = Registry::from_tables(&[], &[], &[]);
    registry.overlay(&device_types::contract::parse(&read(REGISTRY)?)?)?;
    let more = read(MORE_DEVICE_TYPES)?;
    // It may have no entry, which an overlay has to have.
    if more.bytes().split(|byte| *byte == b'\n').any(|line| line.starts_with(b" ")) {
        registry.overlay(&device_types::contract::parse(&more)?)?;
    }
    let out = std::env::var_os("OUT_DIR").context("OUT_DIR")?;
    let out = std::path::Path::new(&out);
    std::fs::write(out.join("device_types.rs"), table(&registry)?)?;
    std::fs::write(out.join("base_images.rs"), balena_images::tables(&read(BALENA)?)?)?;
    let gone = std::fs::read_to_string(GONE).context(GONE)?;
    official_images::write(&read(OFFICIAL)?, &gone, out)?;
    debian_packages::write(&std::fs::read_to_string(DEBIAN).context(DEBIAN)?, out)?;
    templates::list(&out.join("templates"))
}

fn read(name: &str) -> anyhow::Result<Arc<source::Source>> {
    let bytes = std::fs::read(name).context(name.to_owned())?;
    Ok(Arc::new(source::Source::new(name, bytes)))
}

fn text(text: &str) -> String {
    format!("Cow::Borrowed({text:?})")
}

fn optional(value: &Option<arch::Text>) -> String {
    value.as_ref().map_or("None".to_owned(), |value| format!("Some({})", text(value)))
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("Cow::Borrowed(&[{}])", items.collect::<Vec<_>>().join(", "))
}

fn texts(items: &[arch::Text]) -> String {
    list(items.iter().map(|item| text(item)))
}

fn table(registry: &Registry) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    writeln!(out, "static ARCHES: &[Arch] = &[")?;
    for arch in registry.arches() {
        let names: Vec<String> = arch.names.iter().map(optional).collect();
        writeln!(
            out,
            "Arch {{ slug: {}, name: {}, platform: {}, names: [{}], aliases: {} }},",
            text(&arch.slug),
            text(&arch.name),
            text(&arch.platform),
            names.join(", "),
            texts(&arch.aliases),
        )?;
    }
    writeln!(out, "];\nstatic DEVICE_TYPES: &[DeviceType] = &[")?;
    for device_type in registry.device_types() {
        writeln!(
            out,
            "DeviceType {{ slug: {}, name: {}, arch: {}, aliases: {}, status: Status::{:?}, state: {}, base_images: {} }},",
            text(&device_type.slug),
            text(&device_type.name),
            text(&device_type.arch),
            texts(&device_type.aliases),
            device_type.status,
            device_type.state.map_or("None".to_owned(), |state| format!("Some(ReleaseState::{state:?})")),
            list(device_type.base_images.iter().map(|family| format!("ImageFamily::{family:?}"))),
        )?;
    }
    writeln!(out, "];\nstatic NAMES: &[(Text, usize)] = &[")?;
    for (name, at) in registry.names() {
        writeln!(out, "({}, {at}),", text(name))?;
    }
    writeln!(out, "];")?;
    Ok(out)
}
