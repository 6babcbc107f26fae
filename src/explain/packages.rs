//! The pitfalls of package managers in a `RUN`. A sentence is left out where it may be wrong: where a script
//! that is not in the Dockerfile runs, where a folder is mounted, where nothing is known of the base image.

use super::mounts::Mounts;
use super::phrases::listed;
use super::{Details, InstructionContext};
use crate::dockerfile::{Dockerfile, Instruction};
use crate::image::Family;
use crate::shell::{
    APT_LISTS, INSTALL_PACKAGES, ShellCommand, Word, has_version_limits, is_pinned, keeps_no_downloads,
    makes_files, pip_packages, requirement_files,
};

/// What is set for package managers somewhere in a file.
pub(super) struct Settings {
    /// Anything about the cache of pip.
    pip_cache: bool,
    /// A file that limits the versions that pip may take.
    pip_constraint: bool,
    /// What apt asks, or a file of its settings.
    apt: bool,
    /// `APT::Update`, with which an installation updates.
    apt_update: bool,
    /// The folder that keeps the index of apk.
    apk_cache: bool,
}

const APT_UPDATE: &[u8] = b"APT::Update";

impl Settings {
    pub fn of(file: &Dockerfile) -> Settings {
        let has = |texts: &[&str]| {
            let bytes = file.source.bytes();
            texts.iter().any(|text| memchr::memmem::find(bytes, text.as_bytes()).is_some())
        };
        // `APT::Update::Post-Invoke` is another one.
        let is_whole =
            |at: usize| file.source.bytes().get(at + APT_UPDATE.len()).is_none_or(|next| *next != b':');
        Settings {
            pip_cache: has(&["PIP_NO_CACHE_DIR", "PIP_CACHE_DIR", "pip.conf", "no-cache-dir"]),
            pip_constraint: has(&["PIP_CONSTRAINT"]),
            apt: has(&["Assume-Yes", "apt.conf"]),
            apt_update: memchr::memmem::find_iter(file.source.bytes(), APT_UPDATE).any(is_whole),
            apk_cache: has(&["/etc/apk/cache"]),
        }
    }
}

/// A `RUN`, with what its pitfalls depend on.
struct Run<'r> {
    context: &'r InstructionContext<'r>,
    instruction: &'r Instruction<'r>,
    commands: &'r [ShellCommand],
    mounts: Mounts,
    /// Whether something runs whose commands are not in the Dockerfile.
    is_opaque: bool,
}

pub(super) fn pitfalls(
    context: &InstructionContext,
    instruction: &Instruction,
    commands: &[ShellCommand],
    details: &mut Details,
) {
    let is_opaque = commands.iter().any(is_opaque);
    let run = Run { context, instruction, commands, mounts: Mounts::of(instruction), is_opaque };
    run.apt(details);
    run.python(details);
    run.apk(details);
    run.install_packages(details);
}

/// Whether a command runs others that are not known: a script, a program in a variable, what is downloaded.
fn is_opaque(command: &ShellCommand) -> bool {
    const RUNNING: [&str; 13] = [
        "sh",
        "bash",
        "ash",
        "dash",
        "zsh",
        ".",
        "source",
        "eval",
        "add-apt-repository",
        "apt-add-repository",
        "aptitude",
        "apt-fast",
        "gdebi",
    ];
    match command.program() {
        Some((name, _)) => {
            (RUNNING.contains(&name) && !command.is_script_read)
                || name.ends_with(".sh")
                || name.ends_with(".py")
                || is_installer(name)
                || command.words.iter().any(|word| word.text.starts_with("./"))
        }
        None => command.words.iter().any(|word| word.text.starts_with('$')),
    }
}

/// Whether the name of a program says that it may do with packages what is not known here.
fn is_installer(name: &str) -> bool {
    const WORDS: [&str; 6] = ["clean", "setup", "build-dep", "rosdep", "bootstrap", "apt-"];
    const APART: [&str; 5] = ["apt-get", "apt-mark", "apt-key", "apt-cache", "apt-config"];
    WORDS.iter().any(|word| name.contains(word)) && !APART.contains(&name)
}

/// Whether the value of a variable stands for more words.
fn has_variable(words: &[Word]) -> bool {
    words.iter().any(|word| word.text.contains(['$', '`']))
}

