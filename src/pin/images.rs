//! Which digest is written where in a Dockerfile.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::argument::Arguments;
use super::lock_file::LockFile;
use super::{messages, proof};
use crate::diagnostic::Diagnostics;
use crate::dockerfile::{
    Base, BuildOptions, Builder, Dockerfile, Evaluation, ImageUse, StagePlatform, UsedImage,
};
use crate::image::{Platform, Reference};
use crate::render::Insertion;
use crate::source::Source;

/// The platforms that are compared to find out whether the name of an image depends on the platform.
const COMPARED: [&str; 2] = ["linux/amd64", "linux/arm/v6"];

/// What a Dockerfile is pinned for.
#[derive(Clone, Copy, Debug)]
pub struct PinOptions<'p> {
    /// How it is built.
    pub build: BuildOptions<'p>,
    /// Where the digests are from.
    pub lock: &'p LockFile,
}

/// The digests for a Dockerfile, each with its place in the text.
///
/// # Errors
/// Everything that BuildKit would refuse in the file; every image that is not in the lock file, or not for the
/// platform; every one whose name is not known, or that cannot be written with a digest.
pub(super) fn insertions(source: &Arc<Source>, options: &PinOptions) -> Result<Vec<Insertion>, Diagnostics> {
    let (file, mut faults) = Dockerfile::read(source);
    let build = &options.build;
    if build.builder == Builder::BuildKit && file.is_for_other_frontend(build.args) {
        let directive = file.directives.iter().find(|directive| directive.key == "syntax");
        let place = directive.map_or(0..0, |directive| directive.value.clone());
        return Err(messages::other_frontend(source, place).into());
    }
    let evaluation = file.evaluate(build);
    faults.append(evaluation.faults.clone());
    if faults.has_errors() {
        return Err(faults);
    }
    let mut pins = Pins {
        source,
        file: &file,
        arguments: Arguments::of(&file, build.args),
        depends: dependent_on_platform(&file, build, &evaluation),
        options,
        insertions: BTreeMap::new(),
        names: Vec::new(),
        faults: Diagnostics::new(),
    };
    for (at, stage) in evaluation.stages.iter().enumerate() {
        if stage.is_built && stage.base == Base::Unknown {
            pins.unknown(at);
        }
    }
    evaluation.images.iter().for_each(|image| pins.image(image));
    let Pins { insertions, names, mut faults, .. } = pins;
    if !faults.is_empty() {
        faults.sort_by_position();
        return Err(faults);
    }
    let insertions: Vec<Insertion> =
        insertions.into_iter().map(|(at, text)| Insertion { at, text }).collect();
    proof::check(source, &insertions, build, &evaluation, &names)?;
    Ok(insertions)
}

/// The images whose names are others on other platforms, by their places in the list.
fn dependent_on_platform(file: &Dockerfile, build: &BuildOptions, evaluation: &Evaluation) -> Vec<bool> {
    let mut depends = vec![false; evaluation.images.len()];
    // The classic builder has no arguments for the platform.
    if build.builder == Builder::Classic {
        return depends;
    }
    for platform in COMPARED {
        let other = file.evaluate(&BuildOptions { platform: Some(platform), ..*build });
        let place = |image: &UsedImage| (image.stage, image.span.start);
        let names: BTreeMap<_, &str> =
            other.images.iter().map(|image| (place(image), &*image.name)).collect();
        for (image, depends) in evaluation.images.iter().zip(&mut depends) {
            *depends |= names.get(&place(image)) != Some(&&*image.name);
        }
    }
    depends
}

struct Pins<'p, 's> {
    source: &'p Arc<Source>,
    file: &'p Dockerfile<'s>,
    arguments: Arguments,
    /// For each image whether its name depends on the platform.
    depends: Vec<bool>,
    options: &'p PinOptions<'p>,
    insertions: BTreeMap<usize, String>,
    /// The name that each image has to have in the result.
    names: Vec<String>,
    faults: Diagnostics,
}

impl Pins<'_, '_> {
    /// Reports a `FROM` whose image is not known.
    fn unknown(&mut self, stage: usize) {
        let Some(base) = self.file.stages.get(stage).map(|stage| &stage.base) else { return };
        let fault = messages::unknown(self.source, base.span.clone(), &base.text);
        self.faults.push(|| fault);
    }

    /// Writes the digest of an image.
    fn image(&mut self, image: &UsedImage) {
        let number = self.names.len();
        self.names.push(image.name.clone());
        if image.is_of_context {
            // Its name is not in the file.
            return;
        }
        let reference = match Reference::parse(&image.name) {
            Ok(reference) => reference,
            Err(why) => {
                if image.is_built {
                    let found = messages::no_reference(self.source, image.span.clone(), &why);
                    self.faults.push(|| found);
                }
                return;
            }
        };
        let platform = self.platform(image);
        let lock = self.options.lock;
        let digest = match lock.digest(&reference, platform.as_ref()) {
            Ok(Some(digest)) => digest,
            Ok(None) => return,
            Err(why) => {
                let found =
                    messages::not_locked(self.source, image.span.clone(), platform, lock.name(), &why);
                self.faults.push(|| found);
                return;
            }
        };
        if self.depends.get(number).copied().unwrap_or(false) {
            let found = messages::depends_on_platform(self.source, image.span.clone());
            self.faults.push(|| found);
            return;
        }
        if let Some(name) = self.names.last_mut() {
            name.push_str(&format!("@{digest}"));
        }
        self.insertions.insert(self.place(image), format!("@{digest}"));
    }

    /// The platform that an image has to be there for: only what is built needs it.
    fn platform(&self, image: &UsedImage) -> Option<Platform> {
        if !image.is_built {
            return None;
        }
        match &image.platform {
            StagePlatform::Target => self.options.build.platform.and_then(Platform::parse),
            StagePlatform::Named(name) => Platform::parse_short(name),
            StagePlatform::Builder => self.options.build.build_platform.and_then(Platform::parse),
            StagePlatform::Unknown => None,
        }
    }

    /// Where the digest of an image is written.
    fn place(&self, image: &UsedImage) -> usize {
        let base = image.stage.and_then(|stage| self.file.stages.get(stage)).map(|stage| &stage.base);
        match base.filter(|base| image.by == ImageUse::From && base.span == image.span) {
            Some(base) => self.arguments.end_of_only_use(base).unwrap_or(image.span.end),
            None => image.span.end,
        }
    }
}
