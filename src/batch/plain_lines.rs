//! The JSON lines of a batch in which nothing can be at fault and there is nothing to say: every
//! placeholder has a value everywhere, and all values are plain.
//!
//! Then no render has to be looked at. What does not depend on the target is put together once for each
//! service, its own values included, in one run of bytes; the names are looked up once for each target;
//! and the digest of each distinct result is worked out once.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::Batch;
use super::digest::hex_digits;
use super::json_object;
use crate::render::Layers;
use crate::workspace::{ServiceTemplate, Target};

/// Bytes of all templates together, at most: they are held once more.
const MOST_BYTES: usize = 64 << 20;
/// The longest result in which no line can be too long for BuildKit.
const LONGEST: usize = 65_535;
/// Digests that are remembered for a service.
const MOST_DIGESTS: usize = 64;
/// The name of a piece after which there is no value.
const NO_NAME: usize = usize::MAX;

/// The services of a batch, ready for their lines.
#[derive(Debug)]
pub struct PlainLines<'b> {
    batch: &'b Batch<'b>,
    /// The names of the variables whose values are different for different targets.
    names: Vec<&'b str>,
    layouts: Vec<ServiceLayout>,
}

/// What the lines of a service have in common.
#[derive(Debug)]
struct ServiceLayout {
    /// The line between the fleet and the digest; the text as JSON has it; the text itself.
    bytes: Vec<u8>,
    /// Where the first of these ends.
    head: usize,
    /// Where the last of these starts.
    raw: usize,
    pieces: Vec<LiteralPiece>,
    /// Whether the results for two targets are never equal.
    is_unique: bool,
}

/// A piece of text between two values: where it ends in both forms, and the name of the value.
#[derive(Clone, Copy, Debug)]
struct LiteralPiece {
    json: usize,
    raw: usize,
    name: usize,
}

/// The digests that a worker keeps, by service, each with its values; and memory that it uses again.
#[derive(Debug, Default)]
pub struct DigestCache {
    digests: Vec<Vec<(Vec<u8>, [u8; 64])>>,
    key: Vec<u8>,
    text: Vec<u8>,
}

/// The values of a target, looked up once for all services.
pub struct TargetValues<'b> {
    head: Vec<u8>,
    values: Vec<&'b [u8]>,
}

impl TargetValues<'_> {
    /// The value after a piece.
    fn of(&self, piece: &LiteralPiece) -> &[u8] {
        self.values.get(piece.name).copied().unwrap_or_default()
    }
}

impl<'b> PlainLines<'b> {
    /// Prepares the lines; nothing when something could be at fault, or is to be reported.
    pub fn of(batch: &'b Batch<'b>) -> Option<Self> {
        if !json_object::is_surely_good(batch) {
            return None;
        }
        let templates = batch.services.shared()?;
        let size: usize = templates.iter().map(|shared| shared.template.source().bytes().len()).sum();
        if size > MOST_BYTES || templates.iter().any(|shared| !shared.warnings().is_empty()) {
            return None;
        }
        // The names of a service have one value each, unless a target says another.
        let of_service =
            |name: &&str| batch.services.list().iter().any(|own| own.variables.get(name).is_some());
        let said: BTreeSet<&str> =
            batch.targets.iter().flat_map(|target| target.own.iter().map(|own| own.name())).collect();
        if said.iter().any(of_service) {
            return None;
        }
        let mut names: Vec<&str> = Vec::new();
        let mut layouts = Vec::with_capacity(templates.len());
        for (shared, service) in templates.into_iter().zip(batch.services.list()) {
            let own = |name: &str| service.variables.get(name).map(|variable| variable.value());
            layouts.push(ServiceLayout::of(shared, &service.name, &own, &mut names, batch)?);
        }
        let lines = PlainLines { batch, names, layouts };
        lines.are_short().then_some(lines)
    }

    fn are_short(&self) -> bool {
        let values = |target: &Target| {
            let layers = [&*target.own, &*target.base];
            let all = self.names.iter().filter_map(|name| Layers(&layers).get(name));
            all.map(|variable| variable.value().len()).max().unwrap_or(0)
        };
        let longest = self.batch.targets.iter().map(values).max().unwrap_or(0);
        self.layouts.iter().all(|layout| {
            (layout.bytes.len() - layout.raw).saturating_add(layout.pieces.len().saturating_mul(longest))
                <= LONGEST
        })
    }

