//! `Dockerfile.tera` from somebody who means no good: nothing outside of the project is reached, and
//! whatever a template asks for comes to an end, in memory that is bounded.

mod common;

use common::Test;

fn tera(template: impl AsRef<[u8]>) -> Test {
    Test::new().file("Dockerfile.tera", template).args("render -d raspberrypi3")
}

/// Refused within 400 MB of memory and a minute of the processor, which a loaded machine does not shorten:
/// the program ends with a signal if it takes more.
fn limited(template: impl AsRef<[u8]>, piece: &str) {
    within(60, template, piece);
}

fn within(seconds: u32, template: impl AsRef<[u8]>, piece: &str) {
    let memory = if cfg!(target_os = "linux") { "ulimit -v 400000;" } else { "" };
    tera(template).shell(&format!("{memory} ulimit -t {seconds};")).refuses([piece]);
}

#[test]
fn loops_end() {
    let rounds = "Dockerfile.tera:2:33: error: the loops of this template take more than 100000 rounds";
    limited(
        "FROM a\n{% for a in range(end=100000) %}{% for b in range(end=100000) %}{% endfor %}{% endfor %}",
        rounds,
    );
    limited(
        "FROM a\n{% for a in range(end=4000000000) %}{% endfor %}",
        "error: a `range` of more than 100000 numbers",
    );
    limited(
        "{% for a in range(start=-9223372036854775807, end=9223372036854775807) %}{% endfor %}",
        "more than 100000",
    );
    limited("{% for a in range(end=5, step_by=0) %}{% endfor %}", "a step of 0");
    limited("{{ [x for x in range(end=9)] }}", "a template cannot have a loop inside an expression");
    // Many tags in few rounds are work too.
    let tags = "{% if \"a\" == \"b\" %}{% endif %}".repeat(3000);
    limited(
        format!("{{% for a in range(end=100000) %}}{tags}{{% endfor %}}"),
        "this template takes more work than the limit of 10000000 steps",
    );
}

#[test]
fn values_do_not_grow_without_end() {
    let long = "a value here is longer than 64 KiB";
    limited(
        "{% set x = \"0123456789\" %}{% for a in range(end=99) %}{% set_global x = x ~ x %}{% endfor %}",
        long,
    );
    limited(
        "{% set x = [1, 2] %}{% for a in range(end=99) %}{% set_global x = [x, x] %}{% endfor %}",
        "a value here is",
    );
    limited(
        "{% set_global x = [] %}{% for a in range(end=99999) %}{% set_global x = [x] %}{% endfor %}",
        "deeper than 16 lists",
    );
    limited(
        "{% set_global x = {} %}{% for a in range(end=99999) %}{% set_global x = {\"x\": x} %}{% endfor %}",
        "deeper than 16 lists",
    );
    limited(format!("{{{{ \"abcdefgh\" | replace(from=\"\", to=\"{}\") }}}}", "x".repeat(60_000)), long);
    limited("{{ \"a\" | indent(width=4000000000, first=true) }}", long);
    limited("{{ range(end=90000) | join(sep=\"0123456789\") }}", long);
    // Nothing repeats or pads a text.
    limited("{{ \"a\" | repeat(times=4000000000) }}", "unknown filter `repeat`");
    limited("{{ \"a\" | pad(width=4000000000) }}", "unknown filter `pad`");
    limited("{{ \"a\" * 4000000000 }}", "this cannot be evaluated");
}

#[test]
fn values_between_filters_do_not_grow_either() {
    let between = "error: a value between two filters is longer than 1 MiB";
    let chain = " | split(pat=\"\") | str".repeat(6);
    limited(format!("{{{{ range(end=100000) | str{chain} | length }}}}"), between);
    limited(format!("{{% if true and (range(end=100000) | str{chain} | length) %}}{{% endif %}}"), between);
    limited(format!("{{% set x = range(end=100000) | str{chain} | length %}}"), between);
    limited(format!("{{% for x in range(end=100000) | str{chain} %}}{{% endfor %}}"), between);
    let many = vec!["range(end=100000) | str | split(pat=\"\")"; 40].join(", ");
    limited(format!("{{{{ [{many}] | length }}}}"), "takes more work than the limit of 10000000 steps");
    tera("{{ range(end=100000) | reverse | first }} {{ NO | default(value=\"a,b\") | split(pat=\",\") | last }}\n")
        .stdout("99999 b\n");
}

