//! The compiler and git of the `build` variants, where the new image has none: what compiles may do so without naming
//! a compiler, as `pip install` does.

use std::collections::BTreeSet;

use super::choice::{ImageChoice, Packages};
use super::file_images::OldStage;
use super::notes::Notes;
use crate::dockerfile::Keyword;
use crate::shell::commands;

/// Reports that the build variant of a stage's old image had compilers, which the new image has not, unless the stage
/// installs one.
pub fn report(stage: &OldStage, choice: &ImageChoice, notes: &mut Notes) {
    if !stage.parts.has_compilers() || choice.packages == Packages::Apt {
        return;
    }
    let runs = stage.body.iter().filter(|found| found.keyword == Keyword::Run);
    let all: Vec<_> = runs.flat_map(|found| commands(stage.file, found)).collect();
    let named = all.iter().filter(|command| command.names_packages()).flat_map(|command| &command.words);
    let installed: BTreeSet<&str> = named.map(|word| word.text.as_str()).collect();
    if installed.contains("build-base") || installed.contains("gcc") {
        return;
    }
    let packages = if choice.packages == Packages::Apk { "build-base git" } else { "gcc gcc-c++ make git" };
    let message = "the build variant had a compiler and git, the new image has none";
    let help = format!("in {}: {} {packages}", choice.reference.text(), choice.packages.install_line());
    notes.warn("build-tools", &stage.image.span, message, help);
}
