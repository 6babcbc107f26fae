//! The commands that are found in a `RUN`, their programs, and their places in the file.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use proptest::prelude::*;

use crate::dockerfile::Dockerfile;
use crate::shell::{RunBy, ShellCommand, cases, commands, run_by};
use crate::source::Source;

/// What is found in the last instruction, with the text of the file.
fn found<T>(text: &str, read: impl Fn(&Dockerfile, &[ShellCommand]) -> T) -> T {
    let source = Arc::new(Source::new("Dockerfile", text));
    let (file, _) = Dockerfile::read(&source);
    let last = file.instructions.last().expect("an instruction");
    read(&file, &commands(&file, last))
}

/// The programs of a file's last instruction.
fn programs_in(text: &str) -> String {
    found(text, |_, commands| {
        let names = commands.iter().filter_map(|command| Some(command.program()?.0));
        names.collect::<Vec<_>>().join(" ")
    })
}

/// The programs of `RUN script`.
#[track_caller]
fn programs(script: &str, expected: &str) {
    assert_eq!(programs_in(&format!("FROM a\nRUN {script}\n")), expected, "{script}");
    // What is one line there is one in a heredoc.
    let heredoc = format!("FROM a\nRUN <<END_OF_RUN\n{script}\nEND_OF_RUN\n");
    assert_eq!(programs_in(&heredoc), expected, "in a heredoc: {script}");
}

#[test]
fn what_is_expanded_is_no_program() {
    programs("echo ${A} b && wget -O x ${URL} --quiet", "echo wget");
    programs("echo ${A:-x y; z} && b", "echo b");
    programs("a ${A:-$(b c)} d; e", "a b e");
    programs("a \"${A:-\"b c\"}; d\" | e", "a e");
    programs("a \"$(b \"$(c \"d e\")\" ; f)\" g && h", "a b c f h");
    programs("A=$(b) c", "b c");
    programs("A=$(b -c)", "b");
    programs("a `b c; d` e && f", "a b d f");
    programs("a `b \\`c d\\`` && e", "a b c e");
    programs("a \"`b \\\"c d\\\"`\" && e", "a b e");
    programs("make -j$((2 * $(nproc) + (1))) all && x", "make nproc x");
    programs("((A++)) && b", "b");
    programs("a $B/c && $B/d e", "a d");
    programs("diff <(a b) <(c) > d", "diff a c");
    programs("a $'it\\'s; b' && c", "a c");
    programs("a $\"b; c\" && d", "a d");
    programs("A=(b c $(d)) && e", "d e");
    programs("rm *.@(a|b) && c", "rm c");
}

#[test]
fn the_words_of_the_shell_are_no_programs() {
    programs("if [ -f a ]; then b; elif c; then d; else e; fi", "[ b c d e");
    programs("if [[ $A =~ ^(b|c)$ && -f d ]] && e; then f; fi", "[[ e f");
    programs("for A in b c; do d $A; done | e", "d e");
    programs("for A in b c do; do d; done", "d");
    programs("for A do b; done", "b");
    programs("for ((i = 0; i < 3; i++)); do a; done", "a");
    programs("while read -r A; do b; done < c", "read b");
    programs("until a; do ! b; done", "a b");
    programs("case $A in b|c) d ;; (e) f; g ;; *) ;; esac && h", "d f g h");
    programs("case \"$(a)\" in b) c ;& d) e ;;& *) f; esac; g", "a c e f g");
    programs("case a in b) case c in d) e ;; esac ;; f) g ;; esac", "e g");
    programs("(case a in b) c;; esac; d) && e", "c d e");
    programs("$(case a in b) c;; esac) d && e", "c e");
    programs("case a in esac; b", "b");
    programs("f() { a; b; }; f c && d", "a b d");
    programs("function f { a; }; f; function g() { b; }; g", "a b");
    programs("f() ( a ); f | b", "a b");
    programs("{ a; b; } && (c; (d)) || e", "a b c d e");
    programs("echo if then fi && echo done", "echo echo");
    programs("'if' a", "if");
    programs("time a && time -p b", "a b");
    programs("select A in b; do c; done", "c");
    programs("a # b; c", "a");
    programs("a#b && c", "a#b c");
    programs("set -ex; a; :", "set a :");
}

