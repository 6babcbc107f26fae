//! What Python images do not have any more: setuptools and distutils, Python 2 and its programs, options of pip.
//!
//! Tried with Python 3.12 and 3.13 as they come, with pip alone, and with pip 24.0 and 25.0.

use super::removal::{Removed, Unless};
use crate::shell::{ShellCommand, Word};

/// Options of `pip install` that pip 24 and 25 do not know: "no such option". With what to do.
const OPTIONS: [(&str, &str); 13] = [
    ("--allow-all-external", ""),
    ("--allow-external", ""),
    ("--allow-unverified", ""),
    ("--always-unzip", ""),
    ("--build", "Leave it out, or set `TMPDIR` for a folder with more space."),
    ("--download-cache", "Write `--cache-dir`."),
    ("--egg", ""),
    ("--install-option", "Write `--config-settings` if the package documents one, or leave it out."),
    ("--no-use-wheel", "Write `--no-binary :all:`."),
    ("--process-dependency-links", "Name the package of the link in requirements.txt: `NAME @ URL`."),
    ("--use-mirrors", ""),
    ("--use-wheel", ""),
    ("-b", "Leave it out, or set `TMPDIR` for a folder with more space."),
];

/// The commands of a setup.py that build or install.
const SETUP: [&str; 7] = ["install", "develop", "build", "build_ext", "bdist_wheel", "sdist", "bdist_egg"];

pub fn removed(command: &ShellCommand, version: (u32, u32)) -> Option<Removed> {
    if let Some(found) = command.pip_install().and_then(|words| option(words, version)) {
        return Some(found);
    }
    let (program, words) = command.program()?;
    let own = command.words.len().checked_sub(words.len() + 1).and_then(|at| command.words.get(at))?;
    // Another Python than the image's: of Debian, or of a virtual environment.
    if own.text.contains('/') && !own.text.starts_with("/usr/local/bin/") {
        return None;
    }
    if version.0 < 3 {
        return None;
    }
    if program == "pip2" || program == "pip2.7" || program == "python2" || program == "python2.7" {
        let three = program.trim_end_matches(".7").replace('2', "3");
        return Some(Removed {
            message: format!("an image of Python 3 has no `{program}`"),
            help: format!("Write `{three}`, and move the code to Python 3."),
            span: own.span.clone(),
            unless: Vec::new(),
        });
    }
    let (name, span) = match module(program, words) {
        Some(word) => (&*word.text, own.span.start..word.span.end),
        None => (program, own.span.clone()),
    };
    match name {
        "pyvenv" if version >= (3, 12) => Some(Removed {
            message: "Python has no `pyvenv` any more".to_owned(),
            help: "Write `python -m venv`.".to_owned(),
            span,
            unless: Vec::new(),
        }),
        "easy_install" if version >= (3, 12) => Some(Removed {
            message: "the images of Python 3.12 and later have no `easy_install`".to_owned(),
            help: "Write `pip install`.".to_owned(),
            span,
            unless: Vec::new(),
        }),
        "2to3" | "lib2to3" if version >= (3, 13) => Some(Removed {
            message: "Python 3.13 and later have no `2to3`".to_owned(),
            help: "Run it once with an older Python, and keep its result in the project.".to_owned(),
            span,
            unless: Vec::new(),
        }),
        _ if version >= (3, 12) && is_python(program) => {
            let (script, rest) = words.split_first()?;
            let is_setup = script.text == "setup.py" || script.text.ends_with("/setup.py");
            let does = rest.iter().find(|word| !word.text.starts_with('-'))?;
            (is_setup && SETUP.contains(&&*does.text)).then(|| Removed {
                message:
                    "the images of Python 3.12 and later have no setuptools, and Python no distutils: a \
                          setup.py cannot be run"
                        .to_owned(),
                help: match &*does.text {
                    "develop" => {
                        "Write `pip install -e .`, which installs setuptools for the build.".to_owned()
                    }
                    "install" => "Write `pip install .`, which installs setuptools for the build.".to_owned(),
                    _ => "Write `pip install setuptools` before it.".to_owned(),
                },
                span: own.span.start..does.span.end,
                unless: vec![Unless::PythonPackage("setuptools")],
            })
        }
        _ => None,
    }
}

/// The module of `python -m NAME`.
fn module<'w>(program: &str, words: &'w [Word]) -> Option<&'w Word> {
    let first = words.first().filter(|_| is_python(program))?;
    if first.text == "-m" { words.get(1) } else { None }
}

/// `python`, `python3`, `python3.12`.
fn is_python(program: &str) -> bool {
    program == "python"
        || program
            .strip_prefix("python3")
            .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

fn option(words: &[Word], version: (u32, u32)) -> Option<Removed> {
    if version < (3, 12) {
        return None;
    }
    let mut known = words.iter().take_while(|word| word.text != "--").filter_map(|word| {
        let name = word.text.split('=').next().unwrap_or_default();
        OPTIONS.iter().find(|(option, _)| *option == name).map(|(option, help)| (word, *option, *help))
    });
    let (word, option, help) = known.next()?;
    Some(Removed {
        message: format!("pip has no option `{option}` any more"),
        help: if help.is_empty() { "Leave it out.".to_owned() } else { help.to_owned() },
        span: word.span.clone(),
        unless: Vec::new(),
    })
}