#[test]
fn work_on_long_values_is_counted() {
    let work = "this template takes more work than the limit of 10000000 steps";
    let long = "{% set x = \"a\" | indent(width=60000, first=true) %}{% for a in range(end=100000) %}";
    limited(
        format!("{long}{{% if x | upper | lower | title | reverse == \"a\" %}}{{% endif %}}{{% endfor %}}"),
        work,
    );
    limited(format!("{long}{{% for c in x %}}{{% break %}}{{% endfor %}}{{% endfor %}}"), work);
    limited(format!("{long}{{% if x is containing(pat=\"b\") %}}{{% endif %}}{{% endfor %}}"), work);
    limited(
        "{% set x = range(end=7000) %}{% for a in range(end=100000) %}{{ x | unique | length }}{% endfor %}",
        work,
    );
    limited(format!("{long}{{% if {} %}}{{% endif %}}{{% endfor %}}", vec!["x == x"; 30].join(" or ")), work);
}

#[test]
fn the_result_is_limited() {
    limited(
        "FROM a\n{% for a in range(end=5000) %}{{ \"0123456789\" | indent(width=1000, first=true) }}{% endfor %}",
        "the result is longer than 4 MiB",
    );
    tera("FROM {{ arch.slug }}\n")
        .args("--max-output-bytes 5")
        .refuses(["Dockerfile.tera:1:1: error: the result is longer than 5 bytes", "--max-output-bytes"]);
    tera("x".repeat(300_000)).refuses(["the template is longer than 256 KiB"]);
    tera("FROM a\n").args("--max-template-bytes 5").refuses(["--max-template-bytes"]);
    // Two values on a line a hundred thousand times, in time that grows with their number.
    let values = tera("FROM a\n{% for a in range(end=100000) %}{{ \"a\" }}{{ \"b\" }}{% endfor %}");
    assert_eq!(values.shell("ulimit -t 20;").ok().stdout.len(), 200_007);
}

/// As little as the command line itself needs.
const LITTLE_STACK: &str = match (cfg!(target_os = "linux"), cfg!(debug_assertions)) {
    (true, true) => "ulimit -s 384;",
    (true, false) => "ulimit -s 128;",
    _ => "",
};

#[test]
fn depth_is_limited() {
    let deep = |open: &str, inside: &str, close: &str| {
        format!("{}{inside}{}", open.repeat(10_000), close.repeat(10_000))
    };
    for (template, piece) in [
        (format!("{{{{ {} }}}}", deep("(", "1", ")")), "the expression is too complex"),
        (format!("{{{{ {} }}}}", deep("[", "1", "]")), "error: "),
        (format!("{{{{ {} }}}}", deep("{\"a\": ", "1", " }")), "error: "),
        (format!("{{{{ {} }}}}", deep("not ", "1", "")), "error: "),
        (format!("{{{{ x{} }}}}", ".a".repeat(50_000)), "error: "),
        (format!("{{{{ 1{} }}}}", " ~ 1".repeat(50_000)), "the expression is too complex"),
        (format!("{{{{ 1{} }}}}", " | abs".repeat(30_000)), "the expression is too complex"),
        (deep("{% if true %}", "", "{% endif %}"), "are nested deeper than the limit of 64"),
        (deep("{% for a in [1] %}", "", "{% endfor %}"), "error: "),
        (
            format!("{{% if 1 %}}{}{{% endif %}}", "{% elif 1 %}".repeat(20_000)),
            "are nested deeper than the limit of 64",
        ),
        ("{{ [[[[[1]]]]] }}".to_owned(), "error: "),
    ] {
        tera(&template).shell(LITTLE_STACK).refuses([piece]);
    }
    let most = format!("FROM a\n{{% if false %}}{}{{% endif %}}", "{% elif false %}".repeat(60));
    tera(most).shell(LITTLE_STACK).stdout("FROM a\n");
    let (ifs, brackets) = (["{% if true %}", "{% endif %}"], ["(", ")"]);
    let most = format!(
        "{}{{{{ {}1{} }}}}{}",
        ifs[0].repeat(38),
        brackets[0].repeat(38),
        brackets[1].repeat(38),
        ifs[1].repeat(38)
    );
    tera(most).shell(LITTLE_STACK).stdout("1");
}

