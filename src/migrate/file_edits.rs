//! The edits that replace the images of a file, for some of its builds.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::{ImageChoice, old_packages};
use super::edits::Edits;
use super::file_images::{FileImages, OldStage};
use super::notes::Notes;
use super::old_images::{Location, OldImage, names_arch};
use super::{build_tools, cross_build_scripts, differences, obsolete_settings, packages};
use crate::dockerfile::{Arg, Keyword};
use crate::source::Span;

impl FileImages<'_, '_> {
    /// The edits of a file that keeps its images: what no builder accepts is removed all the same.
    pub fn kept(&self) -> Edits {
        let (mut edits, mut freed) = (Edits::default(), BTreeSet::new());
        for image in self.list.iter().filter(|image| image.is_base) {
            self.platform_flag(image, &mut edits, &mut freed);
        }
        self.unneeded_args(freed, &BTreeSet::new(), &mut edits);
        edits
    }

    /// The edits, with notes on what has to be reviewed. `choices` has the new image for each old one.
    pub fn official(&self, selected: &[usize], choices: &[ImageChoice], notes: &mut Notes) -> Edits {
        let mut edits = Edits::default();
        let bytes = self.file.source.bytes();
        let mut freed = BTreeSet::new();
        let mut replaced = BTreeSet::new();
        let mut stages = Vec::new();
        for (image, choice) in self.list.iter().zip(choices) {
            if let Some(span) = self.replace(image, choice.reference.text(), &mut edits, notes) {
                freed.extend(variables(bytes.get(span.clone()).unwrap_or_default()));
                replaced.insert(span.start);
            }
            if image.is_base {
                self.platform_flag(image, &mut edits, &mut freed);
            }
            let known = image.known_to(selected);
            let Some(stage) = known.and_then(|known| self.stage(image, &known.1)) else { continue };
            differences::report(&stage, choice, notes);
            if image.is_base && !matches!(image.location, Location::BuildArgument(_)) {
                stages.push((stage, choice));
            }
        }
        self.unneeded_args(freed, &replaced, &mut edits);
        for (stage, choice) in stages {
            replace_commands(&stage, choice, &mut edits, notes);
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
                let message = format!("the compose file sets this image, in the build argument `{name}`");
                notes.warn("build-argument", &image.span, message, format!("write {new} there"));
                None
            }
        }
    }

    /// `--platform=linux/%%BALENA_ARCH%%` names a platform that there is not, and the builder knows the
    /// device's.
    fn platform_flag(&self, image: &OldImage, edits: &mut Edits, freed: &mut BTreeSet<String>) {
        let from = self.file.stages.get(image.stage).map(|stage| stage.instruction);
        let from = from.and_then(|at| self.file.instructions.get(at));
        let Some(flag) = from.and_then(|from| from.flag("platform")) else { return };
        let names = variables(&flag.text);
        if !names_arch(&String::from_utf8_lossy(&flag.text)) && names.is_disjoint(&self.arch_variables) {
            return;
        }
        let after = self.file.source.bytes().get(flag.span.end..).unwrap_or_default();
        let blanks = after.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        if edits.replace(&(flag.span.start..flag.span.end + blanks), "") {
            freed.extend(names);
        }
    }

    /// Deletes each `ARG` before the first `FROM` that nothing needs after the edits. `freed` are the
    /// variables that what was replaced named, `replaced` where the replaced references start.
    fn unneeded_args(&self, mut freed: BTreeSet<String>, replaced: &BTreeSet<usize>, edits: &mut Edits) {
        if freed.is_empty() {
            return;
        }
        let file = self.file;
        let is_replaced = |arg: &Arg| replaced.range(arg.span.clone()).next().is_some();
        let mut needed: BTreeMap<String, usize> = BTreeMap::new();
        for (at, instruction) in file.instructions.iter().enumerate() {
            let is_meta = file.meta_args.binary_search(&at).is_ok();
            let is_from = instruction.keyword == Keyword::From;
            let mut names = Vec::new();
            for arg in &instruction.args {
                if instruction.keyword == Keyword::Arg && !is_meta {
                    names.push(declared(arg));
                }
                if (is_from || is_meta) && !is_replaced(arg) {
                    names.extend(variables(&arg.text));
                }
            }
            if let Some(flag) =
                instruction.flag("platform").filter(|flag| is_from && edits.is_free(&flag.span))
            {
                names.extend(variables(&flag.text));
            }
            names.into_iter().for_each(|name| *needed.entry(name).or_default() += 1);
        }
        // A default can only use what is declared before it.
        for instruction in file.meta_arg_instructions().rev() {
            let is_unneeded = |arg: &Arg| {
                let name = declared(arg);
                !is_replaced(arg)
                    && freed.contains(&name)
                    && needed.get(&name).is_none_or(|count| *count == 0)
            };
            if !instruction.args.iter().all(is_unneeded) {
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

/// Replaces what only the old image had, and reports what cannot be replaced.
fn replace_commands(stage: &OldStage, choice: &ImageChoice, edits: &mut Edits, notes: &mut Notes) {
    for instruction in stage.body.iter().filter(|found| found.keyword == Keyword::Run) {
        let packages = (old_packages(stage.parts), choice.packages);
        packages::rewrite(stage.file, instruction, packages, edits, notes);
        cross_build_scripts::remove(stage.file, instruction, edits, notes);
    }
    obsolete_settings::report(stage, choice, notes);
    build_tools::report(stage, choice, notes);
    if stage.is_final {
        obsolete_settings::default_udev(stage, obsolete_settings::START_UDEV, notes);
        obsolete_settings::no_command(stage, choice.reference.text(), notes);
    }
}

/// The variable that an argument of `ARG` declares.
fn declared(arg: &Arg) -> String {
    let name = arg.text.split(|b| *b == b'=').next().unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
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
