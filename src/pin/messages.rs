//! What is said of an image that cannot be pinned.

use std::sync::Arc;

use super::lock_file::NotLocked;
use crate::diagnostic::Diagnostic;
use crate::escape::shortened;
use crate::image::{Platform, ReferenceFault};
use crate::source::{Source, Span};

/// The name of an image as it is written.
fn written(source: &Source, span: &Span) -> String {
    let bytes = source.bytes().get(span.clone()).unwrap_or_default();
    shortened(&String::from_utf8_lossy(bytes), 80).into_owned()
}

/// The name for a command line: what is written has to be all of it.
fn update(written: &str) -> String {
    if written.contains('$') || written.chars().any(char::is_whitespace) {
        return "dtpl lock --update".to_owned();
    }
    format!("dtpl lock --update {written}")
}

pub(crate) fn other_frontend(source: &Arc<Source>, span: Span) -> Diagnostic {
    let message = "the frontend that reads this file may read another language than Dockerfiles";
    Diagnostic::error_at(source, span, message).help("--locked finds images in Dockerfiles alone")
}

pub(crate) fn unknown(source: &Arc<Source>, span: Span, text: &[u8]) -> Diagnostic {
    let written = String::from_utf8_lossy(text);
    let message = format!("the image `{}` is not known: an ARG in it has no value", shortened(&written, 80));
    Diagnostic::error_at(source, span, message)
        .help("give the ARG a default, or a value: --build-arg NAME=VALUE")
}

pub(crate) fn no_reference(source: &Arc<Source>, span: Span, why: &ReferenceFault) -> Diagnostic {
    let message = format!("`{}` is no image reference", written(source, &span));
    let help = why.help.clone().unwrap_or_else(|| why.message.clone());
    Diagnostic::error_at(source, span, message).help(help)
}

pub(super) fn depends_on_platform(source: &Arc<Source>, span: Span) -> Diagnostic {
    let message = format!("`{}` is another image on another platform", written(source, &span));
    Diagnostic::error_at(source, span, message).help(
        "one digest cannot stand for all of them: write a stage for each, FROM IMAGE AS base-arm64, and choose one with \
         FROM base-$TARGETARCH",
    )
}

pub(super) fn not_locked(
    source: &Arc<Source>,
    span: Span,
    platform: Option<Platform>,
    file: &str,
    why: &NotLocked,
) -> Diagnostic {
    let written = written(source, &span);
    let error = |message: String| Diagnostic::error_at(source, span, message);
    match why {
        NotLocked::Missing => {
            error(format!("`{written}` is not in {file}")).help("`dtpl lock` adds what is missing")
        }
        NotLocked::OtherPlatforms(platforms) => {
            let wanted = platform.map_or_else(|| "this platform".to_owned(), |platform| platform.to_string());
            let has: Vec<String> = platforms.iter().map(Platform::to_string).collect();
            error(format!("`{written}` is in {file}, but not for {wanted}"))
                .help(format!("it is there for {}", has.join(", ")))
                .help(format!("`{}` asks the registry again", update(&written)))
        }
        NotLocked::OtherDigest(other) => {
            let tag = written.split('@').next().unwrap_or_default();
            error(format!("`{written}` has another digest in {file}"))
                .help(format!("the file has {other}: write it here, or leave the digest out"))
                .help(format!("`{}` asks the registry again", update(tag)))
        }
    }
}

pub(super) fn not_writable(source: &Arc<Source>, span: Span) -> Diagnostic {
    let message = format!("no digest can be written behind `{}`", written(source, &span));
    Diagnostic::error_at(source, span, message)
        .help("write the reference as one word, without quotes, and end it in the tag or in an ARG")
}
