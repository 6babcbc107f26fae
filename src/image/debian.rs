//! The releases of Debian: their names, numbers and order, and which of them are over or not out yet. Every other
//! module asks here, so that a new release is added in one place.

/// Where a release is in its life.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its package lists have left the mirrors for archive.debian.org.
    Archived,
    /// It is out, and the mirrors have its package lists.
    Released,
    /// It has a name, and is not out yet.
    Unreleased,
}

/// All that have a name, the oldest first. Buster was archived in 2025.
const RELEASES: [(&str, u32, State); 9] = [
    ("wheezy", 7, State::Archived),
    ("jessie", 8, State::Archived),
    ("stretch", 9, State::Archived),
    ("buster", 10, State::Archived),
    ("bullseye", 11, State::Released),
    ("bookworm", 12, State::Released),
    ("trixie", 13, State::Released),
    ("forky", 14, State::Unreleased),
    ("duke", 15, State::Unreleased),
];

/// Names for what becomes the next release.
const ROLLING: [&str; 3] = ["sid", "testing", "unstable"];

/// The names of all releases, the oldest first.
pub(crate) fn names() -> impl Iterator<Item = &'static str> + Clone {
    RELEASES.iter().map(|(name, _, _)| *name)
}

/// The names of the releases that are out, the oldest first.
pub(crate) fn released() -> impl Iterator<Item = &'static str> + Clone {
    RELEASES.iter().filter(|(_, _, state)| *state != State::Unreleased).map(|(name, _, _)| *name)
}

/// The number of a release: 12 for `bookworm`.
pub(crate) fn number(name: &str) -> Option<u32> {
    RELEASES.iter().find(|(own, _, _)| *own == name).map(|(_, number, _)| *number)
}

/// The name of the release with a number.
pub(crate) fn named(number: u32) -> Option<&'static str> {
    RELEASES.iter().find(|(_, own, _)| *own == number).map(|(name, _, _)| *name)
}

/// What orders a release among others: its number, or for `sid` and the like that of the next release.
pub(crate) fn order(name: &str) -> Option<u32> {
    let next = || RELEASES.iter().find(|(_, _, state)| *state == State::Unreleased);
    let rolling = || next().filter(|_| ROLLING.contains(&name)).map(|(_, number, _)| *number);
    number(name).or_else(rolling)
}

/// Whether the package lists of a release are no longer on the mirrors, where its images look for them.
pub(crate) fn is_archived(name: &str) -> bool {
    RELEASES.iter().any(|(own, _, state)| *own == name && *state == State::Archived)
}

/// The name of a release that is not out, as it is listed here.
pub(crate) fn unreleased(word: &str) -> Option<&'static str> {
    let next = RELEASES.iter().filter(|(_, _, state)| *state == State::Unreleased).map(|(name, _, _)| *name);
    next.chain(ROLLING).find(|name| *name == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_in_order_and_change_their_state_once() {
        let numbers: Vec<u32> = RELEASES.iter().map(|(_, number, _)| *number).collect();
        assert!(numbers.is_sorted_by(|one, other| one < other), "{numbers:?}");
        assert!(RELEASES.is_sorted_by_key(|(_, _, state)| *state as u8));
        assert_eq!(released().last(), Some("trixie"));
    }

    #[test]
    fn a_name_is_that_of_a_number() {
        for name in names() {
            assert_eq!(number(name).and_then(named), Some(name));
        }
        assert_eq!((number("sid"), number("jammy"), named(1)), (None, None, None));
    }

    #[test]
    fn what_is_not_out_comes_after_what_is() {
        assert!(order("buster") < order("trixie") && order("trixie") < order("sid"));
        assert_eq!(order("testing"), order("forky"));
        assert_eq!(order("noble"), None);
        assert_eq!(
            (unreleased("sid"), unreleased("forky"), unreleased("trixie")),
            (Some("sid"), Some("forky"), None)
        );
        assert!(is_archived("buster") && !is_archived("bullseye") && !is_archived("sid"));
    }
}
