//! The series of balena against the lists in `data/` that their tables are made from: every row of every list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::device_types::Registry;
use crate::image::{self, Answer, Catalogue, Date, Knowledge, Maintenance, Reference};
use crate::source::Source;
use crate::yaml::{self, Dialect, Node, Value};

fn data(file: &str) -> String {
    let path = format!("{}/data/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn rows(file: &str) -> Vec<BTreeMap<String, String>> {
    let text = data(file);
    let mut lines = text.lines().map(|line| line.split('\t').map(str::to_owned));
    let titles: Vec<String> = lines.next().unwrap().collect();
    lines.map(|row| titles.iter().cloned().zip(row).collect()).collect()
}

fn about(reference: &str) -> Knowledge {
    let registry = Registry::embedded();
    Catalogue::new(&registry).about(&Reference::parse(reference).unwrap())
}

fn answer(reference: &str, arch: &str) -> Answer {
    let registry = Registry::embedded();
    let reference = Reference::parse(reference).unwrap();
    Catalogue::new(&registry).availability(&reference, registry.arch(arch).unwrap())
}

#[test]
fn every_device_type() {
    let (known, end) = (rows("device-types.tsv"), "2025-05-23");
    let is_refused = |slug: &str| slug.contains('+') || slug.contains(char::is_uppercase);
    let (refused, named): (Vec<_>, Vec<_>) = known.iter().partition(|row| is_refused(&row["slug"]));
    assert!(!refused.is_empty() && !named.is_empty());
    for row in refused {
        let refused = Reference::parse(&format!("balenalib/{}-debian", row["slug"])).unwrap_err();
        assert_eq!(refused.span.len(), 1, "{}", row["slug"]);
    }
    for row in named {
        let (slug, arch) = (&row["slug"], &row["arch"]);
        let got = |repository: String| answer(&repository, arch).availability.name();
        let resin = ["python", "node"].map(|stack| got(format!("resin/{slug}-{stack}")));
        let expected = if row["resin_images_2018"] == "1" { "exact" } else { "none" };
        assert!(resin.contains(&expected), "resin/{slug}: {resin:?}, expected {expected}");

        let added = row["contract_first_seen"].as_str();
        let expected = match (row["balenalib_images_2021"].as_str(), row["in_docs_2026"].as_str()) {
            ("1", _) => "exact",
            // What is in the documentation is what the last generation was built for.
            (_, "1") if added < end => "exact",
            // Nobody listed those in between.
            _ if added > "2021-02-01" && added < end => "unknown",
            _ => "none",
        };
        assert_eq!(got(format!("balenalib/{slug}-debian")), expected, "balenalib/{slug}");
    }
    assert_eq!(got_status("balenalib/iot-link-debian"), Maintenance::Never);
    assert_eq!(got_status("balenalib/jetson-agx-thor-devkit-python"), Maintenance::Never);
}

fn got_status(reference: &str) -> Maintenance {
    about(reference).status
}

fn entries(node: &Node) -> &[(Node, Node)] {
    match &node.value {
        Value::Map(entries) => entries,
        _ => panic!("no map"),
    }
}

fn get<'n>(node: &'n Node, name: &str) -> &'n Node {
    let found = entries(node).iter().find(|(key, _)| key.as_scalar() == Some(name));
    &found.unwrap_or_else(|| panic!("no {name}")).1
}

fn texts(node: &Node) -> Vec<String> {
    match &node.value {
        Value::List(items) => items.iter().map(|item| item.as_scalar().unwrap().to_owned()).collect(),
        _ => panic!("no list"),
    }
}

fn read(file: &str) -> Node {
    yaml::parse(&Arc::new(Source::new(file, data(file))), Dialect::Strict).unwrap()
}

/// The last generation as the list has it: arch by arch, every name without its hardware.
fn last_generation() -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for (arch, distros) in entries(get(&read("balenalib-catalogue.yaml"), "final_catalogue")) {
        let mut names = BTreeSet::new();
        for (distro, of) in entries(distros) {
            let distro = distro.as_scalar().unwrap();
            let releases = texts(get(of, "versions"));
            for variant in ["build", "run"] {
                names.extend(releases.iter().map(|release| format!("{distro}:{release}-{variant}")));
                for (stack, items) in
                    entries(of).iter().filter(|(key, _)| key.as_scalar() != Some("versions"))
                {
                    let Value::List(items) = &items.value else { panic!() };
                    for item in items {
                        let on = get(item, "on");
                        let on = if on.as_scalar() == Some("all") { releases.clone() } else { texts(on) };
                        for (version, release) in
                            texts(get(item, "versions")).iter().flat_map(|v| on.iter().map(move |on| (v, on)))
                        {
                            let stack = stack.as_scalar().unwrap();
                            names.insert(format!("{distro}-{stack}:{version}-{release}-{variant}"));
                        }
                    }
                }
            }
        }
        all.insert(arch.as_scalar().unwrap().to_owned(), names);
    }
    all
}

