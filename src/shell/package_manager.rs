//! Package managers of distributions: how each installs, and which commands are installations.

use super::command::ShellCommand;
use super::word::Word;

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

/// Verbs of apt that install or replace packages.
pub const APT_INSTALLING: [&str; 6] =
    ["install", "upgrade", "dist-upgrade", "full-upgrade", "build-dep", "satisfy"];

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

pub const APT: [&str; 2] = ["apt-get", "apt"];

impl ShellCommand {
    /// The arguments of `apt-get VERB`, with or without options in between.
    pub fn apt(&self, verb: &str) -> Option<&[Word]> {
        self.arguments_of(&APT, verb)
    }

    /// Whether it installs packages of Debian by name.
    pub fn installs_debian_packages(&self) -> bool {
        self.apt("install").is_some() || self.is_program(&[INSTALL_PACKAGES])
    }

    /// Whether it runs a package manager whose arguments are names of packages.
    pub fn names_packages(&self) -> bool {
        self.is_program(&[INSTALL_PACKAGES, "apt-get", "apt", "apk", "dnf"])
    }

    /// Whether one of apt's options answers its questions, or lets it ask none: `-y`, `-qqy`,
    /// `--simulate`.
    pub fn answers_apt(&self) -> bool {
        self.words.iter().any(|word| match word.text.strip_prefix('-') {
            Some("-yes" | "-assume-yes" | "-simulate" | "s") => true,
            Some(short) => !short.starts_with('-') && (short.contains('y') || short.contains("qq")),
            None => false,
        })
    }
}
