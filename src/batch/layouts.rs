//! The JSON lines of rows in which nothing can be at fault: every placeholder has a value, and all values are
//! [ordinary](crate::render::variables::is_ordinary).
//!
//! Such a row is not rendered and looked at. What does not depend on the target is put together once for each
//! service, its own values included, in one run of bytes, as JSON and as it is; a row is pieces of that with
//! values between. Which values a target has is looked up once for all services. The digest of a result that can
//! come again is kept.

use sha2::{Digest as _, Sha256};

use super::digest::hex_digits;
#[cfg(feature = "cli")]
use super::digest::{Sha, sha_of_digits};
use super::{Batch, BatchLimits, json_object};
use crate::diagnostic::Diagnostics;
#[cfg(feature = "cli")]
use crate::render::variables::has_ordinary_ends;
use crate::render::variables::is_ordinary;
use crate::render::{Layers, Variables};
use crate::workspace::{ServiceTemplate, Services, Target};

/// Bytes of all templates together, at most: they are held once more.
const MOST_BYTES: usize = 64 << 20;
/// The longest result in which no line can be too long for BuildKit.
const LONGEST: usize = 65_535;
/// Digests that are remembered for a service.
const MOST_DIGESTS: usize = 64;
/// Results that were not among them, after which no more are looked for.
const MOST_MISSES: u32 = 64;
/// The slot of a piece after which there is no value.
const NO_SLOT: usize = usize::MAX;

/// The services of a batch, ready for their lines.
#[derive(Debug)]
pub struct Layouts<'b> {
    slots: Slots<'b>,
    layouts: Vec<ServiceLayout<'b>>,
    /// The names that services have values for, which a target must not give.
    of_services: Vec<&'b str>,
    /// Bytes of a value that fit everywhere.
    longest: usize,
}

/// The variables whose values differ between targets. The slot of a variable is its index in `names`.
#[derive(Debug, Default)]
struct Slots<'b> {
    names: Vec<&'b str>,
    /// Whether the value may be empty.
    take_empty: Vec<bool>,
}

/// What the lines of a service have in common.
#[derive(Debug)]
struct ServiceLayout<'b> {
    /// The line between the fleet and the digest; the text as JSON has it; the text itself.
    bytes: Vec<u8>,
    /// Where the first of these ends.
    head: usize,
    /// Where the last of these starts.
    raw: usize,
    pieces: Vec<LiteralPiece>,
    /// Whether the results for two targets are never equal.
    is_unique: bool,
    /// What was probably not meant, whatever the values are.
    warnings: &'b Diagnostics,
}

/// A piece of text between two values: where it ends in both forms, and the slot of the value.
#[derive(Clone, Copy, Debug)]
struct LiteralPiece {
    json: usize,
    raw: usize,
    slot: usize,
}

/// The digests that a worker keeps, by service, each with its values; and memory that it uses again.
#[derive(Debug, Default)]
pub struct DigestCache {
    digests: Vec<KnownDigests>,
    key: Vec<u8>,
    text: Vec<u8>,
}

#[derive(Debug, Default)]
struct KnownDigests {
    known: Vec<(Vec<u8>, [u8; 64])>,
    misses: u32,
}

/// The values of a target of a batch, looked up once for all services.
pub struct TargetValues<'b> {
    head: Vec<u8>,
    values: Vec<&'b [u8]>,
}

impl<'b> Layouts<'b> {
    /// Prepares the lines for a batch; nothing when each row has to be looked at.
    pub fn of(batch: &Batch<'b>) -> Option<Self> {
        let is_unique = |name: &str| {
            batch.targets.first().is_some_and(|target| json_object::differs_by_target(name, target))
        };
        Layouts::new(batch.services, &Variables::new(), &batch.limits, &is_unique)
    }

    fn new(
        services: &'b Services,
        definitions: &Variables,
        limits: &BatchLimits,
        is_unique: &dyn Fn(&str) -> bool,
    ) -> Option<Self> {
        let templates = services.shared()?;
        let size: usize = templates.iter().map(|shared| shared.template.source().bytes().len()).sum();
        let is_prepared = |shared: &&ServiceTemplate| {
            shared.template.tera().is_none() && shared.template.takes_every_ordinary_value()
        };
        if size > MOST_BYTES || !templates.iter().all(is_prepared) {
            return None;
        }
        let mut of_services: Vec<&str> = Vec::new();
        for own in services.list().iter().flat_map(|service| service.variables.iter()) {
            if !of_services.contains(&own.name()) {
                of_services.push(own.name());
            }
        }
        if of_services.iter().any(|name| definitions.get(name).is_some()) {
            return None;
        }
        let (slots, layouts) = (Slots::default(), Vec::new());
        let mut lines = Layouts { slots, layouts, of_services, longest: LONGEST };
        for (shared, service) in templates.into_iter().zip(services.list()) {
            let layers = [definitions, &service.variables];
            let layout =
                ServiceLayout::of(shared, &service.name, Layers(&layers), is_unique, &mut lines.slots)?;
            let most = LONGEST.min(usize::try_from(limits.render.output_bytes).unwrap_or(LONGEST));
            let left = most.checked_sub(layout.bytes.len() - layout.raw)?;
            lines.longest = lines.longest.min(left / layout.pieces.len().max(1));
            lines.layouts.push(layout);
        }
        Some(lines)
    }

