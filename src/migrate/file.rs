//! One Dockerfile of a project: for whom it is, which images it goes to, and which of them need a file
//! of their own.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::{Choice, How, old_packages};
use super::edit::Edits;
use super::notes::Notes;
use super::rewrite::{Scene, known_of};
use super::safety::{installs, needs_apt};
use super::uses::{Memory, Spot, Stages, Use, Whom, find};
use super::{Change, Request, To, modernise};
use crate::dockerfile::Dockerfile;
use crate::finding::Findings;
use crate::image::Status;
use crate::render::Template;
use crate::workspace::ServiceTemplate;

/// A file that is migrated.
pub struct Job<'j> {
    /// What is asked for.
    pub(super) request: &'j Request<'j>,
    /// Its path, relative to the folder.
    pub(super) path: &'j str,
    /// The file.
    pub(super) prepared: &'j ServiceTemplate,
    /// For whom it may be.
    pub(super) whoms: &'j [Whom<'j>],
}

/// What a file came to.
pub(super) struct Result {
    /// What it holds then.
    pub(super) new: Vec<u8>,
    /// Whether images were replaced in it.
    pub(super) is_moved: bool,
    /// Files for arches that the file no longer serves: what each holds.
    pub(super) splits: BTreeMap<String, Vec<u8>>,
}

/// Leaves a reference as it is: half renamed it would be of neither series.
pub(super) fn keep(file: &Dockerfile, image: &Use, edits: &mut Edits) {
    if let Spot::Here(span) | Spot::Default(span) = &image.spot {
        edits.replace(span, file.bytes(span));
    }
}

/// What stands in the file: values of variables are for nobody else to read.
pub(super) fn written(file: &Dockerfile, image: &Use) -> String {
    let text = String::from_utf8_lossy(file.bytes(&image.span));
    crate::escape::shortened(&text, 80).into_owned()
}

/// Where an old image stays, for those whom no new one serves.
#[derive(Clone, Copy)]
enum Kept<'k> {
    /// In the file itself.
    Here,
    /// In a file of their own, or in several: their names, and whether there are several.
    In(&'k str, bool),
    /// Nowhere.
    Nowhere,
}

impl<'j> Job<'j> {
    /// The file at a path, for all of these.
    pub fn new(
        request: &'j Request,
        path: &'j str,
        prepared: &'j ServiceTemplate,
        whoms: &'j [Whom],
    ) -> Self {
        Job { request, path: request.alone.unwrap_or(path), prepared, whoms }
    }

    /// What changes because of it.
    pub fn migrate(
        &self,
        is_there: &dyn Fn(&str) -> bool,
        memory: &mut Memory,
        findings: &mut Findings,
        devices: &mut BTreeSet<String>,
    ) -> Vec<Change> {
        let template = &self.prepared.template;
        let source = template.source();
        let (file, _) = Dockerfile::read(source);
        let stages = Stages::of(&file, self.whoms);
        let uses = find(&file, template.kind() == crate::render::Kind::Verbatim, self.whoms, &stages, memory);
        let roots = stages.roots(&file);
        let who = self.who(&uses, memory);
        devices.extend(self.slugs(&who));
        let mut notes = Notes { findings, source, devices: self.slugs(&who) };
        let result = match self.request.to {
            To::Official => self.official(&file, &uses, &roots, &who, is_there, memory, &mut notes),
            To::Balenalib => self.balenalib(&file, &uses, roots, memory, &mut notes),
        };
        self.changes(result, is_there, &mut notes)
    }

    /// The device types of some of them.
    pub(super) fn slugs(&self, who: &[usize]) -> BTreeSet<String> {
        who.iter()
            .filter_map(|&at| self.whoms.get(at))
            .map(|whom| whom.target.device.slug.to_string())
            .collect()
    }

