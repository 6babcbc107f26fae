//! Where `COPY --from`, `RUN --mount=from=` and `# syntax=` take files from: stages and images.

use std::collections::BTreeMap;

use super::build_options::Builder;
use super::evaluate::{Evaluator, Source};
use super::evaluation::{ImageUse, StagePlatform, UsedImage};
use super::instruction::Instruction;
use super::keyword::Keyword;
use super::mount::Mount;
use super::mount_fields::Origin;
use super::stage::CopyFrom;
use crate::image::Reference;
use crate::source::Span;

impl Evaluator<'_, '_> {
    /// `# syntax=`: an image for the machine that builds.
    pub(super) fn syntax(&mut self) {
        if self.options.builder == Builder::Classic {
            return;
        }
        let Some(directive) = self.file.directives.iter().find(|directive| directive.key == "syntax") else {
            return;
        };
        // BuildKit takes the first word for the image. It is cut before it is made into text, as text can be
        // longer than the bytes that it is made from.
        let Some(word) = self.file.bytes(&directive.value).split(|&b| b == b' ').next() else { return };
        if word.is_empty() {
            return;
        }
        let name = String::from_utf8_lossy(word).into_owned();
        let (stage, by, platform) = (None, ImageUse::Syntax, StagePlatform::Builder);
        let span = directive.value.start..directive.value.start + word.len();
        self.images.push(UsedImage { stage, by, span, name, platform, is_built: true, is_of_context: false });
    }

    /// The stages and images that an instruction takes files from.
    pub(super) fn sources(&self, at: usize, instruction: &Instruction) -> Vec<Source> {
        let mut sources = Vec::new();
        if let Some(flag) = instruction.flag("from")
            && let Some(from) = self.file.copy_from(instruction)
        {
            match from {
                CopyFrom::Stage(stage) if self.options.builder == Builder::BuildKit || stage < at => {
                    sources.push(Source::Stage(stage));
                }
                // The classic builder looks for a later stage in a registry.
                CopyFrom::Stage(_) => {
                    let name = flag.value().unwrap_or_default();
                    if !name.iter().all(u8::is_ascii_digit) {
                        self.image(name, ImageUse::Copy, flag.value_span(), &mut sources);
                    }
                }
                CopyFrom::Image(name) => self.image(name, ImageUse::Copy, flag.value_span(), &mut sources),
            }
        }
        if instruction.keyword == Keyword::Run && self.options.builder == Builder::BuildKit {
            for Origin { name, span, .. } in Mount::origins(instruction) {
                match std::str::from_utf8(&name).ok().and_then(|name| self.file.stage_named(name)) {
                    Some(stage) => sources.push(Source::Stage(stage)),
                    None => self.image(&name, ImageUse::Mount, span, &mut sources),
                }
            }
        }
        sources
    }

    fn image(&self, name: &[u8], by: ImageUse, span: Span, sources: &mut Vec<Source>) {
        let Ok(name) = std::str::from_utf8(name) else { return };
        // What has a variable in it is refused, and has been reported.
        if name == "scratch" || name.contains('$') {
            return;
        }
        match context(name, self.options.contexts) {
            Some(value) => {
                if let Some(image) = image_of(value) {
                    sources.push(Source::Image { by, span, name: image.to_owned(), is_of_context: true });
                }
            }
            None => sources.push(Source::Image { by, span, name: name.to_owned(), is_of_context: false }),
        }
    }
}

/// The value of the build context that a name after `FROM` or `--from` means. As for images, `latest` is meant
/// where there is no tag.
pub(super) fn context<'c>(name: &str, contexts: &'c BTreeMap<String, String>) -> Option<&'c str> {
    if contexts.is_empty() {
        return None;
    }
    let whole = |name: &str| {
        let reference = Reference::parse(name).ok()?;
        let tag = if reference.tag().is_none() && reference.digest().is_none() { ":latest" } else { "" };
        Some(format!("{reference}{tag}"))
    };
    let is_same = |context: &str| whole(context).is_some_and(|context| Some(context) == whole(name));
    let same = || contexts.iter().find(|(context, _)| is_same(context)).map(|(_, value)| value);
    contexts.get(name).or_else(same).map(String::as_str)
}

/// The image that the value of a build context names.
pub(super) fn image_of(context: &str) -> Option<&str> {
    context.strip_prefix("docker-image://")
}
