//! The families of packages that the table leaves out: tens of thousands of names that no Dockerfile has. The program
//! that makes the table and the one that reads it use the same list, so that a name that is left out is unknown, and
//! not missing.

/// How the names of a family start.
const STARTS: &[&str] = &[
    "android-",
    "apertium-",
    "aspell-",
    "astro-",
    "cl-",
    "dh-",
    "dict-",
    "education-",
    "elpa-",
    "fcitx-",
    "fcitx5-",
    "firefox-esr-l10n-",
    "fp-",
    "gambas3-",
    "gap-",
    "gcompris",
    "gimp-help-",
    "gobjc",
    "golang-github-",
    "golang-gitlab-",
    "golang-golang-",
    "golang-google-",
    "golang-gopkg-",
    "horizon-",
    "hunspell-",
    "hyphen-",
    "ibus-",
    "libcoq-",
    "libghc-",
    "libglobus-",
    "libgnatcoll",
    "libkf5",
    "libkf6",
    "libkpim",
    "libmono-",
    "libmrpt-",
    "libn32",
    "libppx-",
    "libreoffice-help-",
    "libreoffice-l10n-",
    "librte-",
    "librust-",
    "libtrilinos-",
    "libvisp-",
    "libx32",
    "lomiri-",
    "mbrola-",
    "med-",
    "myspell-",
    "mythes-",
    "neutron-",
    "node-",
    "octave-",
    "openoffice.org-",
    "pd-",
    "php-horde-",
    "plasma-",
    "puppet-module-",
    "r-",
    "ros-",
    "ruby-",
    "science-",
    "task-",
    "tesseract-ocr-",
    "texlive-lang-",
    "thunderbird-l10n-",
    "tryton-",
    "xmms2-",
];

/// How they end.
const ENDS: &[&str] = &[
    "-cil",
    "-clojure",
    "-cross",
    "-dbg",
    "-dbgsym",
    "-dcv1",
    "-doc",
    "-examples",
    "-java",
    "-ocaml",
    "-ocaml-dev",
    "-perl",
    "-private-abi",
];

/// The architectures that compilers are there for, and no device of a fleet has.
const OTHER_ARCHITECTURES: &[&str] = &[
    "alpha",
    "hppa",
    "loong64",
    "loongarch64",
    "m68k",
    "mips",
    "mips64",
    "mips64el",
    "mips64r6",
    "mips64r6el",
    "mipsel",
    "mipsisa32r6",
    "mipsisa32r6el",
    "mipsisa64r6",
    "mipsisa64r6el",
    "mipsn32",
    "mipsn32el",
    "mipsn32r6",
    "mipsn32r6el",
    "mipsr6",
    "mipsr6el",
    "powerpc",
    "powerpc64",
    "powerpc64le",
    "ppc64",
    "ppc64el",
    "riscv64",
    "s390x",
    "sh4",
    "sparc",
    "sparc64",
    "x32",
];

/// Whether the table has nothing of a name because of its family.
pub fn is_left_out(name: &str) -> bool {
    STARTS.iter().any(|start| name.starts_with(start))
        || ENDS.iter().any(|end| name.ends_with(end))
        || (name.starts_with("linux-") && has_version(name))
        || name.split('-').any(|part| OTHER_ARCHITECTURES.contains(&part))
}

/// Whether a part of a name is a version with a dot: kernels change theirs with every update.
fn has_version(name: &str) -> bool {
    name.split('-').skip(1).any(|part| {
        part.split_once('.').is_some_and(|(major, rest)| {
            !major.is_empty()
                && major.bytes().all(|byte| byte.is_ascii_digit())
                && rest.starts_with(|first: char| first.is_ascii_digit())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::is_left_out;

    #[test]
    fn families_are_told_by_their_names() {
        for name in [
            "librust-serde-dev",
            "r-cran-xml",
            "linux-image-6.1.0-53-amd64",
            "linux-config-6.12",
            "gcc-12-mips64-linux-gnuabi64",
            "libssl-doc",
        ] {
            assert!(is_left_out(name), "{name}");
        }
        for name in [
            "curl",
            "linux-image-arm64",
            "linux-libc-dev",
            "gcc-arm-linux-gnueabihf",
            "golang-go",
            "rsync",
            "x11vnc",
        ] {
            assert!(!is_left_out(name), "{name}");
        }
    }
}