impl Run<'_> {
    fn has_word(&self, wanted: impl Fn(&str) -> bool) -> bool {
        self.commands.iter().flat_map(|command| &command.words).any(|word| wanted(&word.text))
    }

    /// The commands that install packages of apt, with their arguments.
    fn apt_installs(&self) -> impl Iterator<Item = (&ShellCommand, &[Word])> {
        self.commands.iter().filter_map(|command| Some((command, command.apt("install")?)))
    }

    fn apt(&self, details: &mut Details) {
        let runs = |verb: &str| self.commands.iter().any(|command| command.apt(verb).is_some());
        // The lists are fetched by the installation itself, too.
        let has_install = self.apt_installs().next().is_some();
        let fetches = runs("update") || self.apt_installs().any(|(command, _)| command.updates_apt());
        let is_mounted = self.mounts.may_hold(APT_LISTS, &[]);
        let is_alone = self.commands.iter().all(ShellCommand::needs_no_package_list);
        if runs("update") && is_alone && !self.is_opaque && !is_mounted && !self.removes_lists() {
            details.pitfall(
                "An update by itself stays in the cache: a later RUN then installs from an old list, or fails \
                 because a package is gone. Put update and install into one RUN, with && in between.",
            );
        }
        let is_file = |word: &&Word| word.text.ends_with(".deb") || word.text.starts_with('-');
        let needs_lists = self.apt_installs().any(|(_, words)| {
            // A variable may stand for a file.
            !words.iter().all(|word| is_file(&word))
                && !words.iter().any(|word| word.text.contains('/') || word.text.starts_with('$'))
        });
        if has_install
            && !fetches
            && !self.context.overview.settings.apt_update
            && needs_lists
            && !self.is_opaque
            && !is_mounted
        {
            details.pitfall(
                "It installs without `apt-get update` in the same RUN: the list of packages is as old as the \
                 layer it came with, or missing.",
            );
        }
        let in_image = self.context.is_in_image();
        if has_install && fetches && in_image && !self.is_opaque && !is_mounted && !self.removes_lists() {
            details.pitfall(
                "The lists of packages stay in the layer: end with `rm -rf /var/lib/apt/lists/*` in the same \
                 RUN; a later one would not make the image smaller.",
            );
        }
        let asks = self.apt_installs().any(|(command, words)| {
            !command.answers_apt() && !command.is_fed && !has_variable(words) && !has_variable(&command.words)
        });
        let is_answered = self.context.family().is_none_or(Family::is_of_balena)
            || self.context.overview.settings.apt
            || self.has_word(|word| word == "yes" || word.contains("DEBIAN_PRIORITY"));
        if asks && !is_answered {
            details.pitfall(
                "Nobody can answer its questions: `apt-get install` needs `-y` to install more than what is \
                 named.",
            );
        }
    }

    /// Whether the lists are, or may be, removed in the same RUN, or are elsewhere.
    fn removes_lists(&self) -> bool {
        // Whatever is done to them, by a script in a string or by a `trap`.
        let names_them = |word: &str| {
            ["/var/lib/apt", "/var/lib/{", "Dir::State"].iter().any(|folder| word.contains(folder))
        };
        let removes = |command: &ShellCommand| {
            let is_wide = |word: &Word| {
                matches!(&*word.text, "/var/lib/*" | "/var/*" | "/var" | "/var/lib")
                    || word.text.contains('$')
            };
            let is_removing = command.is_program(&["rm", "find", "xargs", "rsync", "truncate"]);
            (is_removing && command.words.iter().any(is_wide))
                || (command.is_program(&["cd"])
                    && command.words.iter().any(|word| word.text.contains("/var/lib")))
                || ["distclean", "dist-clean"].iter().any(|verb| command.apt(verb).is_some())
        };
        self.has_word(names_them) || self.commands.iter().any(removes)
    }

    fn python(&self, details: &mut Details) {
        let Some(arguments) = self.commands.iter().find_map(ShellCommand::pip_install) else { return };
        if self.keeps_pip_cache() {
            details.pitfall("pip keeps what it downloads in the layer: `--no-cache-dir` leaves it out.");
        }
        let lists = requirement_files(arguments);
        if !lists.is_empty() {
            if let Some(line) = self.context.whole_copy_before()
                && lists.iter().any(|list| !list.text.contains("://"))
            {
                details.pitfall(format!(
                    "All files are copied before it, on line {line}: when any of them changes, this runs again. \
                     Copy the list of requirements separately first."
                ));
            }
            if self.lacks_list(&lists) {
                details.pitfall(
                    "No file was copied before it: the list of requirements is not in the image yet.",
                );
            }
            details
                .pitfall("Versions pinned in that list (`Flask==3.1.3`) stay the same from build to build.");
            return;
        }
        let has_limits = has_version_limits(arguments) || self.context.overview.settings.pip_constraint;
        let mut unpinned = pip_packages(arguments);
        unpinned.retain(|word| word.text != "pip" && !is_pinned(&word.text));
        if !unpinned.is_empty() && !has_limits {
            let names = listed(unpinned.iter().map(|word| word.text.as_bytes()));
            details.pitfall(format!(
                "No version is pinned for {names}: another day may give another image. Write `name==1.2.3`."
            ));
        }
    }

    fn keeps_pip_cache(&self) -> bool {
        let is_set = self.context.overview.settings.pip_cache;
        let is_removed = self.commands.iter().any(|command| {
            (command.is_program(&["rm", "find"])
                && command.words.iter().any(|word| word.text.contains("cache")))
                || command.words.windows(2).any(|pair| pair[0].text == "cache" && pair[1].text == "purge")
        });
        let installs = |command: &&ShellCommand| command.pip_install().is_some();
        let keeps_none = self.commands.iter().filter(installs).any(|found| keeps_no_downloads(&found.words));
        // What an image that is not known sets is not known either.
        self.context.family().is_some()
            && self.context.is_in_image()
            && !(is_set || is_removed || keeps_none || self.is_opaque)
            && !self.mounts.may_hold("/root/.cache/pip", &[".cache", "pip"])
    }

    /// Whether a list that pip reads cannot be there.
    fn lacks_list(&self, lists: &[Word]) -> bool {
        let Some(facts) = self.context.facts() else { return false };
        let is_before = |at: Option<usize>| at.is_some_and(|at| at < self.context.at);
        let is_here = |list: &Word| !list.text.contains("://") && !list.text.contains(['$', '`']);
        let made =
            self.commands.iter().take_while(|command| command.pip_install().is_none()).any(makes_files);
        self.context.is_on_image()
            && self.context.family() == Some(Family::Official)
            && !is_before(facts.first_copy)
            && !is_before(facts.first_making)
            && !made
            && !self.is_opaque
            && self.mounts.is_empty()
            && self.instruction.heredocs.is_empty()
            && lists.iter().all(is_here)
    }

    fn apk(&self, details: &mut Details) {
        let keeps = |command: &ShellCommand| {
            command.arguments_of(&["apk"], "add").is_some()
                && !has_variable(&command.words)
                && !command.words.iter().any(|word| {
                    matches!(&*word.text, "--no-cache" | "--no-network")
                        || word.text.starts_with("--cache-dir")
                })
        };
        let is_removed = self.commands.iter().any(|command| {
            command.is_program(&["rm", "find"]) && command.words.iter().any(|word| word.text.contains("/var"))
        });
        let is_mounted =
            self.mounts.may_hold("/var/cache/apk", &[]) || self.mounts.may_hold("/etc/apk/cache", &[]);
        let is_linked = self.context.overview.settings.apk_cache;
        if self.commands.iter().any(keeps)
            && self.context.is_in_image()
            && !(is_removed || is_mounted || is_linked || self.is_opaque)
        {
            details.pitfall("apk keeps its index in the layer: `apk add --no-cache` leaves it out.");
        }
    }

    fn install_packages(&self, details: &mut Details) {
        if !self.commands.iter().any(|command| command.is_program(&[INSTALL_PACKAGES])) {
            return;
        }
        let is_before = |at: Option<usize>| at.is_some_and(|at| at < self.context.at);
        let may_be_made = self.context.facts().is_none_or(|facts| {
            is_before(facts.first_copy) || is_before(facts.first_making) || !self.context.is_on_image()
        });
        match self.context.family() {
            Some(Family::Balenalib | Family::Resin) => details.pitfall(
                "`install_packages` is balena's: it updates, installs and cleans up in one. Most other base \
                 images do not have it.",
            ),
            Some(Family::Official) if !may_be_made => details.pitfall(
                "`install_packages` is a script in balena's base images (`balenalib/`): Docker's Official \
                 Images do not have it.",
            ),
            // Other images have a script of this name, too.
            _ => {}
        }
    }
}
