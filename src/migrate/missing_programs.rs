//! Programs that came with an old image, are used, and do not come with the new one.

use std::collections::BTreeSet;

use super::choice::{Choice, Packages};
use super::notes::Notes;
use crate::dockerfile::{Dockerfile, Form, Instruction, Keyword};
use crate::image::Parts;
use crate::image::balena::{PROGRAMS, Program, VENDOR_PACKAGES};
use crate::shell::{Command, commands};
use crate::source::Span;

/// The package that has a program; nothing where the new image has the program.
fn package(program: &Program, choice: &Choice) -> Option<&'static str> {
    let name = choice.reference.short_name();
    let tag = choice.reference.tag().unwrap_or_default();
    let is_slim = tag.split('-').any(|piece| piece == "slim");
    let package = match choice.packages {
        Packages::Apk if program.in_alpine => return None,
        Packages::Apk => program.apk,
        Packages::Dnf => program.dnf,
        Packages::Apt => {
            let is_bare = matches!(name.as_str(), "debian" | "ubuntu");
            let is_full = !is_slim && !is_bare && name != "eclipse-temurin" && !name.contains('/');
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

/// A stage that has a new image: its instructions, and those of the stages that are built on it.
pub struct ReplacedStage<'m, 'f> {
    pub file: &'m Dockerfile<'f>,
    pub body: &'m [&'m Instruction<'f>],
    pub parts: &'m Parts,
    pub span: &'m Span,
    pub choice: &'m Choice,
    /// Whether the image that is built ends here.
    pub is_final: bool,
}

/// Looks at what is used.
pub fn report(stage: &ReplacedStage, notes: &mut Notes) {
    let all: Vec<Command> = stage.body.iter().flat_map(|instruction| used(stage.file, instruction)).collect();
    let installed = installed(&all);
    let reference = stage.choice.reference.text();
    let mut reported = BTreeSet::new();
    for command in &all {
        let Some((name, _)) = command.program() else { continue };
        let Some(program) = PROGRAMS.iter().find(|program| program.name == name) else { continue };
        let Some(package) = package(program, stage.choice) else { continue };
        let had_it = !program.of_build || stage.parts.has_compilers();
        if !had_it || installed.contains(package) || installed.contains(name) || !reported.insert(name) {
            continue;
        }
        notes.warn(
            "missing-program",
            &command.span(),
            format!("`{name}` came with the old image and does not come with the new one"),
            format!("in {reference}: {} {package}", stage.choice.packages.install_line()),
        );
    }
    certificates(stage, &installed, notes);
    python(stage, &all, &installed, notes);
    if stage.parts.has_compilers() && stage.choice.packages != Packages::Apt {
        let package =
            if stage.choice.packages == Packages::Apk { "build-base git" } else { "gcc gcc-c++ make git" };
        if !installed.contains("build-base") && !installed.contains("gcc") {
            notes.warn(
                "build-tools",
                stage.span,
                "the build variant had a compiler and git, the new image has none",
                format!("in {reference}: {} {package}", stage.choice.packages.install_line()),
            );
        }
    }
}

/// The commands of an instruction, those that start the container among them.
fn used(file: &Dockerfile, instruction: &Instruction) -> Vec<Command> {
    match instruction.keyword {
        Keyword::Run | Keyword::Cmd | Keyword::Entrypoint => {
            let mut all = commands(file, instruction);
            // `["bash", "-c", "..."]`: the shell itself is used, too.
            if instruction.form == Form::Json
                && let Some(arg) = instruction.args.first()
            {
                let text = String::from_utf8_lossy(&arg.text).into_owned();
                let word = crate::shell::Word { text, span: arg.span.clone() };
                all.push(Command { words: vec![word] });
            }
            all
        }
        _ => Vec::new(),
    }
}

/// The packages that the commands install, by name.
fn installed(all: &[Command]) -> BTreeSet<String> {
    let words = all.iter().filter(|command| command.names_packages()).flat_map(|command| &command.words);
    words.map(|word| word.text.split(['=', ':']).next().unwrap_or_default().to_owned()).collect()
}

/// The certificates, without which no TLS connection is trusted.
fn certificates(stage: &ReplacedStage, installed: &BTreeSet<String>, notes: &mut Notes) {
    let name = stage.choice.reference.short_name();
    let tag = stage.choice.reference.tag().unwrap_or_default();
    let has_none = matches!(name.as_str(), "debian" | "ubuntu")
        || (name == "node" && tag.split('-').any(|piece| piece == "slim"));
    let fetches = stage.body.iter().any(|instruction| {
        let text = stage.file.bytes(&instruction.span);
        instruction.keyword == Keyword::Run && memchr::memmem::find(text, b"https://").is_some()
    });
    // Node brings its own, for its own connections.
    let matters = fetches || (stage.is_final && name != "node");
    if has_none && matters && !installed.contains("ca-certificates") {
        notes.warn(
            "missing-certificates",
            stage.span,
            "the old image had CA certificates, the new one has none: TLS connections fail",
            format!(
                "in {}: {} ca-certificates",
                stage.choice.reference.text(),
                stage.choice.packages.install_line()
            ),
        );
    }
}

/// `python` without a number, and packages that the new image has no use of.
fn python(stage: &ReplacedStage, all: &[Command], installed: &BTreeSet<String>, notes: &mut Notes) {
    let reference = stage.choice.reference.text();
    let is_python = stage.choice.reference.short_name() == "python";
    for command in all {
        if !command.names_packages() {
            continue;
        }
        for word in &command.words {
            let name = word.text.split('=').next().unwrap_or_default();
            if let Some((_, vendor)) = VENDOR_PACKAGES.iter().find(|(head, _)| name.starts_with(head)) {
                notes.warn(
                    "vendor-package",
                    &word.span,
                    format!("`{name}` is from the archive of {vendor}, which the old images had set up"),
                    format!("in {reference}: add that archive and its key first, or omit the package"),
                );
            }
            let is_old = name == "python" || name.starts_with("python-") && name != "python-is-python3";
            if is_old {
                notes.warn(
                    "python-2-package",
                    &word.span,
                    format!("`{name}` is a package for Python 2, which is not in new releases"),
                    format!("write {}, or install it with pip", name.replacen("python", "python3", 1)),
                );
            } else if is_python && name.starts_with("python3-") && stage.choice.packages == Packages::Apt {
                notes.warn(
                    "debian-python",
                    &word.span,
                    format!("`{name}` is for Debian's own Python, which {reference} does not use"),
                    "the old image set PYTHONPATH=/usr/lib/python3/dist-packages: install it with pip, or start \
                     from debian and use its python3",
                );
            }
        }
    }
    if is_python || installed.contains("python-is-python3") {
        return;
    }
    let plain = |command: &&Command| {
        command.program().is_some_and(|(name, _)| matches!(name, "python" | "pip"))
            && !command.words.is_empty()
    };
    if let Some(command) = all.iter().find(plain) {
        notes.warn(
            "python-command",
            &command.span(),
            "there is no `python` or `pip` in the new image",
            format!("in {reference}: {} python3, and write python3", stage.choice.packages.install_line()),
        );
    }
}
