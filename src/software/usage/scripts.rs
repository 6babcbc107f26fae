//! The scripts of the project: which file of the build context a command starts, and what is in it. Each is read once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::package_scripts::commands_of_package;
use crate::context::{BuildContext, Copied, ImageFiles, Steps, place};
use crate::shell::{ScriptFile, ShellCommand, commands_in, interpreter};
use crate::source::Source;

/// The longest script that is read, and how many bytes of all and how many of them.
const LONGEST_SCRIPT: usize = 256 << 10;
const MOST_BYTES: usize = 4 << 20;
const MOST_SCRIPTS: usize = 500;
/// In so many bytes at the start a program shows that it is no text.
const HEAD: usize = 512;

/// What a file of the project is.
pub(super) enum Content {
    /// The commands of a shell's script.
    Shell(Vec<ShellCommand>),
    /// A script in another language.
    Language,
    /// No script, or one without a line that says what runs it.
    Program,
}

/// A file of the project that is started.
pub(super) struct Script {
    pub source: Arc<Source>,
    /// What tells it from others: its path, and in a `package.json` its name.
    pub key: Arc<str>,
    /// What its first line names.
    pub interpreter: Option<ShellCommand>,
    pub content: Content,
    /// Whether it runs what it is given, `exec "$@"`, and whether that is not certain.
    pub passes: Option<bool>,
    /// Whether it goes to, or names, the folder that it is in.
    pub names_own_folder: bool,
}

/// Finds and reads scripts.
pub(super) struct Scripts<'c> {
    context: &'c BuildContext,
    pub files: ImageFiles<'c>,
    /// What the current looks take from.
    steps: Steps,
    /// What was read, by its path and whether a shell reads it; none for what was too much.
    read: BTreeMap<(String, bool), Option<Rc<Script>>>,
    bytes_left: usize,
    /// Programs without a path that were looked for in the current stage, since something was copied.
    programs: RefCell<BTreeMap<String, Option<String>>>,
}

impl<'c> Scripts<'c> {
    pub(super) fn new(context: &'c BuildContext) -> Scripts<'c> {
        Scripts {
            context,
            files: ImageFiles::new(context),
            steps: Steps::default(),
            read: BTreeMap::new(),
            bytes_left: MOST_BYTES,
            programs: RefCell::default(),
        }
    }

    /// What is started by the container matters most: builds with many commands leave enough for it.
    pub(super) fn begin_container(&mut self) {
        self.steps = Steps::default();
        self.forget_programs();
    }

    /// Something was copied, or another stage begins.
    pub(super) fn forget_programs(&mut self) {
        self.programs.get_mut().clear();
    }

    /// The file of the build context that a command starts, which is looked for from each of the folders.
    pub(super) fn find(
        &self,
        stage: usize,
        script: &ScriptFile,
        folders: &[Option<&str>],
        mounts: &[Copied],
    ) -> Option<String> {
        let text = &script.word.text;
        if !script.is_read && !text.contains('/') {
            let mut programs = self.programs.borrow_mut();
            if let Some(known) = programs.get(text) {
                return known.clone();
            }
            let found = self.files.find_program(stage, text, &self.steps);
            programs.insert(text.clone(), found.clone());
            return found;
        }
        folders.iter().find_map(|folder| {
            let path = place(text, folder.map(str::as_bytes))?;
            self.files.find(stage, &path, mounts, &self.steps)
        })
    }

    /// A file of the project; `is_read` says that a shell reads it, whatever its first line says. None if it is too
    /// large, or there are too many.
    pub(super) fn read(&mut self, path: &str, is_read: bool) -> Option<Rc<Script>> {
        if let Some(known) = self.read.get(&(path.to_owned(), is_read)) {
            return known.clone();
        }
        let script = self.read_new(path, is_read).map(Rc::new);
        self.read.insert((path.to_owned(), is_read), script.clone());
        script
    }

    fn read_new(&mut self, path: &str, is_read: bool) -> Option<Script> {
        if self.read.len() >= MOST_SCRIPTS {
            return None;
        }
        let source = self.context.read(path)?;
        let text = source.bytes();
        let interpreter = interpreter(text);
        let is_text = !text.iter().take(HEAD).any(|&b| b == 0);
        let is_shell = match &interpreter {
            _ if !is_text => false,
            _ if is_read => true,
            Some(program) => program.is_shell(),
            // It is left to the shell that starts it.
            None => path.ends_with(".sh"),
        };
        let content = match (is_shell, &interpreter) {
            (true, _) => {
                self.bytes_left = self.bytes_left.checked_sub(text.len())?;
                Content::Shell(commands_in(text).filter(|_| text.len() <= LONGEST_SCRIPT)?)
            }
            (false, Some(_)) if is_text => Content::Language,
            (false, _) => Content::Program,
        };
        let passes = match &content {
            Content::Shell(commands) => {
                commands.iter().filter(|command| passes(command)).map(|command| command.is_optional).min()
            }
            _ => None,
        };
        let holds = |text: &[u8]| memchr::memmem::find(source.bytes(), text).is_some();
        let names_own_folder = is_shell && (holds(b"dirname") || holds(b"BASH_SOURCE") || holds(b"%/*"));
        Some(Script { interpreter, content, passes, names_own_folder, key: path.into(), source })
    }

    /// A script of a `package.json`. None if it has none of this name, or there are too many.
    pub(super) fn read_package(&mut self, path: &str, name: &str) -> Option<Rc<Script>> {
        let key = format!("{path}:{name}");
        if let Some(known) = self.read.get(&(key.clone(), true)) {
            return known.clone();
        }
        let script = self.read_new_package(path, name, &key).map(Rc::new);
        self.read.insert((key, true), script.clone());
        script
    }

    fn read_new_package(&mut self, path: &str, name: &str, key: &str) -> Option<Script> {
        if self.read.len() >= MOST_SCRIPTS {
            return None;
        }
        let source = self.context.read(path)?;
        self.bytes_left = self.bytes_left.checked_sub(source.bytes().len())?;
        let commands = commands_of_package(source.bytes(), name)?;
        Some(Script {
            source,
            key: key.into(),
            interpreter: None,
            content: Content::Shell(commands),
            passes: None,
            names_own_folder: false,
        })
    }
}

/// Whether a command of a script runs what the script is given: `exec "$@"`, `exec gosu app "$@"`.
pub(super) fn passes(command: &ShellCommand) -> bool {
    let is_all = |text: &str| matches!(text, "$@" | "$*" | "${@}" | "${*}");
    let is_eval = command.is_program(&["eval"]);
    (is_eval || command.program().is_none()) && command.words.iter().any(|word| is_all(&word.text))
}
