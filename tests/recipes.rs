//! What it takes to add something: each recipe is followed on a copy of the crate, which is built and
//! tried. A recipe that needs a further file does not build, or what was added does not work.
//!
//! The copy is compiled with its dependencies the first time, which takes minutes, and after that only
//! when something changed. So this is not a part of `cargo test`, but of `.ci/run`:
//! `cargo test --test recipes -- --ignored`.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The files of a folder by their paths in it, without those that cargo and git make.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_owned();
            if name == Path::new("target") || name == Path::new(".git") {
                continue;
            }
            match path.is_dir() {
                true => open.push(path),
                false => drop(found.insert(name, fs::read(&path).unwrap())),
            }
        }
    }
    found
}

/// The crate, as it is after what the recipes say.
struct Crate {
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// The files that a recipe has changed or made so far.
    touched: Vec<String>,
}

impl Crate {
    fn text(&self, path: &str) -> String {
        String::from_utf8(self.files[Path::new(path)].clone()).unwrap()
    }

    /// Makes a file that is not there.
    fn create(&mut self, path: &str, text: &str) {
        assert!(self.files.insert(path.into(), text.into()).is_none(), "{path} is there");
        self.touched.push(path.to_owned());
    }

    /// Puts an entry into a file, before the first place with this text.
    fn insert(&mut self, path: &str, before: &str, entry: &str) {
        let mut text = self.text(path);
        let at = text.find(before).unwrap_or_else(|| panic!("no {before:?} in {path}"));
        text.insert_str(at, entry);
        self.files.insert(path.into(), text.into_bytes());
        self.touched.push(path.to_owned());
    }

    /// What the recipe that was followed took.
    #[track_caller]
    fn took(&mut self, expected: &[&str]) {
        self.touched.sort();
        assert_eq!(self.touched, expected);
        self.touched.clear();
    }

    /// Writes what differs into a folder, so that cargo compiles no more than it has to.
    fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        let there = files(folder);
        for path in there.keys().filter(|path| !self.files.contains_key(*path)) {
            fs::remove_file(folder.join(path)).unwrap();
        }
        for (path, bytes) in self.files.iter().filter(|(path, bytes)| there.get(*path) != Some(*bytes)) {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}

/// A device type: one entry.
fn add_device_type(tree: &mut Crate) {
    let entry =
        "  my-board: {name: My Board, arch: aarch64, aliases: [my-alias], status: active, base_images: []}\n";
    tree.insert("device-types.yaml", "  nanopc-t4:", entry);
    tree.took(&["device-types.yaml"]);
}

/// A rule of `dtpl check`: its file, its page, and a line.
fn add_rule(tree: &mut Crate) {
    let code = "//! `ONBUILD` works in another image only.

use crate::check::{RenderingScope, Sink};
use crate::dockerfile::Keyword;

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for instruction in scope.all(Keyword::Onbuild) {
        sink.report(&instruction.keyword_span, \"my finding\", \"my help\");
    }
}
";
    let page = "# my-rule\n\nMy summary.\n\n## Bad\n\n```Dockerfile\nFROM alpine:3.22\nONBUILD USER 1\n```\n";
    tree.create("src/check/rules/my_rule.rs", code);
    tree.create("docs/rules/my-rule.md", page);
    let line = "    \"my-rule\" Warning Rendering my_rule;\n";
    tree.insert("src/check/rules/mod.rs", "    \"no-dockerfile\"", line);
    tree.took(&["docs/rules/my-rule.md", "src/check/rules/mod.rs", "src/check/rules/my_rule.rs"]);
}

/// A stack of `dtpl init`: its folder, and an entry. Another stack is the pattern for both.
fn add_stack(tree: &mut Crate) {
    const LIST: &str = "src/init/stack.rs";
    let pattern = Path::new("templates/static");
    let folder: Vec<(PathBuf, Vec<u8>)> = tree
        .files
        .iter()
        .filter_map(|(path, bytes)| Some((path.strip_prefix(pattern).ok()?.to_owned(), bytes.clone())))
        .collect();
    assert!(folder.len() >= 3);
    for (path, bytes) in &folder {
        let path = Path::new("templates/my-stack").join(path);
        tree.create(path.to_str().unwrap(), std::str::from_utf8(bytes).unwrap());
    }
    let list = tree.text(LIST);
    let start = list.find("    Stack {\n        name: \"static\"").unwrap();
    let length = list[start..].find("\n    },\n").unwrap() + "\n    },\n".len();
    let entry = list[start..start + length].replace("\"static\"", "\"my-stack\"");
    tree.insert(LIST, "    Stack {\n        name: \"node\"", &entry);
    let files = tree.touched.iter().filter(|path| !path.starts_with("templates/my-stack/"));
    assert_eq!(files.collect::<Vec<_>>(), [LIST]);
    tree.touched.clear();
}

/// The program with everything that the recipes add.
fn build(tree: &Crate) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recipes");
    tree.write(&folder);
    let mut command = Command::new(env!("CARGO"));
    // What the surrounding run says of its own build is not about this one.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG") || name == "CARGO") {
        command.env_remove(name);
    }
    let built = command
        .args(["build", "--quiet", "--locked", "--bin", "dtpl", "--target-dir"])
        .arg(folder.join("target"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    folder.join("target/debug/dtpl")
}

#[test]
#[ignore = "compiles the crate again: cargo test --test recipes -- --ignored"]
fn what_the_recipes_add_works() {
    let mut tree = Crate { files: files(Path::new(env!("CARGO_MANIFEST_DIR"))), touched: Vec::new() };
    add_device_type(&mut tree);
    add_rule(&mut tree);
    add_stack(&mut tree);
    let program = build(&tree);

    let folder = tempfile::tempdir().unwrap();
    let run = |args: &str| -> (i32, String) {
        let output: Output =
            Command::new(&program).args(args.split_whitespace()).current_dir(folder.path()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    };
    let prints = |args: &str, status: i32, pieces: &[&str]| {
        let (got, text) = run(args);
        assert_eq!(got, status, "dtpl {args}: {text}");
        for piece in pieces {
            assert!(text.contains(piece), "dtpl {args} does not print {piece:?}: {text}");
        }
    };
    fs::write(
        folder.path().join("Dockerfile.template"),
        "FROM alpine:3.22\nENV A=%%BALENA_MACHINE_NAME%%\nONBUILD USER 1\n",
    )
    .unwrap();

    prints("devices my-board", 0, &["my-board", "My Board", "aarch64"]);
    prints("render -d my-alias", 0, &["ENV A=my-board\n"]);
    prints("batch -d all --format ndjson", 0, &["\"device\":\"my-board\""]);

    prints("check --explain my-rule", 0, &["# my-rule\n\nMy summary."]);
    let finding = ["Dockerfile.template:3:1: warning: my finding [my-rule]", "my help"];
    prints("check -d my-board --fail-on warning", 1, &finding);
    prints("check -d my-board --format sarif", 0, &["my-rule", "My summary."]);
    prints("check -d my-board --fail-on info --ignore my-rule", 0, &[]);

    prints("init --stack my-stack made", 0, &["my-stack", "Dockerfile.template"]);
    prints("check --fail-on info made", 0, &[]);
    prints("init --help", 0, &["my-stack"]);
}
