//! The edits that replace the images of a file, for some of its builds.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::{Choice, old_packages};
use super::edits::Edits;
use super::file_images::FileImages;
use super::missing_programs::{self, ReplacedStage};
use super::notes::Notes;
use super::obsolete_settings::{self, OldBase};
use super::old_images::{Location, OldImage, names_arch};
use super::{cross_build_scripts, differences, packages};
use crate::dockerfile::{Instruction, Keyword};
use crate::image::Knowledge;
use crate::source::Span;

impl FileImages<'_, '_> {
    /// The edits of a file that keeps its images: what no builder accepts is removed all the same.
    pub fn kept(&self) -> Edits {
        let (mut edits, mut freed) = (Edits::default(), BTreeSet::new());
        for image in self.list.iter().filter(|image| image.is_base) {
            self.platform_flag(image, &mut edits, &mut freed);
        }
        self.unneeded_args(&freed, &[], &mut edits);
        edits
    }

    /// The edits, with notes on what has to be reviewed. `choices` has the new image for each old one.
    pub fn official(&self, selected: &[usize], choices: &[Choice], notes: &mut Notes) -> Edits {
        let mut edits = Edits::default();
        let bytes = self.file.source.bytes();
        let mut freed = BTreeSet::new();
        let mut replaced: Vec<&Span> = Vec::new();
        for (image, choice) in self.list.iter().zip(choices) {
            if let Some(span) = self.replace(image, choice.reference.text(), &mut edits, notes) {
                freed.extend(variables(bytes.get(span.clone()).unwrap_or_default()));
                replaced.push(span);
            }
            let Some(known) = image.known_to(selected) else { continue };
            let body = if image.is_base { self.body(image.stage) } else { Vec::new() };
            differences::report(self.file, (image, &body), &known.1, choice, notes);
            if image.is_base {
                self.platform_flag(image, &mut edits, &mut freed);
            }
        }
        self.unneeded_args(&freed, &replaced, &mut edits);
        let in_file = |image: &OldImage| !matches!(image.location, Location::BuildArgument(_));
        for (image, choice) in self.bases(choices).filter(|(image, _)| in_file(image)) {
            let Some(known) = image.known_to(selected) else { continue };
            self.stage(image, &known.1, choice, &mut edits, notes);
        }
        edits
    }

