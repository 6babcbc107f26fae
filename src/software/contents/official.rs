//! What official images have: the sets of packages of an image, and the programs that it brings beside them.

use super::sets::{self, Kind, Set};
use crate::image::{Knowledge, Platform, Reference, debian, distribution};

/// An official image, as far as its contents are known.
pub(super) struct OfficialImage {
    pub distro: &'static str,
    pub release: Option<&'static str>,
    /// Its packages, as each release of the distribution has them that it may be on. One where the release is known.
    pub releases: Vec<Vec<&'static Set>>,
    pub kind: Kind,
    /// Programs that are not from packages.
    pub programs: Vec<String>,
    /// Whether it has the headers of its own Python.
    pub has_headers: bool,
}

/// Images whose tags leave the distribution out where it is Debian.
const ON_DEBIAN: [&str; 5] = ["buildpack-deps", "golang", "node", "python", "debian"];
/// The releases that have a full list: what all of them have, is in others too.
const BASES: [(&str, &str); 4] =
    [("debian", "bookworm"), ("debian", "bullseye"), ("debian", "trixie"), ("ubuntu", "noble")];
const PYTHON_2: [&str; 11] = [
    "2to3",
    "easy_install",
    "idle",
    "pip",
    "pip2",
    "pydoc",
    "python",
    "python-config",
    "python2",
    "python2-config",
    "wheel",
];
const PYTHON_3: [&str; 10] = [
    "idle",
    "idle3",
    "pip",
    "pip3",
    "pydoc",
    "pydoc3",
    "python",
    "python-config",
    "python3",
    "python3-config",
];
/// What images of Python 3 had, with the last minor version that did.
const PYTHON_3_UNTIL: [(u64, &str); 4] = [(5, "easy_install"), (7, "pyvenv"), (11, "wheel"), (12, "2to3")];
/// Words of tags of images that have neither a shell nor a package manager.
const WITHOUT_SHELL: [&str; 4] = ["chiseled", "distroless", "nanoserver", "windowsservercore"];

pub(super) fn find(
    reference: &Reference,
    known: &Knowledge,
    platform: Option<&Platform>,
) -> Option<OfficialImage> {
    let image = known.image?;
    let tag = reference.tag().unwrap_or_default();
    // The tag of the same build that says the most: `3.12-slim` for `3-slim`.
    let pieces = || tag.split('-').chain(known.listed.iter().flat_map(|listed| listed.split('-')));
    if pieces().any(|piece| WITHOUT_SHELL.contains(&piece)) {
        return None;
    }
    let by_name = || ON_DEBIAN.contains(&image).then_some(("debian", None));
    let (distro, release) = distribution(reference, known).or_else(by_name)?;
    let has = |word: &str| pieces().any(|piece| piece == word);
    let variant = match image {
        "buildpack-deps" => ["curl", "scm"].into_iter().find(|word| has(word)).unwrap_or("-"),
        // The slim image of Debian has the same packages.
        "debian" => "-",
        _ if has("slim") && distro == "debian" && !image.contains('/') => "slim",
        _ => "-",
    };
    let of_release = |release: &str| match distro {
        "alpine" => or_base(sets::chain(image, "alpine", variant), distro, "*"),
        _ => or_base(sets::chain(image, release_as(release), variant), distro, release_as(release)),
    };
    let is_own = |chain: &[&Set]| match chain.first() {
        Some(set) => image == distro || set.on.is_some(),
        None => false,
    };
    let of_any = || -> Vec<Vec<&'static Set>> {
        let same = BASES.iter().filter(|(name, _)| *name == "debian" || *name == distro);
        // What a recipe names it names on every release.
        let own: Vec<_> = sets::all(image, variant).filter(|(release, _)| *release != "alpine").collect();
        same.map(|(name, release)| {
            let mut chain = sets::chain(name, release, "-");
            chain.extend(own.iter().filter(|_| name != &image).map(|(_, set)| *set).take(1));
            chain
        })
        .collect()
    };
    let of_this = of_release(release.unwrap_or("*"));
    let is_known = is_own(&of_this);
    let releases = if of_this.is_empty() { of_any() } else { vec![of_this] };
    let kinds = releases.iter().flatten().map(|set| set.kind);
    let mut kind = kinds.max().filter(|_| is_known).unwrap_or(Kind::Named);
    // The lists of what is added to Debian are those of amd64: some names have the architecture in them. Newer
    // releases than the lists have other libraries.
    let is_amd64 = platform.is_some_and(|platform| platform.to_string() == "linux/amd64");
    let is_as_listed = releases.iter().all(|chain| chain.len() == 1) || is_amd64;
    if kind == Kind::Full && (!is_as_listed || release.is_some_and(|name| release_as(name) != name)) {
        kind = Kind::Programs;
    }
    Some(OfficialImage {
        distro,
        release,
        releases,
        kind,
        programs: programs(image, tag, known.listed.as_deref()),
        has_headers: image == "python",
    })
}

