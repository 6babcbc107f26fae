//! A project in a folder: its services, and the Dockerfile that one of them has for a device.

#[cfg(feature = "cli")]
use std::cell::RefCell;
#[cfg(feature = "cli")]
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::balena_yml;
use super::dockerfile_choice::{self, Choice, FileForm};
use super::service::Build;
use super::{Project, WhoBuilds, node};
use crate::compose;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::dockerfile::Builder;
use crate::error::{Error, Result};
use crate::fs::{self, Limit};
use crate::source::Source;
use crate::subject::Subject;

/// Reads the compose file of a folder, if it has one. `values` are what `${...}` can take, over what
/// the folder's own `.env` says; `builder` is who builds, if that is said.
pub fn read(
    folder: &Path,
    request: &compose::Request,
    limit: Limit,
    builder: Option<Builder>,
) -> Result<Project> {
    Project::read(|name| file_of_project(folder, name, limit), request, who_builds(folder, builder))
}

/// What is known of who builds the project in a folder.
fn who_builds(folder: &Path, asked: Option<Builder>) -> WhoBuilds {
    let folder = balena_yml::FOLDERS.into_iter().find(|name| fs::is_dir(&folder.join(name)));
    WhoBuilds { asked, folder }
}

/// A file of a project, if it is there.
///
/// # Errors
/// One that cannot be read, and one that is outside the project through a symbolic link.
pub(crate) fn file_of_project(folder: &Path, name: &str, limit: Limit) -> Result<Option<Source>> {
    let path = display(folder, name);
    if !fs::is_file(&path) {
        return Ok(None);
    }
    let above = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    refuse_links_out(above, &path, Place::of_path(&path))?;
    fs::read(&path, limit).map(Some)
}

/// The same as [`read`], with the paths of all files that were read, relative to the folder. Without `of_balena`,
/// what `.balena/balena.yml` says is left out, which only balena reads.
#[cfg(feature = "cli")]
pub fn read_listing_files(
    folder: &Path,
    request: &compose::Request,
    limit: Limit,
    builder: Option<Builder>,
    of_balena: bool,
) -> Result<(Project, BTreeSet<String>)> {
    let files = RefCell::new(BTreeSet::new());
    let get = |name: &str| {
        if !of_balena && balena_yml::NAMES.contains(&name) {
            return Ok(None);
        }
        let file = file_of_project(folder, name, limit)?;
        if file.is_some() {
            files.borrow_mut().insert(name.to_owned());
        }
        Ok(file)
    };
    let project = Project::read(get, request, who_builds(folder, builder))?;
    Ok((project, files.into_inner()))
}

