//! A project with a secret in it, and the commands that are run on it.

use std::fs;
use std::path::{Path, PathBuf};

use dtpl::cli::{self, Streams};

use crate::archive;
use crate::places::PAGES;
use crate::secret::{Random, secret};

/// Where the value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Flag,
    EnvFile,
    Fleet,
    FleetDefaults,
    JsonLines,
    /// The arguments of a service in the compose file.
    ComposeArgs,
    /// The same, where the compose file refers to the flag, or to a file.
    ComposeFlag,
    ComposeEnvFile,
    DotEnv,
    BalenaYml,
}

/// How a Dockerfile refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    Placeholder,
    Tera,
    /// A placeholder in the default of an `ARG`, which the instruction refers to.
    Default,
    /// An `ARG` that gets its value when it is built.
    Arg,
}

pub const SOURCES: &[(Reference, Origin)] = &[
    (Reference::Placeholder, Origin::Flag),
    (Reference::Placeholder, Origin::EnvFile),
    (Reference::Placeholder, Origin::Fleet),
    (Reference::Placeholder, Origin::FleetDefaults),
    (Reference::Placeholder, Origin::JsonLines),
    (Reference::Tera, Origin::Flag),
    (Reference::Tera, Origin::EnvFile),
    (Reference::Tera, Origin::Fleet),
    (Reference::Tera, Origin::JsonLines),
    (Reference::Default, Origin::Flag),
    (Reference::Default, Origin::Fleet),
    (Reference::Arg, Origin::ComposeArgs),
    (Reference::Arg, Origin::ComposeFlag),
    (Reference::Arg, Origin::ComposeEnvFile),
    (Reference::Arg, Origin::DotEnv),
    (Reference::Arg, Origin::BalenaYml),
];

/// Which part of what a command prints is a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Messages {
    Stderr,
    /// Findings are the result.
    StderrAndStdout,
    /// Findings are one field of the result.
    StderrAndFindings,
}

/// A command line: `PAGE` is a page of `explain`, `OUT` a folder to write to, `LOCK` a lock file.
pub struct Command {
    pub line: &'static str,
    takes_several_devices: bool,
    messages: Messages,
}

const fn for_one(line: &'static str) -> Command {
    Command { line, takes_several_devices: false, messages: Messages::Stderr }
}

const fn for_several(line: &'static str, messages: Messages) -> Command {
    Command { line, takes_several_devices: true, messages }
}

pub const COMMANDS: &[Command] = &[
    for_one("render"),
    for_one("render --strict -v"),
    for_one("render --format json"),
    for_one("render --locked --lock LOCK"),
    for_one("resolve"),
    for_one("resolve --locked --lock LOCK"),
    for_one("resolve --strict -v"),
    for_one("export -o OUT"),
    for_one("export --compose --ignored -v -o OUT"),
    for_one("export --locked --lock LOCK -o OUT"),
    for_one("explain"),
    for_one("explain --format markdown -v"),
    for_one("explain --format json"),
    for_one("explain --template PAGE"),
    for_several("batch", Messages::Stderr),
    for_several("batch --format tree -o OUT", Messages::Stderr),
    for_several("batch --format ndjson -v", Messages::Stderr),
    for_several("batch --format ndjson --fleets -", Messages::Stderr),
    for_several("batch --format tar", Messages::Stderr),
    for_several("batch --format bake --strict", Messages::Stderr),
    for_several("batch --format matrix", Messages::Stderr),
    for_several("batch --locked --lock LOCK --format bake", Messages::Stderr),
    for_several("lock -v -o LOCK", Messages::Stderr),
    for_several("check", Messages::StderrAndStdout),
    for_several("check --format json -v", Messages::StderrAndStdout),
    for_several("check --format sarif", Messages::StderrAndStdout),
    for_several("check --format github", Messages::StderrAndStdout),
    for_several("migrate", Messages::Stderr),
    for_several("migrate --format json --modernise", Messages::StderrAndFindings),
    for_several("migrate --to balenalib --format json", Messages::StderrAndFindings),
];

