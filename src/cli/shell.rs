//! `dtpl completions` and `dtpl man`: what a package installs beside the program.

use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs};
use super::{CommandStatus, Session, output};

pub fn completions(command: &CompletionsArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut Cli::command(), "dtpl", &mut script);
    output::print(session, script)
}

pub fn man(session: &mut Session) -> anyhow::Result<CommandStatus> {
    let mut page = Vec::new();
    let mut definition = Cli::command();
    definition.build();
    clap_mangen::Man::new(definition.clone()).render(&mut page)?;
    for command in definition.get_subcommands() {
        clap_mangen::Man::new(command.clone()).render_description_section(&mut page)?;
        clap_mangen::Man::new(command.clone()).render_options_section(&mut page)?;
    }
    output::print(session, page)
}
