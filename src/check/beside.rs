//! Files beside the Dockerfiles of a service that look like one of them, and are never read.

use std::collections::BTreeSet;
use std::path::Path;

use super::dockerfile_names::{is_extension, right_names};
use super::request::Request;
use super::rules::{UNREAD_IGNORE_FILE, UNUSED_DOCKERFILE};
use crate::device_types::Registry;
use crate::fs;
use crate::ignore_files::{self, IgnoreReader};
use crate::project::directory::display;
use crate::workspace::ServiceFiles;

/// The ignore file of a Dockerfile ends in this.
const IGNORE_FILE: &str = ".dockerignore";

/// Why a file is never read.
#[derive(Debug, PartialEq, Eq)]
pub struct UnreadFile {
    pub rule: &'static str,
    pub message: String,
    pub help: String,
}

/// The files beside the Dockerfiles of a service that are never read, each with its path. `taken` are the paths of
/// its Dockerfiles in the project.
pub fn unread_files(
    request: &Request,
    service: &ServiceFiles,
    taken: &BTreeSet<String>,
) -> Vec<(String, UnreadFile)> {
    let Some(project) = request.folder.filter(|_| request.services.is_of_project) else { return Vec::new() };
    let path = dockerfile_of(service);
    let (inner, base) = path.rsplit_once('/').unwrap_or(("", &path));
    let folder = if inner.is_empty() { project.to_owned() } else { project.join(inner) };
    // What is wrong with the folder is said elsewhere.
    if !fs::is_inside(project, &folder).unwrap_or(false) {
        return Vec::new();
    }
    let entries = fs::entries_in(&folder).unwrap_or_default();
    let names: Vec<&str> = entries.iter().map(|(name, _)| &**name).collect();
    let join = |name: &str| if inner.is_empty() { name.to_owned() } else { format!("{inner}/{name}") };
    let others: BTreeSet<String> = request.services.list().iter().map(dockerfile_of).collect();
    let is_of_other = |name: &str| {
        let mut stems = name.match_indices('.').filter_map(|(at, _)| name.get(..at));
        taken.contains(&join(name))
            || others.contains(&join(name))
            || stems.any(|stem| stem != base && others.contains(&join(stem)))
    };
    let is_there = |name: &str| names.binary_search(&name).is_ok();
    let files = entries.iter().filter(|(_, is_file)| *is_file).map(|(name, _)| name);
    let of_service = files.filter(|name| !is_of_other(name));
    let shown = |folder: &Path, name: &str| display(folder, name).to_string_lossy().into_owned();
    let registry = request.catalogue.registry();
    let result = result_name(base);
    let found = of_service.filter_map(|name| {
        let unread =
            unread_ignore_file(name, result, registry).or_else(|| unread(name, base, registry, is_there))?;
        let is_named = unread.rule == UNUSED_DOCKERFILE && is_named_elsewhere(project, name, request);
        (!is_named).then(|| (shown(&folder, name), unread))
    });
    let mut found: Vec<(String, UnreadFile)> = found.collect();
    if request.ignore_reader == IgnoreReader::Docker {
        return found;
    }
    let mut ignore_file = |file: String, message: &str, help: &str| {
        let (rule, message, help) = (UNREAD_IGNORE_FILE, message.to_owned(), help.to_owned());
        found.push((file, UnreadFile { rule, message, help }));
    };
    let own = format!("{result}{IGNORE_FILE}");
    if is_there(&own) {
        let help = "write its lines into `.dockerignore`";
        ignore_file(shown(&folder, &own), "balena reads no ignore file of a Dockerfile", help);
    }
    let context = project.join(&service.build.context);
    let is_of_service = !service.build.context.is_empty() && fs::is_file(&context.join(ignore_files::NAME));
    if is_of_service && request.ignore_reader == IgnoreReader::Balena {
        let message = "balena reads only the `.dockerignore` of the project, for all services";
        let help = "write its lines there, or call balena and dtpl with --multi-dockerignore";
        ignore_file(shown(&context, ignore_files::NAME), message, help);
    }
    found
}

/// Whether another file of the project names a Dockerfile: a compose file that is not read here, a bake file, a
/// makefile, a script, a workflow.
fn is_named_elsewhere(project: &Path, name: &str, request: &Request) -> bool {
    const LONGEST: fs::Limit = fs::Limit { bytes: 1 << 20, flag: "" };
    const MOST: usize = 100;
    let own = request.services.compose.as_deref();
    let workflows = project.join(".github/workflows");
    let files = [project, &workflows].into_iter().flat_map(|folder| {
        let names = fs::entries_in(folder).unwrap_or_default().into_iter();
        let files = names.filter(|(name, is_file)| *is_file && may_name_dockerfiles(name));
        files.map(|(name, _)| display(folder, &name)).collect::<Vec<_>>()
    });
    let others = files.filter(|path| own != Some(&*path.to_string_lossy())).take(MOST);
    let texts = others.filter_map(|path| fs::read(&path, LONGEST).ok());
    texts.into_iter().any(|text| has_word(text.bytes(), name.as_bytes()))
}

/// Whether a file may say which Dockerfile is built, by its name.
fn may_name_dockerfiles(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    ends(&[".yml", ".yaml", ".hcl", ".json", ".sh", ".mk"])
        || matches!(name.as_str(), "makefile" | "justfile" | "jenkinsfile" | "earthfile")
}

/// Whether a text has a name by itself, which is not part of a longer one, and no key of YAML.
fn has_word(text: &[u8], name: &[u8]) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b"._-".contains(b));
    memchr::memmem::find_iter(text, name).any(|at| {
        let after = text.get(at + name.len());
        !is_part(at.checked_sub(1).and_then(|at| text.get(at))) && !is_part(after) && after != Some(&b':')
    })
}

/// The Dockerfile that a service has without variants, as a path in the project.
fn dockerfile_of(service: &ServiceFiles) -> String {
    service.build.in_project(service.build.dockerfile.as_deref().unwrap_or("Dockerfile"))
}

/// What the rendered Dockerfile is called, where the compose file names a template: its name without the extension. The
/// extension of a device or arch is left out for that device alone.
fn result_name(base: &str) -> &str {
    [".template", ".tera"].iter().find_map(|extension| base.strip_suffix(extension)).unwrap_or(base)
}

/// Looks at the name of a file that lies beside a Dockerfile that becomes `result`: whether it is the ignore file of a
/// template.
fn unread_ignore_file(name: &str, result: &str, registry: &Registry) -> Option<UnreadFile> {
    let extension = name.strip_suffix(IGNORE_FILE)?.strip_prefix(result)?.strip_prefix('.')?;
    if !is_extension(extension, registry) {
        return None;
    }
    let message = format!("no builder reads `{name}`: the Dockerfile that is built is called `{result}`");
    let help = format!("rename it to `{result}{IGNORE_FILE}`");
    Some(UnreadFile { rule: UNREAD_IGNORE_FILE, message, help })
}

/// Looks at the name of a file that lies beside a Dockerfile called `base`, or where one would be. `is_there` says
/// whether there is a file of another name.
fn unread(
    name: &str,
    base: &str,
    registry: &Registry,
    is_there: impl Fn(&str) -> bool,
) -> Option<UnreadFile> {
    let (right, why) = right_names(name, base, registry)?;
    let message = format!("`{name}` is never taken: {why}");
    let help = match right.iter().find(|right| is_there(right)) {
        Some(right) => format!("`{right}` is there already: remove one of the two"),
        None => format!("rename it to `{}`", right.join("` or `")),
    };
    Some(UnreadFile { rule: UNUSED_DOCKERFILE, message, help })
}
