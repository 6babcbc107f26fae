//! The command line: the only place that knows clap and terminals.
//!
//! [`run`] parses, hands over to one file per command, and turns what comes back into messages on
//! stderr and an exit status: 0 done, 1 the input is at fault, 2 wrong usage or a failing system.

mod args;
mod batch;
mod catalogue;
mod check;
mod devices;
mod draw;
mod explain;
mod export;
mod flags;
mod images;
mod init;
mod inputs;
mod lock;
mod locked;
mod migrate;
pub mod online;
mod output;
mod pages;
mod progress;
mod render;
mod resolve;
mod shell;
mod single;
mod targets;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{CommandFactory, FromArgMatches};

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::Error;
use crate::escape::escaped;
use crate::workspace::fleets::Stdin;
use args::{Cli, Color, Command, Deferred, MessageArgs, Places};

pub use draw::all as draw;

pub use crate::fs::survive_size_limits;
pub use crate::workspace::fleets::Rereadable;

/// The streams of a process, or of a test.
pub struct Streams<'s> {
    /// Read when the template is `-`, and for an archive.
    pub stdin: &'s mut dyn Read,
    /// The same as a file, if it is one: it can be read twice.
    pub stdin_file: Option<&'s mut dyn Rereadable>,
    /// Whether a person would have to type it.
    pub stdin_is_terminal: bool,
    /// Gets results.
    pub stdout: &'s mut dyn Write,
    /// Whether a person reads the results.
    pub stdout_is_terminal: bool,
    /// Characters of a line of that terminal.
    pub stdout_width: usize,
    /// Makes pipes hold more, before much goes through them.
    pub widen_pipes: &'s dyn Fn(),
    /// Gets everything else.
    pub stderr: &'s mut dyn Write,
    /// Whether colour shows on stderr, when `--color` does not say.
    pub stderr_has_color: bool,
    /// Whether a person watches stderr.
    pub stderr_is_terminal: bool,
    /// Lets signals that end the program wait until it has put in order what it began.
    pub hold_signals: &'s dyn Fn(),
    /// Whether such a signal came.
    pub is_interrupted: &'s dyn Fn() -> bool,
    /// The value of an environment variable.
    pub variable: &'s dyn Fn(&str) -> Option<OsString>,
}

impl Streams<'_> {
    /// Whether results and messages are coloured wherever they go, as the log of a CI wants it: `FORCE_COLOR` and
    /// `CLICOLOR_FORCE`. `NO_COLOR` goes before both.
    fn forces_color(&self) -> bool {
        let is_on = |name: &str| {
            let value = (self.variable)(name);
            value.is_some_and(|value| !value.is_empty() && value != "0" && value != "false")
        };
        !is_on("NO_COLOR") && (is_on("FORCE_COLOR") || is_on("CLICOLOR_FORCE"))
    }

    /// Standard input, which can be read twice when it is a file.
    fn stdin(&mut self) -> Stdin<'_> {
        let file = self.stdin_file.as_mut().map(|file| &mut **file as &mut dyn Rereadable);
        Stdin { stream: &mut *self.stdin, file }
    }
}

/// Whether a stream shows colour, as the terminal and `NO_COLOR` have it.
pub fn has_color(stream: &io::Stderr) -> bool {
    anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never
}

/// How a command that did its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CommandStatus {
    Done,
    /// It found what it looked for: a difference, something wrong.
    Found,
}

/// What a command works with.
struct Session<'c, 's> {
    streams: &'c mut Streams<'s>,
    places: Places,
    color: bool,
    /// Whether results are coloured: they go to another stream than messages.
    color_results: bool,
    quiet: bool,
    verbose: bool,
}

impl Session<'_, '_> {
    /// Where a flag got its value, for messages about it.
    fn place_of(&self, flag: &'static str) -> Place {
        self.places.of(flag)
    }

    /// Shows warnings, unless `-q` is given. That nobody reads them is no reason to stop.
    fn warn(&mut self, diagnostics: &Diagnostics) {
        if !self.quiet {
            let _ = draw::all(diagnostics, self.color, self.streams.stderr);
        }
    }

    /// A line for `-v`.
    fn say(&mut self, line: fmt::Arguments) {
        if self.verbose {
            let _ = writeln!(self.streams.stderr, "{}", escaped(&line.to_string()));
        }
    }
}

