//! The edits that take a file to its new images, for some of those whom it is for.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::{Choice, old_packages};
use super::edit::Edits;
use super::leftovers::{self, Was};
use super::lost::{self, Moved};
use super::notes::Notes;
use super::uses::{Known, Spot, Use, is_of_balena, names_arch};
use super::{cross_build, differences, packages};
use crate::dockerfile::{Dockerfile, Instruction, Keyword};
use crate::image::{Knowledge, Status};
use crate::source::Span;

/// A file, and where old images stand in it.
pub struct Scene<'s, 'f> {
    /// The file.
    pub file: &'s Dockerfile<'f>,
    /// The places.
    pub uses: &'s [Use],
    /// For each stage the one that it is built on in the end.
    roots: Vec<usize>,
    /// The stages that are built on one, by that one.
    on: BTreeMap<usize, Vec<usize>>,
    /// The variables whose default is made from balena's name of an arch.
    arch_variables: BTreeSet<String>,
}

/// What an image was, for those of `who`: the one of which most is known.
pub fn known_of<'u>(image: &'u Use, who: &[usize]) -> Option<&'u Known> {
    let mut all =
        who.iter().filter_map(|&at| image.known.get(at)?.as_ref()).filter(|known| is_of_balena(&known.1));
    let first = all.clone().next();
    all.find(|known| known.1.status != Status::Never).or(first)
}

impl<'s, 'f> Scene<'s, 'f> {
    /// A file with its places.
    pub fn new(file: &'s Dockerfile<'f>, uses: &'s [Use], roots: Vec<usize>) -> Self {
        let mut on: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (stage, root) in roots.iter().enumerate() {
            on.entry(*root).or_default().push(stage);
        }
        let metas = file.meta_args.iter().filter_map(|&at| file.instructions.get(at));
        let args = metas.flat_map(|arg| &arg.args).map(|arg| String::from_utf8_lossy(&arg.text));
        let args = args
            .filter_map(|arg| arg.split_once('=').map(|(name, value)| (name.to_owned(), names_arch(value))));
        let arch_variables = args.filter(|(_, names)| *names).map(|(name, _)| name).collect();
        Scene { file, uses, roots, on, arch_variables }
    }

    /// The instructions that are built on a stage, those of triggers as what they trigger.
    pub fn body(&self, root: usize) -> Vec<&Instruction<'f>> {
        let stages = self.on.get(&root).into_iter().flatten().filter_map(|&at| self.file.stages.get(at));
        let bodies =
            stages.flat_map(|stage| self.file.instructions.get(stage.body.clone()).unwrap_or_default());
        bodies.map(|found| found.onbuild.as_deref().unwrap_or(found)).collect()
    }

    /// Whether the image that is built ends in what is built on a stage.
    pub fn is_final(&self, root: usize) -> bool {
        let last = self.file.stages.len().checked_sub(1);
        last.and_then(|last| self.roots.get(last)) == Some(&root)
    }

    /// The edits of a file that keeps its images: what no builder takes goes all the same.
    pub fn kept(&self) -> Edits {
        let (mut edits, mut freed) = (Edits::default(), BTreeSet::new());
        for image in self.uses.iter().filter(|image| image.is_base) {
            self.platform_flag(image, &mut edits, &mut freed);
        }
        self.unneeded_args(&freed, &[], &mut edits);
        edits
    }

    /// The edits, and what has to be told. `choices` has the new image for each place.
    pub fn official(&self, who: &[usize], choices: &[Choice], notes: &mut Notes) -> Edits {
        let mut edits = Edits::default();
        let bytes = self.file.source.bytes();
        let mut freed = BTreeSet::new();
        let mut replaced: Vec<&Span> = Vec::new();
        for (image, choice) in self.uses.iter().zip(choices) {
            let reference = choice.reference.text();
            match &image.spot {
                Spot::Here(span) | Spot::Default(span) => {
                    let text = bytes.get(span.clone()).unwrap_or_default();
                    freed.extend(variables(text));
                    edits.replace(span, reference);
                    replaced.push(span);
                }
                Spot::Given(name) => notes.warn(
                    "build-argument",
                    &image.span,
                    format!("the compose file gives this image, in the build argument `{name}`"),
                    format!("write {reference} there"),
                ),
            }
            let Some(known) = known_of(image, who) else { continue };
            let body = if image.is_base { self.body(image.stage) } else { Vec::new() };
            differences::tell(self.file, (image, &body), &known.1, choice, notes);
            if image.is_base {
                self.platform_flag(image, &mut edits, &mut freed);
            }
        }
        self.unneeded_args(&freed, &replaced, &mut edits);
        let bases = self.uses.iter().zip(choices);
        for (image, choice) in
            bases.filter(|(image, _)| image.is_base && !matches!(image.spot, Spot::Given(_)))
        {
            let Some(known) = known_of(image, who) else { continue };
            self.stage(image, &known.1, choice, &mut edits, notes);
        }
        edits
    }

    /// What is built on an image that was replaced.
    fn stage(&self, image: &Use, known: &Knowledge, choice: &Choice, edits: &mut Edits, notes: &mut Notes) {
        let Some(parts) = &known.parts else { return };
        let body = self.body(image.stage);
        for instruction in body.iter().filter(|found| found.keyword == Keyword::Run) {
            let packages = (old_packages(parts), choice.packages);
            packages::rewrite(self.file, instruction, packages, edits, notes);
            cross_build::remove(self.file, instruction, edits, notes);
        }
        let was = Was { family: known.family, parts, span: &image.span };
        leftovers::tell(self.file, &body, &was, choice, notes);
        let is_final = self.is_final(image.stage);
        let moved = Moved { file: self.file, body: &body, parts, span: &image.span, choice, is_final };
        lost::tell(&moved, notes);
        let starts = |found: &&Instruction| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint);
        if is_final {
            leftovers::default_udev(&body, &was, leftovers::START_UDEV, notes);
        }
        if is_final && !body.iter().any(starts) {
            leftovers::no_command(&was, choice.reference.text(), notes);
        }
    }

    /// `--platform=linux/%%BALENA_ARCH%%` names a platform that there is not, and the builder knows the
    /// device's.
    fn platform_flag(&self, image: &Use, edits: &mut Edits, freed: &mut BTreeSet<String>) {
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
        // A default can only ask for what stands before it.
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
