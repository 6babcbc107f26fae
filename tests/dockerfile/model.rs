//! Places, stages and messages: what the cases do not show.

use std::sync::Arc;

use super::cpu::at_most;
use dtpl::Source;
use dtpl::dockerfile::{BuildOptions, CopyFrom, Dockerfile, Form, Keyword, LineKind};
use dtpl::{Diagnostics, Place};

fn source(text: &[u8]) -> Arc<Source> {
    Arc::new(Source::new("Dockerfile", text))
}

fn refused(text: &str) -> Diagnostics {
    Dockerfile::parse(&source(text.as_bytes())).unwrap_err()
}

fn helps(text: &str) -> Vec<String> {
    refused(text).iter().map(|diagnostic| diagnostic.help.join("\n")).collect()
}

#[test]
fn everything_has_its_place() {
    let text =
        "FROM --platform=x a AS b\nENV c=\"d e\" \\\n # note\n  f=g\\\nh\nRUN --mount=type=bind <<E\nx\nE\n";
    let source = source(text.as_bytes());
    let file = Dockerfile::parse(&source).unwrap();
    let [from, env, run] = &file.instructions[..] else { panic!() };
    let at = |span: &std::ops::Range<usize>| &text[span.clone()];
    assert_eq!((at(&from.keyword_span), at(&from.span)), ("FROM", "FROM --platform=x a AS b"));
    assert_eq!((at(&from.flags[0].span), at(&from.args[2].span)), ("--platform=x", "b"));
    assert_eq!(at(&env.span), "ENV c=\"d e\" \\\n # note\n  f=g\\\nh");
    let places: Vec<&str> = env.args.iter().map(|arg| at(&arg.span)).collect();
    assert_eq!(places, ["c", "\"d e\"", "f", "g\\\nh"]);
    assert_eq!(&*env.args[3].text, b"gh");
    assert!(matches!(env.args[1].text, std::borrow::Cow::Borrowed(_)), "nothing is copied without need");
    let heredoc = &run.heredocs[0];
    assert_eq!((at(&heredoc.span), at(&heredoc.content), at(&heredoc.end)), ("<<E", "x\n", "E"));
    assert_eq!(at(&run.span), "RUN --mount=type=bind <<E\nx\nE");
    let stage = &file.stages[0];
    assert_eq!(at(&stage.name.as_ref().unwrap().span), "b");
    assert_eq!((at(&stage.base.span), at(&stage.platform.as_ref().unwrap().span)), ("a", "--platform=x"));
    assert_eq!(&*stage.platform.as_ref().unwrap().text, b"x");
    assert_eq!(stage.body, 1..3);
}

#[test]
fn every_line_knows_what_it_is() {
    use LineKind::*;
    let text = b"# escape=\\\n# c\n\nFROM a\nRUN b \\\n # c\n\n c\nRUN <<E\n# x\nE\n";
    let source = source(text);
    let (file, _) = Dockerfile::read(&source);
    let kinds: Vec<LineKind> = file.lines.iter().map(|line| line.kind).collect();
    let expected = [
        Directive,
        Comment,
        Blank,
        Instruction,
        Instruction,
        Comment,
        Blank,
        Continuation,
        Instruction,
        Heredoc,
        HeredocEnd,
    ];
    assert_eq!(kinds, expected);
    assert_eq!(file.directives[0].key, "escape");
    assert_eq!(file.bytes(&file.directives[0].value), b"\\");
}

