//! The rules about compose files, and about the images of services that are not built.

use crate::case::Case;

/// What a rule says about a compose file: `LINE:COLUMN message`, and the devices that are affected.
fn found(case: &Case, rule: &str) -> Vec<String> {
    let findings = case.findings();
    let findings = findings.iter().filter(|finding| finding.rule == rule);
    findings
        .map(|finding| {
            let position = finding.source.position(finding.span.start);
            format!("{}:{} {}", position.line, position.column, finding.message)
        })
        .collect()
}

#[track_caller]
fn catches_not(case: &Case, rule: &str) {
    assert_eq!(found(case, rule), [""; 0]);
}

fn compose(text: &str) -> Case {
    Case::new("FROM alpine:3.22\n")
        .file("docker-compose.yml", text)
        .file("web/Dockerfile", "FROM alpine:3.22\n")
}

/// P1: every field that balena refuses, where it is written.
#[test]
fn balena_refused_field() {
    let text = "services:
  web:
    build: {context: ./web, network: host, secrets: [t]}
    links: [db]
    logging: {driver: json-file}
  db: {image: 'redis:8.2'}
secrets: {t: {file: ./t}}
";
    let case = compose(text).classic();
    assert_eq!(
        found(&case, "balena-refused-field"),
        [
            "3:29 balena refuses `build.network`",
            "3:44 balena refuses `build.secrets`",
            "4:5 balena refuses `links`",
            "5:5 balena refuses `logging`",
            "7:1 balena refuses `secrets`",
        ]
    );
    // Docker refuses nothing of it.
    catches_not(&compose(text), "balena-refused-field");
    // Fields that are there and say nothing are not handed on.
    let empty = "services:\n  web:\n    build: {context: web, tags: [], no_cache: false}\n    links: []\n    privileged: true\n";
    catches_not(&compose(empty).classic(), "balena-refused-field");
    let deep = "services:
  web:
    build: ./web
    network_mode: 'container:x'
    security_opt: ['seccomp:unconfined', 'label:disable']
    devices: ['vendor.com/class=gpu', '/dev/i2c-1:/dev/i2c-1']
    volumes: ['./data:/data', 'data:/d', '/run/dbus:/host/dbus', '/anonymous']
    depends_on: {db: {condition: service_healthy}}
    labels: {io.balena.features.requires.sw.supervisor: 'one', io.balena.features.requires.arch.sw: arm}
  db: {image: 'redis:8.2'}
volumes: {data: {driver: nfs}}
networks: {default: {enable_ipv6: true}}
";
    let lines: Vec<String> = found(&compose(deep).classic(), "balena-refused-field");
    let lines: Vec<&str> = lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(lines, ["4:19", "5:42", "6:15", "7:15", "7:66", "8:34", "9:57", "9:101", "11:26", "12:22"]);
}

const OF_DOCKER: &str = "services:
  web:
    build: ./web
    container_name: shop
    expose: ['80']
    ports: ['80:80', {target: 81, published: '81', mode: host, name: web}]
    environment: {TOKEN: }
    cpus: 0.5
    volumes: ['/run/dbus:/host/dbus', '/var/log/journal:/var/log/journal']
";

