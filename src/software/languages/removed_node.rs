//! What npm refuses: settings that it does not know any more, and commands that are gone.
//!
//! Node.js 20 comes with npm 9 or 10, 22 with 10, 24 with 11. The settings were tried with npm 9.9, 10.9 and
//! 11.21, each of which ends with an error for each of them.

use super::removed::Removed;
use crate::shell::{ShellCommand, Word};

/// Settings that npm does not know: "is not a valid npm option".
const UNKNOWN: [&str; 12] = [
    "always-auth",
    "build-from-source",
    "http-proxy",
    "jobs",
    "no-proxy",
    "nodedir",
    "python",
    "scripts-prepend-node-path",
    "spin",
    "target_arch",
    "unsafe-perm",
    "user",
];

/// Settings that npm reads, and does not set: "is deprecated, and can not be set in this way". With what to
/// write instead.
const DEPRECATED: [(&str, &str); 7] = [
    ("cache-min", "npm config set prefer-offline true"),
    ("dev", "npm config set include dev"),
    ("init.author.name", "npm config set init-author-name NAME"),
    ("only", "npm config set omit dev"),
    ("optional", "npm config set omit optional"),
    ("production", "npm config set omit dev"),
    ("tmp", ""),
];

pub fn removed(command: &ShellCommand, version: (u32, u32)) -> Option<Removed> {
    if version.0 < 20 || command.program()?.0 != "npm" {
        return None;
    }
    let operands = command.operands();
    let (first, rest) = operands.split_first()?;
    match &*first.text {
        "bin" => Some(Removed {
            message: "npm 9 and later have no command `npm bin`".to_owned(),
            help: "Write `$(npm root)/.bin`, or `npm exec` to run a program of a package; for `-g` write `$(npm \
                   prefix -g)/bin`."
                .to_owned(),
            span: first.span.clone(),
            unless: Vec::new(),
        }),
        // Since npm 5, it says that the cache mends itself, and ends with an error.
        "cache" if rest.first().is_some_and(|word| matches!(&*word.text, "clean" | "clear" | "rm")) => {
            let is_forced = command.words.iter().any(|word| matches!(&*word.text, "-f" | "--force"));
            (!is_forced && rest.len() == 1).then(|| Removed {
                message: "npm 5 and later refuse `npm cache clean` without `--force`".to_owned(),
                help: "Write `npm cache clean --force`.".to_owned(),
                span: first.span.clone(),
                unless: Vec::new(),
            })
        }
        "set" => rest.first().and_then(|word| setting(word)),
        "config" | "c" => {
            let (own, rest) = rest.split_first()?;
            if own.text != "set" {
                return None;
            }
            let has_assignments = rest.first()?.text.contains('=');
            // `npm config set a=b c=d`, or `npm config set a b`
            let keys = rest.iter().take(if has_assignments { usize::MAX } else { 1 });
            keys.filter(|word| !has_assignments || word.text.contains('=')).find_map(|word| setting(word))
        }
        "install" | "i" | "add" if version.0 < 22 => {
            let is_global = command.words.iter().any(|word| matches!(&*word.text, "-g" | "--global"));
            let newest = rest.iter().find(|word| matches!(&*word.text, "npm" | "npm@latest"))?;
            is_global.then(|| Removed {
                message: format!("the newest npm does not install on Node.js {}", version.0),
                help: "Write `npm install -g npm@10`, or leave it out: the image has npm.".to_owned(),
                span: newest.span.clone(),
                unless: Vec::new(),
            })
        }
        _ => None,
    }
}

fn setting(word: &Word) -> Option<Removed> {
    let key = word.text.split('=').next().unwrap_or_default();
    // npm takes `unsafe_perm` for `unsafe-perm` only in variables.
    let key = key.strip_prefix("--").unwrap_or(key);
    if UNKNOWN.contains(&key) {
        return Some(Removed {
            message: format!("npm 9 and later refuse the setting `{key}`: it \"is not a valid npm option\""),
            help: instead(key).to_owned(),
            span: word.span.clone(),
            unless: Vec::new(),
        });
    }
    let (key, instead) = DEPRECATED.iter().find(|(name, _)| *name == key)?;
    Some(Removed {
        message: format!(
            "npm 9 and later do not set `{key}`: it \"is deprecated, and can not be set in this way\""
        ),
        help: match *instead {
            "" => "Leave it out.".to_owned(),
            instead => format!("Write `{instead}`, or leave it out."),
        },
        span: word.span.clone(),
        unless: Vec::new(),
    })
}

/// What to do about a setting that is unknown.
fn instead(key: &str) -> &'static str {
    match key {
        "unsafe-perm" | "user" => "Leave it out: scripts run as the owner of the folder.",
        "python" => {
            "Leave it out: node-gyp finds python3. For another Python write `ENV npm_config_python=PATH`."
        }
        "http-proxy" => "Write `npm config set proxy URL`.",
        "no-proxy" => "Write `npm config set noproxy HOSTS`.",
        "jobs" => "Write `ENV JOBS=NUMBER`, or leave it out.",
        "nodedir" => "Write `ENV npm_config_nodedir=PATH`.",
        "build-from-source" => "Write `ENV npm_config_build_from_source=true`.",
        "target_arch" => "Write `ENV npm_config_target_arch=ARCH`.",
        _ => "Leave it out.",
    }
}