#[test]
fn stages_know_each_other() {
    let text = b"ARG X\nARG Y=1\nFROM a AS One\nARG Z\nFROM one\nCOPY --from=ONE a b\nCOPY --from=0 a b\nFROM $X AS late\nCOPY --from=b:1 a b\nCOPY a b\n";
    let source = source(text);
    let file = Dockerfile::parse(&source).unwrap();
    assert_eq!(file.meta_args, [0, 1]);
    assert_eq!(file.stages.iter().map(|stage| stage.from).collect::<Vec<_>>(), [None, Some(0), None]);
    assert_eq!(file.stages.iter().map(|stage| stage.body.clone()).collect::<Vec<_>>(), [3..4, 5..7, 8..10]);
    let belongs: Vec<Option<usize>> = (0..10).map(|index| file.stage_of(index)).collect();
    let expected = [None, None, Some(0), Some(0), Some(1), Some(1), Some(1), Some(2), Some(2), Some(2)];
    assert_eq!(belongs, expected);
    let from = |index: usize| file.copy_from(&file.instructions[index]);
    assert_eq!(from(5), Some(CopyFrom::Stage(0)));
    assert_eq!(from(6), Some(CopyFrom::Stage(0)));
    assert_eq!(from(8), Some(CopyFrom::Image(b"b:1")));
    assert_eq!(from(9), None);
}

#[test]
fn arguments_are_listed_as_the_parser_of_buildkit_lists_them() {
    let source = source(b"FROM a\nENV b=1 c=2\nENV d e\nONBUILD LABEL f=g\nCMD [\"h\"]\n");
    let file = Dockerfile::parse(&source).unwrap();
    let listed = |index: usize| -> Vec<String> {
        let args = file.instructions[index].buildkit_args();
        args.into_iter().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect()
    };
    assert_eq!(listed(1), ["b", "1", "=", "c", "2", "="]);
    assert_eq!(listed(2), ["d", "e", ""]);
    assert_eq!(listed(3), ["LABEL", "f", "g", "="]);
    assert_eq!(listed(4), ["h"]);
    assert_eq!(file.instructions[2].form, Form::LegacyPair);
}

#[test]
fn messages_say_what_to_do() {
    assert_eq!(helps("FORM a\n"), ["did you mean `FROM`?"]);
    assert_eq!(helps("FROM a\nCOPY --form=b c d\n"), ["did you mean `--from`?"]);
    assert_eq!(helps("FROM a\nRUN <<E\n\n  E\n"), ["line 4 has white space around `E`: remove it"]);
    assert_eq!(helps("FROM a\nCOPY --from=7 b c\n"), ["the file has 1 stage(s), counted from 0"]);
    assert!(helps("FROM a\nENV --x=1 b=c\n")[0].starts_with("ENV has no flags"));
}

#[test]
fn a_flood_of_errors_is_counted() {
    let errors = refused(&format!("FROM a\n{}", "abc\n".repeat(1000)));
    assert_eq!((errors.iter().count(), errors.omitted()), (100, 900));
}

#[test]
fn errors_come_in_the_order_of_the_file() {
    let errors = refused("FROM a AS b\nCOPY --from=9 x y\nFOO\nFROM c d\nENV\nFROM\n");
    let places: Vec<usize> = errors
        .iter()
        .map(|diagnostic| match &diagnostic.place {
            Place::Text(_, span) => span.start,
            place => panic!("{place:?}"),
        })
        .collect();
    assert_eq!(places.len(), 5);
    assert!(places.is_sorted());
}

#[test]
fn keywords_are_found_by_name() {
    for keyword in Keyword::all() {
        assert_eq!(Keyword::of(keyword.name().to_lowercase().as_bytes()), Some(keyword));
    }
    assert_eq!(Keyword::all().count(), 18);
}

