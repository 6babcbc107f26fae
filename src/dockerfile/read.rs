//! From bytes to instructions, line by line: comments and directives, continuations, heredocs.
//!
//! Every line is read once. Whatever is wrong is reported, and reading goes on.

use std::borrow::Cow;
use std::sync::Arc;

use super::args::Args;
use super::directive::{self, Directive};
use super::fault::Fault;
use super::heredoc::{self, Opener};
use super::instruction::{Form, Heredoc, Instruction};
use super::keyword::Keyword;
use super::line::{self, Joined, LONGEST_LINE, LineKind, LineReader};
use super::report::Report;
use super::split::split;
use super::text::{self, shown};
use super::validation;
use super::values;
use crate::diagnostic::RuleName;
use crate::nearest::did_you_mean;
use crate::source::{Source, Span};

/// The state of reading a file, and the result.
pub(super) struct Reading<'s> {
    bytes: &'s [u8],
    pub reader: LineReader<'s>,
    pub escape: u8,
    pub directives: Vec<Directive>,
    pub instructions: Vec<Instruction<'s>>,
    pub report: Report<'s>,
    /// Whether directives may still follow.
    head: bool,
    /// Where the first instruction is that could not be parsed.
    pub unreadable: Option<usize>,
}

impl<'s> Reading<'s> {
    pub fn of(source: &'s Arc<Source>) -> Self {
        let bytes = source.bytes();
        let mut reading = Reading {
            bytes,
            reader: LineReader::new(bytes),
            escape: b'\\',
            directives: Vec::new(),
            instructions: Vec::new(),
            report: Report::new(source),
            head: true,
            unreadable: None,
        };
        while let Some(line) = reading.next() {
            reading.line(text::trim_start(bytes, line));
        }
        if reading.instructions.is_empty() && reading.unreadable.is_none() {
            reading.report.error(0..0, "file with no instructions", "a Dockerfile needs at least a FROM");
        }
        reading
    }

    fn next(&mut self) -> Option<Span> {
        let line = self.reader.next()?;
        if self.reader.too_long() {
            let message = format!("dockerfile line greater than max allowed size of {LONGEST_LINE}");
            let help = "break the line with the escape character at its end";
            self.report.error(line.start..line.start + 1, message, help);
        }
        Some(line)
    }

    /// A line outside of instructions, without white space at its start.
    fn line(&mut self, line: Span) {
        let head = std::mem::replace(&mut self.head, false);
        if line.is_empty() {
            return;
        }
        if self.bytes[line.start] != b'#' {
            return self.instruction(line);
        }
        self.reader.mark(LineKind::Comment);
        if let Some(directive) = directive::in_line(self.bytes, line, b"#").filter(|_| head) {
            self.reader.mark(LineKind::Directive);
            self.head = true;
            self.directive(directive);
        }
    }

    fn directive(&mut self, directive: Directive) {
        if self.directives.iter().any(|other| other.key == directive.key) {
            let message = format!("only one {} parser directive can be used", directive.key);
            self.report.error(directive.span.clone(), message, "remove one of the two");
        } else if directive.key == "escape" {
            match &self.bytes[directive.value.clone()] {
                b"\\" => self.escape = b'\\',
                b"`" => self.escape = b'`',
                value => {
                    let message = format!("invalid escape token `{}`", shown(value));
                    let help = "the escape character is a backslash or a backtick";
                    self.report.error(directive.value.clone(), message, help);
                }
            }
        }
        self.directives.push(directive);
    }

    /// An instruction whose first line is `line`, with all the lines that belong to it.
    fn instruction(&mut self, line: Span) {
        self.reader.mark(LineKind::Instruction);
        let first_line = self.reader.number();
        let (start, mut end) = (line.start, line.end);
        let mut continued = line::continuation(self.bytes, line.clone(), self.escape);
        let mut joined = Joined::new(self.bytes, line.start..continued.unwrap_or(line.end));
        let mut blank = None;
        while continued.is_some() {
            let Some(line) = self.next() else { break };
            end = line.end;
            if line::is_comment(self.bytes, line.clone()) {
                self.reader.mark(LineKind::Comment);
                continue;
            }
            if text::trim_start(self.bytes, line.clone()).is_empty() {
                blank.get_or_insert(line);
                continue;
            }
            self.reader.mark(LineKind::Continuation);
            continued = line::continuation(self.bytes, line.clone(), self.escape);
            joined.push(line.start..continued.unwrap_or(line.end));
        }
        if let Some(blank) = blank {
            let message = "an empty line inside an instruction";
            let help = "it becomes an error in a later version of BuildKit: remove it, or put a # in it";
            // BuildKit reports it on the last line of the instruction.
            self.report.warning_of(RuleName::EmptyContinuation, blank.start..end, message, help);
        }
        let whole = 0..joined.text().len();
        let Some(mut instruction) = self.parse(&joined, whole, false) else {
            self.unreadable.get_or_insert(start);
            return;
        };
        if let Some(last) = self.heredocs(&joined, &mut instruction) {
            end = last;
        }
        instruction.lines = first_line..=self.reader.number();
        instruction.span = start..end;
        self.check(&instruction);
        if let Some(trigger) = &mut instruction.onbuild {
            trigger.lines = instruction.lines.clone();
            self.report.in_trigger = true;
            self.check(trigger);
            self.report.in_trigger = false;
        }
        self.instructions.push(instruction);
    }

