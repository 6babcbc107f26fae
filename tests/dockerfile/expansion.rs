//! Words and their variables, and what they make of `FROM`.

use std::sync::Arc;

use dtpl::Source;
use dtpl::dockerfile::expansion::{DEEPEST, Env, expand};
use dtpl::dockerfile::{Base, Dockerfile, ResolvedFrom};
use dtpl::{Diagnostics, Place};

fn env(pairs: &[(&str, &str)]) -> Env {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect()
}

/// What a word becomes, or what is wrong with it.
fn expanded(word: &str, escape: u8) -> String {
    let env = env(&[
        ("SET", "value"),
        ("EMPTY", ""),
        ("PATHS", "/a/b/c.tar.gz"),
        ("STARS", "a**b*"),
        ("MARKS", "+a[b].(c|d){e}$^*?\\z"),
        ("FORM", "ggoo"),
        ("WIDE", "日本語"),
        ("größe", "9"),
        ("1", "one"),
        ("@", "at"),
    ]);
    match expand(word.as_bytes(), escape, &env) {
        Ok(text) => String::from_utf8(text).unwrap(),
        Err(fault) => {
            assert!(fault.span.start <= fault.span.end && fault.span.end <= word.len(), "{fault:?}");
            assert!(!fault.help.is_empty());
            format!("error: {}", fault.message)
        }
    }
}

#[test]
fn words_are_expanded() {
    for (word, expected) in [
        ("", ""),
        ("plain", "plain"),
        ("a b  c", "a b  c"),
        ("$SET", "value"),
        ("a$SET.b", "avalue.b"),
        ("${SET}x", "valuex"),
        ("$SETx", ""),
        ("$NO|$EMPTY|${NO}", "||"),
        ("$", "$"),
        ("a$ b$,", "a$ b$,"),
        ("$1 $12 $@ $größe", "one  at 9"),
        // Quotes and escapes.
        ("'a $SET'", "a $SET"),
        ("\"a $SET '\"", "a value '"),
        ("a'b'\"c\"d", "abcd"),
        ("\\$SET \\a \\\\", "$SET a \\"),
        ("\"\\$SET \\\" \\a \\\\\"", "$SET \" \\a \\"),
        ("'\\'", "\\"),
        ("end\\", "end"),
        ("<< <<a", "<< <<a"),
        // Defaults.
        ("${SET:-x} ${EMPTY:-x} ${NO:-x}", "value x x"),
        ("${SET-x} ${EMPTY-x} ${NO-x}", "value  x"),
        ("${SET:+x} ${EMPTY:+x} ${NO:+x}", "x  "),
        ("${SET+x} ${EMPTY+x} ${NO+x}", "x x "),
        ("${NO:-}|${NO-}|${NO+}", "||"),
        ("${NO:-a b}", "a b"),
        ("${NO:-$SET}", "value"),
        ("${NO:-${EMPTY:-${SET}}}", "value"),
        ("${NO:-'}'}", "}"),
        ("${NO:-\"$SET }\"}", "value }"),
        ("${NO:-\\}}", "}"),
        ("\"${NO:-\"a\"}\"", "a"),
        ("${SET:?x}${SET?x}${EMPTY?x}", "valuevalue"),
        // Patterns.
        ("${PATHS#*/}", "a/b/c.tar.gz"),
        ("${PATHS##*/}", "c.tar.gz"),
        ("${PATHS%.*}", "/a/b/c.tar"),
        ("${PATHS%%.*}", "/a/b/c"),
        ("${PATHS#/?/}", "b/c.tar.gz"),
        ("${PATHS%.gz}", "/a/b/c.tar"),
        ("${PATHS#x}${PATHS%x}", "/a/b/c.tar.gz/a/b/c.tar.gz"),
        ("${FORM#*g*o}", "o"),
        ("${FORM##*g*o}", ""),
        ("${FORM#*}", "ggoo"),
        ("${FORM##*}", ""),
        ("${FORM#}${FORM##}${FORM%}${FORM%%}", "ggooggooggooggoo"),
        ("${FORM#$EMPTY}${FORM%$NO}", "ggooggoo"),
        ("${STARS%%\\**}", "a"),
        ("${STARS%\\*}", "a**b"),
        ("${STARS#a\\*}", "*b*"),
        ("${MARKS#+a[b].(c|d){e\\}$^\\*\\?\\\\}", "z"),
        ("${WIDE#?}${WIDE%?}", "本語日本"),
        ("${NO#x}${NO%x}", ""),
        // Replacement.
        ("${PATHS/\\//-}", "-a/b/c.tar.gz"),
        ("${PATHS//\\//-}", "-a-b-c.tar.gz"),
        ("${PATHS/b/$SET}", "/a/value/c.tar.gz"),
        ("${PATHS/b*./X}", "/a/Xgz"),
        ("${FORM//g/}", "oo"),
        ("${FORM//?/ab}", "abababab"),
        ("${FORM/$EMPTY/k}", "kggoo"),
        ("${FORM///}", "ggoo"),
        ("${FORM//$EMPTY/-}", "-g-g-o-o-"),
        ("${FORM//*/-}", "-"),
        ("${NO/a/b}", ""),
        ("${NO///}", ""),
        ("${WIDE//?/x}", "xxx"),
        // What is refused.
        ("'a", "error: a single quote is not closed"),
        ("\"a", "error: a double quote is not closed"),
        ("\"a\\", "error: a double quote is not closed"),
        ("${", "error: `${` is not closed"),
        ("${SET", "error: `${` is not closed"),
        ("${SET:", "error: `${` is not closed"),
        ("${SET:-a", "error: `${` is not closed"),
        ("${SET:-'}", "error: a single quote is not closed"),
        ("${}", "error: `${` without a name"),
        ("${{a}}", "error: `${` without a name"),
        ("${:-a}", "error: `${` without a name"),
        ("${SET=a}", "error: unsupported modifier (=) in substitution"),
        ("${SET[0]}", "error: unsupported modifier ([) in substitution"),
        ("${SET:1}", "error: unsupported modifier (:1) in substitution"),
        ("${SET:#a}", "error: unsupported modifier (:#) in substitution"),
        ("${SET^^}", "error: unsupported modifier (^) in substitution"),
        ("${NO?}", "error: NO: has to be set"),
        ("${NO:?not $SET}", "error: NO: not value"),
        ("${EMPTY:?why}", "error: EMPTY: why"),
        ("${SET//a}", "error: `${...}` has no second `/`"),
        ("${SET/a/b", "error: `${` is not closed"),
        ("${SET#\\x}", "error: invalid pattern (\\x) in substitution"),
    ] {
        assert_eq!(expanded(word, b'\\'), expected, "{word}");
    }
}