    #[allow(clippy::too_many_arguments)]
    fn official(
        &self,
        file: &Dockerfile,
        uses: &[Use],
        roots: &[usize],
        who: &[usize],
        is_there: &dyn Fn(&str) -> bool,
        memory: &Memory,
        notes: &mut Notes,
    ) -> Result {
        let old = file.source.bytes();
        let nothing =
            |edits: &Edits| Result { new: edits.apply(old), is_moved: false, splits: BTreeMap::new() };
        let mut edits = Edits::default();
        let strange = uses.iter().find(|image| !self.is_understood(image, who));
        if let Some(image) = strange {
            notes.warn(
                "no-image",
                &image.span,
                format!("what `{}` was is not known, or not the same for all", written(file, image)),
                "choose an image by hand; then migrate the rest",
            );
        }
        if uses.is_empty() || strange.is_some() || who.is_empty() {
            self.modernise(file, &mut edits, notes);
            return nothing(&edits);
        }
        let (served, unserved) = self.partition(uses, who, memory);
        let scene = Scene::new(file, uses, roots.to_vec());
        let on_alpine = How { alpine: true, release: None };
        let main = match self.aligned(uses, &served, memory).filter(|_| !served.is_empty()) {
            Some(choices) => self.is_safe(&scene, &served, &choices, notes).then_some((served, choices)),
            None => {
                let choices = self.choices(uses, who, &on_alpine, memory);
                let needs = needs_apt(&scene);
                match (choices, needs) {
                    (Some(choices), None) => {
                        edits = scene.official(who, &choices, notes);
                        self.modernise(file, &mut edits, notes);
                        return Result { new: edits.apply(old), is_moved: true, splits: BTreeMap::new() };
                    }
                    (choices, needs) => {
                        self.tell_kept(&scene, who, choices.as_deref(), needs.as_deref(), Kept::Here, notes);
                        None
                    }
                }
            }
        };
        let Some((served, choices)) = main else {
            edits = scene.kept();
            self.modernise(file, &mut edits, notes);
            return nothing(&edits);
        };
        notes.devices = self.slugs(&served);
        edits = scene.official(&served, &choices, notes);
        self.modernise(file, &mut edits, notes);
        let mut splits = BTreeMap::new();
        for (arch, who) in unserved {
            notes.devices = self.slugs(&who);
            let mut paths = self.split_paths(&arch, &who);
            // Whoever finds a file of his own does not come to this one.
            if !paths.is_empty() && paths.iter().all(|path| is_there(path)) {
                continue;
            }
            let can_split = self.prepared.template.kind() == crate::render::Kind::Placeholders
                || Template::parse(std::sync::Arc::clone(file.source))
                    .is_ok_and(|template| template.placeholders().is_empty());
            paths.retain(|path| can_split && !is_there(path));
            let named = paths.iter().map(String::as_str).collect::<Vec<_>>().join(" and ");
            let several = paths.len() > 1;
            let choices = self.choices(uses, &who, &on_alpine, memory);
            let needs = needs_apt(&scene);
            if let (Some(choices), None, false) = (&choices, &needs, paths.is_empty()) {
                let first = &uses[0].span;
                notes.warn(
                    "split",
                    first,
                    format!(
                        "no maintained image serves {arch} and the others alike: {named} {} on Alpine",
                        if several { "are" } else { "is" }
                    ),
                    format!("{}{}", self.all_on_alpine(uses, memory), self.or_name_yours()),
                );
                let mut edits = scene.official(&who, choices, notes);
                self.modernise(file, &mut edits, notes);
                let new = edits.apply(old);
                splits.extend(paths.into_iter().map(|path| (path, new.clone())));
                continue;
            }
            // An image that never was cannot be kept.
            let was =
                |image: &Use| known_of(image, &who).is_some_and(|known| known.1.status != Status::Never);
            let can_keep = !paths.is_empty() && uses.iter().all(was);
            let kept = if can_keep { Kept::In(&named, several) } else { Kept::Nowhere };
            self.tell_kept(&scene, &who, choices.as_deref(), needs.as_deref(), kept, notes);
            if can_keep {
                let mut edits = scene.kept();
                self.modernise(file, &mut edits, notes);
                let new = edits.apply(old);
                splits.extend(paths.into_iter().map(|path| (path, new.clone())));
            }
        }
        Result { new: edits.apply(old), is_moved: true, splits }
    }

