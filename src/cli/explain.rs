//! `dtpl explain`: the Dockerfile of one device, instruction by instruction.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::args::{Explain, ExplainFormat};
use super::single::{Flags, Single};
use super::{Context, Status, output, usage};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::dockerfile::{Dockerfile, Instruction};
use crate::error::Error;
use crate::escape::escaped;
use crate::explain::page::{self, Entry, Scope};
use crate::explain::text::{self, Layout};
use crate::explain::{self, Explained, Subject, quoted};
use crate::fs::{self, Limit};
use crate::render::{Rendering, Template};
use crate::source::Source;

/// The object of `--format json`, its fields in the order of the design.
#[derive(Serialize)]
struct ExplanationJson<'o> {
    source: &'o str,
    device: Option<&'o str>,
    escape: char,
    instructions: Vec<InstructionJson<'o>>,
}

#[derive(Serialize)]
struct InstructionJson<'o> {
    keyword: &'o str,
    /// Of an instruction that a Tera template includes, the file that its lines are counted in.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'o str>,
    start_line: usize,
    end_line: usize,
    flags: Vec<&'o str>,
    args: Vec<&'o str>,
    heredocs: Vec<HeredocJson<'o>>,
    stage: Option<usize>,
    text: String,
}

/// A heredoc as the parser has it: the content still has the tabs that `<<-` drops.
#[derive(Serialize)]
struct HeredocJson<'o> {
    name: &'o str,
    file_descriptor: u64,
    expand: bool,
    chomp: bool,
    content: &'o str,
}

pub fn run(command: &Explain, context: &mut Context) -> anyhow::Result<Status> {
    if command.template.is_some() && command.format == ExplainFormat::Json {
        let place = Place::Flag("--template");
        let fault = Diagnostic::error(place, "a page template makes no JSON");
        return Err(usage(fault.help("leave --format out, or --template")));
    }
    let registry = command.target.definitions.registry.registry()?;
    let output = command.output.as_deref().filter(|path| *path != Path::new("-"));
    let flags = Flags {
        path: &command.path,
        target: &command.target,
        file: command.file.as_deref(),
        bounds: &command.bounds,
        output,
    };
    let mut notes = Diagnostics::new();
    let single = flags.open(&registry, &mut notes, context)?;
    let found = single.service.template(&single.subject)?;
    refuse_page_template(output, command)?;
    let page_template = page_template(command)?;
    let rendering = single.render(&found, &flags, &mut notes, context)?;
    let source = rendering.to_source();
    let (mut file, faults) = Dockerfile::read(&source);
    let redaction = single.service.redaction(&rendering);
    for fault in faults.iter() {
        notes.push(|| rendering.diagnostic_in_template(fault.clone(), &source, &redaction));
    }
    notes.omit(faults.omitted());
    command.bounds.limits().check(&mut notes).map_err(Error::Input)?;
    file.count_lines_of(&source);
    let args = single.service.build_args();
    let named = single.subject.name();
    let subject = Subject { name: named, arch: single.subject.arch, registry: &registry, args: &args };
    let explained = explain::explain(&file, &placeholders(rendering.template()), &subject);
    let choice = &found.choice;
    let fleet = command.target.fleet.as_deref();
    let scope = || scope(&single, fleet, &choice.path, &file, &explained);

    let mut page = Vec::new();
    match (&page_template, command.format) {
        (Some(own), _) => page = page::from_template(own, &scope()).map_err(Error::Input)?,
        (None, ExplainFormat::Markdown) => explain::markdown(&scope(), &mut page)?,
        (None, ExplainFormat::Json) => {
            let object = object(&file, &explained, single.subject.slug, &choice.path, &rendering)?;
            page = crate::json::to_text(&object, true)?.into_bytes();
        }
        (None, ExplainFormat::Text) => {
            let color = context.color && context.streams.stdout_is_terminal && output.is_none();
            let strong = if color { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
            let layout = Layout { width: command.width.into(), strong };
            writeln!(page, "{}", escaped(&headline(&choice.path, &single.subject)))?;
            for one in &explained {
                writeln!(page)?;
                text::write(one, layout, &mut page)?;
            }
        }
    }
    context.warn(&notes);
    match output {
        Some(path) => output::to_file(context, path, &|out| out.write_all(&page))?,
        None => output::to_stdout(context, |out| out.write_all(&page))?,
    }
    Ok(Status::Done)
}

/// The page must not take the place of its template.
fn refuse_page_template(output: Option<&Path>, command: &Explain) -> anyhow::Result<()> {
    match (output, &command.template) {
        (Some(output), Some(template)) if fs::is_same_file(output, template) => {
            let place = Place::File(output.to_string_lossy().into_owned());
            let fault = Diagnostic::error(place, "the output is the page template itself");
            Err(usage(fault.help("name another file with --output")))
        }
        _ => Ok(()),
    }
}

/// The page template of the user's own, which may not be what else is read from stdin.
fn page_template(command: &Explain) -> anyhow::Result<Option<Arc<Source>>> {
    let Some(path) = &command.template else { return Ok(None) };
    if path == Path::new("-") {
        let place = Place::Flag("--template");
        return Err(usage(Diagnostic::error(place, "a page template is a file").help("name the file")));
    }
    let limit = Limit { bytes: command.bounds.max_template_bytes, flag: "--max-template-bytes" };
    Ok(Some(Arc::new(fs::read(path, limit)?)))
}

/// `Dockerfile.template for raspberrypi3 (Raspberry Pi 3, linux/arm/v7)`
fn headline(source: &str, subject: &crate::subject::Subject) -> String {
    let name = subject.device.map(|device| &*device.name);
    let more: Vec<&str> = name.into_iter().chain(subject.platform()).collect();
    format!("{source} for {} ({})", subject.name(), more.join(", "))
}

/// The placeholders of a template, each with its line.
fn placeholders(template: &Template) -> Vec<(usize, &str)> {
    let line = |at| template.source().position(at).line;
    template.placeholders().iter().map(|&one| (line(template.span(one).start), template.name(one))).collect()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn scope<'s>(
    single: &'s Single,
    fleet: Option<&'s str>,
    source: &'s str,
    file: &'s Dockerfile,
    explained: &'s [Explained],
) -> Scope<'s> {
    let entries = file.instructions.iter().zip(explained).map(|(instruction, explained)| Entry {
        explained,
        flags: instruction.flags.iter().map(|flag| lossy(&flag.text)).collect(),
        args: instruction.buildkit_args().into_iter().map(lossy).collect(),
        text: explained.text(),
        fence: fence(&explained.code),
    });
    let subject = &single.subject;
    let device_name = subject.device.map(|device| &*device.name);
    let title = device_name.unwrap_or(subject.name());
    Scope {
        device: subject.slug,
        device_name,
        arch: subject.arch_slug(),
        platform: subject.platform(),
        fleet,
        service: &single.service.name,
        source,
        source_quoted: quoted(source.as_bytes()),
        title: quoted(title.as_bytes()).trim_matches('`').to_owned(),
        instructions: entries.collect(),
    }
}

