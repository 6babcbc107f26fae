//! `apt-get update` by itself: its layer is kept, and a later install uses lists from months ago.

use crate::check::{RenderingScope, Sink};
use crate::dockerfile::Keyword;
use crate::shell::{APT_LISTS, ShellCommand, text};

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for instruction in scope.all(Keyword::Run) {
        let commands = scope.commands(instruction);
        let Some(update) = commands.iter().find(|command| command.apt("update").is_some()) else { continue };
        // Any other program may install afterwards, or look for packages.
        let is_used = !commands.iter().all(ShellCommand::needs_no_package_list);
        // A mounted cache is no part of a layer, and lists may be removed.
        let text = text(scope.file, instruction);
        let is_cached = text.contains("type=cache") && text.contains(APT_LISTS.trim_end_matches("/lists"));
        if !is_used && !is_cached && !text.contains(APT_LISTS) {
            let help = "join it with the install: RUN apt-get update && apt-get install -y ...";
            sink.report(&update.span(), "`apt-get update` is in a separate layer, which is cached", help);
        }
    }
}
