//! How references and platforms are read, and `dtpl images` from outside.

mod common;

use common::{Test, device_types};
use dtpl::Registry;
use dtpl::image::{Availability, Catalogue, Date, Family, NameParts, Platform, Reference, Wanted};
use proptest::prelude::*;

#[test]
fn references_that_docker_accepts() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let with_digest = format!("python@{digest}");
    let with_both = format!("localhost:5000/a/b:1@{digest}");
    let longest = format!("a:{}", "x".repeat(128));
    let deep = format!("{}b", "a/".repeat(127));
    for (text, domain, path, tag) in [
        ("python", "docker.io", "library/python", None),
        ("python:3.12-slim", "docker.io", "library/python", Some("3.12-slim")),
        ("docker.io/python", "docker.io", "library/python", None),
        ("docker.io/library/python:3", "docker.io", "library/python", Some("3")),
        ("index.docker.io/python", "docker.io", "library/python", None),
        ("balenalib/rpi-debian", "docker.io", "balenalib/rpi-debian", None),
        ("localhost/app", "localhost", "app", None),
        ("localhost:5000", "docker.io", "library/localhost", Some("5000")),
        ("localhost:5000/app:1", "localhost:5000", "app", Some("1")),
        ("[::1]:5000/app", "[::1]:5000", "app", None),
        ("Foo/app", "Foo", "app", None),
        ("mcr.microsoft.com/dotnet/sdk:8.0", "mcr.microsoft.com", "dotnet/sdk", Some("8.0")),
        ("a.b-c.d/x", "a.b-c.d", "x", None),
        ("a__b/c---d/e.f", "docker.io", "a__b/c---d/e.f", None),
        ("a:_-.x", "docker.io", "library/a", Some("_-.x")),
        ("a:A.B_C-1", "docker.io", "library/a", Some("A.B_C-1")),
        ("0", "docker.io", "library/0", None),
        (&with_digest, "docker.io", "library/python", None),
        (&with_both, "localhost:5000", "a/b", Some("1")),
        (&longest, "docker.io", "library/a", Some(&longest[2..])),
        (&deep, "docker.io", &deep, None),
    ] {
        let image = Reference::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
        assert_eq!((image.domain(), image.path(), image.tag()), (domain, path, tag), "{text}");
        assert_eq!(image.digest(), text.split_once('@').map(|(_, digest)| digest));
        // The full form says the same again.
        let again = Reference::parse(&image.to_string()).unwrap();
        assert_eq!((again.domain(), again.path(), again.tag()), (domain, path, tag), "{text}");
        assert_eq!(again.to_string(), image.to_string());
        if let Some(span) = image.tag_span() {
            assert_eq!(Some(&text[span]), tag);
        }
        assert!(text[image.name_span()].ends_with(path.trim_start_matches("library/")), "{text}");
    }
}

#[test]
fn references_that_docker_refuses() {
    let id = "0123456789abcdef".repeat(4);
    let long = format!("a:{}", "x".repeat(129));
    let deep = "a/".repeat(128) + "a";
    let upper = format!("a@sha256:{}", "AB".repeat(32));
    let short = "a@sha256:abcd";
    let md5 = format!("a@md5:{}", "ab".repeat(16));
    for (text, span, message) in [
        ("", 0..0, "cannot be empty"),
        ("Python", 0..1, "lower case"),
        ("balenalib/owa5X-debian", 14..15, "lower case"),
        ("balenalib/odroid-u3+-debian", 19..20, "`+` is not allowed"),
        ("balenalib/%%BALENA_ARCH%%", 10..11, "`%` is not allowed"),
        ("a b", 1..2, "` ` is not allowed"),
        ("a/é", 2..4, "is not allowed"),
        ("-a", 0..2, "begin and end"),
        ("a-", 0..2, "begin and end"),
        ("a/.b", 2..4, "begin and end"),
        ("a___b", 0..5, "cannot separate"),
        ("a..b", 0..4, "cannot separate"),
        ("a.-b", 0..4, "cannot separate"),
        ("a//b", 2..2, "empty part"),
        ("a/", 2..2, "empty part"),
        ("/a", 0..0, "empty part"),
        (":1", 0..0, "have a name"),
        ("a:", 2..2, "no tag"),
        ("a:-1", 2..3, "has to begin"),
        ("a:.1", 2..3, "has to begin"),
        ("a:1+2", 3..4, "`+` is not allowed in a tag"),
        ("a:1:2", 3..4, "is not allowed in a tag"),
        ("a.b:x/c", 0..5, "no valid port"),
        ("-a.b/c", 0..4, "no host"),
        ("a..b/c", 0..4, "no host"),
        ("[x]/a", 0..3, "no host"),
        ("a@", 2..2, "names its algorithm"),
        ("a@sha256", 2..8, "names its algorithm"),
        (short, 2..13, "64 digits"),
        (&upper, 2..73, "`a` to `f`"),
        (&md5, 2..38, "no digest that Docker knows"),
        (&id, 0..64, "id"),
        (&long, 2..131, "128"),
        (&deep, 0..257, "255"),
    ] {
        let fault = Reference::parse(text).expect_err(text);
        assert_eq!(fault.span, span, "{text}: {fault:?}");
        assert!(fault.message.contains(message), "{text}: {fault:?}");
    }
}

