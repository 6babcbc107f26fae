//! Build contexts beside the balena builder's `resolveInput`: the same entries in the same order with
//! the same bytes, and a refusal where it refuses.

use dtpl::Place;
use dtpl::Subject;
use dtpl::tar_filter::{self, Request};
use dtpl::{Layers, Variables};

use crate::archive::{self, File};
use crate::node;

const DEVICE: &str = "raspberrypi3";
const ARCH: &str = "armv7hf";

/// The forms that may lie side by side: each combination of them is a context.
const FORMS: [&str; 10] = [
    "Dockerfile",
    "Dockerfile.template",
    "Dockerfile.armv7hf",
    "Dockerfile.raspberrypi3",
    "Dockerfile.intel-nuc",
    "docker/app",
    "docker/app.template",
    "docker/app.armv7hf",
    "docker/app.raspberrypi3",
    "sub/Dockerfile.template",
];

/// What may be asked for by name.
const NAMED: [Option<&str>; 9] = [
    None,
    Some("Dockerfile"),
    Some("docker/app"),
    Some("./docker//app"),
    Some("docker/app.template"),
    Some("docker/app.armv7hf"),
    Some("Dockerfile.template"),
    Some("sub/Dockerfile"),
    Some("not/there"),
];

struct Case {
    files: Vec<File>,
    named: Option<&'static str>,
}

impl Case {
    /// The combination `bits` of the forms, in an order that depends on it.
    fn new(bits: usize, named: Option<&'static str>) -> Self {
        let mut files =
            vec![File::new("src/main.py", "print()\n"), File::new("./README", "%%BALENA_ARCH%%\n")];
        for (at, name) in FORMS.iter().enumerate() {
            if bits & (1 << at) != 0 {
                let text = format!(
                    "FROM {name}-%%BALENA_MACHINE_NAME%%\r\n# %%X%%\nRUN %%RESIN_ARCH%% %%BALENA_SERVICE_NAME%%"
                );
                files.push(File::new(name, &text));
            }
        }
        let rotation = bits % files.len();
        files.rotate_left(rotation);
        Case { files, named }
    }

    fn archive(&self) -> Vec<u8> {
        archive::pack(&self.files)
    }
}

type Entries = Vec<(String, Vec<u8>)>;

fn ours(case: &Case) -> Option<Entries> {
    let registry = dtpl::Registry::embedded();
    let mut variables = Variables::of_device(Some(DEVICE), registry.arch(ARCH), true);
    variables.define("BALENA_SERVICE_NAME", "main".to_owned(), Place::Flag("-D")).unwrap();
    let subject = Subject { device: None, slug: Some(DEVICE), arch: registry.arch(ARCH) };
    let layers = [&variables];
    let mut request = Request::new(subject, Layers(&layers));
    request.file = case.named;
    let mut out = Vec::new();
    tar_filter::resolve(&mut case.archive().as_slice(), &mut out, &request).ok()?;
    Some(archive::unpack(&out))
}

/// What the peer makes of the contexts.
fn peers(cases: &[Case]) -> Vec<Option<Entries>> {
    let question = |case: &Case| {
        serde_json::json!({
            "archive": archive::base64(&case.archive()), "device": DEVICE, "arch": ARCH,
            "file": case.named, "variables": { "BALENA_SERVICE_NAME": "main" },
        })
    };
    let entries = |answer: &serde_json::Value| -> Option<Entries> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let entries = answer.get("entries")?.as_array()?.iter();
        Some(entries.map(|entry| (text(&entry[0]), archive::from_base64(&text(&entry[1])))).collect())
    };
    node::answers("resolve.mjs", cases.iter().map(question).collect()).iter().map(entries).collect()
}

#[test]
fn the_same_entries_and_the_same_refusals() {
    let cases: Vec<Case> = (0..1 << FORMS.len())
        .flat_map(|bits| {
            // Every combination for the automatic choice, every fourth for each name.
            let named = NAMED.into_iter().enumerate();
            named
                .filter(move |(at, _)| *at == 0 || bits % 4 == at % 4)
                .map(move |(_, named)| Case::new(bits, named))
        })
        .collect();
    let (mut same, mut refused) = (0, 0);
    for (case, peer) in cases.iter().zip(peers(&cases)) {
        let names: Vec<&str> = case.files.iter().map(|file| file.name.as_str()).collect();
        let ours = ours(case);
        assert_eq!(ours, peer, "{names:?}, named {:?}", case.named);
        if peer.is_some() { same += 1 } else { refused += 1 }
    }
    println!(
        "peer: {} contexts compared: {same} with the same entries, {refused} refused by both",
        cases.len()
    );
    assert!(cases.len() >= 2_000 && same >= 1_500 && refused >= 100);
}
