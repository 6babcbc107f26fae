//! Templates that nobody means well: no panic, an end in time, findings that are counted.

use super::case::Case;
use super::common::Test;
use proptest::prelude::*;

fn check(template: impl AsRef<[u8]>) -> (i32, serde_json::Value) {
    // The program ends with a signal if it takes more of the processor's time.
    let run = Test::new()
        .file("Dockerfile.template", template)
        .args("check --format json -d nuc,raspberry-pi")
        .shell("ulimit -t 120;")
        .run();
    (run.status, run.json())
}

#[test]
fn broken_files_give_findings() {
    for text in [
        &b""[..],
        b"# nothing\n",
        b"FROM",
        b"FROM \\",
        b"\xEF\xBB\xBFFROM a\n",
        b"FROM a\nRUN <<A <<B\n",
        b"FROM caf\xE9:1\nRUN pip install \xFF -r \xFF\nCOPY \xFF /\n",
        b"FROM a:1\nRUN [\"sh\", \"-c\", \"\"]\nRUN [\"a\", \"-c\", \"\xFF\"]\nRUN '\nRUN \"\nRUN \\\\\\\n",
        b"FROM --platform= a:1\nFROM --platform=/ b:1\nFROM --platform=a/b/c/d c:1\n",
        b"FROM a:1\nENV\nCMD\nCOPY [] \nONBUILD COPY . .\nONBUILD RUN pip install x\n",
        b"# dtpl ignore=\n# dtpl ignore=,,,\n# dtpl ignore=\xFF\nFROM a:1\n",
        b"FROM a:1\nRUN pip install -r\nRUN python -m\nRUN pip\nRUN apt-get\n",
        b"FROM a:1\nCOPY [ /\nCOPY [a- /\nCOPY \\\\ /\nCOPY a\\ b /\nCOPY ** /\nCOPY **/*** /\n",
    ] {
        check(text);
    }
}

/// How often a part of a hostile file is repeated: less with a program that is not optimised, whose tests are run after
/// every change. `just thorough` runs these tests as they are meant.
fn often(times: usize) -> usize {
    if cfg!(debug_assertions) { times / 8 } else { times }
}

#[test]
fn a_flood_is_counted() {
    let many = often(20_000);
    let (status, json) = check(format!("FROM alpine:3.22\n{}", "COPY x /\n".repeat(many)));
    assert_eq!(status, 1);
    assert_eq!(json["findings"].as_array().unwrap().len(), 100);
    assert_eq!(json["summary"]["error"], many);
    let (_, json) =
        check(format!("FROM alpine:3.22\n{}", "# dtpl ignore=x,legacy-env\nENV A b\n".repeat(many)));
    assert_eq!(json["summary"]["warning"], many);
    check(format!(
        "FROM alpine:3.22\n{}",
        "COPY . .\nRUN pip install -r requirements.txt x\n".repeat(often(5_000))
    ));
    check(format!("FROM alpine:3.22\nRUN {}\n", "amd64 ".repeat(often(10_000))));
    check(format!("FROM alpine:3.22\nRUN {}\n", "pip install a;".repeat(often(4_000))));
    check("FROM alpine AS a\n".repeat(often(5_000)));
}

