//! A file that goes to maintained images, and the separate files for the arches that these do not
//! support.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::alpine_compatibility::{installs, needs_apt};
use super::choice::{Constraints, ImageChoice, old_packages};
use super::differences;
use super::edits::Edits;
use super::file_migration::{FileMigration, Outcome};
use super::notes::Notes;
use super::old_images::OldImage;
use super::request::ImageChange;
use crate::image::{Maintenance, OmittedPart, debian};
use crate::render::{Template, TemplateKind};

/// Some builds, and the new image for each old one.
struct Supported {
    selected: Vec<usize>,
    choices: Vec<ImageChoice>,
    /// The builds that these images do not support, by arch.
    unsupported: BTreeMap<String, Vec<usize>>,
}

/// Separate files, by path, and the images that are replaced in them.
type Split = (Vec<(String, Vec<u8>)>, Vec<ImageChange>);

const ON_ALPINE: Constraints = Constraints { alpine: true, release: None };

impl FileMigration<'_, '_> {
    /// The file with maintained images.
    pub fn official(&self, notes: &mut Notes) -> Outcome {
        let images = &self.images;
        let unknown = images.list.iter().find(|image| !self.is_understood(image));
        if let Some(image) = unknown {
            let written = images.written(image);
            let message =
                format!("`{written}` is not a known image, or not the same one for all device types");
            notes.warn("no-image", &image.span, message, "choose an image by hand; then migrate the rest");
        }
        if images.list.is_empty() || unknown.is_some() || self.selected.is_empty() {
            return self.unreplaced(Edits::default(), notes);
        }
        let Some(Supported { selected, choices, unsupported }) = self.supported(notes) else {
            return self.unreplaced(images.kept(), notes);
        };
        notes.devices = self.slugs(&selected);
        let new = self.completed(images.official(&selected, &choices, notes), &selected, notes);
        self.report_short_lives(&selected, &choices, notes);
        let mut replaced = self.replaced(&selected, &choices);
        let mut splits = BTreeMap::new();
        for (arch, selected) in &unsupported {
            let (files, on_alpine) = self.split(arch, selected, notes);
            splits.extend(files);
            replaced.extend(on_alpine);
        }
        replaced.sort_by(|one, other| (one.line, &one.new).cmp(&(other.line, &other.new)));
        Outcome { new, is_replaced: true, splits, images: replaced }
    }

    fn unreplaced(&self, edits: Edits, notes: &mut Notes) -> Outcome {
        Outcome {
            new: self.edited(edits, notes),
            is_replaced: false,
            splits: BTreeMap::new(),
            images: Vec::new(),
        }
    }

    /// The images of the file itself: of the old distribution for as many builds as possible, or else
    /// Alpine for all.
    fn supported(&self, notes: &mut Notes) -> Option<Supported> {
        let (selected, unsupported) = self.partition();
        if let Some(choices) = self.aligned(&selected).filter(|_| !selected.is_empty()) {
            let is_safe = self.is_safe(&selected, &choices, notes);
            return is_safe.then_some(Supported { selected, choices, unsupported });
        }
        let selected = self.selected.clone();
        match (self.choices(&selected, &ON_ALPINE), needs_apt(&self.images)) {
            (Some(choices), None) => Some(Supported { selected, choices, unsupported: BTreeMap::new() }),
            (choices, needs) => {
                let arches = selected.iter().map(|&at| &*self.builds[at].target.arch.slug);
                let arches = Vec::from_iter(BTreeSet::from_iter(arches)).join(", ");
                let message = format!("no maintained image supports {arches}: the old one is kept");
                self.report_kept("no-image", message, choices.as_deref(), needs.as_deref(), notes);
                None
            }
        }
    }

