//! Lists the files of each folder of `templates/`, so that the program can hold them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

pub const FOLDER: &str = "templates";

/// What cargo would take for a package has this at the end of its name.
const SUFFIX: &str = ".in";

/// Writes a list of the files of each stack, by path.
pub fn list(out: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(out)?;
    for stack in fs::read_dir(FOLDER).context(FOLDER)? {
        let stack = stack?;
        let mut files = Vec::new();
        walk(&stack.path(), "", &mut files)?;
        files.sort_by_key(|file: &String| path_of(file).to_owned());
        let stack = stack.file_name().into_string().unwrap_or_default();
        let mut text = String::from("&[");
        for file in &files {
            let path = path_of(file);
            let from = format!("/{FOLDER}/{stack}/{file}");
            write!(
                text,
                "TemplateFile {{ path: {path:?}, text: include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {from:?})) }},"
            )?;
        }
        fs::write(out.join(format!("{stack}.rs")), text + "]")?;
    }
    Ok(())
}

fn path_of(file: &str) -> &str {
    file.strip_suffix(SUFFIX).unwrap_or(file)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<String>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().unwrap_or_default();
        match entry.file_type()?.is_dir() {
            true => walk(&entry.path(), &format!("{prefix}{name}/"), files)?,
            false => files.push(format!("{prefix}{name}")),
        }
    }
    Ok(())
}
