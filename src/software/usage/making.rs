//! Which programs a command brings into the image by other ways than the packages of its distribution.

use super::event::Why;
use super::paths::may_hold_programs;
use super::writing::{has_letter, operands, option, written};
use crate::dockerfile::base_name;
use crate::shell::{ShellCommand, Word, pip_packages, program_at};

/// What a command brings.
#[derive(Default)]
pub(super) struct Making {
    /// The names of programs.
    pub programs: Vec<String>,
    /// Whether it may bring others.
    pub why: Option<Why>,
}

impl Making {
    fn of(programs: impl IntoIterator<Item = String>, why: Option<Why>) -> Making {
        Making { programs: programs.into_iter().collect(), why }
    }

    fn unknown(why: Why) -> Making {
        Making { programs: Vec::new(), why: Some(why) }
    }
}

/// Packages of Python whose programs have other names than they.
const PIP_PROGRAMS: [(&str, &[&str]); 8] = [
    ("ansible-core", &["ansible", "ansible-playbook"]),
    ("awscli", &["aws"]),
    ("circus", &["circusd", "circusctl"]),
    ("esptool", &["esptool", "esptool.py"]),
    ("httpie", &["http", "https"]),
    ("jupyterlab", &["jupyter", "jupyter-lab"]),
    ("pip", &["pip", "pip3"]),
    ("supervisor", &["supervisord", "supervisorctl"]),
];

/// What a command brings; `workdir` is where it runs.
pub(super) fn making(command: &ShellCommand, workdir: Option<&str>) -> Making {
    let mut making = by_program(command, workdir);
    let files = written(command, workdir);
    making.programs.extend(files.iter().filter_map(|path| Some(program_at(path)?.to_owned())));
    making.programs.retain(|name| !name.contains(['$', '*', '?', '(', '`']));
    if making.programs.len() < files.len() && making.why.is_none() {
        // `cp bin/* /usr/local/bin/`, `mv $FILES /usr/bin/`
        let is_open =
            |path: &String| program_at(path).is_some_and(|name| name.contains(['*', '?', '$', '`']));
        making.why = files.iter().any(is_open).then_some(Why::Folder);
    }
    making
}

fn by_program(command: &ShellCommand, workdir: Option<&str>) -> Making {
    let Some((name, words)) = command.program() else { return Making::default() };
    let has = |text: &str| words.iter().any(|word| word.text == text);
    let ends = |end: &str| words.iter().any(|word| word.text.ends_with(end));
    match name {
        "dpkg" if has_letter(words, 'i') || has("--install") => Making::unknown(Why::PackageFile),
        "gdebi" | "rpm" | "alien" => Making::unknown(Why::PackageFile),
        "apt-get" | "apt" | "apk" | "dnf" | "yum" if [".deb", ".apk", ".rpm"].into_iter().any(ends) => {
            Making::unknown(Why::PackageFile)
        }
        "dpkg" if has_letter(words, 'x') => Making::unknown(Why::Installation),
        "dpkg-deb" | "checkinstall" | "snap" | "flatpak" | "stow" => Making::unknown(Why::Installation),
        // These have the same programs as a distribution.
        "conda" | "mamba" | "brew" | "nix-env" | "nix" => Making::unknown(Why::Installation),
        "make" | "gmake" | "ninja" | "meson" | "scons" | "waf" | "rake" | "just"
            if words.iter().any(|word| word.text.contains("install")) =>
        {
            Making::unknown(Why::Installation)
        }
        "cmake" if has("--install") || words.iter().any(|word| word.text == "install") => {
            Making::unknown(Why::Installation)
        }
        "busybox" if has("--install") => Making::unknown(Why::Installation),
        "tar" | "bsdtar" | "unzip" | "cpio" | "7z" | "7za" => unpacked(name, words, workdir),
        "cp" | "rsync" | "mv" => {
            let is_deep =
                name != "cp" || has_letter(words, 'r') || has_letter(words, 'R') || has_letter(words, 'a');
            let last = operands(words, "tS").pop().map(|last| in_workdir(last, workdir));
            let is_open = is_deep && last.is_some_and(|last| is_above_programs(&last));
            Making { why: is_open.then_some(Why::Folder), ..Making::default() }
        }
        "chmod" | "chown" | "setcap" | "strip" => {
            // What gets other permissions is there.
            let paths = operands(words, "").into_iter().filter_map(program_at);
            Making::of(paths.map(str::to_owned), None)
        }
        "update-alternatives" | "alternatives" => {
            let links = words.windows(2).filter(|pair| matches!(&*pair[0].text, "--install" | "--slave"));
            Making::of(links.map(|pair| base_name(&pair[1].text).to_owned()), None)
        }
        "npm" | "pnpm" | "yarn" | "bun" => of_node(command, name, words),
        "bundle" | "bundler" | "pipenv" | "pdm" | "hatch" | "rye" | "pip-sync"
            if name == "pip-sync" || ["install", "update", "add", "sync"].into_iter().any(has) =>
        {
            Making::unknown(Why::LanguagePackages)
        }
        "gem" if has("install") => {
            Making::of(named(&operands(words, "vni")).map(str::to_owned), Some(Why::LanguagePackages))
        }
        "cargo" if has("install") => {
            Making::of(named(&operands(words, "j")).map(str::to_owned), Some(Why::LanguagePackages))
        }
        "go" if has("install") || has("get") => {
            let names = operands(words, "o").into_iter().skip(1).map(|path| {
                let path = path.split('@').next().unwrap_or_default();
                // `/v2` at the end is a version.
                let is_version =
                    |last: &str| last.strip_prefix('v').is_some_and(|rest| rest.parse::<u32>().is_ok());
                let name = path.rsplit('/').find(|part| !is_version(part));
                name.unwrap_or_default().to_owned()
            });
            Making::of(names.filter(|name| !name.is_empty() && name != "..."), None)
        }
        "corepack" if has("enable") => Making::of(["yarn", "pnpm"].map(str::to_owned), None),
        "composer" | "luarocks" | "cpan" | "cpanm" | "uv" | "pipx" | "poetry" => {
            Making::unknown(Why::LanguagePackages)
        }
        _ => of_python(command, name, words),
    }
}

