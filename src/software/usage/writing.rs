//! Which files a command writes, as far as its words name them.

use super::paths::trimmed;
use crate::context::place;
use crate::dockerfile::base_name;
use crate::shell::{ShellCommand, Word};

/// The paths that a command writes to, absolute where that is known: by redirection, `tee`, `curl -o`, `cp` and the
/// like. `workdir` is where it runs.
pub(super) fn written(command: &ShellCommand, workdir: Option<&str>) -> Vec<String> {
    let mut found: Vec<String> = command.written.iter().map(|word| word.text.clone()).collect();
    if let Some((name, words)) = command.program() {
        match name {
            "tee" | "touch" => found.extend(operands(words, "").into_iter().map(str::to_owned)),
            "curl" => match option(words, 'o', "output") {
                Some(path) => found.push(path.to_owned()),
                None if has_letter(words, 'O') || words.iter().any(|word| word.text == "--remote-name") => {
                    found.extend(urls(words).map(|url| base_name(url).to_owned()));
                }
                None => {}
            },
            "wget" => match option(words, 'O', "output-document") {
                Some("-") => {}
                Some(path) => found.push(path.to_owned()),
                None => {
                    let folder = option(words, 'P', "directory-prefix").unwrap_or(".");
                    found.extend(urls(words).map(|url| format!("{folder}/{}", base_name(url))));
                }
            },
            "cp" | "mv" | "install" | "ln" | "rsync" => found.extend(copied(name, words)),
            "dd" => {
                let output = words.iter().filter_map(|word| word.text.strip_prefix("of="));
                found.extend(output.map(str::to_owned));
            }
            "sed" if words.iter().any(|word| word.text.starts_with("-i") || word.text == "--in-place") => {
                let after = operands(words, "ef").into_iter().skip(1);
                found.extend(after.map(str::to_owned));
            }
            "go" | "gcc" | "g++" | "cc" | "c++" | "clang" | "rustc" | "gpg" => {
                found.extend(option(words, 'o', "output").map(str::to_owned));
            }
            _ => {}
        }
    }
    let absolute = |path: String| place(&path, workdir.map(str::as_bytes));
    found.into_iter().filter(|path| !path.contains('`')).filter_map(absolute).collect()
}

/// The paths that `cp a b`, `mv a b` and the like make.
fn copied(name: &str, words: &[Word]) -> Vec<String> {
    let valued = match name {
        "install" => "mogtS",
        "rsync" => "efTB",
        _ => "tS",
    };
    let mut sources = operands(words, valued);
    if name == "install" && has_letter(words, 'd') {
        return Vec::new();
    }
    let into = option(words, 't', "target-directory");
    let destination = match into.or_else(|| sources.pop()) {
        // `ln -s /opt/a/bin/b` makes `b` here.
        Some(only) if into.is_none() && sources.is_empty() && name == "ln" => {
            return vec![base_name(only).to_owned()];
        }
        Some(destination) if !sources.is_empty() => destination,
        _ => return Vec::new(),
    };
    let is_file = has_letter(words, 'T') || words.iter().any(|word| word.text == "--no-target-directory");
    let is_folder = into.is_some()
        || sources.len() > 1
        || destination.ends_with('/')
        || super::paths::is_program_folder(destination)
        || matches!(destination, "." | "..");
    match is_folder && !is_file {
        true => {
            let folder = trimmed(destination);
            sources.iter().map(|source| format!("{folder}/{}", base_name(source))).collect()
        }
        false => vec![destination.to_owned()],
    }
}

/// The words that are no options; `valued` are the letters of options that take the next word.
pub(super) fn operands<'w>(words: &'w [Word], valued: &str) -> Vec<&'w str> {
    let mut found = Vec::new();
    let mut words = words.iter().map(|word| &*word.text);
    while let Some(word) = words.next() {
        match word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            Some(letters) if letters.starts_with('-') => {}
            Some(letters) => {
                if letters.find(|c| valued.contains(c)).is_some_and(|at| at + 1 == letters.len()) {
                    words.next();
                }
            }
            None => found.push(word),
        }
    }
    found
}

/// The value of an option: `-o a`, `-oa`, `-fsSLo a`, `--output a`, `--output=a`.
pub(super) fn option<'w>(words: &'w [Word], letter: char, long: &str) -> Option<&'w str> {
    let mut words = words.iter().map(|word| &*word.text);
    while let Some(word) = words.next() {
        if let Some(rest) = word.strip_prefix("--") {
            match rest.strip_prefix(long) {
                Some("") => return words.next(),
                Some(value) if value.starts_with('=') => return value.get(1..),
                _ => {}
            }
        } else if let Some((before, value)) = word.strip_prefix('-').and_then(|word| word.split_once(letter))
            && before.chars().all(|c| c.is_ascii_alphabetic())
        {
            return if value.is_empty() { words.next() } else { Some(value) };
        }
    }
    None
}

/// Whether an option of one letter is given, by itself or with others.
pub(super) fn has_letter(words: &[Word], letter: char) -> bool {
    words.iter().any(|word| {
        word.text.strip_prefix('-').is_some_and(|letters| {
            !letters.starts_with('-')
                && letters.chars().take_while(char::is_ascii_alphabetic).any(|c| c == letter)
        })
    })
}

/// The addresses among the words, without what a query adds.
fn urls(words: &[Word]) -> impl Iterator<Item = &str> {
    let urls = words.iter().map(|word| &*word.text).filter(|word| word.contains("://"));
    urls.map(|url| url.split(['?', '#']).next().unwrap_or_default())
}
