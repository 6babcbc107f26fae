//! What a `COPY` or an `ADD` brings to which path of the image, and which programs are among it.

use regex_lite::Regex;

use super::event::{Copied, CopySource, Event, Why};
use super::paths::{is_program_folder, may_hold_programs, program_folders_in, trimmed};
use crate::context::{BuildContext, Presence, clean, place};
use crate::dockerfile::{
    Arg, Budget, CopyFrom, Dockerfile, Environment, Instruction, Keyword, base_name, is_git_source,
};
use crate::ignore_files::expression;

/// So many files of a folder are listed, and so many of all folders.
const MOST_FILES: usize = 2_000;
const MOST_LISTED: usize = 10_000;
/// The ends of archives that `ADD` unpacks.
const ARCHIVES: [&str; 11] = [
    ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tbz", ".tar.zst", ".tzst", ".tar.Z",
];

/// How many files of folders may still be listed.
pub(super) struct Listing(usize);

impl Default for Listing {
    fn default() -> Self {
        Listing(MOST_LISTED)
    }
}

impl Listing {
    /// The names in a folder of the build context; none if there are too many.
    fn names(&mut self, context: &BuildContext, folder: &str) -> Option<Vec<String>> {
        let most = MOST_FILES.min(self.0);
        let names = if most == 0 { None } else { context.names_in(folder, most) };
        // A folder with too many was read as well.
        let cost = names.as_ref().map_or(most, |names| names.len().max(1));
        self.0 = self.0.saturating_sub(cost);
        names
    }
}

/// Adds what happens by a `COPY` or an `ADD`.
pub(super) fn copies(
    file: &Dockerfile,
    instruction: &Instruction,
    environment: &Environment,
    (context, listing): (Option<&BuildContext>, &mut Listing),
    budget: &mut Budget,
    events: &mut Vec<Event>,
) {
    let Some(last) = instruction.args.last() else { return };
    let written = environment.expand(&last.text, file.escape, budget);
    let path = written.as_deref().and_then(|path| place(path, environment.workdir()));
    let ends_as_folder = written.as_deref().is_none_or(|path| matches!(base_of(path), "" | "." | ".."));
    let mut copying = Copying {
        is_folder: ends_as_folder
            || instruction.sources().len() > 1
            || path.as_deref().is_some_and(is_program_folder),
        // Unknown: somewhere.
        destination: path.unwrap_or_default(),
        is_plain: instruction.flag("parents").is_none() && instruction.flag("exclude").is_none(),
        unpacks: instruction.keyword == Keyword::Add,
        context,
        listing,
        events,
    };
    let from = instruction.flag("from").map(|_| file.copy_from(instruction));
    for source in instruction.sources() {
        copying.source(source, from.as_ref(), instruction, &mut |arg| {
            environment.expand(&arg.text, file.escape, budget)
        });
    }
}

/// The last part of a path as it is written: empty after a `/`.
fn base_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

struct Copying<'c, 'e> {
    /// Absolute, or below a folder that is not known; the root is `/`.
    destination: String,
    is_folder: bool,
    /// Whether no flag changes which files come where.
    is_plain: bool,
    unpacks: bool,
    context: Option<&'c BuildContext>,
    listing: &'e mut Listing,
    events: &'e mut Vec<Event>,
}

impl Copying<'_, '_> {
    fn source(
        &mut self,
        source: &Arg,
        from: Option<&Option<CopyFrom>>,
        instruction: &Instruction,
        expand: &mut dyn FnMut(&Arg) -> Option<String>,
    ) {
        if source.text.starts_with(b"<<") || instruction.is_heredoc(source) {
            let name = base_name(&String::from_utf8_lossy(&source.text).replace(['<', '-', '"', '\''], ""))
                .to_owned();
            return self.file(&name, CopySource::Text);
        }
        let Some(text) = expand(source) else {
            // Its name is not known; if it comes to a path of its own, that is.
            let written = String::from_utf8_lossy(&source.text).into_owned();
            let is_file = !self.is_folder;
            self.file(base_name(&written), CopySource::Context(String::new()));
            if !is_file {
                self.opaque();
            }
            return;
        };
        match from {
            Some(from) => {
                let path = format!("/{}", clean(&text).unwrap_or_default());
                let from = match from {
                    Some(CopyFrom::Stage(stage)) => CopySource::Stage(*stage, path.clone()),
                    _ => CopySource::Image(path.clone()),
                };
                self.elsewhere(&path, from);
            }
            None if text.contains("://") || is_git_source(text.as_bytes()) => {
                let plain = text.split(['?', '#']).next().unwrap_or_default().to_owned();
                let is_repository = is_git_source(text.as_bytes());
                self.file(base_name(&plain), CopySource::Url(text));
                if is_repository {
                    self.opaque();
                }
            }
            None => self.of_context(&text),
        }
    }

