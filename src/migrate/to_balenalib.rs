//! A file that goes from `resin/` to `balenalib/`, and what is different there.

use std::collections::BTreeMap;

use super::balenalib_name::{self, NewName};
use super::differences;
use super::edits::Edits;
use super::file_images::FileImages;
use super::file_migration::{FileMigration, Outcome};
use super::notes::Notes;
use super::obsolete_settings::{self, OldBase};
use super::old_images::OldImage;
use crate::image::balena::RENAMED_PLACEHOLDERS;
use crate::image::{Family, Part, StartVariable};

impl FileMigration<'_, '_> {
    /// The file with names of the newer series.
    pub fn balenalib(&self, notes: &mut Notes) -> Outcome {
        let mut edits = Edits::default();
        let images = &self.images;
        for image in &images.list {
            let Some(named) = balenalib_name::of(image, self.builds, self.cache) else {
                if image.knowledge().any(|known| known.family == Family::Resin) {
                    images.keep(image, &mut edits);
                    notes.warn(
                        "by-hand",
                        &image.span,
                        format!(
                            "`{}` is written in a way that cannot be renamed automatically",
                            images.written(image)
                        ),
                        "write its balenalib/ name by hand",
                    );
                }
                continue;
            };
            if named.missing.len() == self.builds.len() {
                images.keep(image, &mut edits);
                notes.warn(
                    "no-image",
                    &image.span,
                    format!("no balenalib/ image was ever published for `{}`", images.written(image)),
                    "go to an official image: leave --to out",
                );
                continue;
            }
            images.replace(image, &named.text, &mut edits, notes);
            report(images, image, &named, notes);
            if !named.missing.is_empty() && self.request.are_named {
                let few = named.missing.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
                notes.warn(
                    "no-image",
                    &image.span,
                    format!("`{}` was not published for every device type", named.text),
                    format!("not for {few}"),
                );
            }
        }
        let template = &self.prepared.template;
        for &placeholder in template.placeholders() {
            let text = format!("%%{}%%", template.name(placeholder));
            if let Some((_, new)) = RENAMED_PLACEHOLDERS.iter().find(|(old, _)| **old == text) {
                // Inside of a reference that is replaced it is renamed already.
                edits.replace(&template.span(placeholder), *new);
            }
        }
        Outcome { new: self.edited(edits, notes), is_replaced: false, splits: BTreeMap::new() }
    }
}

/// Reports how the image of the newer series differs from the old one.
fn report(images: &FileImages, image: &OldImage, named: &NewName, notes: &mut Notes) {
    let Some(known) = image.knowledge().find(|known| known.family == Family::Resin) else { return };
    let Some(parts) = &known.parts else { return };
    let (file, span) = (images.file, &image.span);
    let body = if image.is_base { images.body(image.stage) } else { Vec::new() };
    if let Some(version) = &named.pinned {
        notes.info(
            "omitted-version",
            span,
            format!("the version is incomplete: in resin/ it meant {version}"),
            "in balenalib/ the same name means another version",
        );
    }
    if let Some(version) = &named.dropped_version {
        let stack = parts.stack.unwrap_or("this");
        notes.warn(
            "new-version",
            span,
            format!("{stack} {} is not in balenalib/", differences::shown(file, version)),
            format!("`{}` names no version, and has a newer one: read what changed, and test", named.text),
        );
    }
    let matters = || parts.is_bare() || body.iter().any(|found| differences::installs_with_apt(file, found));
    let release = match &parts.release {
        Some(release) => Some(differences::shown(file, release)).filter(|_| !named.has_release),
        None => known.meant(Part::Release).filter(|_| matters()),
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
    let old = OldBase { family: Family::Resin, parts, span };
    if parts.is_onbuild() {
        obsolete_settings::onbuild(&old, notes);
    }
    for instruction in &body {
        obsolete_settings::environment(instruction, &old, &[StartVariable::InitSystem], notes);
    }
    if images.is_final(image.stage) {
        obsolete_settings::default_udev(&body, &old, "in balenalib/ it is off, write ENV UDEV on", notes);
    }
}