/// Backticks that no line of the code has as many of.
fn fence(code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

fn object<'o>(
    file: &'o Dockerfile,
    explained: &'o [Explained],
    device: Option<&'o str>,
    source: &'o str,
    rendering: &Rendering,
) -> anyhow::Result<ExplanationJson<'o>> {
    rendering.check_utf8(file.source.bytes()).map_err(Error::input)?;
    let all = file.instructions.iter().zip(explained);
    let instructions = all.map(|(instruction, explained)| node(file, instruction, explained)).collect();
    Ok(ExplanationJson { source, device, escape: char::from(file.escape), instructions })
}

/// Text of a file that is UTF-8 as a whole.
fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn node<'o>(
    file: &'o Dockerfile,
    instruction: &'o Instruction,
    explained: &'o Explained,
) -> InstructionJson<'o> {
    let heredocs = instruction.heredocs.iter().map(|heredoc| HeredocJson {
        name: utf8(&heredoc.name),
        file_descriptor: heredoc.descriptor.unwrap_or(0),
        expand: heredoc.expand,
        chomp: heredoc.chomp,
        content: utf8(file.bytes(&heredoc.content)),
    });
    InstructionJson {
        keyword: &explained.keyword,
        file: explained.file.as_deref(),
        start_line: explained.start_line,
        end_line: explained.end_line,
        flags: instruction.flags.iter().map(|flag| utf8(&flag.text)).collect(),
        args: instruction.buildkit_args().into_iter().map(utf8).collect(),
        heredocs: heredocs.collect(),
        stage: explained.stage,
        text: explained.text(),
    }
}
