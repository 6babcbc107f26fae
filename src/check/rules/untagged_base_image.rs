//! A base image without a tag: `latest` is meant, another image every few months.

use super::missing_stage::stages_alike;
use crate::check::{ImageScope, Sink};
use crate::dockerfile::ImageUse;
use crate::image::Maintenance;
use crate::nearest::nearest;

pub(super) fn check(scope: &ImageScope, sink: &mut Sink) {
    for (image, reference, known) in scope.known_images() {
        if reference.names_version() || stages_alike(scope, image).is_some() {
            continue;
        }
        let written = scope.rendering.shown(&image.span);
        let message = match reference.tag() {
            None => format!("`{written}` has no tag, which means `latest`"),
            Some(_) => format!("`{written}` changes every few months"),
        };
        let meant = known.omitted.iter();
        let meant = meant.filter_map(|omitted| Some(format!("{} {}", omitted.part.name(), omitted.last()?)));
        let meant: Vec<String> = meant.collect();
        // Names of stages have no registry.
        let stages = scope.rendering.file.stages.iter().filter_map(|stage| Some(&*stage.name.as_ref()?.text));
        let stage = match image.text.contains(['/', ':', '@']) || known.status != Maintenance::Unknown {
            true => None,
            false => nearest(&image.text, stages.filter(|name| *name != image.text)).first().copied(),
        };
        let help = match meant.is_empty() {
            _ if image.by == ImageUse::Mount && image.text.bytes().all(|b| b.is_ascii_digit()) => {
                "from= takes the name of a stage, not its number".to_owned()
            }
            _ if stage.is_some() => format!("did you mean the stage `{}`?", stage.unwrap_or_default()),
            true if known.status == Maintenance::Never => String::new(),
            true if image.by == ImageUse::Syntax => "give a version, such as docker/dockerfile:1".to_owned(),
            true => "give a version, such as python:3.13-alpine".to_owned(),
            false => format!("write what it last meant: {}", meant.join(", ")),
        };
        sink.report(&image.span, message, help);
    }
}
