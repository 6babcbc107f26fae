//! `dtpl explain`: the Dockerfile of one device, instruction by instruction.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::args::{ExplainArgs, ExplainFormat};
use super::single::Single;
use super::{CommandStatus, Session, flags, output, usage};
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::dockerfile::{BuildOptions, Dockerfile, Instruction};
use crate::error::Error;
use crate::escape::escaped;
use crate::explain::page::{self, PageEntry, PageScope};
use crate::explain::{self, Explained, Layout, Request, quoted};
use crate::fs::{self, Limit};
use crate::image::Reference;
use crate::render::Template;
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

pub fn run(command: &ExplainArgs, session: &mut Session) -> anyhow::Result<CommandStatus> {
    if command.template.is_some() && command.format == ExplainFormat::Json {
        let message = "a page template makes no JSON";
        return Err(usage(Place::Flag("--template"), message, "leave --format out, or --template"));
    }
    let registry = command.single.target.definitions.registry.registry()?;
    let output = output::file(&command.single.output);
    flags::refuse_two_templates_on_stdin(&command.paths)?;
    let devices = command.single.target.devices(&registry, session)?;
    // Without a name it is the device of the fleet, or an arch alone.
    let names: Vec<Option<&str>> = match devices.is_empty() {
        true => vec![None],
        false => devices.iter().map(|name| Some(name.as_str())).collect(),
    };
    let several = command.paths.len() * names.len() > 1;
    let page_template = page_template(command, output)?;
    if several && page_template.is_some() {
        let message = "a page template makes one page";
        let help = "give one device type and one PATH";
        return Err(usage(Place::Flag("--template"), message, help));
    }
    let (mut notes, mut faults) = (Diagnostics::new(), Diagnostics::new());
    let mut pages = Vec::new();
    for path in &command.paths {
        // What comes from standard input is read once.
        let shared = if path == Path::new("-") { &names[..1] } else { &names[..] };
        if shared.len() < names.len() {
            let message = "a template on standard input is explained for one device type";
            return Err(usage(session.place_of("--device"), message, "put the template into a file"));
        }
        for name in shared {
            let what = (path.as_path(), *name);
            match page(command, what, &registry, page_template.as_ref(), several, &mut notes, session) {
                Ok(page) => pages.push(page),
                // The other ones may have faults too.
                Err(error) => faults.append(flags::into_input(error)?),
            }
        }
    }
    if !faults.is_empty() {
        return Err(Error::Input(faults).into());
    }
    session.warn(&notes);
    let text = joined(command.format, pages, several);
    output::deliver(session, output, None, &|out| out.write_all(&text))
}

/// The pages of several devices one after the other; of JSON, an array of their objects.
fn joined(format: ExplainFormat, pages: Vec<Vec<u8>>, several: bool) -> Vec<u8> {
    let trimmed = pages.iter().map(|page| page.trim_ascii_end());
    match format {
        _ if !several => pages.concat(),
        ExplainFormat::Json => {
            let objects: Vec<&[u8]> = trimmed.collect();
            [b"[\n", &objects.join(&b",\n"[..])[..], b"\n]\n"].concat()
        }
        ExplainFormat::Text | ExplainFormat::Markdown => {
            let pages: Vec<&[u8]> = trimmed.collect();
            [&pages.join(&b"\n\n"[..])[..], b"\n"].concat()
        }
    }
}

