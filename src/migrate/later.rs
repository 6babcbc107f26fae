//! A file that goes from the first of balena's series to the later one, and what is lost on the way.

use std::collections::BTreeMap;

use super::differences::{self, OLD_BARE};
use super::edit::Edits;
use super::file::{Job, Result, keep, written};
use super::leftovers::{self, Was};
use super::naming::{self, Named};
use super::notes::Notes;
use super::rewrite::Scene;
use super::uses::{Memory, Spot, Use};
use crate::dockerfile::Dockerfile;
use crate::image::{Family, Omitted, Part, StartVariable};

impl Job<'_> {
    /// The file with the later names.
    pub(super) fn balenalib(
        &self,
        file: &Dockerfile,
        uses: &[Use],
        roots: Vec<usize>,
        memory: &Memory,
        notes: &mut Notes,
    ) -> Result {
        let mut edits = Edits::default();
        let scene = Scene::new(file, uses, roots);
        for image in uses {
            let Some(named) = naming::later(image, self.whoms, memory) else {
                if image.known.iter().flatten().any(|known| known.1.family == Family::Resin) {
                    keep(file, image, &mut edits);
                    notes.warn(
                        "by-hand",
                        &image.span,
                        format!("`{}` is not put together in a way that is renamed", written(file, image)),
                        "write its name in the later series, balenalib/, by hand",
                    );
                }
                continue;
            };
            if named.missing.len() == self.whoms.len() {
                keep(file, image, &mut edits);
                notes.warn(
                    "no-image",
                    &image.span,
                    format!("there never was such an image as `{}`", named.text),
                    "go to an official image: leave --to out",
                );
                continue;
            }
            match &image.spot {
                Spot::Here(span) | Spot::Default(span) => {
                    edits.replace(span, named.text.as_str());
                }
                Spot::Given(name) => notes.warn(
                    "build-argument",
                    &image.span,
                    format!("the compose file gives this image, in the build argument `{name}`"),
                    format!("write {} there", named.text),
                ),
            }
            if let Some(version) = &named.pinned {
                notes.tell(
                    "omitted-version",
                    &image.span,
                    format!("no whole version was named: {version} was meant in the first series"),
                    "in the later one a name without it means another one",
                );
            }
            tell(&scene, image, &named, notes);
            if !named.missing.is_empty() && self.request.are_named {
                let few = named.missing.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
                notes.warn(
                    "no-image",
                    &image.span,
                    format!("`{}` was not there for every device type", named.text),
                    format!("not for {few}"),
                );
            }
        }
        let template = &self.prepared.template;
        for &placeholder in template.placeholders() {
            let span = template.span(placeholder);
            let text = format!("%%{}%%", template.name(placeholder));
            if let Some((_, new)) = naming::RENAMED.iter().find(|(old, _)| **old == text) {
                // Inside of a reference that is replaced it is renamed already.
                edits.replace(&span, *new);
            }
        }
        self.modernise(file, &mut edits, notes);
        Result { new: edits.apply(file.source.bytes()), is_moved: false, splits: BTreeMap::new() }
    }
}

/// Tells how the image of the later series differs from the old one.
fn tell(scene: &Scene, image: &Use, named: &Named, notes: &mut Notes) {
    let mut all = image.known.iter().flatten().map(|known| &known.1);
    let Some(known) = all.find(|known| known.family == Family::Resin) else { return };
    let Some(parts) = &known.parts else { return };
    let (file, span) = (scene.file, &image.span);
    let body = if image.is_base { scene.body(image.stage) } else { Vec::new() };
    if let Some(version) = &named.lost_version {
        let stack = parts.stack.unwrap_or("this");
        notes.warn(
            "new-version",
            span,
            format!("{stack} {} is not in the later series", differences::shown(file, version)),
            format!(
                "`{}` names no version, and is of a later one: read what changed, and try it",
                named.text
            ),
        );
    }
    let meant = known.omitted.iter().find(|omitted| omitted.part == Part::Release).and_then(Omitted::last);
    let is_bare = parts.stack.is_none_or(|stack| OLD_BARE.contains(&stack));
    let matters = || is_bare || body.iter().any(|found| differences::installs_with_apt(file, found));
    let release = match &parts.release {
        Some(release) => Some(differences::shown(file, release)).filter(|_| !named.has_release),
        None => meant.filter(|_| matters()),
    };
    if let Some(release) = release {
        notes.warn(
            "new-release",
            span,
            format!("the old image was on {} {release}", parts.distro_or_default()),
            format!("`{}` is on a newer one: packages may have other names or versions", named.text),
        );
    }
    if !image.is_base {
        return;
    }
    let was = Was { family: Family::Resin, parts, span };
    if parts.variant == Some("onbuild") {
        leftovers::onbuild(&was, notes);
    }
    for instruction in &body {
        leftovers::environment(instruction, &was, &[StartVariable::InitSystem], notes);
    }
    if scene.is_final(image.stage) {
        leftovers::default_udev(&body, &was, "in balenalib/ it is off, write ENV UDEV on", notes);
    }
}