/// `pip install NAMES`, `python get-pip.py`.
fn of_python(command: &ShellCommand, name: &str, words: &[Word]) -> Making {
    let is_python = name.starts_with("python") || name.starts_with("pypy");
    if is_python && words.iter().any(|word| word.text.contains("get-pip") || word.text == "ensurepip") {
        return Making::of(["pip", "pip3"].map(str::to_owned), None);
    }
    if is_python && words.iter().any(|word| word.text == "setup.py" || word.text.ends_with("/setup.py")) {
        return Making::unknown(Why::LanguagePackages);
    }
    if is_python && command.is_fed && words.iter().all(|word| word.text.starts_with('-')) {
        // What it reads may be `get-pip.py`.
        return Making::of(["pip", "pip3"].map(str::to_owned), Some(Why::LanguagePackages));
    }
    let is_easy = name.starts_with("easy_install").then_some(words);
    let Some(arguments) = command.pip_install().or(is_easy) else { return Making::default() };
    let names: Vec<String> = pip_packages(arguments)
        .iter()
        .filter_map(|word| {
            let operand = &word.text;
            let end = operand.find(['=', '<', '>', '!', '~', '[', ' ', ';', '@']).unwrap_or(operand.len());
            let name = operand.get(..end).unwrap_or_default().to_ascii_lowercase().replace('_', "-");
            let is_name = !name.is_empty() && !name.contains(['/', '.', ':', '$']);
            is_name.then_some(name)
        })
        .collect();
    let mut programs = Vec::new();
    for name in names {
        match PIP_PROGRAMS.iter().find(|(package, _)| **package == name) {
            Some((_, others)) => programs.extend(others.iter().map(|other| (*other).to_owned())),
            None => programs.push(name),
        }
    }
    Making::of(programs, Some(Why::LanguagePackages))
}

/// `npm install -g NAMES`, `yarn global add NAMES`, `npm ci`.
fn of_node(command: &ShellCommand, program: &str, words: &[Word]) -> Making {
    let has = |text: &str| words.iter().any(|word| word.text == text);
    let is_global = has_letter(words, 'g') || has("--global") || has("--location=global");
    let operands = operands(words, "C");
    let skipped = match (program, &operands[..]) {
        ("yarn", ["global", "add", ..]) => 2,
        (_, ["install" | "i" | "add" | "isntall", ..]) if is_global => 1,
        // Their programs are in `node_modules/.bin`, which PATH may name.
        (_, ["install" | "i" | "add" | "isntall" | "ci" | "clean-install", ..]) => {
            return Making::unknown(Why::LanguagePackages);
        }
        _ if command.dependency_file().is_some() => return Making::unknown(Why::LanguagePackages),
        _ => return Making::default(),
    };
    let names = operands.get(skipped..).unwrap_or_default().iter().filter_map(|package| {
        let package = package.rsplit('/').next().unwrap_or_default();
        let name = package.split('@').next().unwrap_or_default();
        (!name.is_empty()).then(|| name.to_owned())
    });
    Making::of(names, Some(Why::LanguagePackages))
}

/// The names after `install`.
fn named<'w>(operands: &[&'w str]) -> impl Iterator<Item = &'w str> {
    let after = operands.iter().position(|word| *word == "install").map_or(0, |at| at + 1);
    operands.get(after..).unwrap_or_default().to_vec().into_iter().filter(|name| !name.contains(['/', ':']))
}

/// `tar -xf a -C /usr/local`.
fn unpacked(name: &str, words: &[Word], workdir: Option<&str>) -> Making {
    let (letter, long) = match name {
        "unzip" => ('d', "directory"),
        "7z" | "7za" => ('o', "output"),
        _ => ('C', "directory"),
    };
    let folder = option(words, letter, long).unwrap_or(".");
    let is_open = unpacks(name, words) && is_above_programs(&in_workdir(folder, workdir));
    Making { why: is_open.then_some(Why::Folder), ..Making::default() }
}

/// Whether a program for archives unpacks one.
pub(super) fn unpacks(name: &str, words: &[Word]) -> bool {
    let first = words.first().map_or("", |word| &*word.text);
    match name {
        // `tar xzf a` and `tar -xzf a`
        "tar" | "bsdtar" => {
            let is_old = !first.starts_with('-') && first.contains('x') && !first.contains(['/', '.']);
            is_old
                || has_letter(words, 'x')
                || words.iter().any(|word| matches!(&*word.text, "--extract" | "--get"))
        }
        "cpio" => has_letter(words, 'i'),
        _ => true,
    }
}

/// A path where it is absolute or the working directory is known.
fn in_workdir(path: &str, workdir: Option<&str>) -> String {
    crate::context::place(path, workdir.map(str::as_bytes)).unwrap_or_default()
}

/// Whether what comes to a folder may be in a folder of programs.
fn is_above_programs(folder: &str) -> bool {
    folder.starts_with('/') && may_hold_programs(folder)
}
