//! What a `RUN` does, and the pitfalls of package managers.

use super::files::is_list;
use super::words::{listed, quoted};
use super::{Details, Here};
use crate::dockerfile::{Form, Instruction, Keyword};
use crate::image::Family;

/// Bytes of a command that are looked at: a script of a megabyte is not read for its package managers.
const LONGEST: usize = 1 << 16;

/// The commands of a `RUN`, each as its words; a heredoc's lines are commands, too.
fn commands(instruction: &Instruction, file: Option<&[u8]>) -> Vec<Vec<String>> {
    let mut text = Vec::new();
    for arg in &instruction.args {
        text.extend_from_slice(&arg.text[..arg.text.len().min(LONGEST)]);
        text.push(b' ');
    }
    for heredoc in &instruction.heredocs {
        text.push(b'\n');
        let content = file.map(|file| &file[heredoc.content.clone()]).unwrap_or_default();
        text.extend_from_slice(&content[..content.len().min(LONGEST)]);
    }
    text.truncate(LONGEST);
    let text = String::from_utf8_lossy(&text);
    // Where one command ends and the next begins, as far as a person would say without a shell at hand.
    let pieces = text.split(['\n', ';', '|', '&', '(', ')', '{', '}']);
    let words = |piece: &str| piece.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    pieces.map(words).filter(|words| !words.is_empty()).collect()
}

/// Whether some command has these words, in this order, maybe with flags between them.
fn runs<'c>(commands: &'c [Vec<String>], wanted: &[&str]) -> Option<&'c [String]> {
    commands.iter().find_map(|words| {
        let mut rest = &words[..];
        for (number, word) in wanted.iter().enumerate() {
            let fits =
                |found: &String| found == word || (number == 0 && found.ends_with(&format!("/{word}")));
            let at = rest.iter().position(fits)?;
            rest = &rest[at + 1..];
        }
        Some(rest)
    })
}

/// `pip install`, however pip is called.
fn pip(commands: &[Vec<String>]) -> Option<&[String]> {
    ["pip", "pip3", "pip2"].iter().find_map(|pip| runs(commands, &[pip, "install"]))
}

/// Whether a `RUN` installs what a list in the context asks for.
pub(super) fn installs_a_list(instruction: &Instruction) -> bool {
    if instruction.keyword != Keyword::Run {
        return false;
    }
    // The command line is enough to tell.
    let commands = commands(instruction, None);
    pip(&commands).is_some_and(|rest| rest.iter().any(|word| is_list(word.as_bytes())))
        || runs(&commands, &["npm", "install"]).is_some_and(|rest| rest.iter().all(|w| w.starts_with('-')))
        || runs(&commands, &["npm", "ci"]).is_some()
        || runs(&commands, &["yarn", "install"]).is_some()
        || runs(&commands, &["bundle", "install"]).is_some()
        || runs(&commands, &["poetry", "install"]).is_some()
        || runs(&commands, &["go", "mod", "download"]).is_some()
}

/// Explains a `RUN`.
pub(super) fn details(here: &Here, instruction: &Instruction) -> Details {
    let mut details = Details::default();
    let commands = commands(instruction, Some(here.file.source.bytes()));
    let programs = programs(&commands);
    details.what = match (&instruction.form, instruction.heredocs.is_empty(), programs.is_empty()) {
        (Form::Json, _, _) => "Runs this program as it stands, without a shell, and keeps the files that it \
                               changed."
            .to_owned(),
        (_, false, _) => {
            "Runs the script in the lines below, and keeps the files that it changed.".to_owned()
        }
        (_, _, true) => super::does(Keyword::Run).to_owned(),
        _ => {
            let names = listed(programs.iter().map(|name| name.as_bytes()));
            format!("Runs {names} in the image as it is so far, and keeps the files that were changed.")
        }
    };
    if let Some(mount) = instruction.flag("mount").and_then(|flag| flag.value()) {
        details.what.push_str(&format!(
            " What `--mount` gives it ({}) is there while it runs, and is no part of the image.",
            quoted(mount)
        ));
    }
    let mut pitfall = |text: String| details.pitfalls.push(text);
    apt(&commands, &mut pitfall);
    python(here, instruction, &commands, &mut pitfall);
    others(here, &commands, &mut pitfall);
    details
}

/// The programs that are run, as far as the first word of a command says.
fn programs(commands: &[Vec<String>]) -> Vec<String> {
    let shell = |word: &str| {
        let keywords =
            ["if", "then", "else", "fi", "for", "do", "done", "while", "case", "esac", "set", "in", "\\"];
        keywords.contains(&word) || word.contains(['=', '$', '"', '\'', '<', '>', '[', '!', '#'])
    };
    let mut programs: Vec<String> = Vec::new();
    for name in commands.iter().filter_map(|words| words.first()).filter(|word| !shell(word)) {
        if !programs.contains(name) && programs.len() < 20 {
            programs.push(name.clone());
        }
    }
    programs
}

