//! Package managers of distributions: how each installs, and which commands are installations.

use super::command::ShellCommand;
use super::options::given;
use super::program_folders::system_program;
use super::word::{Word, is_assignment};

/// Who installs packages in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageManager {
    /// Debian and Ubuntu.
    Apt,
    /// Alpine.
    Apk,
    /// Fedora.
    Dnf,
}

impl PackageManager {
    /// The command that fetches the package lists; empty where the installation does that itself.
    pub fn update(self) -> &'static str {
        match self {
            PackageManager::Apt => "apt-get update",
            PackageManager::Apk | PackageManager::Dnf => "",
        }
    }

    /// The command that installs the packages whose names follow.
    pub fn install(self) -> &'static str {
        match self {
            PackageManager::Apt => "apt-get install -y --no-install-recommends",
            PackageManager::Apk => "apk add --no-cache",
            PackageManager::Dnf => "dnf install -y",
        }
    }

    /// The command that removes what an installation leaves in the layer; empty where nothing is left.
    pub fn clean(self) -> &'static str {
        match self {
            PackageManager::Apt => "rm -rf /var/lib/apt/lists/*",
            PackageManager::Apk => "",
            PackageManager::Dnf => "dnf clean all",
        }
    }

    /// Update and installation in one line, for a message: the names of the packages follow.
    pub fn install_line(self) -> String {
        let commands = [self.update(), self.install()];
        commands.into_iter().filter(|command| !command.is_empty()).collect::<Vec<_>>().join(" && ")
    }
}

/// The script of balena's base images that updates, installs and cleans up.
pub const INSTALL_PACKAGES: &str = "install_packages";

/// The folder of apt's package lists.
pub const APT_LISTS: &str = "/var/lib/apt/lists";

/// Programs that install packages of Debian or Fedora.
pub const INSTALLERS: [&str; 12] = [
    INSTALL_PACKAGES,
    "apt-get",
    "apt",
    "apt-key",
    "aptitude",
    "dpkg",
    "gdebi",
    "add-apt-repository",
    "dnf",
    "yum",
    "rpm",
    "microdnf",
];

const APT: [&str; 2] = ["apt-get", "apt"];

/// Commands of apt that neither install nor ask for packages.
const APT_WITHOUT_PACKAGES: [&str; 4] = ["update", "clean", "autoclean", "check"];

/// Programs that install no package, whatever their arguments are.
const WITHOUT_PACKAGES: [&str; 46] = [
    "rm",
    "mkdir",
    "cp",
    "mv",
    "ln",
    "echo",
    "printf",
    "cat",
    "tee",
    "sed",
    "grep",
    "awk",
    "cut",
    "cd",
    "chmod",
    "chown",
    "curl",
    "wget",
    "gpg",
    "gpg2",
    "gpgconf",
    "install",
    "set",
    "export",
    "unset",
    "true",
    "false",
    ":",
    "[",
    "[[",
    "test",
    "ls",
    "touch",
    "sleep",
    "exit",
    "break",
    "continue",
    "uname",
    "date",
    "useradd",
    "groupadd",
    "apt-config",
    "apt-key",
    "add-apt-repository",
    "apt-add-repository",
    "dpkg-architecture",
];

impl ShellCommand {
    /// The arguments of `apt-get VERB`, with or without options in between.
    pub fn apt(&self, verb: &str) -> Option<&[Word]> {
        self.arguments_of(&APT, verb)
    }

    /// Whether it is known to need no list of packages: it neither installs one nor looks for one.
    pub fn needs_no_package_list(&self) -> bool {
        if self.words.iter().all(|word| is_assignment(&word.text)) || self.is_script_read {
            return true;
        }
        let Some((at, name)) = self.program_at() else { return false };
        if APT.contains(&name) {
            return APT_WITHOUT_PACKAGES.iter().any(|verb| self.apt(verb).is_some());
        }
        // `./install` is another program than `install`.
        let written = self.words.get(at).map_or("", |word| &*word.text);
        let is_of_system = system_program(written) == Some(name);
        // `dpkg --install` takes a file.
        let is_dpkg = name == "dpkg" && self.words.iter().any(|word| word.text.starts_with("--"));
        is_of_system && (WITHOUT_PACKAGES.contains(&name) || is_dpkg)
    }

