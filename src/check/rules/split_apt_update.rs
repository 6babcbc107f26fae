//! `apt-get update` by itself: its layer is kept, and a later install uses lists from months ago.

use crate::check::{RenderingScope, Sink};
use crate::dockerfile::Keyword;
use crate::shell::{APT, APT_INSTALLING, APT_LISTS, INSTALL_PACKAGES, text};

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for instruction in scope.all(Keyword::Run) {
        let commands = scope.commands(instruction);
        let Some(update) = commands.iter().find(|command| command.apt("update").is_some()) else { continue };
        // A script or another program may install afterwards.
        let is_used = commands.iter().any(|command| {
            APT_INSTALLING.iter().any(|verb| command.apt(verb).is_some())
                || command.is_program(&[INSTALL_PACKAGES, "apt-fast", "aptitude", "gdebi"])
                || command.program().is_some_and(|(name, _)| name.ends_with(".sh"))
        });
        // After `xargs` or in a loop an installation is not parsed as a command; and a mounted cache is not
        // part of a layer.
        let text = text(scope.file, instruction);
        let is_mentioned =
            APT_INSTALLING.iter().any(|verb| APT.iter().any(|apt| text.contains(&format!("{apt} {verb}"))));
        let is_cached = text.contains("type=cache") && text.contains(APT_LISTS.trim_end_matches("/lists"));
        if !is_used && !is_mentioned && !is_cached {
            let help = "join it with the install: RUN apt-get update && apt-get install -y ...";
            sink.report(&update.span(), "`apt-get update` is in a separate layer, which is cached", help);
        }
    }
}
