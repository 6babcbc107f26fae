//! What npm refuses: settings that it does not know any more, and commands that are gone.
//!
//! Node.js 20 comes with npm 9 or 10, 22 with 10, 24 with 11. The settings were tried with npm 9.9, 10.9 and
//! 11.21, each of which ends with an error for each of them.

use super::removal::Removed;
use crate::shell::{ShellCommand, Word};

/// Settings that npm refuses; the head of the file says what the columns are.
const SETTINGS: &str = include_str!("../../../data/npm-settings.tsv");

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
    let key = key.strip_prefix("--").unwrap_or(key);
    let mut rows = SETTINGS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut columns = line.split('\t');
        Some((columns.next()?, columns.next()?, columns.next()?))
    });
    let (key, kind, help) = rows.find(|(name, ..)| *name == key)?;
    let message = match kind {
        "unknown" => format!("npm 9 and later refuse the setting `{key}`: it \"is not a valid npm option\""),
        _ => format!(
            "npm 9 and later do not set `{key}`: it \"is deprecated, and can not be set in this way\""
        ),
    };
    Some(Removed { message, help: help.to_owned(), span: word.span.clone(), unless: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::SETTINGS;

    #[test]
    fn every_row_has_its_columns() {
        let rows: Vec<Vec<&str>> = SETTINGS
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split('\t').collect())
            .collect();
        assert!(rows.len() >= 19 && rows.is_sorted());
        for row in rows {
            assert_eq!(row.len(), 3, "{row:?}");
            assert!(["unknown", "deprecated"].contains(&row[1]) && row[2].ends_with('.'), "{row:?}");
        }
    }
}