#[test]
fn no_clock_no_environment_no_chance() {
    for call in ["now()", "get_env(name=\"HOME\")", "get_random(start=0, end=9)"] {
        tera(format!("FROM {{{{ {call} }}}}\n")).env("HOME", "/secret").refuses([
            "Dockerfile.tera:1:9: error: unknown function",
            "no clock, no environment and no chance",
        ]);
    }
    for name in ["__proto__", "constructor", "self", "__tera_context", "__tera_context | default(value=1)"] {
        tera(format!("FROM a\n{{{{ {name} }}}}"))
            .env("SECRET", "x")
            .refuses(["Dockerfile.tera:2:4: error: "]);
    }
    for name in ["dtpl_round(i=0)", "dtpl_look(i=9, v=[])", "dtpl_size(i=9)", "dtpl_work(i=0)"] {
        tera(format!("FROM a\n{{{{ {name} }}}}"))
            .refuses(["Dockerfile.tera:2:4: error: a template cannot use"]);
    }
    // The entries of a map come in one order.
    let map: Vec<String> = (0..40).map(|at| format!("\"k{}\": {at}", (at * 7) % 40)).collect();
    let template = format!(
        "{{% for k, v in {{{}}} %}}{{{{ k }}}}{{{{ v }}}} {{% endfor %}}{{{{ device | keys | join }}}}",
        map.join(", ")
    );
    let first = tera(&template).ok().stdout;
    assert!(first.starts_with(b"k00 k71 k142 "));
    for _ in 0..5 {
        assert_eq!(tera(&template).ok().stdout, first);
    }
}

#[test]
fn includes_stay_in_the_project() {
    for path in ["/etc/passwd", "~/x", "a\\\\b", "", ".", "./"] {
        tera(format!("FROM a\n{{% include \"{path}\" %}}")).refuses(["Dockerfile.tera:2:13: error: "]);
    }
    for path in ["../x", "a/../../x", "a/.."] {
        tera(format!("FROM a\n{{% include \"{path}\" %}}"))
            .refuses(["Dockerfile.tera:2:13: error: an include must not lead out of the project with `..`"]);
    }
    for tag in [
        "include FILE",
        "include \"a\" ~ \"b\"",
        "include [\"a\", \"b\"]",
        "include \"a\" ignore missing",
        "include",
    ] {
        tera(format!("FROM a\n{{% {tag} %}}"))
            .refuses(["Dockerfile.tera:2:1: error: `include` takes the path"]);
    }
    tera("FROM a\n{% include \"none\" %}\n{% include \"none\" %}{% include \"other\" %}").refuses([
        "Dockerfile.tera:2:13: error: there is no file `none` in the project",
        "Dockerfile.tera:3:33: error: there is no file `other` in the project",
    ]);
    tera("FROM a\n{% include \"sub\" %}").file("sub/x", "").refuses(["is no regular file"]);
    for tag in [
        "extends \"a\"",
        "block a",
        "macro a()",
        "component a()",
        "import \"a\" as b",
        "filter upper",
        "set x",
    ] {
        tera(format!("FROM a\n{{% {tag} %}}"))
            .refuses(["Dockerfile.tera:2:4: error: a template cannot have"]);
    }
}

