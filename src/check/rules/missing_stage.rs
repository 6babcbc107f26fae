//! `FROM base-$TARGETARCH` where the file has stages such as `base-arm`, but none for this device. The engine
//! then looks for an image of that name.

use crate::check::{ArchScope, Sink};
use crate::dockerfile::ImageUse;
use crate::image::Maintenance;

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    let stages = &scope.rendering.file.stages;
    let names: Vec<&str> = stages.iter().filter_map(|stage| Some(&*stage.name.as_ref()?.text)).collect();
    for image in scope.built_images().filter(|image| image.by == ImageUse::From) {
        // Names of stages have no tag and no registry.
        let Ok(known) = &image.known else { continue };
        if image.text.contains(['/', ':', '@']) || !matches!(known.1.status, Maintenance::Unknown) {
            continue;
        }
        let Some(pattern) = Pattern::of(&scope.rendering.written(&image.span)) else { continue };
        let mut alike: Vec<&str> = names.iter().copied().filter(|name| pattern.fits(name)).collect();
        alike.sort_unstable();
        alike.dedup();
        if alike.is_empty() {
            continue;
        }
        let message = format!("there is no stage `{}` for {}", image.text, scope.arch.slug);
        sink.report(&image.span, message, format!("there are {}", alike.join(", ")));
    }
}

/// The text around the variables or placeholders of a name.
struct Pattern {
    before: String,
    after: String,
}

impl Pattern {
    /// `base-$TARGETARCH` as `base-` and nothing; `None` without a variable, or with nothing around it.
    fn of(written: &str) -> Option<Pattern> {
        let start = written.find(['$', '%'])?;
        let (before, rest) = written.split_at(start);
        let last = rest.rfind(['$', '%'])?;
        let tail = rest.get(last..)?;
        let after = match tail.strip_prefix('$') {
            Some(variable) if variable.starts_with('{') => variable.split_once('}').map_or("", |(_, after)| after),
            Some(variable) => variable.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
            None => tail.trim_start_matches('%'),
        };
        let (before, after) = (before.to_lowercase(), after.to_lowercase());
        (!before.is_empty() || !after.is_empty()).then_some(Pattern { before, after })
    }

    fn fits(&self, name: &str) -> bool {
        name.len() > self.before.len() + self.after.len()
            && name.starts_with(&self.before)
            && name.ends_with(&self.after)
    }
}