#[test]
fn every_image_of_the_last_generation() {
    let registry = Registry::embedded();
    let catalogue = Catalogue::new(&registry);
    let listed = last_generation();
    let documented: BTreeSet<String> = rows("device-types.tsv")
        .into_iter()
        .filter(|row| row["in_docs_2026"] == "1")
        .map(|row| row["slug"].clone())
        .collect();
    let hardware = registry
        .arches()
        .iter()
        .map(|arch| (&arch.slug, &arch.slug))
        .chain(registry.device_types().iter().map(|device| (&device.slug, &device.arch)));
    let (mut count, mut of_arches, end) = (0, 0, Date::parse("2025-05-23"));
    for (slug, arch) in hardware {
        let names = catalogue.last_generation(slug);
        let is_arch = registry.arch(slug).is_some();
        if !is_arch && !documented.contains(&**slug) {
            assert!(names.is_empty(), "{slug}");
            continue;
        }
        let got: BTreeSet<String> =
            names.iter().map(|name| name.replacen(&format!("balenalib/{slug}-"), "", 1)).collect();
        assert_eq!(got.len(), names.len());
        assert_eq!(got, listed.get(&**arch).cloned().unwrap_or_default(), "{slug}");
        for name in &names {
            let reference = Reference::parse(name).unwrap();
            let known = catalogue.about(&reference);
            assert_eq!((known.status, known.updated_until), (Maintenance::Unmaintained, end), "{name}");
            let answer = catalogue.availability_of(&reference, &known, registry.arch(arch).unwrap());
            assert_eq!(answer.availability.name(), "exact", "{name}");
        }
        count += names.len();
        of_arches += if is_arch { names.len() } else { 0 };
    }
    // The list was counted when it was gathered.
    let list = read("balenalib-catalogue.yaml");
    let size = |name: &str| get(get(&list, "size"), name).as_scalar().unwrap().parse::<usize>().unwrap();
    assert_eq!((count, of_arches), (size("total"), size("final_arch_level")));
}

#[test]
fn made_up_neighbours_do_not_exist() {
    for (name, why, instead) in [
        (
            "balenalib/raspberrypi3-python:3.12",
            "never built for armv7hf",
            "balenalib/raspberrypi3-python:3.11.2",
        ),
        ("balenalib/raspberrypi3-python:3.11.3", "never built", "balenalib/raspberrypi3-python:3.11.2"),
        ("balenalib/raspberry-pi-node:18.14.1", "node 18.14.1 on debian was never", "node:17.9.1"),
        ("balenalib/raspberry-pi-ubuntu:jammy", "never was ubuntu for rpi", "balenalib/raspberry-pi-debian"),
        (
            "balenalib/raspberry-pi-debian:sid",
            "debian sid was never",
            "balenalib/raspberry-pi-debian:bookworm",
        ),
        ("balenalib/i386-fedora", "never was fedora for i386", "balenalib/i386-debian"),
        ("balenalib/raspberrypi3-alpine-golang:1.20.1-3.21", "alpine 3.21 was never", "golang:1.20.1-3.20"),
        ("balenalib/raspberrypi33-python", "called `raspberrypi33`", "balenalib/raspberrypi3-python"),
        ("balenalib/raspberrypi3-gentoo", "called `raspberrypi3-gentoo`", "balenalib/raspberrypi3"),
        ("balenalib/iot-link-python", "added on 2026-04-22", "balenalib/aarch64-python"),
        ("balenalib/jetson-agx-thor-devkit", "after the images ended", "balenalib/aarch64"),
        (
            "balenalib/beaglebone-ai-64-debian",
            "a name of `beaglebone-ai64`",
            "balenalib/beaglebone-ai64-debian",
        ),
        (
            "balenalib/raspberrypi5-python:3.6.15",
            "added on 2023-09-28",
            "balenalib/raspberrypi5-python:3.11.2",
        ),
        ("balenalib/raspberrypi3-python:3.11.2-20260101", "nothing was built after", ""),
        (
            "balenalib/aarch64-dotnet:7.0-sdk",
            "7.0-sdk on debian was never",
            "balenalib/aarch64-dotnet:6.0-sdk",
        ),
        ("resin/raspberrypi3-python:3.9", "the newest was 3.6.6", "resin/raspberrypi3-python:3.6.6"),
        ("resin/raspberrypi4-64-python", "no resin images", "balenalib/raspberrypi4-64-python"),
        ("resin/raspberrypi3", "without a distribution", "resin/raspberrypi3-debian"),
        ("resin/raspberrypi3-debian-python", "no debian-python", "resin/raspberrypi3-python"),
        ("resin/raspberry-pi-fedora", "had no fedora", ""),
    ] {
        let known = about(name);
        assert_eq!(known.status, Maintenance::Never, "{name}");
        assert!(known.why.contains(why), "{name}: {}", known.why);
        let got = known.instead.unwrap_or_default();
        assert!(got.ends_with(instead) && got.is_empty() == instead.is_empty(), "{name}: {got}");
        if !got.is_empty() {
            assert_eq!(got_status(&got), Maintenance::Unmaintained, "{name}: {got}");
        }
    }
}

