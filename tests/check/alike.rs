//! What is found for many devices at once is what is found for each of them alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dtpl::check::{Request, run};
use dtpl::workspace::{self, Definitions, FleetFormat, Targets, Workspace, parse_fleets};
use dtpl::{Diagnostics, Registry, Source};

/// Fleets of several arches, with variables of their own.
const FLEETS: [(&str, &str, &str); 9] = [
    ("a", "raspberrypi3", "3.8-buster"),
    ("b", "raspberrypi4-64", "3.8-buster"),
    ("c", "raspberrypi3", "3.9-bullseye"),
    ("d", "raspberrypi2", "3.8-buster"),
    ("e", "intel-nuc", "3.8-buster"),
    ("f", "jetson-nano", "3.8-buster"),
    ("g", "raspberry-pi", "3.9-bullseye"),
    ("h", "jetson-agx-thor-devkit", "3.8-buster"),
    ("i", "fincm3", "not-a-tag"),
];

/// Rule, place and message of each finding, with the help and the devices.
type Found = BTreeMap<(String, usize, usize, String), (BTreeSet<String>, BTreeSet<String>)>;

fn found(template: &str, fleets: &[(&str, &str, &str)], jobs: usize) -> Found {
    let fleets: String = fleets
        .iter()
        .map(|(name, device, tag)| format!("  {name}: {{device: {device}, variables: {{TAG: '{tag}'}}}}\n"))
        .collect();
    let fleets = Arc::new(Source::new("fleets.yaml", format!("fleets:\n{fleets}")));
    let fleets = parse_fleets(&fleets, FleetFormat::Yaml).unwrap().fleets.unwrap();
    let registry = Registry::embedded();
    let request = workspace::Request::new("-".as_ref());
    let workspace = Workspace::open(&request, &mut template.as_bytes()).unwrap();
    let (services, mut notes) = workspace.into_services(&[], 1).unwrap();
    let definitions = Definitions::default();
    let mut targets = Targets::new(&registry, &definitions, false);
    let mut of_fleets = Diagnostics::new();
    let numbered = fleets.iter().enumerate();
    let targets: Vec<_> =
        numbered.flat_map(|(number, fleet)| targets.of_fleet(number, fleet, &mut of_fleets)).collect();
    notes.append(of_fleets);
    let mut request = Request::new(&services, &targets, &registry);
    request.jobs = jobs;
    let findings = run(&request).unwrap();
    let found = findings.iter().map(|finding| {
        let (place, help) = (finding.span.clone(), finding.help.iter().cloned().collect());
        let key = (finding.rule.clone(), place.start, place.end, finding.message.clone());
        (key, (help, finding.devices.clone()))
    });
    found.collect()
}

/// What is found for each fleet alone, put together; the devices of each finding.
#[track_caller]
fn is_the_sum(template: &str) -> Found {
    let mut sum = Found::new();
    for fleet in FLEETS {
        for (key, (help, devices)) in found(template, &[fleet], 1) {
            let all = sum.entry(key).or_default();
            all.0.extend(help);
            all.1.extend(devices);
        }
    }
    for jobs in [1, 2] {
        let together = found(template, &FLEETS, jobs);
        let keys = |found: &Found| found.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&together), keys(&sum), "{template}");
        for (key, (help, devices)) in &together {
            let (all_help, all_devices) = &sum[key];
            assert_eq!(devices, all_devices, "{key:?} in\n{template}");
            // Of the lines of help a few are kept, and the others are counted.
            let mut help = help.clone();
            if let Some(omitted) = all_help.len().checked_sub(4).filter(|omitted| *omitted > 0) {
                let count = format!("and {omitted} more for other device types");
                assert!(help.remove(&count) && help.len() == 4, "{help:?} of {all_help:?} in\n{template}");
                assert!(help.is_subset(all_help), "{help:?} of {all_help:?} in\n{template}");
            } else {
                assert_eq!(help, *all_help, "{template}");
            }
        }
    }
    sum
}

const BODY: &str = "RUN apt-get update && apt-get install -y curl python-dev nosuchpackage\n\
                    RUN curl -L https://example.org/tool-armv7hf.tar.gz | tar xz\n\
                    RUN pip install flask && service ssh start\nENV INITSYSTEM on\nEXPOSE 80:80\nCMD start.sh\n";

