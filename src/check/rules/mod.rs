//! The rules: what each is called, how much it matters, what it looks at. Adding one is a file here, a
//! line in [`RULES`], and a page in `docs/rules/`.

mod constant_platform;
mod copy_before_install;
mod copy_outside_context;
mod cross_family;
mod doubtful_value;
mod expose_publishes_nothing;
mod first_instruction;
mod foreign_arch;
mod hidden_character;
mod impossible_platform;
mod initsystem_has_no_effect;
mod invalid_image_reference;
mod javascript_in_template;
mod legacy_env;
mod machine_name_in_mixed_fleet;
mod malformed_placeholder;
mod missing_base_image;
mod missing_copy_source;
mod multiple_cmd;
mod no_dockerfile;
mod pip_cache;
mod placeholder_in_comment;
mod placeholder_in_plain_dockerfile;
mod platform_fallback;
mod requirements_not_copied;
mod split_apt_update;
mod syntax;
mod unknown_ignore;
mod unknown_placeholder;
mod unmaintained_base_image;
mod unpinned_requirement;
mod untagged_base_image;
mod wrong_platform;

use super::case::{ArchCase, Case, TextCase};
use super::sink::Sink;
use crate::diagnostic::Severity;

pub(super) use doubtful_value::RULE as DOUBTFUL_VALUE;
pub(super) use no_dockerfile::RULE as NO_DOCKERFILE;
pub(super) use syntax::RULE as SYNTAX;
pub(super) use unknown_ignore::RULE as UNKNOWN_IGNORE;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name: that of its file, with dashes.
    pub id: &'static str,
    /// How much what it finds matters, unless it says otherwise.
    pub severity: Severity,
    /// Its page in `docs/rules/`.
    pub page: &'static str,
    /// What it looks at.
    pub(super) look: Look,
}

/// What a rule looks at, and how.
#[derive(Debug)]
pub(super) enum Look {
    /// The template as it is written.
    Text(fn(&TextCase, &mut Sink)),
    /// Each different rendering.
    File(fn(&Case, &mut Sink)),
    /// Each different rendering, for each arch.
    Arch(fn(&ArchCase, &mut Sink)),
    /// Nothing: another part of the program finds it, and says that it is this rule.
    Elsewhere,
}

/// All rules, by name.
pub static RULES: &[&Rule] = &[
    &constant_platform::RULE,
    &copy_before_install::RULE,
    &copy_outside_context::RULE,
    &cross_family::RULE,
    &doubtful_value::RULE,
    &expose_publishes_nothing::RULE,
    &first_instruction::RULE,
    &foreign_arch::RULE,
    &hidden_character::RULE,
    &impossible_platform::RULE,
    &initsystem_has_no_effect::RULE,
    &invalid_image_reference::RULE,
    &javascript_in_template::RULE,
    &legacy_env::RULE,
    &machine_name_in_mixed_fleet::RULE,
    &malformed_placeholder::RULE,
    &missing_base_image::RULE,
    &missing_copy_source::RULE,
    &multiple_cmd::RULE,
    &no_dockerfile::RULE,
    &pip_cache::RULE,
    &placeholder_in_comment::RULE,
    &placeholder_in_plain_dockerfile::RULE,
    &platform_fallback::RULE,
    &requirements_not_copied::RULE,
    &split_apt_update::RULE,
    &syntax::RULE,
    &unknown_ignore::RULE,
    &unknown_placeholder::RULE,
    &unmaintained_base_image::RULE,
    &unpinned_requirement::RULE,
    &untagged_base_image::RULE,
    &wrong_platform::RULE,
];

/// The rule of this name.
pub fn named(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id).copied()
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

/// Text from a template as a message shows it.
fn shown(text: &str) -> std::borrow::Cow<'_, str> {
    crate::escape::shortened(text, 80)
}
