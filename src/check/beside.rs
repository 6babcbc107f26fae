//! Files beside the Dockerfiles of a service that look like one of them, and are never read.

use std::collections::BTreeSet;
use std::path::Path;

use super::request::Request;
use super::rules::{UNREAD_IGNORE_FILE, UNUSED_DOCKERFILE};
use crate::arch::Arch;
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
    let names = fs::names_in(&folder).unwrap_or_default();
    let join = |name: &str| if inner.is_empty() { name.to_owned() } else { format!("{inner}/{name}") };
    let others: BTreeSet<String> = request.services.list().iter().map(dockerfile_of).collect();
    let is_of_other = |name: &str| {
        let mut stems = name.match_indices('.').filter_map(|(at, _)| name.get(..at));
        taken.contains(&join(name))
            || others.contains(&join(name))
            || stems.any(|stem| stem != base && others.contains(&join(stem)))
    };
    let is_there = |name: &str| names.binary_search_by(|other| other.as_str().cmp(name)).is_ok();
    let of_service = names.iter().filter(|name| !is_of_other(name));
    let shown = |folder: &Path, name: &str| display(folder, name).to_string_lossy().into_owned();
    let found = of_service.filter_map(|name| {
        let unread = unread(name, base, request.registry, is_there)?;
        Some((shown(&folder, name), unread))
    });
    let mut found: Vec<(String, UnreadFile)> = found.collect();
    if request.ignore_reader == IgnoreReader::Docker {
        return found;
    }
    let mut ignore_file = |file: String, message: &str, help: &str| {
        let (rule, message, help) = (UNREAD_IGNORE_FILE, message.to_owned(), help.to_owned());
        found.push((file, UnreadFile { rule, message, help }));
    };
    let own = format!("{base}{IGNORE_FILE}");
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

/// The Dockerfile that a service has without variants, as a path in the project.
fn dockerfile_of(service: &ServiceFiles) -> String {
    service.build.in_project(service.build.dockerfile.as_deref().unwrap_or("Dockerfile"))
}

/// Looks at the name of a file that lies beside a Dockerfile called `base`, or where one would be. `is_there` says
/// whether there is a file of another name.
fn unread(
    name: &str,
    base: &str,
    registry: &Registry,
    is_there: impl Fn(&str) -> bool,
) -> Option<UnreadFile> {
    let is_extension = |text: &str| is_extension(text, registry);
    if let Some(of) = name.strip_suffix(IGNORE_FILE)
        && let Some(extension) = of.strip_prefix(base).and_then(|rest| rest.strip_prefix('.'))
        && is_extension(extension)
    {
        let message = format!("no builder reads `{name}`: the Dockerfile that is built is called `{base}`");
        let help = format!("rename it to `{base}{IGNORE_FILE}`");
        return Some(UnreadFile { rule: UNREAD_IGNORE_FILE, message, help });
    }
    let (right, why) = right_names(name, base, registry)?;
    let message = format!("`{name}` is never taken: {why}");
    let help = match right.iter().find(|right| is_there(right)) {
        Some(right) => format!("`{right}` is there already: remove one of the two"),
        None => format!("rename it to `{}`", right.join("` or `")),
    };
    Some(UnreadFile { rule: UNUSED_DOCKERFILE, message, help })
}

/// Whether a Dockerfile with this extension may be taken.
fn is_extension(text: &str, registry: &Registry) -> bool {
    let is_slug = registry.device_type(text).is_some_and(|device| device.slug == *text);
    is_slug || registry.arch(text).is_some() || matches!(text, "template" | "tera")
}

/// The names that a file can have to be taken, if it looks as if it were meant so, and why it is not.
fn right_names(name: &str, base: &str, registry: &Registry) -> Option<(Vec<String>, String)> {
    const LETTERS: &str = "upper and lower case letters differ in names";
    let (name, is_text) = match name.len().checked_sub(4).and_then(|end| name.split_at_checked(end)) {
        Some((rest, end)) if end.eq_ignore_ascii_case(".txt") => (rest, true),
        _ => (name, false),
    };
    let of_text = || is_text.then(|| "it ends in `.txt`".to_owned());
    let (head, rest) = name.split_at_checked(base.len())?;
    if !head.eq_ignore_ascii_case(base) {
        return None;
    }
    let other_head = || (head != base).then(|| LETTERS.to_owned());
    if rest.is_empty() {
        return Some((vec![base.to_owned()], of_text().or_else(other_head)?));
    }
    let extension = rest.strip_prefix('.')?;
    if is_extension(extension, registry) {
        return Some((vec![format!("{base}.{extension}")], of_text().or_else(other_head)?));
    }
    let lower = extension.to_ascii_lowercase();
    let is_called = |arch: &&Arch| arch.aliases.iter().any(|alias| *alias == *lower);
    let arches: Vec<&str> = registry.arches().iter().filter(is_called).map(|arch| &*arch.slug).collect();
    let (right, why) = if is_extension(&lower, registry) {
        (vec![&*lower], LETTERS.to_owned())
    } else if let [first, others @ ..] = arches.as_slice() {
        let verb = if others.is_empty() { "name is" } else { "names are" };
        let more: String = others.iter().map(|other| format!(" and `{other}`")).collect();
        (arches.clone(), format!("balena's {verb} `{first}`{more}"))
    } else if let Some(device) = registry.device_type(&lower) {
        (vec![&*device.slug], format!("the device type is called `{}`", device.slug))
    } else {
        return None;
    };
    let right = right.iter().map(|right| format!("{base}.{right}")).collect();
    Some((right, of_text().unwrap_or(why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_never_taken() {
        let registry = Registry::embedded();
        let right = |name| right_names(name, "Dockerfile", &registry).map(|(right, _)| right.join(" "));
        for (name, meant) in [
            ("Dockerfile.arm64", "Dockerfile.aarch64"),
            ("Dockerfile.armv7", "Dockerfile.armv7hf"),
            ("Dockerfile.x86_64", "Dockerfile.amd64"),
            ("Dockerfile.RaspberryPi3", "Dockerfile.raspberrypi3"),
            ("Dockerfile.nuc", "Dockerfile.intel-nuc"),
            ("Dockerfile.armhf", "Dockerfile.armv7hf Dockerfile.rpi"),
            ("dockerfile.template", "Dockerfile.template"),
            ("Dockerfile.Template", "Dockerfile.template"),
            ("DOCKERFILE", "Dockerfile"),
            ("Dockerfile.template.txt", "Dockerfile.template"),
            ("Dockerfile.txt", "Dockerfile"),
            ("Dockerfile.arm64.TXT", "Dockerfile.aarch64"),
        ] {
            assert_eq!(right(name).as_deref(), Some(meant), "{name}");
        }
        for name in [
            "Dockerfile",
            "Dockerfile.aarch64",
            "Dockerfile.template",
            "Dockerfile.tera",
            "Dockerfile.raspberrypi3",
            "Dockerfile.dev",
            "Dockerfile.prod",
            "Dockerfile.dockerignore",
            "Dockerfile.template.bak",
            "Dockerfiles",
            "Dockerfil\u{e9}",
            ".txt",
            "\u{1F980}txt",
            "",
        ] {
            assert_eq!(right(name), None, "{name}");
        }
    }
}
