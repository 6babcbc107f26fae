//! What `docker buildx bake` has to be allowed for the builds of a batch: it asks before it lends an SSH agent, and before
//! it reads or writes outside of the folder in which it runs.

use std::collections::BTreeSet;

use super::builds::Builds;
use super::format::Options;
use super::paths::{in_project, is_absolute};
use super::shell_word::quoted;
use crate::compose::is_elsewhere;
use crate::diagnostic::{Diagnostic, Place};
use crate::project::bake_text;
use crate::workspace::ServiceFiles;

/// Stands for a path that has the value of a variable in it.
const UNSHOWN: &str = "PATH";

/// A message that names the flags, if there are any.
pub fn note(builds: &Builds, options: &Options) -> Option<Diagnostic> {
    let services = builds.plan.batch.services;
    let project = options.project.to_string_lossy();
    let mut flags: BTreeSet<String> = BTreeSet::new();
    for service in services.list() {
        let own = Paths { service, project: &project, written: written(builds, &service.name) };
        own.add(options, &mut flags);
    }
    if flags.is_empty() {
        return None;
    }
    let is_unshown = flags.iter().any(|flag| flag.ends_with(&format!("={UNSHOWN}")));
    let flags: Vec<String> = flags.into_iter().collect();
    let place = services.compose.clone().unwrap_or_else(|| project.clone().into_owned());
    let message = format!("docker buildx bake needs {}", flags.join(" "));
    let note = Diagnostic::info(Place::File(place), message);
    let help = format!("{UNSHOWN} stands for a path outside of this folder in which a variable is used");
    Some(if is_unshown { note.help(help) } else { note })
}

/// The compose file in which the build of a service is, as it was written.
fn written<'b>(builds: &'b Builds, service: &str) -> &'b [u8] {
    let node =
        builds.plan.batch.services.model().and_then(|model| model.root.find(&["services", service, "build"]));
    node.map_or(&[], |node| node.at.source.bytes())
}

/// The paths of a service.
struct Paths<'s> {
    service: &'s ServiceFiles,
    project: &'s str,
    written: &'s [u8],
}

impl Paths<'_> {
    fn add(&self, options: &Options, flags: &mut BTreeSet<String>) {
        let (build, settings) = (&self.service.build, &self.service.build.settings);
        // The name of a device can be the value of a variable.
        let entitlements = settings.entitlements.iter().map(|name| name.split('=').next().unwrap_or(name));
        flags.extend(entitlements.map(|name| format!("--allow={name}")));
        if settings.ssh.values().any(Vec::is_empty) {
            flags.insert("--allow=ssh".to_owned());
        }
        let contexts = build.contexts.iter().filter(|(_, path)| !is_elsewhere(path));
        for (name, path) in contexts {
            let is_typed = matches!(build.places.contexts.get(name), Some(Place::Flag(_)));
            flags.extend(self.flag("read", path.trim_start_matches("./"), is_typed));
        }
        let keys = settings.ssh.values().flatten();
        let secrets = settings.secrets.iter().filter_map(|secret| secret.file.as_ref());
        for path in keys.chain(secrets).chain([&build.context]) {
            flags.extend(self.flag("read", path, false));
        }
        let caches = [
            (&settings.cache_from, options.image.cache_from, "src", "read"),
            (&settings.cache_to, options.image.cache_to, "dest", "write"),
            (&settings.output, &[][..], "dest", "write"),
        ];
        for (own, typed, field, kind) in caches {
            let texts = own.iter().map(|text| (text, false)).chain(typed.iter().map(|text| (text, true)));
            for (text, is_typed) in texts {
                let Some(path) = local_path(text, field) else { continue };
                // Bake takes it from where it runs, as it is written.
                let outside = Some(path).filter(|path| is_outside(path));
                flags.extend(outside.map(|path| self.shown(kind, &path, &path, is_typed)));
            }
        }
        let files = options.files.map(|files| in_project("", &files.to_string_lossy()));
        flags
            .extend(files.filter(|path| is_outside(path)).map(|path| self.shown("read", &path, &path, true)));
    }

    /// The flag for a path of the project, if it needs one.
    fn flag(&self, kind: &str, path: &str, is_typed: bool) -> Option<String> {
        let whole = in_project(self.project, path);
        is_outside(&whole).then(|| self.shown(kind, &whole, path, is_typed))
    }

    /// A path that was not typed is shown as far as the compose file shows it: the value of a variable is not.
    fn shown(&self, kind: &str, whole: &str, path: &str, is_typed: bool) -> String {
        let is_written = is_typed || memchr::memmem::find(self.written, path.as_bytes()).is_some();
        let shown = if is_written { whole } else { UNSHOWN };
        quoted(&format!("--allow=fs.{kind}={shown}"))
    }
}

/// The path in a cache or output of a folder or file: up to what differs between builds.
fn local_path(text: &str, field: &str) -> Option<String> {
    let fields = bake_text::fields(text)?;
    let get = |name: &str| fields.iter().find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    if get("type").is_none_or(|kind| !matches!(kind, "local" | "tar" | "oci" | "docker")) {
        return None;
    }
    let path = get(field)?;
    let fixed = path.split('{').next().unwrap_or(path);
    Some(
        if fixed == path { path } else { fixed.rsplit_once('/').map_or("", |(folder, _)| folder) }.to_owned(),
    )
}

fn is_outside(path: &str) -> bool {
    path.starts_with("..") || is_absolute(path)
}
