//! The pins of a `requirements.txt` and of `pip install`: `Flask==0.10.1`.

use std::collections::BTreeSet;

use super::marker;
use super::name::normalized;
use super::old_packages::{Advice, python};
use crate::shell::{Word, pip_packages, requirement_files};
use crate::source::{Source, Span};

/// A package of which one version is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// In the one spelling that all spellings have in common: `rpi-gpio` for `RPi.GPIO`.
    pub name: String,
    /// The version, as it is written.
    pub version: String,
    /// Where `name==version` stands, without extras' and the marker's text around it.
    pub span: Span,
    /// The marker after `;`, such as `python_version < "3"`; empty where there is none.
    pub marker: String,
}

impl Pin {
    /// Whether it is for this Python: false where its marker excludes it, or is not understood.
    pub fn is_for(&self, python: (u32, u32)) -> bool {
        self.marker.is_empty() || marker::holds(&self.marker, python) == Some(true)
    }
}

/// What one or more lists of requirements ask for.
#[derive(Clone, Debug, Default)]
pub struct Requirements {
    /// The packages with one version each.
    pub pins: Vec<Pin>,
    /// The packages that are named with limits of another kind, as `jinja2<3`.
    pub limited: BTreeSet<String>,
    /// Whether it names other lists, or not all of it was read: more packages may have limits.
    pub is_partial: bool,
}

/// Bytes of a list that are read. The longest lists that tools write, with a hash for each file, are smaller.
const MOST_BYTES: usize = 1 << 20;
/// Pins of a list that are kept.
const MOST_PINS: usize = 2000;

impl Requirements {
    /// Reads a `requirements.txt`. Lists that it names are not read.
    pub fn read(source: &Source) -> Requirements {
        let mut found = Requirements::default();
        let bytes = source.bytes();
        found.is_partial = bytes.len() > MOST_BYTES;
        // Where it was cut there is no whole line.
        let whole = match found.is_partial {
            true => memchr::memrchr(b'\n', &bytes[..MOST_BYTES]).unwrap_or(0),
            false => bytes.len(),
        };
        let mut start = 0;
        let mut in_continued = false;
        for line in bytes[..whole].split_inclusive(|byte| *byte == b'\n') {
            let at = start;
            start += line.len();
            let Ok(text) = std::str::from_utf8(line) else {
                found.is_partial = true;
                continue;
            };
            let text = text.trim_end_matches(['\n', '\r']);
            let is_continued = text.ends_with('\\');
            // A line that goes on has hashes and options in the next lines, or what limits the version.
            if in_continued {
                if !text.trim_start().starts_with("--hash") && !text.trim_start().starts_with('#') {
                    found.is_partial = true;
                }
            } else {
                found.line(text.trim_end_matches('\\'), at);
            }
            in_continued = is_continued;
        }
        found
    }

    /// Reads the arguments of `pip install`. The lists that `-r` names are not read.
    pub fn of_arguments(words: &[Word]) -> Requirements {
        let mut found = Requirements::default();
        for word in pip_packages(words) {
            found.requirement(&word.text, |_| word.span.clone());
        }
        found.is_partial = !requirement_files(words).is_empty()
            || words.iter().any(|word| ["-c", "--constraint"].iter().any(|flag| word.text.starts_with(flag)));
        found
    }

    /// What both ask for: `pip install -r a.txt -r b.txt`.
    pub fn and(&mut self, other: Requirements) {
        self.pins.extend(other.pins);
        self.limited.extend(other.limited);
        self.is_partial |= other.is_partial;
    }

