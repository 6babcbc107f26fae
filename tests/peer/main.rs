//! dtpl beside the balena builder's own code, `@balena/compose` from npm: the same bytes for the same
//! template, a refusal where it refuses.
//!
//! Needs node and the package, so it is no part of `cargo test` alone:
//!
//! ```text
//! mkdir -p target/peer && cp tests/peer/package.json target/peer
//! npm install --prefix target/peer --no-package-lock --ignore-scripts
//! DTPL_PEER=$PWD/target/peer cargo test --features peer --test peer -- --nocapture
//! ```

mod archive;
mod export;
mod node;
mod resolve;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use dtpl::Source;
use dtpl::Subject;
use dtpl::{Layers, Limits, Template, Variables};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Generated templates; each is compared for one of [`DEVICES`].
const GENERATED: usize = 24_000;
const DEVICES: [(&str, &str); 3] =
    [("raspberrypi3", "armv7hf"), ("intel-nuc", "amd64"), ("jetson-nano", "aarch64")];
/// The variables that the builder knows for every device, and three that come from outside.
const EXTRA: [(&str, &str); 5] = [
    ("BALENA_SERVICE_NAME", "main"),
    ("BALENA_APP_NAME", "kiosk"),
    ("BALENA_RELEASE_HASH", "0a1b"),
    ("EMPTY", ""),
    ("MY_VALUE", "a %%BALENA_ARCH%% $& $1 ${x} \u{e9}"),
];

fn variables(device: usize) -> Vec<(&'static str, &'static str)> {
    let (slug, arch) = DEVICES[device];
    let mut all = vec![
        ("BALENA_MACHINE_NAME", slug),
        ("RESIN_MACHINE_NAME", slug),
        ("BALENA_ARCH", arch),
        ("RESIN_ARCH", arch),
    ];
    all.extend(EXTRA);
    all
}

/// What one side makes of a template: its bytes, or a refusal.
type Outcome = Option<Vec<u8>>;

fn ours(template: &str, device: usize) -> Outcome {
    let (slug, arch) = DEVICES[device];
    let registry = dtpl::Registry::embedded();
    let mut known = Variables::of_device(Some(slug), Some(registry.arch(arch).unwrap()), true);
    for (name, value) in EXTRA {
        known.define(name, value.to_owned(), dtpl::Place::Flag("-D")).unwrap();
    }
    let template = Template::parse(Arc::new(Source::new("t", template))).ok()?;
    template
        .render(&Subject::default(), Layers(&[&known]), &Limits::default())
        .ok()
        .map(|rendered| rendered.to_bytes())
}

/// What the peer makes of the templates.
fn peers(cases: &[(String, usize)]) -> Vec<Outcome> {
    let question = |(template, device): &(String, usize)| {
        let variables: serde_json::Map<_, _> =
            variables(*device).into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        serde_json::json!({ "template": template, "variables": variables })
    };
    let answers = node::answers("process.mjs", cases.iter().map(question).collect());
    let rendered = |answer: &serde_json::Value| Some(answer.get("rendered")?.as_str()?.as_bytes().to_vec());
    answers.iter().map(rendered).collect()
}

fn generated() -> Vec<(String, usize)> {
    let piece = prop_piece();
    let template = proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat());
    // Always the same templates: a difference must not come and go.
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    (0..GENERATED)
        .map(|number| (template.new_tree(&mut runner).unwrap().current(), number % DEVICES.len()))
        .collect()
}

fn prop_piece() -> impl Strategy<Value = String> {
    let known = variables(0).into_iter().map(|(name, _)| format!("%%{name}%%")).collect::<Vec<_>>();
    proptest::prop_oneof![
        10 => proptest::sample::select(known),
        // Few unknown names, or every template would be refused.
        1 => "%%(BALENA|RESIN)_[A-Z_]{1,8}%%|%%[A-Z]{1,3}_%%",
        8 => proptest::sample::select(vec![
            "FROM balenalib/", "-python:3", "RUN ", " && ", "\\\n", "\n", "\n\n", "\r\n", "\r", "\n#", "\n # ", "#", " ",
            "\t", "%", "%%", "%%%", "%%A%%", "%%A1%%", "%%_AB%%", "%%balena_arch%%", "%%BALENA_ARCH", "BALENA_ARCH%%",
            "%% BALENA_ARCH %%", "é", "日本語", "\u{1F980}", "\u{FEFF}", "\u{2028}", "\u{85}", "${x}", "$&", "'", "\"", "`",
            "\\", "\\u0041", "{{x}}", "//", "/*", "*/", "<", ">", "\u{B}", "\u{C}",
        ])
        .prop_map(str::to_owned),
        1 => "[ -~]{0,6}".prop_filter("code is a difference of its own", |text| !text.contains('%') && !text.contains('<')),
    ]
}

/// Every template in the tree that is text and holds no code.
fn in_the_tree() -> Vec<(String, usize)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open = vec![root.join("templates"), root.join("tests/golden")];
    let mut found: Vec<PathBuf> = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().contains("Dockerfile") {
                found.push(path);
            }
        }
    }
    found.sort();
    let texts = found.iter().filter_map(|path| std::fs::read_to_string(path).ok());
    texts.flat_map(|text| (0..DEVICES.len()).map(move |device| (text.clone(), device))).collect()
}

