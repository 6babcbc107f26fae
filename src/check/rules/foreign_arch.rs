//! A download or a package for one architecture in a file that is rendered for another.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use crate::check::{ArchScope, Sink};
use crate::dockerfile::{Builder, Instruction, Keyword};
use crate::image::Platform;
use crate::render::TemplateKind;
use crate::shell::text;
use crate::source::Span;

/// Words for architectures, each with a platform that runs it. Longer ones come first.
const WORDS: [(&str, &str); 17] = [
    ("x86_64", "linux/amd64"),
    ("x86-64", "linux/amd64"),
    ("amd64", "linux/amd64"),
    ("x64", "linux/amd64"),
    ("i386", "linux/386"),
    ("i486", "linux/386"),
    ("i586", "linux/386"),
    ("i686", "linux/386"),
    ("aarch64", "linux/arm64"),
    ("arm64v8", "linux/arm64"),
    ("arm64", "linux/arm64"),
    ("armv7hf", "linux/arm/v7"),
    ("armv7l", "linux/arm/v7"),
    ("armv7", "linux/arm/v7"),
    ("armhf", "linux/arm/v7"),
    ("armv6l", "linux/arm/v6"),
    ("armv6", "linux/arm/v6"),
];

/// An instruction with more of them is a table, not a download.
const MOST_WORDS: usize = 100;

/// Text that chooses between architectures at build time.
const ARCH_QUERIES: [&str; 11] = [
    "uname",
    "print-architecture",
    "print-arch",
    "TARGETARCH",
    "TARGETPLATFORM",
    "TARGETVARIANT",
    "add-architecture",
    "add-arch",
    "case ",
    "if ",
    "[ ",
];

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    let Some(own) = &scope.platform else { return };
    let file = scope.rendering.file;
    let before = file.stages.first().map_or(0, |stage| stage.body.start);
    let global = file.instructions.iter().take(before).filter(|found| found.keyword == Keyword::Arg);
    let has_global = global.clone().next().is_some();
    // Arguments that have their value from before the first `FROM`, and are used for a download.
    let mut inherited: BTreeSet<String> = BTreeSet::new();
    for (at, stage) in file.stages.iter().enumerate() {
        // A stage that runs on the build machine, or names a platform, is not the device's.
        let is_built = scope.evaluation.stages.get(at).is_some_and(|stage| stage.is_built);
        if stage.platform.is_some() || !is_built {
            continue;
        }
        let body = scope.rendering.body(stage).iter();
        let used = LazyCell::new(|| used(scope, body.clone()));
        for instruction in body.clone().filter(|found| has_text_of_an_arch(found) && !is_given(scope, found)) {
            if is_for_download(scope, instruction, &|name| used.contains(name)) {
                check_instruction(scope, own, instruction, sink);
            }
        }
        if has_global {
            let declared = body.clone().filter(|found| found.keyword == Keyword::Arg).flat_map(|found| &found.args);
            let names = declared.filter(|arg| !arg.text.contains(&b'=')).map(|arg| arg.name().1);
            inherited.extend(names.filter(|name| used.contains(name)));
        }
    }
    for instruction in global.filter(|found| !is_given(scope, found)) {
        if is_for_download(scope, instruction, &|name| inherited.contains(name)) {
            check_instruction(scope, own, instruction, sink);
        }
    }
}

fn has_text_of_an_arch(instruction: &Instruction) -> bool {
    matches!(
        instruction.keyword,
        Keyword::Run | Keyword::Add | Keyword::Copy | Keyword::Env | Keyword::Arg
    ) && instruction.flag("from").is_none()
}

/// Whether the build gives a value to every argument that an `ARG` declares: the defaults do not matter.
fn is_given(scope: &ArchScope, instruction: &Instruction) -> bool {
    instruction.keyword == Keyword::Arg
        && instruction.args.iter().all(|arg| scope.evaluation.is_given(&arg.name().1))
}

/// The variables with which the instructions of a stage download or copy something.
fn used<'i>(scope: &ArchScope, all: impl Iterator<Item = &'i Instruction<'i>>) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for instruction in all {
        let text = text(scope.rendering.file, instruction);
        let is_file = matches!(instruction.keyword, Keyword::Copy | Keyword::Add);
        if (is_file || has_any(&text, &DOWNLOADS)) && !has_any(&text, &ARCH_QUERIES) {
            let names = text.split('$').skip(1).map(|rest| {
                let rest = rest.strip_prefix('{').unwrap_or(rest);
                rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()
            });
            used.extend(names.map(str::to_owned));
        }
    }
    used
}

/// Whether the values of an `ARG` or `ENV` are for a download: of their own text, or with one of the
/// variables. Any other instruction is for itself.
fn is_for_download(scope: &ArchScope, instruction: &Instruction, used: &dyn Fn(&str) -> bool) -> bool {
    let text = text(scope.rendering.file, instruction);
    let has_word = WORDS.iter().any(|(word, _)| text.contains(word));
    if !has_word || has_any(&text, &DOWNLOADS) {
        return has_word;
    }
    let names: Vec<String> = match instruction.keyword {
        Keyword::Arg => instruction.args.iter().map(|arg| arg.name().1).collect(),
        Keyword::Env => {
            let pairs = instruction.pairs();
            pairs.map(|(name, _)| String::from_utf8_lossy(&name.text).into_owned()).collect()
        }
        _ => return true,
    };
    names.iter().any(|name| name == "GOARCH" || used(name))
}

