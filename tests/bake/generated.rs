//! Generated projects with every build field of a compose file: what `bake --print` says of each target has to be what
//! the compose file says. Bake drops a field whose name it does not know, so that the fields are compared, and not
//! the exit status. DTPL_BAKE_CASES is how many projects there are.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{run, unescaped};

/// Numbers that look random and are the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % most
    }

    fn text(&mut self) -> String {
        let texts = ["a", "b-1", "x${y}", "%{if}", "q\"uote", "\u{e9}", "two words", "a=b", "$$x", "1.20"];
        texts[self.below(texts.len() as u64) as usize].to_owned()
    }
}

/// A field of a build: what it is in a compose file, and what bake has to say of it.
type Field = fn(&mut Random) -> (&'static str, Value, &'static str, Value);

/// Every field of bake that a compose file can set, but for those that have a test of their own.
const FIELDS: [Field; 15] = [
    |random| {
        let (name, value) = (format!("A{}", random.below(3)), random.text());
        ("args", json!({ &name: dollars(&value) }), "args", json!({ name: value }))
    },
    |random| {
        let (name, value) = (format!("l{}", random.below(3)), random.text());
        ("labels", json!({ &name: dollars(&value) }), "labels", json!({ name: value }))
    },
    |random| {
        let name = format!("r/c{}", random.below(9));
        ("cache_from", json!([&name]), "cache-from", json!([format!("type=registry,ref={name}")]))
    },
    |random| {
        let scope = format!("type=gha,scope=s{}", random.below(9));
        ("cache_to", json!([&scope]), "cache-to", json!([scope]))
    },
    |_| {
        (
            "secrets",
            json!(["file", "variable"]),
            "secret",
            json!(["id=file,src=secret.txt", "id=variable,env=HOME"]),
        )
    },
    |_| ("ssh", json!(["default"]), "ssh", json!([{"id": "default"}])),
    |random| {
        let image = format!("docker-image://i{}", random.below(9));
        ("additional_contexts", json!({"other": &image}), "contexts", json!({"other": image}))
    },
    |random| {
        let network = ["none", "default", "host"][random.below(3) as usize];
        ("network", json!(network), "network", json!(network))
    },
    |random| {
        let size = 1 + random.below(64);
        ("shm_size", json!(format!("{size}m")), "shm-size", json!((size << 20).to_string()))
    },
    |random| {
        let (soft, hard) = (1 + random.below(9), 10 + random.below(9));
        (
            "ulimits",
            json!({"nofile": {"soft": soft, "hard": hard}}),
            "ulimits",
            json!([format!("nofile={soft}:{hard}")]),
        )
    },
    |random| {
        let address = format!("10.0.0.{}", random.below(200));
        ("extra_hosts", json!({"h": &address}), "extra-hosts", json!({"h": address}))
    },
    |_| ("no_cache", json!(true), "no-cache", json!(true)),
    |_| ("pull", json!(true), "pull", json!(true)),
    |_| ("provenance", json!("mode=max"), "attest", json!(["type=provenance,mode=max"])),
    |random| {
        let target = ["one", "two"][random.below(2) as usize];
        ("target", json!(target), "target", json!(target))
    },
];

/// A text in a compose file, where `$$` is one `$`.
fn dollars(text: &str) -> String {
    text.replace('$', "$$")
}

/// Each entry of a list of options as a map: bake prints `type=gha,scope=x` so.
fn entries(value: &Value) -> Value {
    let entry = |value: &Value| match value.as_str() {
        Some(text) if text.contains('=') => {
            let fields = text.split(',').filter_map(|field| field.split_once('='));
            Value::Object(fields.map(|(name, value)| (name.to_owned(), json!(value))).collect())
        }
        _ => value.clone(),
    };
    match value {
        Value::Array(all) => all.iter().map(entry).collect(),
        other => other.clone(),
    }
}

/// Texts as they are meant, where bake prints them as they would stand in a file.
fn plain(value: &Value) -> Value {
    match value {
        Value::String(_) => json!(unescaped(value)),
        Value::Array(all) => all.iter().map(plain).collect(),
        Value::Object(all) => all.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        // Options of attestations are printed as what they look like.
        other => other.clone(),
    }
}

