//! The shape of `device-types.yaml` and of an overlay: which fields there are, what each may hold.
//!
//! Whether entries fit the registry they are laid over is [`Registry::overlay`]'s question.
//!
//! [`Registry::overlay`]: super::registry::Registry::overlay

use std::collections::BTreeSet;
use std::sync::Arc;

use super::registry::{ImageFamily, ReleaseState, Status};
use crate::arch::{self, Text};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::nearest::nearest_or_all;
use crate::source::{Source, Span};
use crate::yaml::{Node, NodeReader};

/// A name and its place in a file.
#[derive(Clone, Debug)]
pub struct Spanned {
    pub(super) value: Text,
    source: Arc<Source>,
    span: Span,
}

impl Spanned {
    pub(super) fn error(&self, message: String) -> Diagnostic {
        Diagnostic::error_at(&self.source, self.span.clone(), message)
    }
}

/// An entry under `arches:`; what is absent was not given.
#[derive(Clone, Debug)]
pub struct ArchEntry {
    pub(super) slug: Spanned,
    pub(super) name: Option<Text>,
    pub(super) platform: Option<Text>,
    /// The fields of [`arch::NAMES`], in that order.
    pub(super) names: arch::ArchNames,
    pub(super) aliases: Option<Vec<Spanned>>,
}

/// An entry under `device_types:`; what is absent was not given.
#[derive(Clone, Debug)]
pub struct DeviceEntry {
    pub(super) slug: Spanned,
    pub(super) name: Option<Text>,
    pub(super) arch: Option<Spanned>,
    pub(super) aliases: Option<Vec<Spanned>>,
    pub(super) status: Option<Status>,
    pub(super) state: Option<ReleaseState>,
    pub(super) base_images: Option<BTreeSet<ImageFamily>>,
    /// `override:`: this entry may change the arch of a known device type.
    pub(super) overrides: bool,
}

impl DeviceEntry {
    /// An entry in which nothing is given but the slug.
    pub(super) fn new(slug: Spanned) -> Self {
        DeviceEntry {
            slug,
            name: None,
            arch: None,
            aliases: None,
            status: None,
            state: None,
            base_images: None,
            overrides: false,
        }
    }
}

/// A file, read and checked by itself: its entries in their order.
#[derive(Clone, Debug, Default)]
pub struct RegistryFile {
    pub(super) arches: Vec<ArchEntry>,
    pub(super) device_types: Vec<DeviceEntry>,
}

/// The longest name that a slug or alias may be; what a file name can be with `Dockerfile.` before it.
const LONGEST_SLUG: usize = 128;

/// Reads a registry file.
///
/// # Errors
/// Every fault of the file that can be seen without knowing the registry: unknown fields, values of the wrong kind,
/// names that cannot be a file's extension.
pub(super) fn read(source: &Arc<Source>, root: &Node) -> Result<RegistryFile, Diagnostics> {
    let mut reader = FileReader::new(source);
    let mut file = RegistryFile::default();
    for (field, node) in reader.yaml.fields(root, "a registry", &["arches", "device_types"]) {
        for (key, entry) in reader.yaml.entries(node, field) {
            if field == "arches" {
                file.arches.extend(reader.arch(key, entry));
            } else {
                file.device_types.extend(reader.device_type(key, entry));
            }
        }
    }
    if file.arches.is_empty() && file.device_types.is_empty() && reader.yaml.diagnostics.is_empty() {
        reader.yaml.error_with(
            root,
            "the registry has no device types",
            "write them under `device_types:`, arches under `arches:`",
        );
    }
    if reader.yaml.diagnostics.is_empty() { Ok(file) } else { Err(reader.yaml.diagnostics) }
}

pub(super) struct FileReader<'s> {
    pub(super) yaml: NodeReader,
    source: &'s Arc<Source>,
}

impl<'s> FileReader<'s> {
    pub(super) fn new(source: &'s Arc<Source>) -> Self {
        FileReader { yaml: NodeReader::new(source), source }
    }