#[cfg(unix)]
#[test]
fn includes_follow_no_link_out() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "RUN secret\n").unwrap();
    let with = |link: &dyn Fn(&std::path::Path)| {
        let test = tera("FROM a\n{% include \"part/secret\" %}");
        link(test.path());
        test
    };
    let message = "Dockerfile.tera:2:13: error: a symbolic link leads out of the project";
    with(&|folder| symlink(outside.path(), folder.join("part")).unwrap()).refuses([message]);
    with(&|folder| {
        std::fs::create_dir(folder.join("part")).unwrap();
        symlink(outside.path().join("secret"), folder.join("part/secret")).unwrap();
    })
    .refuses([message]);
    with(&|folder| {
        std::fs::create_dir(folder.join("part")).unwrap();
        symlink("/dev/zero", folder.join("part/secret")).unwrap();
    })
    .refuses(["Dockerfile.tera:2:13: error: what is included here is no regular file"]);
    // One that stays inside is as good as the file.
    with(&|folder| {
        std::fs::create_dir(folder.join("part")).unwrap();
        std::fs::write(folder.join("real"), "RUN real").unwrap();
        symlink("../real", folder.join("part/secret")).unwrap();
    })
    .stdout("FROM a\nRUN real");
    // The template itself may not be such a link in a project either.
    let test = Test::new().args("render -d nuc");
    symlink(outside.path().join("secret"), test.path().join("Dockerfile.tera")).unwrap();
    test.refuses(["a symbolic link leads out of the project"]);
}

#[test]
fn includes_do_not_go_in_circles() {
    tera("FROM a\n{% include \"Dockerfile.tera\" %}")
        .refuses(["Dockerfile.tera:2:13: error: a file includes itself: Dockerfile.tera -> Dockerfile.tera"]);
    tera("FROM a\n{% include \"a\" %}")
        .file("a", "{% include \"b\" %}")
        .file("b", "\n{% include \"./a\" %}")
        .refuses(["b:2:13: error: a file includes itself: a -> b -> a"]);
    let chain = |length: usize| {
        let mut test = tera("FROM a\n{% include \"f1\" %}");
        for at in 1..length {
            test = test.file(&format!("f{at}"), format!("{{% include \"f{}\" %}}", at + 1));
        }
        test.file(&format!("f{length}"), "end")
    };
    chain(16).stdout("FROM a\nend");
    chain(17).refuses(["f16:1:13: error: includes are nested deeper than the limit of 16"]);
    chain(40).refuses(["includes are nested deeper than the limit of 16"]);
    // Each file twice in the one before it.
    let mut doubled = tera("FROM a\n{% include \"f1\" %}").shell("ulimit -v 400000; ulimit -t 60;");
    for at in 1..16 {
        let include = format!("{{% include \"f{}\" %}}", at + 1);
        doubled = doubled.file(&format!("f{at}"), include.repeat(20));
    }
    doubled.file("f16", "x".repeat(100)).refuses(["error: "]);
    // Very many files.
    let mut many = tera((0..100).map(|at| format!("{{% include \"f{at}\" %}}")).collect::<String>());
    for at in 0..100 {
        many = many.file(&format!("f{at}"), "x");
    }
    many.refuses(["this template has more files than the limit of 64"]);
    let mut long = tera((0..9).map(|at| format!("{{% include \"f{at}\" %}}")).collect::<String>());
    for at in 0..9 {
        long = long.file(&format!("f{at}"), "x".repeat(200_000));
    }
    long.refuses(["the files of this template have more bytes than the limit of 1048576"]);
}

