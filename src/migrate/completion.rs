//! After the images of a file are replaced: what the new ones lack is installed where the file can do that, and what a
//! person has to decide is reported. The result is read as `dtpl check` reads it, so both say the same of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::edits::Edits;
use super::file_migration::FileMigration;
use super::notes::Notes;
use super::old_images::Location;
use super::remedies::remedies;
use super::request::Addition;
use crate::context::BuildContext;
use crate::diagnostic::Severity;
use crate::dockerfile::{Base, BuildOptions, COMMON_BUILDER, Dockerfile};
use crate::ignore_files::IgnoreReader;
use crate::image::Platform;
use crate::software::contents::Contents;
use crate::software::faults::{self, Fault, Found, Lookups, Remedy, StageImage};
use crate::software::usage::{StepFile, Usage};
use crate::source::{Source, Span};

/// How often the file is read again after something was added: a package may bring a program that refuses.
const MOST_ROUNDS: usize = 4;
/// For how many platforms and build contexts the result is read.
const MOST_READINGS: usize = 16;

/// A reading of the result: for a platform, with a build context.
struct Reading {
    /// The first build of its kind.
    build: usize,
    context: Option<BuildContext>,
    devices: BTreeSet<String>,
}

impl FileMigration<'_, '_> {
    /// The file after the edits that replace its images, for some builds, and with what these images lack.
    pub fn completed(&self, edits: Edits, selected: &[usize], notes: &mut Notes) -> Vec<u8> {
        let edits = self.modernised(edits, notes);
        let mut text = edits.apply(self.images.file.source.bytes());
        // All changes since the old text, the first one first.
        let mut changes = vec![edits];
        let readings = self.readings(selected);
        let lookups = Lookups::default();
        for round in 0.. {
            let source = Arc::new(Source::new(self.path, text.clone()));
            let (file, _) = Dockerfile::read(&source);
            let found = self.read(&file, &readings, selected, &lookups);
            let (next, mended) =
                if round < MOST_ROUNDS { remedies(&file, &found) } else { Default::default() };
            let is_last = next.is_empty();
            for (reading, found) in readings.iter().zip(&found) {
                for fault in &found.faults {
                    match mended.contains(&fault.id()) {
                        true => notes.mended(fault, &changes, &reading.devices),
                        false if is_last => notes.fault(fault, &changes, &reading.devices),
                        false => {}
                    }
                }
            }
            if is_last {
                break;
            }
            text = next.apply(&text);
            changes.push(next);
        }
        text
    }

    /// The platforms and build contexts for which the result is read, each with its device types.
    fn readings(&self, selected: &[usize]) -> Vec<Reading> {
        let mut builds: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for &at in selected {
            let Some(build) = self.builds.get(at) else { continue };
            let key = (build.service.build.context.as_str(), &*build.target.arch.platform);
            builds.entry(key).or_default().push(at);
        }
        let reading = |((inside, _), builds): ((&str, &str), Vec<usize>)| {
            let folder = self.request.folder;
            // A context that cannot be read has been reported, or is not needed for the rest.
            let context = folder.and_then(|folder| {
                BuildContext::open(folder, inside, None, IgnoreReader::default()).ok().flatten()
            });
            Some(Reading { build: *builds.first()?, context, devices: self.slugs(&builds) })
        };
        builds.into_iter().filter_map(reading).take(MOST_READINGS).collect()
    }