    /// Whether the new images can run what the stages do: other packages would have other names.
    fn is_safe(&self, scene: &Scene, who: &[usize], choices: &[Choice], notes: &mut Notes) -> bool {
        for (image, choice) in scene.uses.iter().zip(choices).filter(|(image, _)| image.is_base) {
            let Some(parts) = known_of(image, who).and_then(|known| known.1.parts.as_ref()) else { continue };
            if old_packages(parts) == choice.packages {
                continue;
            }
            let installs = scene.body(image.stage).into_iter().find_map(|found| installs(scene.file, found));
            if let Some(program) = installs {
                notes.warn(
                    "no-image",
                    &image.span,
                    format!(
                        "there is no image with {} on {}, and {} has other packages",
                        parts.stack.unwrap_or("this"),
                        parts.distro_or_default(),
                        choice.reference.text(),
                    ),
                    format!("`{program}` is used here: go to {} by hand", choice.reference.text()),
                );
                return false;
            }
        }
        true
    }

    /// Some keep the old image; that is said, with what there is to do.
    fn tell_kept(
        &self,
        scene: &Scene,
        who: &[usize],
        on_alpine: Option<&[Choice]>,
        needs: Option<&str>,
        kept: Kept,
        notes: &mut Notes,
    ) {
        let Some(first) = scene.uses.first() else { return };
        let arches: BTreeSet<&str> = who.iter().map(|&at| &*self.whoms[at].target.arch.slug).collect();
        let arches = arches.into_iter().collect::<Vec<_>>().join(", ");
        let help = match (on_alpine.and_then(|choices| choices.first()), needs) {
            (Some(choice), Some(program)) => format!(
                "{} is there for it, but `{program}` is used here and Alpine is different: port it by hand",
                choice.reference.text()
            ),
            (Some(choice), None) => format!("{} is there for it", choice.reference.text()),
            (None, _) => "there is none on Alpine either: another language, or newer hardware".to_owned(),
        };
        let message = match kept {
            Kept::In(named, several) => format!(
                "no maintained image serves {arches} as well: {named} {} the old one",
                if several { "keep" } else { "keeps" }
            ),
            Kept::Here => format!("no maintained image serves {arches}: the old one stays"),
            Kept::Nowhere => format!("the new image is not there for {arches}"),
        };
        notes.devices = self.slugs(who);
        let help = format!("{help}{}", self.or_name_yours());
        let kind = if matches!(kept, Kept::In(..)) { "split" } else { "no-image" };
        notes.warn(kind, &first.span, message, help);
    }

    /// What would do without a second file.
    fn all_on_alpine(&self, uses: &[Use], memory: &Memory) -> String {
        let all: Vec<usize> = (0..self.whoms.len()).collect();
        let choices = self.choices(uses, &all, &How { alpine: true, release: None }, memory);
        match choices.as_deref() {
            Some([first, ..]) => {
                format!("or put all devices on {}, and do without the file", first.reference.text())
            }
            _ => "its C library is musl: try it".to_owned(),
        }
    }

    /// What to do about device types that nobody asked for.
    fn or_name_yours(&self) -> &'static str {
        if self.request.are_named {
            ""
        } else {
            "; if you have none of these, name your device types with -d"
        }
    }

    pub(super) fn modernise(&self, file: &Dockerfile, edits: &mut Edits, notes: &mut Notes) {
        if self.request.modernise {
            for instruction in &file.instructions {
                modernise::rewrite(file, instruction, edits, notes);
            }
        }
    }

    fn changes(&self, result: Result, is_there: &dyn Fn(&str) -> bool, notes: &mut Notes) -> Vec<Change> {
        let source = self.prepared.template.source();
        let mut changes = Vec::new();
        let has_placeholders = !super::placeholders(&result.new).is_empty();
        let path = match result.is_moved && !has_placeholders {
            true => self.plain_path(is_there, notes),
            false => None,
        };
        let path = path.unwrap_or_else(|| self.path.to_owned());
        if result.new != source.bytes() || path != self.path {
            changes.push(Change {
                old_path: Some(self.path.to_owned()),
                old: source.bytes().to_vec(),
                path,
                new: result.new,
                like: None,
            });
        }
        let of_split = |(path, new)| Change {
            old_path: None,
            old: Vec::new(),
            path,
            new,
            like: Some(self.path.to_owned()),
        };
        changes.extend(result.splits.into_iter().map(of_split));
        changes
    }
}
