//! The groups of flags in `--help` and the manual page. They are added only when help is printed, so that
//! no other run spends time on them.

use clap::Command;

/// Flags that few people need: `-h` leaves them out.
const LIMITS: &str = "Limits";

/// The headings in the order of the help, each with the identifiers of its flags in any command.
const GROUPS: [(&str, &[&str]); 7] = [
    ("Input", &["file", "service", "shard", "stack"]),
    ("For which device", &["device", "devices", "arch", "fleet", "fleets", "registry"]),
    ("Variables", &["define", "env_file", "compat"]),
    ("Rules", &["ignore", "explain", "hadolint"]),
    (
        "Output",
        &[
            "output",
            "format",
            "template",
            "width",
            "to",
            "modernise",
            "write",
            "check",
            "prune",
            "tag",
            "runner",
            "fail_on",
            "strict",
        ],
    ),
    (
        LIMITS,
        &[
            "jobs",
            "max_outputs",
            "max_entries",
            "max_config_bytes",
            "max_template_bytes",
            "max_output_bytes",
            "allow_missing_end",
        ],
    ),
    ("Messages", &["color", "quiet", "verbose"]),
];

/// Puts the flags of a command, and of its subcommands, under headings.
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
    command.mut_subcommands(grouped)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::Cli;
    use super::*;

    #[test]
    fn every_flag_has_a_heading() {
        for command in grouped(Cli::command()).get_subcommands() {
            for flag in command.get_arguments().filter(|argument| !argument.is_positional()) {
                assert!(flag.get_help_heading().is_some(), "{}: {}", command.get_name(), flag.get_id());
            }
        }
    }
}