#[test]
fn the_escape_character_is_the_one_of_the_file() {
    assert_eq!(expanded("`$SET \\$SET \"`$SET\"", b'`'), "$SET \\value $SET");
    // In patterns it is the backslash all the same.
    assert_eq!(expanded("${STARS#a\\*}", b'`'), "*b*");
}

#[test]
fn depth_and_length_are_limited() {
    let deep = |levels: usize| format!("{}x{}", "${NO:-".repeat(levels), "}".repeat(levels));
    assert_eq!(expanded(&deep(DEEPEST), b'\\'), "x");
    assert!(expanded(&deep(DEEPEST + 1), b'\\').starts_with("error: quotes and `${` are nested too deeply"));
    // A small stack is enough for what is far too deep.
    let small = std::thread::Builder::new().stack_size(128 * 1024);
    let far = small.spawn(move || expanded(&"${NO:-\"".repeat(1_000_000), b'\\')).unwrap().join().unwrap();
    assert!(far.starts_with("error: quotes and `${` are nested too deeply"));
    let long = env(&[("A", &"a".repeat(1000))]);
    assert!(expand("$A".repeat(1_100).as_bytes(), b'\\', &long).unwrap_err().message.contains("too long"));
    let slow = env(&[("A", &"a".repeat(20_000))]);
    let word = format!("${{A//{}b/c}}", "*a".repeat(200));
    assert!(expand(word.as_bytes(), b'\\', &slow).unwrap_err().message.contains("takes too long"));
}

fn resolve(
    text: &str,
    predefined: &[(&str, &str)],
    given: &[(&str, &str)],
) -> (Vec<ResolvedFrom>, Diagnostics) {
    let source = Arc::new(Source::new("Dockerfile", text));
    let file = Dockerfile::parse(&source).unwrap();
    file.resolve(&env(predefined), &env(given))
}

fn image(reference: &str) -> Base {
    Base::Image(reference.as_bytes().to_vec())
}

fn bases(text: &str, predefined: &[(&str, &str)], given: &[(&str, &str)]) -> Vec<Base> {
    let (stages, diagnostics) = resolve(text, predefined, given);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    stages.into_iter().map(|stage| stage.base).collect()
}

