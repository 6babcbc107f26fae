//! Programs that came with an old image, are used, and do not come with the new one.

use std::collections::BTreeSet;

use super::choice::{Choice, Packages};
use super::notes::Notes;
use crate::dockerfile::{Dockerfile, Form, Instruction, Keyword};
use crate::image::Parts;
use crate::shell::{Command, commands};
use crate::source::Span;

/// A program of the old images, with the packages that have it now: of Debian, of Alpine, of Fedora.
struct Program {
    name: &'static str,
    apt: &'static str,
    apk: &'static str,
    dnf: &'static str,
    /// Whether only the `build` variants had it.
    of_build: bool,
    /// Whether the full images of a language have it.
    in_full: bool,
    /// Whether Alpine has it.
    in_alpine: bool,
}

const fn program(
    name: &'static str,
    [apt, apk, dnf]: [&'static str; 3],
    [of_build, in_full, in_alpine]: [bool; 3],
) -> Program {
    Program { name, apt, apk, dnf, of_build, in_full, in_alpine }
}

const PROGRAMS: [Program; 22] = [
    program("bash", ["", "bash", ""], [false, true, false]),
    program("curl", ["curl", "curl", ""], [false, true, false]),
    program("sudo", ["sudo", "sudo", "sudo"], [false, false, false]),
    program("gpg", ["gnupg", "gnupg", "gnupg2"], [false, true, false]),
    program("ps", ["procps", "", "procps-ng"], [false, true, true]),
    program("ping", ["iputils-ping", "", "iputils"], [false, false, true]),
    program("ip", ["iproute2", "", "iproute"], [false, false, true]),
    program("udevadm", ["udev", "eudev", "systemd-udev"], [false, false, false]),
    program("modprobe", ["kmod", "", "kmod"], [false, false, true]),
    program("wget", ["wget", "", "wget2-wget"], [true, true, true]),
    program("git", ["git", "git", "git"], [true, true, false]),
    program("make", ["build-essential", "build-base", "make"], [true, true, false]),
    program("gcc", ["build-essential", "build-base", "gcc"], [true, true, false]),
    program("g++", ["build-essential", "build-base", "gcc-c++"], [true, true, false]),
    program("cmake", ["cmake", "cmake", "cmake"], [false, false, false]),
    program("unzip", ["unzip", "", "unzip"], [true, true, true]),
    program("patch", ["patch", "", "patch"], [true, true, true]),
    program("xz", ["xz-utils", "xz", "xz"], [true, true, false]),
    program("file", ["file", "file", "file"], [true, true, false]),
    program("ssh", ["openssh-client", "openssh-client", "openssh-clients"], [true, true, false]),
    program("svn", ["subversion", "subversion", "subversion"], [true, true, false]),
    program("hg", ["mercurial", "mercurial", "mercurial"], [true, true, false]),
];

impl Program {
    /// The package that has it; nothing where it is there already.
    fn package(&self, choice: &Choice) -> Option<&'static str> {
        let name = choice.reference.short_name();
        let tag = choice.reference.tag().unwrap_or_default();
        let is_slim = tag.split('-').any(|piece| piece == "slim");
        let package = match choice.packages {
            Packages::Apk if self.in_alpine => return None,
            Packages::Apk => self.apk,
            Packages::Dnf => self.dnf,
            Packages::Apt => {
                let is_bare = matches!(name.as_str(), "debian" | "ubuntu");
                let is_full = !is_slim && !is_bare && name != "eclipse-temurin" && !name.contains('/');
                let in_java = name == "eclipse-temurin" && matches!(self.name, "curl" | "wget" | "gpg");
                let in_sdk = name.ends_with("dotnet/sdk") && matches!(self.name, "curl" | "wget" | "git");
                if (is_full && self.in_full) || in_java || in_sdk {
                    return None;
                }
                self.apt
            }
        };
        Some(package).filter(|package| !package.is_empty())
    }
}

/// A stage that has a new image: its instructions, and those of the stages that are built on it.
pub struct Moved<'m, 'f> {
    /// The file.
    pub file: &'m Dockerfile<'f>,
    /// The instructions.
    pub body: &'m [&'m Instruction<'f>],
    /// What the old image was.
    pub parts: &'m Parts,
    /// Where it stands.
    pub span: &'m Span,
    /// The new one.
    pub choice: &'m Choice,
    /// Whether the image that is built ends here.
    pub is_final: bool,
}

