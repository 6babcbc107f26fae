//! What is known at a point of a build: what the image has by then, and how apt and pip are set; and how each event
//! changes that.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::copied_files::CopiedFiles;
use super::package_name::Package;
use crate::context::place;
use crate::image::Platform;
use crate::shell::{PackageManager, ShellCommand, Word, pip_packages, requirement_files};
use crate::software::contents::Contents;
use crate::software::languages::normalized;
use crate::software::packages::{Availability, DebianArch, DebianRelease, availability, brings};
use crate::software::usage::{Copied, Event, Step, Variable, Why};

/// The list of apt's sources, in their old form.
const SOURCES_LIST: &str = "/etc/apt/sources.list";
/// The variables whose values commands depend on, and how much of a value is looked at.
const VARIABLES: [&str; 2] = ["GO111MODULE", "NODE_ENV"];
const LONGEST_VALUE: usize = 32;
/// The most names of Python packages that are kept.
const MOST_NAMES: usize = 2_000;

/// What the image has, and how its package managers are set.
#[derive(Clone, Debug)]
pub struct State {
    pub contents: Contents,
    /// The architecture whose packages are installed.
    pub arch: Option<DebianArch>,
    /// Whether packages may come from another archive than Debian's own.
    pub has_other_archive: bool,
    /// Whether apt is set to answer yes.
    pub answers_yes: bool,
    /// Whether pip is set to install beside the packages of the distribution, or a virtual environment is in use.
    pub allows_pip: bool,
    /// Whether a virtual environment of Python was made.
    pub has_environment: bool,
    /// Whether `PATH` is another one than that of the image.
    pub changes_path: bool,
    /// Whether the Python of the distribution is used beside that of the image.
    pub uses_system_python: bool,
    /// Whether packages of Alpine came, of which it is not known what they need.
    pub has_apk_dependencies: bool,
    /// Whether certificates are set in another way, or not looked at.
    pub has_own_certificates: bool,
    /// Whether there is an `/etc/apt/sources.list`.
    pub has_sources_list: bool,
    /// Whether files came that are not known: a folder or an archive, a download, another image.
    pub may_have_files: bool,
    pub files: CopiedFiles,
    /// Python packages that were installed by name; those of a list are not known.
    python_packages: Rc<BTreeSet<String>>,
    has_python_list: bool,
    /// What `ENV` and `ARG` set, where that is known.
    variables: BTreeMap<String, String>,
}

impl State {
    /// An image as it is before the first instruction. Balena's are set to answer apt's questions.
    pub fn new(contents: Contents, platform: Option<&Platform>, is_of_balena: bool) -> Self {
        State {
            contents,
            arch: platform.and_then(DebianArch::of),
            has_other_archive: false,
            answers_yes: is_of_balena,
            allows_pip: false,
            has_environment: false,
            changes_path: false,
            uses_system_python: false,
            has_apk_dependencies: false,
            has_own_certificates: false,
            has_sources_list: false,
            may_have_files: false,
            files: CopiedFiles::default(),
            python_packages: Rc::default(),
            has_python_list: false,
            variables: BTreeMap::new(),
        }
    }

    /// The release of Debian, if its packages are known.
    pub fn debian(&self) -> Option<DebianRelease> {
        if self.contents.distro() != "debian" {
            return None;
        }
        DebianRelease::named(self.contents.release()?)
    }

    pub fn is_apt(&self) -> bool {
        self.contents.manager() == PackageManager::Apt
    }

    /// Whether a Python package may have been installed.
    pub fn may_have_python_package(&self, name: &str) -> bool {
        self.has_python_list || self.python_packages.contains(name)
    }

    /// Whether a variable is set to a value.
    pub fn has_variable(&self, name: &str, value: &str) -> bool {
        self.variables.get(name).is_some_and(|own| own == value)
    }

    /// What is known after an event.
    pub fn after(&mut self, event: &Event) {
        match event {
            Event::Step(step) => self.after_command(step),
            Event::Made(made) => self.contents.add_program(made),
            Event::Copied(copied) => self.after_copy(copied),
            Event::Env(variable) => self.after_variable(variable),
            // They bring no programs of the distribution, and those that they bring by name are events of their own.
            Event::Opaque(Why::LanguagePackages) => self.contents.add_language_packages(),
            Event::Opaque(Why::Files) => self.may_have_files = true,
            Event::Opaque(why) => {
                self.contents.forget();
                self.has_own_certificates = true;
                self.has_sources_list = true;
                self.may_have_files |= matches!(why, Why::Folder | Why::Download);
                // What is compiled here sets up no package manager.
                let may_set = *why != Why::Installation;
                self.has_other_archive |= may_set;
                self.answers_yes |= may_set;
                self.allows_pip |= may_set;
            }
        }
    }