#[test]
fn what_is_no_text_is_refused() {
    tera(b"FROM a\nRUN caf\xE9 {{ 1 }}\n")
        .refuses(["Dockerfile.tera:2:8: error: a byte that is not UTF-8", "save the template as UTF-8"]);
    tera(b"FROM a\nRUN \0 {{ 1 }}\n").refuses(["Dockerfile.tera:2:5: error: a NUL byte"]);
    tera(b"\xFF\xFEF\0R\0O\0M\0").refuses(["Dockerfile.tera:1:1: error: a byte that is not UTF-8"]);
    // What looks like a mark of the way back is text.
    let odd = "FROM a\n# \u{1}0:5\u{1} \\0 0:7-9 \u{FDD0}\n";
    tera(odd).stdout(odd);
    tera("FROM a\n{% include \"x\" %}")
        .file("x", b"caf\xE9")
        .refuses(["x:1:4: error: a byte that is not UTF-8"]);
}

#[test]
fn what_is_wrong_has_a_place() {
    for (template, piece) in [
        ("FROM a\nRUN {{ 1 / 0 }}\n", "2:12: error: this cannot be evaluated"),
        ("FROM a\nRUN {{ 1 % 0 }}\n", "2:12: error: this cannot be evaluated"),
        ("FROM a\nRUN {{ 2 ** 100000 }}\n", "2:8: error: this cannot be evaluated"),
        ("FROM a\nRUN {{ 99999999999999999999999999 }}\n", "2:8: error: invalid Integer"),
        ("FROM a\nRUN {{ [1][7] }}\n", "2:8: error: this cannot be evaluated"),
        ("FROM a\nRUN {{ \"a\" | nth(n=-1) }}\n", "2:12: error: this cannot be evaluated"),
        ("FROM a\nRUN {{ throw(message=\"x\") }}\n", "2:8: error: the template stops itself here"),
        ("FROM a\nRUN {{ x\n", "2:8: error: "),
        ("FROM a\nRUN {% if true %}\n", "error: unexpected end of input"),
        ("FROM a\nRUN {% endif %}\n", "2:8: error: "),
        ("FROM a\nRUN ${#array}\n", "2:6: error: closing comment tag `#}` not found"),
        ("FROM a\n{% raw %}\n", "2:1: error: unexpected end of raw block"),
        ("FROM a\n{% if a) or (b %}{% endif %}\n", "2:8: error: "),
        ("FROM a\n{% %}\n", "2:4: error: "),
        ("FROM a\n{{ \"x }}\n", "2:4: error: "),
        ("FROM a\n\u{e9}{{ \u{e9} }}\n", "2:5: error: "),
        ("{{ 1 }}\r\n{{ 1 }}\r\n  {{ 1 - \"a\" }}\r\n", "3:10: error: this cannot be evaluated"),
    ] {
        tera(template)
            .refuses([&*format!("Dockerfile.tera:{piece}").replace("Dockerfile.tera:error", "error")]);
    }
    let run = tera("FROM a\n{% include \"x\" %}")
        .file("x", "\n\n  {{ 1 / 0 }}")
        .refuses(["x:3:10: error: this cannot be evaluated"]);
    assert!(run.stderr.contains("3 |   {{ 1 / 0 }}"), "{}", run.stderr);
}

