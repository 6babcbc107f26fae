//! `FROM base-$TARGETARCH` where the file has stages such as `base-arm`, but none for this device. The engine
//! then looks for an image of that name.

use crate::check::stage_image::StageImage;
use crate::check::{ImageScope, Sink};
use crate::dockerfile::ImageUse;
use crate::image::Maintenance;

/// As many stages are compared with a name.
const MOST_STAGES: usize = 1_000;

pub(super) fn check(scope: &ImageScope, sink: &mut Sink) {
    for image in scope.built_images() {
        if let Some(alike) = stages_alike(scope, image) {
            let (name, arch) = (&image.text, &scope.arch.slug);
            let help = match alike.contains(&&**name) {
                true => "it comes later in the file: move it before this line".to_owned(),
                false => format!("there are {}", alike.join(", ")),
            };
            sink.report(&image.span, format!("there is no stage `{name}` for {arch}"), help);
        }
    }
}

/// The stages of which one was meant by a `FROM` that names none; `None` for an image.
pub(super) fn stages_alike<'c>(scope: &ImageScope<'c>, image: &StageImage) -> Option<Vec<&'c str>> {
    let known = image.known.as_ref().ok().filter(|_| image.by == ImageUse::From)?;
    // Names of stages have no tag and no registry.
    if image.text.contains(['/', ':', '@']) || !matches!(known.1.status, Maintenance::Unknown) {
        return None;
    }
    let written = scope.rendering.written(&image.span);
    let of_arch = || Pattern::around(&image.text, scope.arch.platform.split('/').nth(1)?);
    let pattern = Pattern::of(&written).or_else(|| of_arch().filter(|_| written.contains("TARGETARCH")))?;
    let names = scope.rendering.file.stages.iter().filter_map(|stage| Some(&*stage.name.as_ref()?.text));
    let mut alike: Vec<&str> = names.take(MOST_STAGES).filter(|name| pattern.fits(name)).collect();
    alike.sort_unstable();
    alike.dedup();
    (!alike.is_empty()).then_some(alike)
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

    /// `release-amd64` as `release-` and nothing: what is around the architecture in a name that consists of
    /// variables.
    fn around(name: &str, architecture: &str) -> Option<Pattern> {
        let (before, after) = name.split_once(architecture)?;
        let pattern = Pattern { before: before.to_lowercase(), after: after.to_lowercase() };
        (!pattern.before.is_empty() || !pattern.after.is_empty()).then_some(pattern)
    }

    fn fits(&self, name: &str) -> bool {
        name.len() > self.before.len() + self.after.len()
            && name.starts_with(&self.before)
            && name.ends_with(&self.after)
    }
}