/// Each of these took gigabytes, or minutes, while anything was kept or looked at anew for each part of it.
#[test]
fn memory_and_work_grow_with_the_file() {
    let long = "a".repeat(often(60_000));
    let lists: String = (0..often(4_000))
        .map(|at| format!("FROM s{at} AS s{}\nRUN pip install -r r{at}.txt\n", at + 1))
        .collect();
    let cases: String =
        (0..often(1_500)).map(|at| format!("case a{at}$TARGETARCH in a{at}armhf) a;; esac; ")).collect();
    let folders: String = (0..often(5_000)).map(|at| format!("COPY Dockerfile.template /d{at}/\n")).collect();
    let copied =
        "COPY <<E /x\n".to_owned() + &format!("{}\n", "a ".repeat(500)).repeat(often(15_000)) + "E\n";
    for template in [
        format!(
            "FROM x:1 AS a\n{}{}",
            "ONBUILD COPY --from=b a b\n".repeat(often(3_000)),
            "FROM a\n".repeat(often(6_000))
        ),
        format!("FROM s AS s0\n{lists}"),
        format!("FROM scratch\n{copied}"),
        "FROM a:1\n".repeat(often(150_000)),
        format!("# check=experimental=InvalidDefinitionDescription\n{}", "FROM a:1\n".repeat(often(90_000))),
        format!("FROM a:1\nARG TARGETARCH\nRUN : {}; {cases}\n", "a".repeat(often(3_000_000))),
        format!(
            "FROM a:1\nARG TARGETARCH\nRUN case $TARGETARCH in {}esac\n",
            "armhf) a;; ".repeat(often(40_000))
        ),
        format!(
            "FROM scratch\nARG A={long}\n{}",
            format!("ENV {}x=1\n", "${A}".repeat(16)).repeat(often(2_000))
        ),
        format!(
            "FROM scratch AS a\nENV A={long}\n{}",
            "FROM a\nWORKDIR $A$A$A$A$A$A$A$A\n".repeat(often(5_000))
        ),
        format!("FROM scratch AS a\nENV {long}=1\n{}", "FROM a\n".repeat(often(10_000))),
        format!("ARG A={long}\n{}", "FROM x:1\nARG A\n".repeat(often(10_000))),
        format!("FROM scratch AS a\nWORKDIR /{long}\n{}", "FROM a\n".repeat(often(10_000))),
        format!("FROM scratch AS a\n{}", "WORKDIR a\n".repeat(often(30_000))),
        format!("FROM --platform={long} x:1 AS a\n{}", "FROM a\n".repeat(often(10_000))),
        format!("FROM x:1\nCOPY {}{long}\n", "a ".repeat(often(20_000))),
        format!("FROM x:1\n{folders}{}CMD [\"a.sh\"]\n", "RUN a.sh\n".repeat(often(2_000))),
        format!("FROM scratch\nARG {long}\nENV B=${{{long}}}\nENV C={}\n", "$B".repeat(often(20_000))),
    ] {
        let what = template.get(..60).unwrap_or_default().to_owned();
        let run = Test::new()
            .file("Dockerfile.template", template)
            .args("check --format json -d raspberrypi3 --max-template-bytes 16M")
            .shell("ulimit -t 60 -v 524288;")
            .run();
        assert!(matches!(run.status, 0 | 1), "{what}: {}", run.status);
    }
}

#[test]
fn nothing_outside_the_project_is_looked_at() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("requirements.txt"), "secret-package\n").unwrap();
    let test = Test::new()
        .file("Dockerfile.template", "FROM alpine:3.22\nCOPY link /x\nCOPY link/none /x\nRUN pip install --no-cache-dir -r /x/requirements.txt\nCOPY link/* /y\n");
    std::os::unix::fs::symlink(outside.path(), test.path().join("link")).unwrap();
    let run = test.args("check --format json").run();
    assert!(!run.text().contains("secret-package"), "{}", run.text());
}

#[test]
fn pipes_and_endless_files_are_not_read() {
    let test = Test::new()
        .file("Dockerfile.template", "FROM alpine:3.22\nCOPY pipe /requirements.txt\nRUN pip install --no-cache-dir -r /requirements.txt\n");
    let status = std::process::Command::new("mkfifo").arg(test.path().join("pipe")).status().unwrap();
    assert!(status.success());
    std::os::unix::fs::symlink("pipe", test.path().join(".dockerignore")).unwrap();
    test.args("check").run();
}

/// Pieces that rules look for, in any order, with what is between them.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "FROM ",
        "RUN ",
        "COPY ",
        "ENV ",
        "ARG ",
        "CMD ",
        "ADD ",
        "LABEL ",
        "EXPOSE ",
        "ONBUILD ",
        "\n",
        "\r\n",
        "\\\n",
        " ",
        "\"",
        "'",
        "`",
        "[",
        "]",
        ",",
        "#",
        "# dtpl ignore=",
        "legacy-env",
        "<<E",
        "\nE\n",
        "$",
        "${A:-b}",
        "A=",
        "--platform=",
        "--from=",
        "--mount=type=cache",
        "linux/amd64",
        "%%BALENA_ARCH%%",
        "%%BALENA_MACHINE_NAME%%",
        "%%X_Y%%",
        "%%a%%",
        "resin/",
        "balenalib/",
        "raspberrypi3-",
        "python",
        ":3.9",
        "@sha256:",
        "scratch",
        " AS a",
        "pip install ",
        "-r ",
        "requirements.txt",
        "apt-get ",
        "update",
        "&& ",
        "; ",
        "src",
        ".",
        "..",
        "*",
        "**",
        "?",
        "/",
        "amd64",
        "armhf",
        "INITSYSTEM",
        " on",
        "<% %>",
        "\u{e9}",
        "\u{202e}",
        "\t",
        "\u{FEFF}",
        "python -m pip",
        "-c",
        "sh",
    ];
    prop_oneof![4 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => "[ -~]{0,4}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(pieces in proptest::collection::vec(piece(), 0..60)) {
        let text = pieces.concat();
        for finding in Case::new(&text).findings() {
            prop_assert!(finding.span.start <= finding.span.end);
            prop_assert!(finding.span.end <= finding.source.bytes().len());
            prop_assert!(!finding.devices.is_empty() && !finding.message.is_empty());
        }
    }
}