#[test]
fn names_are_taken_apart() {
    let parts = |text: &str| NameParts::of(&Reference::parse(text).unwrap()).unwrap();
    for (text, hardware, distro, stack, version, release, variant, date) in [
        ("balenalib/rpi", "rpi", "", "", "", "", "", ""),
        ("balenalib/rpi:latest", "rpi", "", "", "", "", "", ""),
        ("balenalib/rpi-debian:bookworm-run", "rpi", "debian", "", "", "bookworm", "run", ""),
        ("balenalib/raspberrypi3-64-node:18", "raspberrypi3-64", "", "node", "18", "", "", ""),
        ("balenalib/nuc-node:18-latest", "nuc", "", "node", "18", "", "", ""),
        ("balenalib/nuc-node:latest-bookworm", "nuc", "", "node", "", "bookworm", "", ""),
        ("balenalib/nuc-node:build", "nuc", "", "node", "", "", "build", ""),
        ("balenalib/nuc-node:buster-build", "nuc", "", "node", "", "buster", "build", ""),
        ("balenalib/nuc-alpine-python:3.9-3.14", "nuc", "alpine", "python", "3.9", "3.14", "", ""),
        ("balenalib/nuc-alpine-python:3.9", "nuc", "alpine", "python", "3.9", "", "", ""),
        ("balenalib/nuc-openjdk:11-jdk-buster", "nuc", "", "openjdk", "11-jdk", "buster", "", ""),
        (
            "balenalib/nuc-ubuntu-dotnet:6.0-sdk-jammy-build-20220501",
            "nuc",
            "ubuntu",
            "dotnet",
            "6.0-sdk",
            "jammy",
            "build",
            "2022-05-01",
        ),
        ("resin/raspberrypi3-python:2.7-slim", "raspberrypi3", "", "python", "2.7", "", "slim", ""),
        ("resin/raspberrypi3-node:8-onbuild", "raspberrypi3", "", "node", "8", "", "onbuild", ""),
        ("resin/nuc-alpine-node:8-edge", "nuc", "alpine", "node", "8", "edge", "", ""),
        ("resin/nuc-alpine-buildpack-deps", "nuc", "alpine", "buildpack-deps", "", "", "", ""),
        ("resin/rpi-raspbian:jessie", "rpi-raspbian", "", "", "", "jessie", "", ""),
    ] {
        let got = parts(text);
        let or = |part: Option<&str>| part.unwrap_or_default().to_owned();
        assert_eq!(
            (&*got.hardware, or(got.distro), or(got.stack), or(got.version.as_deref())),
            (hardware, distro.to_owned(), stack.to_owned(), version.to_owned()),
            "{text}"
        );
        let day = got.date.map(|date| date.to_string()).unwrap_or_default();
        assert_eq!(
            (or(got.release.as_deref()), or(got.variant), &*day),
            (release.to_owned(), variant.to_owned(), date),
            "{text}"
        );
    }
    let of = |text: &str| Family::of(&Reference::parse(text).unwrap());
    assert_eq!(of("docker.io/resin/rpi-node"), Family::Resin);
    assert_eq!(of("ghcr.io/balenalib/rpi-node"), Family::Other);
    assert_eq!(of("someone/python"), Family::Other);
}