    /// The pins that cannot be installed with a Python, or do not start, with what to do.
    ///
    /// Advice for a package which fails with new versions of what it needs is left out where the list says which
    /// versions those are, or names other lists, which may say it.
    pub fn failing(&self, python_version: (u32, u32)) -> Vec<(&Pin, &'static Advice)> {
        let names: BTreeSet<&str> = self.pins.iter().map(|pin| &*pin.name).collect();
        let is_limited = |name: &&str| names.contains(name) || self.limited.contains(*name);
        let for_it = self.pins.iter().filter(|pin| pin.is_for(python_version));
        let advised = for_it.filter_map(|pin| Some((pin, python(&pin.name, &pin.version, python_version)?)));
        advised
            .filter(|(_, advice)| {
                advice.unless.is_empty() || !(self.is_partial || advice.unless.iter().any(is_limited))
            })
            .collect()
    }

    fn line(&mut self, text: &str, at: usize) {
        // A comment begins the line, or follows a blank.
        let text =
            match text.match_indices('#').find(|(at, _)| text[..*at].ends_with([' ', '\t']) || *at == 0) {
                Some((at, _)) => &text[..at],
                None => text,
            };
        let begin = text.len() - text.trim_start().len();
        let text = text.trim();
        match text.as_bytes().first() {
            None => {}
            Some(b'-') => {
                let option = text.trim_start_matches('-');
                self.is_partial |= ["r", "c", "e", "requirement", "constraint", "editable"]
                    .iter()
                    .any(|name| option.split(|c: char| !c.is_ascii_alphabetic()).next() == Some(name));
            }
            Some(_) => self.requirement(text, |inner| at + begin + inner.start..at + begin + inner.end),
        }
    }

