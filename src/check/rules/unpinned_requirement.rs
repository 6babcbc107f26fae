//! A Python package without its version: the same build gives another image tomorrow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::check::scope::shown;
use crate::check::{RenderingScope, Sink};
use crate::dockerfile::base_name;
use crate::shell::{has_version_limits, is_pinned, pip_packages, requirement_files};
use crate::source::{Source, Span};

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    // The paths that files of the context are copied to, by the last part of their name.
    let mut paths: BTreeMap<String, String> = BTreeMap::new();
    let mut folders: Vec<String> = vec![String::new()];
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let is_constrained = memchr::memmem::find(scope.file.source.bytes(), b"PIP_CONSTRAINT").is_some();
    for instruction in &scope.file.instructions {
        let sources = instruction.context_sources();
        // Several are copied into a folder.
        if let [only] = &sources[..] {
            let name = base_name(&only.destination).to_owned();
            paths.entry(name).or_insert_with(|| only.text.clone());
        }
        for source in sources {
            paths.insert(source.name().to_owned(), source.text.clone());
            if folders.len() < MOST_FOLDERS {
                folders.push(source.text);
            }
        }
        for command in scope.commands(instruction).iter() {
            let Some(words) = command.pip_install() else { continue };
            if has_version_limits(words) || is_constrained {
                continue;
            }
            for word in pip_packages(words).iter().filter(|word| !is_pinned(&word.text)) {
                let written = scope.written(&word.span);
                sink.report(&word.span, unpinned(written.trim_matches(['"', '\''])), HELP);
            }
            let Some(context) = scope.context else { continue };
            for word in requirement_files(words) {
                // Once is enough for a list that is installed from again and again.
                if !seen.insert(word.text.clone()) {
                    continue;
                }
                let name = base_name(&word.text);
                let own = paths.get(name).into_iter().cloned();
                let mut tried = own.chain(folders.iter().map(|folder| format!("{folder}/{name}")));
                if let Some(list) = tried.find_map(|path| context.read(&path)) {
                    in_list(&list, &word.span, sink);
                }
            }
        }
    }
}

/// Folders that a list is looked for in.
const MOST_FOLDERS: usize = 20;

const HELP: &str = "pin it: NAME==VERSION";

fn unpinned(name: &str) -> String {
    format!("`{}` is not pinned to one version", shown(name))
}

/// The lines of a list of requirements.
fn in_list(list: &Arc<Source>, at: &Span, sink: &mut Sink) {
    // A line of its own names the file that says the versions.
    let is_limit = |line: &[u8]| {
        let line = line.trim_ascii_start();
        line.starts_with(b"-c") || line.starts_with(b"--constraint")
    };
    if list.bytes().split(|&b| b == b'\n').any(is_limit) {
        return;
    }
    let mut start = 0;
    for line in list.bytes().split_inclusive(|&b| b == b'\n') {
        let text = String::from_utf8_lossy(line);
        let named = text.split(" #").next().unwrap_or_default().trim();
        let is_package = named.starts_with(|c: char| c.is_ascii_alphanumeric());
        if is_package && !is_pinned(named) {
            sink.report_in(list, start..start + named.len(), at, unpinned(named), HELP);
        }
        start += line.len();
    }
}
