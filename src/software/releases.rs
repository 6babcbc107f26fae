//! Releases of Debian and Ubuntu by their names, as they stand in sources of packages and in versions.

use crate::image::debian;
pub(super) use crate::image::debian::number;

/// The releases of Ubuntu that are supported for long, the oldest first.
const UBUNTU: [&str; 7] = ["trusty", "xenial", "bionic", "focal", "jammy", "noble", "resolute"];

/// Whether the package lists of a release are no longer where its image looks for them.
pub fn is_archived(distro: &str, release: &str) -> bool {
    distro == "debian" && debian::is_archived(release)
}

/// The distribution that a release is of.
pub fn distro_of(release: &str) -> Option<&'static str> {
    if number(release).is_some() {
        return Some("debian");
    }
    UBUNTU.contains(&release).then_some("ubuntu")
}

/// The releases that a text names as words of their own, with where each begins: `buster` in `~buster` and
/// `debian buster main`, not in `blockbuster`.
pub fn releases_in(text: &[u8]) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for name in debian::names().chain(UBUNTU) {
        for at in memchr::memmem::find_iter(text, name.as_bytes()) {
            let before = at.checked_sub(1).and_then(|before| text.get(before));
            let after = text.get(at + name.len());
            let is_part = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
            if !is_part(before) && !is_part(after) {
                found.push((at, name));
            }
        }
    }
    found.sort_unstable();
    found
}

/// The release that a version of a package is for, by what the archives write into it: `1.17.4-1~buster`,
/// `2.1+deb10u2`, `4.3-1~bpo11+1`.
pub fn release_of_version(version: &str) -> Option<&'static str> {
    if let Some((_, name)) = releases_in(version.as_bytes()).first() {
        return Some(name);
    }
    let digits = ["deb", "bpo"].iter().find_map(|mark| version.split_once(mark).map(|(_, rest)| rest))?;
    let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
    debian::named(digits.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_a_word_of_its_own() {
        let names =
            |text: &str| releases_in(text.as_bytes()).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(names("deb http://x.example/debian buster main"), ["buster"]);
        assert_eq!(names("NGINX_VERSION=1.17.4-1~buster bullseye-backports"), ["buster", "bullseye"]);
        assert!(names("blockbuster busterless jessie1").is_empty());
    }

    #[test]
    fn a_version_tells_its_release() {
        assert_eq!(release_of_version("1.17.4-1~buster"), Some("buster"));
        assert_eq!(release_of_version("7.64.0-4+deb10u2"), Some("buster"));
        assert_eq!(release_of_version("2.33-1~bpo11+1"), Some("bullseye"));
        assert_eq!(release_of_version("90.0.4430.212-1"), None);
        assert_eq!(release_of_version("1.0-deb"), None);
    }
}
