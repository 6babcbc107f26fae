//! What is added to an archive after its entries: the resolved Dockerfiles, hard links to them, the end marker.

use std::collections::BTreeMap;
use std::sync::Arc;

use tar_core::HEADER_SIZE;

use super::context::ChosenDockerfile;
use super::fault;
use super::filter::Filter;
use super::links::Links;
use super::names::EntryNames;
use super::rebuild::{EntryChange, rebuilt};
use super::stream::Stream;
use super::{Request, Resolved, ResolvedDockerfile};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::pin::pin_build;
use crate::project::Build;
use crate::project::service::ONLY_SERVICE;
use crate::render::{Layers, Limits, Rendering, Template};
use crate::source::Source;

/// A Dockerfile whose template was read, for the services that have it.
struct Loaded {
    chosen: ChosenDockerfile,
    template: Template,
}

/// A Dockerfile for one service.
struct Rendered<'l> {
    chosen: &'l ChosenDockerfile,
    rendering: Rendering<'l>,
    /// The service, if the archive has several.
    service: Option<&'l str>,
}

/// Writes the resolved Dockerfiles after the entries, then the end marker. All faults of all of them are
/// reported together.
pub fn finish(filter: Filter, stream: &mut Stream, request: &Request, zeros: u64) -> Result<Resolved> {
    let Filter { names, contexts, links, mut notes, .. } = filter;
    let has_services = !request.services.is_empty();
    let mut faults = Diagnostics::new();
    let mut loaded = Vec::with_capacity(contexts.len());
    for context in contexts {
        let chosen = context.choose(request.subject.platform(), stream.input_name, &mut notes);
        let checked = chosen.and_then(|chosen| check_links(&chosen, &names).map(|()| chosen));
        match checked.and_then(|chosen| load(chosen, has_services)) {
            Ok(one) => loaded.push(one),
            Err(error) => faults.append(error.into_input()?),
        }
    }
    let mut rendered = Vec::with_capacity(request.services.len().max(1));
    for Loaded { chosen, template } in &loaded {
        let of_services = chosen.services.iter().filter_map(|&at| request.services.get(at));
        let of_services = of_services.map(|service| (Some(service.name), service.variables, service.build));
        let of_archive = (!has_services).then_some((None, request.variables, request.build));
        for (service, variables, build) in of_services.chain(of_archive) {
            let done = render(template, request, variables, &mut notes);
            match done.and_then(|rendering| pinned(rendering, request, service, build)) {
                Ok(rendering) => rendered.push(Rendered { chosen, rendering, service }),
                Err(more) => faults.append(more),
            }
        }
    }
    if !faults.is_empty() {
        return Err(Error::Input(faults));
    }
    rendered.sort_by_key(|one| one.service);
    check_targets(&links, &names, &loaded)?;
    let dockerfiles = insert_all(&rendered, stream, request)?;
    stream.insert(&links.headers)?;
    stream.insert_zeros(zeros)?;
    Ok(Resolved { dockerfiles, notes })
}

fn check_links(chosen: &ChosenDockerfile, names: &EntryNames) -> Result<()> {
    if names.leads_through_link(&chosen.path) {
        let message = format!("the resolved {} would be below a symbolic link", chosen.entry.candidate.name);
        let help = "add what the link points to under its own path";
        return Err(fault::error(chosen.entry.place.clone(), message, help));
    }
    Ok(())
}

/// Refuses hard links to a plain Dockerfile that would lead to nothing, or somewhere else.
fn check_targets(links: &Links, names: &EntryNames, loaded: &[Loaded]) -> Result<()> {
    let Some(first) = loaded.first() else { return Ok(()) };
    let fault = |message: String| {
        let help = "copy the file instead of linking it";
        Err(fault::error(first.chosen.entry.place.clone(), message, help))
    };
    let shown = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
    if let Some(path) = links.paths.iter().find(|path| names.leads_through_link(path)) {
        return fault(format!("the hard link {} would be below a symbolic link", shown(path)));
    }
    let is_added = |path: &Vec<u8>| loaded.iter().any(|one| one.chosen.path == *path);
    match links.targets.iter().find(|path| !is_added(path)) {
        Some(path) => {
            fault(format!("hard links to {}, which is replaced by a file of another name", shown(path)))
        }
        None => Ok(()),
    }
}

fn load(mut chosen: ChosenDockerfile, has_services: bool) -> Result<Loaded> {
    let candidate = &chosen.entry.candidate;
    let outer = String::from_utf8_lossy(&chosen.source).into_owned();
    let name = if has_services { outer } else { candidate.path.clone() };
    let source = Arc::new(Source::new(&name, std::mem::take(&mut chosen.entry.content)));
    let template = Template::load(source, candidate.kind(), &name, &refuse_include)?;
    Ok(Loaded { chosen, template })
}

