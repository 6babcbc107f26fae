//! A Dockerfile of a service, read once for all the devices that share it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::diagnostic::{Diagnostics, Place};
use crate::error::{Error, Result};
use crate::project::{Choice, directory};
use crate::render::{Limits, Template};
use crate::subject::Subject;

/// A Dockerfile that was read, with what its renderings share.
#[derive(Debug)]
#[non_exhaustive]
pub struct ServiceTemplate {
    /// Its text.
    pub template: Template,
    /// Which file it is, relative to the project.
    pub choice: Arc<Choice>,
    /// What was probably not meant about the choice of the file.
    pub choice_warnings: Diagnostics,
    warnings: OnceLock<Diagnostics>,
    json: OnceLock<Option<Vec<Vec<u8>>>>,
    json_head: OnceLock<Vec<u8>>,
}

impl ServiceTemplate {
    /// Reads a Dockerfile that was found, and what it includes from the folder of its project.
    pub(super) fn load(found: directory::Found, folder: &Path, limits: &Limits) -> Result<Self> {
        let directory::Found { source, choice, warnings: choice_warnings } = found;
        let limit = limits.template();
        let open = |path: &str, place: &Place| directory::open_included(folder, path, place, limit);
        let template = Template::load(Arc::new(source), choice.kind(), &choice.path, &open)?;
        Ok(ServiceTemplate {
            template,
            choice: Arc::new(choice),
            choice_warnings,
            warnings: OnceLock::new(),
            json: OnceLock::new(),
            json_head: OnceLock::new(),
        })
    }

    /// What was probably not meant, whatever the device: about the choice of the file, and in its text.
    pub fn warnings(&self) -> &Diagnostics {
        self.warnings.get_or_init(|| {
            let mut warnings = self.choice_warnings.clone();
            if self.template.tera().is_none() {
                warnings.append(self.template.warnings());
            }
            warnings
        })
    }

    /// The text between the placeholders as it is written in JSON; `None` when it is not UTF-8.
    pub fn json(&self) -> Option<&[Vec<u8>]> {
        self.json.get_or_init(|| json_pieces(&self.template)).as_deref()
    }

    /// The fields of its JSON objects between the fleet and the digest. `service` is the one it belongs to.
    pub fn json_head(&self, service: &str) -> &[u8] {
        self.json_head.get_or_init(|| {
            let mut head = Vec::new();
            let choice = &self.choice;
            for (name, value) in [("service", service), ("source", &choice.path), ("name", &choice.name)] {
                crate::json::push_field(name, value, &mut head);
            }
            head
        })
    }
}

fn json_pieces(template: &Template) -> Option<Vec<Vec<u8>>> {
    let text = std::str::from_utf8(template.source().bytes()).ok()?;
    let mut pieces = Vec::with_capacity(template.placeholders().len() + 1);
    let mut at = 0;
    let ends = template.placeholders().iter().map(|&placeholder| template.span(placeholder));
    for span in ends.chain(std::iter::once(text.len()..text.len())) {
        let mut piece = Vec::with_capacity(span.start - at + 16);
        crate::json::push_string(text.get(at..span.start)?, &mut piece);
        pieces.push(piece);
        at = span.end;
    }
    Some(pieces)
}

/// A template that a service has for a device. Most are the only one of their service, and a look at one
/// must not touch a reference count that all threads share.
#[derive(Debug)]
pub enum TemplateRef<'s> {
    /// The only one of the service.
    Shared(&'s Arc<ServiceTemplate>),
    /// One of several.
    OfDevice(Arc<ServiceTemplate>),
}

impl std::ops::Deref for TemplateRef<'_> {
    type Target = Arc<ServiceTemplate>;

    fn deref(&self) -> &Arc<ServiceTemplate> {
        match self {
            TemplateRef::Shared(template) => template,
            TemplateRef::OfDevice(template) => template,
        }
    }
}

/// The templates that were looked for, by device type and arch, with the faults of those that could not
/// be used.
#[derive(Debug, Default)]
pub(super) struct TemplateCache(Mutex<BTreeMap<(String, String), LoadedTemplate>>);

type LoadedTemplate = std::result::Result<Arc<ServiceTemplate>, Diagnostics>;

impl TemplateCache {
    /// Those that were found.
    pub(super) fn all(&self) -> Vec<Arc<ServiceTemplate>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.values().flatten().map(Arc::clone).collect()
    }

    /// The template for a device, looked for with `find` the first time. Devices that have the same file
    /// share it.
    pub(super) fn get_or_load(
        &self,
        subject: &Subject,
        folder: &Path,
        limits: &Limits,
        find: impl FnOnce() -> Result<directory::Found>,
    ) -> Result<Arc<ServiceTemplate>> {
        let text = |name: Option<&str>| name.unwrap_or_default().to_owned();
        let key = (text(subject.slug), text(subject.arch_slug()));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(template) = known.get(&key) {
            return template.clone().map_err(Error::Input);
        }
        let load = |found: directory::Found| {
            let is_same = |known: &&Arc<ServiceTemplate>| {
                *known.choice == found.choice && known.template.source().bytes() == found.source.bytes()
            };
            let same = known.values().flatten().find(is_same).map(Arc::clone);
            same.map_or_else(|| ServiceTemplate::load(found, folder, limits).map(Arc::new), Ok)
        };
        let loaded = find().and_then(load);
        match &loaded {
            Ok(template) => known.insert(key, Ok(Arc::clone(template))),
            Err(Error::Input(faults)) => known.insert(key, Err(faults.clone())),
            Err(_) => None,
        };
        loaded
    }
}