#[test]
fn arguments_before_the_first_from_are_put_into_it() {
    let text =
        "ARG IMAGE=debian\nARG TAG=12 FULL=${IMAGE}:\"$TAG\"\nARG NONE\nFROM $FULL-$NONE${NONE:-slim}\n";
    // An `ARG` sees those before it, also on its own line.
    assert_eq!(bases(text, &[], &[]), [image("debian:12-slim")]);
    assert_eq!(bases(text, &[], &[("TAG", "13"), ("NONE", "x")]), [image("debian:13-xx")]);
    assert_eq!(bases(text, &[], &[("FULL", "y"), ("OTHER", "z")]), [image("y-slim")]);
}

#[test]
fn the_order_of_arguments_counts() {
    assert_eq!(bases("ARG A=$B\nARG B=1\nFROM x$A$B\n", &[], &[]), [image("x1")]);
    assert_eq!(bases("ARG A=1\nARG A=2$A\nFROM x$A\n", &[], &[]), [image("x21")]);
    // What a stage declares is not seen by the next FROM.
    assert_eq!(bases("FROM a\nARG A=1\nFROM x$A\n", &[], &[]), [image("a"), image("x")]);
}

#[test]
fn the_platform_is_predefined() {
    let predefined = [("TARGETARCH", "arm"), ("TARGETVARIANT", "v7"), ("BUILDPLATFORM", "linux/amd64")];
    let text =
        "ARG TARGETARCH\nFROM --platform=$BUILDPLATFORM a/$TARGETARCH${TARGETVARIANT:+-$TARGETVARIANT}\n";
    let (stages, diagnostics) = resolve(text, &predefined, &[]);
    assert!(diagnostics.is_empty());
    assert_eq!(stages[0].base, image("a/arm-v7"));
    assert_eq!(stages[0].platform.as_deref(), Some(&b"linux/amd64"[..]));
    assert_eq!(bases(text, &predefined, &[("TARGETARCH", "arm64")]), [image("a/arm64-v7")]);
    assert_eq!(
        bases("ARG TARGETARCH=x\nFROM a-$TARGETARCH\n", &predefined, &[]),
        [image("a-x")],
        "a default in the file wins over the builder's own value, as in BuildKit"
    );
}

#[test]
fn a_base_may_be_a_stage_or_nothing() {
    let text = "ARG S=one\nFROM a AS One\nFROM $S\nFROM One\nFROM scratch\nFROM two AS two\nFROM two\n";
    let expected = [image("a"), Base::Stage(0), image("One"), Base::Scratch, image("two"), Base::Stage(4)];
    assert_eq!(bases(text, &[], &[]), expected);
}

#[test]
fn what_cannot_be_resolved_is_told_with_its_place() {
    let text = "ARG A=${B?b}\nARG C=x${D\nFROM $E\nFROM --platform=$E a\nFROM b:${F:?f}\nFROM \"\n";
    let (stages, diagnostics) = resolve(text, &[], &[]);
    let found: Vec<(String, &str)> = diagnostics
        .iter()
        .map(|diagnostic| {
            let Place::Text(_, span) = &diagnostic.place else { panic!() };
            (diagnostic.message.clone(), &text[span.clone()])
        })
        .collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(message, place)| (&**message, *place)).collect();
    assert_eq!(
        found,
        [
            ("B: b", "${B?b}"),
            ("`${` is not closed", "${D"),
            ("base name ($E) should not be blank", "$E"),
            ("platform ($E) should not be blank", "--platform=$E"),
            ("F: f", "${F:?f}"),
            ("a double quote is not closed", "\""),
        ]
    );
    let known = [false, true, false, false];
    assert_eq!(stages.iter().map(|stage| stage.base != Base::Unknown).collect::<Vec<_>>(), known);
}

#[test]
fn a_chain_of_arguments_does_not_explode() {
    let mut text = String::from("ARG A0=xxxxxxxxxx\n");
    for level in 1..60 {
        text += &format!("ARG A{level}=$A{0}$A{0}\n", level - 1);
    }
    text += &"FROM $A59\n".repeat(1000);
    let (stages, diagnostics) = resolve(&text, &[], &[]);
    assert!(diagnostics.iter().any(|diagnostic| diagnostic.message.contains("too long")));
    assert!(stages.iter().all(|stage| stage.base == Base::Unknown));
}
