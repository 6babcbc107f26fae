//! The groups of flags in `--help` and the manual page.

use clap::Command;

/// Flags that few people need: `-h` leaves them out.
const LIMITS: &str = "Limits";

/// The headings in the order of the help, each with the identifiers of its flags in any command.
const GROUPS: [(&str, &[&str]); 10] = [
    (
        "Input",
        &[
            "file",
            "compose_file",
            "profile",
            "service",
            "shard",
            "shard_index",
            "shard_count",
            "ignored",
            "multi_dockerignore",
        ],
    ),
    ("For which device", &["device", "devices", "arch", "fleet", "fleets", "device_types"]),
    ("Variables", &["define", "env_file", "compat"]),
    ("Build", &["build_arg", "build_context", "target", "build_platform"]),
    (
        "Base images",
        &["project", "stack", "slim", "distro", "maintained", "exact", "images", "as_of", "horizon"],
    ),
    ("Registries of images", &["locked", "lock", "online", "online_timeout", "ca_file", "insecure_registry"]),
    (
        "Images",
        &[
            "tag",
            "image_version",
            "image_revision",
            "image_created",
            "cache_from",
            "cache_to",
            "inherit",
            "by_digest",
            "files",
            "relative_to",
            "metadata",
        ],
    ),
    ("Rules", &["ignore", "explain", "hadolint"]),
    (
        "Output",
        &[
            "output",
            "update",
            "format",
            "template",
            "width",
            "to",
            "modernise",
            "write",
            "checklist",
            "check",
            "force",
            "prune",
            "runner",
            "fail_on",
            "compose",
            "strict",
        ],
    ),
    (
        LIMITS,
        &[
            "jobs",
            "max_outputs",
            "max_entries",
            "max_held_bytes",
            "max_config_bytes",
            "max_template_bytes",
            "max_output_bytes",
            "allow_missing_end",
        ],
    ),
];

/// Puts the flags of a command under headings, in the order of the groups.
pub fn grouped(mut command: Command) -> Command {
    for (heading, flags) in GROUPS {
        for flag in flags {
            // clap takes a flag that it does not know for a mistake.
            if command.get_arguments().any(|argument| argument.get_id() == flag) {
                command = command.mut_arg(flag, |argument| {
                    argument.help_heading(heading).hide_short_help(heading == LIMITS)
                });
            }
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::Cli;

    /// README lists the flags that no environment variable sets.
    #[test]
    fn flags_without_a_variable_are_those_of_the_readme() {
        let readme = include_str!("../../../README.md");
        let (_, after) =
            readme.split_once("Flags that are about a single call have none: ").expect("the list");
        let (list, _) = after.split_once(". ").expect("its end");
        let mut definition = Cli::command();
        definition.build();
        let flags = definition.get_subcommands().flat_map(clap::Command::get_arguments);
        let without = flags
            .filter(|flag| flag.get_env().is_none() && !matches!(flag.get_id().as_str(), "help" | "version"));
        let without: std::collections::BTreeSet<String> =
            without.filter_map(|flag| Some(format!("`--{}`", flag.get_long()?))).collect();
        assert_eq!(Vec::from_iter(without).join(", "), list);
    }

    #[test]
    fn every_flag_has_a_heading() {
        let mut definition = Cli::command();
        definition.build();
        for command in definition.get_subcommands() {
            for flag in
                command.get_arguments().filter(|flag| !flag.is_positional() && flag.get_id() != "help")
            {
                assert!(flag.get_help_heading().is_some(), "{}: {}", command.get_name(), flag.get_id());
            }
        }
    }
}
