//! Programs that came with an old image, are used, and do not come with the new one.

use std::collections::BTreeSet;

use super::choice::{ImageChoice, Packages};
use super::file_images::OldStage;
use super::notes::Notes;
use crate::dockerfile::{Dockerfile, Form, Instruction, Keyword};
use crate::image::balena::{OldProgram, PROGRAMS, VENDOR_PACKAGES};
use crate::shell::{ShellCommand, Word, commands};

fn is_slim(choice: &ImageChoice) -> bool {
    choice.reference.tag().is_some_and(|tag| tag.split('-').any(|piece| piece == "slim"))
}

/// The package that has a program; nothing where the new image has the program.
fn package(program: &OldProgram, choice: &ImageChoice) -> Option<&'static str> {
    let name = choice.reference.short_name();
    let package = match choice.packages {
        Packages::Apk if program.in_alpine => return None,
        Packages::Apk => program.apk,
        Packages::Dnf => program.dnf,
        Packages::Apt => {
            let is_bare = matches!(name.as_str(), "debian" | "ubuntu");
            let is_full = !is_slim(choice) && !is_bare && name != "eclipse-temurin" && !name.contains('/');
            let in_java = name == "eclipse-temurin" && matches!(program.name, "curl" | "wget" | "gpg");
            let in_sdk = name.ends_with("dotnet/sdk") && matches!(program.name, "curl" | "wget" | "git");
            if (is_full && program.in_full) || in_java || in_sdk {
                return None;
            }
            program.apt
        }
    };
    Some(package).filter(|package| !package.is_empty())
}

/// What to write in the stage, for a message.
fn install(choice: &ImageChoice, packages: &str) -> String {
    format!("in {}: {} {packages}", choice.reference.text(), choice.packages.install_line())
}

pub fn report(stage: &OldStage, choice: &ImageChoice, notes: &mut Notes) {
    let all: Vec<ShellCommand> =
        stage.body.iter().flat_map(|instruction| used(stage.file, instruction)).collect();
    let installed = installed(&all);
    let mut reported = BTreeSet::new();
    for command in &all {
        let Some((name, _)) = command.program() else { continue };
        let Some(program) = PROGRAMS.iter().find(|program| program.name == name) else { continue };
        let Some(package) = package(program, choice) else { continue };
        let had_it = !program.of_build || stage.parts.has_compilers();
        if !had_it || installed.contains(package) || installed.contains(name) || !reported.insert(name) {
            continue;
        }
        let message = format!("`{name}` came with the old image and does not come with the new one");
        notes.warn("missing-program", &command.span(), message, install(choice, package));
    }
    certificates(stage, choice, &installed, notes);
    python(choice, &all, &installed, notes);
    if stage.parts.has_compilers()
        && choice.packages != Packages::Apt
        && !installed.contains("build-base")
        && !installed.contains("gcc")
    {
        let packages =
            if choice.packages == Packages::Apk { "build-base git" } else { "gcc gcc-c++ make git" };
        let message = "the build variant had a compiler and git, the new image has none";
        notes.warn("build-tools", &stage.image.span, message, install(choice, packages));
    }
}

/// The commands of an instruction, those that start the container among them.
fn used(file: &Dockerfile, instruction: &Instruction) -> Vec<ShellCommand> {
    match instruction.keyword {
        Keyword::Run | Keyword::Cmd | Keyword::Entrypoint => {
            let mut all = commands(file, instruction);
            // `["bash", "-c", "..."]`: the shell itself is used, too.
            if instruction.form == Form::Json
                && let Some(arg) = instruction.args.first()
            {
                let text = String::from_utf8_lossy(&arg.text).into_owned();
                let word = Word { text, span: arg.span.clone() };
                all.push(ShellCommand { words: vec![word], ..ShellCommand::default() });
            }
            all
        }
        _ => Vec::new(),
    }
}

/// The packages that the commands install, by name.
fn installed(all: &[ShellCommand]) -> BTreeSet<String> {
    let words = all.iter().filter(|command| command.names_packages()).flat_map(|command| &command.words);
    words.map(|word| word.text.split(['=', ':']).next().unwrap_or_default().to_owned()).collect()
}

/// The certificates, without which no TLS connection is trusted.
fn certificates(stage: &OldStage, choice: &ImageChoice, installed: &BTreeSet<String>, notes: &mut Notes) {
    let name = choice.reference.short_name();
    let has_none = matches!(name.as_str(), "debian" | "ubuntu") || (name == "node" && is_slim(choice));
    let fetches = stage.body.iter().any(|instruction| {
        let text = stage.file.bytes(&instruction.span);
        instruction.keyword == Keyword::Run && memchr::memmem::find(text, b"https://").is_some()
    });
    // Node brings its own, for its own connections.
    let matters = fetches || (stage.is_final && name != "node");
    if has_none && matters && !installed.contains("ca-certificates") {
        let message = "the old image had CA certificates, the new one has none: TLS connections fail";
        let help = install(choice, "ca-certificates");
        notes.warn("missing-certificates", &stage.image.span, message, help);
    }
}

/// `python` without a number, and packages that the new image has no use of.
fn python(choice: &ImageChoice, all: &[ShellCommand], installed: &BTreeSet<String>, notes: &mut Notes) {
    let reference = choice.reference.text();
    let is_python = choice.reference.short_name() == "python";
    let installing = all.iter().filter(|command| command.names_packages());
    for Word { text, span } in installing.flat_map(|command| &command.words) {
        let name = text.split('=').next().unwrap_or_default();
        if let Some((_, vendor)) = VENDOR_PACKAGES.iter().find(|(head, _)| name.starts_with(head)) {
            let message =
                format!("`{name}` is from the archive of {vendor}, which the old images had set up");
            let help = format!("in {reference}: add that archive and its key first, or omit the package");
            notes.warn("vendor-package", span, message, help);
        }
        if name == "python" || name.starts_with("python-") && name != "python-is-python3" {
            let message = format!("`{name}` is a package for Python 2, which is not in new releases");
            let help = format!("write {}, or install it with pip", name.replacen("python", "python3", 1));
            notes.warn("python-2-package", span, message, help);
        } else if is_python && name.starts_with("python3-") && choice.packages == Packages::Apt {
            notes.warn(
                "debian-python",
                span,
                format!("`{name}` is for Debian's own Python, which {reference} does not use"),
                "the old image set PYTHONPATH=/usr/lib/python3/dist-packages: install it with pip, or start \
                 from debian and use its python3",
            );
        }
    }
    let calls_python = |command: &&ShellCommand| command.is_program(&["python", "pip"]);
    if !is_python
        && !installed.contains("python-is-python3")
        && let Some(command) = all.iter().find(calls_python)
    {
        let help = install(choice, "python3, and write python3");
        notes.warn("python-command", &command.span(), "there is no `python` or `pip` in the new image", help);
    }
}