#[test]
fn everything_that_was_ever_buildable() {
    let registry = Registry::embedded();
    let catalogue = Catalogue::new(&registry);
    let rows = rows("balenalib-ever.tsv");
    assert!(!rows.is_empty());
    for row in &rows {
        let (arch, distro, stack, version) =
            (&row["arch"], &row["distro"], &row["stack"], &row["stack_version"]);
        let hyphen = if stack.is_empty() { "" } else { "-" };
        let repository = format!("balenalib/{arch}-{distro}{hyphen}{stack}");
        let on: Vec<&str> = row["distro_versions"].split(',').collect();
        let status = |tag: &str| {
            let known = catalogue.about(&Reference::parse(&format!("{repository}:{tag}")).unwrap());
            (known.status, known.updated_until.map(|until| until.to_string()))
        };
        // One release that is listed, and all those that are not.
        let joined = |release: &str| {
            if version.is_empty() { release.to_owned() } else { format!("{version}-{release}") }
        };
        let (there, until) = status(&joined(on[0]));
        assert_eq!(there, Maintenance::Unmaintained, "{repository}:{}", joined(on[0]));
        let until = until.unwrap();
        // `1.11` also means the 1.11.13 that came later.
        let is_short = stack == "golang" && version.matches('.').count() == 1;
        let open = is_short || row["last_seen"].as_str() >= "2025-05-01";
        let later = open && until.as_str() >= row["last_seen"].as_str();
        assert!(until == row["last_seen"] || later, "{repository} {version} {until}");
        for release in ["wheezy", "jessie", "sid", "bookworm", "3.5", "3.21", "24", "38", "trusty", "noble"] {
            let of_distro = match distro.as_str() {
                "debian" => ["wheezy", "jessie", "sid", "bookworm"].contains(&release),
                "alpine" => ["3.5", "3.21"].contains(&release),
                "fedora" => ["24", "38"].contains(&release),
                _ => ["trusty", "noble"].contains(&release),
            };
            if of_distro && !is_short {
                let expected =
                    if on.contains(&release) { Maintenance::Unmaintained } else { Maintenance::Never };
                assert_eq!(status(&joined(release)).0, expected, "{repository}:{}", joined(release));
            }
        }
    }
}

#[test]
fn every_resin_repository() {
    let list = read("resin-catalogue.yaml");
    let (mut seen, mut versions) = (BTreeSet::new(), 0);
    let Value::List(groups) = &get(&list, "hw_groups").value else { panic!() };
    for group in groups {
        for hardware in texts(get(group, "hw")) {
            for suffix in texts(get(group, "suffixes")) {
                let name = format!("resin/{hardware}-{suffix}");
                let known = about(&name);
                assert_eq!(known.status, Maintenance::Unmaintained, "{name}");
                assert_eq!(known.updated_until.unwrap().to_string(), "2018-09-27");
                assert_eq!(known.platforms.len(), usize::from(hardware != "armhf"), "{name}");
                seen.insert(name);
            }
        }
    }
    // The list was counted when it was gathered.
    assert_eq!(seen.len().to_string(), get(get(&list, "size"), "repos").as_scalar().unwrap());
    for (suffix, list) in entries(get(&list, "raspberrypi3_versions")) {
        for version in texts(list) {
            let name = format!("resin/raspberrypi3-{}:{version}", suffix.as_scalar().unwrap());
            assert_eq!(got_status(&name), Maintenance::Unmaintained, "{name}");
            versions += 1;
        }
    }
    assert!(versions > 0);
}

#[test]
fn the_tables_stay_small() {
    let bytes = image::TABLE_BYTES;
    println!("{bytes} bytes");
    assert!((50 << 10..=150 << 10).contains(&bytes), "{bytes} bytes");
}
