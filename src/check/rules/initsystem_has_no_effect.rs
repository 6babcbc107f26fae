//! `ENV INITSYSTEM on`, which only the images of the first series understand.

use super::{Look, Rule};
use crate::check::{ArchCase, Sink};
use crate::diagnostic::Severity;
use crate::dockerfile::{Instruction, Keyword};
use crate::image::Family;
use crate::source::Span;

pub static RULE: Rule = Rule {
    id: "initsystem-has-no-effect",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/initsystem-has-no-effect.md"),
    look: Look::Arch(look),
};

fn look(case: &ArchCase, sink: &mut Sink) {
    let roots = case.case.roots();
    for (at, stage) in case.case.file.stages.iter().enumerate() {
        let mut named = case.case.body(stage).iter().filter_map(switched_on).peekable();
        if named.peek().is_none() {
            continue;
        }
        let root = roots.get(at).copied().unwrap_or(at);
        let Some(image) = case.image_of(root) else { continue };
        let Ok(known) = &image.known else { continue };
        if !matches!(known.1.family, Family::Official | Family::Balenalib) {
            continue;
        }
        for span in named {
            sink.report(
                &span,
                "INITSYSTEM has no effect with this base image",
                "the images under resin/ started systemd for it; for one now, install and start it yourself",
            );
        }
    }
}

/// Where an instruction switches the init system on.
fn switched_on(instruction: &Instruction) -> Option<Span> {
    if instruction.keyword != Keyword::Env {
        return None;
    }
    let mut pairs = instruction.args.chunks_exact(2);
    pairs.find_map(|pair| {
        let value = String::from_utf8_lossy(&pair[1].text).to_ascii_lowercase();
        let is_on = matches!(value.trim_matches(['"', '\'']), "on" | "1" | "true" | "yes");
        (*pair[0].text == *b"INITSYSTEM" && is_on).then(|| pair[0].span.start..pair[1].span.end)
    })
}
