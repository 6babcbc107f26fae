//! apt on a release of Debian whose package lists have left the mirrors.

use super::fault::Remedy;
use super::image_text::ImageText;
use super::run::Run;
use crate::diagnostic::Severity;
use crate::shell::INSTALL_PACKAGES;
use crate::software::releases::is_archived;

pub fn look(run: &mut Run) {
    let contents = &run.state.contents;
    let Some(release) = contents.release().filter(|release| is_archived(contents.distro(), release)) else {
        return;
    };
    let fetches = run.command().apt("update").is_some() || run.command().is_program(&[INSTALL_PACKAGES]);
    if !run.is_build() || run.is_optional() || run.state.has_other_archive || !fetches {
        return;
    }
    let before =
        format!("the package lists of Debian {release} have left the mirrors: apt finds none where ");
    let message = ImageText::around(&before, run.image, " looks for them");
    let help = "go to a release that is maintained; until then, write http://archive.debian.org/debian into \
                /etc/apt/sources.list before `apt-get update`";
    run.add("archived-release", Severity::Warning, run.command().span(), message, help, Remedy::None);
}
