//! `dtpl lock` beside a real registry, whose tags then move, and what is made of the lock file without the registry.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dtpl::image::Published;

use super::certificates::Certificates;
use super::common::{Run, Test};
use super::logins::Tokens;
use super::program::{Program, errors};
use super::registry::{Access, Registry};
use super::{PASSWORD, USER, assert_has_no_secret, images};

/// A registry that wants a password, behind TLS, and a program that knows the password and the authority.
struct Private {
    registry: Registry,
    program: Program,
    stored: tempfile::TempDir,
    _certificates: Certificates,
}

impl Private {
    fn start() -> Option<Private> {
        let certificates = Certificates::new()?;
        let stored = images::stored()?;
        let registry = Registry::start(stored.path(), &Access::Password, Some(&certificates))?;
        let program = Program::new(Some(certificates.path("ca.pem")));
        Some(Private { registry, program, stored, _certificates: certificates })
    }

    fn log_in(&self) {
        self.program.log_in(&self.registry.host, USER, PASSWORD);
    }

    fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.registry.host)
    }

    /// What the registry has now, as skopeo gets it.
    fn published(&self, name: &str) -> Published {
        let open = Registry::start(self.stored.path(), &Access::Everybody, None).unwrap();
        images::expected(&images::raw(&open, name))
    }

    /// A project that uses three of the images: one in a `FROM`, one in a `COPY`, one of a service.
    fn project(&self) -> Test {
        let host = &self.registry.host;
        let compose = format!("services:\n  db: {{image: '{host}/app:list'}}\n  web: {{build: web}}\n");
        let template = format!(
            "ARG TAG=index\nFROM {host}/app:${{TAG}}\nCOPY --from={host}/team/app:index /x /%%BALENA_ARCH%%\n"
        );
        Test::new()
            .file("docker-compose.yml", compose)
            .file("web/Dockerfile.template", template)
            .file("fleets.yaml", "fleets:\n  a: {device: raspberrypi3}\n  b: {device: raspberrypi4-64}\n")
    }

    /// The project with its lock file.
    fn locked(&self) -> Run {
        self.log_in();
        let run = self.program.asking(self.project().writes(), "lock");
        assert_eq!(run.status, 0, "{}", run.stderr);
        run
    }
}

fn lock_file(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join("images.lock.yaml")).unwrap();
    assert_has_no_secret(&text);
    text
}

/// The lines of an image in a lock file, but for the day.
fn block(name: &str, published: &Published) -> String {
    let mut block = format!("  {name}:\n    digest: {}\n    platforms:\n", published.digest);
    for (platform, digest) in &published.platforms {
        block += &format!("      {platform}: {digest}\n");
    }
    block
}

/// The text without the lines that say a day, and how many there were.
fn without_days(text: &str) -> (String, usize) {
    let (days, rest): (Vec<&str>, Vec<&str>) =
        text.split_inclusive('\n').partition(|line| line.starts_with("    date: 20"));
    (rest.concat(), days.len())
}

