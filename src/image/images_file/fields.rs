//! What each field of an images file may hold.

use std::sync::Arc;

use super::entry::PlatformEntry;
use crate::diagnostic::Place;
use crate::escape::shortened;
use crate::image::date::Date;
use crate::image::platform::Platform;
use crate::image::reference::Reference;
use crate::source::Source;
use crate::yaml::{Node, NodeReader, Value};

/// The longest word that a field can hold; a tag cannot be longer.
const LONGEST_WORD: usize = 128;

/// Reads fields, and notes what is wrong with them.
pub(super) struct Fields {
    pub(super) yaml: NodeReader,
}

impl Fields {
    pub(super) fn new(source: &Arc<Source>) -> Self {
        Fields { yaml: NodeReader::new(source) }
    }

    /// An image reference.
    pub(super) fn reference(&mut self, node: &Node, what: &str) -> Option<Reference> {
        let text = self.yaml.text(node, what)?;
        if text == "scratch" {
            self.yaml.error(node, "`scratch` is no image: nothing can be said about it");
            return None;
        }
        match Reference::parse(&text) {
            Ok(reference) => Some(reference),
            Err(fault) => {
                let help = fault.help.unwrap_or_else(|| {
                    "write a repository, `repository:tag` or `repository:tag@sha256:...`".to_owned()
                });
                // Not the text: someone may have written a password into it.
                self.yaml.error_with(node, format!("{what} has to be a reference: {}", fault.message), help);
                None
            }
        }
    }

    /// One reference, or a list of them.
    pub(super) fn references(&mut self, node: &Node, what: &str) -> Vec<Reference> {
        let items = self.one_or_more(node, what);
        items.iter().filter_map(|item| self.reference(item, what)).collect()
    }

    /// One device type, or a list of them.
    pub(super) fn devices(&mut self, node: &Node) -> Vec<(String, Place)> {
        let items = self.one_or_more(node, "`devices`");
        items
            .iter()
            .filter_map(|item| Some((self.word(item, "a device type")?, self.yaml.place(item))))
            .collect()
    }

    fn one_or_more<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.value {
            Value::Scalar(_) => std::slice::from_ref(node),
            _ => self.yaml.items(node, what),
        }
    }

    /// A name or a version: it becomes part of a reference, and of a table.
    pub(super) fn word(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.yaml.text(node, what)?;
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'+' | b'-');
        if !text.is_empty() && text.bytes().all(fits) && text.len() <= LONGEST_WORD {
            return Some(text);
        }
        let message = format!("{what} cannot be `{}`", shortened(&text, 40));
        let help = format!("use letters, digits, `-`, `_`, `.` and `+`, {LONGEST_WORD} at most");
        self.yaml.error_with(node, message, help);
        None
    }

    /// A day.
    pub(super) fn date(&mut self, node: &Node, what: &str) -> Option<Date> {
        let text = self.yaml.text(node, what)?;
        let date = Date::parse(&text);
        if date.is_none() {
            let message = format!("{what} has to be a day, this is `{}`", shortened(&text, 40));
            self.yaml.error_with(
                node,
                message,
                "write it as `2027-06-30`; the years from 2001 to 2127 are known",
            );
        }
        date
    }

    /// The digest of an image or an index.
    pub(super) fn digest(&mut self, node: &Node) -> Option<String> {
        let text = self.yaml.text(node, "a digest")?;
        // Digests are checked where references are.
        match Reference::parse(&format!("image@{text}")) {
            Ok(_) => Some(text),
            Err(fault) => {
                let help = fault
                    .help
                    .unwrap_or_else(|| "write it as the registry gives it: `sha256:...`".to_owned());
                self.yaml.error_with(node, fault.message, help);
                None
            }
        }
    }

    /// A list of platforms, or a map from each to the digest of its image.
    pub(super) fn platforms(&mut self, node: &Node) -> Option<Vec<PlatformEntry>> {
        let mut platforms: Vec<PlatformEntry> = Vec::new();
        let mut written: Vec<(&Node, Option<&Node>)> = Vec::new();
        match &node.value {
            Value::List(items) => written.extend(items.iter().map(|item| (item, None))),
            Value::Map(entries) => written.extend(entries.iter().map(|(key, digest)| (key, Some(digest)))),
            _ => {}
        }
        if written.is_empty() {
            let help = "write a list, `[linux/arm/v7, linux/arm64]`, or a map from each platform to its digest; leave \
                        the field out where the platforms are not known";
            self.yaml.error_with(node, "`platforms` has to name at least one platform", help);
            return None;
        }
        for (node, digest) in written {
            let platform = self.platform(node);
            let digest = digest.and_then(|digest| self.digest(digest));
            let Some(platform) = platform else { continue };
            if platforms.iter().any(|known| known.platform == platform) {
                self.yaml.error_with(
                    node,
                    format!("the platform {platform} is there twice"),
                    "keep one of them",
                );
                continue;
            }
            platforms.push(PlatformEntry { platform, digest });
        }
        platforms.sort_by(|a, b| a.platform.cmp(&b.platform));
        (!platforms.is_empty()).then_some(platforms)
    }

    fn platform(&mut self, node: &Node) -> Option<Platform> {
        let text = self.yaml.text(node, "a platform")?;
        let platform = Platform::parse(&text).filter(|_| Platform::is_possible(&text));
        if platform.is_none() {
            let message = format!("`{}` is not a platform", shortened(&text, 40));
            self.yaml.error_with(node, message, "write it as Docker does: `linux/arm/v7`, `linux/amd64`");
        }
        platform
    }

    /// The beginning of references: a registry with a slash after it, and perhaps more.
    pub(super) fn prefix(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.yaml.text(node, what)?;
        // With a name after it, it has to be a reference into that very registry.
        let whole = text.strip_suffix('/').and_then(|_| Reference::parse(&format!("{text}x")).ok());
        let whole = whole.filter(|whole| whole.tag().is_none() && whole.digest().is_none());
        let registry = text.split('/').next().unwrap_or_default();
        let Some(whole) = whole.filter(|whole| whole.domain() == registry || registry == "index.docker.io")
        else {
            let message = format!("{what} has to be the beginning of references");
            let help = "write its host, and a slash at the end: `registry.example.com/dockerhub/`";
            self.yaml.error_with(node, message, help);
            return None;
        };
        // `docker.io/x` is `docker.io/library/x`, but `docker.io/` is all of that registry.
        let path = &text[registry.len()..];
        Some(format!("{}{path}", whole.domain()))
    }
}