pub struct Project {
    pub secret: String,
    pub reference: Reference,
    pub origin: Origin,
    /// What is at fault, as the tables have it.
    pub place: String,
    page: &'static str,
    files: Vec<(&'static str, String)>,
}

impl Project {
    /// A project with the Dockerfile, in which `§` is the secret.
    pub fn of_dockerfile(place: &str, (reference, origin): (Reference, Origin), random: &mut Random) -> Self {
        let secret = secret(random);
        let (text, tera) = match reference {
            Reference::Placeholder => (place.replace('§', "%%SECRET%%"), false),
            Reference::Tera => (place.replace('§', "{{ SECRET }}"), true),
            Reference::Default => (with_arg("ARG COPY=%%SECRET%%\n", place).replace('§', "${COPY}"), false),
            Reference::Arg => (with_arg("ARG SECRET\n", place).replace('§', "${SECRET}"), false),
        };
        let in_service = reference == Reference::Arg;
        let path = match (tera, in_service) {
            (true, _) => "Dockerfile.tera",
            (false, false) => "Dockerfile.template",
            (false, true) => "web/Dockerfile.template",
        };
        let mut files = vec![(path, text)];
        if in_service {
            let value =
                if origin == Origin::ComposeArgs { secret.replace('$', "$$") } else { "${SECRET}".into() };
            let args = match random.below(2) {
                0 => format!("{{SECRET: {}}}", json(&value)),
                _ => format!("[{}]", json(&format!("SECRET={value}"))),
            };
            let args = if origin == Origin::BalenaYml { "{}".to_owned() } else { args };
            files.push((
                "docker-compose.yml",
                format!("services: {{web: {{build: {{context: web, args: {args}}}}}}}\n"),
            ));
        }
        Project::new(place, reference, origin, secret, files, random)
    }

    /// A project with the compose file, which refers to the secret as `${SECRET}`.
    pub fn of_compose(place: &str, origin: Origin, random: &mut Random) -> Self {
        let dockerfile = "ARG BUILD_FROM\nFROM ${BUILD_FROM}\nCMD a\nCMD b\n".to_owned();
        let files = vec![("docker-compose.yml", place.to_owned()), ("web/Dockerfile.template", dockerfile)];
        let secret = secret(random);
        Project::new(place, Reference::Arg, origin, secret, files, random)
    }