    fn check(&mut self, instruction: &Instruction) {
        validation::check(instruction, &mut self.report);
        values::check_literal(instruction, self.escape, &mut self.report);
    }

    fn fault(&mut self, joined: &Joined, fault: Fault) {
        self.report.error(joined.span(fault.span), fault.message, fault.help);
    }

    /// One instruction out of a part of a joined line.
    fn parse(&mut self, joined: &Joined<'s>, part: Span, trigger: bool) -> Option<Instruction<'s>> {
        let part_end = text::trim(joined.text(), part.clone()).end;
        let (name, flags, rest) = split(joined, part);
        let keyword_span = joined.span(name.clone());
        let Some(keyword) = Keyword::of(&joined.text()[name.clone()]) else {
            self.unknown(joined, name, trigger);
            return None;
        };
        if trigger && matches!(keyword, Keyword::Onbuild | Keyword::From | Keyword::Maintainer) {
            let message = match keyword {
                Keyword::Onbuild => "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".to_owned(),
                _ => format!("{} isn't allowed as an ONBUILD trigger", keyword.name()),
            };
            self.report.error(keyword_span, message, "use another instruction as the trigger");
            return None;
        }
        let reader = Args { joined, escape: self.escape };
        let read = reader.read(keyword, rest.clone());
        let (args, form) = read.map_err(|fault| self.fault(joined, fault)).ok()?;
        let span = keyword_span.start..joined.span(part_end..part_end).end;
        let mut instruction = Instruction {
            keyword,
            keyword_span,
            span,
            lines: 0..=0,
            flags,
            args,
            form,
            heredocs: Vec::new(),
            onbuild: None,
        };
        // A trigger is never an ONBUILD, so this goes one level down and no further.
        if keyword == Keyword::Onbuild && !rest.is_empty() {
            match self.parse(joined, rest.clone(), true) {
                Some(trigger) => instruction.onbuild = Some(Box::new(trigger)),
                None => {
                    let text = joined.part(rest.clone());
                    instruction.args.push(super::Arg { text, span: joined.span(rest) });
                    instruction.form = Form::Text;
                }
            }
        }
        Some(instruction)
    }

    fn unknown(&mut self, joined: &Joined, name: Span, trigger: bool) {
        let text = &joined.text()[name.clone()];
        let message = format!("unknown instruction: {}", shown(text));
        let near = match self.report.diagnostics.omitted() {
            0 => did_you_mean(&String::from_utf8_lossy(text), Keyword::all().map(Keyword::name)),
            // The message is not shown.
            _ => None,
        };
        let help = near.unwrap_or_else(|| match text.is_empty() {
            true => "the line before is continued, but nothing follows".to_owned(),
            false => "if it continues the line above, end that line with the escape character".to_owned(),
        });
        // BuildKit only looks at a trigger when a build from the image runs it.
        self.report.in_trigger = trigger;
        self.report.error(joined.span(name), message, help);
        self.report.in_trigger = false;
    }

    /// Reads the heredocs that an instruction opens. Gives the end of the last line read.
    fn heredocs(&mut self, joined: &Joined<'s>, instruction: &mut Instruction<'s>) -> Option<usize> {
        let owner = instruction.onbuild.as_deref().unwrap_or(instruction);
        if !owner.keyword.takes_heredocs() || owner.form == Form::Json {
            return None;
        }
        let openers = heredoc::openers(joined.text());
        let openers = openers.map_err(|fault| self.fault(joined, fault)).ok()?;
        let mut end = None;
        for opener in openers {
            let (heredoc, last) = self.heredoc(joined, opener);
            instruction.heredocs.push(heredoc);
            end = Some(last);
        }
        end
    }

    /// The lines of one heredoc, from here to the line that ends it.
    fn heredoc(&mut self, joined: &Joined<'s>, opener: Opener) -> (Heredoc<'s>, usize) {
        let start = self.reader.at;
        let span = joined.span(opener.span.clone());
        let mut end = start..start;
        let mut indented = None;
        let mut terminated = false;
        let mut last = start;
        while let Some(line) = self.next() {
            last = line.end;
            self.reader.mark(LineKind::Heredoc);
            let tabs = self.bytes[line.clone()].iter().take_while(|&&b| opener.chomp && b == b'\t').count();
            if self.bytes[line.start + tabs..line.end] == opener.name[..] {
                self.reader.mark(LineKind::HeredocEnd);
                end = line;
                terminated = true;
                break;
            }
            end = line.end..line.end;
            if indented.is_none() && self.bytes[text::trim(self.bytes, line)] == opener.name[..] {
                indented = Some(self.reader.number());
            }
        }
        if !terminated {
            let name = shown(&opener.name);
            let help = match indented {
                Some(line) => format!("line {line} has white space around `{name}`: remove it"),
                None => format!("add a line with nothing but `{name}`"),
            };
            self.report.error(span.clone(), "unterminated heredoc", help);
        }
        let name = match joined.text()[opener.span].ends_with(&opener.name) {
            // The name is the end of the word, as it is written there.
            true if span.end >= opener.name.len() && self.bytes[..span.end].ends_with(&opener.name) => {
                Cow::Borrowed(&self.bytes[span.end - opener.name.len()..span.end])
            }
            _ => Cow::Owned(opener.name),
        };
        let content = start..if terminated { self.reader.line_start() } else { last };
        let heredoc = Heredoc {
            name,
            span,
            content,
            end,
            expand: opener.expand,
            chomp: opener.chomp,
            descriptor: opener.descriptor,
        };
        (heredoc, last)
    }
}