#[test]
fn an_engine_takes_what_the_processor_runs() {
    let platform = |text: &str| Platform::parse(text).unwrap();
    for (asked, taken) in [
        ("linux/arm/v5", "linux/arm/v5"),
        ("linux/arm/v6", "linux/arm/v6 linux/arm/v5"),
        ("linux/arm/v7", "linux/arm/v7 linux/arm/v6 linux/arm/v5"),
        ("linux/arm", "linux/arm/v7 linux/arm/v6 linux/arm/v5"),
        ("linux/arm64", "linux/arm64/v8 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5"),
        ("linux/arm64/v8", "linux/arm64/v8 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5"),
        ("linux/amd64", "linux/amd64 linux/386"),
        ("linux/amd64/v3", "linux/amd64/v3 linux/amd64/v2 linux/amd64 linux/386"),
        ("linux/386", "linux/386"),
        ("linux/i386", "linux/386"),
        ("linux/armhf", "linux/arm/v7 linux/arm/v6 linux/arm/v5"),
        ("linux/armel", "linux/arm/v6 linux/arm/v5"),
        ("linux/x86_64", "linux/amd64 linux/386"),
        ("linux/riscv64", "linux/riscv64"),
        ("linux/armv7hf", "linux/armv7hf"),
        ("windows/amd64", "windows/amd64 windows/386"),
    ] {
        let got: Vec<String> = platform(asked).taken().iter().map(Platform::to_string).collect();
        assert_eq!(got.join(" "), taken, "{asked}");
    }
    let offered = |list: &str| list.split(' ').map(platform).collect::<Vec<_>>();
    let of = |asked: &str, list: &str| Availability::of(&platform(asked), &offered(list));
    assert_eq!(of("linux/arm64", "linux/arm64/v8 linux/arm/v7"), Availability::Exact);
    // The best comes first, in whatever order the image lists them.
    let best = Availability::Fallback(platform("linux/arm/v7"));
    assert_eq!(of("linux/arm64/v8", "linux/arm/v5 linux/arm/v6 linux/arm/v7"), best);
    assert_eq!(
        of("linux/arm/v6", "linux/arm/v5 linux/arm/v7"),
        Availability::Fallback(platform("linux/arm/v5"))
    );
    assert_eq!(of("linux/arm/v6", "linux/arm/v7 linux/amd64"), Availability::None);
    assert_eq!(of("linux/amd64", "linux/386"), Availability::Fallback(platform("linux/386")));
    assert_eq!(of("linux/386", "linux/amd64"), Availability::None);
    assert_eq!(of("linux/amd64", "windows/amd64"), Availability::None);
    for text in ["", "linux", "linux/", "/arm", "linux/arm/v7/x"] {
        assert_eq!(Platform::parse(text), None, "{text}");
    }
}

#[test]
fn tags_that_stand_for_another() {
    let registry = Registry::embedded();
    let catalogue = Catalogue::new(&registry);
    for (text, listed, status) in [
        ("python", "3.14", "maintained"),
        ("python:latest", "3.14", "maintained"),
        ("python:slim", "3.14-slim", "maintained"),
        ("python:slim-bookworm", "3.14-slim-bookworm", "maintained"),
        ("python:3-alpine", "3.14-alpine", "maintained"),
        ("python:2", "2", "frozen"),
        ("python:3-slim-buster", "3-slim-buster", "frozen"),
        ("python:3.12.4-slim", "3.12.4-slim", "superseded"),
        ("python:3.9.1-slim", "3.9.1-slim", "frozen"),
        ("python:3.10.4-slim-bullseye", "3.10.4-slim-bullseye", "frozen"),
        ("node:lts-alpine", "24-alpine", "maintained"),
        ("node:jod", "22", "maintained"),
        ("node:18.20.4-bookworm-slim", "18.20.4-bookworm-slim", "frozen"),
        ("debian", "trixie", "maintained"),
        ("debian:12-slim", "12-slim", "maintained"),
        ("debian:12.5", "12.5", "superseded"),
        ("debian:bookworm-20240904-slim", "bookworm-20240904-slim", "superseded"),
        ("debian:stable-slim", "stable-slim", "maintained"),
        ("ubuntu", "26.04", "maintained"),
        ("ubuntu:jammy-20240125", "jammy-20240125", "superseded"),
        ("alpine:3", "3.24", "maintained"),
        ("alpine:3.18.4", "3.18.4", "frozen"),
        ("rust:1.80-slim", "1.80-slim", "frozen"),
        ("nginx:stable-alpine", "1.30-alpine", "maintained"),
        ("traefik:v3.7.1", "v3.7.1", "superseded"),
        ("python:3.99", "", "unknown"),
        ("python:3.12-nonsense", "3.12-nonsense", "unknown"),
        ("python@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", "unknown"),
        ("somebody/python:3.12", "", "unknown"),
        ("ghcr.io/library/python:3.12", "", "unknown"),
    ] {
        let known = catalogue.about(&Reference::parse(text).unwrap());
        let listed_as = known.listed.clone().unwrap_or_default();
        assert_eq!((&*listed_as, known.status.name()), (listed, status), "{text}");
    }
    let answer = |text: &str, arch: &str| {
        let reference = Reference::parse(text).unwrap();
        catalogue.availability(&reference, registry.arch(arch).unwrap()).availability.name()
    };
    // Docker Hub's repositories of one architecture.
    assert_eq!(answer("arm32v7/python:3.12", "armv7hf"), "exact");
    assert_eq!(answer("arm32v7/python:3.12", "amd64"), "none");
    assert_eq!(answer("arm32v6/python:3.12", "rpi"), "none");
    // A tag that is not listed: nobody knows.
    assert_eq!(answer("python:3.99", "rpi"), "unknown");
    assert_eq!(answer("rust:99-x", "rpi"), "unknown");
    assert_eq!(answer("scratch", "rpi"), "exact");
}

