//! Names of Debian's packages: what each release has for each architecture, and what became of names that are gone.
//!
//! The table is compiled in, from `debian-packages.txt` (docs/refresh.md). A look-up takes microseconds and allocates
//! nothing. The names are those that `apt-get install` is asked for, without `:arm64`, `=1.2` or `/trixie` after them.

mod change;
mod families;
mod regular;
mod table;

use std::fmt;

use crate::image::Platform;

pub use change::{Change, Origin, change};

/// A release of Debian of which the packages are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DebianRelease {
    /// Debian 12.
    Bookworm,
    /// Debian 13.
    Trixie,
}

impl DebianRelease {
    /// All, the oldest first.
    pub const ALL: [DebianRelease; 2] = [DebianRelease::Bookworm, DebianRelease::Trixie];

    /// The release of a code name.
    pub fn named(name: &str) -> Option<DebianRelease> {
        DebianRelease::ALL.into_iter().find(|release| release.name() == name)
    }

    /// `bookworm`
    pub fn name(self) -> &'static str {
        match self {
            DebianRelease::Bookworm => "bookworm",
            DebianRelease::Trixie => "trixie",
        }
    }
}

impl fmt::Display for DebianRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An architecture of Debian of which the packages are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DebianArch {
    Amd64,
    Arm64,
    Armhf,
}

impl DebianArch {
    /// All of them.
    pub const ALL: [DebianArch; 3] = [DebianArch::Amd64, DebianArch::Arm64, DebianArch::Armhf];

    /// The architecture of an image; nothing for one whose packages are not known, such as `linux/arm/v6`.
    pub fn of(platform: &Platform) -> Option<DebianArch> {
        match platform.to_string().as_str() {
            "linux/amd64" | "linux/amd64/v2" | "linux/amd64/v3" => Some(DebianArch::Amd64),
            "linux/arm64/v8" => Some(DebianArch::Arm64),
            "linux/arm/v7" => Some(DebianArch::Armhf),
            _ => None,
        }
    }

    /// As Debian writes it: `armhf`.
    pub fn name(self) -> &'static str {
        match self {
            DebianArch::Amd64 => "amd64",
            DebianArch::Arm64 => "arm64",
            DebianArch::Armhf => "armhf",
        }
    }
}

/// What `apt-get install` finds for a name in an image of Debian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// A package of `main`, or a virtual one that one package provides.
    Installable,
    /// It is only in this component; Debian's images have `main` alone.
    OtherComponent(&'static str),
    /// A virtual package that several packages provide: apt-get wants one of them named.
    Ambiguous,
    /// There is no such package, and apt-get takes the name for a regular expression that finds some.
    Pattern,
    /// There is no such package.
    Missing,
    /// Not known: a name of a family that the table leaves out, such as `librust-*`, or a text that no package can be
    /// called.
    Unknown,
}

/// What `apt-get install` finds for a name.
pub fn availability(name: &str, release: DebianRelease, arch: DebianArch) -> Availability {
    if !is_name(name) {
        return Availability::Unknown;
    }
    let Some(facts) = table::find(name) else {
        return match families::is_left_out(name) {
            true => Availability::Unknown,
            false if regular::finds(name, release) => Availability::Pattern,
            false => Availability::Missing,
        };
    };
    match facts.status(release as usize, arch as usize) {
        0 if regular::finds(name, release) => Availability::Pattern,
        0 => Availability::Missing,
        1 | 2 => Availability::Installable,
        3 => Availability::Ambiguous,
        4 => Availability::OtherComponent("contrib"),
        5 => Availability::OtherComponent("non-free"),
        6 => Availability::OtherComponent("non-free-firmware"),
        _ => Availability::Unknown,
    }
}

/// A package with a name that is nearly this one, for "did you mean". It can be installed on one of the
/// architectures.
///
/// This looks at every name that starts with the same character and takes about a millisecond, so ask it only about
/// names that are missing.
pub fn near(name: &str, release: DebianRelease) -> Option<String> {
    const MOST: usize = 80;
    let first = *name.as_bytes().first()?;
    if !is_name(name) || name.len() < 3 || name.len() > MOST {
        return None;
    }
    let allowed = if name.len() < 6 { 1 } else { 2 };
    let is_real = |facts: table::Facts| {
        DebianArch::ALL.iter().any(|arch| facts.status(release as usize, *arch as usize) == 1)
    };
    let candidates = table::names_from(first).filter(|(known, facts)| {
        known.len().abs_diff(name.len()) <= allowed && is_real(*facts) && digits(known).eq(digits(name))
    });
    let measured = candidates.map(|(known, _)| (strsim::damerau_levenshtein(name, &known), known));
    measured.filter(|(distance, _)| *distance <= allowed).min().map(|(_, known)| known)
}

