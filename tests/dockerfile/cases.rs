//! A case is a folder: a `Dockerfile`, and in `expected` what it is read as.
//!
//! Accepted: one line an instruction, `start-end keyword [flags] ["argument"...]`, with `json` or
//! `legacy` behind the keyword where that form was used, and a line for every heredoc under it.
//! Refused: `error LINE: a part of the message` for every error. `warning LINE: ...` may stand in both.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use dtpl::Source;
use dtpl::dockerfile::{Dockerfile, Form, Instruction};
use dtpl::{Diagnostic, Place, Severity};

/// Text in quotes; what cannot be seen is written out.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => text.extend(['\\', c]),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text + "\""
}

fn described(instruction: &Instruction, file: &[u8]) -> String {
    let mut text = instruction.keyword.name().to_lowercase();
    if !instruction.flags.is_empty() {
        let flags: Vec<String> = instruction.flags.iter().map(|flag| quoted(&flag.text)).collect();
        let _ = write!(text, " [{}]", flags.join(" "));
    }
    match instruction.form {
        Form::Json => text.push_str(" json"),
        Form::LegacyPair => text.push_str(" legacy"),
        _ => {}
    }
    for arg in &instruction.args {
        let _ = write!(text, " {}", quoted(&arg.text));
    }
    if let Some(trigger) = &instruction.onbuild {
        let _ = write!(text, " {}", described(trigger, file));
    }
    for heredoc in &instruction.heredocs {
        let _ = write!(text, "\n  heredoc {}", quoted(&heredoc.name));
        let marks = [(heredoc.chomp, " chomp"), (!heredoc.expand, " literal")];
        text.extend(marks.into_iter().filter(|mark| mark.0).map(|mark| mark.1));
        if let Some(descriptor) = heredoc.descriptor {
            let _ = write!(text, " {descriptor}");
        }
        let _ = write!(text, " {}", quoted(&heredoc.content(file)));
    }
    text
}

fn line(diagnostic: &Diagnostic) -> usize {
    let Place::Text(source, span) = &diagnostic.place else { panic!("{diagnostic:?}") };
    source.position(span.start).line
}

/// What is expected line by line against what there is; a message is given by a part of it.
fn agree(expected: &str, got: &[String]) -> bool {
    let expected: Vec<&str> = expected.lines().collect();
    expected.len() == got.len()
        && expected.iter().zip(got).all(|(expected, got)| {
            match (expected.split_once(": "), got.split_once(": ")) {
                (Some((place, part)), Some((at, message)))
                    if expected.starts_with("error") || expected.starts_with("warning") =>
                {
                    place == at && message.contains(part)
                }
                _ => expected == got,
            }
        })
}

fn read(bytes: Vec<u8>) -> Vec<String> {
    let source = Arc::new(Source::new("Dockerfile", bytes));
    let (file, diagnostics) = Dockerfile::read(&source);
    assert_eq!(file.print(), source.bytes());
    let mut got: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| {
            assert!(!diagnostic.help.is_empty(), "{diagnostic:?}");
            let severity = if diagnostic.severity == Severity::Error { "error" } else { "warning" };
            format!("{severity} {}: {}", line(diagnostic), diagnostic.message)
        })
        .collect();
    if !diagnostics.has_errors() {
        for instruction in &file.instructions {
            let (start, end) = (instruction.lines.start(), instruction.lines.end());
            let text = format!("{start}-{end} {}", described(instruction, source.bytes()));
            got.extend(text.lines().map(str::to_owned));
        }
    }
    got
}

#[test]
fn every_case_is_read_as_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dockerfile/cases");
    let mut folders: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() >= 60, "only {} cases", folders.len());
    let mut wrong = String::new();
    for folder in &folders {
        let expected = fs::read_to_string(folder.join("expected")).unwrap();
        let got = read(fs::read(folder.join("Dockerfile")).unwrap());
        if !agree(&expected, &got) {
            let name = folder.file_name().unwrap().to_string_lossy();
            let _ = writeln!(wrong, "== {name}\n-- expected\n{expected}-- got\n{}\n", got.join("\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_line_may_have_65535_bytes_and_no_more() {
    let file = |length: usize, end: &str| {
        let text = format!("FROM a\nRUN {}{end}", "x".repeat(length - 4));
        read(text.into_bytes()).iter().any(|line| line.contains("max allowed size of 65535"))
    };
    assert!(!file(65_535, "") && !file(65_535, "\n") && !file(65_534, "\r\n"));
    assert!(file(65_536, "") && file(65_536, "\n") && file(65_535, "\r\n"));
}
