//! The `package.json` of an archive, from which a Dockerfile is generated if the archive has none.

use std::sync::Arc;

use super::dockerfiles::DockerfileEntry;
use super::header::EntryKind;
use super::member::Member;
use crate::diagnostic::Place;
use crate::error::{Error, Result};
use crate::project::dockerfile_choice::FileForm;
use crate::project::{Candidate, node};
use crate::source::Source;

/// A `package.json` longer than this is not read.
const LONGEST: u64 = 1 << 20;

/// The files that a Dockerfile is generated from.
#[derive(Default)]
pub struct Package {
    found: Option<DockerfileEntry>,
    has_native: bool,
    fault: Option<(Place, String)>,
}

impl Package {
    /// Looks at an entry. Says whether its data is wanted.
    pub fn judge(&mut self, member: &Member, path: &[u8], raw: &[u8]) -> bool {
        let is_file = member.kind == EntryKind::File && !member.is_sparse;
        self.has_native |= path == b"wscript" || (path.ends_with(b".gyp") && !path.contains(&b'/'));
        if path != b"package.json" {
            return false;
        }
        let fault = match (&self.found, is_file) {
            (_, false) => Some("package.json is not a regular file".to_owned()),
            (Some(_), _) => Some("the archive contains package.json twice".to_owned()),
            _ if member.size > LONGEST => {
                Some(format!("package.json is longer than the limit of {LONGEST} bytes"))
            }
            _ => None,
        };
        if let Some(message) = fault {
            // Reported only if there is no Dockerfile.
            self.fault = self.fault.take().or(Some((member.place(), message)));
            return false;
        }
        let candidate = Candidate {
            path: "package.json".to_owned(),
            name: "Dockerfile".to_owned(),
            form: FileForm::Plain,
        };
        self.found = Some(DockerfileEntry::new(candidate, member, raw));
        true
    }

    pub fn add_content(&mut self, bytes: &[u8]) {
        if let Some(dockerfile) = &mut self.found {
            dockerfile.content.extend_from_slice(bytes);
        }
    }

    /// The Dockerfile made from what was found, with the metadata of its `package.json`; nothing when
    /// there is none.
    pub fn dockerfile(self, platform: Option<&str>) -> Result<Option<DockerfileEntry>> {
        if let Some((place, message)) = self.fault {
            return Err(super::fault::error(place, message, "write a Dockerfile.template for the project"));
        }
        let Some(mut dockerfile) = self.found else { return Ok(None) };
        let source = Arc::new(Source::new("package.json", std::mem::take(&mut dockerfile.content)));
        let Some(platform) = platform else {
            let place = Place::Text(source, 0..0);
            let message = "the Node image depends on a platform";
            return Err(super::fault::error(place, message, "give --device or --arch"));
        };
        let text = node::dockerfile(&source, platform, self.has_native).map_err(Error::input)?;
        dockerfile.content = text.into_bytes();
        Ok(Some(dockerfile))
    }
}