/// What a command line says, and where each value is from.
fn parse(arguments: Vec<OsString>, streams: &Streams) -> Result<(Cli, Places), clap::Error> {
    let is_set = |name: &str| (streams.variable)(name).is_some();
    let has_old_variable = is_set(args::OLD_DEVICE_TYPES) && !is_set("DTPL_DEVICE_TYPES");
    // clap copies the flags of the program into every command that it knows, which takes half of the memory of
    // one render. So it gets to know the others only for help and for a message about a mistake.
    let called = arguments.get(1).and_then(|name| args::only(name, has_old_variable));
    if let Some(Ok(parsed)) = called.map(|program| parse_with(program, arguments.clone())) {
        return Ok(parsed);
    }
    parse_with(Cli::command(), arguments)
}

fn parse_with(program: clap::Command, arguments: Vec<OsString>) -> Result<(Cli, Places), clap::Error> {
    let mut matches = program.try_get_matches_from(arguments)?;
    let places = Places::new(matches.subcommand().map_or(&matches, |(_, own)| own));
    Ok((Cli::from_arg_matches_mut(&mut matches)?, places))
}

/// Runs one command line, program name first.
pub fn run(arguments: Vec<OsString>, streams: &mut Streams) -> ExitCode {
    let parsed = parse(arguments, streams);
    let (Cli { command, messages: MessageArgs { color, quiet, verbose } }, places) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return answer(&error, streams),
    };
    let (color, color_results) = match color {
        Color::Always => (true, true),
        Color::Never => (false, false),
        Color::Auto if streams.forces_color() => (true, true),
        Color::Auto => (streams.stderr_has_color, streams.stderr_has_color && streams.stdout_is_terminal),
    };
    let mut session = Session { streams, places, color, color_results, quiet, verbose };
    let result = match command {
        Command::Render(Deferred(command)) => render::run(&command, &mut session),
        Command::Batch(Deferred(command)) => batch::run(&command, &mut session),
        Command::Check(Deferred(command)) => check::run(&command, &mut session),
        Command::Resolve(Deferred(command)) => resolve::run(&command, &mut session),
        Command::Export(Deferred(command)) => export::run(&command, &mut session),
        Command::Explain(Deferred(command)) => explain::run(&command, &mut session),
        Command::Init(Deferred(command)) => init::run(&command, &mut session),
        Command::Migrate(Deferred(command)) => migrate::run(&command, &mut session),
        Command::Lock(Deferred(command)) => lock::run(&command, &mut session),
        Command::Devices(Deferred(command)) => devices::run(&command, &mut session),
        Command::Images(Deferred(command)) => images::run(&command, &mut session),
        Command::Completions(Deferred(command)) => shell::completions(&command, &mut session),
        Command::Man(Deferred(command)) => shell::man(&command, &mut session),
    };
    match result {
        Ok(CommandStatus::Done) => ExitCode::SUCCESS,
        Ok(CommandStatus::Found) => ExitCode::from(1),
        Err(error) => report(&error, color, streams.stderr),
    }
}

/// Shows what clap has to say: help and version on stdout, a mistake on stderr.
fn answer(error: &clap::Error, streams: &mut Streams) -> ExitCode {
    let text = error.render().to_string();
    if !error.use_stderr() {
        let written = streams.stdout.write_all(text.as_bytes()).and_then(|()| streams.stdout.flush());
        return match written.context("cannot write to stdout") {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => report(&error, false, streams.stderr),
        };
    }
    // clap repeats arguments as they were given, and they may hold anything.
    for line in text.lines().take(40) {
        let line = crate::escape::shortened(line, 400);
        if writeln!(streams.stderr, "{}", escaped(&line)).is_err() {
            break;
        }
    }
    ExitCode::from(2)
}

/// Shows why a command stopped.
fn report(error: &anyhow::Error, color: bool, stderr: &mut dyn Write) -> ExitCode {
    let closed = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    // Who reads our results has seen enough.
    if closed.into_iter().any(|cause| cause.kind() == io::ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    let cause = error.downcast_ref::<Error>();
    // That stderr cannot be written leaves nobody to say it to.
    let _ = match cause {
        Some(Error::Input(diagnostics) | Error::Usage(diagnostics)) => draw::all(diagnostics, color, stderr),
        Some(Error::Io { action, path, source }) => {
            let path = path.to_string_lossy();
            // What the system says may name a file too.
            let (path, source) = (escaped(&path), source.to_string());
            writeln!(stderr, "{path}: error: cannot {action}: {}", escaped(&source))
        }
        // Whoever sent the signal knows, and the program ends by it.
        Some(Error::Interrupted) => Ok(()),
        None => writeln!(stderr, "dtpl: error: {}", escaped(&format!("{error:#}"))),
    };
    ExitCode::from(if matches!(cause, Some(Error::Input(_))) { 1 } else { 2 })
}

/// A mistake in the call, and what to do about it.
fn usage(place: Place, message: impl Into<String>, help: impl Into<String>) -> anyhow::Error {
    Error::usage(Diagnostic::error(place, message).help(help)).into()
}
