//! Renders rows. What a render depends on is the template and the values of the names in it: where
//! these are equal the result is, and is made once.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::quality::RandomState;
use sha2::{Digest, Sha256};

use super::BatchLimits;
use super::collected::Collected;
use super::digest::Sha;
use super::layouts::DigestCache;
use crate::diagnostic::Diagnostics;
use crate::pin::{Pins, pin};
use crate::render::{Layers, Rendering};
use crate::workspace::{ServiceFiles, ServiceTemplate, Target, TemplateRef};

/// Bytes of results that all workers together keep, in case they come again: where the rows are held in
/// memory too, and where they are not.
const KEPT: usize = 32 << 20;
/// The same for a stream.
#[cfg(feature = "cli")]
pub const KEPT_OF_STREAM: usize = 1 << 20;

/// Renders rows, and keeps results in case they are needed again. Each thread has one.
#[derive(Debug)]
pub struct Worker {
    limits: BatchLimits,
    keeps: usize,
    kept: HashMap<Vec<u8>, Arc<RowResult>, RandomState>,
    kept_bytes: usize,
    key: Vec<u8>,
    faults: Collected,
    /// Where the digests of images are from, if they are to be written.
    pins: Option<Pins>,
    /// The digests of [`super::layouts`].
    pub digests: DigestCache,
}

#[derive(Debug)]
pub struct RowResult {
    pub template: Arc<ServiceTemplate>,
    pub sha: Sha,
    /// The Dockerfile, or the text between the quotes of its JSON string.
    pub text: Vec<u8>,
    /// Warnings about its values.
    pub notes: Diagnostics,
}

/// The form in which a result is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultForm {
    Bytes,
    Json,
}

impl Worker {
    /// A worker that keeps results of at most so many bytes.
    pub fn new(limits: BatchLimits, keeps: usize) -> Self {
        Worker {
            limits,
            keeps,
            kept: HashMap::default(),
            kept_bytes: 0,
            key: Vec::new(),
            faults: Collected::default(),
            pins: None,
            digests: DigestCache::default(),
        }
    }

    /// The worker, which writes the digest of every image.
    #[cfg(feature = "cli")]
    pub fn pinned(self, pins: Option<&Pins>) -> Self {
        Worker { pins: pins.cloned(), ..self }
    }

    /// A worker for each of so many threads. Together they keep results of [`KEPT`] bytes.
    pub fn for_threads(jobs: usize, limits: BatchLimits) -> Vec<Self> {
        let jobs = jobs.max(1);
        (0..jobs).map(|_| Worker::new(limits, KEPT / jobs)).collect()
    }

    /// The diagnostics since this was called last.
    pub fn take_faults(&mut self) -> Collected {
        std::mem::take(&mut self.faults)
    }

    /// Adds what is known of a row without rendering it.
    pub fn add(&mut self, diagnostics: &Diagnostics, number: usize, name: &str) {
        self.faults.add_of(diagnostics, number, name);
    }

    /// Renders a row for its diagnostics alone.
    pub fn check(&mut self, target: &Target, service: &ServiceFiles, form: ResultForm) {
        let Some(template) = self.template(target, service) else { return };
        self.rendering(&template, target, service, Layers(&target.layers(service)), form);
    }

