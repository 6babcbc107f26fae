//! Names of packages in Alpine: only those that are the same program as in Debian for certain, so that a
//! file which installs nothing else can go to Alpine automatically.

/// Debian's name of a package, a tab, and Alpine's.
const NAMES: &str = include_str!("../../alpine-packages.tsv");

/// Alpine's name of a package of Debian, if it is known.
pub fn name(debian: &str) -> Option<&'static str> {
    let mut names = NAMES.lines().filter_map(|line| line.split_once('\t'));
    names.find(|(name, _)| *name == debian).map(|(_, alpine)| alpine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_two_names() {
        assert_eq!(NAMES.lines().filter(|line| line.split('\t').count() == 2).count(), NAMES.lines().count());
        assert_eq!((name("build-essential"), name("omxplayer")), (Some("build-base"), None));
    }
}
