//! `dtpl explain`: the Dockerfile of one device, instruction by instruction.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::args::{Explain, ExplainFormat};
use super::one::{self, Asked, Found};
use super::target::{self, Device};
use super::{Context, Status, output, usage};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::dockerfile::{Dockerfile, Instruction};
use crate::error::Error;
use crate::escape::escaped;
use crate::explain::page::{self, Entry, Scope};
use crate::explain::text::{self, Layout};
use crate::explain::{self, Explained, Subject, quoted};
use crate::fs::{self, Limit};
use crate::render::{Origin, Rendered, Template, Variable};
use crate::source::Source;

/// The object of `--format json`, its fields in the order of the design.
#[derive(Serialize)]
struct Object<'o> {
    source: &'o str,
    device: Option<&'o str>,
    escape: char,
    instructions: Vec<Node<'o>>,
}

#[derive(Serialize)]
struct Node<'o> {
    keyword: &'o str,
    /// Of an instruction that a Tera template includes, the file that its lines are counted in.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'o str>,
    start_line: usize,
    end_line: usize,
    flags: Vec<&'o str>,
    args: Vec<&'o str>,
    heredocs: Vec<Heredoc<'o>>,
    stage: Option<usize>,
    text: String,
}

/// A heredoc as the parser has it: the content still has the tabs that `<<-` drops.
#[derive(Serialize)]
struct Heredoc<'o> {
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
    let registry = target::registry(&command.target.definitions.registry)?;
    let output = command.output.as_deref().filter(|path| *path != Path::new("-"));
    let asked = Asked {
        path: &command.path,
        target: &command.target,
        file: command.file.as_deref(),
        bounds: &command.bounds,
        output,
    };
    let Found { mut notes, mut input, device, variables } = one::find(&asked, &registry, context)?;
    one::refuse_own_source(&asked, input.source.name())?;
    refuse_page_template(output, command)?;
    let page_template = page_template(command)?;
    let (template, given) =
        one::template(&mut input, &variables, &command.bounds, &mut notes, context, &device)?;
    one::refuse_parts(&asked, &template)?;
    let choice = input.choice;
    let rendered = one::rendered(&template, &variables, &command.bounds, &mut notes)?;
    // Messages call it by the name of the template, whose lines are the same.
    // What a Tera template became is there already, and knows where its lines came from.
    let source = match template.source().is_made() {
        true => Arc::clone(template.source()),
        false => Arc::new(Source::new(template.source().name(), rendered.to_bytes())),
    };
    let (mut file, said) = Dockerfile::read(&source);
    notes.append(in_template(said, &source, &rendered, &given));
    if notes.has_errors() {
        return Err(Error::Input(notes).into());
    }
    if command.bounds.strict && notes.has_warnings() {
        return Err(Error::Input(notes.into_errors()).into());
    }
    let named = device.slug.as_deref().or(device.arch.map(|arch| &*arch.slug)).unwrap_or_default();
    file.count_lines_of(&source);
    let subject = Subject { name: named, arch: device.arch, registry: &registry, args: &input.args };
    let explained = explain::explain(&file, &placeholders(&template), &subject);
    let scope = || scope(command, &device, &input.service, &choice.path, &file, &explained);

    let mut page = Vec::new();
    match (&page_template, command.format) {
        (Some(own), _) => page = page::own(own, &scope()).map_err(Error::Input)?,
        (None, ExplainFormat::Markdown) => explain::markdown(&scope(), &mut page)?,
        (None, ExplainFormat::Json) => {
            let object = object(&file, &explained, &device, &choice.path, &rendered)?;
            page = crate::json::to_text(&object, true)?.into_bytes();
        }
        (None, ExplainFormat::Text) => {
            let color = context.color && context.streams.stdout_is_terminal && output.is_none();
            let strong = if color { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
            let layout = Layout { width: command.width.into(), strong };
            writeln!(page, "{}", escaped(&headline(&choice.path, named, &device)))?;
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
fn headline(source: &str, named: &str, device: &Device) -> String {
    let name = device.known.map(|known| &*known.name);
    let platform = device.arch.map(|arch| &*arch.platform);
    let more: Vec<&str> = name.into_iter().chain(platform).collect();
    format!("{source} for {named} ({})", more.join(", "))
}

/// The placeholders of a template, each with its line.
fn placeholders(template: &Template) -> Vec<(usize, &str)> {
    let line = |at| template.source().position(at).line;
    template.placeholders().iter().map(|&one| (line(template.span(one).start), template.name(one))).collect()
}

/// What was said about the rendered file, said about its template. What a placeholder became is left
/// out of it: that may be a secret.
fn in_template(
    said: Diagnostics,
    source: &Arc<Source>,
    rendered: &Rendered,
    given: &[Variable],
) -> Diagnostics {
    let map = rendered.map();
    let template = rendered.template().source();
    let mut moved = Diagnostics::new();
    moved.omit(said.omitted());
    for diagnostic in said.iter() {
        let mut diagnostic = diagnostic.clone();
        if let Place::Text(of, span) = &diagnostic.place
            && Arc::ptr_eq(of, source)
        {
            let (start, end) = match (map.origin(span.start), map.origin(span.end.max(1) - 1)) {
                (Origin::Value { placeholder, .. }, Origin::Value { placeholder: last, .. }) => {
                    (placeholder.start, last.end)
                }
                (Origin::Value { placeholder, .. }, Origin::Template(last)) => (placeholder.start, last + 1),
                (Origin::Template(first), Origin::Value { placeholder, .. }) => (first, placeholder.end),
                (Origin::Template(first), Origin::Template(last)) => (first, last + 1),
            };
            let end = if span.is_empty() { start } else { end.max(start) };
            diagnostic.place = Place::Text(Arc::clone(template), start..end);
        }
        for text in std::iter::once(&mut diagnostic.message).chain(&mut diagnostic.help) {
            without_values(text, rendered, given);
        }
        moved.push(|| diagnostic);
    }
    moved
}

/// Characters of a piece of a value that are looked for: a shorter one is part of too many words.
const SHORTEST: usize = 4;
/// Messages show the start of a long text: so many characters of it are enough to know it by.
const START: usize = 12;

/// Takes out of a message what the user's own variables became: the whole, words of it, or the start.
fn without_values(message: &mut String, rendered: &Rendered, given: &[Variable]) {
    let of_placeholders = rendered.values().iter().filter(|variable| variable.origin().is_some());
    for variable in of_placeholders.copied().chain(given) {
        let value = String::from_utf8_lossy(variable.value());
        let name = format!("%%{}%%", variable.name());
        let words = value.split(|c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\''));
        for piece in std::iter::once(&*value).chain(words) {
            let shown = escaped(piece);
            let start: String = shown.chars().take(START).collect();
            if start.chars().count() < SHORTEST {
                continue;
            }
            // Names of stages are told in lower case.
            let find =
                |message: &str, what: &str| message.to_ascii_lowercase().find(&what.to_ascii_lowercase());
            let mut rounds = 0;
            while let Some(at) = find(message, &shown).filter(|_| rounds < 20) {
                message.replace_range(at..at + shown.len(), &name);
                rounds += 1;
            }
            if let Some(at) = find(message, &start).filter(|_| shown.len() > start.len() || rounds == 20) {
                message.truncate(at);
                message.push_str(&name);
            }
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn scope<'s>(
    command: &'s Explain,
    device: &'s Device,
    service: &'s str,
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
    let title = device.known.map(|known| &*known.name).or(device.slug.as_deref());
    let title = title.or(device.arch.map(|arch| &*arch.slug)).unwrap_or_default();
    Scope {
        device: device.slug.as_deref(),
        device_name: device.known.map(|known| &*known.name),
        arch: device.arch.map(|arch| &*arch.slug),
        platform: device.arch.map(|arch| &*arch.platform),
        fleet: command.target.fleet.as_deref(),
        service,
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
    device: &'o Device,
    source: &'o str,
    rendered: &Rendered,
) -> anyhow::Result<Object<'o>> {
    if let Err(error) = std::str::from_utf8(file.source.bytes()) {
        let template = rendered.template().source();
        let at = template.offset(rendered.map().position(error.valid_up_to()));
        let place = Place::Text(Arc::clone(template), at..at + 1);
        let fault = Diagnostic::error(place, "JSON cannot hold bytes that are not UTF-8");
        return Err(Error::input(fault.help("save the file as UTF-8, or leave --format json out")).into());
    }
    let all = file.instructions.iter().zip(explained);
    let instructions = all.map(|(instruction, explained)| node(file, instruction, explained)).collect();
    Ok(Object { source, device: device.slug.as_deref(), escape: char::from(file.escape), instructions })
}

/// Text of a file that is UTF-8 as a whole.
fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn node<'o>(file: &'o Dockerfile, instruction: &'o Instruction, explained: &'o Explained) -> Node<'o> {
    let heredocs = instruction.heredocs.iter().map(|heredoc| Heredoc {
        name: utf8(&heredoc.name),
        file_descriptor: heredoc.descriptor.unwrap_or(0),
        expand: heredoc.expand,
        chomp: heredoc.chomp,
        content: utf8(file.bytes(&heredoc.content)),
    });
    Node {
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