    fn requirement(&mut self, text: &str, place: impl Fn(Span) -> Span) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
        let name = &text[..end];
        let is_whole = |c: char| c.is_ascii_alphanumeric();
        if !name.starts_with(is_whole) || !name.ends_with(is_whole) {
            return;
        }
        let name = normalized(name);
        // Options follow a blank: `a==1 --hash=sha256:...`.
        let rest = text[end..].split(" --").next().unwrap_or_default();
        let (rest, marker) = rest.split_once(';').unwrap_or((rest, ""));
        let rest = match rest.trim_start().strip_prefix('[') {
            Some(extras) => extras.split_once(']').map_or("", |(_, rest)| rest),
            None => rest,
        };
        let limits = rest.trim().trim_start_matches('(').trim_end_matches(')').trim();
        if limits.is_empty() {
            return;
        }
        // `==1.0` alone; `==1.*` and `>=1,<2` leave a choice.
        let version = limits.strip_prefix("===").or_else(|| limits.strip_prefix("==")).map(str::trim);
        let version =
            version.filter(|version| !version.contains(|c: char| !is_name(c) && c != '+' && c != '!'));
        match version {
            Some(version) if self.pins.len() < MOST_PINS => {
                let end = text.find(';').unwrap_or(text.len());
                let until = text[..end].rfind(version).map_or(end, |at| at + version.len());
                let span = place(0..until);
                self.pins.push(Pin {
                    name,
                    version: version.to_owned(),
                    span,
                    marker: marker.trim().to_owned(),
                });
            }
            Some(_) => self.is_partial = true,
            None => {
                self.limited.insert(name);
            }
        }
    }
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::{Word, commands_of};

    fn read(text: &str) -> Requirements {
        Requirements::read(&Source::new("requirements.txt", text))
    }

    fn told(text: &str) -> Vec<String> {
        let found = read(text);
        found.failing((3, 12)).into_iter().map(|(pin, _)| format!("{}=={}", pin.name, pin.version)).collect()
    }

    #[test]
    fn pins_are_read_with_their_places() {
        let text = "# a\nFlask==0.10.1 # b\n  requests[security]==2.9.1 ; python_version >= '3'\nsmbus2>=0.4,<1\n\
                    six==1.10.0 --hash=sha256:ab\nJinja2 == 2.8\nx==1.*\nspidev\n";
        let found = read(text);
        let pins: Vec<_> =
            found.pins.iter().map(|pin| (&*pin.name, &*pin.version, &text[pin.span.clone()])).collect();
        assert_eq!(
            pins,
            [
                ("flask", "0.10.1", "Flask==0.10.1"),
                ("requests", "2.9.1", "requests[security]==2.9.1"),
                ("six", "1.10.0", "six==1.10.0"),
                ("jinja2", "2.8", "Jinja2 == 2.8"),
            ]
        );
        assert_eq!(found.limited.iter().map(|name| &**name).collect::<Vec<_>>(), ["smbus2", "x"]);
        assert!(!found.is_partial);
    }

    #[test]
    fn a_line_that_goes_on_is_one_line() {
        let found = read("six==1.10.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nFlask==0.10.1\n");
        assert_eq!(found.pins.iter().map(|pin| &*pin.version).collect::<Vec<_>>(), ["1.10.0", "0.10.1"]);
        assert!(!found.is_partial);
    }

    #[test]
    fn old_pins_are_told() {
        assert_eq!(told("Flask==0.10.1\n"), ["flask==0.10.1"]);
        assert_eq!(told("flask==1.1.2\nSix==1.10.0\nurllib3==1.25.10\nDjango==2.2.10\n").len(), 4);
        assert_eq!(
            told("Flask==2.2.5\nsix==1.16.0\nurllib3==1.26.5\nPyYAML==5.3.1\nunknown==0.1\n").len(),
            0
        );
        assert_eq!(told("PyYAML==5.4.1\n"), ["pyyaml==5.4.1"]);
    }

    #[test]
    fn a_pin_for_another_python_is_left_out() {
        assert_eq!(told("six==1.10.0; python_version < \"3\"\n").len(), 0);
        assert_eq!(told("six==1.10.0; python_version >= \"3.6\"\n").len(), 1);
        assert_eq!(told("six==1.10.0; platform_machine == 'armv7l'\n").len(), 0);
        assert!(read("six==1.10.0\n").failing((3, 11)).is_empty());
    }

    #[test]
    fn where_what_it_needs_has_limits_nothing_is_said() {
        assert_eq!(told("Flask==0.10.1\nJinja2<3\n").len(), 0);
        assert_eq!(told("Flask==0.10.1\nwerkzeug==0.9.6\n").len(), 0);
        assert_eq!(told("Flask==0.10.1\n-c constraints.txt\n").len(), 0);
        assert_eq!(told("Flask==0.10.1\n-r more.txt\nsix==1.10.0\n"), ["six==1.10.0"]);
        // An index is no list.
        assert_eq!(told("--extra-index-url https://a.example/simple\nFlask==0.10.1\n").len(), 1);
    }

    #[test]
    fn names_have_many_spellings() {
        for name in ["RPi.GPIO", "rpi-gpio", "rpi_gpio", "RPI..GPIO", "Rpi-_.gpio"] {
            assert_eq!(normalized(name), "rpi-gpio", "{name}");
        }
        for name in ["flask", "Flask", "FLASK"] {
            assert_eq!(told(&format!("{name}==0.10.1")), ["flask==0.10.1"]);
        }
    }

    #[test]
    fn pins_of_a_command_are_read() {
        let words = "pip install --no-cache-dir flask==0.10.1 spidev six==1.10.0".split(' ');
        let words = words.map(|text| Word { text: text.to_owned(), span: 3..7 }).collect();
        let commands = commands_of(words);
        let found = Requirements::of_arguments(commands[0].pip_install().unwrap());
        let pins: Vec<_> =
            found.pins.iter().map(|pin| (&*pin.name, &*pin.version, pin.span.clone())).collect();
        assert_eq!(pins, [("flask", "0.10.1", 3..7), ("six", "1.10.0", 3..7)]);
    }

    #[test]
    fn what_is_no_list_has_no_pins() {
        for text in ["", "\u{0}\u{0}", "==1.0", "-", ";", "a[==1", "a==", "é==1.0", "a==1 \\", "# a==1"] {
            read(text).failing((3, 12));
        }
        let found = Requirements::read(&Source::new("r", vec![0xff, 0xfe, b'\n', b'a', b'=', b'=', b'1']));
        assert_eq!((found.pins.len(), found.is_partial), (1, true));
    }
}
