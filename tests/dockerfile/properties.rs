//! What is true of every file: proptest looks for a counterexample.

use std::sync::Arc;

use dtpl::dockerfile::expansion::{Env, expand};
use dtpl::dockerfile::{BuildOptions, Dockerfile, Form, Instruction, Keyword, LineKind, detect_syntax};
use dtpl::{Source, Span};
use proptest::prelude::*;

/// Pieces that matter to some part of the reader.
pub const PIECES: [&str; 78] = [
    "FROM a\n",
    "FROM a AS b\n",
    "RUN ",
    "COPY ",
    "ADD ",
    "ENV ",
    "LABEL ",
    "ARG ",
    "CMD ",
    "SHELL ",
    "ONBUILD ",
    "HEALTHCHECK ",
    "VOLUME ",
    "EXPOSE ",
    "USER ",
    "WORKDIR ",
    "FOO ",
    "# escape=`\n",
    "# escape=\\\n",
    "# syntax=x\n",
    "# check=x\n",
    "#",
    "# note\n",
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "\\\n",
    "`\n",
    "\\ \n",
    "\\\r\n",
    "\\",
    "`",
    " ",
    "  ",
    "\t",
    "a",
    "b c",
    "=",
    "a=b",
    "a=\"b c\"",
    "\"",
    "'",
    "--from=b ",
    "--link ",
    "--",
    "-- ",
    "--mount=type=bind ",
    "[\"a\", \"b\"]",
    "[",
    "]",
    ",",
    "[\"",
    "\\u00e9",
    "\\ud83d",
    "1",
    "{",
    "<<EOF",
    "<<-EOF",
    "<<'EOF'",
    "<<\"E\"F ",
    "3<<EOF",
    "<< EOF",
    "EOF\n",
    "\tEOF\n",
    "EOF",
    "${x",
    "}",
    "$x",
    "${x:-",
    "${x%%*",
    "${x/a/b}",
    "NONE",
    "AS",
    "é",
    "\u{A0}",
    "\u{FEFF}",
];