fn apt(commands: &[Vec<String>], pitfall: &mut dyn FnMut(String)) {
    let either = |verb| runs(commands, &["apt-get", verb]).or_else(|| runs(commands, &["apt", verb]));
    let (update, install) = (either("update").is_some(), either("install").is_some());
    if update && !install {
        pitfall(
            "An update by itself stays in the cache: a later RUN then installs from an old list, or finds \
             that a package is gone. Put update and install into one RUN, with && between."
                .to_owned(),
        );
    }
    if install && !update {
        pitfall(
            "It installs without `apt-get update` in the same RUN: the list of packages is as old as the \
             layer it came with, or not there at all."
                .to_owned(),
        );
    }
    if install && runs(commands, &["rm", "/var/lib/apt/lists/*"]).is_none() {
        pitfall(
            "The lists of packages stay in the layer: end with `rm -rf /var/lib/apt/lists/*` in the same RUN; \
             a later one would not make the image smaller."
                .to_owned(),
        );
    }
    let answers =
        |rest: &[String]| rest.iter().any(|word| word == "--yes" || word == "--assume-yes" || is_yes(word));
    let asks = commands.iter().any(|words| {
        let own = std::slice::from_ref(words);
        let is_install =
            runs(own, &["apt-get", "install"]).or_else(|| runs(own, &["apt", "install"])).is_some();
        is_install && !answers(words)
    });
    if asks {
        pitfall("Nobody is there to answer: `apt-get install` needs `-y`.".to_owned());
    }
}

/// `-y`, `-yq`, `-qqy`; two `q` say yes, too.
fn is_yes(word: &str) -> bool {
    let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-')).unwrap_or_default();
    letters.contains('y') || letters.contains("qq")
}

fn python(here: &Here, instruction: &Instruction, commands: &[Vec<String>], pitfall: &mut dyn FnMut(String)) {
    let Some(rest) = pip(commands) else { return };
    let has = |flag: &str| commands.iter().flatten().any(|word| word == flag);
    let is_mounted = instruction
        .flags
        .iter()
        .any(|flag| flag.value().is_some_and(|value| value.starts_with(b"type=cache")));
    if !has("--no-cache-dir") && !is_mounted {
        pitfall("pip keeps what it downloads in the layer: `--no-cache-dir` leaves it out.".to_owned());
    }
    let is_listed =
        rest.iter().any(|word| word == "-r" || word.starts_with("--requirement") || word.starts_with("-r"));
    if is_listed {
        if let Some(line) = here.wide_copy_before() {
            pitfall(format!(
                "All files are copied before it, on line {line}: when any of them changes, this runs again. \
                 Copy the list of requirements by itself first."
            ));
        }
        let copied = here.facts().and_then(|facts| facts.first_copy).is_some_and(|at| at < here.at);
        if !copied && instruction.flag("mount").is_none() && here.is_on_image() {
            pitfall(
                "No file was copied before it: the list of requirements is not in the image yet.".to_owned(),
            );
        }
        pitfall("Versions pinned in that list (`Flask==3.1.3`) give the same image next year.".to_owned());
        return;
    }
    let is_package = |word: &&String| word.chars().next().is_some_and(char::is_alphanumeric);
    let loose: Vec<&String> = rest
        .iter()
        .filter(is_package)
        .filter(|word| !word.contains("==") && !word.contains('@') && !word.contains('/') && *word != "pip")
        .collect();
    if !loose.is_empty() {
        let names = listed(loose.iter().map(|name| name.as_bytes()));
        pitfall(format!(
            "No version is pinned for {names}: another day gives another image. Write `name==1.2.3`."
        ));
    }
}

fn others(here: &Here, commands: &[Vec<String>], pitfall: &mut dyn FnMut(String)) {
    let has = |flag: &str| commands.iter().flatten().any(|word| word == flag);
    if runs(commands, &["apk", "add"]).is_some() && !has("--no-cache") {
        pitfall("apk keeps its index in the layer: `apk add --no-cache` leaves it out.".to_owned());
    }
    if runs(commands, &["install_packages"]).is_some() {
        pitfall(match here.family() {
            Some(Family::Balenalib) => {
                "`install_packages` is balena's: it updates, installs and cleans up in one. Other base images \
                 do not have it."
                    .to_owned()
            }
            _ => "`install_packages` is there in balena's base images (`balenalib/`) only.".to_owned(),
        });
    }
    let ends_in_cd = commands.last().is_some_and(|words| words.first().is_some_and(|word| word == "cd"));
    if ends_in_cd {
        pitfall("`cd` holds for this RUN only: WORKDIR holds for all that follow.".to_owned());
    }
}