/// The explanation for one device. Warnings go into `notes`.
fn page(
    command: &ExplainArgs,
    what: (&Path, Option<&str>),
    registry: &Registry,
    page_template: Option<&Arc<Source>>,
    several: bool,
    notes: &mut Diagnostics,
    session: &mut Session,
) -> anyhow::Result<Vec<u8>> {
    let output = output::file(&command.single.output);
    let mut own_notes = Diagnostics::new();
    let mut single = command.single.open(what, &command.bounds, registry, &mut own_notes, session)?;
    command.builder.build.apply(&mut single.service);
    let found = single.service.template(&single.subject)?;
    let rendering = single.render(&found, &mut own_notes, session)?;
    let source = rendering.to_source();
    let (mut file, faults) = Dockerfile::read(&source);
    let args = single.service.build_args();
    let build = BuildOptions {
        platform: None,
        build_platform: command.builder.build_platform.as_deref(),
        args: &args,
        target: single.service.build.target.as_deref(),
        contexts: single.service.named_contexts(),
        builder: single.builder,
    };
    let ends = file.evaluate(&BuildOptions { platform: single.subject.platform(), ..build }).faults;
    let redaction = single.service.redaction(&rendering);
    for fault in faults.iter().chain(ends.iter()) {
        own_notes.push(|| rendering.diagnostic_in_template(fault.clone(), &source, &redaction));
    }
    own_notes.omit(faults.omitted() + ends.omitted());
    command.bounds.limits().check(&mut own_notes).map_err(Error::Input)?;
    file.count_lines_of(&source);
    if let Some(file) = single.shown_by {
        let said = Diagnostic::info(Place::File(file.to_owned()), "explained for balena, as this is there");
        own_notes.push(|| said.help("--compat docker explains it for Docker"));
    }
    let target = &command.single.target;
    let (fleets, limit) = (target.fleets.as_deref(), target.definitions.registry.limit());
    let mut images = command.catalogue.open(Some(what.0), what.0, fleets, registry, limit, session)?;
    let used = file.evaluate(&BuildOptions { platform: single.subject.platform(), ..build }).images;
    let used = used.iter().filter_map(|image| Reference::parse(&image.name).ok());
    let redact = |_: &Reference, note| redaction.diagnostic(note);
    images.ask(used, &redact, &command.catalogue, limit, &mut own_notes, session)?;
    let catalogue = images.catalogue(registry);
    let request = Request { subject: single.subject, catalogue, build };
    let explained = explain::explain(&file, &placeholders(rendering.template()), &request);
    let choice = &found.choice;
    let scope = || scope(&single, &choice.path, &file, &explained);

    let mut page = Vec::new();
    match (page_template, command.format) {
        (Some(own), _) => page = page::from_template(own, &scope()).map_err(Error::Input)?,
        (None, ExplainFormat::Markdown) => explain::markdown(&scope(), &mut page)?,
        (None, ExplainFormat::Json) => {
            rendering.check_utf8(source.bytes()).map_err(Error::input)?;
            let nodes = file.instructions.iter().zip(&explained);
            let object = ExplanationJson {
                source: &choice.path,
                device: single.subject.slug,
                escape: char::from(file.escape),
                instructions: nodes
                    .map(|(instruction, explained)| node(&file, instruction, explained))
                    .collect(),
            };
            page = crate::json::to_text(&object, true)?.into_bytes();
        }
        (None, ExplainFormat::Text) => {
            let color = session.color_results && output.is_none();
            let strong = if color { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
            let layout = Layout { width: command.width.into(), strong };
            writeln!(page, "{}", escaped(&headline(&choice.path, &single.subject)))?;
            for instruction in &explained {
                writeln!(page)?;
                explain::write_text(instruction, layout, &mut page)?;
            }
        }
    }
    // The same file may say the same for several devices.
    for note in own_notes.iter() {
        if !several || !is_noted(notes, note) {
            notes.push_warning(|| note.clone());
        }
    }
    notes.omit(own_notes.omitted());
    Ok(page)
}

/// Whether something is said already.
fn is_noted(notes: &Diagnostics, note: &Diagnostic) -> bool {
    notes
        .iter()
        .any(|known| known.message == note.message && known.place.to_string() == note.place.to_string())
}

/// The user's own page template: not stdin, which has other uses, nor the file that the page goes to.
fn page_template(command: &ExplainArgs, output: Option<&Path>) -> anyhow::Result<Option<Arc<Source>>> {
    let Some(path) = &command.template else { return Ok(None) };
    if let Some(output) = output.filter(|output| fs::is_same_file(output, path)) {
        let place = Place::of_path(output);
        let message = "the output is the page template itself";
        return Err(usage(place, message, "name another file with --output"));
    }
    if path == Path::new("-") {
        return Err(usage(Place::Flag("--template"), "a page template is a file", "name the file"));
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
    template
        .placeholders()
        .iter()
        .map(|&found| (line(template.span(found).start), template.name(found)))
        .collect()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn scope<'s>(
    single: &'s Single,
    source: &'s str,
    file: &'s Dockerfile,
    explained: &'s [Explained],
) -> PageScope<'s> {
    let entries = file.instructions.iter().zip(explained).map(|(instruction, explained)| PageEntry {
        explained,
        flags: instruction.flags.iter().map(|flag| lossy(&flag.text)).collect(),
        args: instruction.buildkit_args().into_iter().map(lossy).collect(),
        text: explained.text(),
        fence: fence(&explained.code),
    });
    let subject = &single.subject;
    let device_name = subject.device.map(|device| &*device.name);
    let title = device_name.unwrap_or(subject.name());
    PageScope {
        device: subject.slug,
        device_name,
        arch: subject.arch_slug(),
        platform: subject.platform(),
        fleet: single.fleet.as_deref(),
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
