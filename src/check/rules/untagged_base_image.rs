//! A base image without a tag: `latest` is meant, another image every few months.

use super::missing_stage::stages_alike;
use crate::check::{ArchScope, Sink};
use crate::dockerfile::ImageUse;
use crate::image::Maintenance;

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
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
        let help = match meant.is_empty() {
            true if known.status == Maintenance::Never => String::new(),
            true if image.by == ImageUse::Syntax => "give a version, such as docker/dockerfile:1".to_owned(),
            true => "give a version, such as python:3.13-alpine".to_owned(),
            false => format!("write what it last meant: {}", meant.join(", ")),
        };
        sink.report(&image.span, message, help);
    }
}
