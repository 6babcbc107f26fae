//! Names that become folders: which are safe on every system, and which two are one folder on some.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::num::NonZeroU32;

use foldhash::quality::RandomState;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::escape::is_unsafe;
use crate::source::Position;

/// The longest name of a file on the systems in use, in bytes.
pub const LONGEST: usize = 255;

/// Names that Windows keeps for devices, whatever follows after a dot.
const KEPT_BY_WINDOWS: [&str; 30] = [
    "con", "conin$", "conout$", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7",
    "com8", "com9", "com¹", "com²", "com³", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8",
    "lpt9", "lpt¹", "lpt²", "lpt³",
];

/// Why a name cannot be that of a folder on every system, if it cannot.
pub fn unfit(name: &str) -> Option<String> {
    let is_reserved = |name: &str| {
        let stem = name.split('.').next().unwrap_or_default().trim_end();
        KEPT_BY_WINDOWS.iter().any(|kept| stem.eq_ignore_ascii_case(kept))
    };
    let why = match name {
        "" => "it is empty".to_owned(),
        name if name.len() > LONGEST => format!("it is longer than {LONGEST} bytes"),
        name if name.contains(['/', '\\']) => "it has a slash in it".to_owned(),
        name if name.starts_with('.') => "it starts with a dot".to_owned(),
        name if name.starts_with(['-', '~', ' ']) => {
            "it starts with `-`, `~` or a blank, which shells and programs take for something else".to_owned()
        }
        name if name.ends_with(['.', ' ']) => "it ends in a dot or a blank".to_owned(),
        name if name.contains(is_unsafe) => "it has a character in it that cannot be seen".to_owned(),
        name if name.contains(['<', '>', ':', '"', '|', '?', '*']) => {
            "it has one of `<>:\"|?*` in it, which some systems do not allow".to_owned()
        }
        name if is_reserved(name) => "Windows keeps it for a device".to_owned(),
        _ => return None,
    };
    Some(why)
}

/// The name of a fleet without its organisation: `kiosk` of `acme/kiosk`.
pub fn app_name(name: &str) -> &str {
    match name.split_once('/') {
        Some((_, app_name)) if !app_name.is_empty() => app_name,
        _ => name,
    }
}

/// Whether a user means a fleet by this name: see [`super::Fleet::is_called`].
pub fn is_called(wanted: &str, name: &str, slug: Option<&str>) -> bool {
    name == wanted || slug.is_some_and(|slug| slug.eq_ignore_ascii_case(wanted))
}

/// The folder of a fleet. The parts of a slug have no dot, so that no two slugs share one; a name and a slug may.
pub fn folder(name: &str) -> Cow<'_, str> {
    if name.contains('/') { name.replace('/', ".").into() } else { name.into() }
}

/// Whether a text can be balena's slug of a fleet: `acme/kiosk`.
pub fn is_slug(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        unfit(part).is_none() && part.bytes().all(is_allowed)
    };
    text.split_once('/').is_some_and(|(organisation, name)| is_part(organisation) && is_part(name))
}

/// The text in which two names are equal that are one on some system: those that differ in case, or
/// in how an accent is written.
pub fn folded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    // By way of capitals, in which ß is SS and both small sigmas are one.
    let folded = name.nfd().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    folded.nfc().collect()
}

/// The names so far. Of each only its position is kept, and all in little memory: there may be many.
#[derive(Debug, Default)]
pub struct FleetNames {
    /// All of them, one after the other.
    text: String,
    seen: Vec<Seen>,
    /// The number of the last one, by a part of the hash of the text that it is compared by.
    numbers: HashMap<u32, u32, RandomState>,
    hasher: RandomState,
    /// Whether there were two that cannot be side by side.
    has_clashes: bool,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    start: usize,
    bytes: u32,
    /// Where it is, from 1; 0 if that is not known.
    line: u32,
    column: u32,
    /// The number of the one before with the same hash.
    before: Option<NonZeroU32>,
}

impl FleetNames {
    #[cfg(feature = "cli")]
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// The names that are kept, in the order in which they came.
    #[cfg(feature = "cli")]
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.seen.iter().map(|seen| self.text(seen))
    }

    /// Whether there were two that cannot be side by side.
    #[cfg(feature = "cli")]
    pub fn has_clashes(&self) -> bool {
        self.has_clashes
    }

    fn text(&self, seen: &Seen) -> &str {
        self.text.get(seen.start..seen.start + seen.bytes as usize).unwrap_or_default()
    }

    /// A name before this one that is the same folder on some system; else this one is kept.
    fn find_or_keep(&mut self, name: &str, position: Option<Position>) -> Option<Seen> {
        let text = folded(&folder(name));
        let hash = (self.hasher.hash_one(&text) >> 32) as u32;
        let last = self.numbers.get(&hash).copied().and_then(NonZeroU32::new);
        let mut next = last;
        while let Some(seen) = next.and_then(|number| self.seen.get(number.get() as usize - 1)) {
            if folded(&folder(self.text(seen))) == text {
                return Some(*seen);
            }
            next = seen.before;
        }
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (line, column) = position.map_or((0, 0), |at| (small(at.line), small(at.column)));
        let (start, bytes) = (self.text.len(), small(name.len()));
        self.text.push_str(name);
        self.seen.push(Seen { start, bytes, line, column, before: last });
        self.numbers.insert(hash, small(self.seen.len()));
        None
    }

    /// Notes an error when a name before this one is the same folder on some system. All names are in one
    /// file.
    pub fn check(&mut self, name: &str, place: &Place, diagnostics: &mut Diagnostics) {
        let position = match place {
            Place::Text(source, span) => Some(source.position(span.start)),
            _ => None,
        };
        self.check_at(name, position, || place.clone(), diagnostics);
    }

    /// The same of a name whose place is made only for an error.
    pub fn check_at(
        &mut self,
        name: &str,
        position: Option<Position>,
        place: impl FnOnce() -> Place,
        diagnostics: &mut Diagnostics,
    ) {
        let Some(seen) = self.find_or_keep(name, position) else { return };
        self.has_clashes = true;
        let (first, place) = (self.text(&seen), place());
        let at = match &place {
            Place::Text(source, _) if seen.line > 0 => {
                format!(" at {}:{}:{}", source.name(), seen.line, seen.column)
            }
            _ => String::new(),
        };
        let message = if first == name {
            format!("`{name}` is listed twice; the first is{at}")
        } else if folder(first) == folder(name) {
            format!("`{name}` and `{first}`{at} have the same folder, `{}`", folder(name))
        } else if is_nfc(first) == is_nfc(name) {
            format!("`{name}` and `{first}`{at} are one folder where case does not count")
        } else {
            format!("`{name}` and `{first}`{at} are one folder on some systems")
        };
        diagnostics.push(|| Diagnostic::error(place, message).help("rename one of the two"));
    }
}

#[test]
fn names_that_cannot_be_folders_are_unfit() {
    assert!(unfit("kiosk-eu").is_none() && unfit("b\u{fc}ro 2").is_none());
    for name in ["", ".", "..", "a/b", "../../etc", "a\\b", "~x", "-rf", "con.txt", "a.", "a ", "a\0"] {
        assert!(unfit(name).is_some(), "{name}");
    }
    for name in ["CONIN$", "conout$.txt", "com¹", "COM³.d", "lpt²", "Lpt9", "nul"] {
        assert!(unfit(name).is_some_and(|why| why.contains("Windows keeps it")), "{name}");
    }
    assert!(unfit("con$").is_none() && unfit("com⁴").is_none());
}
