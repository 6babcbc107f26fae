//! Device types as balena writes them: the list of `balena device-type list --json`, and the `contract.json` of one.
//!
//! Such files grow fields with every release, so only the fields that matter are read. What they say of the arch of
//! a known device type counts: it comes from balena.

use std::sync::Arc;

use super::file::{self, DeviceEntry, FileReader, RegistryFile};
use crate::diagnostic::Diagnostics;
use crate::source::Source;
use crate::yaml::{self, Dialect, Node, Value};

/// The kind of contract that is for a device type.
const KIND: &str = "hw.device-type";
/// What balena's list has in place of an arch that it does not know.
const NO_ARCH: &str = "n/a";

/// Reads a file for `--device-types`: a list or a contract of balena, or an overlay in our own form.
///
/// # Errors
/// Every fault of the file that can be seen without knowing the registry.
pub fn parse(source: &Arc<Source>) -> Result<RegistryFile, Diagnostics> {
    let root = yaml::parse(source, Dialect::Strict)?;
    let is_map = |item: &Node| matches!(item.value, Value::Map(_));
    let is_list = matches!(&root.value, Value::List(items) if items.first().is_some_and(is_map));
    if !is_list && field(&root, "slug").is_none() {
        return file::read(source, &root);
    }
    let mut reader = FileReader::new(source);
    let file = read(&mut reader, &root);
    if reader.yaml.diagnostics.is_empty() { Ok(file) } else { Err(reader.yaml.diagnostics) }
}

fn read(reader: &mut FileReader, root: &Node) -> RegistryFile {
    let items = match &root.value {
        Value::List(items) => &items[..],
        _ => std::slice::from_ref(root),
    };
    let mut file = RegistryFile::default();
    for item in items {
        file.device_types.extend(device_type(reader, item));
    }
    file
}

fn device_type(reader: &mut FileReader, node: &Node) -> Option<DeviceEntry> {
    let fields = reader.yaml.entries(node, "a device type");
    let kind = field(node, "type");
    if let Some(kind) = kind.filter(|kind| kind.as_scalar() != Some(KIND)) {
        reader.yaml.error_with(
            kind,
            "this is not the contract of a device type",
            format!("its type is `{KIND}`"),
        );
        return None;
    }
    let Some(slug) = field(node, "slug") else {
        if !fields.is_empty() {
            reader.yaml.error_with(node, "a device type without a slug", "give it a `slug`");
        }
        return None;
    };
    let mut entry = DeviceEntry::new(reader.slug(slug, "a device type")?);
    entry.overrides = true;
    entry.name = field(node, "name").and_then(|name| reader.text(name, "name"));
    let arch = field(node, "arch")
        .or_else(|| field(field(node, "data")?, "arch"))
        .or_else(|| field(first(field(node, "is_of__cpu_architecture")?), "slug"));
    if let Some(arch) = arch {
        if arch.as_scalar() == Some(NO_ARCH) {
            return None;
        }
        entry.arch = reader.text(arch, "arch").map(|text| reader.spanned(text, arch));
    }
    if let Some(aliases) = field(node, "aliases") {
        let own = slug.as_scalar();
        let mut others = Vec::new();
        for alias in reader.yaml.items(aliases, "aliases") {
            if alias.as_scalar() != own {
                others.extend(reader.slug(alias, "an alias"));
            }
        }
        entry.aliases = Some(others);
    }
    Some(entry)
}

/// The field of a map.
fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(key, _)| key.as_scalar() == Some(name)).map(|(_, value)| value)
}

/// The first item of a list, or what is no list.
fn first(node: &Node) -> &Node {
    match &node.value {
        Value::List(items) => items.first().unwrap_or(node),
        _ => node,
    }
}
