//! `dtpl devices`, and the shipped registry against the tables in `data/`. `tests/sources.rs` compares it with the
//! contracts of balena.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::Test;
use dtpl::image::{Catalogue, Maintenance, Reference};
use dtpl::{ImageFamily, Status};

fn devices(args: &str) -> Test {
    Test::new().arg("devices").args(args)
}

#[test]
fn one_slug_a_line() {
    let run = devices("--format slugs").ok();
    assert_eq!(run.text().lines().count(), dtpl::Registry::embedded().device_types().len());
    let mut sorted: Vec<&str> = run.text().lines().collect();
    sorted.sort_unstable();
    assert_eq!(run.text().lines().collect::<Vec<_>>(), sorted);
}

#[test]
fn a_pattern_matches_slug_alias_and_name() {
    devices("RASPBERRYPI4 --format slugs").stdout(
        "raspberrypi4-64\nraspberrypi4-edatec-sensing\nraspberrypi4-superhub\nraspberrypi4-unipi-neuron\nraspberrypi400-64\n",
    );
    devices("cubox --format slugs").stdout("hummingboard\n");
    devices("").arg("thor dev").args("--format slugs").stdout("jetson-agx-thor-devkit\n");
    devices("^jetson-nano --arch arm64 --format slugs")
        .stdout("jetson-nano\njetson-nano-2gb-devkit\njetson-nano-emmc\n");
    devices("odroid-u3+ --format slugs").stdout("odroid-xu4\n");
}

#[test]
fn plain_columns_in_a_pipe() {
    devices("nuc.").refuses(["PATTERN: error: unknown device type `nuc.`"]);
    devices("intel-n").stdout("intel-nuc\tamd64\tlinux/amd64\tactive\tnuc\tIntel NUC\n");
}

#[test]
fn everything_known_of_one() {
    for name in ["raspberry-pi", "raspberrypi"] {
        let run = devices(name).ok();
        for line in [
            "slug         raspberry-pi",
            "name         Raspberry Pi (v1 / Zero / Zero W)",
            "aliases      raspberrypi",
            "status       active",
            "state        released",
            "base images  resin, balenalib",
            "arch         rpi (ARMv6 hard-float)",
            "platform     linux/arm/v6",
            "docker_hub   arm32v6",
            "alpine       armhf",
            "uname        armv6l",
            "goarm        6",
        ] {
            assert!(run.text().lines().any(|got| got == line), "{line} in\n{}", run.text());
        }
    }
}

#[test]
fn json_has_the_fields_of_the_design() {
    let run = devices("nuc --format json").ok();
    let got: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(
        got,
        serde_json::json!([{
            "slug": "intel-nuc", "name": "Intel NUC", "arch": "amd64", "platform": "linux/amd64",
            "aliases": ["nuc"], "status": "active", "state": "released", "base_images": ["resin", "balenalib"],
        }])
    );
}

#[test]
fn yaml_is_an_overlay_that_changes_nothing() {
    let yaml = devices("--format yaml").ok().stdout;
    let json = devices("--format json").ok().stdout;
    Test::new().file("all.yaml", yaml).args("devices --format json --registry all.yaml").stdout(json);
}

#[test]
fn device_types_come_from_files_by_either_name() {
    let test = |args: &str| {
        let file = "device_types: {my-board: {arch: aarch64}}\n";
        Test::new().file("my.yaml", file).file("other.yaml", file.replace("my-", "other-")).args(args)
    };
    test("devices my-board --format slugs --device-types my.yaml").stdout("my-board\n");
    test("devices my-board --format slugs --registry my.yaml").stdout("my-board\n");
    test("devices board$ --format slugs --registry my.yaml --device-types other.yaml").ok();
    for variable in ["DTPL_DEVICE_TYPES", "DTPL_REGISTRY"] {
        test("devices my-board --format slugs").env(variable, "my.yaml").stdout("my-board\n");
        // The command line goes before the environment.
        test("devices my-board --device-types other.yaml").env(variable, "my.yaml").refuses(["unknown"]);
    }
    let both = test("devices my-board --format slugs").env("DTPL_REGISTRY", "other.yaml");
    both.env("DTPL_DEVICE_TYPES", "my.yaml").stdout("my-board\n");
}

