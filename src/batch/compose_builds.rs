//! What the compose files say about the builds of a plan: tags, contexts that are other services, and what a bake file
//! has no word for.

use super::build_faults::place_of_context;
use super::builds::{Builds, DistinctBuild};
#[cfg(feature = "cli")]
use super::format::Options;
use super::name_template::advice;
use super::plan::{Plan, Planned};
use crate::compose::is_elsewhere;
use crate::compose::tree::Node;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::escape::shortened;
use crate::nearest::nearest_or_all;

impl Builds<'_> {
    /// The target of another service for the same device, as a context names it.
    ///
    /// # Errors
    /// When that service is not built.
    pub(super) fn context_of(&self, row: &Planned, service: &str) -> Result<String, Diagnostic> {
        if let Some(build) = self.built_for(row, service) {
            return Ok(format!("target:{}", build.target));
        }
        let own = row.service;
        let is_it = |value: &String| value.strip_prefix("service:") == Some(service);
        let context = own.build.contexts.iter().find(|(_, value)| is_it(value));
        let place = place_of_context(own, context.map_or("", |(name, _)| name));
        let model = self.plan.batch.services.model();
        let other = model.and_then(|model| model.root.find(&["services", service]));
        let build = other.and_then(|other| other.get("build"));
        let has = |field: &str, is_it: fn(&str) -> bool| {
            build.and_then(|build| build.get(field)?.as_text()).is_some_and(is_it)
        };
        let (why, help) = if other.is_none() {
            let services = self.plan.batch.services.list();
            let names: Vec<&str> = services.iter().map(|service| &*service.name).collect();
            ("is not there", nearest_or_all(service, &names, "the services that are built are"))
        } else if build.is_none() {
            ("is only an image", "name the image instead: docker-image://IMAGE".to_owned())
        } else if has("dockerfile_inline", |text| !text.is_empty()) {
            (
                "has its Dockerfile in the compose file: left out",
                "write its Dockerfile into a file".to_owned(),
            )
        } else if has("context", is_elsewhere) {
            let help = "push its image, and name it instead: docker-image://IMAGE";
            ("is built from an address on a network: left out", help.to_owned())
        } else {
            ("is left out", "name both with --service".to_owned())
        };
        let service = shortened(service, 40);
        let message = format!("`{}` is built with the service `{service}`, which {why}", own.name);
        Err(Diagnostic::error(place, message).help(help))
    }

    /// What has to be in a `--tag` that gives each build of a service a name of its own: `{service} and {device}`.
    pub(super) fn placeholders_for(&self, service: &str) -> String {
        let placeholders = self.told_apart(service, |its| advice(self, its));
        // A flag is for all services.
        let service = if self.is_of_one_service() { "" } else { "{service} and " };
        format!("{service}{placeholders}")
    }

    /// The tags that the compose file gives an image. A service with several builds has several images, which
    /// cannot have one tag: if the file gives some, that is a fault. With `shares`, those for different platforms can.
    pub(super) fn compose_tags<'b>(
        &self,
        build: &DistinctBuild<'b>,
        shares: bool,
        faults: &mut Diagnostics,
    ) -> Vec<(&'b str, Place)> {
        let service = build.first.service;
        let settings = &service.build.settings;
        let is_one = self.is_one_image(&service.name, shares);
        if !is_one && !settings.tags.is_empty() {
            let message = format!("`{}` has several builds, which cannot have the same tags", service.name);
            let help = format!(
                "leave `tags` out, and give a --tag with {} in it",
                self.placeholders_for(&service.name)
            );
            let first = settings.tags.first().map_or("", String::as_str);
            let place = match node_of(self.plan, &service.name, &["build", "tags"]) {
                Some(node) => node.at.place(),
                None => place_of_tag(self.plan, &service.name, first),
            };
            faults.push_once(Diagnostic::error(place, message).help(help));
        }
        if !is_one {
            return Vec::new();
        }
        let tags =
            settings.tags.iter().map(|tag| (tag.as_str(), place_of_tag(self.plan, &service.name, tag)));
        let image = settings.image.iter();
        tags.chain(image.map(|image| (image.as_str(), place_of(self.plan, &service.name, &["image"]))))
            .collect()
    }
}

