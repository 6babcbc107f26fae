//! `images`, `check`, `explain` and `migrate` with `--online`, beside a real registry: what they say is what it has,
//! and where it does not say, neither do they.

use super::certificates::Certificates;
use super::common::{Run, Test};
use super::images;
use super::logins::Tokens;
use super::program::{Program, errors, project};
use super::registry::{Access, Registry};
use super::server::{Reply, Server, answer};
use super::{PASSWORD, USER};

const CHECK: &str = "check --online --format json";

/// What `errors` gives for one finding.
fn one_error(rule: &str, devices: &[&str]) -> Vec<(String, Vec<String>)> {
    vec![(rule.to_owned(), devices.iter().map(ToString::to_string).collect())]
}

/// A run that works, and what it printed.
fn printed(run: &Run) -> String {
    assert_eq!(run.status, 0, "{}", run.stderr);
    // Long lines are broken for a terminal.
    run.text().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn holds(text: &str, pieces: &[&str]) {
    for piece in pieces {
        assert!(text.contains(piece), "`{piece}` is not in:\n{text}");
    }
}

const PLATFORMS: &str = "linux/amd64 linux/arm/v6 linux/arm/v7 linux/arm64/v8";

#[test]
fn images_says_what_the_registry_has() {
    let Some(certificates) = Certificates::new() else { return };
    let Some(folder) = images::stored() else { return };
    let registry = Registry::start(folder.path(), &Access::Everybody, Some(&certificates)).unwrap();
    let host = &registry.host;
    let program = Program::new(Some(certificates.path("ca.pem")));
    let names = ["app:index", "app:none", "app:single"].map(|name| format!("{host}/{name}"));
    let devices = "-d raspberrypi3,qemux86";

    let args = format!("images {} --online {devices} --format json", names.join(" "));
    let run = program.asking(Test::new(), &args);
    assert_eq!((run.status, &*run.stderr), (0, ""));
    let answers = run.json();
    let today = answers[0]["as_of"].as_str().unwrap();
    assert!(today > "2026-08-21", "it is the day of the question: {today}");
    for (at, platforms, exact) in [
        (0, Vec::from_iter(PLATFORMS.split(' ')), "exact"),
        (1, Vec::new(), "none"),
        (2, vec!["linux/arm/v6"], "fallback"),
    ] {
        let answer = &answers[at];
        assert_eq!(answer["reference"], *names[at]);
        assert_eq!(answer["platforms"], serde_json::json!(platforms));
        assert_eq!(answer["devices"]["raspberrypi3"], exact);
        assert_eq!(answer["devices"]["qemux86"], "none");
        assert_eq!(answer["source"], "the registry");
        assert_eq!(answer["as_of"], today);
    }
    let text = printed(&program.asking(Test::new(), &format!("images {} --online {devices}", names[0])));
    let source = format!("source the registry, {today}");
    holds(&text, &[&format!("platforms {PLATFORMS}"), "raspberrypi3 exact", "qemux86 none", &source]);
    let text = printed(&program.asking(Test::new(), &format!("images {} --online {devices}", names[1])));
    holds(&text, &[&format!("{host} has no such image"), &source]);

    // Without the authority, nothing is known of any of them, and nobody is asked without TLS.
    let run = program.offline(Test::new(), &args);
    assert_eq!(run.status, 0);
    run.says(&["--online: warning: `", "` was not looked up: the certificate of", "--ca-file"]);
    for answer in run.json().as_array().unwrap() {
        assert_eq!(
            (&answer["devices"]["qemux86"], &answer["platforms"]),
            (&"unknown".into(), &[0; 0].into())
        );
    }
}

#[test]
fn a_project_is_judged_by_what_the_registry_has() {
    let Some(certificates) = Certificates::new() else { return };
    let Some(folder) = images::stored() else { return };
    let registry = Registry::start(folder.path(), &Access::Everybody, Some(&certificates)).unwrap();
    let host = &registry.host;
    let program = Program::new(Some(certificates.path("ca.pem")));
    let [index, none] = ["app:index", "app:none"].map(|name| format!("{host}/{name}"));

    let run = program.asking(project(&index), CHECK);
    assert_eq!((run.status, errors(&run)), (1, one_error("wrong-platform", &["qemux86"])));
    holds(run.text(), &[&format!("it exists for {PLATFORMS}, not for linux/386")]);
    let run = program.asking(project(&index), &format!("{CHECK} -d raspberrypi3"));
    assert_eq!((run.status, errors(&run), &*run.stderr), (0, Vec::new(), ""));
    let run = program.asking(project(&none), CHECK);
    assert_eq!(
        (run.status, errors(&run)),
        (1, one_error("missing-base-image", &["qemux86", "raspberrypi3"]))
    );
    // That it is not there now does not say that it never was.
    holds(run.text(), &[&format!("{host} has no such image")]);
    assert!(!run.text().contains("never existed"), "{}", run.text());

    // An image that only a stage that is built elsewhere, and a COPY, use.
    let test = Test::new().file(
        "Dockerfile",
        format!("FROM {index} AS a\nFROM scratch\nCOPY --from={none} /x /x\nCOPY --from=a /y /y\n"),
    );
    let run = program.asking(test, &format!("{CHECK} -d raspberrypi3"));
    assert_eq!((run.status, errors(&run)), (1, one_error("missing-base-image", &["raspberrypi3"])));

    let explain = |image: &str, device: &str| {
        printed(&program.asking(project(image), &format!("explain --online -d {device}")))
    };
    let source = "So says the registry, as of 20";
    holds(&explain(&index, "raspberrypi3"), &["exact. There is an image for linux/arm/v7.", source]);
    holds(&explain(&index, "qemux86"), &["none. It exists for", "not for linux/386.", source]);
    let said = explain(&none, "qemux86");
    holds(&said, &[&format!("{host} has no such image."), source]);
    assert!(!said.contains("ever existed"), "{said}");

    // One of balena's images, from a mirror that has it no more, is replaced by one of one's own.
    let own = format!(
        "images:\n  {index}: {{platforms: [linux/arm/v7], replaces: [balenalib/raspberrypi3-debian]}}\n\
         mirrors: {{{host}/hub/: docker.io/}}\n"
    );
    let old = format!("{host}/hub/balenalib/raspberrypi3-debian:bookworm");
    let test = || project(&old).file("own.yaml", &own);
    let run = program.asking(test(), "migrate --online --images own.yaml -d raspberrypi3");
    assert_eq!(run.status, 0, "{}", run.stderr);
    holds(run.text(), &[&format!("-FROM {old}\n+FROM {index}\n")]);
    assert!(!run.stderr.contains("was not looked up"), "{}", run.stderr);
    let run = program.asking(test(), &format!("{CHECK} --images own.yaml -d raspberrypi3"));
    assert_eq!((run.status, errors(&run)), (1, one_error("missing-base-image", &["raspberrypi3"])));
    let run = program.asking(project(&index), "migrate --online");
    assert_eq!((run.status, run.text()), (0, ""));
    run.says(&["nothing to change"]);
}

/// Runs every command on a private image: each says that it was not looked up, and why, and judges nothing.
fn knows_nothing(program: &Program, image: &str, why: &str) {
    let note = format!("--online: warning: `{image}` was not looked up: ");
    let fails = |run: &Run| {
        assert_eq!(run.status, 0, "{}", run.stderr);
        run.says(&[&note, why]);
    };
    let run = program.asking(project(image), CHECK);
    fails(&run);
    assert_eq!(errors(&run), []);
    let run = program.asking(project(image), "explain --online -d qemux86");
    fails(&run);
    let said = printed(&run);
    holds(&said, &["What qemux86 gets of it: unknown.", " did not say"]);
    assert!(!said.contains("So says"), "{said}");
    let run = program.asking(project(image), "migrate --online");
    fails(&run);
    let run = program.asking(Test::new(), &format!("images {image} --online -d qemux86 --format json"));
    fails(&run);
    assert_eq!(run.json()[0]["devices"]["qemux86"], "unknown");
    assert_eq!(run.json()[0]["source"], "the registry");
}

/// The same with a login that is right: the image is judged.
fn is_judged(program: &Program, image: &str) {
    let run = program.asking(project(image), CHECK);
    assert_eq!((run.status, errors(&run)), (1, one_error("wrong-platform", &["qemux86"])));
    assert_eq!(run.stderr, "");
    let run = program.asking(Test::new(), &format!("images {image} --online -d raspberrypi3"));
    holds(&printed(&run), &["raspberrypi3 exact", "source the registry"]);
}

#[test]
fn a_registry_with_passwords() {
    let Some(certificates) = Certificates::new() else { return };
    let Some(folder) = images::stored() else { return };
    let registry = Registry::start(folder.path(), &Access::Password, Some(&certificates)).unwrap();
    let (host, image) = (&registry.host, format!("{}/team/app:index", registry.host));
    let program = Program::new(Some(certificates.path("ca.pem")));
    knows_nothing(&program, &image, "without a login");
    program.log_in(host, USER, "wrong-password");
    knows_nothing(&program, &image, "to this login");
    program.log_in(host, USER, PASSWORD);
    is_judged(&program, &image);
    // Of a tag that is not there, the registry says so to who may know.
    let run = program.asking(project(&format!("{host}/team/app:none")), CHECK);
    assert_eq!(
        (run.status, errors(&run)),
        (1, one_error("missing-base-image", &["qemux86", "raspberrypi3"]))
    );
}

#[test]
fn a_registry_with_tokens() {
    let Some(tokens) = Tokens::start("token", true) else { return };
    let (host, image) = (&tokens.registry.host, tokens.name("team/app:index"));
    let program = Program::new(Some(tokens.certificates.path("ca.pem")));
    // What everybody may see needs no login.
    is_judged(&program, &tokens.name("app:index"));
    knows_nothing(&program, &image, "without a login");
    program.log_in(host, USER, "wrong-password");
    knows_nothing(&program, &image, "does not accept the login");
    program.log_in(host, USER, PASSWORD);
    is_judged(&program, &image);
}

#[test]
fn a_registry_that_does_not_answer() {
    let fails = |why: &str, reply: fn() -> Reply| {
        let server = Server::start(move |_, _| reply());
        let image = format!("{}/team/app:1", server.host);
        let run = |args: &str| Program::new(None).offline(project(&image), args);
        for args in ["check", "explain -d qemux86", "migrate"] {
            let run = run(&format!("{args} --online --online-timeout 1"));
            assert_eq!(run.status, 0, "{args}: {}", run.stderr);
            run.says(&["--online: warning: `", "` was not looked up: ", why]);
        }
        let run = run(&format!("{CHECK} --online-timeout 1"));
        assert_eq!((run.status, errors(&run)), (0, Vec::new()));
        assert!(!server.asked().is_empty());
    };
    fails("does not answer in time", || Reply::Hang(Vec::new()));
    fails("500", || answer(500, "", "oops"));
    fails("404", || answer(404, "content-type: text/html\r\n", "<p>no such page"));
    // Nobody is there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    knows_nothing(&Program::new(None), &format!("{closed}/app:1"), "refuses the connection");
}

#[test]
fn what_is_asked_for_is_what_is_known_of_the_project() {
    let Some(folder) = images::stored() else { return };
    let registry = Registry::start(folder.path(), &Access::Everybody, None).unwrap();
    let (program, host) = (Program::new(None), &registry.host);
    let index = format!("{host}/app:index");
    let both = ["qemux86", "raspberrypi3"];

    // One service cannot be rendered, one has an image whose name is not known; the others are looked up.
    let compose = format!(
        "services:\n  db: {{image: '{host}/app:none'}}\n  web: {{build: .}}\n  bad: {{build: bad}}\n  v: {{build: v}}\n"
    );
    let test = project(&index)
        .file("docker-compose.yml", compose)
        .file("bad/Dockerfile.template", "FROM %%WRONG%%\n")
        .file(
            "v/Dockerfile",
            format!("ARG V\nFROM {host}/app:$V AS a\nFROM {host}/app:none\nCOPY --from=a / /\n"),
        );
    let run = program.asking(test, CHECK);
    let found = errors(&run);
    for (rule, devices) in [("wrong-platform", &["qemux86"][..]), ("missing-base-image", &both[..])] {
        let expected = one_error(rule, devices).remove(0);
        assert!(found.contains(&expected), "{expected:?} is not in {found:?}");
    }
    assert!(found.iter().any(|(rule, _)| rule == "unknown-placeholder"), "{found:?}");

    // A value in the name of an image is in no message.
    let test = project(&format!("{host}/app:%%TOKEN%%")).secret("tops-secr");
    let run = program.asking(test, &format!("{CHECK} -D TOKEN=tops-secr"));
    assert_eq!(errors(&run), one_error("missing-base-image", &both));
    assert!(!run.text().contains("tops-secr"), "{}", run.text());
    // An image for another system.
    let run = program.asking(project(&format!("{host}/app:windows")), CHECK);
    assert_eq!((run.status, errors(&run)), (0, Vec::new()));
    run.says(&["--online: warning: `", "app:windows` is there for no platform of Linux"]);

    // The registry of today goes before a lock file and an images file.
    let lock = format!("images:\n  {index}: {{date: 2026-01-31, platforms: [linux/386]}}\n");
    let test = || project(&index).file("images.lock.yaml", &lock).file("own.yaml", &lock);
    for flags in ["", "--images own.yaml"] {
        let run = program.offline(test(), &format!("check --format json {flags}"));
        assert_eq!(errors(&run), one_error("wrong-platform", &["raspberrypi3"]));
        let run = program.asking(test(), &format!("{CHECK} {flags}"));
        assert_eq!(errors(&run), one_error("wrong-platform", &["qemux86"]));
    }
    let run = program.asking(test(), "images --project . --online --format json");
    assert_eq!((run.status, &run.json()[0]["source"]), (0, &"the registry".into()), "{}", run.stderr);
}
