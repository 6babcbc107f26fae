//! The files that a template includes, read before it runs: a path in an `include` is a text in quotes,
//! so that all of them are known.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::profile::TEMPLATE;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, RuleName};
use crate::error::{Error, Result};
use crate::escape::shortened;
use crate::source::{Source, Span};
use crate::tera_sandbox::{includes, path_inside};

/// How deep includes may be nested.
const DEEPEST: usize = 16;
/// Files of one template, itself among them.
const MOST_FILES: usize = 64;
/// Bytes of all of them.
const MOST_BYTES: usize = 1 << 20;

/// Opens a file of the project, by its path in it; nothing when there is none.
///
/// What is wrong with it is said at the `include`, which is given as well.
pub type Open<'o> = dyn Fn(&str, &Place) -> Result<Option<Source>> + 'o;

struct Loader<'l> {
    open: &'l Open<'l>,
    files: Vec<(String, Arc<Source>)>,
    /// How deep the includes of each file are nested, the file itself counted.
    heights: BTreeMap<String, usize>,
    bytes: usize,
    faults: Diagnostics,
}

/// The template, and all that it includes, each with its path.
pub(super) fn all(source: &Arc<Source>, path: &str, open: &Open) -> Result<Vec<(String, Arc<Source>)>> {
    let path = path_inside(path).unwrap_or_else(|_| "Dockerfile.tera".to_owned());
    let mut loader = Loader {
        open,
        files: vec![(path.clone(), Arc::clone(source))],
        heights: BTreeMap::new(),
        bytes: source.bytes().len(),
        faults: Diagnostics::new(),
    };
    loader.visit(&mut vec![path], source)?;
    if loader.faults.is_empty() { Ok(loader.files) } else { Err(Error::Input(loader.faults)) }
}

impl Loader<'_> {
    fn fault(&mut self, source: &Arc<Source>, span: &Span, message: String, help: &str) {
        let fault = || Diagnostic::error_at(source, span.clone(), message).help(help);
        self.faults.push(|| fault().of_rule(RuleName::Syntax));
    }

    /// Reads what a file includes. `way` leads to it from the template; the depth of the calls is that
    /// of the includes, which is limited.
    fn visit(&mut self, way: &mut Vec<String>, source: &Arc<Source>) -> Result<usize> {
        let found = match includes(source, &TEMPLATE) {
            Ok(found) => found,
            Err(faults) => {
                self.faults.append(faults);
                return Ok(1);
            }
        };
        let mut height = 1;
        for include in found {
            if let Some(at) = way.iter().position(|path| *path == include.path) {
                let mut round: Vec<&str> = way[at..].iter().map(String::as_str).collect();
                round.push(&include.path);
                let message = format!("a file includes itself: {}", round.join(" -> "));
                let message = shortened(&message, 300).into_owned();
                self.fault(source, &include.place, message, "leave one of these includes out");
                continue;
            }
            let below = match self.heights.get(&include.path) {
                Some(below) => Some(*below),
                None => self.load(way, source, &include.path, &include.place)?,
            };
            let Some(below) = below else { continue };
            if way.len() + below > DEEPEST + 1 {
                self.too_deep(source, &include.place);
                continue;
            }
            height = height.max(1 + below);
        }
        Ok(height)
    }

    fn too_deep(&mut self, source: &Arc<Source>, span: &Span) {
        let message = format!("includes are nested deeper than the limit of {DEEPEST}");
        self.fault(source, span, message, "include the file further up");
    }

    fn load(
        &mut self,
        way: &mut Vec<String>,
        from: &Arc<Source>,
        path: &str,
        place: &Span,
    ) -> Result<Option<usize>> {
        if way.len() > DEEPEST {
            self.too_deep(from, place);
            return Ok(None);
        }
        if self.files.len() >= MOST_FILES {
            let message = format!("this template has more files than the limit of {MOST_FILES}");
            self.fault(from, place, message, "include fewer files");
            return Ok(None);
        }
        let there = Place::Text(Arc::clone(from), place.clone());
        let opened = match (self.open)(path, &there) {
            Ok(opened) => opened,
            Err(Error::Input(faults)) => {
                self.faults.append(faults);
                // Once is enough.
                self.heights.insert(path.to_owned(), 1);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let Some(source) = opened else {
            let message = format!("there is no file `{}` in the project", shortened(path, 80));
            self.fault(from, place, message, "the path of an include begins at the project's folder");
            self.heights.insert(path.to_owned(), 1);
            return Ok(None);
        };
        self.bytes = self.bytes.saturating_add(source.bytes().len());
        if self.bytes > MOST_BYTES {
            let message =
                format!("the files of this template have more bytes than the limit of {MOST_BYTES}");
            self.fault(from, place, message, "include less");
            return Ok(None);
        }
        let source = Arc::new(source);
        self.files.push((path.to_owned(), Arc::clone(&source)));
        way.push(path.to_owned());
        let height = self.visit(way, &source)?;
        way.pop();
        self.heights.insert(path.to_owned(), height);
        Ok(Some(height))
    }
}