#[test]
fn a_program_is_looked_for_behind_what_runs_it() {
    programs("sudo -E a; sudo -u root b; sudo -H -- c; sudo A=1 d", "a b c d");
    programs("env A=b c; env -i -u D e; env", "c e env");
    programs("A=b C=d e; A=b", "e");
    programs("nice -n 5 a; nice -10 b; ionice -c 3 c", "a b c");
    programs("exec a; exec -a b c; exec > d", "a c");
    programs("a | xargs -n 1 -I{} b {}; c | xargs -0r d -e; xargs", "a b c d xargs");
    programs("timeout 5 a; timeout -s KILL 5 b; timeout --signal=KILL 5m c", "a b c");
    programs("command -v a; command b; builtin c; nohup d &", "b c d");
    programs("sudo -E nice -n 5 env A=b timeout 5 /usr/bin/c d", "c");
    programs("chroot /a b; gosu c d; stdbuf -oL e; stdbuf -o L f", "chroot d e f");
    programs("'/bin/a' b; \"c\"'d' e", "a cd");
    let argument = |line: &str| {
        found(&format!("FROM a\nRUN {line}\n"), |_, commands| {
            let installs = |command: &ShellCommand| {
                let names = ["apt-get", "apk", "dnf", "npm"];
                let own = ["install", "add", "ci"];
                own.iter().find_map(|own| command.arguments_of(&names, own)).map(<[_]>::len)
            };
            commands
                .iter()
                .map(|command| {
                    command.pip_install().map(<[_]>::len).or_else(|| installs(command)).unwrap_or(99)
                })
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(argument("apt-get -o X=y install -y a"), [2]);
    assert_eq!(argument("apt-get -oX=y -qq --option A=b install a"), [1]);
    assert_eq!(argument("apt-get -t bookworm install a b"), [2]);
    assert_eq!(argument("pip --proxy x install a; pip3.12 --no-cache-dir install b"), [1, 1]);
    assert_eq!(argument("python3 -m pip --timeout 3 install a; python -c install"), [1, 99]);
    assert_eq!(argument("apk --repository url add a; apk --no-cache -X url add b c"), [1, 2]);
    assert_eq!(argument("dnf --setopt x=1 install a; npm --prefix /a ci"), [1, 0]);
}

/// The programs of a script that may not run.
#[track_caller]
fn optional(script: &str, expected: &str) {
    let names = found(&format!("FROM a\nRUN {script}\n"), |_, commands| {
        let optional = commands.iter().filter(|command| command.is_optional);
        optional.filter_map(|command| Some(command.program()?.0.to_owned())).collect::<Vec<_>>().join(" ")
    });
    assert_eq!(names, expected, "{script}");
}

/// The programs of a script that may fail.
#[track_caller]
fn tolerated(script: &str, expected: &str) {
    let names = found(&format!("FROM a\nRUN {script}\n"), |_, commands| {
        let tolerated = commands.iter().filter(|command| command.is_tolerated);
        tolerated.filter_map(|command| Some(command.program()?.0.to_owned())).collect::<Vec<_>>().join(" ")
    });
    assert_eq!(names, expected, "{script}");
}

#[test]
fn a_command_may_fail_where_what_follows_succeeds() {
    tolerated("a || true", "a");
    tolerated("a || :; b", "a");
    tolerated("a || echo failed >&2 && b", "");
    tolerated("a || true && b", "a");
    tolerated("a || echo failed; b", "a");
    tolerated("x && a | b || c || true && d", "x a b c");
    tolerated("x; a || true", "a");
    tolerated("(a || true) && b", "a");
    tolerated("x && (a || exit 0)", "a");
    tolerated("x && { a || true; } && b", "a");
    tolerated("sh -c 'a && b' || true", "sh a b");
    tolerated("sh -c 'a || true' && b", "a");
    tolerated("if a; then b || true; fi", "b");
    tolerated("a \\\n || true", "a");
    for script in [
        "a || b",
        "a || exit 1",
        "a || echo failed && exit 1",
        "a || { echo failed; exit 1; }",
        "a || (echo failed; exit 1)",
        "a || if true; then exit 1; fi",
        "a || ! true",
        "a || b && true",
        "a && true",
        "a; true",
        "a | true",
        "x && { a; b; }; true",
    ] {
        tolerated(script, "");
    }
}

#[test]
fn options_of_apt_are_apart_from_their_values() {
    let of = |script: &str| {
        found(&format!("FROM a\nRUN {script}\n"), |_, commands| {
            let last = commands.last().expect("a command");
            (last.updates_apt(), last.answers_apt())
        })
    };
    for updating in [
        "apt-get -qq -y --update install a",
        "sudo apt -U install -y a",
        "apt-get install -yU a",
        "apt-get -y -o APT::Update=true install a",
        "apt-get install -yoAPT::Update=1 a",
        "apt-get -y --option apt::update=on install a",
    ] {
        assert_eq!(of(updating), (true, true), "{updating}");
    }
    for neither in [
        "apt-get install a",
        "apt-get -t U install a",
        "apt-get -oU=y install a",
        "apt-get --update=no --yes=0 install a",
        "apt-get -o APT::Update::Pre-Invoke=true -q install a",
        "apt-get install -- -yU --update",
        "a -yU --update install",
    ] {
        assert_eq!(of(neither), (false, false), "{neither}");
    }
    for answered in
        ["apt-get -qq install a", "apt-get -q=2 install a", "apt-get -oAPT::Get::Assume-Yes=yes install a"]
    {
        assert_eq!(of(answered), (false, true), "{answered}");
    }
}

#[test]
fn which_commands_may_not_run() {
    optional("a && b; c", "");
    optional("a || b; c", "b");
    optional("a || b && c; d", "b c");
    optional("a || b & c", "b");
    optional("if a; then b; fi; c", "a b");
    optional("[ -f a ] && b && c; d", "b c");
    optional("[[ -f a ]] && b || c; d", "b c");
    optional("! test -f a && b; c && d", "b");
    optional("a && grep b c && d", "d");
    optional("a | grep b; c", "");
    optional("f() { a; }; b", "a");
    optional("f() ( a; (b) ); c", "a b");
    optional("function f { a; }; (b)", "a");
}

#[test]
fn which_shells_run_a_script_that_is_read() {
    let read = |script: &str| {
        found(&format!("FROM a\nRUN {script}\n"), |_, commands| {
            commands.iter().map(|command| command.is_script_read).collect::<Vec<_>>()
        })
    };
    assert_eq!(read("bash -c 'a'"), [true, false]);
    assert_eq!(read("bash <<E\na\nE"), [true, false]);
    assert_eq!(read("sh -s - b <<E\na\nE"), [true, false]);
    assert_eq!(read("a | sh"), [false, false]);
    assert_eq!(read("sh a.sh; sh < a.sh"), [false, false]);
    assert_eq!(read("python3 <<E\na\nE"), [false]);
    // It is another system whose files these are.
    assert_eq!(read("chroot /a sh -c b; chroot /a sh <<E\nb\nE"), [false, false]);
}

#[test]
fn redirections_are_no_words() {
    programs("a 2>&1 >b; c &>d; e >&2 f; g &>>h | i", "a c e g i");
    programs("> a b; <c d; e>f; g 2> h", "b d e g");
    programs("a |& b; c >| d", "a b c");
    programs("a {fd}>b && c", "a c");
    let words = found("FROM a\nRUN a 2>&1 b >/c 3</d e 4\n", |_, commands| {
        let command = &commands[0];
        let all = command.words.iter().map(|word| &*word.text).collect::<Vec<_>>().join(" ");
        (all, command.redirected.iter().map(|word| word.text.clone()).collect::<Vec<_>>())
    });
    assert_eq!(words, ("a b e 4".to_owned(), vec!["/c".to_owned(), "/d".to_owned()]));
    let fed = |line: &str| {
        found(&format!("FROM a\nRUN {line}\n"), |_, commands| {
            commands.iter().filter(|command| command.is_fed).filter_map(|c| c.program()).count()
        })
    };
    assert_eq!([fed("a"), fed("a | b"), fed("a || b"), fed("a < b"), fed("a 3< b")], [0, 1, 0, 1, 0]);
    assert_eq!([fed("a <<< b"), fed("a | (b; c) && d"), fed("a | while b; do c; done")], [1, 2, 2]);
}

#[test]
fn scripts_in_scripts() {
    programs("bash -c 'a && b \"c; d\"'", "bash a b");
    programs("sh -ec \"a; b $C; $(d e) f\" && g", "sh a b d g");
    programs("bash -o pipefail -c 'a | b'; sh -euxo pipefail -c c", "bash a b sh c");
    programs("sudo bash -lc 'sh -c \"a b\"'", "bash sh a");
    programs("sh a -c b; bash -x c.sh", "sh bash");
    programs("python -c 'import a; b'; perl -e 'c; d'", "python perl");
    assert_eq!(programs_in("FROM a\nRUN [\"bash\", \"-o\", \"pipefail\", \"-c\", \"a | b\"]\n"), "a b");
    assert_eq!(programs_in("FROM a\nRUN [\"python\", \"-c\", \"a; b\"]\n"), "python");
    assert_eq!(programs_in("FROM a\nRUN [\"sh\", \"-c\", \"a \\\"b; c\\\" && d\"]\n"), "a d");
    assert_eq!(programs_in("FROM a\nRUN [\"a\", \"b; c\"]\n"), "a");
    // Whoever edits a command has to know that it is in quotes.
    let quoted = found("FROM a\nRUN a $(b) && sh -c 'c' && d `e`\n", |_, commands| {
        commands
            .iter()
            .filter(|command| command.is_quoted)
            .map(|c| c.words[0].text.clone())
            .collect::<Vec<_>>()
    });
    assert_eq!(quoted, ["c", "e"]);
}

#[test]
fn heredocs_are_scripts_of_shells_only() {
    let run = |text: &str| programs_in(&format!("FROM a\nRUN {text}\n"));
    assert_eq!(run("<<E\na b\nc\nE"), "a c");
    assert_eq!(run("<<-E\n\ta b\n\tE"), "a");
    assert_eq!(run("--mount=type=cache,target=/x <<E\na b\nE"), "a");
    assert_eq!(run("<<E\n#!/bin/bash -e\na b\nE"), "a");
    assert_eq!(run("<<E\n#!/usr/bin/env bash\na b\nE"), "a");
    assert_eq!(run("<<E\n#!/usr/bin/env python3\nimport a\nE"), "");
    assert_eq!(run("<<E\n#! /usr/bin/env -S node --x\na\nE"), "");
    assert_eq!(run("python3 <<E\nimport a\nb\nE"), "python3");
    assert_eq!(run("cat <<E > /a && b\nc d\nE"), "cat b");
    assert_eq!(run("bash <<E && f\na b\nE"), "bash f a");
    assert_eq!(run("sh -s -- x <<E\na b\nE"), "sh a");
    assert_eq!(run("bash x.sh <<E\na b\nE"), "bash");
    assert_eq!(run("cat <<A > /a; sh <<B\nc d\nA\ne f\nB"), "cat sh e");
    // Those that the shell itself reads.
    assert_eq!(run("<<E\ncat <<F > /a\nb c\nF\nd\nE"), "cat d");
    assert_eq!(run("<<E\nbash <<-'F' | e\n\tb c\n\tF\nd\nE"), "bash e b d");
    assert_eq!(run("<<E\na <<B <<\"C\"\nx\nB\ny\nC\nd\nE"), "a d");
    assert_eq!(run("<<E\na \\\n# b\nc; d \\\n  e\nE"), "a c d");
}

#[test]
fn another_shell_has_its_own_language() {
    let shell = |text: &str| programs_in(text);
    assert_eq!(shell("FROM a\nSHELL [\"powershell\", \"-Command\"]\nRUN a; b\n"), "");
    assert_eq!(shell("FROM a\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN a; b\n"), "a b");
    assert_eq!(shell("FROM a\nSHELL [\"conda\", \"run\", \"bash\", \"-c\"]\nRUN a; b\n"), "a b");
    assert_eq!(shell("FROM a\nSHELL [\"pwsh\"]\nRUN [\"a\"]\n"), "a");
    assert_eq!(shell("FROM a\nSHELL [\"pwsh\"]\nFROM b\nRUN a\n"), "a");
    assert_eq!(shell("FROM a AS x\nSHELL [\"pwsh\"]\nFROM x\nRUN a\n"), "");
    assert_eq!(shell("FROM a AS x\nSHELL [\"pwsh\"]\nFROM x AS y\nSHELL [\"sh\"]\nFROM y\nRUN a\n"), "a");
    assert_eq!(shell("FROM a\nRUN a\nSHELL [\"pwsh\"]\nRUN b\nSHELL [\"sh\"]\nRUN c\n"), "c");
    let by = |text: &str| {
        let source = Arc::new(Source::new("Dockerfile", text));
        let (file, _) = Dockerfile::read(&source);
        run_by(&file, file.instructions.last().unwrap())
    };
    assert_eq!(by("FROM a\nRUN <<E\n#!/usr/bin/env A=b python3\nE\n"), RunBy::Other("python3".to_owned()));
    assert_eq!(by("FROM a\nRUN [\"a\"]\n"), RunBy::Itself);
    assert_eq!(by("FROM a\nRUN a\n"), RunBy::Shell);
}

/// The subject, patterns and programs of each `case`.
fn cases_of(text: &str) -> Vec<String> {
    let source = Arc::new(Source::new("Dockerfile", text));
    let (file, _) = Dockerfile::read(&source);
    let written = |span: &std::ops::Range<usize>| String::from_utf8_lossy(file.bytes(span)).into_owned();
    let found = cases(&file, file.instructions.last().unwrap());
    let shown = found.iter().map(|case| {
        let branches = case.branches.iter().map(|branch| {
            let commands = branch.commands(&file);
            let programs = commands.iter().filter_map(|command| Some(command.program()?.0));
            let programs = programs.collect::<Vec<_>>().join(" ");
            let patterns = branch.patterns.iter().map(written).collect::<Vec<_>>().join("|");
            format!("{patterns}: {programs}")
        });
        format!("{}? {}", written(&case.subject), branches.collect::<Vec<_>>().join(", "))
    });
    shown.collect()
}

#[test]
fn the_branches_of_a_case() {
    let run = |script: &str| cases_of(&format!("FROM a\nRUN {script}\n"));
    assert_eq!(
        run("case \"$A\" in b|'c d') e; f ;; *) g 1>&2; exit 1 ;; esac && h"),
        ["\"$A\"? b|'c d': e f, *: g exit"]
    );
    assert_eq!(run("case $A in \\\n  b) c \\\n  # d\n  e ;; \\\n  (f) ;; \\\n esac"), ["$A? b: c, f: "]);
    assert_eq!(run("case $A in b) case $C in d) e;; esac ;; f) g; esac"), ["$C? d: e", "$A? b: e, f: g"]);
    assert_eq!(run("(case $A in b) c;; esac; d)"), ["$A? b: c"]);
    assert_eq!(run("<<E\ncase $A in\nb) c ;;\nd) e\n  f\nesac\nE"), ["$A? b: c, d: e f"]);
    // What a branch in an expansion does, does not end the build.
    assert_eq!(run("A=$(case $A in b) c;; esac) sh -c 'case a in b) c;; esac'"), [""; 0]);
    assert_eq!(run("case $A in b) c"), [""; 0]);
    assert_eq!(cases_of("FROM a\nSHELL [\"pwsh\"]\nRUN case $A in b) c;; esac\n"), [""; 0]);
}

/// Each word of each command, as it is written in the file.
fn written(text: &str) -> Vec<String> {
    found(text, |file, commands| {
        let words = commands.iter().flat_map(|command| &command.words);
        words.map(|word| String::from_utf8_lossy(file.bytes(&word.span)).into_owned()).collect()
    })
}

#[test]
fn words_have_their_places() {
    assert_eq!(
        written("FROM a\nRUN a 'b c' \\\n  # d\n\n  \"e\"f \\\n && g\n"),
        ["a", "'b c'", "\"e\"f", "g"]
    );
    assert_eq!(written("FROM a\r\nRUN a \\\r\n  b\r\n"), ["a", "b"]);
    assert_eq!(written("# escape=`\nFROM a\nRUN a `\n  b\n"), ["a", "b"]);
    assert_eq!(written("FROM a\nRUN a\\\nb c\n"), ["a\\\nb", "c"]);
    assert_eq!(written("FROM a\nRUN sh -c 'b c'\n"), ["sh", "-c", "'b c'", "b", "c"]);
    assert_eq!(
        written("FROM a\nRUN sh -c \"b \\\"c\\\"$(d)\"e\n"),
        ["sh", "-c", "\"b \\\"c\\\"$(d)\"e", "b", "\"c\\\"$(d)\"e", "d"]
    );
    assert_eq!(written("FROM a\nRUN [\"sh\", \"-c\", \"b  c\"]\n"), ["b", "c"]);
    assert_eq!(written("FROM a\nRUN a `b \\`c\\``\n"), ["a", "`b \\`c\\``", "b", "`c\\`", "c"]);
    assert_eq!(written("FROM a\nRUN <<E\na \\\n  b\nE\n"), ["a", "b"]);
}

#[test]
fn what_is_not_closed_ends_at_the_end() {
    for script in [
        "a 'b",
        "a \"b",
        "a $(b",
        "a ${b",
        "a `b",
        "a $((b",
        "a (b",
        "a <<b",
        "a )",
        "a ;; )) b",
        "case",
        "case a",
        "case a in",
        "case a in b",
        "for",
        "[[ a",
        "a <(b",
        "a=(b",
        "a \\",
        "f(",
        "function",
        "a $",
        "a >",
        "a 2>",
        "\"",
        "`\\",
        "((",
        "a @(",
        "$'",
        "${a'",
        "()",
        "&>",
        "a & & b",
    ] {
        programs_in(&format!("FROM a\nRUN {script}\n"));
        programs_in(&format!("FROM a\nRUN <<E\n{script}\nE\n"));
        programs_in(&format!("FROM a\nRUN [\"sh\", \"-c\", {}]\n", serde_json::json!(script)));
    }
}

/// What is nested deeper than anybody writes gives nothing, and no time is lost with it.
#[test]
fn hostile_scripts_take_no_time() {
    let deep = |open: &str, close: &str, count: usize| {
        let script = format!("x; {}a{}", open.repeat(count), close.repeat(count));
        format!("FROM a\nRUN <<E\n{script}\nE\n")
    };
    let started = Instant::now();
    for (open, close) in [("$(", ")"), ("${a:-", "}"), ("\"$(", ")\""), ("<(", ")"), ("$((", "))")] {
        assert_eq!(programs_in(&deep(open, close, 100_000)), "", "{open}");
        assert_ne!(programs_in(&deep(open, close, 10)), "", "{open}");
    }
    for (open, close) in [
        ("(", ")"),
        ("{ ", "; }"),
        ("case a in b) ", " ;; esac"),
        ("if ", "; fi"),
        ("a && ", ""),
        ("a=(", ")"),
        ("[[ ", " ]]"),
        ("f() { ", "; }"),
        ("((", "))"),
        ("(( ", ""),
    ] {
        programs_in(&deep(open, close, 100_000));
    }
    for piece in [
        "case a in b) ",
        ")",
        "<<A ",
        "a <<A\n",
        "a 'b' ",
        "`a` ",
        "`",
        "\\`",
        "sh -c 'a' ; ",
        "sh -c \"sh -c 'b'\" ; ",
        "sh <<A\n",
        "\"",
        "$(",
        "(((",
        "( ",
        "f()",
        "for ((",
        "${",
        "2>",
        "a\\\n",
    ] {
        let script = piece.repeat(200_000 / piece.len());
        programs_in(&format!("FROM a\nRUN <<E\n{script}\nE\n"));
        let script = format!("{}{}", "case a in b) ".repeat(8_000), piece.repeat(100_000 / piece.len()));
        programs_in(&format!("FROM a\nRUN <<E\n{script}\nE\n"));
    }
    // Each quoted in the one before.
    let mut script = String::from("a");
    for _ in 0..14 {
        script = format!("sh -c \"{}\"", script.replace('\\', "\\\\").replace('"', "\\\""));
    }
    programs_in(&format!("FROM a\nRUN <<E\n{script}\nE\n"));
    // A file with many commands and many shells.
    let mut file = String::from("FROM a\n");
    for at in 0..20_000 {
        writeln!(file, "RUN a{at}\nSHELL [\"sh\"]\nFROM a").unwrap();
    }
    let source = Arc::new(Source::new("Dockerfile", file));
    let (file, _) = Dockerfile::read(&source);
    for instruction in &file.instructions {
        commands(&file, instruction);
    }
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
}

fn script() -> impl Strategy<Value = String> {
    let pieces = [
        "a",
        "b ",
        " ",
        ";",
        "&",
        "&&",
        "|",
        "(",
        ")",
        "((",
        "))",
        "{",
        "}",
        "$(",
        "${",
        "$((",
        "`",
        "\\`",
        "'",
        "\"",
        "\\",
        "\\\n",
        "\n",
        "\t",
        "#",
        " # ",
        "<",
        ">",
        "<<",
        "<<-",
        "<<A\n",
        "A\n",
        "\nA\n",
        "2>&1",
        "&>",
        "<(",
        "=",
        "A=",
        "case a in ",
        "esac",
        ";;",
        " in ",
        "for ",
        "do ",
        "done",
        "if ",
        "then ",
        "fi",
        "[[ ",
        " ]]",
        "function ",
        "f()",
        "sh -c ",
        "bash <<A\n",
        "sudo ",
        "xargs ",
        "timeout 5 ",
        "$'",
        "$",
        "\u{e9}",
        "\r\n",
        "--",
        "-c",
        "%%X%%",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6_000))]

    /// Nothing panics, every place is in the instruction, and no word is without a byte.
    #[test]
    fn any_script_is_read(script in script()) {
        for text in [
            format!("FROM a\nRUN {script}\n"),
            format!("FROM a\nRUN <<EOT\n{script}\nEOT\n"),
            format!("FROM a\nRUN [\"sh\", \"-c\", {}]\n", serde_json::json!(script)),
        ] {
            let source = Arc::new(Source::new("Dockerfile", text));
            let (file, _) = Dockerfile::read(&source);
            for instruction in &file.instructions {
                for case in cases(&file, instruction) {
                    for branch in &case.branches {
                        branch.commands(&file);
                        prop_assert!(branch.body.end <= instruction.span.end);
                    }
                }
                for command in commands(&file, instruction) {
                    command.program();
                    command.dependency_file();
                    for word in command.words.iter().chain(&command.redirected) {
                        prop_assert!(!word.span.is_empty(), "{:?}", word);
                        prop_assert!(instruction.span.start <= word.span.start, "{:?}", word);
                        prop_assert!(word.span.end <= instruction.span.end, "{:?}", word);
                    }
                }
            }
        }
    }

    /// The pieces of an argument are its text.
    #[test]
    fn pieces_are_the_text(script in script()) {
        let source = Arc::new(Source::new("Dockerfile", format!("FROM a\nRUN x{script}\n")));
        let (file, _) = Dockerfile::read(&source);
        for instruction in &file.instructions {
            for arg in &instruction.args {
                let pieces = file.pieces(&arg.span);
                let text: Vec<u8> = pieces.iter().flat_map(|piece| file.bytes(piece)).copied().collect();
                prop_assert_eq!(&text[..], &*arg.text);
            }
        }
    }
}