#[test]
fn a_tag_that_moves() {
    let Some(private) = Private::start() else { return };
    let program = &private.program;
    let [index, list, team] = ["app:index", "app:list", "team/app:index"].map(|name| private.name(name));

    // Without the right login there is no lock file, and the places of the images are named.
    for (password, why) in [(None, "without a login"), (Some("wrong-password"), "to this login")] {
        if let Some(password) = password {
            program.log_in(&private.registry.host, USER, password);
        }
        let run = program.asking(private.project().writes(), "lock");
        assert_eq!(run.status, 1);
        run.says(&["docker-compose.yml:2:", "error:", why]);
        run.says(&["Dockerfile.template:2:", "error:", why, "Dockerfile.template:3:", "error:", why]);
        assert!(!run.folder.join("images.lock.yaml").exists());
    }

    let run = private.locked();
    run.says(&["images.lock.yaml: 3 images, 3 added"]);
    let first = lock_file(&run.folder);
    let names = [(&index, "app:index"), (&list, "app:list"), (&team, "team/app:index")];
    let blocks = names.map(|(name, short)| block(name, &private.published(short)));
    let (text, days) = without_days(&first);
    assert_eq!((text.split_once("images:\n").unwrap().1, days), (&*blocks.join("\n"), 3));
    let run = program.asking(run.then(""), "lock --check");
    assert_eq!((run.status, run.text(), &*run.stderr), (0, "", ""));

    // One tag moves.
    let old = private.published("app:index").digest;
    images::move_tag(private.stored.path(), "second", "app:index");
    let new = private.published("app:index").digest;
    assert_ne!(old, new);
    let moved = format!("images.lock.yaml: info: `{index}` has moved from {old} to {new}\n");
    let run = program.asking(run.then(""), "lock --check");
    assert_eq!((run.status, &*run.stderr), (1, &*moved));
    let changed = |sign: &str| {
        let lines = run.text().lines().filter(|line| line.starts_with(sign) && line.contains(" digest: "));
        lines.map(|line| line.rsplit_once(' ').unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((changed("-"), changed("+")), (vec![old.clone()], vec![new.clone()]));
    // What is locked stays as it is, unless it is asked for.
    let run = program.asking(run.then(""), "lock");
    assert_eq!((run.status, lock_file(&run.folder), &*run.stderr), (0, first.clone(), ""));
    let run = program.asking(run.then(""), &format!("lock --update {team}"));
    assert_eq!((run.status, lock_file(&run.folder)), (0, first.clone()));
    let run = program.asking(run.then(""), &format!("lock --check --update {team}"));
    assert_eq!(run.status, 0, "{}", run.stderr);
    let run = program.asking(run.then("").writes(), &format!("lock --update {}", private.name("app")));
    assert_eq!(run.status, 0);
    run.says(&[&moved, "images.lock.yaml: 3 images, 1 updated\n"]);
    let second = lock_file(&run.folder);
    // `team/app:index` is the image that `app:index` was.
    let count = |text: &str, digest: &str| text.matches(&format!("    digest: {digest}\n")).count();
    assert_eq!([&first, &second].map(|text| (count(text, &old), count(text, &new))), [(2, 0), (1, 1)]);
    let run = program.asking(run.then(""), "lock --check");
    assert_eq!((run.status, run.text(), &*run.stderr), (0, "", ""));

    // An image that goes is an error at the place that names it, and the file stays.
    fs::remove_dir_all(
        private.stored.path().join("docker/registry/v2/repositories/team/app/_manifests/tags/index"),
    )
    .unwrap();
    let run = program.asking(run.then(""), "lock --check");
    assert_eq!(run.status, 1);
    run.says(&["Dockerfile.template:3:", &format!("error: {} has no image `{team}`", private.registry.host)]);
    assert_eq!(lock_file(&run.folder), second);
}

#[test]
fn a_registry_with_tokens() {
    let Some(tokens) = Tokens::start("access_token", true) else { return };
    let program = Program::new(Some(tokens.certificates.path("ca.pem")));
    let test =
        || Test::new().file("Dockerfile", format!("FROM {}\n", tokens.name("team/app:index"))).writes();
    let run = program.asking(test(), "lock -d raspberrypi3");
    assert_eq!(run.status, 1);
    run.says(&["Dockerfile:1:6: error:", "without a login"]);
    program.log_in(&tokens.registry.host, USER, "wrong-password");
    let run = program.asking(test(), "lock -d raspberrypi3");
    assert_eq!(run.status, 1);
    run.says(&["Dockerfile:1:6: error:", "does not accept the login"]);
    program.log_in(&tokens.registry.host, USER, PASSWORD);
    let run = program.asking(test(), "lock -d raspberrypi3 --verbose");
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(lock_file(&run.folder).contains("      linux/arm64/v8: sha256:"));
    let run = program.asking(run.then(""), "lock --check -d raspberrypi3");
    assert_eq!(run.status, 0, "{}", run.stderr);
}

#[test]
fn a_registry_that_does_not_answer_leaves_the_lock_file_as_it_is() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let test = || {
        Test::new().file("Dockerfile", format!("FROM {closed}/app:1\n")).file(
            "images.lock.yaml",
            format!("images:\n  {closed}/app:2: {{digest: 'sha256:{}'}}\n", "1".repeat(64)),
        )
    };
    for args in ["lock", "lock --update", "lock --check"] {
        let run = Program::new(None).asking(test(), &format!("{args} -d raspberrypi3"));
        assert_eq!(run.status, 2, "{}", run.stderr);
        run.says(&["Dockerfile:1:6: error:", "refuses the connection"]);
    }
}

#[test]
fn what_the_lock_file_says_is_known_without_the_registry() {
    let Some(private) = Private::start() else { return };
    let (program, index) = (&private.program, private.name("app:index"));
    let Published { digest, platforms, .. } = private.published("app:index");
    let lock = lock_file(&private.locked().folder);
    // Nobody could be asked.
    drop(private.registry);

    let check = |from: &str, device: &str| {
        let test = Test::new().file("Dockerfile", format!("FROM {from}\n")).file("images.lock.yaml", &lock);
        let run = program.offline(test, &format!("check --format json -d {device}"));
        let rules: Vec<String> = errors(&run).into_iter().map(|(rule, _)| rule).collect();
        (run.status, rules.concat())
    };
    let (fits, wrong) = ((0, String::new()), (1, "wrong-platform".to_owned()));
    let repository = index.strip_suffix(":index").unwrap();
    let other = format!("sha256:{}", "5".repeat(64));
    for (from, qemux86) in [
        // By its tag, by the digest, by the digest under another tag.
        (index.clone(), &wrong),
        (format!("{index}@{digest}"), &wrong),
        (format!("{repository}@{digest}"), &wrong),
        (format!("{repository}:other@{digest}"), &wrong),
        // The lock file does not know this digest, whatever it says of the tag (D27).
        (format!("{index}@{other}"), &fits),
        (format!("{repository}:other"), &fits),
    ] {
        assert_eq!(check(&from, "qemux86"), *qemux86, "{from}");
        assert_eq!(check(&from, "raspberrypi3"), fits, "{from}");
    }
    // The digest of one platform is that of an image for it alone.
    let (arm64, digest_of_arm64) = platforms.last().unwrap();
    assert_eq!(arm64.to_string(), "linux/arm64/v8");
    let from = format!("{repository}@{digest_of_arm64}");
    assert_eq!(check(&from, "raspberrypi4-64"), fits);
    assert_eq!(check(&from, "raspberrypi3"), wrong);

    let test =
        || Test::new().file("Dockerfile", format!("FROM {index}@{digest}\n")).file("images.lock.yaml", &lock);
    let run =
        program.offline(test(), &format!("images {index} {index}@{other} -d raspberrypi3 --format json"));
    assert_eq!(run.status, 0, "{}", run.stderr);
    let answers = run.json();
    assert_eq!(
        (&answers[0]["devices"]["raspberrypi3"], &answers[1]["devices"]["raspberrypi3"]),
        (&"exact".into(), &"unknown".into())
    );
    assert_eq!(answers[0]["source"], "images.lock.yaml");
    assert!(answers[0]["as_of"].as_str().unwrap() > "2026-08-21");
    let run = program.offline(test(), "explain -d raspberrypi3");
    let text = run.text().split_whitespace().collect::<Vec<_>>().join(" ");
    for piece in ["exact. There is an image for linux/arm/v7.", "So says images.lock.yaml, as of 20"] {
        assert!(text.contains(piece), "{text}");
    }
}

#[test]
fn every_command_that_writes_dockerfiles_writes_the_digests_of_the_registry() {
    let Some(private) = Private::start() else { return };
    let run = private.locked();
    let [index, list, team] =
        ["app:index", "app:list", "team/app:index"].map(|name| private.published(name).digest);
    let program = &private.program;
    let host = private.registry.host.clone();
    // The tags move, the registry goes: neither matters.
    images::move_tag(private.stored.path(), "second", "app:index");
    drop(private.registry);
    let dockerfile = |arch: &str| {
        format!(
            "ARG TAG=index@{index}\nFROM {host}/app:${{TAG}}\nCOPY --from={host}/team/app:index@{team} /x /{arch}\n"
        )
    };
    let (armv7hf, aarch64) = (dockerfile("armv7hf"), dockerfile("aarch64"));

    let run = program.offline(run.then(""), "render --service web -d raspberrypi3 --locked");
    assert_eq!((run.status, run.text()), (0, &*armv7hf), "{}", run.stderr);
    let run = program.offline(run.then(""), "batch --locked --format bake");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let texts: Vec<String> = run.json()["target"]
        .as_object()
        .unwrap()
        .values()
        .map(|target| target["dockerfile-inline"].as_str().unwrap().replace("$${", "${"))
        .collect();
    assert!(texts.len() == 2 && texts.contains(&armv7hf) && texts.contains(&aarch64), "{texts:?}");
    let run = program.offline(run.then(""), "batch --locked --format matrix");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let matrix = run.json();
    let rows = matrix["include"].as_array().unwrap();
    let digest_in = |row: usize| format!("sha256:{}", rows[row]["sha256"].as_str().unwrap());
    let digests = BTreeSet::from([&aarch64, &armv7hf].map(|text| images::sha256(text.as_bytes())));
    assert_eq!(BTreeSet::from([digest_in(0), digest_in(1)]), digests);
    let run = program.offline(run.then("").writes(), "export -d raspberrypi4-64 --locked -o exported");
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(fs::read_to_string(run.folder.join("exported/web/Dockerfile")).unwrap(), aarch64);
    let compose = fs::read_to_string(run.folder.join("exported/docker-compose.yml")).unwrap();
    assert!(compose.contains(&format!("{host}/app:list@{list}")), "{compose}");

    // `resolve` reads an archive, and the lock file beside it.
    let archive = std::process::Command::new("tar")
        .args(["-c", "-C"])
        .arg(run.folder.join("web"))
        .arg("Dockerfile.template")
        .output()
        .unwrap();
    assert!(archive.status.success());
    let test = run.then("").stdin(archive.stdout);
    let run = program.offline(test, "resolve -d raspberrypi3 --locked --lock images.lock.yaml");
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.text().contains(&armv7hf), "{}", run.text());
}
