//! Which files of the build context came into the image, by the `COPY`s so far: lists of requirements are read there.

use std::rc::Rc;
use std::sync::Arc;

use crate::context::{BuildContext, Presence, place};
use crate::dockerfile::base_name;
use crate::software::usage::{Copied, CopySource};
use crate::source::Source;

/// The most copies that are kept.
const MOST: usize = 200;

/// The copies so far.
#[derive(Clone, Debug, Default)]
pub struct CopiedFiles {
    /// The path in the image, and that in the build context; nothing for what comes from elsewhere.
    all: Rc<Vec<(String, Option<String>)>>,
}

impl CopiedFiles {
    pub fn add(&mut self, copied: &Copied) {
        let source = match &copied.from {
            CopySource::Context(path) => Some(path.trim_end_matches('/').to_owned()),
            _ => None,
        };
        if self.all.len() < MOST {
            Rc::make_mut(&mut self.all).push((copied.path.clone(), source));
        }
    }

    /// The file of the build context at a path, seen from a working directory.
    pub fn read(&self, context: &BuildContext, path: &str, workdir: Option<&str>) -> Option<Arc<Source>> {
        let path = place(path, workdir.map(str::as_bytes))?;
        for (own, source) in self.all.iter().rev() {
            let below = if *own == path { Some("") } else { below(&path, own) };
            let (Some(rest), Some(source)) = (below, source) else { continue };
            let whole = [source.as_str(), rest].join("/");
            let whole = whole.trim_matches('/');
            if let Some(found) = context.read(whole) {
                return Some(found);
            }
        }
        None
    }

    /// Whether a file of this name may be in the image: it was copied, or a folder that has it or is not known.
    pub fn may_have(&self, context: Option<&BuildContext>, name: &str) -> bool {
        self.all.iter().any(|(own, source)| {
            let (Some(source), Some(context)) = (source, context) else { return true };
            let inside = if source.is_empty() { name.to_owned() } else { format!("{source}/{name}") };
            base_name(own) == name || base_name(source) == name || context.find(&inside) != Presence::Missing
        })
    }
}

/// What of a path is below a folder.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    path.strip_prefix(folder.trim_end_matches('/'))?.strip_prefix('/')
}
