//! `--platform=linux/%%BALENA_ARCH%%` and its like: balena's names of architectures are not Docker's.

use super::shown;
use super::{Look, Rule};
use crate::check::{ArchCase, Sink};
use crate::diagnostic::Severity;
use crate::image::Platform;

pub static RULE: Rule = Rule {
    id: "impossible-platform",
    severity: Severity::Error,
    page: include_str!("../../../docs/rules/impossible-platform.md"),
    look: Look::Arch(look),
};

/// The architectures that an OCI platform can have, as Docker writes them.
const ARCHITECTURES: [&str; 14] = [
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
    "riscv64", "s390x", "wasm",
];

fn look(case: &ArchCase, sink: &mut Sink) {
    for image in case.images {
        let Some(platform) = &image.platform else { continue };
        let flag = case.case.file.stages.get(image.stage).and_then(|stage| stage.platform.as_ref());
        let Some(flag) = flag.filter(|_| !platform.contains("%%") && !is_possible(platform)) else {
            continue;
        };
        let written = case.case.written(&flag.span);
        sink.report(
            &flag.span,
            format!("`{}` becomes a platform that there is not", shown(&written)),
            format!(
                "`{}`; for {} it is {}: leave --platform out, or write %%DTPL_PLATFORM%%",
                shown(platform),
                case.arch.slug,
                case.arch.platform
            ),
        );
    }
}

fn is_possible(platform: &str) -> bool {
    let whole = match platform.contains('/') {
        true => platform.to_owned(),
        // One word is an architecture.
        false => format!("linux/{platform}"),
    };
    let Some(parsed) = Platform::parse(&whole) else { return false };
    let text = parsed.to_string();
    let architecture = text.split('/').nth(1).unwrap_or_default();
    ARCHITECTURES.contains(&architecture)
}
