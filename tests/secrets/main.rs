//! No part of a value is in any message. Values of variables may be secrets, and logs are read by more
//! people than the files that hold the values: whatever is at fault in a project, no six characters in a
//! row of a value are printed on stderr or in a finding, by any command in any format.
//!
//! Results hold values: a rendered file, a bake file, a matrix, a diff.

#[path = "../tar/mod.rs"]
mod archive;
mod places;
mod project;
mod secret;

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use places::{COMPOSE, DOCKERFILES, EXPRESSIONS};
use project::{COMMANDS, Origin, Project, Reference, SOURCES};
use secret::{Parts, Random};

/// Runs the commands on all projects, one in `every` on each, and fails with a list of everything that they print of a secret.
fn no_command_shows_the_secret(projects: usize, every: usize, make: impl Fn(usize) -> Project + Sync) {
    let (next, runs, messages) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let leaks: Mutex<BTreeMap<usize, String>> = Mutex::default();
    let work = || {
        let (_kept, folder) = project::folder();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= projects {
                break;
            }
            let project = make(number);
            let parts = Parts::new(&project.secret);
            project.write(&folder);
            // Several commands tell the same thing in the same words.
            let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            let commands = COMMANDS.iter().skip(number % every).step_by(every);
            for command in commands.filter(|command| project.takes(command)) {
                let text = project.messages(command, &folder);
                runs.fetch_add(1, Ordering::Relaxed);
                messages.fetch_add(usize::from(!text.trim().is_empty()), Ordering::Relaxed);
                if let Some(line) = parts.find(&text) {
                    found.entry(line).or_default().push(command.line);
                }
            }
            if !found.is_empty() {
                let Project { reference, origin, place, secret, .. } = &project;
                let mut text = format!("{place:?}\n  {reference:?} from {origin:?}: `{secret}`\n");
                for (line, commands) in found {
                    text.push_str(&format!("    {line}\n      dtpl {}\n", commands.join(", ")));
                }
                leaks.lock().unwrap().insert(number, text);
            }
            fs::remove_dir_all(&folder).unwrap();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let (runs, messages) = (runs.into_inner(), messages.into_inner());
    assert!(messages * 2 > runs, "most of the projects have no fault: {messages} messages in {runs} runs");
    let leaks = leaks.into_inner().unwrap();
    let list: String = leaks.values().map(String::as_str).collect();
    assert!(leaks.is_empty(), "{} of {projects} projects have leaks ({runs} runs):\n{list}", leaks.len());
}

/// How often each place is tried, each time with another secret from another source, and with a part
/// of the commands: three rounds are all commands.
const ROUNDS: usize = 4;
const COMMANDS_OF_A_ROUND: usize = 3;

#[test]
fn of_faults_in_a_dockerfile() {
    no_command_shows_the_secret(DOCKERFILES.len() * ROUNDS, COMMANDS_OF_A_ROUND, |number| {
        let (place, round) = (number / ROUNDS, number % ROUNDS);
        let source = SOURCES[(place * 5 + round * 7) % SOURCES.len()];
        Project::of_dockerfile(DOCKERFILES[place], source, &mut Random::new(number))
    });
}

#[test]
fn of_faults_in_a_tera_template() {
    let sources: Vec<_> = SOURCES.iter().filter(|(reference, _)| *reference == Reference::Tera).collect();
    no_command_shows_the_secret(EXPRESSIONS.len(), 1, |number| {
        let place = format!("FROM alpine:3.22\n{}\n", EXPRESSIONS[number]);
        let source = *sources[number % sources.len()];
        Project::of_dockerfile(&place, source, &mut Random::new(number))
    });
}

#[test]
fn of_faults_in_a_compose_file() {
    let origins = [Origin::ComposeFlag, Origin::ComposeEnvFile, Origin::DotEnv];
    no_command_shows_the_secret(COMPOSE.len(), 1, |number| {
        Project::of_compose(COMPOSE[number], origins[number % origins.len()], &mut Random::new(number))
    });
}

/// Every command that reads the rendering names the placeholder in place of the value.
#[test]
fn a_message_shows_the_text_of_the_template() {
    let secret = "qzkwxv".repeat(34) + "bdfg";
    let (_kept, folder) = project::folder();
    fs::create_dir_all(&folder).unwrap();
    let flag = format!("SECRET={secret}");
    let arg = "services: {web: {build: {context: ., args: [\"BUILD_FROM=${SECRET} x\"]}}}\n";
    for (shown, dockerfile, compose) in [
        ("%%SECRET%%", "FROM alpine:3.22\nHEALTHCHECK --interval=%%SECRET%% CMD true\n", None),
        ("${BUILD_FROM}", "ARG BUILD_FROM\nFROM ${BUILD_FROM}\n", Some(arg)),
    ] {
        fs::write(folder.join("Dockerfile.template"), dockerfile).unwrap();
        if let Some(compose) = compose {
            fs::write(folder.join("docker-compose.yml"), compose).unwrap();
        }
        for line in
            ["check", "check --format json", "check --format sarif", "check --format github", "explain"]
        {
            let mut arguments: Vec<std::ffi::OsString> = vec!["dtpl".into()];
            arguments.extend(line.split(' ').map(Into::into));
            arguments.extend([
                "-d".into(),
                "raspberrypi3".into(),
                "-D".into(),
                (&flag).into(),
                (&folder).into(),
            ]);
            let (stdout, stderr) = project::run(arguments, b"");
            // An explanation is a result, and holds the value.
            let text = if line == "explain" { stderr } else { stderr + &stdout };
            let text = text.replace("%25", "%");
            assert_eq!(Parts::new(&secret).find(&text), None, "dtpl {line}");
            let is_explained = line == "explain" && compose.is_some();
            assert!(is_explained || text.contains(shown), "dtpl {line} does not show {shown}: {text}");
        }
    }
}

/// What gives the value may be at fault itself.
#[test]
fn of_faults_in_what_gives_the_value() {
    const ARGUMENTS: &[&[&str]] = &[
        &["-D", "§"],
        &["-D", "=§"],
        &["-D", "§="],
        &["-D", "secret=§"],
        &["-DSECRET=§", "-D", "SECRET=x§"],
        &["--define=SECRET=a\n§"],
        &["-D", "SECRET=§", "--no-such-flag"],
        &["-D", "SECRET=§", "--color", "blue"],
        &["--no-such-flag=1", "-DSECRET=§"],
    ];
    const ENV_FILES: &[&str] = &[
        "§\n",
        "export §\n",
        "§=x\n",
        "SECRET=\"§\n",
        "SECRET='§\n",
        "SECRET='x' §\n",
        "SECRET=a\0§\n",
        "SECRET=§\nSECRET=x§\n",
        "SECRET=\"a\\n§\"\n",
    ];
    const FLEETS: &[&str] = &[
        "fleets:\n  kiosk: {devise: nuc, variables: {SECRET: §}}\n",
        "fleets:\n  kiosk: {device: nuc, variables: {SECRET: §, SECRET: §}}\n",
        "fleets:\n  kiosk: {device: nuc, variables: {SECRET: \"§\\n\"}}\n",
        "fleets:\n  kiosk: {device: nuc, variables: {SECRET: [§]}}\n",
        "fleets:\n  kiosk: {device: nuc, variables: §}\n",
        "fleets:\n  kiosk: {device: nuc, variables: {SECRET: \"§\n",
        "fleets:\n  kiosk: {device: nuc, variables: {SECRET: §}, SECRET: §\n",
        "defaults: {variables: {SECRET: {x: §}}}\nfleets: {kiosk: {device: nuc}}\n",
    ];
    let mut random = Random::new(0);
    let (_kept, folder) = project::folder();
    let mut leaks = String::new();
    let mut hold = |files: &[(&str, String)], arguments: &[String], secret: &str, place: &str| {
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("Dockerfile.template"), "FROM alpine:3.22\nRUN %%SECRET%%\n").unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
        for line in
            ["render", "explain", "batch --format ndjson", "check --format json", "migrate", "resolve"]
        {
            let mut all: Vec<std::ffi::OsString> = vec!["dtpl".into()];
            all.extend(line.split(' ').map(Into::into));
            all.extend(arguments.iter().map(|argument| match argument.strip_prefix("FILE:") {
                Some(name) => folder.join(name).into(),
                None => argument.into(),
            }));
            let takes_fleet = !["batch", "check", "migrate"].iter().any(|command| line.starts_with(command));
            let has_fleets = files.iter().any(|(name, _)| *name == "fleets.yaml");
            match (has_fleets, takes_fleet) {
                (true, true) => all.extend(["--fleet".into(), "kiosk".into()]),
                (true, false) => {}
                (false, _) => all.extend(["-d".into(), "nuc".into()]),
            }
            if line != "resolve" {
                all.push((&folder).into());
            }
            let (stdout, stderr) = project::run(all, &archive::archive(&[]));
            let text = if line.starts_with("check") { stderr + &stdout } else { stderr };
            assert!(!text.is_empty(), "{place:?}: no fault is found by dtpl {line}");
            if let Some(part) = Parts::new(secret).find(&text) {
                leaks.push_str(&format!("{place:?}: dtpl {line}\n    {part}\n"));
            }
        }
        fs::remove_dir_all(&folder).unwrap();
    };
    for length in [6, 64, 300] {
        let secret: String = (0..length).map(|_| *random.of(b"bcdfghjkmnpqrstvwxz") as char).collect();
        let with = |text: &&str| text.replace('§', &secret);
        for arguments in ARGUMENTS {
            let place = arguments.join(" ");
            hold(&[], &arguments.iter().map(with).collect::<Vec<_>>(), &secret, &place);
        }
        for text in ENV_FILES {
            let arguments = ["--env-file".to_owned(), "FILE:values.env".to_owned()];
            hold(&[("values.env", with(text))], &arguments, &secret, text);
        }
        for text in FLEETS {
            let arguments = ["--fleets".to_owned(), "FILE:fleets.yaml".to_owned()];
            hold(&[("fleets.yaml", with(text))], &arguments, &secret, text);
        }
    }
    assert!(leaks.is_empty(), "leaks:\n{leaks}");
}