#[test]
fn device_types_come_from_balena_too() {
    let devices = |file: &str, args: &str| {
        Test::new().file("types.json", file).args("devices --device-types types.json").args(args)
    };
    let list = r#"[
    {"slug": "raspberrypi3", "aliases": ["raspberrypi3"], "arch": "armv7hf", "name": "Raspberry Pi 3"},
    {"slug": "acme-gateway", "aliases": ["acme-gateway", "acme"], "arch": "aarch64", "name": "Acme Gateway"},
    {"slug": "acme-old", "aliases": [], "arch": "n/a", "name": "N/A"}
]
"#;
    devices(list, "acme --format slugs").stdout("acme-gateway\n");
    let run = devices(list, "acme --format json").ok().json();
    assert_eq!((run[0]["arch"].as_str(), run[0]["aliases"][0].as_str()), (Some("aarch64"), Some("acme")));
    devices(list, "acme-old").refuses(["unknown device type `acme-old`"]);
    let known = devices(list, "raspberrypi3 --format json").ok().json();
    assert_eq!(known[0]["base_images"].as_array().unwrap().len(), 2, "what balena does not say stays");
    let contract = r#"{
  "slug": "acme-gateway", "version": "1", "type": "hw.device-type", "aliases": ["acme"], "name": "Acme Gateway",
  "assets": {"logo": {"url": "./acme.svg"}},
  "data": {"arch": "aarch64", "hdmi": true, "led": false, "connectivity": {"bluetooth": true}, "is_private": false}
}"#;
    devices(contract, "acme --format slugs").stdout("acme-gateway\n");
    // What balena says of a known one counts.
    let other = contract.replace("acme-gateway", "raspberrypi3").replace(r#"["acme"]"#, "[]");
    assert_eq!(devices(&other, "raspberrypi3 --format json").ok().json()[0]["arch"], "aarch64");
    let of_api =
        r#"[{"slug": "acme-gateway", "name": "Acme", "is_of__cpu_architecture": [{"slug": "amd64"}]}]"#;
    assert_eq!(devices(of_api, "acme --format json").ok().json()[0]["arch"], "amd64");
    // And faults with their places.
    devices(&contract.replace("hw.device-type", "sw.os"), "acme")
        .refuses(["types.json:2:51: error: this is not the contract of a device type", "`hw.device-type`"]);
    devices(&contract.replace("aarch64", "aarch65"), "acme")
        .refuses(["types.json:4:20: error: unknown arch `aarch65`"]);
    devices("[{\"name\": \"x\"}, {\"slug\": \"a b\", \"arch\": \"amd64\"}]", "x").refuses([
        "types.json:1:2: error: a device type without a slug",
        "types.json:1:26: error: a device type cannot be called `a b`",
    ]);
    devices("[]", "nuc").refuses(["types.json:1:1: error"]);
    devices(&contract.replace("\"arch\": \"aarch64\", ", ""), "acme")
        .refuses(["the new device type `acme-gateway` has no arch"]);
}

#[test]
fn an_unknown_one_gets_the_nearest_names() {
    devices("jetson-nanno").refuses(["PATTERN: error: unknown device type `jetson-nanno`", "`jetson-nano`"]);
    devices("zzz --arch amd64").refuses(["no device type of arch `amd64` matches `zzz`"]);
    devices("--arch x86-64").refuses(["--arch: error: unknown arch `x86-64`", "did you mean `x86_64`?"]);
    devices("a( --format json").cannot(["PATTERN: error: the pattern is not a regular expression"]);
}

/// A table of `data/`, by the titles of its columns.
fn rows(file: &str) -> Vec<BTreeMap<String, String>> {
    let path = format!("{}/data/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| line.split('\t').map(str::to_owned));
    let titles: Vec<String> = lines.next().unwrap().collect();
    lines.map(|row| titles.iter().cloned().zip(row).collect()).collect()
}

fn set<'a>(items: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    items.into_iter().filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

#[test]
fn what_is_known_of_history_is_in_the_registry() {
    let registry = dtpl::Registry::embedded();
    let rows = rows("device-types.tsv");
    let (aliases, devices): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row["status"].starts_with("alias-of:"));
    assert!(!aliases.is_empty() && !devices.is_empty());
    for row in &devices {
        let slug = &row["slug"];
        let device = registry.device_type(slug).unwrap_or_else(|| panic!("no {slug}"));
        assert_eq!(device.slug, **slug);
        assert_eq!(device.arch, *row["arch"], "{slug}");
        assert_eq!(registry.arch_of(device).platform, *row["oci_platform"], "{slug}");
        // Of those that had a contract it can have come back, or gone.
        match row["status"].as_str() {
            "no-contract" => assert_eq!(device.status, Status::ImageOnly, "{slug}"),
            _ => assert_ne!(device.status, Status::ImageOnly, "{slug}"),
        }
    }
    for row in &aliases {
        let device = registry.device_type(&row["slug"]).unwrap();
        assert_eq!(format!("alias-of:{}", device.slug), row["status"], "{}", row["slug"]);
    }
    // No alias is the slug of another: it would mean two.
    for device in registry.device_types() {
        for name in device.names() {
            assert_eq!(registry.device_type(name).unwrap().slug, device.slug, "{name}");
        }
    }
}