    fn new(
        place: &str,
        reference: Reference,
        origin: Origin,
        secret: String,
        mut files: Vec<(&'static str, String)>,
        random: &mut Random,
    ) -> Self {
        let value = json(&secret);
        match origin {
            Origin::Flag | Origin::ComposeFlag | Origin::ComposeArgs => {}
            Origin::EnvFile | Origin::ComposeEnvFile => files.push(("values.env", env_line(&secret))),
            Origin::DotEnv => files.push((".env", env_line(&secret))),
            Origin::Fleet => files.push((
                "fleets.yaml",
                format!(
                    "fleets:\n  kiosk: {{device: raspberrypi3, variables: {{SECRET: {value}}}}}\n  \
                     other: {{device: nuc, variables: {{SECRET: {value}}}}}\n"
                ),
            )),
            Origin::FleetDefaults => files.push((
                "fleets.yaml",
                format!(
                    "defaults: {{variables: {{SECRET: {value}}}}}\n\
                     fleets: {{kiosk: {{device: raspberrypi3}}, other: {{device: nuc}}}}\n"
                ),
            )),
            Origin::JsonLines => {
                let line = |name: &str, device: &str| {
                    format!(
                        "{{\"name\":\"{name}\",\"device\":\"{device}\",\"variables\":{{\"SECRET\":{value}}}}}\n"
                    )
                };
                files.push(("fleets.ndjson", line("kiosk", "raspberrypi3") + &line("other", "nuc")));
            }
            Origin::BalenaYml => {
                let variable = json(&format!("SECRET={secret}"));
                files.push((".balena/balena.yml", format!("build-variables: {{global: [{variable}]}}\n")));
            }
        }
        Project {
            secret,
            reference,
            origin,
            place: place.to_owned(),
            page: PAGES[random.below(PAGES.len())],
            files,
        }
    }

    /// Writes its files into a folder.
    pub fn write(&self, folder: &Path) {
        for (name, text) in &self.files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::write(folder.join("page.txt"), self.page).unwrap();
    }

    fn has(&self, name: &str) -> bool {
        self.files.iter().any(|(file, _)| *file == name)
    }

    /// Runs a command in the folder that it was written to: its messages.
    pub fn messages(&self, command: &Command, folder: &Path) -> String {
        let path = |name: &str| folder.join(name).into_os_string();
        let words = command.line.split(' ').map(|word| match word {
            "PAGE" => path("page.txt"),
            "OUT" => path("out"),
            "LOCK" => path("lock.yaml"),
            word => word.into(),
        });
        let mut arguments: Vec<_> = std::iter::once("dtpl".into()).chain(words).collect();
        match self.origin {
            Origin::Flag | Origin::ComposeFlag => {
                arguments.extend(["-D".into(), format!("SECRET={}", self.secret).into()]);
            }
            Origin::EnvFile | Origin::ComposeEnvFile => {
                arguments.extend(["--env-file".into(), path("values.env")]);
            }
            _ => {}
        }
        let fleets = ["fleets.yaml", "fleets.ndjson"].into_iter().find(|name| self.has(name));
        let is_stream = command.line.contains("--fleets -");
        match fleets {
            Some(_) if is_stream => {}
            Some(name) => arguments.extend(["--fleets".into(), path(name)]),
            None if command.takes_several_devices => {
                arguments.extend(["-d".into(), "raspberrypi3,nuc".into()])
            }
            None => arguments.extend(["-d".into(), "raspberrypi3".into()]),
        }
        if fleets.is_some() && !command.takes_several_devices {
            arguments.extend(["--fleet".into(), "kiosk".into()]);
        }
        let mut input = Vec::new();
        if command.line.starts_with("resolve") {
            if self.has("docker-compose.yml") {
                arguments.extend(["--service".into(), "web".into()]);
            }
            let entries: Vec<_> = self.files.iter().map(|(name, text)| archive::file(name, text)).collect();
            input = archive::archive(&entries);
        } else {
            arguments.push(folder.into());
        }
        if is_stream {
            let lines = self.files.iter().find(|(name, _)| *name == "fleets.ndjson");
            input = lines.map(|(_, text)| text.clone().into_bytes()).unwrap_or_default();
        }
        if command.line.contains("LOCK") {
            let digest = format!("sha256:{}", "1".repeat(64));
            let entry = format!("{{digest: '{digest}', platforms: [linux/arm/v7, linux/amd64]}}");
            let text = format!("images:\n  alpine:3.22: {entry}\n  debian:bookworm: {entry}\n");
            std::fs::write(folder.join("lock.yaml"), text).unwrap();
        }
        let (stdout, stderr) = run(arguments, &input);
        match command.messages {
            Messages::Stderr => stderr,
            Messages::StderrAndStdout => stderr + &stdout,
            Messages::StderrAndFindings => {
                let result: serde_json::Value = serde_json::from_str(&stdout).unwrap_or_default();
                format!("{stderr}{:#}", result["findings"])
            }
        }
    }

    /// Whether a command can be run on it.
    pub fn takes(&self, command: &Command) -> bool {
        !command.line.contains("--fleets -") || self.has("fleets.ndjson")
    }
}

/// Runs a command line: what it prints.
pub fn run(arguments: Vec<std::ffi::OsString>, mut input: &[u8]) -> (String, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    cli::run(
        arguments,
        &mut Streams {
            stdin: &mut input,
            stdin_file: None,
            stdin_is_terminal: false,
            stdout: &mut stdout,
            stdout_is_terminal: false,
            widen_pipes: &|| {},
            stderr: &mut stderr,
            stderr_has_color: false,
            stderr_is_terminal: false,
            stdout_width: 80,
            hold_signals: &|| {},
            is_interrupted: &|| false,
            variable: &|_| None,
        },
    );
    (String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8(stderr).unwrap())
}

/// A Dockerfile with an `ARG` before its first stage, and in each.
fn with_arg(arg: &str, dockerfile: &str) -> String {
    let mut text = arg.to_owned();
    for line in dockerfile.split_inclusive('\n') {
        text.push_str(line);
        if line.starts_with("FROM ") {
            text.push_str(&arg[..arg.find('=').unwrap_or(arg.len() - 1)]);
            text.push('\n');
        }
    }
    text
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn env_line(value: &str) -> String {
    if !value.contains('\'') {
        return format!("SECRET='{value}'\n");
    }
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
    format!("SECRET=\"{escaped}\"\n")
}

/// A folder in memory, where there is one.
pub fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let path = folder.path().join("project");
    (folder, path)
}