/// The sets of an image, or where it has none those of its distribution.
fn or_base(own: Vec<&'static Set>, distro: &str, release: &str) -> Vec<&'static Set> {
    if own.is_empty() { sets::chain(distro, release, "-") } else { own }
}

/// The release whose lists stand for one: what comes after trixie has no list yet.
fn release_as(release: &str) -> &str {
    if debian::unreleased(release).is_some() { "trixie" } else { release }
}

/// The programs that an image has in `/usr/local`, or elsewhere in `PATH` without a package.
fn programs(image: &str, tag: &str, listed: Option<&str>) -> Vec<String> {
    let first = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
    let version = [tag, listed.unwrap_or_default()].map(first);
    let version = version.into_iter().find(|word| word.contains('.') || word.parse::<u64>().is_ok());
    let version = version.unwrap_or_default();
    let mut numbers = version.split('.').map(|number| number.parse::<u64>().ok());
    let (major, minor) = (numbers.next().flatten(), numbers.next().flatten());
    let words: &[&str] = match image {
        "python" if major == Some(2) => &PYTHON_2,
        "python" => &PYTHON_3,
        // Yarn went with version 26, corepack with 25.
        "node" if major.is_none_or(|major| major >= 26) => &["node", "nodejs", "npm", "npx"],
        "node" if major.is_some_and(|major| (18..25).contains(&major)) => {
            &["corepack", "node", "nodejs", "npm", "npx", "yarn", "yarnpkg"]
        }
        "node" => &["node", "nodejs", "npm", "npx", "yarn", "yarnpkg"],
        "golang" => &["go", "gofmt"],
        "eclipse-temurin" | "openjdk" | "amazoncorretto" if tag.split('-').any(|piece| piece == "jre") => {
            &["java", "keytool"]
        }
        "eclipse-temurin" | "openjdk" | "amazoncorretto" => &["jar", "java", "javac", "keytool"],
        "mcr.microsoft.com/dotnet/runtime-deps" => &[],
        image if image.starts_with("mcr.microsoft.com/dotnet/") => &["dotnet"],
        "rust" => &["cargo", "rustc", "rustup"],
        "ruby" => &["bundle", "bundler", "gem", "irb", "rake", "ruby"],
        "php" => &["pecl", "php"],
        "perl" => &["cpan", "perl"],
        _ => &[],
    };
    let mut programs: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    if image == "python" && major != Some(2) {
        // Without a version it may be any: what one of them has is not said to be missing.
        let lost = PYTHON_3_UNTIL.iter().filter(|(last, _)| minor.is_none_or(|minor| minor <= *last));
        programs.extend(lost.map(|(_, program)| (*program).to_owned()));
    }
    if image == "python" && version.matches('.').count() >= 1 {
        let short = version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
        programs.extend([format!("pip{short}"), format!("python{short}")]);
    }
    programs
}