/// `devices` and `images` have one source: what one says of a name, the other does.
#[test]
fn devices_and_images_agree_on_every_device_type() {
    let registry = dtpl::Registry::embedded();
    let catalogue = Catalogue::new(&registry);
    let text = std::fs::read_to_string(format!("{}/data/resin-catalogue.yaml", env!("CARGO_MANIFEST_DIR")));
    let list: serde_json::Value = serde_yaml::from_str(&text.unwrap()).unwrap();
    let suffixes: BTreeSet<&str> = list["hw_groups"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| group["suffixes"].as_array().unwrap())
        .map(|suffix| suffix.as_str().unwrap())
        .collect();
    for device in registry.device_types() {
        let there = |repository: String| match Reference::parse(&repository) {
            Ok(image) => catalogue.about(&image).status,
            // A capital letter or a plus sign: there cannot be such an image.
            Err(_) => Maintenance::Never,
        };
        let slug = &device.slug;
        let resin = suffixes
            .iter()
            .any(|suffix| there(format!("resin/{slug}-{suffix}")) == Maintenance::Unmaintained);
        assert_eq!(device.base_images.contains(&ImageFamily::Resin), resin, "resin/{slug}");
        let balenalib = there(format!("balenalib/{slug}-debian"));
        let has = device.base_images.contains(&ImageFamily::Balenalib);
        assert_eq!(has, balenalib == Maintenance::Unmaintained, "balenalib/{slug} {balenalib:?}");
    }
    // Nobody knows of those that came between the last list and the end: both say so.
    for (slug, base_images) in [
        ("raspberrypi5", "balenalib"),
        ("rockpro64", "unknown"),
        ("iot-link", "none"),
        ("rt-rpi-300", "none"),
    ] {
        let run = devices(slug).ok();
        let line = format!("base images  {base_images}");
        assert!(run.text().lines().any(|got| got == line), "{slug}: {line} in\n{}", run.text());
    }
}

#[test]
fn the_arches_say_what_the_table_says() {
    let registry = dtpl::Registry::embedded();
    let rows = rows("architectures.tsv");
    assert_eq!(
        set(registry.arches().iter().map(|arch| &*arch.slug)),
        set(rows.iter().map(|row| &*row["balena_arch"]))
    );
    for row in &rows {
        let arch = registry.arch(&row["balena_arch"]).unwrap();
        assert_eq!(arch.platform, *row["oci_platform"]);
        assert_eq!(arch.field("docker_hub"), Some(&*row["docker_official_prefix"]));
        let others = row["other_names"].split(',').map(|name| name.split('(').next().unwrap());
        assert_eq!(set(arch.aliases.iter().map(|alias| &**alias)), set(others));
    }
}

#[test]
fn the_state_is_a_word_or_unknown() {
    for (slug, state) in [
        ("raspberrypi3", Some("released")),
        // In the documentation, and not marked as released.
        ("generic-amd64", Some("new")),
        // Discontinued goes before community.
        ("floyd-nano", Some("discontinued")),
        ("n510-tx2", Some("community")),
        ("coral-dev", None),
    ] {
        let got = devices(&format!("{slug} --format json")).ok().json();
        assert_eq!(got[0]["state"].as_str(), state, "{slug}");
        let run = devices(slug).ok();
        let line = format!("state        {}", state.unwrap_or("unknown"));
        assert!(run.text().lines().any(|got| got == line), "{line} in\n{}", run.text());
    }
    let run = Test::new()
        .file("o.yaml", "device_types: {nuc-two: {arch: amd64, state: community}, coral-dev: {state: new}}\n")
        .args("devices --device-types o.yaml --format json")
        .ok()
        .json();
    let state = |slug: &str| {
        run.as_array().unwrap().iter().find(|device| device["slug"] == slug).unwrap()["state"].clone()
    };
    assert_eq!((state("nuc-two"), state("coral-dev")), ("community".into(), "new".into()));
    assert_eq!(state("raspberrypi3"), "released", "what the overlay does not name stays");
}

#[test]
fn a_device_type_of_another_arch_is_said_to_be_one() {
    Test::new().args("devices nuc --arch armv7hf").refuses([
        "error: no device type of arch `armv7hf` matches `nuc`",
        "help: `intel-nuc` is of arch `amd64`",
    ]);
}

#[test]
fn tables_fit_a_terminal() {
    for command in ["devices", "images --stack python", "images --stack node -d raspberry-pi -d nuc"] {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let arguments = format!("dtpl {command}").split(' ').map(Into::into).collect();
        dtpl::cli::run(
            arguments,
            &mut dtpl::cli::Streams {
                stdin: &mut std::io::empty(),
                stdin_file: None,
                stdin_is_terminal: true,
                stdout: &mut stdout,
                stdout_is_terminal: true,
                stdout_width: 80,
                widen_pipes: &|| {},
                stderr: &mut stderr,
                stderr_has_color: false,
                stderr_is_terminal: true,
                hold_signals: &|| {},
                is_interrupted: &|| false,
                variable: &|_| None,
            },
        );
        let text = String::from_utf8(stdout).unwrap();
        assert!(
            ["SLUG ", "REFERENCE ", "The best:\nREFERENCE "].iter().any(|start| text.starts_with(start)),
            "{text}"
        );
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        if command == "devices" {
            // A line for each.
            assert_eq!(text.lines().count(), dtpl::Registry::embedded().device_types().len() + 1, "{text}");
        }
    }
}