/// Texts that would be slow if anything looked at them twice for each of their parts.
#[test]
fn work_grows_with_the_text_whatever_is_in_it() {
    let repeated = |unit: &str, bytes: usize| unit.repeat(bytes / unit.len());
    let shapes: [(&str, &str); 20] = [
        ("FROM a\n", "RUN\n"),
        ("FROM a\n", "abc\n"),
        ("FROM a\n", "\\\n"),
        ("FROM a\nRUN ", "a\\\n"),
        ("FROM a\nRUN a\\\n", "\n"),
        ("FROM a\nRUN a\\\n", "#\n"),
        ("FROM a\nCOPY ", "--link \\\n"),
        ("FROM a\nCOPY ", "--exclude=a \\\n"),
        ("FROM a\nENV ", "a=\"b \\\n"),
        ("FROM a\nENV ", "a=b \\\n"),
        ("FROM a\nRUN ", "<<A \\\n"),
        ("FROM a\n", "RUN <<A\n"),
        ("FROM a\nRUN <<A ", "${a:-\"b \\\n"),
        ("FROM a\nRUN <<A ", "$a' \\\n"),
        ("FROM a\nCMD [\"a\"", ",\"a\"\\\n"),
        ("FROM a\nCMD ", "[\\\n"),
        ("FROM a\nONBUILD ", "ONBUILD \\\n"),
        ("", "FROM a AS b\n"),
        ("FROM a AS b\n", "COPY --from=b c d\n"),
        ("# escape=`\n", "# escape=`\n"),
    ];
    for (head, unit) in shapes {
        let text = format!("{head}{}", repeated(unit, 300_000));
        let source = source(text.as_bytes());
        // Each takes a tenth of a second without optimization; squared it would be a minute and more.
        let file = at_most(40, unit, || {
            let (file, _) = Dockerfile::read(&source);
            let _ = file.evaluate(&BuildOptions::of_platform("linux/arm/v7"));
            file
        });
        assert_eq!(file.print(), text.as_bytes());
    }
}

/// As little stack as a program may get; nothing that is nested may need more.
#[test]
fn a_small_stack_is_enough() {
    let texts: Vec<String> = [
        ("CMD ", "["),
        ("CMD ", "{\"a\":["),
        ("ONBUILD ", "ONBUILD "),
        ("RUN <<A ", "${a:-"),
        ("RUN <<A ", "\"$(\""),
        ("ENV a=", "\"'"),
        ("", "{\"syntax\":"),
    ]
    .into_iter()
    .map(|(head, unit)| format!("{head}{}", unit.repeat(60_000)))
    .collect();
    let read = move || {
        for text in texts {
            let source = source(text.as_bytes());
            let (file, _) = Dockerfile::read(&source);
            let _ = file.evaluate(&BuildOptions::of_platform("linux/arm/v7"));
            let _ = dtpl::dockerfile::detect_syntax(text.as_bytes());
        }
    };
    std::thread::Builder::new().stack_size(128 * 1024).spawn(read).unwrap().join().unwrap();
}

/// The templates that come with the program; placeholders are text like any other here.
#[test]
fn our_own_templates_are_read_without_an_error() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut seen = 0;
    for folder in std::fs::read_dir(root).unwrap() {
        let path = folder.unwrap().path().join("Dockerfile.template");
        let text = std::fs::read(&path).unwrap();
        let source = source(&text);
        let file =
            Dockerfile::parse(&source).unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
        assert!(!file.stages.is_empty());
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn the_syntax_is_looked_for_in_more_places_than_a_comment() {
    let found = |text: &str| dtpl::dockerfile::detect_syntax(text.as_bytes());
    let image = Some("a/b:1".to_owned());
    for text in [
        "# syntax=a/b:1\n",
        "\u{FEFF}#syntax = a/b:1 more words\r\nFROM c\n",
        "# escape=\\\n# SYNTAX=a/b:1\n",
        "#!/usr/bin/env x\n# syntax=a/b:1\n",
        "// syntax=a/b:1\nx\n",
        " { \"x\": [1, {\"syntax\": 2}], \"syn\\u0074ax\": \"a\\/b:1\" } ",
    ] {
        assert_eq!(found(text), image, "{text}");
    }
    for text in [
        "",
        "FROM a\n# syntax=a/b:1\n",
        "\n# syntax=a/b:1\n",
        " # syntax=a/b:1\n",
        "# note\n# syntax=a/b:1\n",
        "{\"syntax\": 1}",
        "{\"syntax\": \"a/b:1\"} x",
        "{\"syntax\": \"a/b:1\"",
        "[\"syntax\"]",
    ] {
        assert_eq!(found(text), None, "{text}");
    }
}
