//! The services of a compose file that run an image as it is: each becomes a Dockerfile of one `FROM`, so that
//! what looks at the images of Dockerfiles looks at these too. Places in it are those in the compose file.

use std::sync::Arc;

use crate::compose::Model;
use crate::compose::tree::Node;
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

/// The services with only an image, by name. An image with a variable that has no value is left out: nobody
/// knows which one it is.
pub fn of_model(model: &Model) -> Vec<ImageFile> {
    let mut files = Vec::new();
    for (name, entry) in model.services() {
        let service = &entry.node;
        let Some(image) = service.get("image").filter(|image| !image.is_nothing()) else { continue };
        let Some(text) = image.as_text().filter(|_| service.get("build").is_none()) else { continue };
        if model.unset_at(&image.at).is_some() || text.contains(char::is_whitespace) {
            continue;
        }
        let platform = service.get("platform").and_then(Node::as_text).filter(|text| !text.is_empty());
        let platform = platform.map_or(String::new(), |platform| format!("--platform={platform} "));
        let file = format!("FROM {platform}{text}\n");
        let span = &image.at.span;
        let [start, end] = [span.start, span.end].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
        let piece = TracePiece { at: 0, source: 0, start, value_end: Some(end) };
        let trace = Trace::new(vec![Arc::clone(&image.at.source)], vec![piece]);
        let source = Source::new(image.at.source.name(), file).made_from(trace);
        let path = image.at.source.name().to_owned();
        let choice = Choice { path, name: "Dockerfile".to_owned(), form: FileForm::Plain };
        files.push(ImageFile { name: name.to_owned(), source, choice });
    }
    files
}
