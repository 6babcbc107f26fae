//! Whether what a stage does can be done on Alpine, too.

use std::collections::BTreeSet;

use super::alpine_packages;
use super::choice::{Packages, old_packages};
use super::file_images::FileImages;
use super::old_images::OldImage;
use crate::dockerfile::{Dockerfile, Instruction, Keyword};
use crate::shell::{INSTALL_PACKAGES, INSTALLERS, ShellCommand, Word, commands};

/// Programs that Alpine's images have not, or have with other options.
const GNU: &str = "curl git make cmake gcc g++ sudo udevadm bash systemctl useradd groupadd usermod \
     adduser addgroup locale-gen update-alternatives update-rc.d service ldconfig";

/// The first thing in a file that only works where packages are Debian's.
pub fn needs_apt(images: &FileImages) -> Option<String> {
    let bases = images.list.iter().filter(|image| image.is_base);
    bases.filter(|image| !is_on_alpine(image)).find_map(|image| {
        let body = images.body(image.stage);
        let brought: BTreeSet<String> = body.iter().flat_map(|found| brought(images.file, found)).collect();
        let compiles = brought.contains("build-essential");
        let comes =
            |name: &str| brought.contains(name) || (compiles && matches!(name, "gcc" | "g++" | "make"));
        let lacking: Vec<&str> = GNU.split(' ').filter(|name| !comes(name)).collect();
        let missing = |found: &Instruction| named(images.file, found, &lacking);
        body.iter().find_map(|found| installs_unknown(images.file, found).or_else(|| missing(found)))
    })
}

/// The packages that an instruction installs with the script of the old images.
fn brought(file: &Dockerfile, instruction: &Instruction) -> Vec<String> {
    if instruction.keyword != Keyword::Run {
        return Vec::new();
    }
    let commands = commands(file, instruction);
    let calls =
        commands.iter().filter_map(ShellCommand::program).filter(|(name, _)| *name == INSTALL_PACKAGES);
    calls.flat_map(|(_, words)| words.iter().map(|word| word.text.clone())).collect()
}

fn is_on_alpine(image: &OldImage) -> bool {
    let parts = image.known.iter().flatten().find_map(|known| known.1.parts.as_ref());
    parts.is_some_and(|parts| old_packages(parts) == Packages::Apk)
}

/// A program that installs packages, in an instruction.
pub fn installs(file: &Dockerfile, instruction: &Instruction) -> Option<String> {
    named(file, instruction, &INSTALLERS)
}

/// A program that installs packages whose names in Alpine are not known.
fn installs_unknown(file: &Dockerfile, instruction: &Instruction) -> Option<String> {
    let program = installs(file, instruction)?;
    let commands = commands(file, instruction);
    let mut installing =
        commands.iter().filter_map(ShellCommand::program).filter(|(name, _)| INSTALLERS.contains(name));
    // A call that is not understood is not replaced either.
    let is_known_word = |word: &Word| {
        file.bytes(&word.span) == word.text.as_bytes() && alpine_packages::name(&word.text).is_some()
    };
    let is_known = installing.all(|(name, words)| {
        name == INSTALL_PACKAGES && !words.is_empty() && words.iter().all(is_known_word)
    });
    let text = file.bytes(&instruction.span);
    let calls = commands.iter().filter(|command| command.is_program(&[&program]));
    let are_all = memchr::memmem::find_iter(text, INSTALL_PACKAGES.as_bytes()).count() == calls.count();
    (!is_known || !are_all).then_some(program)
}

fn named(file: &Dockerfile, instruction: &Instruction, programs: &[&str]) -> Option<String> {
    if !matches!(instruction.keyword, Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Shell) {
        return None;
    }
    let in_json = instruction.args.first().map(|arg| String::from_utf8_lossy(&arg.text).into_owned());
    let in_json = in_json.and_then(|text| text.rsplit('/').next().map(str::to_owned));
    if let Some(name) = in_json.filter(|name| programs.contains(&name.as_str())) {
        return Some(name);
    }
    let commands = commands(file, instruction);
    let mut names = commands.iter().filter_map(ShellCommand::program).map(|(name, _)| name);
    names.find(|name| programs.contains(name)).map(str::to_owned)
}