#[test]
fn names_of_base_images() {
    for name in [
        "balenalib/%%BALENA_MACHINE_NAME%%-python:3.8-buster-run",
        "balenalib/%%BALENA_MACHINE_NAME%%-debian:buster",
        "balenalib/%%BALENA_MACHINE_NAME%%-alpine-node:12",
        "resin/%%RESIN_MACHINE_NAME%%-python:2.7-onbuild",
        "example.org/%%BALENA_MACHINE_NAME%%/app:1",
        "balenalib/%%BALENA_MACHINE_NAME%%-python:3.8-%%BALENA_ARCH%%",
        "debian:bookworm",
    ] {
        let found = is_the_sum(&format!("FROM {name}\n{BODY}"));
        assert!(found.keys().any(|(rule, ..)| rule == "expose-publishes-nothing"), "{found:?}");
    }
}

#[test]
fn the_value_of_one_variable_makes_a_difference() {
    let template = format!("FROM balenalib/%%BALENA_MACHINE_NAME%%-python:%%TAG%%\n{BODY}");
    let found = is_the_sum(&template);
    let rules: BTreeSet<&str> = found.keys().map(|(rule, ..)| &**rule).collect();
    assert!(rules.contains("missing-base-image") && rules.contains("archived-release"), "{rules:?}");
    // The values of users are in no message, whatever device the message is for.
    let texts = found.iter().flat_map(|((.., message), (help, _))| help.iter().chain([message]));
    assert!(!texts.into_iter().any(|text| text.contains("not-a-tag")), "{found:?}");
}

#[test]
fn a_value_in_another_place_makes_a_difference() {
    let from = "FROM balenalib/%%BALENA_MACHINE_NAME%%-python:3.8\n";
    for other in [
        "ENV DEVICE=%%BALENA_MACHINE_NAME%%\n",
        "RUN ./install.sh --arch=%%BALENA_ARCH%%\n",
        "RUN <<%%BALENA_MACHINE_NAME%%\napt-get install curl\nraspberrypi3\nRUN sudo x\n",
        "# %%BALENA_MACHINE_NAME%%\nCOPY --from=balenalib/%%BALENA_MACHINE_NAME%%-node /a /b\n",
        "RUN curl x-%%BALENA_MACHINE_NAME%%.tar\n",
    ] {
        is_the_sum(&format!("{from}{other}{BODY}"));
    }
    let before = "ARG DEVICE=%%BALENA_MACHINE_NAME%%\nFROM balenalib/$DEVICE-%%BALENA_ARCH%%\n";
    is_the_sum(&format!("{before}{BODY}"));
}

#[test]
fn a_name_that_is_a_stage_for_some_devices() {
    let found = is_the_sum(&format!(
        "FROM alpine:3.22 AS raspberrypi3\nFROM alpine:3.22 AS fincm3\nFROM %%BALENA_MACHINE_NAME%%\n{BODY}"
    ));
    let devices = |of: &str| -> BTreeSet<&str> {
        let found = found.iter().filter(|((rule, ..), _)| rule == of);
        found.flat_map(|(_, (_, devices))| devices).map(String::as_str).collect()
    };
    assert!(devices("foreign-package-manager").contains("raspberrypi3"), "{found:?}");
    assert!(!devices("foreign-package-manager").contains("intel-nuc"), "{found:?}");
    is_the_sum(&format!("FROM alpine:3.22 AS build\nFROM x/%%BALENA_MACHINE_NAME%% AS b\nFROM b\n{BODY}"));
}

#[test]
fn several_base_images() {
    let names = [
        "balenalib/%%BALENA_MACHINE_NAME%%-golang:1.15-buster-build",
        "balenalib/%%BALENA_MACHINE_NAME%%-%%BALENA_ARCH%%-debian:buster",
    ];
    let [first, second] = names;
    is_the_sum(&format!(
        "FROM {first} AS build\nRUN sudo go build && apt-get install git\nFROM {second}\nCOPY --from=build /a /b\n{BODY}"
    ));
    is_the_sum(&format!("FROM --platform=linux/amd64 {first} AS build\n{BODY}FROM {second}\n{BODY}"));
    is_the_sum(&format!("# escape=`\nFROM {first} AS a\n{BODY}FROM a AS b\n{BODY}FROM b\n{BODY}"));
}