    /// Reports images that have less time left than they should, as no newer one is there for all platforms, and images
    /// that some platforms could have if the others had a file of their own.
    fn report_short_lives(&self, selected: &[usize], choices: &[ImageChoice], notes: &mut Notes) {
        for (image, choice) in self.images.list.iter().zip(choices) {
            let reference = choice.reference.text();
            let Some(elsewhere) = &choice.elsewhere else {
                if let Some(day) = choice.until.as_ref().filter(|_| choice.is_short) {
                    let message =
                        format!("{reference} ends on {day}, and there is no newer image for these devices");
                    let help = "plan the next step: dtpl images lists what there is";
                    notes.warn("ends-soon", &image.span, message, help);
                }
                continue;
            };
            let is_missing = |at: &usize| {
                let platform = image.platforms.get(*at).and_then(Option::as_ref);
                platform.is_some_and(|platform| elsewhere.missing.contains(platform))
            };
            let (without, with): (Vec<usize>, Vec<usize>) = selected.iter().partition(|at| is_missing(at));
            let mut files = BTreeSet::new();
            for &at in &without {
                files.extend(self.split_paths(&self.builds[at].target.arch.slug, &[at]));
            }
            let better = elsewhere.reference.text();
            let until = elsewhere.until.as_ref().map_or_else(String::new, |day| format!(", until {day}"));
            let missing = differences::listed(&elsewhere.missing);
            let help = match files.is_empty() {
                true => format!("{better} is there for {}", self.arches(&with)),
                false => format!(
                    "or use {better} here for {}, and copy the file with {reference} to {} for {}",
                    self.arches(&with),
                    listed(&files),
                    self.arches(&without)
                ),
            };
            match choice.until.as_ref().filter(|_| choice.is_short) {
                Some(day) => {
                    let message =
                        format!("{reference} ends on {day}; {better}{until}, does not exist for {missing}");
                    notes.warn("ends-soon", &image.span, message, help);
                }
                None => {
                    let message = format!(
                        "{better} is nearer to the old version{until}, but does not exist for {missing}"
                    );
                    notes.info("can-split", &image.span, message, help);
                }
            }
        }
    }

    /// The arches of some builds: `aarch64 and amd64`.
    fn arches(&self, selected: &[usize]) -> String {
        let arches = selected.iter().map(|&at| self.builds[at].target.arch.slug.to_string());
        listed(&arches.collect())
    }

    /// The separate files for the builds of one arch that the new images do not support: on Alpine, or
    /// with the old image.
    fn split(&self, arch: &str, selected: &[usize], notes: &mut Notes) -> Split {
        notes.devices = self.slugs(selected);
        let mut paths = self.split_paths(arch, selected);
        // These builds use a separate file already.
        if !paths.is_empty() && paths.iter().all(|path| (self.is_there)(path)) {
            return Split::default();
        }
        let can_split = self.prepared.template.kind() == TemplateKind::Placeholders
            || Template::parse(Arc::clone(self.images.file.source))
                .is_ok_and(|template| template.placeholders().is_empty());
        paths.retain(|path| can_split && !(self.is_there)(path));
        let choices = self.choices(selected, &ON_ALPINE);
        let needs = needs_apt(&self.images);
        let mut replaced = Vec::new();
        let edits = match (&choices, &needs) {
            (Some(choices), None) if !paths.is_empty() => {
                let named = listed(&paths);
                let are = if paths.len() > 1 { "are" } else { "is" };
                let message = format!(
                    "no maintained image supports both {arch} and the others: {named} {are} on Alpine"
                );
                let help = format!("{}{}", self.all_on_alpine(), self.or_name_yours());
                notes.warn("split", &self.images.list[0].span, message, help);
                replaced = self.replaced(selected, choices);
                self.images.official(selected, choices, notes)
            }
            _ => {
                // An image that never existed cannot be kept.
                let existed = self.images.list.iter().all(|image| {
                    image.known_to(selected).is_some_and(|known| known.1.status != Maintenance::Never)
                });
                if !existed {
                    paths.clear();
                }
                let keep = if paths.len() > 1 { "keep" } else { "keeps" };
                let (kind, message) = if paths.is_empty() {
                    ("no-image", format!("the new image does not support {arch}"))
                } else {
                    let named = listed(&paths);
                    ("split", format!("no maintained image supports {arch} too: {named} {keep} the old one"))
                };
                self.report_kept(kind, message, choices.as_deref(), needs.as_deref(), notes);
                self.images.kept()
            }
        };
        if paths.is_empty() {
            return Split::default();
        }
        let new = self.completed(edits, selected, notes);
        (paths.into_iter().map(|path| (path, new.clone())).collect(), replaced)
    }