    /// What does not work in the result, for each reading.
    fn read(
        &self,
        file: &Dockerfile,
        readings: &[Reading],
        selected: &[usize],
        lookups: &Lookups,
    ) -> Vec<Found> {
        let found = readings.iter().filter_map(|reading| {
            let build = self.builds.get(reading.build)?;
            let platform = Platform::parse(&build.target.arch.platform);
            // Without build arguments: their values are not for messages.
            let evaluation = file.evaluate(&BuildOptions {
                build_platform: Some(COMMON_BUILDER),
                target: build.service.build.target.as_deref(),
                contexts: build.service.named_contexts(),
                ..BuildOptions::of_platform(&build.target.arch.platform)
            });
            let model = self.request.services.model();
            let mut services = model.into_iter().flat_map(|model| model.services());
            let in_compose_file = services.find(|(name, _)| *name == build.service.name);
            let in_compose_file = in_compose_file.map(|(_, entry)| &entry.node);
            let usage = Usage::of(file, &evaluation, reading.context.as_ref(), in_compose_file);
            let image_of = |stage: usize| {
                let old = self.images.list.iter().find(|image| {
                    image.is_base
                        && image.stage == stage
                        && !matches!(image.location, Location::BuildArgument(_))
                })?;
                let Base::Image(name) = &evaluation.stages.get(stage)?.base else { return None };
                let old = old.known_to(selected);
                let new = self.cache.about(name).ok().filter(|known| !known.1.family.is_of_balena());
                match (new, old) {
                    (Some(known), _) => {
                        let old = old.and_then(|known| Contents::of_old(&known.1));
                        Some(StageImage { old, ..StageImage::of(&known.0, &known.1, platform.as_ref())? })
                    }
                    // It keeps the old one.
                    (None, Some(known)) => StageImage::of(&known.0, &known.1, platform.as_ref()),
                    (None, None) => None,
                }
            };
            Some(faults::find(
                file,
                &evaluation,
                &usage.stages,
                reading.context.as_ref(),
                (platform.as_ref(), lookups),
                &image_of,
            ))
        });
        found.collect()
    }
}

impl Notes<'_> {
    /// Adds what a person has to decide about the result. `changes` lead from the old text to the one that the fault is
    /// about.
    fn fault(&mut self, fault: &Fault, changes: &[Edits], devices: &BTreeSet<String>) {
        // A migration only tells: nothing is wrong with the file as it is.
        let severity = fault.severity.min(Severity::Warning);
        self.add_fault(severity, fault, fault.help.text.clone(), changes, devices);
    }

    /// Adds what the migration has mended.
    fn mended(&mut self, fault: &Fault, changes: &[Edits], devices: &BTreeSet<String>) {
        let help = match &fault.remedy {
            Remedy::Package(_, package) => format!("the new file installs `{package}`"),
            Remedy::Text(span, text) if span.is_empty() => format!("`{}` is added", text.trim()),
            Remedy::Text(_, text) => format!("`{text}` is written instead"),
            Remedy::Instead(_, packages) => format!("`{}` is written instead", packages.join(" ")),
            Remedy::None => return,
        };
        let (source, span) = self.place(fault, changes);
        self.additions.insert(Addition {
            file: source.name().to_owned(),
            line: source.position(span.start).line,
            kind: fault.rule,
            why: fault.message.text.clone(),
            what: help.clone(),
        });
        self.add_fault(Severity::Info, fault, help, changes, devices);
    }

    /// The place of a fault in the files as they are now.
    fn place(&self, fault: &Fault, changes: &[Edits]) -> (Arc<Source>, Span) {
        match &fault.place.file {
            StepFile::Dockerfile => {
                let back = |span, edits: &Edits| edits.origin(&span);
                (Arc::clone(self.source), changes.iter().rev().fold(fault.place.span.clone(), back))
            }
            StepFile::Compose(at) => (Arc::clone(&at.source), at.span.clone()),
            StepFile::Script { source, .. } => (Arc::clone(source), fault.place.span.clone()),
        }
    }

    fn add_fault(
        &mut self,
        severity: Severity,
        fault: &Fault,
        help: String,
        changes: &[Edits],
        devices: &BTreeSet<String>,
    ) {
        let before = std::mem::replace(&mut self.devices, devices.clone());
        self.is_at_start = !fault.is_build;
        let (source, span) = self.place(fault, changes);
        self.add_in(severity, fault.rule, (&source, &span), fault.message.text.clone(), help);
        (self.devices, self.is_at_start) = (before, false);
    }
}
