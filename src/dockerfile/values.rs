//! Checks the values that BuildKit looks at after it has expanded their variables.
//!
//! A file is read before its variables are known, so this is done twice: once for what has no variable in
//! it, and for each build for what has one.

use super::build_options::Builder;
use super::copy_flags::{Remote, chmod_fault, digest_fault, remote};
use super::environment::Environment;
use super::evaluate::Evaluator;
use super::fault::Fault;
use super::instruction::{Arg, Flag, Instruction};
use super::keyword::Keyword;
use super::mount::Mount;
use super::ports;
use super::report::Report;
use super::signals;
use super::text::shown;
use super::validation;
use super::word::{Expander, with_variables, without_variables};

/// Which values to look at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Values {
    /// Those without a variable.
    Literal,
    /// Those with one.
    Variable,
}

impl Values {
    fn include(self, text: &[u8]) -> bool {
        text.contains(&b'$') == (self == Values::Variable)
    }

    /// The flags of this name that are to be looked at.
    fn flags<'i, 's>(
        self,
        instruction: &'i Instruction<'s>,
        name: &'i str,
    ) -> impl Iterator<Item = &'i Flag<'s>> {
        let included = move |flag: &&Flag| flag.value().is_some_and(|value| self.include(value));
        instruction.flags_named(name).filter(included)
    }
}

/// Checks what has no variable in it.
pub(super) fn check_literal(instruction: &Instruction, escape: u8, report: &mut Report) {
    for fault in check(instruction, Values::Literal, &mut without_variables(escape)) {
        report.error(fault.span, fault.message, fault.help);
    }
}

impl Evaluator<'_, '_> {
    /// Checks what has variables in it, and what depends on the instructions before.
    pub(super) fn values(&mut self, instruction: &Instruction, environment: &Environment) {
        if self.options.builder == Builder::Classic {
            return;
        }
        // What an `ONBUILD` triggers has only been warned about.
        if self.is_trigger(instruction) {
            validation::check(instruction, &mut self.report);
            check_literal(instruction, self.file.escape, &mut self.report);
        }
        let mut expander = with_variables(self.file.escape, environment, &mut self.budget);
        let mut faults = check(instruction, Values::Variable, &mut expander);
        if instruction.keyword == Keyword::Run {
            for flag in instruction.flags_named("mount") {
                let (mount, _) = Mount::read(flag, &mut expander);
                faults.extend(mount.misplaced(flag, environment.workdir()));
            }
        }
        drop(expander);
        for fault in faults {
            self.report.error(fault.span, fault.message, fault.help);
        }
    }

    /// Whether an instruction is that of an `ONBUILD`.
    fn is_trigger(&self, instruction: &Instruction) -> bool {
        let start = instruction.keyword_span.start;
        let found = self.file.instructions.binary_search_by_key(&start, |other| other.keyword_span.start);
        found.is_err()
    }
}

/// Checks an instruction. The places of the faults are in the file.
fn check(instruction: &Instruction, values: Values, expander: &mut Expander) -> Vec<Fault> {
    let mut faults = Vec::new();
    match instruction.keyword {
        Keyword::Run => {
            for flag in values.flags(instruction, "mount") {
                faults.append(&mut Mount::read(flag, expander).1);
            }
        }
        Keyword::Add | Keyword::Copy => {
            for flag in ["chmod", "chown", "checksum"].iter().flat_map(|name| values.flags(instruction, name))
            {
                faults.extend(copy_flag(instruction, flag, expander));
            }
            if instruction.keyword == Keyword::Copy {
                let sources = own_sources(instruction).filter(|source| values.include(&source.text));
                faults.extend(sources.filter_map(|source| remote_copy(source, expander)));
            }
        }
        Keyword::Expose => {
            for port in instruction.args.iter().filter(|port| values.include(&port.text)) {
                faults.extend(expose(port, expander));
            }
        }
        Keyword::Stopsignal => {
            let signal = instruction.args.first().filter(|signal| values.include(&signal.text));
            faults.extend(signal.and_then(|signal| stop_signal(signal, expander)));
        }
        Keyword::Volume => {
            for volume in instruction.args.iter().filter(|volume| values.include(&volume.text)) {
                // One that is blank as it is written has been reported.
                let is_empty = matches!(expander(&volume.text), Ok(Some(path)) if path.is_empty());
                if is_empty && !volume.text.trim_ascii().is_empty() {
                    let message = "VOLUME specified can not be an empty string";
                    faults.push(Fault::new(
                        volume.span.clone(),
                        message,
                        "write a path, or give the variable a value",
                    ));
                }
            }
        }
        _ => {}
    }
    faults
}