    fn arch(&mut self, key: &Node, node: &Node) -> Option<ArchEntry> {
        let slug = self.slug(key, "an arch")?;
        let mut entry =
            ArchEntry { slug, name: None, platform: None, names: Default::default(), aliases: None };
        let optional = arch::NAMES.map(|(field, _)| field);
        let known = [&["name", "platform", "aliases"], &optional[..]].concat();
        for (field, value) in self.yaml.fields(node, "an arch", &known) {
            match field {
                "name" => entry.name = self.text(value, field),
                "platform" => entry.platform = self.platform(value),
                "aliases" => entry.aliases = self.aliases(value),
                field => {
                    if let Some(at) = optional.iter().position(|name| *name == field) {
                        entry.names[at] = self.text(value, field);
                    }
                }
            }
        }
        Some(entry)
    }

    fn device_type(&mut self, key: &Node, node: &Node) -> Option<DeviceEntry> {
        let mut entry = DeviceEntry::new(self.slug(key, "a device type")?);
        let known = ["name", "arch", "aliases", "status", "state", "base_images", "override"];
        for (field, value) in self.yaml.fields(node, "a device type", &known) {
            match field {
                "name" => entry.name = self.text(value, field),
                "arch" => entry.arch = self.text(value, field).map(|arch| self.spanned(arch, value)),
                "aliases" => entry.aliases = self.aliases(value),
                "status" => entry.status = self.one_of(value, field, &Status::ALL),
                "state" => entry.state = self.one_of(value, field, &ReleaseState::ALL),
                "base_images" => {
                    let items = self.yaml.items(value, field).iter();
                    let family = |item| self.one_of(item, "a base image family", &ImageFamily::ALL);
                    entry.base_images = Some(items.filter_map(family).collect());
                }
                _ => entry.overrides = self.yaml.truth(value, field).unwrap_or(false),
            }
        }
        Some(entry)
    }

    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<Text> {
        let text = self.yaml.text(node, what)?;
        // It becomes part of a line of a Dockerfile, and of a table.
        if text.contains(char::is_control) {
            self.yaml.error(node, format!("{what} has to stay within one line"));
            return None;
        }
        Some(Text::Owned(text))
    }

    pub(super) fn spanned(&self, value: Text, node: &Node) -> Spanned {
        Spanned { value, source: Arc::clone(self.source), span: node.span.clone() }
    }

    /// A name that can be the extension of a file and part of an image reference.
    pub(super) fn slug(&mut self, node: &Node, what: &str) -> Option<Spanned> {
        let text = self.text(node, what)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'+' | b'-');
        let starts = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        if starts && text.bytes().all(allowed) && text.len() <= LONGEST_SLUG {
            return Some(self.spanned(text, node));
        }
        self.yaml.error_with(
            node,
            format!("{what} cannot be called `{}`", crate::escape::shortened(&text, 40)),
            format!(
                "use letters, digits, `-`, `_`, `.` and `+`, a letter or digit first, {LONGEST_SLUG} at most"
            ),
        );
        None
    }

    fn aliases(&mut self, node: &Node) -> Option<Vec<Spanned>> {
        let items = self.yaml.items(node, "aliases").iter();
        Some(items.filter_map(|item| self.slug(item, "an alias")).collect())
    }

    /// `os/architecture` or `os/architecture/variant`, as OCI writes it.
    fn platform(&mut self, node: &Node) -> Option<Text> {
        let text = self.text(node, "platform")?;
        let part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        if (2..=3).contains(&text.split('/').count()) && text.split('/').all(part) {
            return Some(text);
        }
        self.yaml.error_with(
            node,
            format!("`{}` is not a platform", crate::escape::shortened(&text, 40)),
            "write it as Docker does: `linux/arm/v7`, `linux/amd64`",
        );
        None
    }

    fn one_of<T: Copy>(&mut self, node: &Node, what: &str, all: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, what)?;
        if let Some((_, value)) = all.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        let help = nearest_or_all(&text, &names, "it is one of");
        let text = crate::escape::shortened(&text, 40);
        self.yaml.error_with(node, format!("{what} cannot be `{text}`"), help);
        None
    }
}
