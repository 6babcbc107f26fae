//! A Tera template among the Dockerfiles of a batch: read with the files that it includes, and made into
//! another text for each target.

use std::path::Path;
use std::sync::Arc;

use super::services::{Prepared, ServiceFiles};
use super::target::Target;
use crate::diagnostic::{Diagnostics, Place};
use crate::error::{Error, Result};
use crate::fs::Limit;
use crate::project::Choice;
use crate::project::directory;
use crate::project::dockerfile_choice::Form;
use crate::render::tera::{TeraTemplate, Whom};
use crate::render::{Layers, Template, Variables};
use crate::source::Source;

impl Prepared {
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