#[test]
fn bake_has_every_field_of_generated_projects() {
    let buildx = std::env::var("DTPL_BUILDX_CURRENT").expect("DTPL_BUILDX_CURRENT names docker-buildx");
    let cases: u64 = std::env::var("DTPL_BAKE_CASES").map_or(60, |cases| cases.parse().unwrap());
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for case in 0..cases {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret.txt"), "").unwrap();
        let (mut services, mut meant) = (Map::new(), BTreeMap::new());
        for number in 0..=random.below(3) {
            let name = format!("s{number}");
            let (mut build, mut target) = (Map::new(), BTreeMap::new());
            build.insert("context".to_owned(), json!(name));
            for field in FIELDS {
                if random.below(2) == 0 {
                    let (of_compose, value, of_bake, expected) = field(&mut random);
                    build.insert(of_compose.to_owned(), value);
                    target.insert(of_bake, expected);
                    *seen.entry(of_bake).or_default() += 1;
                }
            }
            std::fs::create_dir(folder.path().join(&name)).unwrap();
            let text = format!("FROM scratch AS one\nENV A=%%BALENA_ARCH%%-{case}\nFROM scratch AS two\n");
            std::fs::write(folder.path().join(&name).join("Dockerfile.template"), text).unwrap();
            services.insert(name.clone(), json!({ "build": build }));
            meant.insert(name, target);
        }
        let compose = json!({
            "services": services,
            "secrets": {"file": {"file": "./secret.txt"}, "variable": {"environment": "HOME"}},
        });
        std::fs::write(folder.path().join("docker-compose.yml"), compose.to_string()).unwrap();
        let devices = ["nuc", "nuc,raspberrypi3", "raspberrypi4-64,jetson-nano"][random.below(3) as usize];
        compare(&buildx, folder.path(), devices, &meant, &compose.to_string());
    }
    assert_eq!(seen.len(), FIELDS.len(), "{seen:?}");
    println!("docker buildx bake has what was meant of {cases} projects: {seen:?}");
}

fn compare(
    buildx: &str,
    folder: &Path,
    devices: &str,
    meant: &BTreeMap<String, BTreeMap<&str, Value>>,
    compose: &str,
) {
    let path = folder.to_str().unwrap();
    let own = format!("{path}/.");
    let batch = [
        "batch",
        "-q",
        "-d",
        devices,
        "--relative-to",
        &own,
        "--format",
        "bake",
        "--tag",
        "r.io/{service}/{device}",
        path,
    ];
    let bake = run(env!("CARGO_BIN_EXE_dtpl"), &batch, b"");
    std::fs::write(folder.join("docker-bake.json"), &bake).unwrap();
    // For `ssh: default`, bake looks whether there is an agent.
    let agent = folder.join("agent");
    let _agent = std::os::unix::net::UnixListener::bind(&agent).unwrap();
    let output = std::process::Command::new(buildx)
        .env("SSH_AUTH_SOCK", &agent)
        .args(["bake", "--print", "-f", "docker-bake.json"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}\n{compose}", String::from_utf8_lossy(&output.stderr));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let targets = printed["target"].as_object().unwrap();
    assert!(!targets.is_empty());
    for (name, target) in targets {
        let service = target["context"].as_str().unwrap();
        let mut expected = meant[service].clone();
        // What every target has has tests of its own.
        let mut target = plain(target);
        let all = target.as_object_mut().unwrap();
        for field in ["context", "dockerfile", "dockerfile-inline", "platforms", "tags", "description"] {
            assert!(all.remove(field).is_some(), "{name} has no {field}\n{compose}");
        }
        if expected.get("network") == Some(&json!("host")) {
            expected.insert("entitlements", json!(["network.host"]));
        }
        let labels = all.get_mut("labels").unwrap().as_object_mut().unwrap();
        assert_eq!(labels.remove("org.opencontainers.image.title"), Some(json!(service)));
        if labels.is_empty() {
            all.remove("labels");
        }
        let expected: BTreeMap<&str, Value> =
            expected.iter().map(|(field, value)| (*field, entries(value))).collect();
        let said: BTreeMap<&str, Value> =
            all.iter().map(|(field, value)| (field.as_str(), entries(value))).collect();
        assert_eq!(said, expected, "{name}\n{compose}");
    }
}
