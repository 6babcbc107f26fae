//! Comparing versions as people read them: `3.9` comes before `3.10`, and `3` means any `3.x`.

use std::cmp::Ordering;

/// Whether somebody who writes `wanted` may mean `version`: `3.9` means `3.9.16`, not `3.90`.
pub(super) fn means(wanted: &str, version: &str) -> bool {
    version
        .strip_prefix(wanted)
        .is_some_and(|rest| rest.is_empty() || (!wanted.is_empty() && rest.starts_with('.')))
}

/// Whether it is a number and no word, as the name of a release is.
pub(super) fn is_number(version: &str) -> bool {
    version.starts_with(|c: char| c.is_ascii_digit())
}

/// Orders versions: runs of digits by their number, the rest as text.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    pieces(a).cmp(&pieces(b))
}

fn pieces(version: &str) -> Vec<(u64, &str)> {
    let mut pieces = Vec::new();
    let mut rest = version.trim_start_matches('v');
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        // A number that does not fit is later than all that do.
        let number = rest[..digits].parse().unwrap_or(if digits == 0 { 0 } else { u64::MAX });
        rest = &rest[digits..];
        let text = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        pieces.push((number, &rest[..text]));
        rest = &rest[text..];
    }
    pieces
}

/// The one of `known` that is nearest to `wanted`: the first after it within the same major version,
/// then the last before it, then the first after it at all.
pub(super) fn nearest<'v>(wanted: &str, known: impl IntoIterator<Item = &'v str>) -> Option<&'v str> {
    let major = |version: &str| version.split(['.', '-']).next().unwrap_or_default().to_owned();
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_by(|a, b| compare(a, b));
    known.dedup();
    // A hyphen is followed by another kind of image: `11-jre` is not near to `11-jdk`.
    let kind = |version: &str| version.split_once('-').map(|(_, kind)| kind.to_owned());
    if known.iter().any(|version| kind(version) == kind(wanted)) {
        known.retain(|version| kind(version) == kind(wanted));
    }
    let same: Vec<&str> = known.iter().copied().filter(|version| major(version) == major(wanted)).collect();
    let after = |list: &[&'v str]| list.iter().copied().find(|v| compare(v, wanted) != Ordering::Less);
    let before = |list: &[&'v str]| list.iter().copied().rfind(|v| compare(v, wanted) == Ordering::Less);
    after(&same).or_else(|| before(&same)).or_else(|| before(&known)).or_else(|| after(&known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_as_numbers() {
        assert_eq!(compare("3.9", "3.10"), Ordering::Less);
        assert_eq!(compare("7u181-jdk", "7u19-jdk"), Ordering::Greater);
        assert!(means("3.9", "3.9.16") && means("3", "3.9.16") && means("3.9.16", "3.9.16"));
        assert!(!means("3.9", "3.90") && !means("", "3.9"));
    }

    #[test]
    fn the_nearest_is_of_the_same_major_version() {
        let known = ["2.7", "3.8", "3.10", "3.13"];
        assert_eq!(nearest("3.9", known), Some("3.10"));
        assert_eq!(nearest("3.14", known), Some("3.13"));
        assert_eq!(nearest("4", known), Some("3.13"));
        assert_eq!(nearest("1", known), Some("2.7"));
        assert_eq!(nearest("11-jre", ["11-jdk", "8-jre"]), Some("8-jre"));
    }
}
