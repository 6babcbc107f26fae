//! `dtpl completions` and `dtpl man`: what a package installs beside the program.

use std::collections::BTreeMap;

use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::{CommandStatus, Session, output};
use crate::fs::folder::{FilesInMemory, Folder, FolderChange};

pub fn completions(command: &CompletionsArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut Cli::command(), "dtpl", &mut script);
    output::print(session, script)
}

pub fn man(command: &ManArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    // A page about the command that shows pages says nothing.
    let mut definition = Cli::command().disable_help_subcommand(true);
    definition.build();
    let whole = page(&definition)?;
    let commands: Vec<&clap::Command> = definition.get_subcommands().collect();
    let Some(folder) = command.output.as_deref().filter(|_| output::file(&command.output).is_some()) else {
        return output::print(session, single_page(whole, &commands)?);
    };
    let mut pages = BTreeMap::from([("dtpl.1".to_owned(), whole)]);
    for command in commands {
        let see_also = ".SH \"SEE ALSO\"\n.BR dtpl (1)\n";
        pages.insert(format!("dtpl-{}.1", command.get_name()), page(command)? + see_also);
    }
    let write: FilesInMemory = pages.iter().map(|(name, page)| (name.as_str(), page.as_bytes())).collect();
    let change = FolderChange { write: &write, ..FolderChange::default() };
    let opened = Folder::make(folder)?;
    (session.streams.hold_signals)();
    let is_interrupted = session.streams.is_interrupted;
    opened.apply(&change, &|_| is_interrupted())?;
    Ok(CommandStatus::Done)
}

/// The page of a command.
fn page(command: &clap::Command) -> anyhow::Result<String> {
    let mut page = Vec::new();
    // A subcommand has no version of its own.
    let source = concat!("dtpl ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command.clone()).source(source).render(&mut page)?;
    Ok(String::from_utf8(page)?)
}

/// All pages as one, a section for each command. It refers to no other page.
fn single_page(whole: String, commands: &[&clap::Command]) -> anyhow::Result<String> {
    let mut text = whole;
    for command in commands {
        let name = command.get_name();
        text = text.replace(&format!("dtpl\\-{name}(1)"), &format!("dtpl {name}"));
    }
    for command in commands {
        let page = page(command)?;
        // What comes before is the title and the name.
        let body = page.split_once(".SH SYNOPSIS\n").map_or(page.as_str(), |(_, body)| body);
        text.push_str(&format!(".SH \"DTPL {}\"\n", command.get_name().to_uppercase()));
        text.push_str(&body.replace("\n.SH ", "\n.SS "));
    }
    Ok(text)
}
