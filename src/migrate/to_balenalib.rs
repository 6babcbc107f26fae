//! A file that goes from `resin/` to `balenalib/`, and what is different there.

use std::collections::BTreeMap;

use super::balenalib_name::{self, NewName};
use super::differences;
use super::edits::Edits;
use super::file_images::FileImages;
use super::file_migration::{FileMigration, Outcome};
use super::notes::Notes;
use super::obsolete_settings;
use super::old_images::OldImage;
use super::request::ImageChange;
use crate::image::balena::RENAMED_PLACEHOLDERS;
use crate::image::{Family, OmittedPart, StartVariable};

impl FileMigration<'_, '_> {
    /// The file with names of the newer series.
    pub fn balenalib(&self, notes: &mut Notes) -> Outcome {
        let mut edits = Edits::default();
        let mut replaced = Vec::new();
        let images = &self.images;
        for image in &images.list {
            let Some(named) = balenalib_name::of(image, self.builds, self.cache) else {
                if image.knowledge().any(|known| known.family == Family::Resin) {
                    images.keep(image, &mut edits);
                    let written = images.written(image);
                    let message =
                        format!("`{written}` is written in a way that cannot be renamed automatically");
                    notes.warn("by-hand", &image.span, message, "write its balenalib/ name by hand");
                }
                continue;
            };
            if named.missing.len() == self.builds.len() {
                images.keep(image, &mut edits);
                let message =
                    format!("no balenalib/ image was ever published for `{}`", images.written(image));
                notes.warn("no-image", &image.span, message, "go to an official image: leave --to out");
                continue;
            }
            if images.replace(image, &named.text, &mut edits, notes).is_some() {
                let source = &images.file.source;
                replaced.push(ImageChange {
                    file: source.name().to_owned(),
                    line: source.position(image.span.start).line,
                    old: images.written(image),
                    new: named.text.clone(),
                    until: None,
                    devices: self.slugs(&self.selected),
                });
            }
            report(images, image, &named, notes);
            if !named.missing.is_empty() && self.request.are_named {
                let few = named.missing.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
                let message = format!("`{}` was not published for every device type", named.text);
                notes.warn("no-image", &image.span, message, format!("not for {few}"));
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
        Outcome {
            new: self.edited(edits, notes),
            is_replaced: false,
            splits: BTreeMap::new(),
            images: replaced,
        }
    }
}

/// Reports how the image of the newer series differs from the old one.
fn report(images: &FileImages, image: &OldImage, named: &NewName, notes: &mut Notes) {
    let Some(known) = image.knowledge().find(|known| known.family == Family::Resin) else { return };
    let Some(stage) = images.stage(image, known) else { return };
    let (file, parts, span) = (images.file, stage.parts, &image.span);
    if let Some(version) = &named.pinned {
        let message = format!("the version is incomplete: in resin/ it meant {version}");
        let help = "in balenalib/ the same name means another version";
        notes.info("omitted-version", span, message, help);
    }
    if let Some(version) = &named.dropped_version {
        let (stack, version) = (parts.stack.unwrap_or("this"), differences::shown(file, version));
        let message = format!("{stack} {version} is not in balenalib/");
        let help =
            format!("`{}` names no version, and has a newer one: read what changed, and test", named.text);
        notes.warn("new-version", span, message, help);
    }
    let release = match &parts.release {
        Some(release) => Some(differences::shown(file, release)).filter(|_| !named.has_release),
        None => known
            .meant(OmittedPart::Release)
            .filter(|_| parts.is_bare() || differences::installs_with_apt(&stage)),
    };
    if let Some(release) = release {
        let message = format!("the old image was on {} {release}", parts.distro_or_default());
        let help = format!("`{}` is on a newer one: packages may have other names or versions", named.text);
        notes.warn("new-release", span, message, help);
    }
    if !image.is_base {
        return;
    }
    obsolete_settings::onbuild(&stage, notes);
    obsolete_settings::environment(&stage, &[StartVariable::InitSystem], notes);
    if stage.is_final {
        obsolete_settings::default_udev(&stage, "in balenalib/ it is off, write ENV UDEV on", notes);
    }
}
