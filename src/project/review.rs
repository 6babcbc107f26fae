//! What is wrong with a project for whoever makes something of it: a placeholder in the compose file, which nothing
//! replaces, and a compose file that balena does not look for. `dtpl check` reports both as findings of rules.

use std::collections::HashSet;

use super::{Build, Project, Service};
use crate::compose::Model;
use crate::compose::tree::{At, Node, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity};
use crate::dockerfile::Builder;
use crate::error::{Error, Result};
use crate::render::placeholder;

/// A placeholder in a compose file.
pub struct ComposePlaceholder<'m> {
    /// The service that it is written in; none for what is beside the services.
    pub service: Option<&'m str>,
    /// The value that it is part of.
    pub at: &'m At,
    /// What to say about it.
    pub message: String,
    /// What to write instead.
    pub help: &'static str,
}

impl ComposePlaceholder<'_> {
    fn diagnostic(&self, severity: Severity) -> Diagnostic {
        let fault = Diagnostic::error(self.at.place(), self.message.clone()).help(self.help);
        Diagnostic { severity, ..fault }
    }
}

/// The placeholders in compose files, one for each value that has any. What is about an image must have none; what
/// a program gets may have such a text of its own, as the format of a date, so that there only the names of
/// standard variables count.
pub fn placeholders(model: &Model) -> Vec<ComposePlaceholder<'_>> {
    let mut found = Vec::new();
    let mut look = |service, at, text: &str, is_of_image| {
        let Some(name) = placeholder_in(text, is_of_image) else { return };
        let message = format!("`%%{name}%%` is not replaced in a compose file");
        let help = "give the service a Dockerfile.template with it, pass it as a build argument, or write `${...}` \
                    and set the variable";
        found.push(ComposePlaceholder { service, at, message, help });
    };
    for (service, entry) in model.services() {
        let fields = entry.node.as_map().into_iter().flatten();
        for (name, entry) in fields.filter(|(name, _)| !name.starts_with("x-")) {
            let is_of_image = matches!(&**name, "build" | "image" | "platform");
            walk(&entry.node, &mut |at, text| look(Some(service), at, text, is_of_image));
        }
    }
    for kind in ["networks", "volumes", "secrets", "configs"] {
        for (_, entry) in model.root.entries(kind) {
            walk(&entry.node, &mut |at, text| look(None, at, text, false));
        }
    }
    found
}

/// Calls `visit` for every text of a value.
fn walk<'m>(node: &'m Node, visit: &mut dyn FnMut(&'m At, &'m str)) {
    match &node.value {
        Value::Text(text) => visit(&node.at, text),
        Value::List(items) => items.iter().for_each(|item| walk(item, visit)),
        Value::Map(map) => {
            map.values().for_each(|entry| walk(&entry.node, visit));
        }
        _ => {}
    }
}

/// The name of the first placeholder that is meant as one.
fn placeholder_in(text: &str, is_of_image: bool) -> Option<String> {
    if !text.contains("%%") {
        return None;
    }
    let (_, names) = placeholder::find_all(text.as_bytes());
    let is_standard = |name: &str| ["BALENA_", "RESIN_", "DTPL_"].iter().any(|start| name.starts_with(start));
    names.into_iter().find(|name| is_of_image || is_standard(name))
}

/// What to say of a compose file that balena does not look for, and what to do about it.
pub fn unread_by_balena(model: &Model) -> Option<(&'static str, &'static str)> {
    let name = model.root.at.source.name().rsplit(['/', '\\']).next().unwrap_or_default();
    let is_read = matches!(name, "docker-compose.yml" | "docker-compose.yaml");
    let message = "balena reads only docker-compose.yml and docker-compose.yaml";
    (!is_read).then_some((message, "rename it to docker-compose.yml"))
}

/// What to say to balena of a Dockerfile outside its build context, and what to do about it: it sends its builder
/// nothing but the context.
pub fn outside_context(build: &Build) -> Option<(&Place, &'static str, &'static str)> {
    let place = build.places.dockerfile.as_ref().filter(|_| build.is_dockerfile_outside())?;
    let message = "balena looks for the Dockerfile in the build context alone";
    Some((place, message, "move it into the context, or make the context the folder above"))
}

/// What there is to say of a project.
#[derive(Debug, Default)]
pub struct Review {
    /// Placeholders in the services that a command is for: its result would be wrong.
    pub placeholders: Diagnostics,
    /// Placeholders in other services.
    pub of_other_services: Diagnostics,
    /// What balena does not read: the compose file, or a Dockerfile outside its build context.
    pub unread: Diagnostics,
}

impl Review {
    /// Stops where a result would be wrong; otherwise the warnings.
    ///
    /// # Errors
    /// Every placeholder in the services that the command is for.
    pub fn refuse(self) -> Result<Diagnostics> {
        if !self.placeholders.is_empty() {
            return Err(Error::Input(self.placeholders));
        }
        let mut warnings = self.unread;
        warnings.append(self.of_other_services);
        Ok(warnings)
    }
}

impl Project {
    /// Looks at the whole project, of which these services are wanted, or all if there are none in `only`.
    pub fn review(&self, only: &[&str]) -> Review {
        let mut review = Review::default();
        let Some(model) = &self.model else { return review };
        let is_wanted =
            |service: Option<&str>| only.is_empty() || service.is_some_and(|service| only.contains(&service));
        let (wanted, others): (Vec<_>, Vec<_>) =
            placeholders(model).into_iter().partition(|found| is_wanted(found.service));
        // Services that extend one have the same text.
        let mut seen = HashSet::new();
        let mut is_new = |found: &&ComposePlaceholder| {
            seen.insert((found.at.source.name().to_owned(), found.at.span.start))
        };
        for found in wanted.iter().filter(&mut is_new) {
            let fault = found.diagnostic(Severity::Error);
            review.placeholders.push(|| self.redaction.diagnostic(fault));
        }
        for found in others.iter().filter(&mut is_new) {
            let warning = found.diagnostic(Severity::Warning);
            review.of_other_services.push(|| self.redaction.diagnostic(warning));
        }
        if self.builder == Builder::Classic
            && let Some((message, help)) = unread_by_balena(model)
        {
            review.unread.push(|| Diagnostic::warning(model.root.at.place(), message).help(help));
        }
        let services = self.services.iter().filter(|service| is_wanted(Some(&service.name)));
        for build in services.filter_map(Service::build).filter(|_| self.builder == Builder::Classic) {
            if let Some((place, message, help)) = outside_context(build) {
                let warning = Diagnostic::warning(place.clone(), message).help(help);
                review.unread.push(|| self.redaction.diagnostic(warning));
            }
        }
        review.placeholders.sort_by_position();
        review.of_other_services.sort_by_position();
        review
    }
}
