//! Which entries of an archive pass.

use std::collections::BTreeMap;

use super::context::{ContextFiles, EntryRole};
use super::data::pass_data;
use super::links::Links;
use super::member::Member;
use super::names::EntryNames;
use super::stream::Stream;
use super::{Request, Searched, compose};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};

/// The most build contexts of one archive. Each entry is compared with all of them.
const MOST_CONTEXTS: usize = 256;

/// The state after the entries so far.
pub struct Filter<'r> {
    pub names: EntryNames,
    /// One, unless there are several services.
    pub contexts: Vec<ContextFiles>,
    /// Whether only the entries of the one build context stay.
    cuts_out: bool,
    pub links: Links,
    searched: Option<Searched<'r>>,
    pub notes: Diagnostics,
    /// The build contexts that the current entry matters to; kept for its memory.
    wanted: Vec<(usize, EntryRole)>,
}

impl<'r> Filter<'r> {
    pub fn new(request: &Request<'r>) -> Result<Self> {
        let contexts = match request.services {
            [] if request.passes_as_it_is => Vec::new(),
            [] => vec![ContextFiles::new(request, request.context, request.file)],
            _ => contexts(request)?,
        };
        let cuts_out = request.services.is_empty()
            && contexts.first().is_some_and(|context| context.directory.is_some());
        Ok(Filter {
            names: EntryNames::default(),
            contexts,
            cuts_out,
            links: Links::default(),
            searched: request.searched,
            notes: Diagnostics::new(),
            wanted: Vec::new(),
        })
    }

    /// Writes an entry whose headers are pending, or leaves it out.
    pub fn pass(&mut self, stream: &mut Stream, member: &Member) -> Result<()> {
        self.names.check(member, &mut self.notes)?;
        compose::check_place(member, self.searched)?;
        self.wanted.clear();
        let mut is_inside = !self.cuts_out;
        for (at, context) in self.contexts.iter_mut().enumerate() {
            if let Some(role) = context.judge(member, stream.pending(), &mut self.notes)? {
                is_inside = true;
                if role != EntryRole::Other {
                    self.wanted.push((at, role));
                }
            }
        }
        if !is_inside {
            stream.leave_out()?;
            return pass_data(stream, member, false, |_| {});
        }
        let passes = self.contexts.iter().all(|context| context.left_out != member.path);
        let cut = self.contexts.first().and_then(|context| context.directory.as_ref());
        let renamed = match cut.filter(|_| self.cuts_out && passes) {
            Some(directory) => Some(directory.headers(member, stream.pending())?),
            None => None,
        };
        self.links.check_place(member)?;
        let contexts = &self.contexts;
        let comes_last = |path: &[u8]| contexts.iter().any(|context| context.left_out == path);
        if self.links.has_to_wait(member, comes_last) {
            self.links.wait(member, renamed.as_deref().unwrap_or(stream.pending()))?;
            return stream.leave_out();
        }
        match renamed {
            Some(headers) => stream.replace(&headers)?,
            None if passes => stream.accept(),
            None => stream.leave_out()?,
        }
        let (contexts, wanted) = (&mut self.contexts, &self.wanted);
        pass_data(stream, member, passes, |piece| {
            for &(at, role) in wanted {
                if let Some(context) = contexts.get_mut(at) {
                    context.add_content(role, piece);
                }
            }
        })
    }
}

/// The build contexts of the services. Services that have the same directory and the same Dockerfile share one.
fn contexts(request: &Request) -> Result<Vec<ContextFiles>> {
    let mut services: BTreeMap<(&str, Option<&str>), Vec<usize>> = BTreeMap::new();
    for (at, service) in request.services.iter().enumerate() {
        services.entry((service.context, service.file)).or_default().push(at);
    }
    if services.len() > MOST_CONTEXTS {
        let place = Place::File(request.input_name.to_owned());
        let message = format!("more than {MOST_CONTEXTS} services with a Dockerfile of their own");
        let help = "no flag raises this limit: resolve them one by one with --service NAME";
        return Err(Error::input(Diagnostic::error(place, message).help(help)));
    }
    let contexts = services.into_iter().map(|((context, file), services)| {
        let mut files = ContextFiles::new(request, Some(context), file);
        files.services = services;
        files
    });
    Ok(contexts.collect())
}