/// A field of a service in the compose file.
fn node_of<'p>(plan: &Plan<'p>, service: &str, field: &[&str]) -> Option<&'p Node> {
    plan.batch.services.model()?.root.find(&[&["services", service][..], field].concat())
}

/// The place of a field of a service in the compose file.
fn place_of(plan: &Plan, service: &str, field: &[&str]) -> Place {
    let file = || Place::File(plan.batch.services.compose.clone().unwrap_or_default());
    node_of(plan, service, field).map_or_else(file, |node| node.at.place())
}

/// The place of a tag in the compose file.
fn place_of_tag(plan: &Plan, service: &str, tag: &str) -> Place {
    place_of_text(plan, service, &[&["build", "tags"], &["build", "x-bake", "tags"]], tag)
}

/// The place of a text that is in one of these fields of a service, or else that of its build.
pub(super) fn place_of_text(plan: &Plan, service: &str, fields: &[&[&str]], text: &str) -> Place {
    let nodes = fields.iter().filter_map(|field| node_of(plan, service, field));
    let mut texts = nodes.flat_map(|node| node.as_list().unwrap_or(std::slice::from_ref(node)));
    // One text of bake is a list of words.
    let is_it = |node: &&Node| {
        node.scalar().is_some_and(|own| own == text || own.split(' ').any(|word| word == text))
    };
    let node = texts.find(is_it);
    node.map_or_else(|| place_of(plan, service, &["build"]), |node| node.at.place())
}

/// What of the compose files a bake file or matrix has no word for. `is_matrix` says which of the two it is.
#[cfg(feature = "cli")]
pub fn notes(builds: &Builds, options: &Options, is_matrix: bool) -> Diagnostics {
    let plan = builds.plan;
    let shares = is_matrix || options.image.by_digest;
    let mut notes = Diagnostics::new();
    for service in plan.batch.services.list() {
        let (build, settings) = (&service.build, &service.build.settings);
        let is_unused = options.image.tags.is_empty() && !builds.is_one_image(&service.name, shares);
        // Tags beside it are an error.
        if is_unused && settings.image.is_some() && settings.tags.is_empty() {
            let place = place_of(plan, &service.name, &["image"]);
            let message =
                format!("`{}` has several builds, which cannot have one name: left out", service.name);
            let mut note = Diagnostic::warning(place, message).help(format!(
                "give each a tag, by a --tag with {} in it",
                builds.placeholders_for(&service.name)
            ));
            if builds.is_one_image(&service.name, true) {
                note = note.help(
                    "or make one image of all: push them with --by-digest, and join them with --format merge",
                );
            }
            notes.push(|| note);
        }
        for field in &settings.without_word {
            let place = place_of(plan, &service.name, &["build", field]);
            let message = format!("a bake file has no word for `{field}`: left out");
            notes.push(|| Diagnostic::warning(place, message));
        }
        if shares && !settings.output.is_empty() {
            let place = place_of(plan, &service.name, &["build", "x-bake", "output"]);
            let message = match is_matrix {
                true => "a row of a matrix has no such output: left out",
                false => "left out, as the image is pushed by its digest",
            };
            notes.push(|| Diagnostic::warning(place, message));
        }
        for (name, path) in &build.contexts {
            let is_folder = !is_elsewhere(path) && !path.starts_with("target:") && !path.starts_with('~');
            if is_folder && !crate::fs::is_dir(&options.project.join(path)) {
                // Its name and its path can be the values of variables.
                let warning = Diagnostic::warning(
                    place_of_context(service, name),
                    "this build context is not a folder",
                );
                notes.push_once(warning.help("make it before the build, or correct the path"));
            }
        }
        for name in build.args.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name) {
            let place = build.places.args.get(name).cloned();
            let place = place.unwrap_or_else(|| place_of(plan, &service.name, &["build", "args"]));
            // Its name can be the value of a variable.
            let message = "this build argument has no value: left out";
            let help = "give it with --build-arg, or with docker buildx bake --set";
            notes.push(|| Diagnostic::warning(place, message).help(help));
        }
    }
    notes
}
