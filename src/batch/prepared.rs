//! A Dockerfile that was read: its text, what is the same in all its renders, and for a Tera template the
//! way to what it becomes for one target.

use std::path::Path;
use std::sync::Arc;

use super::services::ServiceFiles;
use super::target::Target;
use crate::diagnostic::{Diagnostics, Place};
use crate::error::{Error, Result};
use crate::fs::Limit;
use crate::project::Choice;
use crate::project::directory;
use crate::project::dockerfile_choice::Form;
use crate::source::Source;
use crate::template::{Layers, Template, Variable, Variables};
use crate::tera_template::{TeraTemplate, Whom};

/// A Dockerfile that was read, with what its renders share.
#[derive(Debug)]
pub struct Prepared {
    /// Its text.
    pub template: Template,
    /// Which file it is, relative to the project.
    pub choice: Arc<Choice>,
    /// What there is to say about it, whoever it is for.
    pub notes: Diagnostics,
    /// The text between the placeholders as JSON has it; nothing when it is not UTF-8.
    pub json: Option<Vec<Vec<u8>>>,
    /// The head of its JSON objects behind the fleet, up to the digest.
    pub json_head: Vec<u8>,
    /// A Tera template, which becomes another text for each target: see [`ServiceFiles::prepared`].
    pub tera: Option<TeraTemplate>,
    /// The variables of a user's own that a Tera template put into the text.
    pub given: Vec<Variable>,
}

impl Prepared {
    /// Reads the placeholders of a file that was found.
    ///
    /// # Errors
    /// A text that cannot be a Dockerfile.
    pub fn new(
        source: Source,
        choice: Choice,
        service: &str,
        notes: Diagnostics,
    ) -> std::result::Result<Self, Diagnostics> {
        let source = Arc::new(source);
        let template = match choice.substituted {
            true => Template::parse(source)?,
            false => Template::verbatim(source),
        };
        Ok(Prepared::of(template, Arc::new(choice), service, notes))
    }

    fn of(template: Template, choice: Arc<Choice>, service: &str, mut notes: Diagnostics) -> Self {
        notes.append(template.suspicions());
        let json = json_pieces(&template);
        let mut json_head = Vec::new();
        for (name, value) in [("service", service), ("source", &choice.path), ("name", &choice.name)] {
            json_head.extend_from_slice(format!("\"{name}\":\"").as_bytes());
            crate::json::push_string(value, &mut json_head);
            json_head.extend_from_slice(b"\",");
        }
        Prepared { template, choice, notes, json, json_head, tera: None, given: Vec::new() }
    }

    /// Reads a file that was found, and what it includes from the folder of its project.
    ///
    /// # Errors
    /// A text that cannot be a Dockerfile, a Tera template that cannot be one.
    pub fn read(
        source: Source,
        choice: Choice,
        service: &str,
        notes: Diagnostics,
        (folder, limit): (&Path, Limit),
    ) -> Result<Self> {
        if choice.form != Form::Tera {
            return Prepared::new(source, choice, service, notes).map_err(Error::Input);
        }
        let source = Arc::new(source);
        let open = |path: &str, place: &Place| directory::open_included(folder, path, place, limit);
        let tera = TeraTemplate::load(Arc::clone(&source), &choice.path, &open)?;
        let (template, given) = (Template::verbatim(source), Vec::new());
        let (json, json_head) = (None, Vec::new());
        let choice = Arc::new(choice);
        Ok(Prepared { template, choice, notes, json, json_head, tera: Some(tera), given })
    }

    /// What a Tera template becomes for a target. `filler` has what stands in for values that there are
    /// not.
    pub(super) fn made(
        &self,
        tera: &TeraTemplate,
        target: &Target,
        service: &ServiceFiles,
        filler: &Variables,
        most_bytes: u64,
    ) -> std::result::Result<Self, Diagnostics> {
        let whom =
            Whom { device: Some(target.device), slug: Some(&target.device.slug), arch: Some(target.arch) };
        let layers = [&*target.own, &service.variables, &*target.base, filler];
        let mut made = tera.render(&whom, Layers(&layers), most_bytes)?;
        made.given.retain(|variable| filler.get(variable.name()).is_none());
        let mut notes = self.notes.clone();
        // What stands in for a value is not to be judged.
        if filler.iter().next().is_none() {
            notes.append(made.notes);
        }
        let prepared = Prepared::of(made.template, Arc::clone(&self.choice), &service.name, notes);
        Ok(Prepared { given: made.given, ..prepared })
    }
}

fn json_pieces(template: &Template) -> Option<Vec<Vec<u8>>> {
    let text = std::str::from_utf8(template.source().bytes()).ok()?;
    let mut pieces = Vec::with_capacity(template.placeholders().len() + 1);
    let mut at = 0;
    let ends = template.placeholders().iter().map(|&placeholder| template.span(placeholder));
    for span in ends.chain(std::iter::once(text.len()..text.len())) {
        let mut piece = Vec::with_capacity(span.start - at + 16);
        crate::json::push_string(text.get(at..span.start)?, &mut piece);
        pieces.push(piece);
        at = span.end;
    }
    Some(pieces)
}