    /// Whether a value can be in every place of a slot.
    pub fn takes(&self, slot: usize, value: &[u8]) -> bool {
        (value.len() <= self.longest && is_ordinary(value)) || self.takes_empty(slot, value)
    }

    fn takes_empty(&self, slot: usize, value: &[u8]) -> bool {
        value.is_empty() && self.slots.take_empty.get(slot) == Some(&true)
    }

    /// What was probably not meant in the template of the service of this number.
    pub fn warnings(&self, service: usize) -> Option<&Diagnostics> {
        self.layouts.get(service).map(|layout| layout.warnings).filter(|warnings| !warnings.is_empty())
    }

    /// What the lines of a target share; nothing when its rows have to be looked at.
    pub fn values<'t>(&self, target: &'t Target) -> Option<TargetValues<'t>> {
        if self.of_services.iter().any(|name| target.own.get(name).is_some()) {
            return None;
        }
        let layers = [&*target.own, &*target.base];
        let value = |name: &&str| Layers(&layers).get(name).map(|variable| variable.value());
        let values = self.slots.names.iter().enumerate();
        let values = values.map(|(slot, name)| value(name).filter(|value| self.takes(slot, value)));
        Some(TargetValues { values: values.collect::<Option<_>>()?, head: json_object::head(target) })
    }

    /// Appends the line of a target of a batch and the service of this number.
    pub fn push_row(&self, of: &TargetValues, service: usize, cache: &mut DigestCache, out: &mut Vec<u8>) {
        let value = |slot: usize| of.values.get(slot).copied().unwrap_or_default();
        self.push(&of.head, value, service, cache, out);
    }

    /// Appends the line of the service of this number. `head` is the beginning of the object up to the service,
    /// `value` the value of a slot.
    pub fn push<'v>(
        &self,
        head: &[u8],
        value: impl Fn(usize) -> &'v [u8],
        service: usize,
        cache: &mut DigestCache,
        out: &mut Vec<u8>,
    ) {
        let Some(layout) = self.layouts.get(service) else { return };
        cache.digests.resize_with(self.layouts.len(), KnownDigests::default);
        let digits = layout.digits(&value, service, cache);
        out.reserve(head.len() + layout.raw + cache.text.len() + 128);
        out.extend_from_slice(head);
        out.extend_from_slice(layout.bytes.get(..layout.head).unwrap_or_default());
        out.extend_from_slice(&digits);
        out.extend_from_slice(b"\",\"dockerfile\":\"");
        layout.fill(layout.head, |piece| piece.json, &value, out);
        out.extend_from_slice(b"\"}\n");
    }
}

#[cfg(feature = "cli")]
impl<'b> Layouts<'b> {
    /// The digest and the length of the result of the service of this number; the result itself is appended if it
    /// is wanted. `value` is the value of a slot.
    pub fn push_text<'v>(
        &self,
        value: impl Fn(usize) -> &'v [u8],
        service: usize,
        cache: &mut DigestCache,
        is_wanted: bool,
        out: &mut Vec<u8>,
    ) -> Option<(Sha, usize)> {
        let layout = self.layouts.get(service)?;
        cache.digests.resize_with(self.layouts.len(), KnownDigests::default);
        let sha = sha_of_digits(&layout.digits(&value, service, cache));
        let literals = layout.bytes.len() - layout.raw;
        let bytes = literals + layout.pieces.iter().map(|piece| value(piece.slot).len()).sum::<usize>();
        if is_wanted {
            out.reserve(bytes);
            layout.fill(layout.raw, |piece| piece.raw, &value, out);
        }
        Some((sha, bytes))
    }

    /// Prepares the lines for fleets that are read one after the other, with definitions over their
    /// variables; nothing when each row has to be looked at.
    pub fn of_stream(services: &'b Services, definitions: &Variables, limits: &BatchLimits) -> Option<Self> {
        Layouts::new(services, definitions, limits, &|name| json_object::OF_FLEETS.contains(&name))
    }

    /// The names of the slots.
    pub fn names(&self) -> &[&'b str] {
        &self.slots.names
    }

    /// How many services there are.
    pub fn services(&self) -> usize {
        self.layouts.len()
    }

    /// Whether services have values of their own for a name.
    pub fn is_of_services(&self, name: &str) -> bool {
        self.of_services.contains(&name)
    }

    /// Whether a value can be in every place of a slot that is of a text in which nothing but the ends of values is
    /// not ordinary.
    pub fn takes_ordinary(&self, slot: usize, value: &[u8]) -> bool {
        (value.len() <= self.longest && has_ordinary_ends(value)) || self.takes_empty(slot, value)
    }
}

