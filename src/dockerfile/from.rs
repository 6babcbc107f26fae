//! `FROM`: the image or stage that a stage is built on, and its platform.

use super::build_options::Builder;
use super::environment::Environment;
use super::evaluate::Evaluator;
use super::evaluation::{Base, StagePlatform};
use super::instruction::Arg;
use super::lookup::{Absence, Expansion, Missing};
use super::sources::{context, image_of};
use super::stage::{Stage, StageNames};
use super::text::shown;
use super::words::undefined;
use crate::image::Reference;
use crate::source::Span;

/// Whether a build context says what a stage is built on.
pub(super) type IsOfContext = bool;

impl Evaluator<'_, '_> {
    /// The names after `FROM` that are no image reference if no argument is given.
    pub(super) fn invalid_defaults(&mut self) -> Vec<Span> {
        if self.options.builder == Builder::Classic {
            return Vec::new();
        }
        let global = match self.options.args.is_empty() {
            true => self.global.clone(),
            false => self.global(&Environment::default(), false),
        };
        let mut invalid = Vec::new();
        for stage in &self.file.stages {
            let Ok(expansion) = self.expand(&stage.base.text, &global) else { break };
            if is_told(&expansion) && !is_reference(&expansion.text) {
                invalid.push(stage.base.span.clone());
            }
        }
        invalid
    }

    /// Whether a build context has the name of the stage, and takes the place of all of it.
    pub(super) fn is_replaced(&self, stage: &Stage) -> bool {
        stage.name.as_ref().is_some_and(|name| self.options.contexts.contains_key(&name.text))
    }

    /// What a stage is built on, or what takes its place, and whether that is a build context.
    pub(super) fn base(&mut self, stage: &Stage, names: &StageNames) -> (Base, IsOfContext) {
        let contexts = self.options.contexts;
        if let Some((name, value)) = stage.name.as_ref().and_then(|name| contexts.get_key_value(&name.text)) {
            return (base_of(name, value), true);
        }
        match self.written_base(stage, names) {
            Base::Image(name) => match context(&name, contexts) {
                Some(value) => (base_of(&name, value), true),
                None => (Base::Image(name), false),
            },
            base => (base, false),
        }
    }

    /// What a stage is built on where no build context takes its place.
    fn written_base(&mut self, stage: &Stage, names: &StageNames) -> Base {
        let Some(expansion) = self.expand_global(&stage.base) else { return Base::Unknown };
        let is_blank = expansion.text.is_empty();
        if !is_told(&expansion) {
            return Base::Unknown;
        }
        let not_given = first_not_given(&expansion.missing);
        // A FROM without a word has been reported.
        if stage.base.text.is_empty() {
            return Base::Unknown;
        }
        if is_blank || (not_given.is_some() && !is_reference(&expansion.text)) {
            self.no_base(&stage.base, &expansion);
            return Base::Unknown;
        }
        // Another build may give it.
        if not_given.is_some() {
            return Base::Unknown;
        }
        let Ok(name) = String::from_utf8(expansion.text) else { return Base::Unknown };
        // A stage that is called scratch hides the empty image.
        match names.get(&name) {
            Some(&earlier) => Base::Stage(earlier),
            None if name == "scratch" => Base::Scratch,
            None => Base::Image(name),
        }
    }

    /// Expands a word of a `FROM`. Variables that are not declared are noted.
    fn expand_global(&mut self, word: &Arg) -> Option<Expansion> {
        let global = std::mem::take(&mut self.global);
        let expanded = self.expand(&word.text, &global);
        let expansion = expanded.map_err(|fault| self.fault(word, 0, fault)).ok();
        for missing in expansion.iter().flat_map(|expansion| &expansion.missing) {
            if missing.why == Absence::Unset && self.options.builder == Builder::BuildKit {
                let before = self.undeclared.len();
                self.undeclared.push(undefined(word, missing, &global, before));
            }
        }
        self.global = global;
        expansion
    }

    /// Reports a `FROM` that names nothing, or no image, because arguments in it have no value.
    fn no_base(&mut self, base: &Arg, expansion: &Expansion) {
        let written = shown(&base.text);
        let missing = expansion.missing.iter().find(|missing| missing.why == Absence::NotGiven);
        let (message, help) = match missing.or(expansion.missing.first()) {
            Some(missing) if missing.why == Absence::NotGiven => {
                let name = shown(missing.name.as_bytes());
                let message = match expansion.text.is_empty() {
                    true => format!("base name ({written}) should not be blank: {name} has no value"),
                    false => format!("base name ({written}) is no image reference: {name} has no value"),
                };
                (
                    message,
                    format!("give it one with --build-arg {name}=VALUE, or a default: ARG {name}=VALUE"),
                )
            }
            Some(missing) => {
                let name = shown(missing.name.as_bytes());
                let message = format!("base name ({written}) should not be blank: nothing sets {name}");
                (message, format!("declare it before the first FROM, with a value: ARG {name}=VALUE"))
            }
            None => (format!("base name ({written}) should not be blank"), "name an image".to_owned()),
        };
        self.report.error(base.span.clone(), message, help);
    }

    /// The platform that a `FROM` asks for.
    pub(super) fn platform(&mut self, stage: &Stage) -> StagePlatform {
        let Some(flag) = &stage.platform else { return StagePlatform::Target };
        // `--platform=` says nothing.
        if flag.text.is_empty() {
            return StagePlatform::Target;
        }
        let Some(expansion) = self.expand_global(flag) else { return StagePlatform::Unknown };
        if let Some(unknown) = expansion.missing.iter().find(|missing| missing.why == Absence::Unknown) {
            let is_builder = unknown.name == "BUILDPLATFORM" && expansion.text.is_empty();
            return if is_builder { StagePlatform::Builder } else { StagePlatform::Unknown };
        }
        if expansion.text.is_empty() {
            let message = format!("empty platform value from expression {}", shown(&flag.text));
            let help = match self.options.builder {
                Builder::BuildKit => {
                    "give the variable a default: an ARG before the first FROM, or ${name:-default}"
                }
                Builder::Classic => {
                    "the classic builder sets no platform arguments: give it a default, ARG BUILDPLATFORM=linux/amd64 \
                     before the first FROM, or remove --platform"
                }
            };
            self.report.error(flag.span.clone(), message, help);
            return StagePlatform::Unknown;
        }
        if first_not_given(&expansion.missing).is_some() {
            return StagePlatform::Unknown;
        }
        let name = String::from_utf8(expansion.text);
        name.map_or(StagePlatform::Unknown, |name| StagePlatform::Named(name.into()))
    }
}

/// The base of a stage that is built on a named context.
fn base_of(name: &str, value: &str) -> Base {
    match image_of(value) {
        Some(image) => Base::Image(image.to_owned()),
        None => Base::Context(name.to_owned()),
    }
}

/// Whether the text does not depend on what nobody knows.
fn is_told(expansion: &Expansion) -> bool {
    expansion.missing.iter().all(|missing| missing.why != Absence::Unknown)
}

fn first_not_given(missing: &[Missing]) -> Option<&Missing> {
    missing.iter().find(|missing| missing.why == Absence::NotGiven)
}

fn is_reference(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| Reference::parse(text).is_ok())
}