fn render<'t>(
    template: &'t Template,
    request: &Request<'t>,
    variables: Layers<'t, 't>,
    notes: &mut Diagnostics,
) -> Result<Rendering<'t>, Diagnostics> {
    // The limit of the result is looked at later, where the entry is known.
    let limits = Limits { output_bytes: u64::MAX, ..request.limits };
    template.render_noted(&request.subject, variables, &limits, notes)
}

/// Writes the digests of images into a Dockerfile, if that was asked for.
fn pinned<'t>(
    rendering: Rendering<'t>,
    request: &Request,
    service: Option<&str>,
    build: Option<&Build>,
) -> Result<Rendering<'t>, Diagnostics> {
    let Some(pins) = request.pins else { return Ok(rendering) };
    let unknown = Build::default();
    let name = service.unwrap_or(ONLY_SERVICE);
    pin_build(rendering, name, build.unwrap_or(&unknown), request.subject.platform(), pins)
}

/// Writes the Dockerfiles as entries. Services whose Dockerfiles have one path share the entry.
fn insert_all(
    rendered: &[Rendered],
    stream: &mut Stream,
    request: &Request,
) -> Result<Vec<ResolvedDockerfile>> {
    let mut by_path: BTreeMap<&[u8], Vec<&Rendered>> = BTreeMap::new();
    for one in rendered {
        by_path.entry(&one.chosen.path).or_default().push(one);
    }
    let mut faults = Diagnostics::new();
    for sharing in by_path.values() {
        if let [first, others @ ..] = sharing.as_slice()
            && let Some(other) = others.iter().find(|other| !is_same(&first.rendering, &other.rendering))
        {
            faults.push(|| conflict(first, other));
        }
    }
    if !faults.is_empty() {
        return Err(Error::Input(faults));
    }
    let mut dockerfiles = Vec::with_capacity(rendered.len());
    for one in rendered {
        let entry = &one.chosen.entry;
        let is_first = by_path.get(one.chosen.path.as_slice()).and_then(|sharing| sharing.first());
        if is_first.is_some_and(|first| std::ptr::eq(*first, one)) {
            insert(one, stream, request)?;
        }
        let shown = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
        dockerfiles.push(match one.service {
            Some(_) => {
                ResolvedDockerfile { source: shown(&one.chosen.source), name: shown(&one.chosen.path) }
            }
            None => ResolvedDockerfile {
                source: entry.candidate.path.clone(),
                name: entry.candidate.name.clone(),
            },
        });
    }
    Ok(dockerfiles)
}

fn is_same(one: &Rendering, other: &Rendering) -> bool {
    one.len() == other.len() && one.pieces().flatten().eq(other.pieces().flatten())
}

fn conflict(first: &Rendered, other: &Rendered) -> Diagnostic {
    let path = String::from_utf8_lossy(&first.chosen.path).into_owned();
    let name = |one: &Rendered| one.service.unwrap_or_default().to_owned();
    let message = format!(
        "the Dockerfiles of the services `{}` and `{}` both become {path}, and they differ",
        name(first),
        name(other)
    );
    Diagnostic::error(other.chosen.entry.place.clone(), message)
        .help("give each service a Dockerfile of its own, or use dtpl export, which does it")
}

fn insert(one: &Rendered, stream: &mut Stream, request: &Request) -> Result<()> {
    let Rendered { chosen, rendering, service } = one;
    let entry = &chosen.entry;
    let length = rendering.len();
    let name = if service.is_some() { &chosen.path } else { entry.candidate.name.as_bytes() };
    let change = EntryChange { name, link: None, size: Some(length) };
    let most = request.limits.output_bytes;
    let Some(headers) = rebuilt(&entry.raw, &entry.layout, &change).filter(|_| length <= most) else {
        let message = format!("longer than the limit of {most} bytes once rendered");
        let help = "raise it with --max-output-bytes BYTES";
        return Err(fault::error(entry.place.clone(), message, help));
    };
    stream.insert(&headers)?;
    for piece in rendering.pieces() {
        stream.insert(piece)?;
    }
    stream.insert_zeros(length.next_multiple_of(HEADER_SIZE as u64) - length)
}

/// Refuses an include: the files of an archive pass by, and one that came before the template cannot be
/// read again.
fn refuse_include(_: &str, place: &Place) -> Result<Option<Source>> {
    let message = "a template in an archive cannot include files, which pass by before it is read";
    Err(Error::input(
        Diagnostic::error(place.clone(), message)
            .help("render it in its folder with dtpl render, or write the text into the template"),
    ))
}
