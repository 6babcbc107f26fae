//! What `docker buildx bake` has to be allowed for the builds of a batch: it asks before it lends an SSH agent, and before
//! it reads or writes outside of the folder in which it runs. Symbolic links count as what they lead to. For a folder
//! that is not there it asks for the nearest one above that is, so that folder has to be made first.

use std::collections::BTreeSet;
use std::path::Path;

use super::build_faults::place_of_context;
use super::builds::Builds;
use super::format::Options;
use super::paths::{in_project, is_absolute};
use super::shell_word::quoted;
use crate::compose::is_elsewhere;
use crate::diagnostic::{Diagnostic, Place};
use crate::fs;
use crate::project::bake_text;
use crate::workspace::ServiceFiles;

/// Stands for a path that has the value of a variable in it.
const UNSHOWN: &str = "PATH";

/// A message that names the flags, if there are any.
pub fn note(builds: &Builds, options: &Options) -> Option<Diagnostic> {
    let services = builds.plan.batch.services;
    let project = options.project.to_string_lossy();
    let mut needs = Needs::default();
    for service in services.list() {
        let written = written(builds, &service.name);
        let own = Paths { service, project: &project, base: options.base, written };
        own.add(options, &mut needs);
    }
    if needs.flags.is_empty() {
        return None;
    }
    let is_unshown = needs.flags.iter().any(|flag| flag.ends_with(&format!("={UNSHOWN}")));
    let flags: Vec<String> = needs.flags.into_iter().collect();
    let place = services.compose.clone().unwrap_or_else(|| project.clone().into_owned());
    let message = format!("docker buildx bake needs {}", flags.join(" "));
    let mut note = Diagnostic::info(Place::File(place), message);
    if !needs.missing.is_empty() {
        let folders: Vec<String> = needs.missing.into_iter().collect();
        let help = format!(
            "first, make what is not there, or bake asks for what is above it: mkdir -p {}",
            folders.join(" ")
        );
        note = note.help(help);
    }
    let help = format!("{UNSHOWN} stands for a path outside of this folder in which a variable is used");
    Some(if is_unshown { note.help(help) } else { note })
}

/// What is needed, as words of a shell.
#[derive(Default)]
struct Needs {
    flags: BTreeSet<String>,
    /// Folders that are not there.
    missing: BTreeSet<String>,
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
    /// The real path of the folder in which bake runs.
    base: Option<&'s Path>,
    written: &'s [u8],
}

impl Paths<'_> {
    fn add(&self, options: &Options, needs: &mut Needs) {
        let (build, settings) = (&self.service.build, &self.service.build.settings);
        // The name of a device can be the value of a variable.
        let entitlements = settings.entitlements.iter().map(|name| name.split('=').next().unwrap_or(name));
        needs.flags.extend(entitlements.map(|name| format!("--allow={name}")));
        if settings.ssh.values().any(Vec::is_empty) {
            needs.flags.insert("--allow=ssh".to_owned());
        }
        let contexts = build.contexts.iter().filter(|(_, path)| !is_elsewhere(path));
        for (name, path) in contexts {
            let is_typed = matches!(place_of_context(self.service, name), Place::Flag(_));
            needs.flags.extend(self.flag_of("read", path.trim_start_matches("./"), is_typed));
        }
        let keys = settings.ssh.values().flatten();
        let secrets = settings.secrets.iter().filter_map(|secret| secret.file.as_ref());
        for path in keys.chain(secrets).chain([&build.context]) {
            needs.flags.extend(self.flag_of("read", path, false));
        }
        let caches = [
            (
                &settings.cache_from,
                options.image.cache_from,
                "read",
                from as fn(&str) -> Option<(String, bool)>,
            ),
            (&settings.cache_to, options.image.cache_to, "write", to),
            (&settings.output, &[][..], "write", output),
        ];
        for (own, typed, kind, path_of) in caches {
            let texts = own.iter().map(|text| (text, false)).chain(typed.iter().map(|text| (text, true)));
            for (text, is_typed) in texts {
                let Some((path, is_folder)) = path_of(text) else { continue };
                // Bake takes it from where it runs, as it is written.
                if !self.is_outside(&path) {
                    continue;
                }
                let shown = self.shown(&path, &path, is_typed);
                if is_folder && shown != UNSHOWN && self.is_missing(&path) {
                    needs.missing.insert(quoted(shown));
                }
                needs.flags.insert(flag(kind, shown));
            }
        }
        let files = options.files.map(|files| in_project("", &files.to_string_lossy()));
        needs.flags.extend(files.filter(|path| self.is_outside(path)).map(|path| flag("read", &path)));
    }

    /// The flag for a path of the project, if it needs one.
    fn flag_of(&self, kind: &str, path: &str, is_typed: bool) -> Option<String> {
        let whole = in_project(self.project, path);
        self.is_outside(&whole).then(|| flag(kind, self.shown(&whole, path, is_typed)))
    }

    /// A path that was not typed is shown as far as the compose file shows it: the value of a variable is not.
    fn shown<'p>(&self, whole: &'p str, path: &str, is_typed: bool) -> &'p str {
        let is_written = is_typed || memchr::memmem::find(self.written, path.as_bytes()).is_some();
        if is_written { whole } else { UNSHOWN }
    }

    /// Whether a path, or the nearest one above it that is there, leads out of the folder in which bake runs.
    fn is_outside(&self, path: &str) -> bool {
        match self.base {
            Some(base) => {
                let real = base.join(path).ancestors().find_map(fs::real_path);
                real.is_some_and(|real| !real.starts_with(base))
            }
            None => path.starts_with("..") || is_absolute(path),
        }
    }

    fn is_missing(&self, path: &str) -> bool {
        self.base.is_some_and(|base| fs::real_path(&base.join(path)).is_none())
    }
}

fn flag(kind: &str, path: &str) -> String {
    quoted(&format!("--allow=fs.{kind}={path}"))
}

/// The path in a cache or output of a folder or file, up to what differs between builds, and whether it is a folder.
fn local_path(text: &str, field: &str) -> Option<(String, bool)> {
    let fields = bake_text::fields(text)?;
    let get = |name: &str| bake_text::value(&fields, name);
    let kind = get("type").filter(|kind| matches!(*kind, "local" | "tar" | "oci" | "docker"))?;
    let path = get(field)?;
    let fixed = path.split('{').next().unwrap_or(path);
    let fixed = if fixed == path { path } else { fixed.rsplit_once('/').map_or("", |(folder, _)| folder) };
    Some((fixed.to_owned(), kind == "local"))
}

fn from(cache: &str) -> Option<(String, bool)> {
    local_path(cache, "src")
}

fn to(cache: &str) -> Option<(String, bool)> {
    local_path(cache, "dest")
}

/// The same of an output, which may be nothing but a folder. `-` is standard output.
fn output(text: &str) -> Option<(String, bool)> {
    match bake_text::short(&bake_text::fields(text)?) {
        Some(path) => (path != "-").then(|| (path.to_owned(), true)),
        None => local_path(text, "dest"),
    }
}
