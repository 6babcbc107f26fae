//! One archive from its first entry to its last: which entries pass, and what is added after them.

use std::io::{Read, Write};
use std::sync::Arc;

use tar_core::HEADER_SIZE;

use super::data::pass_data;
use super::dockerfiles::{DockerfileEntry, Dockerfiles};
use super::links::Links;
use super::member::Member;
use super::names::EntryNames;
use super::package::Package;
use super::reader::{MemberReader, Next};
use super::rebuild::{EntryChange, rebuilt};
use super::service::ServiceDirectory;
use super::stream::Stream;
use super::{Request, Resolved, compose, fault};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::render::{Limits, Template};
use crate::source::Source;

/// Passes an archive from `input` to `output` with the Dockerfile for a device in it.
///
/// # Errors
/// An archive that readers interpret differently, one without a Dockerfile, a Dockerfile that cannot be
/// rendered, a limit, a failed read or write. The output so far, if any, is ended such that every reader
/// rejects it.
pub fn resolve(input: &mut dyn Read, output: &mut dyn Write, request: &Request) -> Result<Resolved> {
    let mut stream = Stream::new(input, request.input_name, output);
    match run(&mut stream, request) {
        Ok(resolved) => stream.finish().map(|()| resolved),
        Err(error) => {
            stream.abandon();
            Err(error)
        }
    }
}

fn run(stream: &mut Stream, request: &Request) -> Result<Resolved> {
    let most_bytes = request.limits.template().bytes;
    let (device, arch) = (request.subject.slug, request.subject.arch_slug());
    let mut reader = MemberReader::new(request.entries, request.allow_missing_end);
    let mut filter = Filter {
        names: EntryNames::default(),
        service: ServiceDirectory::new(request.context),
        dockerfiles: Dockerfiles::new(request.file, device, arch, most_bytes),
        // A Dockerfile that was given by name is not generated.
        package: request.file.is_none().then(Package::default),
        links: Links::default(),
        left_out: Vec::new(),
        services_end: request.services_end,
        notes: Diagnostics::new(),
    };
    filter.left_out = filter.outer_path(&filter.dockerfiles.left_out);
    let mut member = Member::default();
    loop {
        match reader.next(stream, &mut member)? {
            Next::Entry => filter.pass(stream, &member)?,
            Next::End(zeros) => return filter.end(stream, request, zeros),
        }
    }
}

/// The state after the entries so far.
struct Filter {
    names: EntryNames,
    service: Option<ServiceDirectory>,
    dockerfiles: Dockerfiles,
    package: Option<Package>,
    links: Links,
    /// The plain Dockerfile's path in the archive.
    left_out: Vec<u8>,
    /// Up to which byte the services were searched for.
    services_end: Option<u64>,
    notes: Diagnostics,
}

impl Filter {
    /// A path of the build context as one of the archive.
    fn outer_path(&self, path: &str) -> Vec<u8> {
        self.service.as_ref().map_or_else(|| path.as_bytes().to_vec(), |service| service.outer_path(path))
    }

    /// Writes an entry whose headers are pending, or leaves it out.
    fn pass(&mut self, stream: &mut Stream, member: &Member) -> Result<()> {
        self.names.check(member, &mut self.notes)?;
        compose::check_place(member, self.services_end)?;
        let path = match &mut self.service {
            Some(service) => match service.path(member)? {
                Some(path) => path,
                None => {
                    stream.leave_out()?;
                    return pass_data(stream, member, false, |_| {});
                }
            },
            None => &member.path,
        };
        let role = self.dockerfiles.judge(member, path, stream.pending(), &mut self.notes)?;
        let package = self.package.as_mut();
        let is_package = package.is_some_and(|package| package.judge(member, path, stream.pending()));
        let renamed = match &self.service {
            Some(service) if role.passes => Some(service.headers(member, stream.pending())?),
            _ => None,
        };
        self.links.check_place(member)?;
        if self.links.has_to_wait(member, &self.left_out) {
            self.links.wait(member, renamed.as_deref().unwrap_or(stream.pending()))?;
            return stream.leave_out();
        }
        match renamed {
            Some(headers) => stream.replace(&headers)?,
            None if role.passes => stream.accept(),
            None => stream.leave_out()?,
        }
        if !role.is_wanted && !is_package {
            return pass_data(stream, member, role.passes, |_| {});
        }
        let (dockerfiles, package) = (&mut self.dockerfiles, &mut self.package);
        pass_data(stream, member, role.passes, |piece| match package {
            Some(package) if is_package => package.add_content(piece),
            _ => dockerfiles.add_content(piece),
        })
    }

    /// Writes the resolved Dockerfile after the entries, then the end marker.
    fn end(self, stream: &mut Stream, request: &Request, zeros: u64) -> Result<Resolved> {
        let Filter { names, service, dockerfiles, package, links, mut notes, .. } = self;
        if let Some(service) = &service {
            service.check_found(stream.input_name)?;
        }
        let left_out = dockerfiles.left_out.clone();
        let made = match package {
            Some(package) if dockerfiles.best.is_none() => package.dockerfile(request.subject.platform())?,
            _ => None,
        };
        let DockerfileEntry { candidate, raw, layout, place, content } =
            dockerfiles.choose(made, stream.input_name, service.as_ref(), &mut notes)?;
        let path = service.as_ref().map(|service| service.outer_path(&candidate.name));
        if names.leads_through_link(path.as_deref().unwrap_or(candidate.name.as_bytes())) {
            let message = format!("the resolved {} would be below a symbolic link", candidate.name);
            return Err(fault::error(place, message, "add what the link points to under its own path"));
        }
        if links.paths.iter().any(|path| names.leads_through_link(path)) {
            let message = format!("a hard link to {left_out} would be below a symbolic link");
            return Err(fault::error(place, message, "copy the file instead of linking it"));
        }
        if !links.headers.is_empty() && candidate.name != left_out {
            let message = format!("hard links to {left_out}, which is replaced by {}", candidate.name);
            return Err(fault::error(place, message, "copy the file instead of linking it"));
        }

        let source = Arc::new(Source::new(&candidate.path, content));
        let template = Template::load(source, candidate.kind(), &candidate.path, &refuse_include)?;
        // The limit of the result is looked at below, where the entry is known.
        let limits = Limits { output_bytes: u64::MAX, ..request.limits };
        let rendered = template.render_noted(&request.subject, request.variables, &limits, &mut notes);
        let rendered = rendered.map_err(Error::Input)?;
        let length = rendered.len();
        let change = EntryChange { name: candidate.name.as_bytes(), link: None, size: Some(length) };
        let most = request.limits.output_bytes;
        let Some(headers) = rebuilt(&raw, &layout, &change).filter(|_| length <= most) else {
            let message = format!("longer than the limit of {most} bytes once rendered");
            return Err(fault::error(place, message, "raise it with --max-output-bytes BYTES"));
        };
        stream.insert(&headers)?;
        for piece in rendered.pieces() {
            stream.insert(piece)?;
        }
        stream.insert_zeros(length.next_multiple_of(HEADER_SIZE as u64) - length)?;
        stream.insert(&links.headers)?;
        stream.insert_zeros(zeros)?;
        Ok(Resolved { source: candidate.path, name: candidate.name, notes })
    }
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