fn has_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// Text that downloads, installs or unpacks: in a `RUN` without it, the name of an arch has no effect.
const DOWNLOADS: [&str; 10] =
    ["://", "curl", "wget", "install", "apk ", "dpkg", ".deb", ".rpm", ".tar", ".zip"];

fn check_instruction(scope: &ArchScope, own: &Platform, instruction: &Instruction, sink: &mut Sink) {
    let text = text(scope.rendering.file, instruction);
    if has_any(&text, &ARCH_QUERIES) || (instruction.keyword == Keyword::Run && !has_any(&text, &DOWNLOADS)) {
        return;
    }
    let bytes = text.as_bytes();
    let mut found: Vec<(Span, &str, Platform)> = Vec::new();
    for (word, platform) in WORDS {
        for start in memchr::memmem::find_iter(bytes, word.as_bytes()) {
            let end = start + word.len();
            let is_part = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
            let before = start.checked_sub(1).and_then(|at| bytes.get(at));
            let is_inside = found.iter().any(|(span, ..)| span.start <= start && start < span.end);
            if is_part(before)
                || is_part(bytes.get(end))
                || is_inside
                || is_other_meaning(bytes, &(start..end))
            {
                continue;
            }
            if found.len() == MOST_WORDS {
                return;
            }
            let Some(platform) = Platform::parse(platform) else { continue };
            found.push((start..end, word, platform));
        }
    }
    found.sort_by_key(|(span, ..)| span.start);
    // Several architectures in one instruction are a choice between them. Text that is not UTF-8 was
    // replaced, and places in it are off.
    let is_one = found.windows(2).all(|pair| pair[0].2 == pair[1].2);
    if !is_one || text.len() != instruction.span.len() {
        return;
    }
    for (span, word, platform) in found {
        let place = instruction.span.start + span.start..instruction.span.start + span.end;
        if scope.rendering.is_literal(&place) && own.choose(std::slice::from_ref(&platform)).is_none() {
            sink.report(&place, format!("`{word}` is only for {platform}"), help(scope, word));
        }
    }
}

/// Whether the name of an arch does not say what a program runs on: it says what a compiler or an emulator is
/// for, or it is taken only where a variable has no value.
fn is_other_meaning(bytes: &[u8], word: &Span) -> bool {
    let (before, after) = (&bytes[..word.start], &bytes[word.end..]);
    let is_end = |b: &u8| b.is_ascii_whitespace() || b"\"';&|()".contains(b);
    let start = before.iter().rposition(is_end).map_or(0, |at| at + 1);
    let end = after.iter().position(is_end).unwrap_or(after.len());
    let has = |part: &[u8]| memchr::memmem::find(&bytes[start..word.end + end], part).is_some();
    // `gcc-x86-64-linux-gnu`, `libc6-dev-arm64-cross`, and a download of one of them.
    let is_tool = has(b"cross") || has(b"gcc") || has(b"toolchain");
    let is_triple = after.starts_with(b"-linux") || after.starts_with(b"-unknown-linux");
    if is_tool || after.starts_with(b"-w64-mingw32") || (is_triple && !has(b"://")) {
        return true;
    }
    let is_default = before.strip_suffix(b"-").or(before.strip_suffix(b"=")).is_some_and(|before| {
        let before = before.strip_suffix(b":").unwrap_or(before);
        let name = before.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        name > 0 && before[..before.len() - name].ends_with(b"${")
    });
    is_default || [&b"qemu-"[..], b"qemu-system-", b"mingw-w64-"].iter().any(|end| before.ends_with(end))
}

/// How to have the name of the arch for every device.
fn help(scope: &ArchScope, word: &str) -> String {
    let arch = &scope.arch.slug;
    if scope.evaluation.builder() == Builder::Classic {
        return format!("for {arch}, write %%BALENA_ARCH%%, or ask in the command: uname -m");
    }
    let names = match word {
        "amd64" | "armhf" | "i386" => "%%DTPL_DEBIAN_ARCH%%",
        "x86_64" | "armv7l" | "armv6l" | "i686" => "%%DTPL_UNAME_MACHINE%%",
        "x64" => "%%DTPL_NODE_ARCH%%",
        "armv7hf" => "%%BALENA_ARCH%%",
        _ => "%%DTPL_UNAME_MACHINE%% or %%DTPL_DEBIAN_ARCH%%",
    };
    match scope.rendering.template.kind() {
        TemplateKind::Verbatim => {
            format!("for {arch}, choose by TARGETARCH, or call the file Dockerfile.template and write {names}")
        }
        _ => format!("for {arch}, write {names}, or the name that the download uses"),
    }
}
