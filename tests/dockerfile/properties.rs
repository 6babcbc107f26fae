//! What is true of every file: proptest looks for a counterexample.

use std::sync::Arc;

use dtpl::dockerfile::word::{Env, expand};
use dtpl::dockerfile::{Dockerfile, Form, Instruction, detect_syntax};
use dtpl::source::{Source, Span};
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
        let dtpl::diagnostic::Place::Text(_, span) = &diagnostic.place else { panic!() };
        assert!(span.start <= span.end && span.end <= bytes.len(), "{diagnostic:?}");
        assert!(!diagnostic.message.is_empty() && !diagnostic.help.is_empty());
    }
    let _ = detect_syntax(bytes);
    let env = Env::from([("x".to_owned(), b"a/b*c".to_vec())]);
    let (_, unresolved) = file.resolve(&env, &Env::new());
    for diagnostic in unresolved.iter() {
        let dtpl::diagnostic::Place::Text(_, span) = &diagnostic.place else { panic!() };
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
