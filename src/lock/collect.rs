//! Which images the builds of a project use: for every service, and every device that the project is for.

use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::wanted::{WantedImage, WantedImages, name_in_file};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::dockerfile::{Base, BuildOptions, Builder, Dockerfile, Evaluation, StagePlatform, UsedImage};
use crate::image::{Platform, Reference};
use crate::pin::messages;
use crate::render::{Layers, Limits, Redaction, Rendering};
use crate::source::Source;
use crate::workspace::{ServiceFiles, Services, Target};

/// What is looked through.
#[derive(Debug)]
pub struct CollectRequest<'q> {
    /// The services of the project.
    pub services: &'q Services,
    /// What they are built for.
    pub targets: &'q [Target<'q>],
    /// The program that builds.
    pub builder: Builder,
    /// The platform of the machine that builds; `None` if it is not known.
    pub build_platform: Option<&'q str>,
    /// How long a Dockerfile may be.
    pub limits: Limits,
}

/// The images of all builds. Into `notes` goes what is not looked at.
///
/// Every image that a Dockerfile names is one of them, also in a stage that is not built: another target may build
/// it. Not what an `ONBUILD` would trigger in the builds of others.
///
/// # Errors
/// All faults of Dockerfiles, and images whose names are not known.
pub fn collect(request: &CollectRequest, notes: &mut Diagnostics) -> Result<WantedImages, Diagnostics> {
    let collector = look_through(request);
    notes.append(collector.notes.all);
    if collector.faults.all.is_empty() { Ok(collector.wanted) } else { Err(collector.faults.all) }
}

/// The same without what is at fault: the images whose names are known.
pub fn collect_known(request: &CollectRequest) -> WantedImages {
    look_through(request).wanted
}

fn look_through<'c, 'q>(request: &'c CollectRequest<'q>) -> Collector<'c, 'q> {
    let mut collector =
        Collector { request, wanted: WantedImages::new(), faults: Once::default(), notes: Once::default() };
    for service in request.services.list().iter().chain(request.services.images()) {
        let mut seen = BTreeSet::new();
        for target in request.targets {
            collector.target(service, target, &mut seen);
        }
    }
    collector
}

/// Diagnostics, each once: several devices have the same Dockerfile.
#[derive(Default)]
struct Once {
    all: Diagnostics,
    seen: BTreeSet<String>,
}

impl Once {
    fn add(&mut self, diagnostic: Diagnostic) {
        if self.seen.insert(diagnostic.to_string()) {
            self.all.push(|| diagnostic);
        }
    }

    fn extend(&mut self, diagnostics: Diagnostics) {
        self.all.omit(diagnostics.omitted());
        diagnostics.iter().for_each(|diagnostic| self.add(diagnostic.clone()));
    }
}

struct Collector<'c, 'q> {
    request: &'c CollectRequest<'q>,
    wanted: WantedImages,
    faults: Once,
    notes: Once,
}

/// A Dockerfile by the digest of its text, and the platform that it is built for.
type Seen<'q> = BTreeSet<([u8; 32], &'q str)>;

impl<'q> Collector<'_, 'q> {
    fn target(&mut self, service: &ServiceFiles, target: &'q Target<'q>, seen: &mut Seen<'q>) {
        let found = match service.template(&target.subject()) {
            Ok(found) => found,
            Err(error) => return self.faults.extend(error.into_diagnostics()),
        };
        let layers = target.layers(service);
        let rendered = found.template.render(&target.subject(), Layers(&layers), &self.request.limits);
        let rendering = match rendered {
            Ok(rendering) => rendering,
            Err(faults) => return self.faults.extend(faults),
        };
        let digest: [u8; 32] = Sha256::digest(rendering.to_bytes()).into();
        if seen.insert((digest, &*target.arch.platform)) {
            self.rendering(service, &rendering, &target.arch.platform);
        }
    }

    fn rendering(&mut self, service: &ServiceFiles, rendering: &Rendering, platform: &str) {
        let source = rendering.to_source();
        let redaction = service.redaction(rendering);
        let in_template = |diagnostic| rendering.diagnostic_in_template(diagnostic, &source, &redaction);
        let (file, mut faults) = Dockerfile::read(&source);
        let args = service.build_args();
        let is_other = self.request.builder == Builder::BuildKit && file.is_for_other_frontend(&args);
        let evaluation = file.evaluate(&BuildOptions {
            platform: Some(platform),
            build_platform: self.request.build_platform,
            args: &args,
            target: service.build.target.as_deref(),
            contexts: service.named_contexts(),
            builder: self.request.builder,
        });
        if is_other {
            self.other_language(&file, &evaluation, platform, rendering, &redaction);
            return;
        }
        faults.append(evaluation.faults.clone());
        for fault in faults.iter().filter(|fault| fault.severity == Severity::Error) {
            self.faults.add(in_template(fault.clone()));
        }
        for (stage, evaluated) in file.stages.iter().zip(&evaluation.stages) {
            if evaluated.is_built && evaluated.base == Base::Unknown && !faults.has_errors() {
                let fault = messages::unknown(&source, stage.base.span.clone(), &stage.base.text);
                self.faults.add(in_template(fault));
            }
        }
        for image in &evaluation.images {
            self.image(image, platform, &source, rendering, &redaction);
        }
    }

    /// Of a file in another language, only the frontend is known.
    fn other_language(
        &mut self,
        file: &Dockerfile,
        evaluation: &Evaluation,
        platform: &str,
        rendering: &Rendering,
        redaction: &Redaction,
    ) {
        let frontend = evaluation.images.iter().find(|image| image.stage.is_none());
        let place = frontend.map_or(0..0, |image| image.span.clone());
        let mut note = messages::other_frontend(file.source, place);
        note.severity = Severity::Warning;
        note.help = vec!["its other images are not in the lock file".to_owned()];
        self.notes.add(rendering.diagnostic_in_template(note, file.source, redaction));
        if let Some(image) = frontend {
            self.image(image, platform, file.source, rendering, redaction);
        }
    }

    fn image(
        &mut self,
        image: &UsedImage,
        platform: &str,
        source: &Arc<Source>,
        rendering: &Rendering,
        redaction: &Redaction,
    ) {
        let in_template = |diagnostic| rendering.diagnostic_in_template(diagnostic, source, redaction);
        let place = in_template(Diagnostic::error_at(source, image.span.clone(), String::new())).place;
        let reference = match Reference::parse(&image.name) {
            Ok(reference) => reference,
            Err(why) if image.is_built => {
                let fault = messages::no_reference(source, image.span.clone(), &why);
                return self.faults.add(in_template(fault));
            }
            Err(_) => return,
        };
        let name = name_in_file(&reference);
        let reference = Reference::parse(&name).unwrap_or(reference);
        let new = || WantedImage::new(reference, place.clone(), redaction.clone());
        let wanted = self.wanted.entry(name).or_insert_with(new);
        let taken_for = match &image.platform {
            _ if !image.is_built => None,
            StagePlatform::Target => Platform::parse(platform),
            StagePlatform::Named(named) => Platform::parse_short(named),
            StagePlatform::Builder => self.request.build_platform.and_then(Platform::parse),
            StagePlatform::Unknown => None,
        };
        if let Some(taken_for) = taken_for {
            wanted.platforms.entry(taken_for).or_insert(place);
        }
    }
}