    /// What the lines of a target share.
    pub fn values(&self, target: &'b Target<'b>) -> TargetValues<'b> {
        let layers = [&*target.own, &*target.base];
        let value = |name: &&str| Layers(&layers).get(name).map(|variable| variable.value());
        TargetValues {
            head: json_object::head(target),
            values: self.names.iter().map(value).map(Option::unwrap_or_default).collect(),
        }
    }

    /// Appends the line of a target and the service of this number.
    pub fn push(&self, values: &TargetValues, service: usize, cache: &mut DigestCache, out: &mut Vec<u8>) {
        let Some(layout) = self.layouts.get(service) else { return };
        out.extend_from_slice(&values.head);
        out.extend_from_slice(layout.bytes.get(..layout.head).unwrap_or_default());
        cache.digests.resize_with(self.layouts.len(), Vec::new);
        out.extend_from_slice(&layout.digits(values, service, cache));
        out.extend_from_slice(b"\",\"dockerfile\":\"");
        layout.fill(layout.head, |piece| piece.json, values, out);
        out.extend_from_slice(b"\"}\n");
    }
}

impl ServiceLayout {
    fn of<'b>(
        shared: &'b ServiceTemplate,
        service: &str,
        own: &dyn Fn(&str) -> Option<&'b [u8]>,
        names: &mut Vec<&'b str>,
        batch: &Batch,
    ) -> Option<ServiceLayout> {
        let template = &shared.template;
        let json = shared.json()?;
        let mut bytes = shared.json_head(service).to_vec();
        bytes.extend_from_slice(b"\"sha256\":\"");
        let head = bytes.len();
        let mut raw_text: Vec<u8> = Vec::with_capacity(template.source().bytes().len());
        let mut pieces = Vec::new();
        let mut is_unique = false;
        let mut at = 0;
        for (number, json) in json.iter().enumerate() {
            let placeholder = template.placeholders().get(number).copied();
            let span = placeholder.map(|placeholder| template.span(placeholder));
            let text = template.source().bytes();
            let end = span.as_ref().map_or(text.len(), |span| span.start);
            raw_text.extend_from_slice(text.get(at..end)?);
            bytes.extend_from_slice(json);
            at = span.map_or(text.len(), |span| span.end);
            let name = placeholder.map(|placeholder| template.name(placeholder));
            if let Some(value) = name.and_then(own) {
                raw_text.extend_from_slice(value);
                bytes.extend_from_slice(value);
                continue;
            }
            let name = match name {
                None => NO_NAME,
                Some(name) => {
                    is_unique |= json_object::is_unique(name, batch);
                    names.iter().position(|known| *known == name).unwrap_or_else(|| {
                        names.push(name);
                        names.len() - 1
                    })
                }
            };
            pieces.push(LiteralPiece { json: bytes.len(), raw: raw_text.len(), name });
        }
        let raw = bytes.len();
        bytes.extend_from_slice(&raw_text);
        pieces.iter_mut().for_each(|piece| piece.raw += raw);
        Some(ServiceLayout { bytes, head, raw, pieces, is_unique })
    }

    /// The digest of the result for a target, as it is printed.
    fn digits(&self, values: &TargetValues, service: usize, cache: &mut DigestCache) -> [u8; 64] {
        let known = cache.digests.get_mut(service).filter(|_| !self.is_unique);
        if let Some(known) = &known {
            cache.key.clear();
            for piece in &self.pieces {
                // No value holds a NUL.
                cache.key.extend_from_slice(values.of(piece));
                cache.key.push(0);
            }
            if let Some((_, digits)) = known.iter().find(|(key, _)| *key == cache.key) {
                return *digits;
            }
        }
        cache.text.clear();
        self.fill(self.raw, |piece| piece.raw, values, &mut cache.text);
        let digits = hex_digits(&Sha256::digest(&cache.text).into());
        if let Some(known) = known.filter(|known| known.len() < MOST_DIGESTS) {
            known.push((cache.key.clone(), digits));
        }
        digits
    }

    /// Appends the result in one of its two forms: the pieces from `at` on, which end where `end` says,
    /// each with its value.
    fn fill(
        &self,
        mut at: usize,
        end: impl Fn(&LiteralPiece) -> usize,
        values: &TargetValues,
        out: &mut Vec<u8>,
    ) {
        for piece in &self.pieces {
            out.extend_from_slice(self.bytes.get(at..end(piece)).unwrap_or_default());
            out.extend_from_slice(values.of(piece));
            at = end(piece);
        }
    }
}
