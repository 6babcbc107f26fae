//! The recipes of "Adding something" in CONTRIBUTING.md, each with the files that it takes.

use std::path::{Path, PathBuf};

use super::copy::Crate;

/// A device type: one entry.
pub fn add_device_type(tree: &mut Crate) {
    const LIST: &str = "data/more-device-types.yaml";
    let entry = "  my-board: {name: My Board, arch: aarch64, aliases: [my-alias]}\n";
    tree.replace(LIST, "device_types:\n", &format!("device_types:\n{entry}"));
    tree.took(&[LIST]);
}

/// A rule of `dtpl check`: its file, its page, and a line.
pub fn add_rule(tree: &mut Crate) {
    let page = "# my-rule\n\nMy summary.\n\n## Bad\n\n```Dockerfile\nFROM alpine:3.22\nONBUILD USER 1\n```\n";
    tree.create_as_written("src/check/rules/my_rule.rs");
    tree.create("docs/rules/my-rule.md", page);
    let line = "    \"my-rule\" Warning Rendering my_rule;\n";
    tree.insert("src/check/rules/mod.rs", "    \"no-dockerfile\"", line);
    tree.took(&["docs/rules/my-rule.md", "src/check/rules/mod.rs", "src/check/rules/my_rule.rs"]);
}

/// A kind of fault: its file, where it is asked, a rule and a note of its name, and their page.
pub fn add_fault(tree: &mut Crate) {
    const STAGES: &str = "src/software/faults/stages.rs";
    let page = "# my-fault\n\nMy summary.\n\n## Bad\n\n```Dockerfile\nFROM debian:bookworm\nRUN systemctl start a\n```\n";
    tree.create_as_written("src/software/faults/my_fault.rs");
    tree.create("docs/rules/my-fault.md", page);
    tree.insert("src/software/faults/mod.rs", "mod other_release;", "mod my_fault;\n");
    tree.insert(STAGES, "other_release, ", "my_fault, ");
    tree.insert(STAGES, "        removed_command::look(&mut run);", "        my_fault::look(&mut run);\n");
    tree.insert("src/check/rules/mod.rs", "    \"needs-build-argument\"", "    \"my-fault\" Warning;\n");
    tree.insert(
        "src/migrate/notes.rs",
        "    notes / \"new-distribution\"",
        "    rules / \"my-fault\" Build;\n",
    );
    tree.took(&[
        "docs/rules/my-fault.md",
        "src/check/rules/mod.rs",
        "src/migrate/notes.rs",
        "src/software/faults/mod.rs",
        "src/software/faults/my_fault.rs",
        STAGES,
    ]);
}

/// A package that is called otherwise now: one line.
pub fn add_changed_package(tree: &mut Crate) {
    const TABLE: &str = "package-changes.tsv";
    tree.insert(TABLE, "mysql-client\t", "my-package\tdebian\tcurl\tno\tIt is my advice.\n");
    tree.took(&[TABLE]);
}

/// A program of a package: one line.
pub fn add_program(tree: &mut Crate) {
    const TABLE: &str = "data/programs.tsv";
    tree.insert(TABLE, "mysql\t", "my-program\ti2c-tools\ti2c-tools\t\t\n");
    tree.took(&[TABLE]);
}

/// A stack of `dtpl init`: its folder, and an entry. Another stack is the pattern for both.
pub fn add_stack(tree: &mut Crate) {
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

/// An output format of `dtpl batch`: its file, the line that declares its module, and its place in the list.
pub fn add_format(tree: &mut Crate) {
    tree.create_as_written("src/batch/csv.rs");
    tree.insert("src/batch/mod.rs", "mod format;", "mod csv;\n");
    tree.insert("src/batch/formats.rs", "&tree::FORMAT", "&super::csv::FORMAT, ");
    tree.took(&["src/batch/csv.rs", "src/batch/formats.rs", "src/batch/mod.rs"]);
}

/// A field of compose files: it is read, a build has it, and a bake file gets it. Two builds that differ in
/// it are not one.
pub fn add_compose_field(tree: &mut Crate) {
    const SETTINGS: &str = "src/project/build_settings.rs";
    const BAKE: &str = "src/batch/bake.rs";
    const DEFINITION: &str = "src/batch/build_definition.rs";
    let field = "    /// How the containers of the build are isolated.\n    pub isolation: Option<String>,\n";
    tree.insert(SETTINGS, "    /// Whether caches are not used.\n", field);
    let read = "            isolation: text(\"isolation\").map(str::to_owned),\n";
    tree.insert(SETTINGS, "            no_cache: is_true(\"no_cache\"),\n", read);
    let field =
        "    #[serde(skip_serializing_if = \"Option::is_none\")]\n    pub isolation: Option<String>,\n";
    tree.insert(DEFINITION, "    #[serde(skip_serializing_if = \"BTreeSet::is_empty\")]\n", field);
    let value = "            isolation: settings.isolation.clone(),\n";
    tree.insert(DEFINITION, "            target: own.target", value);
    tree.insert(
        BAKE,
        "            target: self.target",
        "            isolation: self.isolation.map(text),\n",
    );
    tree.took(&[BAKE, DEFINITION, SETTINGS]);
}

/// What a person decides of an official image: the stack that it carries. What the refresh makes of it is the same line
/// in the table.
pub fn add_image(tree: &mut Crate) {
    const CHOICES: &str = "data/image-choices.yaml";
    const TABLE: &str = "base-images.yaml";
    for (list, next) in [(CHOICES, "\n# Other names that people use"), (TABLE, "\n# Other names of stacks.")]
    {
        tree.insert(list, next, "  ruby: [ruby, jruby]\n");
    }
    tree.took(&[TABLE, CHOICES]);
}

/// A name of an arch: one entry. Its values are data, of which a user can give some with `--device-types`.
pub fn add_arch_name(tree: &mut Crate) {
    const LIST: &str = "src/arch.rs";
    let entry = "    // My name.\n    (\"my_name\", \"DTPL_MY_NAME\"),\n";
    tree.insert(LIST, "    // The target triple:", entry);
    tree.count_up(LIST, "NAMES: [(&str, &str); ");
    tree.took(&[LIST]);
}
