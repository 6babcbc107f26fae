//! What is true of every template and every value: proptest looks for a counterexample.

use std::collections::BTreeMap;
use std::sync::Arc;

use dtpl::Diagnostics;
use dtpl::Place;
use dtpl::Source;
use dtpl::Subject;
use dtpl::{Layers, Limits, Origin, Rendering, Template, Variables};
use proptest::prelude::*;

/// A template made of pieces that matter to the scanner, as bytes.
fn template() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(vec![
            "%%AA%%", "%%BB_CC%%", "%%VALUE%%", "%%", "%", "%%%", "%%A%%", "%%A1%%", "%%aa%%", "%%_AA%%", "AA%%", "%%AA",
            "#", "\n", "\n#", "\n ", "\r\n", "\r", " ", "\\", "FROM ", "RUN x", "<%= a %>", "é", "日本", "\u{FEFF}", "AA",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(1u8..=255, 0..4),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A value that every template takes.
fn value() -> impl Strategy<Value = String> {
    "[a-z0-9%é ]{0,12}[a-z%]"
}

fn variables(values: &BTreeMap<&'static str, String>) -> Variables {
    let mut variables = Variables::new();
    for (name, value) in values {
        variables.define(name, value.clone(), Place::Flag("-D")).unwrap();
    }
    variables
}

fn render<'t>(template: &'t Template, variables: &'t Variables) -> Result<Rendering<'t>, Diagnostics> {
    template.render(&Subject::default(), Layers(&[variables]), &Limits::default())
}

fn three(a: String, b: String, c: String) -> BTreeMap<&'static str, String> {
    BTreeMap::from([("AA", a), ("BB_CC", b), ("VALUE", c)])
}

/// What the pattern of the balena builder finds, said with a regular expression, line by line.
fn by_the_pattern(template: &[u8], values: &BTreeMap<&'static str, String>) -> Option<Vec<u8>> {
    let pattern = regex::bytes::Regex::new("%%([A-Z][A-Z_]+)%%").unwrap();
    let mut known = true;
    let lines: Vec<Vec<u8>> = template
        .split(|&b| b == b'\n')
        .map(|line| {
            if line.starts_with(b"#") {
                return line.to_vec();
            }
            let replace = |found: &regex::bytes::Captures| {
                let value = std::str::from_utf8(&found[1]).ok().and_then(|name| values.get(name));
                known &= value.is_some();
                value.cloned().unwrap_or_default().into_bytes()
            };
            pattern.replace_all(line, replace).into_owned()
        })
        .collect();
    known.then(|| lines.join(&b'\n'))
}

fn parse(template: &[u8]) -> Template {
    Template::parse(Arc::new(Source::new("t", template))).unwrap()
}

/// NUL bytes and the marks of UTF-16 are refused, and have tests of their own.
fn is_text(template: &[u8]) -> bool {
    !template.starts_with(b"\xff\xfe") && !template.starts_with(b"\xfe\xff")
}

/// Where characters start; a byte that is not valid UTF-8 is one. The end of the text counts too.
fn starts_of_characters(bytes: &[u8]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        starts.extend(chunk.valid().char_indices().map(|(offset, _)| at + offset));
        at += chunk.valid().len();
        starts.extend((0..chunk.invalid().len()).map(|offset| at + offset));
        at += chunk.invalid().len();
    }
    starts.push(bytes.len());
    starts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_scanner_finds_what_the_pattern_finds(template in template(), a in value(), b in value(), c in value()) {
        prop_assume!(is_text(&template));
        let values = three(a, b, c);
        let (parsed, variables) = (parse(&template), variables(&values));
        match (render(&parsed, &variables), by_the_pattern(&template, &values)) {
            (Ok(rendered), expected) => prop_assert_eq!(Some(rendered.to_bytes()), expected),
            // Refused for an unknown name on both sides, or by us for a value in a bad place.
            (Err(diagnostics), expected) => {
                let unknown = diagnostics.iter().any(|d| d.message.starts_with("unknown placeholder"));
                prop_assert_eq!(unknown, expected.is_none());
            }
        }
    }

    #[test]
    fn bytes_outside_placeholders_stay_and_lines_keep_their_number(template in template(), a in value(), b in value(), c in value()) {
        prop_assume!(is_text(&template));
        let parsed = parse(&template);
        let values = three(a, b, c);
        let variables = variables(&values);
        let Ok(rendered) = render(&parsed, &variables) else { return Ok(()) };
        let bytes = rendered.to_bytes();
        prop_assert_eq!(rendered.len(), bytes.len() as u64);
        let lines = |text: &[u8]| text.iter().filter(|&&b| b == b'\n').count();
        prop_assert_eq!(lines(&bytes), lines(&template));
        // Cut the placeholders out of the one and the values out of the other: the same is left.
        let outside: Vec<u8> = (0..bytes.len())
            .filter(|&at| matches!(rendered.origin(at), Origin::Template(_)))
            .map(|at| bytes[at])
            .collect();
        let mut expected = Vec::new();
        let mut at = 0;
        for &placeholder in parsed.placeholders() {
            let span = parsed.span(placeholder);
            expected.extend_from_slice(&template[at..span.start]);
            at = span.end;
        }
        expected.extend_from_slice(&template[at..]);
        prop_assert_eq!(outside, expected);
    }

    #[test]
    fn positions_survive_the_trip_there_and_back(template in template(), a in value(), b in value(), c in value()) {
        prop_assume!(is_text(&template));
        let parsed = parse(&template);
        let values = three(a, b, c);
        let variables = variables(&values);
        let Ok(rendered) = render(&parsed, &variables) else { return Ok(()) };
        let bytes = rendered.to_bytes();
        let result = Source::new("r", bytes.clone());
        // Where each byte has to come from, found by walking the placeholders: text, or a placeholder.
        let (mut expected, mut after) = (Vec::new(), 0);
        for &placeholder in parsed.placeholders() {
            let span = parsed.span(placeholder);
            expected.extend((after..span.start).map(Ok));
            expected.extend((0..values[parsed.name(placeholder)].len()).map(|_| Err(span.clone())));
            after = span.end;
        }
        expected.extend((after..=template.len()).map(Ok));
        prop_assert_eq!(expected.len(), bytes.len() + 1);
        for (at, expected) in expected.into_iter().enumerate() {
            match rendered.origin(at) {
                Origin::Template(offset) => prop_assert_eq!(Ok(offset), expected),
                Origin::Value { name, placeholder } => {
                    let written = format!("%%{name}%%");
                    prop_assert_eq!(&template[placeholder.clone()], written.as_bytes());
                    prop_assert_eq!(Err(placeholder), expected);
                }
            }
            prop_assert_eq!(rendered.position(at).line, result.position(at).line);
        }
        // And through lines and columns, for the bytes that start a character.
        let source = parsed.source();
        for offset in starts_of_characters(&template) {
            let position = source.position(offset);
            prop_assert_eq!(source.offset(position), offset, "{:?}", position);
        }
    }

    #[test]
    fn values_are_never_replaced_again(name in prop::sample::select(vec!["AA", "BB_CC", "VALUE"])) {
        let parsed = parse(b"x%%AA%%y");
        let values = three(format!("%%{name}%%"), "b".into(), "c".into());
        let variables = variables(&values);
        prop_assert_eq!(render(&parsed, &variables).unwrap().to_bytes(), format!("x%%{name}%%y").into_bytes());
    }

    #[test]
    fn a_value_never_adds_or_joins_lines(template in template(), value in "[a\\\\` \t#/\u{85}\u{FEFF}\u{A0}\r\n]{0,4}") {
        prop_assume!(is_text(&template));
        let mut variables = Variables::new();
        for name in ["AA", "BB_CC", "VALUE"] {
            if variables.define(name, value.clone(), Place::Flag("-D")).is_err() {
                return Ok(());
            }
        }
        let parsed = parse(&template);
        let Ok(rendered) = render(&parsed, &variables) else { return Ok(()) };
        let bytes = rendered.to_bytes();
        // As BuildKit has it: one escape character at the end continues a line, two do not.
        let continued = |text: &[u8]| -> Vec<bool> {
            let line = regex::bytes::Regex::new(r"(?-u)(^|[^\\])\\[ \t\r]*$").unwrap();
            text.split(|&b| b == b'\n').map(|text| line.is_match(text)).collect()
        };
        // With the values taken for letters, the same lines are continued.
        let mut letters = Variables::new();
        for name in ["AA", "BB_CC", "VALUE"] {
            letters.define(name, "x".into(), Place::Flag("-D")).unwrap();
        }
        let plain = render(&parsed, &letters).unwrap().to_bytes();
        let (got, expected) = (continued(&bytes), continued(&plain));
        prop_assert_eq!(got.len(), expected.len());
        prop_assert_eq!(got, expected, "{:?}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(template) = Template::parse(Arc::new(Source::new("t", bytes.clone()))) {
            let _ = template.warnings();
            let _ = render(&template, &Variables::new());
        }
    }
}
