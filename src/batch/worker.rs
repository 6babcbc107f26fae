//! Renders rows. What a render depends on is the template and the values of the names in it: where
//! these are equal the result is, and is made once.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::quality::RandomState;
use sha2::{Digest, Sha256};

use super::Limits;
use super::faults::Faults;
use super::services::{Own, Prepared, ServiceFiles};
use super::target::Target;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::render::{Layers, Rendered};

/// Bytes of results that all workers together keep, in case they come again: where the rows are held in
/// memory too, and where they are not.
pub const KEPT: usize = 32 << 20;
/// The same for a stream.
pub const KEPT_OF_STREAM: usize = 1 << 20;

/// The SHA-256 of a Dockerfile.
pub type Sha = [u8; 32];

/// One who renders.
#[derive(Debug)]
pub struct Worker {
    limits: Limits,
    keeps: usize,
    kept: HashMap<Vec<u8>, Arc<Done>, RandomState>,
    kept_bytes: usize,
    key: Vec<u8>,
    faults: Faults,
    /// For lines that need not be looked at.
    pub plain: super::plain_lines::Memory,
}

/// What a row came to.
#[derive(Debug)]
pub struct Done {
    /// The template it was made from.
    pub prepared: Arc<Prepared>,
    /// The digest of the Dockerfile.
    pub sha: Sha,
    /// The Dockerfile, or what stands between the quotes of it in JSON.
    pub text: Vec<u8>,
    /// What there is to say about these values in it.
    pub notes: Diagnostics,
}

/// In which form a result is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Bytes,
    /// As a JSON string.
    Json,
}

impl Worker {
    /// One who has nothing kept, and keeps at most so many bytes.
    pub fn new(limits: Limits, keeps: usize) -> Self {
        Worker {
            limits,
            keeps,
            kept: HashMap::default(),
            kept_bytes: 0,
            key: Vec::new(),
            faults: Faults::default(),
            plain: super::plain_lines::Memory::default(),
        }
    }

    /// What was wrong since this was asked last.
    pub fn take_faults(&mut self) -> Faults {
        std::mem::take(&mut self.faults)
    }

    /// Renders a row and keeps nothing: what is wrong with it is then known.
    pub fn check(&mut self, target: &Target, service: &ServiceFiles, form: Form) {
        let Some(prepared) = self.template(target, service) else { return };
        self.rendered(&prepared, target, Layers(&[&target.own, &service.variables, &target.base]), form);
    }