/// The same as [`read`], with other content for some files: `changed` gives that of a path in the folder.
#[cfg(feature = "cli")]
pub fn read_changed(
    folder: &Path,
    request: &compose::Request,
    limit: Limit,
    builder: Option<Builder>,
    changed: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<Project> {
    let get = |name: &str| match changed(name) {
        Some(bytes) => Ok(Some(Source::new(display(folder, name).to_string_lossy(), bytes))),
        None => file_of_project(folder, name, limit),
    };
    Project::read(get, request, who_builds(folder, builder))
}

/// A path for messages and for opening: without the `.` in front.
pub(crate) fn display(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    path.strip_prefix(".").map(Path::to_owned).unwrap_or(path)
}

/// A Dockerfile that was found, or made.
#[derive(Debug)]
pub struct Found {
    /// Its text.
    pub source: Source,
    /// Which candidate it is; its paths are relative to the project.
    pub choice: Choice,
    /// What was probably not meant.
    pub warnings: Diagnostics,
}

/// Finds the Dockerfile of a service: by precedence, or the one that `named` or the compose file asks
/// for. With only a `package.json`, one is made.
///
/// # Errors
/// When there is none, or when the context or the file is outside the project through a symbolic
/// link. That `named` itself stays inside is the caller's to see to.
pub fn find(
    folder: &Path,
    build: &Build,
    named: Option<&str>,
    subject: &Subject,
    limit: Limit,
) -> Result<Found> {
    find_among(&Listing::default(), folder, build, named, subject, limit)
}

fn find_among(
    listing: &Listing,
    folder: &Path,
    build: &Build,
    named: Option<&str>,
    subject: &Subject,
    limit: Limit,
) -> Result<Found> {
    let context = context_of(folder, build);
    let context = context.as_path();
    let fault = |path: &Path, message: &str, help: &str| {
        Error::input(Diagnostic::error(Place::of_path(path), message).help(help))
    };
    // That of a Dockerfile outside the context is a listing of another folder.
    let is_known = listing.names.is_some() && !build.is_dockerfile_outside();
    if !is_known && !fs::is_dir(context) {
        return Err(Error::input(missing_context(folder, context, build)));
    }
    refuse_links_out(folder, context, Place::of_path(context))?;
    let named = named.or(build.dockerfile.as_deref());
    let exists = |path: &str| listing.has_file(folder, build, path);
    let at = |path: &str| display(folder, &build.in_project(path));
    let candidates = dockerfile_choice::candidates(named, subject.slug, subject.arch_slug());
    let mut choice = None;
    for candidate in &candidates {
        let path = at(&candidate.path);
        let is_file = match listing.has(&candidate.path) {
            Some(is_file) => is_file.then_some(true),
            None => fs::is_file_there(&path)?.filter(|_| fs::has_this_name(&path)),
        };
        match is_file {
            Some(true) => {
                choice = Some(candidate.clone());
                break;
            }
            // It would come first, and must not be passed over because it cannot be used.
            Some(false) => {
                let help = "put a file in its place, or remove it to use the next one";
                return Err(fault(&path, "this is not a regular file", help));
            }
            None => {}
        }
    }
    let Some(mut choice) = choice else {
        if named.is_none() && exists("package.json") {
            return made_for_node(context, subject, limit, build.in_project("package.json"));
        }
        if let Some(written) = &build.dockerfile
            && let Some(place) = build.places.dockerfile.as_ref().filter(|_| named == Some(written))
        {
            let beside = at(written).parent().map(Path::to_owned).unwrap_or_default();
            if fs::is_dir(&beside) {
                refuse_links_out(folder, &beside, place.clone())?;
            }
            let fault = doubled_folder(folder, build, written, place);
            return Err(Error::input(fault.unwrap_or_else(|| missing_file(folder, build, written, place))));
        }
        let names: Vec<String> = candidates.into_iter().map(|candidate| candidate.path).collect();
        let fault = Diagnostic::error(Place::of_path(context), "no Dockerfile here");
        let fault = fault.help(format!("looked for {}", names.join(", ")));
        return Err(Error::input(fault.help(what_is_in(context))));
    };
    let path = at(&choice.path);
    if let Some(rival) = dockerfile_choice::rival(&choice, named, exists) {
        let (message, help) = dockerfile_choice::rival_fault(&choice, &rival);
        return Err(fault(&path, &message, help));
    }
    if !listing.is_no_link(&choice.path) {
        refuse_links_out(folder, &path, Place::of_path(&path))?;
    }
    let mut warnings = Diagnostics::new();
    if choice.form != FileForm::Plain
        && choice.name != choice.path
        && !dockerfile_choice::is_named(&choice, named)
        && exists(&choice.name)
    {
        let place = Place::of_path(&at(&choice.name));
        warnings.push(|| Diagnostic::warning(place, format!("{} is used instead of this file", choice.path)));
    }
    choice.path = build.in_project(&choice.path);
    Ok(Found { source: fs::read(&path, limit)?, choice, warnings })
}

/// Opens a file that a template of a project includes, by its path in the project; nothing when there is
/// none. What is wrong is said at `place`, where it is included.
///
/// # Errors
/// When it is no regular file, when it is outside the project through a symbolic link, when it cannot
/// be read.
pub fn open_included(folder: &Path, path: &str, place: &Place, limit: Limit) -> Result<Option<Source>> {
    let path = display(folder, path);
    if !fs::is_there(&path) {
        return Ok(None);
    }
    if !fs::is_file(&path) {
        let message = "what is included here is no regular file";
        return Err(Error::input(Diagnostic::error(place.clone(), message)));
    }
    refuse_links_out(folder, &path, place.clone())?;
    fs::read(&path, limit).map(Some)
}

/// The files beside a Dockerfile, looked at once: a project may have a thousand services, and each
/// question to the system takes as long as a render.
#[derive(Debug, Default)]
struct Listing {
    /// The folder in the build context, with a slash at its end unless it is the context itself.
    inner: String,
    /// The names in it, sorted, with whether they are regular files by themselves; nothing when nobody
    /// has looked.
    names: Option<Vec<(String, bool)>>,
}

impl Listing {
    /// Whether a path in the build context is that of a regular file; nothing when that is not known: of
    /// folders, of links, and of what is elsewhere.
    fn has(&self, path: &str) -> Option<bool> {
        let names = self.names.as_ref()?;
        let name = path.strip_prefix(self.inner.as_str()).filter(|name| !name.contains('/'))?;
        match names.binary_search_by(|(own, _)| own.as_str().cmp(name)) {
            Ok(at) => names[at].1.then_some(true),
            Err(_) => Some(false),
        }
    }

    fn has_file(&self, folder: &Path, build: &Build, path: &str) -> bool {
        let is_file = |path: &Path| fs::is_file(path) && fs::has_this_name(path);
        self.has(path).unwrap_or_else(|| is_file(&display(folder, &build.in_project(path))))
    }

    /// Whether a path is surely no link and leads through none below the build context.
    fn is_no_link(&self, path: &str) -> bool {
        self.inner.is_empty() && self.has(path) == Some(true)
    }
}

/// The Dockerfile of a service, as [`find`] finds it, if it is the same for every device. It may not be
/// when there are variants of it, or when it is made for a platform.
///
/// # Errors
/// As those of [`find`], and when the folder cannot be read.
pub fn find_shared(folder: &Path, build: &Build, named: Option<&str>, limit: Limit) -> Result<Option<Found>> {
    let plain = dockerfile_choice::candidates(named.or(build.dockerfile.as_deref()), None, None);
    let base = plain.iter().map(|candidate| candidate.path.as_str()).min_by_key(|path| path.len());
    let Some(base) = base else { return Ok(None) };
    let (inner, name) = base.rsplit_once('/').unwrap_or(("", base));
    let beside = folder_of(folder, &build.in_project(inner));
    let mut listing = Listing::default();
    // If there is no such folder, finding says so.
    if fs::is_dir(&beside) {
        // The extension of a name that is given may be that of a device or an arch.
        let has_extension =
            name.rsplit_once('.').is_some_and(|(stem, extension)| !stem.is_empty() && is_variant(extension));
        let names = fs::entries_in(&beside)?;
        let extension = |other: &str| other.strip_prefix(name)?.strip_prefix('.').map(is_variant);
        let has_variant = names.iter().any(|(other, _)| extension(other) == Some(true));
        let inner = if inner.is_empty() { String::new() } else { format!("{inner}/") };
        listing = Listing { inner, names: Some(names) };
        let is_there = plain.iter().any(|candidate| listing.has_file(folder, build, &candidate.path));
        if has_extension || has_variant || !is_there {
            return Ok(None);
        }
    }
    find_among(&listing, folder, build, named, &Subject::default(), limit).map(Some)
}

/// The fault of a build context that is no folder, with the folder that is probably meant.
fn missing_context(project: &Path, context: &Path, build: &Build) -> Diagnostic {
    let Some(place) = build.places.context.clone() else {
        let fault = Diagnostic::error(Place::of_path(context), "the build context is not a folder");
        return fault.help("correct `context:` in the compose file");
    };
    let (parent, name) = build.context.rsplit_once('/').unwrap_or(("", &build.context));
    let above = display(project, parent);
    let above = if above.as_os_str().is_empty() { Path::new(".") } else { &above };
    // The names of files outside the project are nobody's business.
    let is_inside = fs::is_inside(project, above).unwrap_or(false);
    let beside = if is_inside { fs::entries_in(above).unwrap_or_default() } else { Vec::new() };
    let folders = beside.iter().filter(|(_, is_file)| !is_file).map(|(name, _)| &**name);
    let nearest = crate::nearest::nearest(name, folders);
    let help = match nearest.first() {
        Some(near) if parent.is_empty() => format!("did you mean ./{near}?"),
        Some(near) => format!("did you mean ./{parent}/{near}?"),
        None => "make the folder, or correct the path".to_owned(),
    };
    Diagnostic::error(place, format!("the build context `{}` is not a folder", build.context)).help(help)
}

/// The fault of a Dockerfile whose path has the folder of the context in it, although it is relative to it.
fn doubled_folder(project: &Path, build: &Build, written: &str, place: &Place) -> Option<Diagnostic> {
    let rest = written.strip_prefix(&build.context)?.strip_prefix('/')?;
    let meant = format!("{}/{rest}", build.context);
    let is_there =
        ["", ".template", ".tera"].iter().any(|end| fs::is_file(&display(project, &format!("{meant}{end}"))));
    let message = format!("there is no `{written}` in the build context `{}`", build.context);
    let help = format!("the path is relative to the context: write {rest}");
    is_there.then(|| Diagnostic::error(place.clone(), message).help(help))
}

/// The fault of a Dockerfile that the compose file names and that is not there, with the one that is probably meant.
fn missing_file(project: &Path, build: &Build, written: &str, place: &Place) -> Diagnostic {
    let path = build.in_project(written);
    let (inner, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let folder = project.join(inner);
    let names = fs::entries_in(&folder).unwrap_or_default();
    let files = names.iter().filter(|(_, is_file)| *is_file).map(|(name, _)| {
        let without = [".template", ".tera"].iter().find_map(|end| name.strip_suffix(end));
        without.unwrap_or(name)
    });
    let help = match crate::nearest::did_you_mean(name, files) {
        Some(help) => help,
        None if fs::is_dir(&folder) => what_is_in(&folder),
        None => format!("there is no folder {inner}: make it, or correct the path"),
    };
    let of_folder = if inner.is_empty() { String::new() } else { format!(" in {inner}") };
    Diagnostic::error(place.clone(), format!("there is no Dockerfile `{name}`{of_folder}")).help(help)
}

/// What lies in a folder that has no Dockerfile: what looks like one comes first.
fn what_is_in(folder: &Path) -> String {
    const MOST: usize = 10;
    let mut names = fs::names_in(folder).unwrap_or_default();
    names.sort_by_key(|name| !name.to_ascii_lowercase().starts_with("dockerfile"));
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    match (names.len(), more) {
        (0, _) => "the folder is empty".to_owned(),
        (_, 0) => format!("the folder has {}", names.join(", ")),
        _ => format!("the folder has {} and {more} more", names.join(", ")),
    }
}

fn context_of(project: &Path, build: &Build) -> PathBuf {
    folder_of(project, &build.context)
}

fn folder_of(project: &Path, inner: &str) -> PathBuf {
    let folder = display(project, inner);
    if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder }
}

/// Whether the extension of a Dockerfile can be that of a device type or an arch.
fn is_variant(extension: &str) -> bool {
    !matches!(extension, "template" | "tera")
}

fn refuse_links_out(folder: &Path, path: &Path, place: Place) -> Result<()> {
    if fs::is_inside(folder, path)? {
        return Ok(());
    }
    let fault = Diagnostic::error(place, "a symbolic link leads out of the project");
    Err(Error::input(fault.help("put the file itself into the project")))
}

fn made_for_node(context: &Path, subject: &Subject, limit: Limit, shown: String) -> Result<Found> {
    let source = Arc::new(fs::read(&display(context, "package.json"), limit)?);
    let Some(platform) = subject.platform() else {
        let message = "the Node image depends on a platform";
        return Err(Error::input(Diagnostic::error_at(&source, 0..0, message)));
    };
    let names = fs::names_in(context)?;
    let has_native = names.iter().any(|name| name == "wscript" || name.ends_with(".gyp"));
    let text = node::dockerfile(&source, platform, has_native).map_err(Error::input)?;
    Ok(Found {
        source: Source::new(source.name(), text),
        choice: Choice { path: shown, name: "Dockerfile".to_owned(), form: FileForm::Plain },
        warnings: Diagnostics::new(),
    })
}