/// Three of the differences can come up by chance: `<%` with `%>` behind it is code to the peer, also
/// when a placeholder is part of it (`<%%NAME%%>`); an empty value beside a backslash at the end of a
/// line would join two lines, or part them; and one that leaves a line blank or a comment would, where
/// the line before goes on in it or it goes on itself.
fn is_a_listed_difference(template: &str) -> bool {
    let continued = |line: &str, empty: &str| {
        let line = line.replace("%%EMPTY%%", empty);
        let line = line.trim_end_matches([' ', '\t', '\r']);
        line.ends_with('\\') && !line.ends_with("\\\\")
    };
    let joins = |line: &str| continued(line, "") != continued(line, "x");
    let code = |line: &str| line.split_once("<%").is_some_and(|(_, behind)| behind.contains("%>"));
    let is_lost = |line: &str, empty: &str| {
        let line = line.replace("%%EMPTY%%", empty);
        let line = line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
        line.is_empty() || line.starts_with('#')
    };
    let mut goes_on = false;
    template.split('\n').any(|line| {
        let is_behind_continued = goes_on;
        if !is_lost(line, "x") {
            goes_on = continued(line, "x");
        }
        let loses = is_lost(line, "") && !is_lost(line, "x") && (is_behind_continued || goes_on);
        joins(line) || code(line) || loses
    })
}

#[test]
fn the_same_bytes_and_the_same_refusals() {
    let tree = in_the_tree();
    assert!(tree.len() >= 4 * DEVICES.len(), "{} templates in the tree", tree.len());
    let mut cases = generated();
    let total = cases.len();
    cases.retain(|(template, _)| !is_a_listed_difference(template));
    let left_out = total - cases.len();
    cases.extend(tree.iter().cloned());
    let (mut same, mut refused) = (0, 0);
    for ((template, device), peer) in cases.iter().zip(peers(&cases)) {
        let ours = ours(template, *device);
        assert_eq!(
            ours.as_deref().map(String::from_utf8_lossy),
            peer.as_deref().map(String::from_utf8_lossy),
            "{template:?}"
        );
        if peer.is_some() { same += 1 } else { refused += 1 }
    }
    println!(
        "peer: {} templates compared ({} of the tree): {same} with the same bytes, {refused} refused by both; {left_out} left out as a listed difference",
        cases.len(),
        tree.len(),
    );
    assert!(same >= 10_000 && refused >= 1_000 && cases.len() >= 20_000);
}

/// The program itself, not only the library, on some of the templates.
#[test]
fn the_program_gives_the_same_bytes() {
    let cases: Vec<_> =
        generated().into_iter().filter(|(template, _)| !is_a_listed_difference(template)).take(600).collect();
    for ((template, device), peer) in cases.iter().zip(peers(&cases)) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dtpl"));
        command.args(["render", "-q", "-d", DEVICES[*device].0, "-"]);
        for (name, value) in EXTRA {
            command.arg("-D").arg(format!("{name}={value}"));
        }
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(template.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        match peer {
            Some(bytes) => assert_eq!(output.stdout, bytes, "{template:?}"),
            None => {
                assert_eq!((output.status.code(), &output.stdout[..]), (Some(1), &b""[..]), "{template:?}")
            }
        }
    }
    println!("peer: {} templates through the program", cases.len());
}

/// The differences that docs/compatibility.md lists: what the peer does there, seen.
#[test]
fn the_listed_differences_are_there() {
    let case = |template: &str| (template.to_owned(), 0);
    let cases = [
        case("RUN echo <% print(6 * 7) %>\n"),
        case("RUN grep \"<%\" f && grep \"%>\" f\n"),
        case("RUN echo <%= x %>\n"),
        case("FROM %%JSON%%\n"),
        case("RUN x \\%%EMPTY%%\nUSER root\n"),
        case("RUN x \\\n  %%EMPTY%%\nUSER root\n"),
    ];
    let text = |outcome: &Outcome| outcome.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let peers: Vec<_> = peers(&cases).iter().map(text).collect();
    let ours: Vec<_> = cases.iter().map(|(template, device)| text(&ours(template, *device))).collect();
    assert_eq!(peers[0].as_deref(), Some("RUN echo 42\n"));
    assert_eq!(ours[0].as_deref(), Some("RUN echo <% print(6 * 7) %>\n"));
    assert_eq!(peers[1].as_deref(), Some("RUN grep \"\" f\n"));
    assert_eq!(ours[1].as_deref(), Some(cases[1].0.as_str()));
    assert_eq!(peers[2], None);
    assert_eq!(ours[2].as_deref(), Some(cases[2].0.as_str()));
    assert_eq!(peers[3].as_deref(), Some("FROM [object JSON]\n"));
    assert_eq!(ours[3], None);
    assert_eq!(peers[4].as_deref(), Some("RUN x \\\nUSER root\n"));
    assert_eq!(ours[4], None);
    assert_eq!(peers[5].as_deref(), Some("RUN x \\\n  \nUSER root\n"));
    assert_eq!(ours[5], None);
}
