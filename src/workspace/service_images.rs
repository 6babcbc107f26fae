//! The services of a compose file that run an image as it is: each becomes a Dockerfile of one `FROM`, so that
//! what looks at the images of Dockerfiles looks at these too. Places in it are those in the compose file.

use std::sync::Arc;

use crate::compose::Model;
use crate::compose::tree::At;
use crate::project::Choice;
use crate::project::dockerfile_choice::FileForm;
use crate::source::{Source, Trace, TracePiece};

/// A Dockerfile that stands for the image of a service.
pub struct ImageFile {
    /// The service.
    pub name: String,
    /// The Dockerfile.
    pub source: Source,
    /// As which file it counts.
    pub choice: Choice,
}

/// Stands for a space in the name of an image.
const SPACE: char = '\u{2423}';

/// Where the parts of a Dockerfile are written.
#[derive(Default)]
struct Traced {
    sources: Vec<Arc<Source>>,
    pieces: Vec<TracePiece>,
}

impl Traced {
    /// What follows `file` is what is written at a place.
    fn add(&mut self, file: &str, at: &At) {
        let [start, end] = [at.span.start, at.span.end].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
        let source = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        // The `FROM` in front belongs to the first of them.
        let at_byte = if self.pieces.is_empty() { 0 } else { file.len() };
        self.pieces.push(TracePiece { at: at_byte, source, start, value_end: Some(end) });
        self.sources.push(Arc::clone(&at.source));
    }
}

/// The services with only an image, by name. An image with a variable that has no value is left out: nobody
/// knows which one it is.
pub fn of_model(model: &Model) -> Vec<ImageFile> {
    let mut files = Vec::new();
    for (name, entry) in model.services() {
        let service = &entry.node;
        let Some(image) = service.get("image").filter(|image| !image.is_nothing()) else { continue };
        let Some(text) = image.as_text().filter(|_| service.get("build").is_none()) else { continue };
        if model.unset_at(&image.at).is_some() {
            continue;
        }
        // Docker refuses an image with a space in its name; here it would end the name.
        let text: String = text.chars().map(|c| if c.is_whitespace() { SPACE } else { c }).collect();
        let is_word = |text: &&str| !text.is_empty() && !text.contains(char::is_whitespace);
        let platform = service.get("platform");
        let platform = platform.and_then(|node| Some((node, node.as_text().filter(is_word)?)));
        let mut file = "FROM ".to_owned();
        let mut trace = Traced::default();
        if let Some((node, platform)) = platform {
            trace.add(&file, &node.at);
            file.push_str(&format!("--platform={platform} "));
        }
        trace.add(&file, &image.at);
        file.push_str(&format!("{text}\n"));
        let trace = Trace::new(trace.sources, trace.pieces);
        let source = Source::new(image.at.source.name(), file).made_from(trace);
        let path = image.at.source.name().to_owned();
        let choice = Choice { path, name: "Dockerfile".to_owned(), form: FileForm::Plain };
        files.push(ImageFile { name: name.to_owned(), source, choice });
    }
    files
}
