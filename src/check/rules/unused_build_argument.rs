//! A build argument of the compose file that no `ARG` of the Dockerfile takes: it has no effect.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::check::{ImageScope, Sink};
use crate::diagnostic::Place;
use crate::dockerfile::Keyword;
use crate::nearest::did_you_mean;

/// Arguments that every build has, with or without an `ARG`, and what BuildKit itself reads.
const KNOWN: [&str; 12] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "FTP_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "ftp_proxy",
    "no_proxy",
    "all_proxy",
    "SOURCE_DATE_EPOCH",
    "EXPERIMENTAL",
];

pub(super) fn check(scope: &ImageScope, sink: &mut Sink) {
    let places = &scope.service.build.places.args;
    // An image for that may have an `ARG` in its `ONBUILD`.
    if places.is_empty() || scope.images.iter().any(|image| image.text.contains("onbuild")) {
        return;
    }
    let args = scope.rendering.file.instructions.iter().filter(|instruction| instruction.keyword == Keyword::Arg);
    let names: BTreeSet<String> = args
        .flat_map(|instruction| &instruction.args)
        .filter_map(|arg| Some(String::from_utf8_lossy(arg.text.split(|&b| b == b'=').next()?).into_owned()))
        .collect();
    // An ARG that has its value already was not meant by another name.
    let given = &scope.service.build.args;
    let free = || names.iter().filter(|name| !given.contains_key(*name)).map(String::as_str);
    let variants = scope.service.variants();
    // The Dockerfile of another device may take it.
    let is_in_variant = |name: &str| {
        let texts = variants.iter().map(|variant| variant.template.source());
        let others = texts.filter(|text| !Arc::ptr_eq(text, scope.rendering.template.source()));
        others.into_iter().any(|text| memchr::memmem::find(text.bytes(), name.as_bytes()).is_some())
    };
    for (name, place) in places {
        let Place::Text(source, span) = place else { continue };
        let is_known = KNOWN.contains(&&**name) || name.starts_with("BUILDKIT_");
        // An `ARG` may have its name from a variable.
        if is_known || is_in_variant(name) || names.contains(name) || names.iter().any(|name| name.contains('$')) {
            continue;
        }
        let message = format!("no ARG in the Dockerfile takes the build argument `{name}`");
        let help = did_you_mean(name, free())
            .unwrap_or_else(|| format!("add ARG {name} to the stage that uses it, or leave the argument out"));
        sink.report_in(source, span.clone(), &(0..0), message, help);
    }
}