/// What `migrate` will ask for.
#[test]
fn what_to_go_on_with() {
    let registry = Registry::embedded();
    let catalogue = Catalogue::new(&registry).as_of(Date::parse("2026-11-28").unwrap());
    let mut wrong = Vec::new();
    for (stack, version, distro, release, slim, on, expected) in [
        ("python", "3.9.16", "", "", true, "arm/v7 arm64 amd64", "python:3.12-slim"),
        ("python", "3.9.16", "debian", "bookworm", true, "arm/v7", "python:3.12-slim-bookworm"),
        ("python", "3.9.16", "debian", "buster", false, "arm/v7", "python:3.12"),
        ("python", "3.11.2", "", "", true, "arm/v6", ""),
        ("python", "3.11.2", "alpine", "3.16", true, "arm/v6 arm/v7", "python:3.12-alpine"),
        ("python", "", "", "", true, "amd64 386", "python:3.14-slim"),
        ("python", "2.7", "", "", false, "arm64", "python:3.12"),
        ("node", "18.14.1", "", "", true, "arm/v7", "node:22-slim"),
        ("node", "19.6.1", "", "bookworm", true, "amd64", "node:24-bookworm-slim"),
        // Never an older one.
        ("node", "26", "", "", false, "arm/v7", ""),
        ("node", "20.12.0", "alpine", "", false, "arm/v6", "node:22-alpine"),
        ("golang", "1.20.1", "", "", false, "arm/v7 arm64", "golang:1.26"),
        ("openjdk", "11-jdk", "", "", false, "arm/v7", "eclipse-temurin:17-jdk"),
        ("openjdk", "14-jdk", "", "", false, "amd64", "eclipse-temurin:21-jdk"),
        ("openjdk", "17-jre", "", "", false, "amd64", "eclipse-temurin:21-jre"),
        ("openjdk", "25-jre", "", "", false, "amd64", "eclipse-temurin:25-jre"),
        ("openjdk", "27", "", "", false, "amd64", ""),
        ("openjdk", "8-jre", "", "", true, "arm64", "eclipse-temurin:8-jre"),
        ("dotnet", "7.0-sdk", "", "", false, "amd64", "mcr.microsoft.com/dotnet/sdk:10.0"),
        ("dotnet", "3.1-aspnet", "", "", true, "arm/v7", "mcr.microsoft.com/dotnet/aspnet:10.0"),
        (
            "dotnet",
            "6.0-runtime",
            "alpine",
            "",
            true,
            "arm/v7",
            "mcr.microsoft.com/dotnet/runtime:10.0-alpine",
        ),
        ("dotnet", "6.0-sdk", "", "", false, "arm/v6", ""),
        ("", "", "debian", "bookworm", true, "arm/v7 arm64 amd64", "debian:bookworm-slim"),
        ("", "", "debian", "stretch", true, "arm/v7", "debian:bookworm-slim"),
        ("", "", "debian", "bullseye", false, "amd64", "debian:bookworm"),
        ("", "", "debian", "sid", false, "amd64", "debian:sid"),
        ("", "", "alpine", "3.15", true, "arm/v6", "alpine:3.24"),
        ("", "", "alpine", "edge", false, "arm/v6", "alpine:edge"),
        ("", "", "ubuntu", "focal", false, "arm/v7", "ubuntu:noble"),
        ("", "", "ubuntu", "20.04", false, "arm/v7", "ubuntu:24.04"),
        ("", "", "fedora", "38", false, "arm64", "fedora:44"),
        ("", "", "debian", "", false, "arm/v6", ""),
    ] {
        let some = |text: &'static str| (!text.is_empty()).then_some(text);
        let wanted = Wanted {
            stack: some(stack),
            version: some(version),
            distro: some(distro),
            release: some(release),
            slim,
            ..Wanted::default()
        };
        let platforms: Vec<Platform> =
            on.split(' ').map(|p| Platform::parse(&format!("linux/{p}")).unwrap()).collect();
        let got = catalogue.successor(&wanted, &platforms);
        let text = got.as_ref().map(|got| got.reference.text()).unwrap_or_default();
        if text != expected {
            wrong.push(format!("{wanted:?} for {on}: {text}, expected {expected}"));
        }
        if let Some(got) = got {
            let known = catalogue.about(&got.reference);
            assert!(platforms.iter().all(|platform| known.platforms.contains(platform)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// No text makes the reader or the catalogue fall over, and what is at fault lies within the text.
    #[test]
    fn no_text_is_too_strange(
        text in prop_oneof![
            any::<String>(),
            "[a-zA-Z0-9./:@_%+ -]{0,40}",
            "(balenalib|resin|library|arm32v7)/(rpi|raspberrypi3|nuc|x)(-[a-z]{1,7}){0,2}(:[a-z0-9.-]{0,20})?",
            "(python|node|debian|traefik):[a-z0-9.é-]{0,12}",
        ],
    ) {
        match Reference::parse(&text) {
            Err(fault) => {
                prop_assert!(text.get(fault.span).is_some());
                prop_assert!(!fault.message.is_empty());
            }
            Ok(reference) => {
                let registry = Registry::embedded();
                let catalogue = Catalogue::new(&registry);
                let known = catalogue.about(&reference);
                for arch in registry.arches() {
                    let answer = catalogue.availability_of(&reference, &known, arch);
                    if let Some(platform) = Platform::parse(&arch.platform) {
                        let _ = catalogue.in_place_of(&known, &[platform]);
                    }
                    prop_assert!(known.status != dtpl::image::Maintenance::Never || answer.availability == Availability::None);
                }
                let again = Reference::parse(&reference.to_string()).unwrap();
                prop_assert_eq!(again.path(), reference.path());
            }
        }
    }
}

fn images(args: &str) -> Test {
    Test::new().arg("images").args(args)
}

#[test]
fn a_name_that_the_catalogue_does_not_have_is_not_called_official() {
    for name in ["myapp", "library/myapp:1", "docker.io/library/myapp"] {
        let run = images(name).ok();
        assert!(run.text().contains("family") && !run.text().contains("Official"), "{}", run.text());
    }
    // The image is known, if not the tag.
    let run = images("node:99").ok();
    assert!(run.text().contains("Docker Official Images"), "{}", run.text());
}

#[test]
fn json_has_the_fields_of_the_design() {
    let run =
        images("python:3.12-slim balenalib/nuc-node acme/app -d raspberry-pi -d nuc --format json").ok();
    let got: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(
        got,
        serde_json::json!([
            {
                "reference": "python:3.12-slim", "family": "official", "stack": "python",
                "status": "maintained", "updated_until": null,
                "platforms": [
                    "linux/386", "linux/amd64", "linux/arm/v5", "linux/arm/v7", "linux/arm64/v8", "linux/ppc64le",
                    "linux/riscv64", "linux/s390x",
                ],
                "devices": {"intel-nuc": "exact", "raspberry-pi": "fallback"},
                "ends": "2028-10-31", "ends_with": "python 3.12", "newer": null, "next": "python:3.12-alpine",
                "nearest": null, "why": null, "source": "the tables of dtpl", "as_of": "2026-08-21", "best": false,
            },
            {
                "reference": "balenalib/nuc-node", "family": "balenalib", "stack": "node",
                "status": "unmaintained", "updated_until": "2023-12-01", "platforms": ["linux/amd64"],
                "devices": {"intel-nuc": "exact", "raspberry-pi": "none"},
                "ends": null, "ends_with": null, "newer": null, "next": "node:22-alpine", "nearest": null,
                "why": null, "source": "the tables of dtpl", "as_of": "2026-08-21", "best": false,
            },
            {
                "reference": "acme/app", "family": "other", "stack": null, "status": "unknown",
                "updated_until": null, "platforms": [],
                "devices": {"intel-nuc": "unknown", "raspberry-pi": "unknown"},
                "ends": null, "ends_with": null, "newer": null, "next": null, "nearest": null,
                "why": "the catalogue has no image of this name", "source": "the tables of dtpl",
                "as_of": "2026-08-21", "best": false,
            },
        ])
    );
    // Without a device: all that have a contract, or those of the arch.
    for (args, count) in
        [("alpine:3.23 --format json", device_types().len()), ("alpine:3.23 -A rpi --format json", 1)]
    {
        let got: serde_json::Value = serde_json::from_slice(&images(args).ok().stdout).unwrap();
        assert_eq!(got[0]["devices"].as_object().unwrap().len(), count);
    }
}

#[test]
fn text_says_what_it_is_and_what_to_do() {
    let run = images("balenalib/raspberrypi3-python:3.9 -d raspberrypi3").ok();
    for line in [
        "status       unmaintained, last built 2025-05-23",
        "platforms    linux/arm/v7",
        "raspberrypi3 exact: there is an image for linux/arm/v7",
        "next         python:3.11-slim is maintained for linux/arm/v7",
    ] {
        assert!(run.text().lines().any(|got| got == line), "{line} in\n{}", run.text());
    }
    let run = images("python:3.12-slim -d raspberrypi").ok();
    for line in [
        "status       maintained until 2028-10-31",
        "support      python 3.12 ends on 2028-10-31",
        "source       the tables of dtpl, 2026-08-21",
        "raspberry-pi fallback: there is none for linux/arm/v6; an engine silently takes linux/arm/v5",
        "next         python:3.12-alpine is maintained for linux/arm/v6",
    ] {
        assert!(run.text().lines().any(|got| got == line), "{line} in\n{}", run.text());
    }
    let run = images("balenalib/iot-link-python -d iot-link").ok();
    assert!(run.text().contains("nearest      balenalib/aarch64-python"), "{}", run.text());
}

#[test]
fn lists_what_there_is() {
    let run = images("-d raspberry-pi --stack python").ok();
    // The best first, then the others with the newest before.
    let first = "python:3.14-alpine\tmaintained until 2028-06-01\traspberry-pi: exact\n\
                 python:3.14\tmaintained until 2030-06-30\traspberry-pi: fallback to linux/arm/v5\n";
    assert!(run.text().starts_with(first), "{}", run.text());
    assert!(
        run.text().contains("\nbalenalib/raspberry-pi-alpine-python\tunmaintained, last built 2025-05-23\t")
    );
    assert!(!run.text().contains("bookworm"), "nothing that the device cannot run");
    let of_arch = images("-A armv6 --stack node").ok();
    assert!(
        of_arch.text().contains("node:22-alpine\tmaintained until 2027-04-30\trpi: exact\n"),
        "{}",
        of_arch.text()
    );
    assert!(!of_arch.text().contains("node:24"));
    images("-d raspberry-pi --stack rust").refuses(["there is no rust image for raspberry-pi"]);
    assert!(images("--stack java").ok().text().contains("eclipse-temurin:25\tmaintained until "));
}

#[test]
fn all_mistakes_at_once() {
    images("Python:3 foo/%%X%%:1 ok:1 -d nucc").refuses([
        "--device: error: unknown device type `nucc`",
        "did you mean `intel-nuc`?",
        "REF: error: `Python:3` is no image reference: a repository has to be in lower case",
        "write `python`",
        "REF: error: `foo/%%X%%:1` is no image reference",
        "it is character 5",
        "dtpl render",
    ]);
    images("--stack pythn").refuses(["--stack: error: no image carries `pythn`", "did you mean `python`?"]);
    images("").cannot(["no image given"]);
    images("python -d nuc -A rpi").cannot(["device type `intel-nuc` has arch `amd64`, not `rpi`"]);
    images("python --stack python").cannot(["cannot be used with"]);
    // A device type that is not known, with its arch, or from an overlay.
    assert!(images("python -d my-board -A rpi").ok().text().contains("my-board     fallback: "));
    Test::new()
        .file("my.yaml", "device_types: {my-board: {arch: aarch64}}")
        .args("images balenalib/my-board-node -d my-board --registry my.yaml")
        .ok()
        .says(&[]);
}