fn file() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        20 => prop::sample::select(PIECES.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Checks one instruction's places; gives its span.
fn check(instruction: &Instruction, bytes: &[u8]) {
    let inside = |span: &Span| {
        assert!(span.start <= span.end && span.end <= bytes.len(), "{span:?}");
        assert!(instruction.span.start <= span.start && span.end <= instruction.span.end, "{instruction:?}");
    };
    inside(&instruction.keyword_span);
    let keyword = bytes[instruction.keyword_span.clone()].to_ascii_uppercase();
    // A keyword may itself be continued on the next line.
    assert!(keyword.starts_with(&instruction.keyword.name().as_bytes()[..1]));
    let mut last = instruction.keyword_span.end;
    for flag in &instruction.flags {
        inside(&flag.span);
        assert!(last <= flag.span.start);
        last = flag.span.end;
    }
    for arg in &instruction.args {
        inside(&arg.span);
        assert!(last <= arg.span.start, "{instruction:?}");
        last = arg.span.end;
        if let std::borrow::Cow::Borrowed(text) = arg.text {
            // In JSON the quotes belong to the place, and each may be on a line of its own.
            let place = &bytes[arg.span.clone()];
            let json = instruction.form == Form::Json && place.starts_with(b"\"") && place.ends_with(b"\"");
            assert!(place == text || (json && memchr::memmem::find(place, text).is_some()), "{arg:?}");
        }
    }
    let mut last = instruction.keyword_span.end;
    for heredoc in &instruction.heredocs {
        inside(&heredoc.span);
        inside(&heredoc.end);
        assert!(last <= heredoc.content.start && heredoc.content.end <= heredoc.end.start);
        last = heredoc.end.end;
    }
    if let Some(trigger) = &instruction.onbuild {
        assert!(trigger.onbuild.is_none());
        inside(&trigger.span);
        assert_eq!(trigger.lines, instruction.lines);
        check(trigger, bytes);
    }
}

/// Everything that has to hold of any bytes.
pub fn holds(bytes: &[u8]) {
    let source = Arc::new(Source::new("f", bytes));
    let (file, diagnostics) = Dockerfile::read(&source);
    let mut at = 0;
    for line in &file.lines {
        assert!(line.span.start == at && line.span.end > at);
        at = line.span.end;
    }
    assert_eq!(at, bytes.len());
    assert_eq!(file.print(), bytes);
    let mut end = (0, 0);
    for instruction in &file.instructions {
        assert!(end.0 <= instruction.span.start && end.1 < *instruction.lines.start());
        assert!(
            instruction.lines.start() <= instruction.lines.end()
                && *instruction.lines.end() <= file.lines.len()
        );
        check(instruction, bytes);
        assert_eq!(source.position(instruction.span.start).line, *instruction.lines.start());
        end = (instruction.span.end, *instruction.lines.end());
    }
    for diagnostic in diagnostics.iter() {
        let dtpl::Place::Text(_, span) = &diagnostic.place else { panic!() };
        assert!(span.start <= span.end && span.end <= bytes.len(), "{diagnostic:?}");
        assert!(!diagnostic.message.is_empty() && !diagnostic.help.is_empty());
    }
    let _ = detect_syntax(bytes);
    let env = Env::from([("x".to_owned(), b"a/b*c".to_vec())]);
    let platform = BuildOptions::of_platform("linux/arm/v7");
    let evaluation = file.evaluate(&BuildOptions { args: &env, ..platform });
    assert_eq!(evaluation.stages.len(), file.stages.len());
    for undefined in &evaluation.undefined {
        assert!(
            undefined.span.start <= undefined.span.end && undefined.span.end <= bytes.len(),
            "{undefined:?}"
        );
    }
    for image in &evaluation.images {
        assert!(image.span.start <= image.span.end && image.span.end <= bytes.len(), "{image:?}");
    }
    for diagnostic in evaluation.faults.iter() {
        let dtpl::Place::Text(_, span) = &diagnostic.place else { panic!() };
        assert!(span.start <= span.end && span.end <= bytes.len(), "{diagnostic:?}");
    }
    if let Err(fault) = expand(bytes, file.escape, &env) {
        assert!(fault.span.start <= fault.span.end && fault.span.end <= bytes.len());
    }
    for instruction in &file.instructions {
        let _ = instruction.buildkit_args();
        let _ = file.copy_from(instruction);
        for arg in &instruction.args {
            let _ = expand(&arg.text, file.escape, &env);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn files_of_pieces_hold_together(bytes in file()) {
        holds(&bytes);
    }

    #[test]
    fn any_bytes_hold_together(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        holds(&bytes);
    }

    /// A word without anything special in it stays as it is, whatever the variables are.
    #[test]
    fn plain_words_stay(word in "[a-z0-9 :/._@-]{0,40}") {
        prop_assert_eq!(expand(word.as_bytes(), b'\\', &Env::new()).unwrap(), word.as_bytes());
    }

    /// Quoting with single quotes keeps any text but the quote itself.
    #[test]
    fn single_quotes_keep_everything(text in "[^']{0,40}") {
        let env = Env::from([("a".to_owned(), b"b".to_vec())]);
        prop_assert_eq!(expand(format!("'{text}'").as_bytes(), b'\\', &env).unwrap(), text.as_bytes());
    }

    #[test]
    fn lines_are_joined_as_the_rules_say(bytes in file(), backtick in any::<bool>()) {
        let bytes = [if backtick { &b"# escape=`\n"[..] } else { b"# escape=\\\n" }, &bytes].concat();
        // Heredocs take lines by other rules, and a second directive changes them.
        let bytes: Vec<u8> = bytes.into_iter().map(|b| if b == b'<' { b'l' } else { b }).collect();
        if bytes.windows(6).filter(|word| word.eq_ignore_ascii_case(b"escape")).count() > 1 {
            return Ok(());
        }
        let source = Arc::new(Source::new("f", bytes.clone()));
        let (file, _) = Dockerfile::read(&source);
        let expected = by_the_rules(&bytes, if backtick { '`' } else { '\\' });
        let starts: Vec<usize> = file.lines.iter().enumerate()
            .filter(|(_, line)| line.kind == LineKind::Instruction)
            .map(|(index, _)| index + 1)
            .collect();
        prop_assert_eq!(starts, expected.iter().map(|found| found.0).collect::<Vec<_>>());
        for instruction in &file.instructions {
            let found = expected.iter().find(|found| found.0 == *instruction.lines.start()).unwrap();
            prop_assert_eq!(found.1, *instruction.lines.end());
            if instruction.form == Form::Text && instruction.keyword != Keyword::Onbuild {
                let text = instruction.args.first().map_or(&b""[..], |arg| &arg.text);
                prop_assert!(memchr::memmem::find(&found.2, text).is_some());
            }
        }
    }
}

/// The lines of every instruction and its joined text, said slowly: one pattern, one line after the other.
fn by_the_rules(bytes: &[u8], escape: char) -> Vec<(usize, usize, Vec<u8>)> {
    let sign = format!("\\x{:02x}", escape as u32);
    let pattern = format!("(?s-u)(^|[^{sign}]){sign}[ \t]*$");
    let continued = regex::bytes::Regex::new(&pattern).unwrap();
    let mut lines = bytes.split_inclusive(|&b| b == b'\n').enumerate();
    let trimmed = |line: &[u8]| -> Vec<u8> {
        let end = line.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |last| last + 1);
        line[..end].to_vec()
    };
    let without_space = |line: &[u8]| -> Vec<u8> {
        let text: Vec<char> = line
            .utf8_chunks()
            .flat_map(|chunk| chunk.valid().chars().chain((!chunk.invalid().is_empty()).then_some('x')))
            .collect();
        text.iter().skip_while(|c| c.is_whitespace()).collect::<String>().into_bytes()
    };
    let mut found = Vec::new();
    while let Some((number, line)) = lines.next() {
        let first = without_space(&trimmed(line));
        if first.is_empty() || first[0] == b'#' {
            continue;
        }
        let (mut text, mut end, mut line) = (Vec::new(), number, trimmed(line));
        loop {
            let more = continued.is_match(&line);
            if more {
                let at = line.iter().rposition(|&b| b == escape as u8).unwrap();
                line.truncate(at);
            }
            text.extend_from_slice(&line);
            if !more {
                break;
            }
            let next = loop {
                let Some((number, next)) = lines.next() else { break None };
                end = number;
                let start = without_space(&trimmed(next));
                if !start.is_empty() && start[0] != b'#' {
                    break Some(trimmed(next));
                }
            };
            match next {
                Some(next) => line = next,
                None => break,
            }
        }
        found.push((number + 1, end + 1, text));
    }
    found
}

proptest! {
    // Compiling seven regular expressions for each takes most of the time.
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Patterns against the regular expressions that BuildKit makes of them.
    #[test]
    fn patterns_match_what_the_regular_expression_matches(
        value in "[abx*?]{0,8}", pattern in "([abx]|\\*|\\?|\\\\\\*|\\\\\\?){0,6}", with in "[xy]{0,2}"
    ) {
        let env = Env::from([("v".to_owned(), value.clone().into_bytes())]);
        let got = |operator: &str, rest: &str| {
            String::from_utf8(expand(format!("${{v{operator}{pattern}{rest}}}").as_bytes(), b'\\', &env).unwrap()).unwrap()
        };
        let tokens: Vec<String> = {
            let mut tokens = Vec::new();
            let mut chars = pattern.chars();
            while let Some(c) = chars.next() {
                tokens.push(match c {
                    '*' => "*".to_owned(),
                    '?' => ".".to_owned(),
                    '\\' => format!("\\{}", chars.next().unwrap()),
                    c => c.to_string(),
                });
            }
            tokens
        };
        let regex = |star: &str, reversed: bool, anchor: &str| {
            let text: Vec<&str> = tokens.iter().map(|token| if token == "*" { star } else { token }).collect();
            let text = if reversed { text.into_iter().rev().collect::<String>() } else { text.concat() };
            regex::Regex::new(&format!("{anchor}{text}")).unwrap()
        };
        let backwards: String = value.chars().rev().collect();
        for (operator, star) in [("#", ".*?"), ("##", ".*")] {
            let expected = regex(star, false, "^").replace(&value, "").into_owned();
            prop_assert_eq!(got(operator, ""), expected);
        }
        for (operator, star) in [("%", ".*?"), ("%%", ".*")] {
            let expected = regex(star, true, "^").replace(&backwards, "").chars().rev().collect::<String>();
            prop_assert_eq!(got(operator, ""), expected);
        }
        let rest = format!("/{with}");
        // `${v//x}` is something else.
        if !pattern.is_empty() {
            prop_assert_eq!(got("/", &rest), regex(".*", false, "").replace(&value, &*with).into_owned());
        }
        prop_assert_eq!(got("//", &rest), regex(".*", false, "").replace_all(&value, &*with).into_owned());
    }
}