/// Another number is another version, and no mistake in writing.
fn digits(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(u8::is_ascii_digit)
}

/// The tracked packages that are installed with a package, the package itself included if it is one of them, in
/// order; nothing where that is not known. What every image of Debian has is left out.
///
/// The answer is made from the dependencies on amd64: apt-get may choose otherwise where a need has alternatives.
/// Recommended packages come along unless the command has `--no-install-recommends`.
pub fn brings(name: &str, release: DebianRelease, with_recommends: bool) -> Option<Vec<&'static str>> {
    let facts = table::find(name)?;
    // A virtual package brings its provider, and apt-get refuses the others.
    matches!(facts.status(release as usize, DebianArch::Amd64 as usize), 1 | 2).then(|| {
        let mut all: Vec<&str> = facts.brought(release as usize, with_recommends).collect();
        if let (Ok(own), Err(at)) = (tracked().binary_search(&name), all.binary_search(&name)) {
            all.insert(at, tracked()[own]);
        }
        all
    })
}

/// The packages that [`brings`] knows of, in order.
pub fn tracked() -> &'static [&'static str] {
    table::TRACKED
}

/// All names of the table with a letter for each release and architecture, as in `debian-packages.txt`.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = (String, String)> {
    table::names().map(|(name, facts)| {
        let letter = |at: usize| char::from(b"-rvmcnf?"[usize::from(facts.status(at / 3, at % 3))]);
        (name, (0..6).map(letter).collect())
    })
}

/// The names and patterns of `package-changes.tsv`.
#[cfg(test)]
pub(crate) use change::names as changed_names;

/// Whether a package can be called this.
fn is_name(name: &str) -> bool {
    name.len() >= 2
        && name.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Availability::*;
    use DebianArch::*;
    use DebianRelease::*;

    #[test]
    fn names_are_looked_up_for_a_release_and_an_architecture() {
        for (name, release, arch, expected) in [
            ("curl", Trixie, Armhf, Installable),
            ("python3.11", Bookworm, Amd64, Installable),
            ("python3.11", Trixie, Amd64, Missing),
            ("libav-tools", Bookworm, Amd64, Missing),
            ("mail-transport-agent", Trixie, Arm64, Ambiguous),
            ("ttf-mscorefonts-installer", Bookworm, Amd64, OtherComponent("contrib")),
            ("firmware-realtek", Trixie, Arm64, OtherComponent("non-free-firmware")),
            ("librust-serde-dev", Trixie, Arm64, Unknown),
            ("linux-image-6.1.0-53-amd64", Bookworm, Amd64, Unknown),
            ("Curl", Trixie, Amd64, Unknown),
            ("", Trixie, Amd64, Unknown),
            ("é", Trixie, Amd64, Unknown),
        ] {
            assert_eq!(availability(name, release, arch), expected, "{name}");
        }
    }

    #[test]
    fn an_installation_brings_packages_along() {
        let has = |name: &str, recommends: bool, other: &str| {
            brings(name, Bookworm, recommends).unwrap().contains(&other)
        };
        assert!(has("curl", true, "ca-certificates") && !has("curl", false, "ca-certificates"));
        assert!(has("python3-pip", false, "ca-certificates") && has("python3-pip", true, "build-essential"));
        assert!(has("build-essential", false, "gcc") && has("curl", false, "curl"));
        assert_eq!(brings("libav-tools", Bookworm, true), None);
        assert_eq!(brings("mail-transport-agent", Bookworm, true), None);
    }

    #[test]
    fn a_near_name_is_found() {
        assert_eq!(near("bulid-essential", Trixie).as_deref(), Some("build-essential"));
        assert_eq!(near("i2c-tool", Bookworm).as_deref(), Some("i2c-tools"));
        assert_eq!(near("python3.9", Bookworm), None);
        assert_eq!(near("zzzzzzzzzz", Bookworm), None);
        assert_eq!(near(&"a".repeat(1 << 20), Bookworm), None);
    }

    #[test]
    fn platforms_have_architectures() {
        let of = |text: &str| DebianArch::of(&Platform::parse(text).unwrap());
        assert_eq!(of("linux/amd64"), Some(Amd64));
        assert_eq!(of("linux/arm64"), Some(Arm64));
        assert_eq!(of("linux/arm/v7"), Some(Armhf));
        assert_eq!((of("linux/arm/v6"), of("linux/386"), of("windows/amd64")), (None, None, None));
    }
}
