//! Words and their variables.

use dtpl::dockerfile::expansion::{DEEPEST, Env, expand};

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
