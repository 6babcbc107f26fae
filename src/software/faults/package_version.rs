//! The version of a package that is that of another release of the distribution.

use super::fault::Remedy;
use super::image_text::ImageText;
use super::package_name::Package;
use super::run::Run;
use crate::diagnostic::Severity;
use crate::software::releases::release_of_version;

pub fn look(run: &mut Run) {
    if !run.state.is_apt() || run.is_optional() || run.state.has_other_archive {
        return;
    }
    let Some(release) = run.state.contents.release().map(str::to_owned) else { return };
    let distro = run.state.contents.distro().to_owned();
    for word in run.command().debian_packages() {
        let package = Package::read(word).filter(|it| run.names(word, it.name));
        let Some(Package { name, version: Some(version) }) = package else { continue };
        let old = run.old;
        let moved_from = old
            .filter(|old| old.distro() != distro || old.release() != Some(&release))
            .and_then(|old| old.release());
        let named = release_of_version(version).filter(|named| *named != release);
        let of = named.or(moved_from.filter(|_| !version.ends_with('*')));
        let Some(of) = of else { continue };
        let message = format!("the version of `{name}` is one of {of}: {distro} {release} does not have it");
        let before = format!("write {name} alone, or the version that `apt-cache policy {name}` shows in ");
        let help = ImageText::around(&before, run.image, "");
        run.add("package-version", Severity::Warning, word.span.clone(), message, help, Remedy::None);
    }
}
