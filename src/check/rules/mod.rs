//! The list of rules.
//!
//! A rule is a file here with a function `check`, a page in `docs/rules/`, and a line in the list below: its
//! name, its severity, what it looks at and its module, and after a comma the names that BuildKit and hadolint
//! have for it. A line without a module is a rule that another part of the program reports. `cargo fmt` does
//! not follow modules into a macro: format a rule with `rustfmt`.

use super::hadolint;
use super::project::ProjectScope;
use super::scope::{ArchScope, ImageScope, RenderingScope, TemplateScope};
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
    /// What BuildKit's own checks and hadolint call it.
    others: &'static [&'static str],
}

/// What a rule looks at, with its function.
#[derive(Debug)]
pub(super) enum RuleScope {
    /// The template as it is written.
    Template(fn(&TemplateScope, &mut Sink)),
    /// The compose files of the project.
    Project(fn(&ProjectScope, &mut Sink)),
    /// Each distinct rendering.
    Rendering(fn(&RenderingScope, &mut Sink)),
    /// Each distinct rendering, for each arch.
    Arch(fn(&ArchScope, &mut Sink)),
    /// The same, with the images that it names.
    Image(fn(&ImageScope, &mut Sink)),
    /// Nothing: another part of the program reports it.
    Reported,
}

macro_rules! rules {
    ($($id:literal $severity:ident $($scope:ident $module:ident)? $(, $($other:literal)+)?;)*) => {
        $($(mod $module;)?)*

        /// All rules, by name.
        pub static RULES: &[Rule] = &[$(Rule {
            id: $id,
            severity: Severity::$severity,
            page: include_str!(concat!("../../../docs/rules/", $id, ".md")),
            scope: rules!(@scope $($scope $module)?),
            others: &[$($($other),+)?],
        }),*];
    };
    (@scope $scope:ident $module:ident) => { RuleScope::$scope($module::check) };
    (@scope) => { RuleScope::Reported };
}

rules! {
    "apt-key" Warning;
    "apt-without-yes" Error;
    "archived-release" Warning;
    "balena-changed-field" Info Project balena_changed_field;
    "balena-ignored-field" Warning Project balena_ignored_field;
    "balena-refused-field" Error Project balena_refused_field;
    "balena-script" Warning;
    "buildkit-syntax" Error Arch buildkit_syntax;
    "compose-file" Warning;
    "constant-platform" Warning Rendering constant_platform, "FromPlatformFlagConstDisallowed" "DL3029";
    "copy-before-install" Warning Rendering copy_before_install;
    "copy-outside-context" Error Arch copy_outside_context;
    "crlf-script" Warning Arch crlf_script;
    "cross-family" Warning Template cross_family;
    "debian-python" Warning;
    "definition-description" Info Arch definition_description, "InvalidDefinitionDescription";
    "doubtful-value" Warning;
    "duplicate-stage-name" Warning, "DuplicateStageName" "DL3024";
    "empty-continuation" Warning, "NoEmptyContinuation";
    "expose-format" Warning Arch expose_format, "ExposeInvalidFormat";
    "expose-protocol-casing" Info Arch expose_protocol_casing, "ExposeProtoCasing";
    "expose-publishes-nothing" Info Rendering expose_publishes_nothing;
    "externally-managed-python" Error;
    "first-instruction" Error, "DL3061";
    "foreign-arch" Warning Arch foreign_arch;
    "foreign-package-manager" Error;
    "from-as-casing" Info Rendering from_as_casing, "FromAsCasing";
    "hidden-character" Warning;
    "hidden-platform-argument" Warning Arch hidden_platform_argument;
    "impossible-platform" Error Arch impossible_platform;
    "initsystem-has-no-effect" Warning Image initsystem_has_no_effect;
    "instruction-casing" Info Rendering instruction_casing, "ConsistentInstructionCasing";
    "invalid-ignore-pattern" Error;
    "invalid-image-reference" Error Image invalid_image_reference;
    "javascript-in-template" Warning;
    "legacy-env" Warning Arch legacy_env, "LegacyKeyValueFormat";
    "machine-name-in-mixed-fleet" Warning Template machine_name_in_mixed_fleet;
    "maintainer-deprecated" Warning Rendering maintainer_deprecated, "MaintainerDeprecated" "DL4000";
    "malformed-placeholder" Warning;
    "missing-base-image" Error Image missing_base_image;
    "missing-certificates" Error;
    "missing-copy-source" Error Arch missing_copy_source, "CopyIgnoredFile";
    "missing-file" Warning;
    "missing-goarm" Warning Arch missing_goarm;
    "missing-package" Warning;
    "missing-program" Error;
    "missing-stage" Error Image missing_stage;
    "multiple-cmd" Warning Arch multiple_cmd, "MultipleInstructionsDisallowed" "DL3012" "DL4003" "DL4004";
    "needs-build-argument" Info Arch needs_build_argument, "InvalidDefaultArgInFrom";
    "needs-newer-engine" Info Arch needs_newer_engine;
    "no-dockerfile" Error Arch no_dockerfile;
    "other-release" Warning;
    "package-version" Warning;
    "pip-cache" Warning Rendering pip_cache, "DL3042";
    "placeholder-in-comment" Warning Template placeholder_in_comment;
    "placeholder-in-compose-file" Error Project placeholder_in_compose_file;
    "placeholder-in-plain-dockerfile" Warning;
    "platform-fallback" Warning Image platform_fallback;
    "platform-never-matches" Warning Rendering platform_never_matches;
    "redundant-target-platform" Warning Arch redundant_target_platform, "RedundantTargetPlatform";
    "relative-workdir" Warning Arch relative_workdir, "WorkdirRelativePath" "DL3000";
    "removed-command" Warning;
    "requirements-not-copied" Error Image requirements_not_copied;
    "reserved-stage-name" Warning, "ReservedStageName";
    "secret-in-variable" Warning Arch secret_in_variable, "SecretsUsedInArgOrEnv";
    "shell-form-command" Warning Arch shell_form_command, "JSONArgsRecommended" "DL3025";
    "split-apt-update" Warning Rendering split_apt_update;
    "stage-name-casing" Info Rendering stage_name_casing, "StageNameCasing";
    "syntax" Error;
    "undeclared-argument" Warning Arch undeclared_argument, "UndefinedArgInFrom";
    "undefined-variable" Warning Arch undefined_variable, "UndefinedVar";
    "unhandled-platform" Error Arch unhandled_platform;
    "uninstallable-requirement" Warning;
    "unknown-ignore" Warning;
    "unknown-placeholder" Error;
    "unmaintained-base-image" Warning Image unmaintained_base_image;
    "unpinned-requirement" Warning Rendering unpinned_requirement, "DL3013";
    "unread-ignore-file" Info;
    "untagged-base-image" Warning Image untagged_base_image, "DL3006" "DL3007";
    "unused-build-argument" Warning Image unused_build_argument;
    "unused-dockerfile" Warning;
    "wrong-platform" Error Image wrong_platform, "InvalidBaseImagePlatform";
}

