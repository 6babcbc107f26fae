//! What a `Dockerfile.tera` may contain, and what it may use up.

use crate::tera_sandbox::Profile;

/// Limits far above what a real Dockerfile needs.
pub static TEMPLATE: Profile = Profile {
    noun: "template",
    text_noun: "template",
    result_noun: "result",
    tags: &[
        "if",
        "elif",
        "else",
        "endif",
        "for",
        "endfor",
        "break",
        "continue",
        "set",
        "set_global",
        "raw",
        "endraw",
        "include",
    ],
    tags_help: "there are if, elif, else, endif, for, endfor, break, continue, set, set_global, include, raw and \
                endraw",
    functions: &["base_image", "platform", "range", "throw"],
    names_help: "there are device, arch, fleet, service and the variables that placeholders have",
    checks_names: true,
    traced: true,
    text_bytes: 1 << 18,
    value_bytes: 1 << 16,
    output_bytes: 1 << 22,
    rounds: 100_000,
    work: 10_000_000,
};
