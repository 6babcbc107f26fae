//! "Did you mean": the known names nearest to one that is not known.

/// At most this many names are suggested.
const SUGGESTED: usize = 3;

/// The nearest of `known` to `name`, nearest first, names of equal distance in the order given.
///
/// A name is near when at most a third of it has to change and never more than three characters
/// (two swapped neighbours are one change), or when one of the two is the beginning of the other. The nearest
/// are those that begin with all of `name` and go on with another part: `raspberrypi4-64` for `raspberry-pi4`.
/// Upper and lower case, `-`, `_` and a space count as equal.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = fold(name);
    let allowed = (wanted.len() / 3).clamp(1, 3);
    let joined: String = wanted.split('-').collect();
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|candidate| {
            let folded = fold(candidate);
            let begins = wanted.len() >= 3
                && folded.len() >= 3
                && (folded.starts_with(&wanted) || wanted.starts_with(&folded));
            // The distance of two names is at least their difference in length: a name of a
            // megabyte is not worth measuring.
            let is_worth = folded.len().abs_diff(wanted.len()) <= allowed;
            let distance = is_worth.then(|| strsim::damerau_levenshtein(&wanted, &folded));
            let near = distance.filter(|distance| *distance <= allowed);
            let near = if joined.len() >= 3 && has_first_parts(&folded, &joined) { Some(0) } else { near };
            Some((near.or(begins.then_some(allowed + 1))?, candidate))
        })
        .collect();
    near.sort_by_key(|&(distance, _)| distance);
    near.dedup_by_key(|&mut (_, candidate)| candidate);
    // An exact hit (up to case) needs no company, and a near one none that is much further.
    if let Some(&(best, _)) = near.first() {
        near.retain(|&(distance, _)| distance == best || (best > 0 && distance == best + 1));
    }
    near.into_iter().take(SUGGESTED).map(|(_, candidate)| candidate).collect()
}

/// The help line for [`nearest`], or nothing when no name is near.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near: Vec<String> = nearest(name, known).into_iter().map(|name| format!("`{name}`")).collect();
    match near.split_last()? {
        (last, []) => Some(format!("did you mean {last}?")),
        (last, first) => Some(format!("did you mean {} or {last}?", first.join(", "))),
    }
}

/// The help line for [`nearest`], or all of `known`, as in "the fields are a, b", when no name is near.
pub fn nearest_or_all(name: &str, known: &[&str], all_are: &str) -> String {
    did_you_mean(name, known.iter().copied()).unwrap_or_else(|| format!("{all_are} {}", known.join(", ")))
}

/// The numbers in a name, which say what hardware is meant. A digit that was typed twice counts once.
pub fn numbers(name: &str) -> Vec<String> {
    let numbers = name.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
    numbers
        .map(|number| {
            let mut digits: Vec<char> = number.chars().collect();
            digits.dedup();
            digits.into_iter().collect()
        })
        .collect()
}

fn fold(name: &str) -> String {
    name.chars().map(|c| if matches!(c, '_' | ' ') { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// Whether the first parts of a name, without the `-` between them, are this text.
fn has_first_parts(name: &str, joined: &str) -> bool {
    let mut rest = joined;
    for part in name.split('-') {
        match rest.strip_prefix(part) {
            Some("") => return true,
            Some(after) => rest = after,
            None => return false,
        }
    }
    false
}

#[test]
fn a_name_is_near_in_any_case() {
    let known = ["raspberrypi3", "raspberrypi4-64", "intel-nuc"];
    assert_eq!(nearest("rasberrypi3", known), ["raspberrypi3"]);
    assert_eq!(nearest("INTEL_NUC", known), ["intel-nuc"]);
}

#[test]
fn a_name_without_its_last_part_is_nearest() {
    let known = ["raspberrypi", "raspberrypi0-2w-64", "raspberrypi2", "raspberrypi3", "raspberrypi4-64"];
    for name in ["raspberrypi4", "raspberry-pi4", "raspberrypi-4", "Raspberry Pi 4"] {
        assert_eq!(nearest(name, known), ["raspberrypi4-64"], "{name}");
    }
    assert_eq!(nearest("raspberrypi02w", known), ["raspberrypi0-2w-64"]);
    assert_eq!(nearest("raspberrypi5", known), ["raspberrypi", "raspberrypi2", "raspberrypi3"]);
}
