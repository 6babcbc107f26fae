//! The list of rules.
//!
//! A rule is a file here with a function `check`, a page in `docs/rules/`, and a line in the list below: its
//! name, its severity, what it looks at and its module. A line without a module is a rule that another part
//! of the program reports. `cargo fmt` does not follow modules into a macro: format a rule with `rustfmt`.

use super::scope::{ArchScope, RenderingScope, TemplateScope};
use super::sink::Sink;
use crate::diagnostic::Severity;

/// One rule.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rule {
    /// Its name, also that of its page.
    pub id: &'static str,
    /// The severity of its findings, unless one of them says otherwise.
    pub severity: Severity,
    /// The text of its page in `docs/rules/`.
    pub page: &'static str,
    pub(super) scope: RuleScope,
}

/// What a rule looks at, with its function.
#[derive(Debug)]
pub(super) enum RuleScope {
    /// The template as it is written.
    Template(fn(&TemplateScope, &mut Sink)),
    /// Each distinct rendering.
    Rendering(fn(&RenderingScope, &mut Sink)),
    /// Each distinct rendering, for each arch.
    Arch(fn(&ArchScope, &mut Sink)),
    /// Nothing: another part of the program reports it.
    Reported,
}

macro_rules! rules {
    ($($id:literal $severity:ident $($scope:ident $module:ident)?;)*) => {
        $($(mod $module;)?)*

        /// All rules, by name.
        pub static RULES: &[Rule] = &[$(Rule {
            id: $id,
            severity: Severity::$severity,
            page: include_str!(concat!("../../../docs/rules/", $id, ".md")),
            scope: rules!(@scope $($scope $module)?),
        }),*];
    };
    (@scope $scope:ident $module:ident) => { RuleScope::$scope($module::check) };
    (@scope) => { RuleScope::Reported };
}

rules! {
    "buildkit-syntax" Error Arch buildkit_syntax;
    "constant-platform" Warning Rendering constant_platform;
    "copy-before-install" Warning Rendering copy_before_install;
    "copy-outside-context" Error Rendering copy_outside_context;
    "cross-family" Warning Template cross_family;
    "doubtful-value" Warning;
    "expose-publishes-nothing" Info Rendering expose_publishes_nothing;
    "first-instruction" Error;
    "foreign-arch" Warning Arch foreign_arch;
    "hidden-character" Warning;
    "hidden-platform-argument" Warning Arch hidden_platform_argument;
    "impossible-platform" Error Arch impossible_platform;
    "initsystem-has-no-effect" Warning Arch initsystem_has_no_effect;
    "invalid-image-reference" Error Arch invalid_image_reference;
    "javascript-in-template" Warning;
    "legacy-env" Warning Rendering legacy_env;
    "machine-name-in-mixed-fleet" Warning Template machine_name_in_mixed_fleet;
    "malformed-placeholder" Warning;
    "missing-base-image" Error Arch missing_base_image;
    "missing-copy-source" Error Arch missing_copy_source;
    "missing-goarm" Warning Arch missing_goarm;
    "missing-stage" Error Arch missing_stage;
    "multiple-cmd" Warning Rendering multiple_cmd;
    "needs-build-argument" Info Arch needs_build_argument;
    "needs-newer-engine" Info Arch needs_newer_engine;
    "no-dockerfile" Error;
    "pip-cache" Warning Rendering pip_cache;
    "placeholder-in-comment" Warning Template placeholder_in_comment;
    "placeholder-in-plain-dockerfile" Warning;
    "platform-fallback" Warning Arch platform_fallback;
    "platform-never-matches" Warning Rendering platform_never_matches;
    "requirements-not-copied" Error Rendering requirements_not_copied;
    "split-apt-update" Warning Rendering split_apt_update;
    "syntax" Error;
    "undeclared-argument" Warning Arch undeclared_argument;
    "undefined-variable" Warning Arch undefined_variable;
    "unhandled-platform" Error Arch unhandled_platform;
    "unknown-ignore" Warning;
    "unknown-placeholder" Error;
    "unmaintained-base-image" Warning Arch unmaintained_base_image;
    "unpinned-requirement" Warning Rendering unpinned_requirement;
    "untagged-base-image" Warning Arch untagged_base_image;
    "wrong-platform" Error Arch wrong_platform;
}

pub(super) const DOUBTFUL_VALUE: &str = "doubtful-value";
pub(crate) const NO_DOCKERFILE: &str = "no-dockerfile";
pub(super) const SYNTAX: &str = "syntax";
pub(super) const UNKNOWN_IGNORE: &str = "unknown-ignore";

/// The rule of this name.
pub fn named(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// Whether there is a rule of this name, here or in hadolint.
pub fn is_known(id: &str) -> bool {
    named(id).is_some() || super::hadolint::is_code(id)
}

impl Rule {
    /// What it is about, in one sentence: the first paragraph of its page.
    pub fn summary(&self) -> String {
        let mut paragraphs = self.page.split("\n\n");
        let first = paragraphs.nth(1).unwrap_or_default();
        first.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
