//! How much a render may take and make, and whether a warning stops it.

use super::placeholder::LONGEST_TEXT;
use crate::diagnostic::Diagnostics;
use crate::error::Error;
use crate::fs::Limit;

/// How much a render may take and make, and whether a warning stops it.
///
/// ```
/// let mut limits = dtpl::Limits::default();
/// limits.output_bytes = 1 << 20;
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a template: `--max-template-bytes`.
    pub template_bytes: u64,
    /// Bytes of a rendered Dockerfile: `--max-output-bytes`.
    pub output_bytes: u64,
    /// Whether a warning is an error: `--strict`.
    pub strict: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { template_bytes: 64 << 20, output_bytes: 1 << 30, strict: false }
    }
}

impl Limits {
    /// The limit for reading a template.
    pub fn template(&self) -> Limit {
        Limit { bytes: self.template_bytes.min(LONGEST_TEXT as u64), flag: "--max-template-bytes" }
    }

    /// The limit for a rendered Dockerfile.
    pub fn output(&self) -> Limit {
        Limit { bytes: self.output_bytes, flag: "--max-output-bytes" }
    }

    /// The error for a template whose rendering is longer than the limit.
    pub(super) fn output_exceeded(&self, template: &str) -> Diagnostics {
        match self.output().exceeded(&format!("the result for {template}")) {
            Error::Input(diagnostics) => diagnostics,
            // A limit is always a fault of the input.
            _ => Diagnostics::new(),
        }
    }

    /// Fails when there is an error, or with `strict` a warning.
    ///
    /// # Errors
    /// All of `notes`, which are then taken out of it.
    pub fn check(&self, notes: &mut Diagnostics) -> Result<(), Diagnostics> {
        if notes.has_errors() {
            return Err(std::mem::take(notes));
        }
        if self.strict && notes.has_warnings() {
            return Err(std::mem::take(notes).into_errors());
        }
        Ok(())
    }
}