/// The rules that look at images, whatever Dockerfile names them.
pub(super) const OF_IMAGES: [&str; 7] = [
    "impossible-platform",
    "invalid-image-reference",
    "missing-base-image",
    "platform-fallback",
    "unmaintained-base-image",
    "untagged-base-image",
    "wrong-platform",
];

pub(crate) const COMPOSE_FILE: &str = "compose-file";
pub(super) const DOUBTFUL_VALUE: &str = "doubtful-value";
pub(super) const INVALID_IGNORE_PATTERN: &str = "invalid-ignore-pattern";
pub(crate) const NO_DOCKERFILE: &str = "no-dockerfile";
pub(super) const SYNTAX: &str = "syntax";
pub(super) const UNKNOWN_IGNORE: &str = "unknown-ignore";
pub(crate) const UNREAD_IGNORE_FILE: &str = "unread-ignore-file";
pub(crate) const UNUSED_DOCKERFILE: &str = "unused-dockerfile";

/// The rule of this name.
pub fn named(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// The rules that a name means: that of this name, or those that BuildKit or hadolint calls so.
///
/// ```
/// use dtpl::check::rules::meant_by;
/// let ids = |name| meant_by(name).map(|rule| rule.id).collect::<Vec<_>>();
/// assert_eq!(ids("legacy-env"), ["legacy-env"]);
/// assert_eq!(ids("LegacyKeyValueFormat"), ["legacy-env"]);
/// assert_eq!(ids("DL3007"), ["untagged-base-image"]);
/// ```
pub fn meant_by(name: &str) -> impl Iterator<Item = &'static Rule> {
    RULES.iter().filter(move |rule| rule.id == name || rule.others.contains(&name))
}

/// Whether there is a rule of this name, here, in BuildKit's checks or in hadolint.
pub fn is_known(name: &str) -> bool {
    meant_by(name).next().is_some() || hadolint::is_code(name)
}

/// "Did you mean" for the name of a rule.
pub(crate) fn did_you_mean(name: &str) -> Option<String> {
    let engine = RULES.iter().filter_map(Rule::engine_rule);
    crate::nearest::did_you_mean(name, RULES.iter().map(|rule| rule.id).chain(engine))
}

impl Rule {
    /// What it is about, in one sentence: the first paragraph of its page.
    pub fn summary(&self) -> String {
        let mut paragraphs = self.page.split("\n\n");
        let first = paragraphs.nth(1).unwrap_or_default();
        first.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The check of BuildKit (`docker build --check`) that says the same.
    ///
    /// ```
    /// let rule = dtpl::check::rules::named("legacy-env").unwrap();
    /// assert_eq!(rule.engine_rule(), Some("LegacyKeyValueFormat"));
    /// ```
    pub fn engine_rule(&self) -> Option<&'static str> {
        self.others.iter().copied().find(|name| !hadolint::is_code(name))
    }

    /// The rules of hadolint that say the same.
    pub fn hadolint_rules(&self) -> impl Iterator<Item = &'static str> {
        self.others.iter().copied().filter(|name| hadolint::is_code(name))
    }
}
