//! `ENV INITSYSTEM on`, which only the images of the first series understand.

use crate::check::{ImageScope, Sink};
use crate::dockerfile::{Instruction, Keyword};
use crate::image::{Family, StartVariable};
use crate::source::Span;

pub(super) fn check(scope: &ImageScope, sink: &mut Sink) {
    let roots = scope.roots();
    for (at, stage) in scope.rendering.file.stages.iter().enumerate() {
        let mut named = scope.rendering.body(stage).iter().filter_map(switched_on).peekable();
        if named.peek().is_none() {
            continue;
        }
        let Some(Ok(known)) = scope.image_of(roots[at]).map(|image| &image.known) else { continue };
        let is_known = match known.1.family {
            Family::Official => known.1.is_listed,
            family => family == Family::Balenalib,
        };
        if !is_known {
            continue;
        }
        for span in named {
            let help =
                "only the resin/ images start systemd for it; to use systemd, install and start it yourself";
            sink.report(&span, "INITSYSTEM has no effect with this base image", help);
        }
    }
}

/// Where an instruction switches the init system on.
fn switched_on(instruction: &Instruction) -> Option<Span> {
    if instruction.keyword != Keyword::Env {
        return None;
    }
    instruction.pairs().find_map(|(name, value)| {
        let is_initsystem = StartVariable::named(&name.text) == Some(StartVariable::InitSystem);
        (is_initsystem && StartVariable::is_on(&value.text)).then_some(name.span.start..value.span.end)
    })
}
