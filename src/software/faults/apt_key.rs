//! `apt-key`, which needs gnupg, and is not in Debian from trixie on.

use super::fault::Remedy;
use super::image_text::ImageText;
use super::run::Run;
use crate::diagnostic::Severity;
use crate::shell::Word;

pub fn look(run: &mut Run) {
    if run.is_optional() || !run.state.is_apt() || !run.command().is_program(&["apt-key"]) {
        return;
    }
    let is_question = |word: &Word| matches!(&*word.text, "list" | "finger" | "export");
    if run.command().words.iter().any(is_question) {
        return;
    }
    let span = run.command().span();
    let help = "write the key into a file: curl -fsSL URL -o /etc/apt/keyrings/NAME.asc, and name it in the source: \
                deb [signed-by=/etc/apt/keyrings/NAME.asc] ...";
    let contents = &run.state.contents;
    let message = if contents.has_program("apt-key") == Some(false) {
        ImageText::around("", run.image, " has no `apt-key` any more")
    } else if contents.has_package("gnupg") == Some(false) {
        ImageText::around("`apt-key` needs gnupg, which is not in ", run.image, "")
    } else {
        return;
    };
    // Installing gnupg would not be enough for the next release, so it is not proposed.
    run.add("apt-key", Severity::Warning, span, message, help, Remedy::None);
}