/// `--chmod`, `--chown` or `--checksum`.
fn copy_flag(instruction: &Instruction, flag: &Flag, expander: &mut Expander) -> Option<Fault> {
    let written = flag.value()?;
    let span = flag.value_part(0..written.len());
    let value = match expander(written) {
        Ok(value) => value?,
        Err(fault) => return Some(Fault { span, ..fault }),
    };
    if value.is_empty() {
        return None;
    }
    match flag.name() {
        b"chmod" => {
            let message = chmod_fault(&value, &shown(written))?;
            Some(Fault::new(span, message, "write octal digits, as 755, or letters, as u+x"))
        }
        b"checksum" => {
            let mut sources = own_sources(instruction);
            let (Some(source), None) = (sources.next(), sources.next()) else {
                let message = "checksum can't be specified for multiple sources";
                return Some(Fault::new(span, message, "write an ADD with --checksum for each source"));
            };
            match remote(&expander(&source.text).ok()??) {
                None => {
                    let message = "checksum requires HTTP(S) or Git sources";
                    Some(Fault::new(
                        span,
                        message,
                        "leave it out: BuildKit has its own checksums of local files",
                    ))
                }
                Some(Remote::Http) => {
                    let help = "write sha256: and the 64 lower-case hexadecimal digits that sha256sum prints";
                    Some(Fault::new(span, digest_fault(&value)?, help))
                }
                Some(Remote::Git) => None,
            }
        }
        _ => None,
    }
}

/// The sources that are no heredocs.
fn own_sources<'i, 's>(instruction: &'i Instruction<'s>) -> impl Iterator<Item = &'i Arg<'s>> {
    instruction.sources().iter().filter(|source| !instruction.is_heredoc(source))
}

/// A source that only `ADD` takes.
fn remote_copy(source: &Arg, expander: &mut Expander) -> Option<Fault> {
    // What cannot be expanded is reported with the other words.
    let value = expander(&source.text).ok()??;
    let what = match remote(&value)? {
        Remote::Http => "a URL",
        // `COPY` takes it for a folder.
        Remote::Git if value.starts_with(b"github.com/") => return None,
        Remote::Git => "a git ref",
    };
    Some(Fault::new(source.span.clone(), format!("source can't be {what} for COPY"), "use ADD instead"))
}

fn expose(port: &Arg, expander: &mut Expander) -> Option<Fault> {
    let value = match expander(&port.text) {
        Ok(value) => String::from_utf8_lossy(&value?).into_owned(),
        Err(fault) => return Some(Fault { span: port.span.clone(), ..fault }),
    };
    let is_literal = !port.text.contains(&b'$');
    // A variable may hold several ports, unless it is in quotes.
    let has_quotes = port.text.iter().any(|b| matches!(b, b'"' | b'\''));
    let words: Vec<&str> = match has_quotes && !value.is_empty() {
        true => vec![&*value],
        false => value.split_whitespace().collect(),
    };
    let (message, part, help) = words.into_iter().find_map(ports::fault)?;
    let written = shown(&port.text);
    let part = if is_literal { shown(part.as_bytes()) } else { written.clone() };
    let message = match message {
        "no port specified" => format!("invalid port: \"{written}\": {message}"),
        "invalid proto" => format!("invalid port: \"{written}\": {message}: {part}"),
        _ => format!("{message}: {part}"),
    };
    Some(Fault::new(port.span.clone(), message, help))
}

fn stop_signal(signal: &Arg, expander: &mut Expander) -> Option<Fault> {
    // What cannot be expanded is reported with the other words.
    let value = expander(&signal.text).ok()??;
    let name = String::from_utf8_lossy(&value);
    let written = shown(&signal.text);
    let help = signals::help(if signal.text.contains(&b'$') { "" } else { &name });
    let message = format!("invalid signal: {written}");
    (!signals::is_signal(&name)).then(|| Fault::new(signal.span.clone(), message, help))
}
