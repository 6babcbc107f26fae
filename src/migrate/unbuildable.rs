//! The errors with which no builder takes a Dockerfile, whatever its images are: what a migration cannot correct, and must
//! not pass over. They have the words of `dtpl check` and `dtpl render`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::old_images::ServiceBuild;
use crate::check::{is_about, is_in_from, lenient};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, RuleName, Severity};
use crate::dockerfile::{BuildOptions, COMMON_BUILDER, Dockerfile, ImageUse};
use crate::escape::shortened;
use crate::image::Reference;
use crate::render::{Layers, Limits, Rendering, Template, Variables};
use crate::source::{Source, Span};
use crate::workspace::ServiceTemplate;

/// The errors of a file for some of its builds, each once.
pub fn errors<'b>(
    prepared: &ServiceTemplate,
    builds: impl Iterator<Item = &'b ServiceBuild<'b>>,
) -> Diagnostics {
    let template = &prepared.template;
    let mut errors = Errors::default();
    let (written, _) = Dockerfile::read(template.source());
    for note in prepared.warnings().iter() {
        // An image with such a name is nowhere.
        if note.rule == Some(RuleName::MalformedPlaceholder) && is_in_from(&written, note) {
            errors.add(Diagnostic { severity: Severity::Error, ..note.clone() });
        }
    }
    // Most device types have the same text, and all of an arch the same stages.
    let (mut texts, mut arches) = (BTreeSet::new(), BTreeSet::new());
    for build in builds {
        let is_new_arch = arches.insert((build.service.name.as_str(), &*build.target.arch.slug));
        if texts.insert(build.values(template.names())) || is_new_arch {
            of_build(template, build, is_new_arch, &mut errors);
        }
    }
    let mut all = errors.all;
    all.sort_by_position();
    all
}

fn of_build(template: &Template, build: &ServiceBuild, is_new_arch: bool, errors: &mut Errors) {
    let [own, service, base] = build.target.layers(build.service);
    let layers = [own, service, base];
    let limits = Limits { output_bytes: u64::MAX, ..Limits::default() };
    let subject = build.target.subject();
    if let Err(unknown) = template.render(&subject, Layers(&layers), &limits) {
        unknown.iter().for_each(|error| errors.add(lenient(error)));
    }
    // With names in place of unknown values, the rest can be looked at.
    let filler =
        Variables::standing_in(template.source(), template.unknown_names(Layers(&layers)).into_iter());
    let layers = [own, service, base, &filler];
    let Ok(rendering) = template.render(&subject, Layers(&layers), &limits) else { return };
    let redaction = build.service.redaction(&rendering);
    let source = rendering.to_source();
    let (file, of_text) = Dockerfile::read(&source);
    let args = build.service.build_args();
    if file.is_for_other_frontend(&args) {
        return;
    }
    let own = |error: &&Diagnostic| !is_about(error, &filler);
    for error in of_text.iter().filter(own) {
        errors.add(rendering.diagnostic_in_template(error.clone(), &source, &redaction));
    }
    if !is_new_arch {
        return;
    }
    let evaluation = file.evaluate(&BuildOptions {
        args: &args,
        build_platform: Some(COMMON_BUILDER),
        ..BuildOptions::of_platform(&build.target.arch.platform)
    });
    let images = evaluation.images.iter().filter(|image| {
        image.by == ImageUse::From && !image.name.is_empty() && image.name.matches("%%").count() < 2
    });
    let of_images = images.filter_map(|image| invalid_image(&rendering, &source, &image.span, &image.name));
    for error in evaluation.faults.iter().filter(own).cloned().chain(of_images) {
        errors.add(rendering.diagnostic_in_template(error, &source, &redaction));
    }
}

/// A `FROM` whose text is no reference of an image.
fn invalid_image(rendering: &Rendering, source: &Arc<Source>, span: &Span, name: &str) -> Option<Diagnostic> {
    let fault = Reference::parse(name).err()?;
    let template = rendering.template().source();
    let written = template.bytes().get(rendering.to_template(span)).unwrap_or_default();
    let written = String::from_utf8_lossy(written);
    let message = format!("`{}` is not a valid image reference", shortened(&written, 80));
    let mut help = format!("{name}: {}", fault.message);
    if let Some(more) = &fault.help {
        help.push_str(&format!("; {more}"));
    }
    Some(Diagnostic::error_at(source, span.clone(), message).help(help))
}

/// Errors without duplicates: most builds of a file have the same.
#[derive(Default)]
struct Errors {
    all: Diagnostics,
    known: BTreeSet<(usize, usize, String)>,
}

impl Errors {
    fn add(&mut self, error: Diagnostic) {
        if error.severity != Severity::Error {
            return;
        }
        let span = match &error.place {
            Place::Text(_, span) => (span.start, span.end),
            _ => (0, 0),
        };
        if self.known.insert((span.0, span.1, error.message.clone())) {
            self.all.push(|| error);
        }
    }
}
