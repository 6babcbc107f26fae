//! Reads `device-types.yaml` with the readers that check a user's overlay, and writes it as a table
//! that needs no parsing when the program starts; `base-images.yaml` likewise. Lists the files of
//! `templates/`.

// The readers are compiled into this script too; it does not use all of each.
#![allow(dead_code, unused_imports)]

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::Context as _;

#[path = "src/arch.rs"]
mod arch;
#[path = "build/base_images.rs"]
mod base_images;
#[path = "src/device_types/mod.rs"]
mod device_types;
#[path = "src/diagnostic.rs"]
mod diagnostic;
#[path = "src/escape.rs"]
mod escape;
#[path = "src/nearest.rs"]
mod nearest;
#[path = "src/source.rs"]
mod source;
#[path = "build/templates.rs"]
mod templates;
#[path = "src/yaml/mod.rs"]
mod yaml;

use device_types::Registry;

const REGISTRY: &str = "device-types.yaml";
const CATALOGUE: &str = "base-images.yaml";

fn main() -> anyhow::Result<()> {
    for input in ["build.rs", "build", REGISTRY, CATALOGUE, templates::FOLDER, "src"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let bytes = std::fs::read(REGISTRY).context(REGISTRY)?;
    let source = Arc::new(source::Source::new(REGISTRY, bytes));
    let mut registry = Registry::from_tables(&[], &[], &[]);
    let file = device_types::contract::parse(&source)?;
    registry.overlay(&file)?;
    let out = std::env::var_os("OUT_DIR").context("OUT_DIR")?;
    let out = std::path::Path::new(&out);
    std::fs::write(out.join("device_types.rs"), table(&registry)?)?;
    let bytes = std::fs::read(CATALOGUE).context(CATALOGUE)?;
    let source = Arc::new(source::Source::new(CATALOGUE, bytes));
    std::fs::write(out.join("base_images.rs"), base_images::tables(&source)?)?;
    templates::list(&out.join("templates"))
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
            "DeviceType {{ slug: {}, name: {}, arch: {}, aliases: {}, status: Status::{:?}, base_images: {} }},",
            text(&device_type.slug),
            text(&device_type.name),
            text(&device_type.arch),
            texts(&device_type.aliases),
            device_type.status,
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
