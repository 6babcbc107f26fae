//! The shape of an images file: which fields there are.

use std::sync::Arc;

use super::entry::ImageEntry;
use super::fields::Fields;
use super::mirrors::Mirrors;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Source;
use crate::yaml::{self, Dialect, Node};

/// The fields of the file.
const FILE: [&str; 2] = ["images", "mirrors"];

/// The fields of an image.
const IMAGE: [&str; 11] = [
    "platforms",
    "stack",
    "version",
    "distro",
    "release",
    "slim",
    "ends",
    "replaces",
    "devices",
    "digest",
    "date",
];

/// Reads a file. Gives the entries in its order, the mirrors, and all faults.
///
/// # Errors
/// Text that is not YAML.
pub(super) fn read(source: &Arc<Source>) -> Result<(Vec<ImageEntry>, Mirrors, Diagnostics), Diagnostics> {
    if let Some(fault) = conflict(source) {
        return Err(fault.into());
    }
    let root = yaml::parse(source, Dialect::Strict)?;
    let mut fields = Fields::new(source);
    let (mut entries, mut mirrors) = (Vec::new(), Mirrors::default());
    let top = fields.yaml.fields(&root, "an images file", &FILE);
    if top.is_empty() && fields.yaml.diagnostics.is_empty() {
        let help = "write images under `images:`, copies of registries under `mirrors:`";
        fields.yaml.error_with(&root, "the file has no images", help);
    }
    for (field, node) in top {
        if field == "images" {
            for (key, node) in fields.yaml.entries(node, "`images`") {
                entries.extend(image(&mut fields, key, node));
            }
        } else {
            for (key, node) in fields.yaml.entries(node, "`mirrors`") {
                let (copy, original) =
                    (fields.prefix(key, "a mirror"), fields.prefix(node, "what a mirror copies"));
                if let (Some(copy), Some(original)) = (copy, original) {
                    mirror(&mut fields, &mut mirrors, key, copy, original);
                }
            }
        }
    }
    Ok((entries, mirrors, fields.yaml.diagnostics))
}

/// The first mark of a merge that is not finished.
fn conflict(source: &Arc<Source>) -> Option<Diagnostic> {
    let marks: [&[u8]; 2] = [b"<<<<<<< ", b">>>>>>> "];
    let mut at = 0;
    for line in source.bytes().split(|byte| *byte == b'\n') {
        if marks.iter().any(|mark| line.starts_with(mark)) {
            let message = "the file has a merge conflict";
            let help = "keep the lines of one side; in a lock file, `dtpl lock` adds what is missing then";
            return Some(Diagnostic::error_at(source, at..at + line.len(), message).help(help));
        }
        at += line.len() + 1;
    }
    None
}

fn mirror(fields: &mut Fields, mirrors: &mut Mirrors, key: &Node, copy: String, original: String) {
    if copy == original {
        fields.yaml.error(key, format!("`{copy}` cannot be a mirror of itself"));
    } else if !mirrors.add(copy.clone(), original) {
        fields.yaml.error_with(key, format!("the mirror `{copy}` is there twice"), "keep one of them");
    }
}

/// Reads an image. A field at fault is left out, and reported.
fn image(fields: &mut Fields, key: &Node, node: &Node) -> Option<ImageEntry> {
    let reference = fields.reference(key, "an image")?;
    let mut entry = ImageEntry::new(reference, fields.yaml.place(key));
    let given = fields.yaml.fields(node, "an image", &IMAGE);
    if given.is_empty() && fields.yaml.diagnostics.is_empty() {
        let help = format!("give at least one of the fields {}", IMAGE.join(", "));
        fields.yaml.error_with(key, format!("nothing is said about `{}`", entry.reference.text()), help);
    }
    let mut digest = None;
    for (field, node) in given {
        match field {
            "platforms" => entry.platforms = fields.platforms(node),
            "stack" => entry.stack = fields.word(node, "`stack`"),
            "version" => entry.version = fields.word(node, "`version`"),
            "distro" => entry.distro = fields.word(node, "`distro`"),
            "release" => entry.release = fields.word(node, "`release`"),
            "slim" => entry.slim = fields.yaml.truth(node, "`slim`"),
            "ends" => entry.ends = fields.date(node, "`ends`"),
            "replaces" => entry.replaces = fields.references(node, "`replaces`"),
            "devices" => entry.devices = fields.devices(node),
            "digest" => {
                entry.digest = fields.digest(node);
                digest = Some(node);
            }
            _ => entry.date = fields.date(node, "`date`"),
        }
    }
    check_digests(fields, &entry, digest, node);
    Some(entry)
}

/// Digests name one image, so that the entry has to be about one.
fn check_digests(fields: &mut Fields, entry: &ImageEntry, digest: Option<&Node>, node: &Node) {
    let text = entry.reference.text();
    if let (Some(written), Some(digest), Some(given)) = (entry.reference.digest(), digest, &entry.digest)
        && written != given
    {
        fields.yaml.error_with(
            digest,
            "the entry has another digest than its reference",
            format!("the reference ends in `{written}`: write the same digest, or leave the field out"),
        );
    }
    let has_digests = entry.platforms.iter().flatten().any(|platform| platform.digest.is_some());
    if entry.is_repository() && (digest.is_some() || has_digests) {
        fields.yaml.error_with(
            digest.unwrap_or(node),
            format!("digests belong to one image, but `{text}` stands for all tags of the repository"),
            format!("name the tag: `{text}:latest`"),
        );
    }
}
