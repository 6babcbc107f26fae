//! Why a new image has another version than the old one: the old version is over or about to be, or it is not there for
//! all platforms. And what would be there if some platforms had a file of their own.

use crate::image::{Catalogue, End, Ending, Platform, Reference, Successor, Wanted};

/// Why the version of an old image is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionMove {
    /// It is kept, or there is none.
    Kept,
    /// It is over, or will be within the time that a new image has to last.
    Ended(Ending),
    /// It is maintained, but not for these platforms. The text says until when, if that is known.
    NotFor { platforms: Vec<Platform>, until: Option<String> },
    /// No image of it is built any more, and no table says when it ended.
    NotBuilt,
}

/// An image that lives longer than the chosen one, or is of the old version, and that some platforms have not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElsewhereImage {
    pub reference: Reference,
    /// `until 2029-12-31`, if that is known.
    pub until: Option<String>,
    /// The platforms without it.
    pub missing: Vec<Platform>,
}

/// The day until which an image is maintained, if one is fixed.
pub fn until(ends: Option<&Ending>, is_open: bool) -> Option<String> {
    match ends?.end {
        End::On(day) if !is_open => Some(day.to_string()),
        _ => None,
    }
}

/// Why the version moves from the wanted one to that of `found`.
pub fn version_move(
    catalogue: Catalogue,
    wanted: &Wanted,
    found: &Successor,
    platforms: &[Platform],
) -> VersionMove {
    if found.same_version {
        return VersionMove::Kept;
    }
    let ending = catalogue.version_end(wanted, &found.reference);
    if let Some(ending) = ending.filter(|ending| ending.end.is_over(catalogue.horizon_day())) {
        return VersionMove::Ended(ending);
    }
    let anywhere = catalogue.successor(wanted, &[]).filter(|anywhere| anywhere.same_version);
    let Some(anywhere) = anywhere else { return VersionMove::NotBuilt };
    let missing = missing(catalogue, wanted, &anywhere, platforms);
    let until = until(anywhere.ends.as_ref(), anywhere.is_open);
    // Each platform has it, but no one image has all of them.
    let platforms = if missing.is_empty() { platforms.to_vec() } else { missing };
    VersionMove::NotFor { platforms, until }
}

/// The image that would be chosen if some of the platforms were left out: if it is of the wanted version and `found` is
/// not, or if it has the time that `found` has not.
pub fn elsewhere(
    catalogue: Catalogue,
    wanted: &Wanted,
    found: &Successor,
    platforms: &[Platform],
) -> Option<ElsewhereImage> {
    let lasts = |found: &Successor| {
        found.ends.as_ref().is_none_or(|ending| !ending.end.is_over(catalogue.horizon_day()))
    };
    // Asking the catalogue takes time. The release of a bare distribution is no reason to divide a file.
    if lasts(found) && (found.same_version || wanted.stack.is_none()) {
        return None;
    }
    let anywhere = catalogue.successor(wanted, &[])?;
    let is_better = (anywhere.same_version && !found.same_version) || (lasts(&anywhere) && !lasts(found));
    if !is_better {
        return None;
    }
    let missing = missing(catalogue, wanted, &anywhere, platforms);
    let rest: Vec<Platform> = platforms.iter().filter(|one| !missing.contains(one)).cloned().collect();
    if missing.is_empty() || rest.is_empty() {
        return None;
    }
    let better = catalogue.successor(wanted, &rest)?;
    let until = until(better.ends.as_ref(), better.is_open);
    Some(ElsewhereImage { reference: better.reference, until, missing })
}

/// The platforms that do not have an image.
fn missing(
    catalogue: Catalogue,
    wanted: &Wanted,
    image: &Successor,
    platforms: &[Platform],
) -> Vec<Platform> {
    let has = |platform: &Platform| {
        let own = catalogue.successor(wanted, std::slice::from_ref(platform));
        own.is_some_and(|own| own.reference == image.reference)
    };
    platforms.iter().filter(|platform| !has(platform)).cloned().collect()
}
