//! What the compose files say about the builds of a plan: tags, contexts that are other services, and what a bake file
//! has no word for.

use std::collections::BTreeSet;

use super::builds::{Builds, DistinctBuild};
#[cfg(feature = "cli")]
use super::format::Options;
#[cfg(feature = "cli")]
use super::paths::{in_project, is_absolute};
use super::plan::{Plan, Planned};
#[cfg(feature = "cli")]
use super::shell_word::quoted;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};

impl Builds<'_> {
    /// The target of another service for the same device, as a context names it.
    ///
    /// # Errors
    /// When that service is not built.
    pub(super) fn context_of(&self, row: &Planned, service: &str) -> Result<String, Diagnostic> {
        self.built_for(row, service).map(|build| format!("target:{}", build.target)).ok_or_else(|| {
            let place = Place::File(self.plan.batch.services.compose.clone().unwrap_or_default());
            let message =
                format!("`{}` is built with the service `{service}`, which is left out", row.service.name);
            Diagnostic::error(place, message).help("name both with --service")
        })
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
            let help = "leave `tags` out, and give --tag with {fleet}, {device} or {arch} in it";
            let place = place_of(self.plan, &service.name, &["build", "tags"]);
            faults.push_once(Diagnostic::error(place, message).help(help));
        }
        if !is_one {
            return Vec::new();
        }
        let tags = settings.tags.iter().map(|tag| (tag, &["build", "tags"][..]));
        let all = tags.chain(settings.image.iter().map(|image| (image, &["image"][..])));
        all.map(|(tag, field)| (tag.as_str(), place_of(self.plan, &service.name, field))).collect()
    }
}

/// The place of a field of a service in the compose file.
fn place_of(plan: &Plan, service: &str, field: &[&str]) -> Place {
    let services = plan.batch.services;
    let names = [&["services", service][..], field].concat();
    let node = services.model().and_then(|model| model.root.find(&names));
    node.map_or_else(|| Place::File(services.compose.clone().unwrap_or_default()), |node| node.at.place())
}

/// What of the compose files a bake file or matrix has no word for, and what it needs to be allowed. `shares` says that
/// images are pushed by their digests, so that several builds can make up one.
#[cfg(feature = "cli")]
pub fn notes(builds: &Builds, options: &Options, shares: bool) -> Diagnostics {
    let plan = builds.plan;
    let mut notes = Diagnostics::new();
    let mut allowed = BTreeSet::new();
    let project = options.project.to_string_lossy();
    for service in plan.batch.services.list() {
        let (build, settings) = (&service.build, &service.build.settings);
        let is_unused = options.image.tags.is_empty() && !builds.is_one_image(&service.name, shares);
        if is_unused && settings.image.is_some() {
            let place = place_of(plan, &service.name, &["image"]);
            let message =
                format!("`{}` has several builds, which cannot all be called so: left out", service.name);
            let help = "give each a tag, with --tag and {fleet}, {device} or {arch} in it, or make one image of all: push them with --by-digest, and join them with --format merge";
            notes.push(|| Diagnostic::warning(place, message).help(help));
        }
        for field in &settings.without_word {
            let place = place_of(plan, &service.name, &["build", field]);
            let message = format!("a bake file has no word for `{field}`: left out");
            notes.push(|| Diagnostic::warning(place, message));
        }
        if shares && !settings.output.is_empty() {
            let place = place_of(plan, &service.name, &["build", "x-bake", "output"]);
            let message = "left out, as the image is pushed by its digest";
            notes.push(|| Diagnostic::warning(place, message));
        }
        for name in build.args.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name) {
            let place = build.places.args.get(name).cloned();
            let place = place.unwrap_or_else(|| place_of(plan, &service.name, &["build", "args"]));
            // Its name can be the value of a variable.
            let message = "this build argument has no value: left out";
            let help = "give it with --build-arg, or with docker buildx bake --set";
            notes.push(|| Diagnostic::warning(place, message).help(help));
        }
        // The name of a device can be the value of a variable.
        let names = settings.entitlements.iter().map(|name| name.split('=').next().unwrap_or(name));
        allowed.extend(names.map(|name| format!("--allow={name}")));
        let local = |path: &&String| !path.starts_with("service:") && !crate::compose::is_elsewhere(path);
        let contexts = build.contexts.values().filter(local).map(|path| path.trim_start_matches("./"));
        let secrets = settings.secrets.iter().filter_map(|secret| secret.file.as_deref());
        let read = contexts.chain([build.context.as_str()]).chain(secrets);
        let files = options.files.map(|files| files.to_string_lossy().into_owned());
        let read = read.map(|path| in_project(&project, path)).chain(files);
        // Bake asks before it reads what is outside of the folder in which it runs.
        let outside = read.filter(|path| path.starts_with("..") || is_absolute(path));
        allowed.extend(outside.map(|path| quoted(&format!("--allow=fs.read={path}"))));
    }
    if !allowed.is_empty() {
        let flags: Vec<String> = allowed.into_iter().collect();
        let message = format!("docker buildx bake needs {}", flags.join(" "));
        let place = plan.batch.services.compose.clone().unwrap_or_else(|| project.into_owned());
        notes.push(|| Diagnostic::info(Place::File(place), message));
    }
    notes
}