    /// Replaces a reference, or reports that the compose file has it. Returns what was replaced.
    pub fn replace<'i>(
        &self,
        image: &'i OldImage,
        new: &str,
        edits: &mut Edits,
        notes: &mut Notes,
    ) -> Option<&'i Span> {
        match &image.location {
            Location::InPlace(span) | Location::ArgDefault(span) => {
                edits.replace(span, new);
                Some(span)
            }
            Location::BuildArgument(name) => {
                notes.warn(
                    "build-argument",
                    &image.span,
                    format!("the compose file sets this image, in the build argument `{name}`"),
                    format!("write {new} there"),
                );
                None
            }
        }
    }

    /// What is built on an image that was replaced.
    fn stage(
        &self,
        image: &OldImage,
        known: &Knowledge,
        choice: &Choice,
        edits: &mut Edits,
        notes: &mut Notes,
    ) {
        let Some(parts) = &known.parts else { return };
        let body = self.body(image.stage);
        for instruction in body.iter().filter(|found| found.keyword == Keyword::Run) {
            let packages = (old_packages(parts), choice.packages);
            packages::rewrite(self.file, instruction, packages, edits, notes);
            cross_build_scripts::remove(self.file, instruction, edits, notes);
        }
        let old = OldBase { family: known.family, parts, span: &image.span };
        obsolete_settings::report(self.file, &body, &old, choice, notes);
        let is_final = self.is_final(image.stage);
        let stage =
            ReplacedStage { file: self.file, body: &body, parts, span: &image.span, choice, is_final };
        missing_programs::report(&stage, notes);
        let starts = |found: &&Instruction| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint);
        if is_final {
            obsolete_settings::default_udev(&body, &old, obsolete_settings::START_UDEV, notes);
        }
        if is_final && !body.iter().any(starts) {
            obsolete_settings::no_command(&old, choice.reference.text(), notes);
        }
    }

    /// `--platform=linux/%%BALENA_ARCH%%` names a platform that there is not, and the builder knows the
    /// device's.
    fn platform_flag(&self, image: &OldImage, edits: &mut Edits, freed: &mut BTreeSet<String>) {
        let Some(instruction) =
            self.file.stages.get(image.stage).and_then(|stage| self.file.instructions.get(stage.instruction))
        else {
            return;
        };
        let Some(flag) = instruction.flag("platform") else { return };
        let written = String::from_utf8_lossy(&flag.text);
        let names = variables(&flag.text);
        let through_arg = names.iter().any(|name| self.arch_variables.contains(name));
        if !names_arch(&written) && !through_arg {
            return;
        }
        let bytes = self.file.source.bytes();
        let blank = |b: &&u8| matches!(**b, b' ' | b'\t');
        let behind = bytes.get(flag.span.end..).unwrap_or_default().iter().take_while(blank).count();
        if edits.replace(&(flag.span.start..flag.span.end + behind), "") {
            freed.extend(names);
        }
    }

    /// An `ARG` before the first `FROM` that only what was replaced asked for goes with it.
    fn unneeded_args(&self, freed: &BTreeSet<String>, replaced: &[&Span], edits: &mut Edits) {
        if freed.is_empty() {
            return;
        }
        let file = self.file;
        let replaced: BTreeSet<usize> = replaced.iter().map(|span| span.start).collect();
        let is_replaced = |span: &Span| replaced.range(span.clone()).next().is_some();
        let mut needed: BTreeMap<String, usize> = BTreeMap::new();
        for (at, instruction) in file.instructions.iter().enumerate() {
            let is_meta = file.meta_args.binary_search(&at).is_ok();
            for arg in &instruction.args {
                if instruction.keyword == Keyword::Arg && !is_meta {
                    let name = arg.text.split(|b| *b == b'=').next().unwrap_or_default();
                    *needed.entry(String::from_utf8_lossy(name).into_owned()).or_default() += 1;
                }
                if (instruction.keyword == Keyword::From || is_meta) && !is_replaced(&arg.span) {
                    variables(&arg.text).into_iter().for_each(|name| *needed.entry(name).or_default() += 1);
                }
            }
            let flag = instruction.flag("platform").filter(|_| instruction.keyword == Keyword::From);
            if let Some(flag) = flag.filter(|flag| edits.is_free(&flag.span)) {
                variables(&flag.text).into_iter().for_each(|name| *needed.entry(name).or_default() += 1);
            }
        }
        let mut freed = freed.clone();
        // A default can only use what is declared before it.
        for instruction in file.meta_args.iter().rev().filter_map(|&at| file.instructions.get(at)) {
            let is_free = instruction.args.iter().all(|arg| {
                let name = arg.text.split(|b| *b == b'=').next().unwrap_or_default();
                let name = String::from_utf8_lossy(name);
                freed.contains(&*name) && needed.get(&*name).is_none_or(|count| *count == 0)
            });
            if !is_free || instruction.args.iter().any(|arg| is_replaced(&arg.span)) {
                continue;
            }
            edits.delete_lines(file.source.bytes(), &instruction.span);
            for name in instruction.args.iter().flat_map(|arg| variables(&arg.text)) {
                if let Some(count) = needed.get_mut(&name) {
                    *count = count.saturating_sub(1);
                }
                freed.insert(name);
            }
        }
    }
}

/// The variables that a text names: `$A`, `${A}`, `${A:-b}`.
pub fn variables(text: &[u8]) -> BTreeSet<String> {
    let is_name = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
    let starts = memchr::memchr_iter(b'$', text);
    let names = starts.map(|at| {
        let rest = text.get(at + 1..).unwrap_or_default();
        let rest = rest.strip_prefix(b"{").unwrap_or(rest);
        let length = rest.iter().take_while(is_name).count();
        String::from_utf8_lossy(&rest[..length]).into_owned()
    });
    names.filter(|name| !name.is_empty()).collect()
}