/// Beginnings of packages that are not in the distribution's archive, and whose they are. The old images
/// of those boards had the maker's archive set up.
const OF_MAKERS: [(&str, &str); 13] = [
    ("nvidia-", "NVIDIA"),
    ("cuda-", "NVIDIA"),
    ("libcudnn", "NVIDIA"),
    ("libnvinfer", "NVIDIA"),
    ("libnvidia-", "NVIDIA"),
    ("libraspberrypi", "Raspberry Pi"),
    ("raspberrypi-", "Raspberry Pi"),
    ("libcamera-apps", "Raspberry Pi"),
    ("rpicam-apps", "Raspberry Pi"),
    ("raspi-", "Raspberry Pi"),
    ("python3-picamera", "Raspberry Pi"),
    ("omxplayer", "Raspberry Pi"),
    ("wiringpi", "Raspberry Pi"),
];

/// Looks at what is used.
pub fn tell(moved: &Moved, notes: &mut Notes) {
    let all: Vec<Command> = moved.body.iter().flat_map(|instruction| used(moved.file, instruction)).collect();
    let installed = installed(&all);
    let reference = moved.choice.reference.text();
    let mut told = BTreeSet::new();
    for command in &all {
        let Some((name, _)) = command.program() else { continue };
        let Some(program) = PROGRAMS.iter().find(|program| program.name == name) else { continue };
        let Some(package) = program.package(moved.choice) else { continue };
        let had_it = !program.of_build || super::choice::has_compilers(moved.parts);
        if !had_it || installed.contains(package) || installed.contains(name) || !told.insert(name) {
            continue;
        }
        notes.warn(
            "lost-program",
            &command.span(),
            format!("`{name}` came with the old image and does not come with the new one"),
            format!("in {reference}: {} {package}", moved.choice.packages.install_line()),
        );
    }
    certificates(moved, &installed, notes);
    python(moved, &all, &installed, notes);
    if super::choice::has_compilers(moved.parts) && moved.choice.packages != Packages::Apt {
        let package =
            if moved.choice.packages == Packages::Apk { "build-base git" } else { "gcc gcc-c++ make git" };
        if !installed.contains("build-base") && !installed.contains("gcc") {
            notes.warn(
                "build-tools",
                moved.span,
                "the build variant had a compiler and git, the new image has none",
                format!("in {reference}: {} {package}", moved.choice.packages.install_line()),
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
fn certificates(moved: &Moved, installed: &BTreeSet<String>, notes: &mut Notes) {
    let name = moved.choice.reference.short_name();
    let tag = moved.choice.reference.tag().unwrap_or_default();
    let has_none = matches!(name.as_str(), "debian" | "ubuntu")
        || (name == "node" && tag.split('-').any(|piece| piece == "slim"));
    let fetches = moved.body.iter().any(|instruction| {
        let text = moved.file.bytes(&instruction.span);
        instruction.keyword == Keyword::Run && memchr::memmem::find(text, b"https://").is_some()
    });
    // Node brings its own, for its own connections.
    let matters = fetches || (moved.is_final && name != "node");
    if has_none && matters && !installed.contains("ca-certificates") {
        notes.warn(
            "lost-certificates",
            moved.span,
            "the old image had CA certificates, the new one has none: TLS connections fail",
            format!(
                "in {}: {} ca-certificates",
                moved.choice.reference.text(),
                moved.choice.packages.install_line()
            ),
        );
    }
}

/// `python` without a number, and packages that the new image has no use of.
fn python(moved: &Moved, all: &[Command], installed: &BTreeSet<String>, notes: &mut Notes) {
    let reference = moved.choice.reference.text();
    let is_python = moved.choice.reference.short_name() == "python";
    for command in all {
        if !command.names_packages() {
            continue;
        }
        for word in &command.words {
            let name = word.text.split('=').next().unwrap_or_default();
            if let Some((_, maker)) = OF_MAKERS.iter().find(|(head, _)| name.starts_with(head)) {
                notes.warn(
                    "maker-package",
                    &word.span,
                    format!("`{name}` is of the archive of {maker}, which old images had set up"),
                    format!("in {reference}: add that archive and its key before, or do without the package"),
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
            } else if is_python && name.starts_with("python3-") && moved.choice.packages == Packages::Apt {
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
            format!("in {reference}: {} python3, and write python3", moved.choice.packages.install_line()),
        );
    }
}