    /// The template of a row; `None` when it has none, with a diagnostic.
    pub fn template<'s>(&mut self, target: &Target, service: &'s ServiceFiles) -> Option<TemplateRef<'s>> {
        match service.template(&target.subject()) {
            Ok(template) => {
                self.faults.add(template.warnings(), target);
                Some(template)
            }
            Err(error) => {
                self.faults.add(&error.into_diagnostics(), target);
                None
            }
        }
    }

    /// Renders a row from its template, unless its result is kept; `None` with diagnostics when that
    /// cannot be done.
    pub fn row(
        &mut self,
        template: &Arc<ServiceTemplate>,
        target: &Target,
        service: &ServiceFiles,
        form: ResultForm,
    ) -> Option<Arc<RowResult>> {
        let layers = target.layers(service);
        let layers = Layers(&layers);
        if template.template.tera().is_some() {
            // Its result depends on more than the values of a few names.
            return self.rendered_row(template, target, service, layers, form).map(Arc::new);
        }
        // Values hold no NUL, and a template stays where it is as long as a result of it is kept.
        self.key.clear();
        self.key.extend_from_slice(&(Arc::as_ptr(template) as usize).to_ne_bytes());
        for name in template.template.names() {
            if let Some(variable) = layers.get(name) {
                self.key.extend_from_slice(variable.value());
            }
            self.key.push(0);
        }
        if self.pins.is_some() {
            // Which digests there are depends on the platform, and on how the service is built.
            for text in [&*target.arch.platform, &*service.name] {
                self.key.extend_from_slice(text.as_bytes());
                self.key.push(0);
            }
        }
        if let Some(done) = self.kept.get(&self.key) {
            self.faults.add(&done.notes, target);
            return Some(Arc::clone(done));
        }
        let done = Arc::new(self.rendered_row(template, target, service, layers, form)?);
        self.kept_bytes += done.text.len() + self.key.len() + 100;
        if self.kept_bytes > self.keeps {
            self.kept.clear();
            self.kept_bytes = done.text.len();
        }
        self.kept.insert(self.key.clone(), Arc::clone(&done));
        Some(done)
    }

    fn rendered_row(
        &mut self,
        template: &Arc<ServiceTemplate>,
        target: &Target,
        service: &ServiceFiles,
        layers: Layers,
        form: ResultForm,
    ) -> Option<RowResult> {
        let rendering = self.rendering(template, target, service, layers, form)?;
        let mut text = Vec::new();
        let sha = write(&rendering, template, form, &mut text);
        Some(RowResult { sha, text, notes: rendering.warnings(), template: Arc::clone(template) })
    }

    /// Appends a row in its form without keeping it, and returns its digest. For rows that are each
    /// different.
    pub fn append(
        &mut self,
        template: &ServiceTemplate,
        target: &Target,
        service: &ServiceFiles,
        form: ResultForm,
        out: &mut Vec<u8>,
    ) -> Option<Sha> {
        let rendering = self.rendering(template, target, service, Layers(&target.layers(service)), form)?;
        Some(write(&rendering, template, form, out))
    }

    fn rendering<'t>(
        &mut self,
        template: &'t ServiceTemplate,
        target: &Target,
        service: &ServiceFiles,
        layers: Layers<'t, '_>,
        form: ResultForm,
    ) -> Option<Rendering<'t>> {
        let rendering = template.template.render(&target.subject(), layers, &self.limits.render);
        let rendering = rendering.map_err(|faults| self.faults.add(&faults, target)).ok()?;
        self.faults.add(&rendering.warnings(), target);
        let rendering = match &self.pins {
            Some(pins) => {
                let pinned = pin(rendering, service, Some(&target.arch.platform), pins);
                pinned.map_err(|faults| self.faults.add(&faults, target)).ok()?
            }
            None => rendering,
        };
        if form == ResultForm::Json
            && (template.json().is_none() || template.template.tera().is_some())
            && let Err(fault) = rendering.check_utf8(&rendering.to_bytes())
        {
            self.faults.add(&fault.into(), target);
            return None;
        }
        Some(rendering)
    }
}

/// Appends the result in its form, and returns its digest.
fn write(rendering: &Rendering, template: &ServiceTemplate, form: ResultForm, out: &mut Vec<u8>) -> Sha {
    let mut digest = Sha256::new();
    let start = out.len();
    // The literal pieces of a template are the same for all rows: they were escaped for JSON once.
    let is_as_written = template.template.tera().is_none() && !rendering.has_insertions();
    let literals = template.json().filter(|_| is_as_written).unwrap_or_default();
    for (at, piece) in rendering.pieces().enumerate() {
        match form {
            ResultForm::Bytes => out.extend_from_slice(piece),
            ResultForm::Json => {
                digest.update(piece);
                // A literal piece, a value, a literal piece, ...
                match literals.get(at / 2).filter(|_| at % 2 == 0) {
                    Some(literal) => out.extend_from_slice(literal),
                    None => crate::json::push_string(std::str::from_utf8(piece).unwrap_or_default(), out),
                }
            }
        }
    }
    if form == ResultForm::Bytes {
        digest.update(&out[start..]);
    }
    digest.finalize().into()
}
