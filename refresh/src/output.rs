//! Writes what was made, and prints what changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::Made;

/// Lines that are printed of each file; the whole is in `git diff`.
const MOST_LINES: usize = 40;

/// Writes the files that differ from what is there, and prints the lines that went and came.
pub fn write(root: &Path, made: &[Made], check: bool) -> anyhow::Result<ExitCode> {
    let mut differs = false;
    for file in made {
        let path = root.join(file.path);
        let before = fs::read_to_string(&path).unwrap_or_default();
        if before == file.text {
            println!("{}: as it was", file.path);
            continue;
        }
        differs = true;
        if !check {
            fs::write(&path, &file.text).with_context(|| path.display().to_string())?;
        }
        let (old, new): (BTreeSet<&str>, BTreeSet<&str>) =
            (before.lines().collect(), file.text.lines().collect());
        let gone = old.difference(&new).map(|line| format!("- {}", line.trim_start()));
        let came = new.difference(&old).map(|line| format!("+ {}", line.trim_start()));
        let lines: Vec<String> = gone.chain(came).collect();
        println!("{}: {} lines differ", file.path, lines.len());
        lines.iter().take(MOST_LINES).for_each(|line| println!("  {line}"));
    }
    Ok(if check && differs { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
