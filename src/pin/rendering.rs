//! Digests in a rendering, and in a text that was not rendered.

use std::sync::Arc;

use super::images::{PinOptions, insertions};
use super::lock_file::LockFile;
use super::proof::inserted;
use crate::diagnostic::Diagnostics;
use crate::dockerfile::{BuildOptions, Builder};
use crate::image::Platform;
use crate::project::Build;
use crate::render::{Redaction, Rendering};
use crate::source::Source;
use crate::workspace::ServiceFiles;
use crate::workspace::services::{build_args, redaction_of};

/// Where the digests of a command are from, and who builds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Pins {
    /// The lock file.
    pub lock: Arc<LockFile>,
    /// The program that builds.
    pub builder: Builder,
}

impl Pins {
    /// Digests of a lock file, for builds by this program.
    pub fn new(lock: Arc<LockFile>, builder: Builder) -> Self {
        Pins { lock, builder }
    }
}

/// The rendering of a service with the digest of every image in it. Its positions still lead back into the template.
///
/// `platform` is that of the device, if it is known.
///
/// # Errors
/// What BuildKit would refuse in the rendered Dockerfile; every image that is not in the lock file, or not for the
/// platform; every one whose name is not known, or that cannot be written with a digest. Each at its place in the
/// template, without any part of a value.
pub fn pin<'t>(
    rendering: Rendering<'t>,
    service: &ServiceFiles,
    platform: Option<&str>,
    pins: &Pins,
) -> Result<Rendering<'t>, Diagnostics> {
    let redaction = |rendering: &Rendering| service.redaction(rendering);
    pin_with(rendering, (&service.name, &service.build), platform, pins, &redaction)
}

/// The same for a service that has no files of its own, such as one of an archive.
///
/// # Errors
/// Those of [`pin`].
pub(crate) fn pin_build<'t>(
    rendering: Rendering<'t>,
    name: &str,
    build: &Build,
    platform: Option<&str>,
    pins: &Pins,
) -> Result<Rendering<'t>, Diagnostics> {
    pin_with(rendering, (name, build), platform, pins, &|rendering| redaction_of(rendering, build))
}

fn pin_with<'t>(
    rendering: Rendering<'t>,
    (name, build): (&str, &Build),
    platform: Option<&str>,
    Pins { lock, builder }: &Pins,
    redaction: &dyn Fn(&Rendering) -> Redaction,
) -> Result<Rendering<'t>, Diagnostics> {
    let source = rendering.to_source();
    // The compose file may build it for another platform than that of the device.
    let own = platform.and_then(Platform::parse);
    let other = own.as_ref().and_then(|own| build.platform_for(name, own).ok().filter(|other| other != own));
    let other = other.map(|other| other.to_string());
    let build = BuildOptions {
        platform: other.as_deref().or(platform),
        build_platform: None,
        args: &build_args(build),
        target: build.target.as_deref(),
        contexts: &build.contexts,
        builder: *builder,
    };
    match insertions(&source, &PinOptions { build, lock }) {
        Ok(insertions) => Ok(rendering.with(insertions)),
        Err(faults) => {
            let redaction = redaction(&rendering);
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
///
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