/// What hadolint says is about the rendering, and may quote a part of it.
#[cfg(unix)]
#[test]
fn of_what_hadolint_says() {
    use std::os::unix::fs::PermissionsExt as _;
    let secret = "qzkwxv".repeat(34);
    let (_kept, folder) = project::folder();
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("Dockerfile.template"), "FROM alpine:3.22\nRUN a %%SECRET%%\n").unwrap();
    let head = "#!/bin/sh\n[ \"$1\" = --version ] && exit\npart=$(grep -o 'qzkw[a-z]*' | cut -c 5-70)\n";
    let remark =
        r#"{"code":"SC2154","level":"warning","line":2,"column":5,"message":"'"$part"' is not assigned"}"#;
    for (body, found) in [
        (format!("echo '[{remark}]'\n"), "SC2154"),
        ("echo \"cannot parse $part\" >&2\necho nothing\n".to_owned(), "error"),
    ] {
        let program = folder.join("hadolint");
        fs::write(&program, head.to_owned() + &body).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let arguments = ["dtpl", "check", "-d", "nuc", "-D", &format!("SECRET={secret}")].map(Into::into);
        let mut arguments: Vec<std::ffi::OsString> = arguments.into();
        arguments.extend([format!("--hadolint={}", program.display()).into(), (&folder).into()]);
        let (stdout, stderr) = project::run(arguments, b"");
        let text = stderr + &stdout;
        assert!(text.contains(found), "{text}");
        assert_eq!(Parts::new(&secret).find(&text), None, "{found}");
    }
}