    /// Whether it installs packages of Debian by name.
    pub fn installs_debian_packages(&self) -> bool {
        self.apt("install").is_some() || self.is_program(&[INSTALL_PACKAGES])
    }

    /// The packages of Debian that it installs, as they are named: `curl`, `curl=8.14.1-2`, `curl:armhf`.
    pub fn debian_packages(&self) -> Vec<&Word> {
        let mut operands = self.operands();
        if self.is_program(&[INSTALL_PACKAGES]) {
            return operands;
        }
        if self.apt("install").is_none() {
            return Vec::new();
        }
        operands.remove(0);
        operands
    }

    /// Whether its program is apt, and installs recommended packages as well.
    pub fn takes_recommended(&self) -> bool {
        !self.apt_options().iter().any(|(name, value)| match *name {
            "no-install-recommends" => value.is_none_or(is_true),
            "o" | "option" => value.is_some_and(|set| {
                let set = set.split_once('=');
                set.is_some_and(|(name, value)| name.eq_ignore_ascii_case(RECOMMENDS) && !is_true(value))
            }),
            _ => false,
        })
    }

    /// Whether it runs a package manager whose arguments are names of packages.
    pub fn names_packages(&self) -> bool {
        self.is_program(&[INSTALL_PACKAGES, "apt-get", "apt", "apk", "dnf"])
    }

    /// Whether one of apt's options answers its questions, or lets it ask none: `-y`, `-qqy`,
    /// `--simulate`.
    pub fn answers_apt(&self) -> bool {
        const NOT_ASKING: [&str; 7] =
            ["s", "simulate", "just-print", "dry-run", "recon", "no-act", "print-uris"];
        let options = self.apt_options();
        let quiet = options.iter().filter(|(name, _)| matches!(*name, "q" | "quiet"));
        let is_answered = |(name, value): &(&str, Option<&str>)| match *name {
            "y" | "yes" | "assume-yes" => value.is_none_or(is_true),
            "q" | "quiet" => value.is_some_and(|level| level.parse().is_ok_and(|level: u32| level > 1)),
            "o" | "option" => sets(*value, "APT::Get::Assume-Yes"),
            name => NOT_ASKING.contains(&name),
        };
        quiet.count() > 1 || options.iter().any(is_answered)
    }

    /// Whether an installation by apt fetches the lists of packages itself: `-U`, `--update`,
    /// `-o APT::Update=true`.
    pub fn updates_apt(&self) -> bool {
        self.apt_options().iter().any(|(name, value)| match *name {
            "U" | "update" => value.is_none_or(is_true),
            "o" | "option" => sets(*value, "APT::Update"),
            _ => false,
        })
    }

    fn apt_options(&self) -> Vec<(&str, Option<&str>)> {
        match self.program() {
            Some((name, words)) if APT.contains(&name) => given(name, words),
            _ => Vec::new(),
        }
    }
}

/// The setting of apt with which recommended packages are installed; it is on unless something says otherwise.
const RECOMMENDS: &str = "APT::Install-Recommends";

/// Whether the value of `-o` switches a setting of apt on.
fn sets(option: Option<&str>, setting: &str) -> bool {
    let set = option.and_then(|option| option.split_once('='));
    set.is_some_and(|(name, value)| name.eq_ignore_ascii_case(setting) && is_true(value))
}

/// What apt takes for a yes.
fn is_true(value: &str) -> bool {
    const YES: [&str; 5] = ["yes", "true", "with", "on", "enable"];
    YES.iter().any(|yes| value.eq_ignore_ascii_case(yes)) || value.parse().is_ok_and(|number: u32| number > 0)
}