    /// A file or folder of another stage or image. Which of the two is known only by its path.
    fn elsewhere(&mut self, path: &str, from: CopySource) {
        let name = base_name(path).to_owned();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let is_pattern = path.contains(['*', '?', '[']);
        // `/app.jar`, but not `/opt/x-1.2`.
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        let has_end = !end.is_empty() && end.bytes().all(|b| b.is_ascii_alphabetic()) && end != "d";
        let is_file =
            !is_pattern && (has_end || matches!(base_name(folder), "bin" | "sbin") && !name.is_empty());
        let is_named = !self.is_folder && !is_program_folder(&self.destination) && !self.holds_programs();
        if is_pattern {
            self.push(self.destination.clone(), from);
        } else {
            self.file(&name, from);
        }
        // A folder such as `/usr/src/app` holds a project, and no folders of programs, wherever it comes to.
        let is_project = self.destination.is_empty() && path.matches('/').count() > 1 && path != "/usr/local";
        if is_project {
            self.events.push(Event::Opaque(Why::Files));
        } else if !is_file && !is_named {
            self.opaque();
        }
    }

    fn of_context(&mut self, text: &str) {
        let from = |path: &str| CopySource::Context(path.to_owned());
        let Some(path) = clean(text) else { return self.opaque() };
        if self.unpacks && ARCHIVES.iter().any(|end| path.ends_with(end)) {
            self.push(self.destination.clone(), from(&path));
            return self.opaque();
        }
        let name = base_name(&path).to_owned();
        let Some(context) = self.context else {
            // A file or a folder: an end such as `.sh` is one of a file.
            let is_file =
                name.contains('.') && !name.contains('*') || !self.is_folder && !self.holds_programs();
            if !name.contains(['*', '?', '[']) {
                self.file(&name, from(&path));
            }
            if !is_file {
                self.opaque();
            }
            return;
        };
        if path.contains(['*', '?', '[', '\\']) {
            return self.pattern(context, &path);
        }
        match context.find(&path) {
            Presence::Folder => self.folder(context, &path),
            Presence::File => self.file(&name, from(&path)),
            _ => {
                self.file(&name, from(&path));
                if !name.contains('.') {
                    self.opaque();
                }
            }
        }
    }

    /// The files that a wildcard in the last part of a path matches.
    fn pattern(&mut self, context: &BuildContext, path: &str) {
        let (folder, pattern) = path.rsplit_once('/').unwrap_or(("", path));
        let names = self.listing.names(context, folder);
        let pattern = Regex::new(&expression(pattern));
        let (Some(names), Ok(pattern), false) = (names, pattern, folder.contains(['*', '?', '[', '\\']))
        else {
            self.push(self.destination.clone(), CopySource::Context(path.to_owned()));
            return self.opaque();
        };
        self.is_folder = true;
        for name in names.iter().filter(|name| pattern.is_match(name)) {
            let path = join(folder, name);
            match context.find(&path) {
                Presence::Folder => self.folder(context, &path),
                Presence::File => self.file(name, CopySource::Context(path)),
                _ => {}
            }
        }
    }

    /// What is in a folder of the build context, as far as it comes to folders of programs.
    fn folder(&mut self, context: &BuildContext, path: &str) {
        self.push(self.destination.clone(), CopySource::Context(path.to_owned()));
        // A working directory that is not known may be the root.
        let folders: Vec<_> = match &*self.destination {
            "" => program_folders_in("/").collect(),
            destination if destination.starts_with('/') => program_folders_in(destination).collect(),
            _ => Vec::new(),
        };
        for (programs, inside) in folders {
            let folder = join(path, inside);
            if context.find(&folder) != Presence::Folder {
                continue;
            }
            match self.listing.names(context, &folder) {
                Some(names) => {
                    for name in names {
                        let from = CopySource::Context(join(&folder, &name));
                        self.push(format!("{programs}/{name}"), from);
                    }
                }
                None => self.opaque(),
            }
        }
    }

    /// A file of this name.
    fn file(&mut self, name: &str, from: CopySource) {
        let path = match self.is_folder {
            true if self.destination.is_empty() => name.to_owned(),
            true => format!("{}/{name}", trimmed(&self.destination)),
            false => self.destination.clone(),
        };
        self.push(path, from);
    }

    fn push(&mut self, path: String, from: CopySource) {
        self.events.push(Event::Copied(Copied { path, from }));
        if !self.is_plain {
            self.opaque();
        }
    }

    fn holds_programs(&self) -> bool {
        self.destination.starts_with('/') && may_hold_programs(&self.destination)
    }

    /// Something more comes, of which it is not known what it is: only folders of programs matter.
    fn opaque(&mut self) {
        if self.holds_programs() || self.destination.is_empty() {
            self.events.push(Event::Opaque(Why::Folder));
        }
    }
}

fn join(folder: &str, name: &str) -> String {
    match (folder, name) {
        ("", name) => name.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, name) => format!("{folder}/{name}"),
    }
}
