//! The images that a project uses, each with the places that name it.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Place};
use crate::image::{Platform, Reference};
use crate::render::Redaction;

/// The tag that is meant where a reference has neither tag nor digest.
const DEFAULT_TAG: &str = "latest";

/// An image that a project uses.
#[derive(Debug)]
#[non_exhaustive]
pub struct WantedImage {
    /// The reference, as the lock file has it.
    pub reference: Reference,
    /// Where it is named first.
    pub place: Place,
    /// The platforms that builds take it for, each with the first place that does.
    pub platforms: BTreeMap<Platform, Place>,
    /// The values that messages about it must not hold.
    redaction: Redaction,
}

impl WantedImage {
    pub(super) fn new(reference: Reference, place: Place, redaction: Redaction) -> Self {
        WantedImage { reference, place, platforms: BTreeMap::new(), redaction }
    }

    /// Its name in messages, without any part of a value.
    pub fn shown(&self) -> String {
        self.redaction.redact(self.reference.text())
    }

    /// A diagnostic without any part of a value.
    pub fn redacted(&self, diagnostic: Diagnostic) -> Diagnostic {
        self.redaction.diagnostic(diagnostic)
    }
}

/// Images by their names in the lock file.
pub type WantedImages = BTreeMap<String, WantedImage>;

/// The name of an image in a lock file: as people write it, with its tag. The same for all spellings.
pub fn name_in_file(reference: &Reference) -> String {
    let mut tail = String::new();
    match (reference.tag(), reference.digest()) {
        (None, None) => tail.push_str(&format!(":{DEFAULT_TAG}")),
        (tag, digest) => {
            tag.into_iter().for_each(|tag| tail.push_str(&format!(":{tag}")));
            digest.into_iter().for_each(|digest| tail.push_str(&format!("@{digest}")));
        }
    }
    let short = format!("{}{tail}", reference.short_name());
    let whole = format!("{}/{}{tail}", reference.domain(), reference.path());
    // A repository such as `docker.io/my.name/x` would be one of the registry `my.name` without its own.
    let is_same = Reference::parse(&short).is_ok_and(|parsed| parsed.to_string() == whole);
    if is_same { short } else { whole }
}