    /// The template of a row. Nothing when there is none, which is then known to be at fault.
    pub fn template<'s>(&mut self, target: &Target, service: &'s ServiceFiles) -> Option<Own<'s>> {
        match service.prepared(target, self.limits.bytes) {
            Ok(prepared) => {
                self.faults.add(&prepared.notes, target);
                Some(prepared)
            }
            Err(faults) => {
                self.faults.add(&faults, target);
                None
            }
        }
    }

    /// Renders a row from its template, unless what it comes to is known. Nothing when it is at fault.
    pub fn row(
        &mut self,
        prepared: &Arc<Prepared>,
        target: &Target,
        service: &ServiceFiles,
        form: Form,
    ) -> Option<Arc<Done>> {
        let layers = [&*target.own, &service.variables, &*target.base];
        let layers = Layers(&layers);
        // Values hold no NUL, and a template stays where it is as long as a result of it is kept.
        self.key.clear();
        self.key.extend_from_slice(&(Arc::as_ptr(prepared) as usize).to_ne_bytes());
        for name in prepared.template.names() {
            if let Some(variable) = layers.get(name) {
                self.key.extend_from_slice(variable.value());
            }
            self.key.push(0);
        }
        if let Some(done) = self.kept.get(&self.key) {
            self.faults.add(&done.notes, target);
            return Some(Arc::clone(done));
        }
        let rendered = self.rendered(prepared, target, layers, form)?;
        let mut text = Vec::new();
        let sha = make(&rendered, prepared, form, &mut text);
        let notes = rendered.suspicions();
        let done = Arc::new(Done { sha, text, notes, prepared: Arc::clone(prepared) });
        if done.prepared.template.source().is_made() {
            // Made for this target alone.
            return Some(done);
        }
        self.kept_bytes += done.text.len() + self.key.len() + 100;
        if self.kept_bytes > self.keeps {
            self.kept.clear();
            self.kept_bytes = done.text.len();
        }
        self.kept.insert(self.key.clone(), Arc::clone(&done));
        Some(done)
    }

    /// Appends a row in its form, without looking whether it is known, and says its digest. For rows
    /// that are each different.
    pub fn append(
        &mut self,
        prepared: &Prepared,
        target: &Target,
        service: &ServiceFiles,
        form: Form,
        out: &mut Vec<u8>,
    ) -> Option<Sha> {
        let layers = [&*target.own, &service.variables, &*target.base];
        let rendered = self.rendered(prepared, target, Layers(&layers), form)?;
        Some(make(&rendered, prepared, form, out))
    }

    fn rendered<'t>(
        &mut self,
        prepared: &'t Prepared,
        target: &Target,
        layers: Layers<'t, '_>,
        form: Form,
    ) -> Option<Rendered<'t>> {
        let rendered = match prepared.template.render_layers(layers) {
            Ok(rendered) => rendered,
            Err(faults) => {
                self.faults.add(&faults, target);
                return None;
            }
        };
        self.faults.add(&rendered.suspicions(), target);
        let fault = if rendered.len() > self.limits.bytes {
            let place = Place::File(prepared.choice.path.clone());
            let message = format!("the result is longer than the limit of {} bytes", self.limits.bytes);
            Some(Diagnostic::error(place, message).help("raise it with --max-output-bytes BYTES"))
        } else if form == Form::Json && prepared.json.is_none() {
            Some(not_text(prepared))
        } else {
            None
        };
        match fault {
            Some(fault) => {
                self.faults.add(&Diagnostics::from(fault), target);
                None
            }
            None => Some(rendered),
        }
    }
}

fn not_text(prepared: &Prepared) -> Diagnostic {
    let source = prepared.template.source();
    let at = std::str::from_utf8(source.bytes()).map_or_else(|error| error.valid_up_to(), |_| 0);
    let place = Place::Text(Arc::clone(source), at..at + 1);
    Diagnostic::error(place, "JSON cannot hold bytes that are not UTF-8")
        .help("save the file as UTF-8, or take a format that is not JSON")
}

/// Appends the result in its form, and says its digest.
fn make(rendered: &Rendered, prepared: &Prepared, form: Form, out: &mut Vec<u8>) -> Sha {
    let mut digest = Sha256::new();
    match (form, &prepared.json) {
        (Form::Json, Some(pieces)) => {
            for piece in rendered.pieces() {
                digest.update(piece);
            }
            // A piece of text, a value, a piece of text, ...
            let values = prepared
                .template
                .placeholders()
                .iter()
                .map(|placeholder| rendered.values()[placeholder.name as usize]);
            let mut values = values.map(crate::render::Variable::value);
            for piece in pieces {
                out.extend_from_slice(piece);
                if let Some(value) = values.next() {
                    crate::json::push_string(std::str::from_utf8(value).unwrap_or_default(), out);
                }
            }
        }
        _ => {
            let start = out.len();
            for piece in rendered.pieces() {
                out.extend_from_slice(piece);
            }
            digest.update(&out[start..]);
        }
    }
    digest.finalize().into()
}

/// The digest in hexadecimal.
///
/// ```
/// assert_eq!(dtpl::batch::worker::hex(&[0xAB; 32])[..4], *"abab");
/// ```
pub fn hex(sha: &Sha) -> String {
    hex_digits(sha).into_iter().map(char::from).collect()
}

/// The digest of some bytes in hexadecimal.
pub fn hex_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes).into())
}

/// The digest's hexadecimal digits.
pub fn hex_digits(sha: &Sha) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(sha) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    digits
}