impl<'b> Slots<'b> {
    /// The slot of a variable, with one more place in which its value may be empty or not.
    fn add(&mut self, name: &'b str, takes_empty: bool) -> usize {
        let slot = self.names.iter().position(|known| *known == name).unwrap_or(self.names.len());
        if slot == self.names.len() {
            self.names.push(name);
            self.take_empty.push(true);
        }
        self.take_empty.iter_mut().skip(slot).take(1).for_each(|all| *all &= takes_empty);
        slot
    }
}

/// Whether nothing changes but the value where it is empty, after this beginning of a line: with a visible character
/// before it, the line does not become blank, and has its end as before. In a `FROM` there is a warning for it.
fn takes_empty(beginning: &[u8]) -> bool {
    let is_firm = |b: &u8| b.is_ascii_graphic() && !matches!(b, b'\\' | b'`' | b'#' | b'%' | b'<');
    let word = beginning.trim_ascii_start().get(..5);
    beginning.last().is_some_and(is_firm) && !word.is_some_and(|word| word.eq_ignore_ascii_case(b"FROM "))
}

impl<'b> ServiceLayout<'b> {
    /// `fixed` are the values that are the same for all targets.
    fn of(
        shared: &'b ServiceTemplate,
        service: &str,
        fixed: Layers,
        is_unique_name: &dyn Fn(&str) -> bool,
        slots: &mut Slots<'b>,
    ) -> Option<Self> {
        let template = &shared.template;
        let json = shared.json()?;
        let mut bytes = shared.json_head(service).to_vec();
        bytes.extend_from_slice(b"\"sha256\":\"");
        let head = bytes.len();
        let mut raw_text: Vec<u8> = Vec::with_capacity(template.source().bytes().len());
        let mut pieces = Vec::new();
        let mut is_unique = false;
        let (mut at, mut line) = (0, 0);
        for (number, json) in json.iter().enumerate() {
            let placeholder = template.placeholders().get(number).copied();
            let span = placeholder.map(|placeholder| template.span(placeholder));
            let text = template.source().bytes();
            let end = span.as_ref().map_or(text.len(), |span| span.start);
            let literal = text.get(at..end)?;
            line = memchr::memrchr(b'\n', literal).map_or(line, |newline| raw_text.len() + newline + 1);
            raw_text.extend_from_slice(literal);
            bytes.extend_from_slice(json);
            at = span.map_or(text.len(), |span| span.end);
            let name = placeholder.map(|placeholder| template.name(placeholder));
            if let Some(variable) = name.and_then(|name| fixed.get(name)) {
                // Which is the same text in JSON.
                if !variable.is_ordinary() {
                    return None;
                }
                raw_text.extend_from_slice(variable.value());
                bytes.extend_from_slice(variable.value());
                continue;
            }
            let slot = match name {
                None => NO_SLOT,
                Some(name) => {
                    is_unique |= is_unique_name(name);
                    slots.add(name, !literal.is_empty() && takes_empty(raw_text.get(line..)?))
                }
            };
            pieces.push(LiteralPiece { json: bytes.len(), raw: raw_text.len(), slot });
        }
        let raw = bytes.len();
        bytes.extend_from_slice(&raw_text);
        pieces.iter_mut().for_each(|piece| piece.raw += raw);
        Some(ServiceLayout { bytes, head, raw, pieces, is_unique, warnings: shared.warnings() })
    }

    /// The digest of the result for a target, as it is printed.
    fn digits<'v>(
        &self,
        value: &impl Fn(usize) -> &'v [u8],
        service: usize,
        cache: &mut DigestCache,
    ) -> [u8; 64] {
        let known = cache.digests.get_mut(service);
        let mut known = known.filter(|known| !self.is_unique && known.misses < MOST_MISSES);
        if let Some(known) = &mut known {
            cache.key.clear();
            for piece in &self.pieces {
                // No value holds a NUL.
                cache.key.extend_from_slice(value(piece.slot));
                cache.key.push(0);
            }
            if let Some((_, digits)) = known.known.iter().find(|(key, _)| *key == cache.key) {
                return *digits;
            }
        }
        cache.text.clear();
        self.fill(self.raw, |piece| piece.raw, value, &mut cache.text);
        let digits = hex_digits(&Sha256::digest(&cache.text).into());
        match known {
            Some(known) if known.known.len() < MOST_DIGESTS => known.known.push((cache.key.clone(), digits)),
            Some(known) => known.misses += 1,
            None => {}
        }
        digits
    }

    /// Appends the result in one of its two forms: the pieces from `at` on, which end where `end` says,
    /// each with its value.
    fn fill<'v>(
        &self,
        mut at: usize,
        end: impl Fn(&LiteralPiece) -> usize,
        value: &impl Fn(usize) -> &'v [u8],
        out: &mut Vec<u8>,
    ) {
        for piece in &self.pieces {
            out.extend_from_slice(self.bytes.get(at..end(piece)).unwrap_or_default());
            out.extend_from_slice(value(piece.slot));
            at = end(piece);
        }
    }
}
