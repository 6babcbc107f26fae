//! A case in one line: a rule, and a Dockerfile that it catches or not.

use std::fs;
use std::path::Path;

use std::sync::Arc;

use dtpl::check::{Request, run};
use dtpl::dockerfile::Builder;
use dtpl::workspace::{self, Definitions, FleetFormat, Targets, Workspace, parse_fleets};
use dtpl::{Diagnostics, Finding, Limit, Place, Registry, Source};

/// Fleets of four kinds: a mixed one, ARMv7, ARMv6, and an ordinary computer.
pub const FLEETS: &str = "fleets:\n  edge: {devices: [jetson-nano, raspberrypi4-64]}\n  \
                          kiosk: {device: raspberrypi3}\n  zero: {device: raspberry-pi}\n  \
                          nuc: {device: intel-nuc}\n";

/// Files that a project has beside its template.
pub const FILES: [(&str, &str); 6] = [
    ("requirements.txt", "Flask==3.1.3\n"),
    ("src/main.py", "print(1)\n"),
    ("src/requirements.txt", "Flask==3.1.3\n"),
    ("package.json", "{}\n"),
    ("page.erb", "\n"),
    (".dockerignore", "*.log\nsecret\n"),
];

/// A project with a template, and what is found in it.
pub struct Case {
    folder: tempfile::TempDir,
    name: String,
    definitions: Vec<String>,
    args: Vec<(String, String)>,
    contexts: Vec<(String, String)>,
    target: Option<String>,
    builder: Builder,
}

impl Case {
    pub fn new(dockerfile: &str) -> Case {
        let case = Case {
            folder: tempfile::tempdir().unwrap(),
            name: "Dockerfile.template".to_owned(),
            definitions: Vec::new(),
            args: Vec::new(),
            contexts: Vec::new(),
            target: None,
            builder: Builder::BuildKit,
        };
        for (name, text) in FILES {
            case.write(name, text);
        }
        case.write("Dockerfile.template", dockerfile);
        case
    }

    pub fn file(self, name: &str, text: &str) -> Case {
        self.write(name, text);
        self
    }

    /// The Dockerfile lies under another name.
    pub fn called(mut self, name: &str) -> Case {
        fs::create_dir_all(self.folder.path().join(name).parent().unwrap()).unwrap();
        fs::rename(self.folder.path().join(&self.name), self.folder.path().join(name)).unwrap();
        self.name = name.to_owned();
        self
    }

    pub fn define(mut self, name: &str, value: &str) -> Case {
        self.definitions.push(format!("{name}={value}"));
        self
    }

    pub fn build_arg(mut self, name: &str, value: &str) -> Case {
        self.args.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn build_context(mut self, name: &str, folder: &str) -> Case {
        self.contexts.push((name.to_owned(), folder.to_owned()));
        self
    }

    pub fn target(mut self, stage: &str) -> Case {
        self.target = Some(stage.to_owned());
        self
    }

    /// It is built by the classic builder.
    pub fn classic(mut self) -> Case {
        self.builder = Builder::Classic;
        self
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn findings(&self) -> Vec<Finding> {
        let folder: &Path = self.folder.path();
        let workspace = Workspace::open(&workspace::Request::new(folder), &mut std::io::empty()).unwrap();
        let (mut services, of_project) = workspace.into_services(&[], 1).unwrap();
        for service in services.list_mut() {
            service.override_build(&self.args, &self.contexts, self.target.as_deref());
        }
        let registry = Registry::embedded();
        let fleets = Arc::new(Source::new("fleets.yaml", FLEETS));
        let fleets = parse_fleets(&fleets, FleetFormat::Yaml).unwrap().fleets.unwrap();
        let limit = Limit { bytes: 1 << 20, flag: "" };
        let definitions = Definitions::read(&[], &self.definitions, &Place::Flag("-D"), limit).unwrap();
        let mut targets = Targets::new(&registry, &definitions, false);
        let mut notes = Diagnostics::new();
        let targets: Vec<_> = fleets
            .iter()
            .enumerate()
            .flat_map(|(number, fleet)| targets.of_fleet(number, fleet, &mut notes))
            .collect();
        let mut request = Request::new(&services, &targets, &registry);
        request.folder = Some(folder);
        request.builder = self.builder;
        request.notes = &of_project;
        run(&request).unwrap().iter().cloned().collect()
    }

    /// The devices for which a rule finds something.
    pub fn devices(&self, rule: &str) -> Vec<String> {
        let found = self.findings().into_iter().filter(|finding| finding.rule == rule);
        let mut devices: Vec<String> = found.flat_map(|finding| finding.devices).collect();
        devices.sort();
        devices.dedup();
        devices
    }

    pub fn rules(&self) -> Vec<String> {
        self.findings().into_iter().map(|finding| finding.rule).collect()
    }
}

/// The rule finds something in a Dockerfile; gives the first thing.
#[track_caller]
pub fn catches(rule: &str, dockerfile: &str) -> Finding {
    let findings = Case::new(dockerfile).findings();
    let rules: Vec<String> = findings.iter().map(|finding| finding.rule.clone()).collect();
    findings
        .into_iter()
        .find(|finding| finding.rule == rule)
        .unwrap_or_else(|| panic!("{rule} is not among {rules:?} in:\n{dockerfile}"))
}

/// The rule finds nothing in a Dockerfile.
#[track_caller]
pub fn catches_not(rule: &str, dockerfile: &str) {
    let findings = Case::new(dockerfile).findings();
    let found = findings.iter().find(|finding| finding.rule == rule);
    assert!(found.is_none(), "{:?} in:\n{dockerfile}", found.map(|finding| &finding.message));
}