    /// Whether the commands of the stages work on the new images: another package manager has other
    /// names of packages.
    fn is_safe(&self, selected: &[usize], choices: &[ImageChoice], notes: &mut Notes) -> bool {
        for (image, choice) in self.images.bases(choices) {
            let known = image.known_to(selected);
            let Some(stage) = known.and_then(|known| self.images.stage(image, &known.1)) else { continue };
            let parts = stage.parts;
            if old_packages(parts) == choice.packages {
                continue;
            }
            if let Some(program) = stage.body.iter().find_map(|found| installs(stage.file, found)) {
                let (stack, distro) = (parts.stack.unwrap_or("this"), parts.distro_or_default());
                let reference = choice.reference.text();
                let message =
                    format!("there is no image with {stack} on {distro}, and {reference} has other packages");
                let help = format!("`{program}` is used here: go to {reference} by hand");
                notes.warn("no-image", &image.span, message, help);
                return false;
            }
        }
        true
    }

    /// Reports that some builds keep the old image, and what can be done about it.
    fn report_kept(
        &self,
        kind: &'static str,
        message: String,
        on_alpine: Option<&[ImageChoice]>,
        needs: Option<&str>,
        notes: &mut Notes,
    ) {
        let Some(first) = self.images.list.first() else { return };
        let help = match (on_alpine.and_then(|choices| choices.first()), needs) {
            (Some(choice), Some(program)) => format!(
                "{} supports it, but `{program}` is used here and Alpine is different: port it by hand",
                choice.reference.text()
            ),
            (Some(choice), None) => format!("{} supports it", choice.reference.text()),
            (None, _) => {
                "there is no Alpine image either: use another language, or newer hardware".to_owned()
            }
        };
        let mut help = format!("{help}{}", self.or_name_yours());
        let archived = self.images.list.iter().filter(|image| image.is_base);
        let archived = archived.filter_map(|image| self.archived_release(image)).next();
        if let Some(release) = archived {
            help.push_str(&format!(
                "\nwhat is built on the old image may fail: the package lists of Debian {release} have left the \
                 mirrors, so apt-get update finds none"
            ));
        }
        notes.warn(kind, &first.span, message, help);
    }

    /// The release of Debian that an old image is on, if its package lists have left the mirrors and a stage on the
    /// image needs them.
    fn archived_release(&self, image: &OldImage) -> Option<String> {
        let known = &image.known_to(&self.selected)?.1;
        let stage = self.images.stage(image, known)?;
        let release = stage.parts.release.as_deref().or_else(|| known.meant(OmittedPart::Release))?;
        let is_archived = stage.parts.distro_or_default() == "debian" && debian::is_archived(release);
        let is_shown = stage.parts.release.is_none() || differences::shown(stage.file, release) == release;
        let is_needed = is_archived && stage.body.iter().any(|found| installs(stage.file, found).is_some());
        is_needed.then(|| if is_shown { release.to_owned() } else { "in this version".to_owned() })
    }

    /// The image with which one file is enough, as a line of help.
    fn all_on_alpine(&self) -> String {
        match self.choices(&self.all(), &ON_ALPINE).as_deref() {
            Some([first, ..]) => {
                format!("or use {} for all devices, without a separate file", first.reference.text())
            }
            _ => "its C library is musl: test the application".to_owned(),
        }
    }

    /// What to do about device types that the user did not name.
    fn or_name_yours(&self) -> &'static str {
        match self.request.are_named {
            true => "",
            false => "; if you have none of these, name your device types with -d",
        }
    }
}

fn listed(paths: &BTreeSet<String>) -> String {
    paths.iter().map(String::as_str).collect::<Vec<_>>().join(" and ")
}
