//! `apt-get update` by itself: its layer is kept, and a later install uses lists from months ago.

use super::{Look, Rule};
use crate::check::{Case, Sink};
use crate::diagnostic::Severity;
use crate::dockerfile::Keyword;
use crate::shell::{commands, text};

pub static RULE: Rule = Rule {
    id: "split-apt-update",
    severity: Severity::Warning,
    page: include_str!("../../../docs/rules/split-apt-update.md"),
    look: Look::File(look),
};

fn look(case: &Case, sink: &mut Sink) {
    const APT: [&str; 2] = ["apt-get", "apt"];
    const USES: [&str; 6] = ["install", "upgrade", "dist-upgrade", "full-upgrade", "build-dep", "satisfy"];
    for instruction in case.all(Keyword::Run) {
        let commands = commands(case.file, instruction);
        let Some(update) = commands.iter().find(|command| command.arguments_of(&APT, "update").is_some())
        else {
            continue;
        };
        // A script or a balena helper may install behind it.
        let is_used = commands.iter().any(|command| {
            USES.iter().any(|word| command.arguments_of(&APT, word).is_some())
                || command.program().is_some_and(|(name, _)| {
                    matches!(name, "install_packages" | "apt-fast" | "aptitude" | "gdebi")
                        || name.ends_with(".sh")
                })
        });
        // Behind `xargs` or in a loop an install is no command of its own; and lists in a cache are in no
        // layer.
        let text = text(case.file, instruction);
        let is_mentioned =
            USES.iter().any(|word| APT.iter().any(|apt| text.contains(&format!("{apt} {word}"))));
        let is_cached = text.contains("type=cache") && text.contains("/var/lib/apt");
        if !is_used && !is_mentioned && !is_cached {
            sink.report(
                &update.span(),
                "the lists of packages are fetched in a layer of their own",
                "join it with the install: RUN apt-get update && apt-get install -y ...",
            );
        }
    }
}