    fn after_command(&mut self, step: &Step) {
        let command = &step.command;
        let has = |text: &str| command.words.iter().any(|word| word.text.contains(text));
        let named = named(command, step.workdir.as_deref());
        let names = |folder: &str| named.iter().any(|text| text.contains(folder));
        self.answers_yes |= has("Assume-Yes") || names("/etc/apt/apt.conf");
        self.has_other_archive |= names("/etc/apt/sources.list")
            || names("/etc/apt/trusted")
            || command.is_program(&["add-apt-repository", "apt-add-repository", "extrepo"]);
        let sets = |text: &str| has(text) && command.pip_install().is_none();
        self.allows_pip |=
            has("EXTERNALLY-MANAGED") || sets("break-system-packages") || sets("PIP_BREAK_SYSTEM");
        self.allows_pip |= command.is_program(&[".", "source"]) && has("activate");
        let makes = command.is_program(&["virtualenv"])
            || (has("venv") && command.program().is_some_and(|(name, _)| name.starts_with("python")));
        self.has_environment |= makes;
        // Which of the two comes first is not important.
        self.changes_path |= command.words.iter().any(|word| word.text.starts_with("PATH="));
        self.allows_pip |= self.has_environment && self.changes_path;
        self.has_own_certificates |= has("sslVerify") || names("/etc/ssl/") || names("ca-certificates/");
        let writes = command.redirected.iter().any(|word| word.text == SOURCES_LIST)
            || (command.is_program(&["tee", "cp", "mv", "touch", "install"]) && has(SOURCES_LIST));
        self.has_sources_list |= writes;
        self.uses_system_python |= has("/usr/bin/python3") || has("dist-packages");
        if let Some(words) = command.pip_install() {
            self.has_python_list |= !requirement_files(words).is_empty();
            let own = Rc::make_mut(&mut self.python_packages);
            for word in pip_packages(words) {
                let end = word.text.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c));
                if own.len() < MOST_NAMES {
                    own.insert(normalized(&word.text[..end.unwrap_or(word.text.len())]));
                }
            }
        }
        if command.installs_debian_packages() {
            self.after_apt(command);
        } else if command.arguments_of(&["apk"], "add").is_some() {
            for word in command.operands().into_iter().skip(1) {
                let name = word.text.split(['=', '<', '>', '~', '@']).next().unwrap_or_default();
                self.contents.add_package(name);
                self.has_apk_dependencies = true;
                if name.contains('$') {
                    self.contents.forget();
                }
            }
        } else if command.is_program(&["dnf", "yum", "microdnf", "aptitude", "dpkg", "zypper"]) {
            self.contents.forget();
        }
    }

    fn after_apt(&mut self, command: &ShellCommand) {
        let is_with_recommended = command.takes_recommended();
        for word in command.debian_packages() {
            let Some(Package { name, .. }) = Package::read(word) else {
                // A variable or a file may be any package.
                self.contents.forget();
                continue;
            };
            self.contents.add_package(name);
            let Some(release) = self.debian() else {
                self.contents.forget();
                continue;
            };
            match brings(name, release, is_with_recommended) {
                Some(all) => all.into_iter().for_each(|name| self.contents.add_package(name)),
                // What there is no such package of brings nothing, unless another archive has it.
                None if self.has_other_archive || self.is_unknown(name, release) => self.contents.forget(),
                None => {}
            }
        }
    }

    fn is_unknown(&self, name: &str, release: DebianRelease) -> bool {
        let arch = self.arch.unwrap_or(DebianArch::Amd64);
        availability(name, release, arch) == Availability::Unknown
    }

    fn after_copy(&mut self, copied: &Copied) {
        self.files.add(copied);
        if let Some(name) = copied.program() {
            self.contents.add_program(name);
        }
        let is_in = |folder: &str| {
            copied.path.starts_with(folder)
                || (copied.path.starts_with('/') && folder.starts_with(&copied.path))
        };
        self.has_other_archive |= is_in("/etc/apt/sources.list") || is_in("/etc/apt/trusted");
        self.answers_yes |= is_in("/etc/apt/apt.conf");
        self.has_sources_list |= is_in(SOURCES_LIST);
        self.has_own_certificates |= is_in("/etc/ssl/certs") || is_in("/usr/local/share/ca-certificates");
        self.allows_pip |= ["/etc/pip.conf", "/root/.pip/", "/root/.config/pip/"].into_iter().any(is_in);
    }

    fn after_variable(&mut self, variable: &Variable) {
        let value = variable.value.as_deref().unwrap_or_default();
        if VARIABLES.contains(&&*variable.name) {
            let value = value.get(..value.len().min(LONGEST_VALUE)).unwrap_or_default();
            self.variables.insert(variable.name.clone(), value.to_owned());
        }
        self.allows_pip |= match variable.name.as_str() {
            "PIP_BREAK_SYSTEM_PACKAGES" | "PIP_TARGET" | "PIP_PREFIX" | "VIRTUAL_ENV" => true,
            "GIT_SSL_NO_VERIFY" | "SSL_CERT_FILE" | "CURL_CA_BUNDLE" | "GIT_SSL_CAINFO" => {
                self.has_own_certificates = true;
                false
            }
            "PATH" => {
                self.changes_path = true;
                self.has_environment
            }
            _ => false,
        };
        self.uses_system_python |= value.contains("dist-packages");
    }
}

/// The words of a command and the files of its redirections, as they are written, and as paths from the folder that it
/// runs in. A command that names a file may write it in more ways than can be told: `sed -i`, `tee`, a program.
fn named<'c>(command: &'c ShellCommand, workdir: Option<&str>) -> Vec<Cow<'c, str>> {
    let words = command.words.iter().chain(&command.redirected);
    let paths = |word: &'c Word| {
        let path = place(&word.text, workdir.map(str::as_bytes)).map(Cow::Owned);
        path.into_iter().chain([Cow::Borrowed(&*word.text)])
    };
    words.flat_map(paths).collect()
}
