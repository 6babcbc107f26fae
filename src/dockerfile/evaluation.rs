//! What a build of a Dockerfile does for one platform: which stages it builds, from which images, and with
//! which variables. [`Dockerfile::evaluate`] works it out.
//!
//! Both builders are known. BuildKit builds the stages that the target needs; the classic builder, which the
//! balena builder is, builds every stage up to the target, and gives no platform arguments.

use std::sync::Arc;

use super::Dockerfile;
use super::assignment::Scope;
use super::budget::Budget;
use super::build_options::Builder;
use super::check_options::CheckOptions;
use super::environment::Environment;
use super::frontend::NeededFrontend;
use super::instruction::Instruction;
use super::triggers::{Triggers, own};
use crate::diagnostic::Diagnostics;
use crate::source::Span;

/// What a stage is built on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Base {
    /// Nothing: `FROM scratch`.
    Scratch,
    /// An earlier stage.
    Stage(usize),
    /// An image, by its reference.
    Image(String),
    /// A build context of this name.
    Context(String),
    /// It is not known: an argument in it has no value, or a diagnostic says what is wrong with it.
    Unknown,
}

impl Base {
    /// The earlier stage that it is.
    pub(crate) fn stage(&self) -> Option<usize> {
        match self {
            Base::Stage(stage) => Some(*stage),
            _ => None,
        }
    }
}

/// For which platform a stage is built, or an image is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StagePlatform {
    /// That of the build.
    Target,
    /// That of the machine that builds, which is not known.
    Builder,
    /// This one, as `--platform` gives it.
    Named(Arc<str>),
    /// It is not known.
    Unknown,
}

/// A stage of a build.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EvaluatedStage {
    /// What it is built on.
    pub base: Base,
    /// Its platform.
    pub platform: StagePlatform,
    /// Whether the build needs it, and no build context takes its place.
    pub is_built: bool,
    /// The variables before its first instruction; `None` if too much comes before it for them to be known.
    pub(super) start: Option<Environment>,
    /// What is left for its `ARG`s and `ENV`s.
    pub(super) budget: Budget,
}

/// Where an image is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageUse {
    /// `FROM`
    From,
    /// `COPY --from=`
    Copy,
    /// `RUN --mount=from=`
    Mount,
    /// `# syntax=`: BuildKit fetches it, to read the rest of the file.
    Syntax,
}

/// An image that a Dockerfile names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsedImage {
    /// The stage that names it; `None` for `# syntax=`.
    pub stage: Option<usize>,
    /// How it is used.
    pub by: ImageUse,
    /// The place of its name.
    pub span: Span,
    /// Its name, with all variables expanded.
    pub name: String,
    /// The platform that it is taken for.
    pub platform: StagePlatform,
    /// Whether the build needs it.
    pub is_built: bool,
    /// Whether its name comes from a build context that has the name in the file, `docker-image://...`.
    pub is_of_context: bool,
}

/// A variable that is used where nothing sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndefinedVariable {
    /// The stage that uses it, be it in what an `ONBUILD` of the stage before triggers; none in a `FROM`.
    pub stage: Option<usize>,
    /// Its place.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// A similar name that is set there.
    pub near: Option<String>,
}

/// An `ARG` whose default hides the value that BuildKit gives to an argument of the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HiddenArgument {
    /// The place of name and default.
    pub span: Span,
    /// The argument.
    pub name: String,
    /// The value that BuildKit gives.
    pub hidden: String,
}

/// A Dockerfile, evaluated.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Evaluation {
    /// Every stage, in the order of the file, which is the order in which they are built.
    pub stages: Vec<EvaluatedStage>,
    /// Every image that is named, in the order of the file.
    pub images: Vec<UsedImage>,
    /// The stage that becomes the image.
    pub target: Option<usize>,
    /// Variables in a `FROM` that no `ARG` before the first `FROM` declares.
    pub undeclared: Vec<UndefinedVariable>,
    /// Variables in a stage that nothing sets there. What a base image sets is not known, so that these are
    /// only those of a stage without one, and arguments of the platform, which no image sets.
    pub undefined: Vec<UndefinedVariable>,
    /// Arguments of the platform whose value a default hides, and is another.
    pub hidden: Vec<HiddenArgument>,
    /// The names after `FROM` that are no image reference in a build without arguments.
    pub invalid_defaults: Vec<Span>,
    /// The options for BuildKit's own checks, if there are any.
    pub check_options: Option<CheckOptions>,
    /// What not every Docker engine takes without a `# syntax=` line.
    pub newer: Vec<NeededFrontend>,
    /// What ends the build.
    pub faults: Diagnostics,
    /// The build arguments and what is set before the first stage, for [`Evaluation::walk`].
    pub(super) global: Environment,
    pub(super) given: Environment,
    pub(super) builder: Builder,
    pub(super) triggers: Triggers,
}

impl Evaluation {
    /// The program that builds.
    pub fn builder(&self) -> Builder {
        self.builder
    }

    /// Whether the build gives a value to an argument.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.is_declared(name)
    }

    /// Calls `visit` for every instruction of a stage after its `FROM`, with the variables before it. What
    /// an `ONBUILD` of the stage before triggers comes first. Of a stage before which too much comes nothing is
    /// known, and nothing is visited.
    pub fn walk<'f, 's>(
        &self,
        file: &'f Dockerfile<'s>,
        stage: usize,
        mut visit: impl FnMut(&'f Instruction<'s>, &Environment),
    ) {
        let Some(evaluated) = self.stages.get(stage) else { return };
        let Some(mut environment) = evaluated.start.clone() else { return };
        let budget = evaluated.budget.clone();
        let mut scope = Scope::new(file.escape, &self.global, &self.given, self.builder, budget);
        for instruction in self.triggers.of(file, evaluated.base.stage()).chain(own(file, stage)) {
            visit(instruction, &environment);
            scope.set(instruction, &mut environment);
        }
    }
}