/// Pieces of templates, good and bad, in every order that a generator comes upon.
#[test]
fn whatever_is_thrown_at_it_it_ends_with_a_place_or_a_file() {
    use proptest::prelude::*;
    let pieces = [
        "FROM a\n",
        "{{ ",
        " }}",
        "{% ",
        " %}",
        "{% if ",
        "{% endif %}",
        "{% for a in ",
        "{% endfor %}",
        "{%- else -%}",
        "{% elif ",
        "{# ",
        " #}",
        "{% raw %}",
        "{% endraw %}",
        "{% set x = ",
        "device",
        "arch.slug",
        "x",
        "1",
        "\"a\"",
        "'",
        "\"",
        "`",
        "\\",
        "\n",
        "\r\n",
        " ",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "|",
        "upper",
        ".",
        "?.",
        "...",
        "~",
        "==",
        "not ",
        "is defined",
        "and ",
        "in ",
        "loop.index",
        "{% include \"",
        "-",
        "%",
        "#",
        "<",
        "</",
        "@",
        "\u{e9}",
        "\u{1F980}",
        "range(end=3)",
        "base_image(stack=\"python\")",
        "%%BALENA_ARCH%%",
        "RUN x \\\n",
    ];
    let template = proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..24);
    let mut runner =
        proptest::test_runner::TestRunner::new(ProptestConfig { cases: 3000, ..Default::default() });
    let registry = dtpl::Registry::embedded();
    let device = registry.device_type("raspberrypi3").unwrap();
    let arch = registry.arch_of(device);
    runner
        .run(&template, |pieces| {
            use dtpl::Source;
            use dtpl::Subject;
            use dtpl::{Layers, Limits, Template, TemplateKind, Variables};
            let source = std::sync::Arc::new(Source::new("t.tera", pieces.concat()));
            let variables = Variables::of_device(Some(&device.slug), Some(arch), false);
            let subject = Subject::of_device_type(device, &registry);
            let mut limits = Limits::default();
            limits.output_bytes = 1 << 20;
            let open = |_: &str, _: &dtpl::Place| Ok(None);
            let faults = match Template::load(source, TemplateKind::Tera, "t.tera", &open) {
                Ok(tera) => match tera.render(&subject, Layers(&[&variables]), &limits) {
                    Ok(rendering) => {
                        let made = rendering.template().source();
                        let text = std::str::from_utf8(made.bytes()).unwrap();
                        prop_assert!(!text.contains('\0'), "{pieces:?}");
                        // Text as it stands leads back to the same text.
                        for (at, c) in text.char_indices() {
                            let span = at..at + c.len_utf8();
                            if made.is_literal(&span) {
                                let origin = made.origin(&span).unwrap();
                                prop_assert_eq!(&origin.source.bytes()[origin.span], text[span].as_bytes());
                            }
                        }
                        return Ok(());
                    }
                    Err(faults) => faults,
                },
                Err(dtpl::Error::Input(faults)) => faults,
                Err(other) => panic!("{other}"),
            };
            prop_assert!(faults.has_errors());
            for fault in faults.iter() {
                prop_assert!(matches!(&fault.place, dtpl::Place::Text(..)), "{fault:?}");
                prop_assert!(!fault.message.contains("dtpl_"), "{fault:?}");
            }
            Ok(())
        })
        .unwrap();
}

/// Within time of the processor in which nothing that grows with the square of the template's length is
/// done.
fn soon(template: impl AsRef<[u8]>, piece: &str) {
    within(8, template, piece);
}

#[test]
fn images_are_looked_up_once() {
    let image = "{% set x = base_image(stack=\"python\") %}";
    let run = tera(format!(
        "{{% for a in range(end=50000) %}}{image}{{% endfor %}}{{{{ base_image(stack=\"python\") }}}}"
    ));
    assert!(run.shell("ulimit -t 15;").ok().text().starts_with("python:"));
    limited(
        "{% for a in range(end=50000) %}{{ base_image(stack=\"python\", version=(\" \" | indent(width=a, first=true)) ~ \"3\") }}{% endfor %}",
        "error: ",
    );
}

#[test]
fn nothing_takes_time_with_the_square_of_the_length() {
    soon("{% raw %}".repeat(25_000), "unexpected end of raw block");
    soon("{{ 1|nope }}".repeat(10_000), "1:6: error: unknown filter `nope`");
    soon("{{ 1 is nope }}".repeat(10_000), "1:9: error: unknown test `nope`");
    soon("{{ nope() }}".repeat(10_000), "1:4: error: unknown function `nope`");
    soon("{{ __tera_context }}".repeat(5_000), "there are device, arch, fleet, service and the variables");
    let names: String = (0..30_000).map(|at| format!("a{at},")).collect();
    soon(format!("{{{{ [{names}] }}}}"), "error: ");
    soon(format!("{{{{ a{} }}}}", ".a".repeat(100_000)), "error: ");
}
