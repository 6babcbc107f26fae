//! `pip install` that leaves its downloads in the layer.

use crate::check::{RenderingScope, Sink};
use crate::dockerfile::{Keyword, Mount, MountKind};
use crate::shell::keeps_no_downloads;

const SWITCH: &str = "PIP_NO_CACHE_DIR";

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    let is_set = |keyword: Keyword| {
        scope.all(keyword).any(|found| found.args.iter().any(|arg| arg.text.starts_with(SWITCH.as_bytes())))
    };
    // A file of settings may say it, too, and `pip config set` writes one.
    let is_in_text = |text: &str| memchr::memmem::find(scope.file.source.bytes(), text.as_bytes()).is_some();
    let has_settings = is_in_text("pip.conf") || (is_in_text("pip") && is_in_text("config set"));
    if is_set(Keyword::Env) || is_set(Keyword::Arg) || has_settings {
        return;
    }
    for instruction in scope.all(Keyword::Run) {
        // A cache that is mounted is no part of the layer.
        let is_mounted = Mount::of(instruction)
            .any(|mount| matches!(mount.kind, None | Some(MountKind::Cache | MountKind::Tmpfs)));
        let commands = scope.commands(instruction);
        let is_removed = commands.iter().any(|command| {
            command.program().is_some_and(|(name, words)| {
                (name == "rm" && words.iter().any(|word| word.text.contains(".cache")))
                    || (name.starts_with("pip") && words.first().is_some_and(|word| word.text == "cache"))
            })
        });
        let is_set_in_shell = commands.iter().any(|command| {
            command.words.iter().any(|word| word.text.starts_with(SWITCH))
        });
        if is_mounted || is_removed || is_set_in_shell {
            continue;
        }
        for command in commands.iter() {
            if command.pip_install().is_some() && !keeps_no_downloads(&command.words) {
                let help = "write pip install --no-cache-dir";
                sink.report(&command.span(), "pip keeps its downloads in the layer", help);
            }
        }
    }
}
