//! Digests in a rendering, and in a text that was not rendered.

use std::sync::Arc;

use super::images::{PinOptions, insertions};
use super::lock_file::LockFile;
use super::proof::inserted;
use crate::diagnostic::Diagnostics;
use crate::dockerfile::{BuildOptions, Builder};
use crate::render::Rendering;
use crate::source::Source;
use crate::workspace::ServiceFiles;

/// The rendering of a service with the digest of every image in it. Its positions still lead back into the template.
///
/// `platform` is that of the device, and `build_platform` that of the machine that builds, where they are known.
///
/// # Errors
/// What BuildKit would refuse in the rendered Dockerfile; every image that is not in the lock file, or not for the
/// platform; every one whose name is not known, or that cannot be written with a digest. Each at its place in the
/// template, without any part of a value.
pub fn pin<'t>(
    rendering: Rendering<'t>,
    service: &ServiceFiles,
    platform: Option<&str>,
    builder: Builder,
    lock: &LockFile,
) -> Result<Rendering<'t>, Diagnostics> {
    let source = rendering.to_source();
    let build = BuildOptions {
        platform,
        build_platform: None,
        args: &service.build_args(),
        target: service.build.target.as_deref(),
        contexts: service.named_contexts(),
        builder,
    };
    match insertions(&source, &PinOptions { build, lock }) {
        Ok(insertions) => Ok(rendering.with(insertions)),
        Err(faults) => {
            let redaction = service.redaction(&rendering);
            Err(faults.map(|fault| rendering.diagnostic_in_template(fault, &source, &redaction)))
        }
    }
}

/// The text of a Dockerfile with the digest of every image in it.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::Source;
/// use dtpl::dockerfile::BuildOptions;
/// use dtpl::lock::{LockFile, PinOptions, pin_text};
/// ///
/// let digest = format!("sha256:{}", "1".repeat(64));
/// let lock = format!("images:\n  alpine:3.22: {{platforms: [linux/arm64], digest: {digest}}}\n");
/// let lock = LockFile::parse(&Arc::new(Source::new("images.lock.yaml", lock)))?;
/// let file = Arc::new(Source::new("Dockerfile", "ARG TAG=3.22\nFROM alpine:$TAG AS build\n"));
/// let options = PinOptions { build: BuildOptions::of_platform("linux/arm64"), lock: &lock };
/// let expected = format!("ARG TAG=3.22@{digest}\nFROM alpine:$TAG AS build\n");
/// assert_eq!(pin_text(&file, &options)?, expected.as_bytes());
/// # Ok::<(), dtpl::Diagnostics>(())
/// ```
///
/// # Errors
/// Those of [`pin`], at places of the text.
pub fn pin_text(source: &Arc<Source>, options: &PinOptions) -> Result<Vec<u8>, Diagnostics> {
    Ok(inserted(source.bytes(), &insertions(source, options)?))
}
