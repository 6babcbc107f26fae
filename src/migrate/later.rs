//! What is lost on the way from the first of balena's series to the later one.

use super::differences::{self, OLD_BARE};
use super::leftovers::{self, Was};
use super::naming::Named;
use super::notes::Notes;
use super::rewrite::Scene;
use super::uses::Use;
use crate::image::{Family, Omitted, Part};

/// Tells how the image of the later series differs from the old one.
pub fn tell(scene: &Scene, image: &Use, named: &Named, notes: &mut Notes) {
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
        leftovers::environment(instruction, &was, &[b"INITSYSTEM"], notes);
    }
    if scene.is_final(image.stage) {
        leftovers::default_udev(&body, &was, "in balenalib/ it is off, write ENV UDEV on", notes);
    }
}
