//! `--explain NAME`: the page of a rule of `dtpl check` or of a note of `dtpl migrate`. Both commands show both, as what a
//! migration leaves to do is what a check finds afterwards.

use std::collections::BTreeSet;

use super::{CommandStatus, Session, output, usage};
use crate::check::rules;
use crate::escape::shortened;
use crate::migrate;
use crate::nearest::did_you_mean;

/// Prints the page of a rule or note, or the names of all. `command` is the one that was run, for the help of an error.
pub fn explain(name: &str, command: &str, session: &mut Session) -> anyhow::Result<CommandStatus> {
    let mut pages: Vec<&str> = rules::meant_by(name).map(|rule| rule.page).collect();
    // Where a rule has the same name, it has the page.
    if pages.is_empty() {
        pages.extend(migrate::kind(name).map(|kind| kind.page));
    }
    let text = match &pages[..] {
        [_, ..] => pages.join("\n"),
        [] if name == "all" => names().into_iter().map(|name| format!("{name}\n")).collect(),
        [] => {
            let message = format!("there is no rule or note `{}`", shortened(name, 80));
            let help = rules::did_you_mean(name)
                .or_else(|| did_you_mean(name, names()))
                .unwrap_or_else(|| format!("`dtpl {command} --explain all` lists them"));
            return Err(usage(session.place_of("--explain"), message, help));
        }
    };
    output::print(session, text)
}

/// The names of all rules and notes.
fn names() -> BTreeSet<&'static str> {
    rules::RULES.iter().map(|rule| rule.id).chain(migrate::KINDS.iter().map(|kind| kind.name)).collect()
}