fn lines(case: &Case, rule: &str) -> Vec<String> {
    found(case, rule).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn balena_ignored_field() {
    let found = lines(&compose(OF_DOCKER).classic(), "balena-ignored-field");
    assert_eq!(found, ["4:5", "5:5", "6:52", "6:64", "9:39"]);
    // Of a service with a profile balena looks at nothing.
    let case = compose(
        "services:\n  web:\n    build: ./web\n    links: [db]\n    expose: ['80']\n    profiles: [dev]\n  db: {image: 'redis:8.2'}\n",
    );
    assert_eq!(lines(&case.classic(), "balena-ignored-field"), ["6:5"]);
    catches_not(
        &compose("services: {web: {build: web, links: [web2], profiles: [d]}, web2: {build: web}}\n")
            .classic(),
        "balena-refused-field",
    );
    catches_not(&compose(OF_DOCKER), "balena-ignored-field");
}

#[test]
fn balena_changed_field() {
    let found = lines(&compose(OF_DOCKER).classic(), "balena-changed-field");
    assert_eq!(found, ["7:19", "8:5", "9:15"]);
    catches_not(&compose(OF_DOCKER), "balena-changed-field");
}

/// P2 and P3: an image that a service runs as it is, is looked at as one in a `FROM`.
#[test]
fn images_of_services() {
    let case = compose("services: {db: {image: 'mongo:7'}}\n");
    assert_eq!(found(&case, "wrong-platform"), ["1:24 `mongo:7` does not exist for the device's platform"]);
    assert!(case.devices("wrong-platform").contains(&"raspberrypi3".to_owned()));
    assert!(!case.devices("wrong-platform").contains(&"intel-nuc".to_owned()));
    let case = compose("services:\n  db:\n    image: balenalib/raspberrypi3-debian:buster\n");
    assert!(case.devices("wrong-platform").contains(&"intel-nuc".to_owned()));
    assert_eq!(found(&case, "unmaintained-base-image").len(), 1);
    // Neighbours: a variable with a value, one without, a tag that is missing, an image of a built service.
    let case = compose("services: {db: {image: '${IMAGE:-redis}'}}\n");
    assert_eq!(found(&case, "untagged-base-image").len(), 1);
    assert_eq!(compose("services: {db: {image: 'x/y:${TAG}'}}\n").rules(), ["compose-file"]);
    assert_eq!(compose("services: {web: {build: web, image: mongo}}\n").rules(), [""; 0]);
    let case = compose("services: {db: {image: 'redis:8.2', platform: linux/amd64}}\n");
    assert!(case.devices("wrong-platform").contains(&"raspberrypi3".to_owned()));
}

#[test]
fn placeholder_in_compose_file() {
    let case = compose(
        "services:\n  db:\n    image: 'x/%%BALENA_ARCH%%-y:1'\n    environment: [A=%%BALENA_ARCH%%, B=%%x%%, C=%%DATE%%]\n",
    );
    assert_eq!(
        found(&case, "placeholder-in-compose-file"),
        [
            "3:12 `%%BALENA_ARCH%%` is not replaced in a compose file",
            "4:19 `%%BALENA_ARCH%%` is not replaced in a compose file",
        ]
    );
    let case = compose("services: {db: {image: 'x/y:1', environment: [A=%%, B=%%b%%, 'C=%%A%']}}\n");
    catches_not(&case, "placeholder-in-compose-file");
}

/// P20: what is said about the project is a finding.
#[test]
fn compose_file() {
    let case = compose("services: {web: {build: {context: web, args: {A: '${NONE}'}}}}\n");
    assert_eq!(found(&case, "compose-file"), ["1:50 NONE is not set and becomes nothing"]);
    let case = compose("services: {web: {build: web}, far: {build: 'https://x.example/y.git'}}\n");
    assert_eq!(found(&case, "compose-file"), ["1:31 `far` is built from an address on a network: skipped"]);
    let case = compose("services: {web: {build: {context: web, args: {A: '${NONE:-}'}}}}\n");
    catches_not(&case, "compose-file");
}

/// P14: an argument that no ARG takes, and a stage that is not there, at their places in the compose file.
#[test]
fn unused_build_argument() {
    let case = |args: &str| {
        compose(&format!("services: {{web: {{build: {{context: web, args: {args}}}}}}}\n"))
            .file("web/Dockerfile", "ARG BASE=alpine:3.22\nFROM $BASE\nARG VERSION\nRUN echo $VERSION\n")
    };
    assert_eq!(
        found(&case("{VERSOIN: '1', BASE: 'alpine:3.21'}"), "unused-build-argument"),
        ["1:47 no ARG in the Dockerfile takes the build argument `VERSOIN`"]
    );
    // A name that has its value already was not meant.
    let help = |args: &str| {
        let findings = case(args).findings();
        let found = findings.iter().find(|finding| finding.rule == "unused-build-argument").unwrap();
        found.help.join(" ")
    };
    assert_eq!(help("{VERSOIN: '1'}"), "did you mean `VERSION`?");
    assert!(help("{VERSOIN: '1', VERSION: '2'}").starts_with("add ARG VERSOIN to the stage"));
    let list = case("['OTHER=1', VERSION]");
    assert_eq!(lines(&list, "unused-build-argument"), ["1:47"]);
    catches_not(
        &case("{VERSION: '1', HTTP_PROXY: 'http://p', BUILDKIT_INLINE_CACHE: '1'}"),
        "unused-build-argument",
    );
    let case = compose("services: {web: {build: {context: web, target: prodd}}}\n");
    let case = case.file("web/Dockerfile", "FROM alpine:3.22 AS prod\n");
    assert_eq!(found(&case, "syntax"), ["1:48 target stage `prodd` could not be found"]);
}

/// P15: a name that balena does not look for.
#[test]
fn names_of_compose_files() {
    let case = || {
        let case = Case::new("FROM alpine:3.22\n").file("compose.yaml", "services: {web: {build: web}}\n");
        case.file("web/Dockerfile", "FROM alpine:3.22\n")
    };
    let found = found(&case().classic(), "balena-ignored-field");
    assert_eq!(found, ["1:1 balena reads only docker-compose.yml and docker-compose.yaml"]);
    catches_not(&case(), "balena-ignored-field");
}
