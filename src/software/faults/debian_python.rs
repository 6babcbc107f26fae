//! Packages for Debian's own Python, in an image with a Python of its own.

use super::fault::Remedy;
use super::image_text::ImageText;
use super::package_name::Package;
use super::run::Run;
use crate::diagnostic::Severity;

pub fn look(run: &mut Run) {
    if !run.state.is_apt() || !run.state.contents.has_headers() || run.state.uses_system_python {
        return;
    }
    let words: Vec<_> = run.command().debian_packages().into_iter().cloned().collect();
    for word in &words {
        let Some(Package { name, .. }) = Package::read(word).filter(|it| run.names(word, it.name)) else {
            continue;
        };
        if !name.starts_with("python3-") && name != "python-dev" && name != "python3" {
            continue;
        }
        let message = ImageText::around(
            &format!("`{name}` is for Debian's own Python, which "),
            run.image,
            " does not use",
        );
        let help = match name {
            "python3-dev" | "python-dev" | "python3" | "python3-pip" | "python3-venv"
            | "python3-setuptools" => "take it out: the image has its own Python, with headers and pip",
            _ => "install it with pip, or start from debian and use its python3",
        };
        run.add(
            "debian-python",
            Severity::Warning,
            word.span.clone(),
            message,
            help.to_owned(),
            Remedy::None,
        );
    }
}
