//! Keeps the values of variables out of messages.
//!
//! A message about a rendered Dockerfile may quote any part of it: a word of a value, its first sixty
//! characters, or all of it in lower case. Every stretch of [`WINDOW`] characters that also occurs in a
//! value is therefore replaced with the name of the variable, however it got into the message.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use foldhash::quality::RandomState;

use crate::diagnostic::{Diagnostic, Place};
use crate::error::Error;
use crate::escape::escaped;
use crate::source::Source;

/// Words of messages, and names of platforms. A value that has one of them shares it with every message.
const OWN_WORDS: &str = "docker.io/docker/dockerfile docker run builder container context devices platform image \
    python secret template variable argument instruction release maintained latest linux/amd64 linux/386 \
    linux/arm/v5 linux/arm/v6 linux/arm/v7 linux/arm64/v8 linux/riscv64 linux/ppc64le linux/s390x linux/mips64le";

/// Characters that a message and a value may share by chance.
const WINDOW: usize = 6;

type Windows = HashMap<[char; WINDOW], usize, RandomState>;

/// The values that messages must not hold, with what is written instead of each.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    /// A name as it is written in the file, such as `%%NAME%%` or `${NAME}`, and the value in lower case.
    values: Vec<(String, Vec<char>)>,
    /// The template: what its own text holds, as what messages say anyway, is no secret to its reader.
    template: Option<Arc<Source>>,
    /// Every stretch of [`WINDOW`] characters of a value, with the number of the value, and the template
    /// in lower case. Most renderings have no message, so both are made for the first one.
    lookup: OnceLock<(Windows, String)>,
}

impl Redaction {
    /// Hides these values, each of which is written as the text before it, in messages about a template.
    pub fn new(values: impl Iterator<Item = (String, String)>, template: Option<&Arc<Source>>) -> Self {
        let values = values.filter(|(_, value)| !value.is_empty());
        let with_words = values.flat_map(|(name, value)| {
            let words = short_words(&value).map(|word| (name.clone(), folded(word))).collect::<Vec<_>>();
            std::iter::once((name, folded(&value))).chain(words)
        });
        Redaction { values: with_words.collect(), template: template.cloned(), lookup: OnceLock::new() }
    }

    /// Hides the values of another one too.
    pub fn and(mut self, other: &Redaction) -> Self {
        self.values.extend(other.values.iter().cloned());
        self.lookup = OnceLock::new();
        self
    }

    /// A message without any part of a value. A value of fewer than six characters is replaced where it
    /// is a word.
    pub fn redact(&self, text: &str) -> String {
        if self.values.is_empty() {
            return text.to_owned();
        }
        let (lower, places) = folded_with_places(text);
        let mut owners = vec![None; lower.len()];
        let (windows, template) = self.lookup.get_or_init(|| (self.windows(), self.template_text()));
        // What messages or the file say anyway, and a value as well.
        let mut shared = Vec::new();
        for (at, window) in lower.windows(WINDOW).enumerate() {
            let key: Option<[char; WINDOW]> = window.try_into().ok();
            let Some(&number) = key.and_then(|key| windows.get(&key)) else { continue };
            if template.contains(&window.iter().collect::<String>()) {
                shared.push((at, number));
            } else {
                owners[at..at + WINDOW].fill(Some(number));
            }
        }
        // Where a part of a value is hidden, what is left of it beside that would still tell something.
        let beside =
            |owners: &[Option<usize>], at: usize| owners[at..at + WINDOW].iter().any(Option::is_some);
        for &(at, number) in shared.iter().chain(shared.iter().rev()) {
            if beside(&owners, at) {
                owners[at..at + WINDOW].fill(Some(number));
            }
        }
        self.find_short(&lower, &mut owners);
        self.replace(text, &owners, &places)
    }

    /// A diagnostic without any part of a value.
    pub fn diagnostic(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        if let Place::File(name) = &mut diagnostic.place {
            *name = self.redact(name);
        }
        diagnostic.message = self.redact(&diagnostic.message);
        diagnostic.help.iter_mut().for_each(|line| *line = self.redact(line));
        diagnostic
    }

    /// An error without any part of a value.
    pub fn error(&self, error: Error) -> Error {
        match error {
            Error::Input(faults) => Error::Input(faults.map(|fault| self.diagnostic(fault))),
            Error::Usage(faults) => Error::Usage(faults.map(|fault| self.diagnostic(fault))),
            Error::Io { action, path, source } => {
                let path = self.redact(&path.to_string_lossy()).into();
                let source = std::io::Error::new(source.kind(), self.redact(&source.to_string()));
                Error::Io { action, path, source }
            }
            Error::Interrupted => Error::Interrupted,
        }
    }

    fn windows(&self) -> Windows {
        let mut windows = Windows::default();
        for (number, (_, value)) in self.values.iter().enumerate() {
            // A message may show an invisible character as `\u{202e}`.
            let shown = folded(&escaped(&value.iter().collect::<String>()));
            for window in value.windows(WINDOW).chain(shown.windows(WINDOW)) {
                let Ok(key) = window.try_into() else { continue };
                windows.entry(key).or_insert(number);
            }
        }
        windows
    }

    fn template_text(&self) -> String {
        let text = self.template.as_ref().map(|source| String::from_utf8_lossy(source.bytes()));
        let text = text.map(|text| text.to_lowercase()).unwrap_or_default();
        format!("{OWN_WORDS}\n{text}")
    }

    /// Finds the values that are shorter than a window, where they are words.
    fn find_short(&self, lower: &[char], owners: &mut [Option<usize>]) {
        let is_in_word = |at: usize| lower.get(at).is_some_and(|c| c.is_alphanumeric());
        let short = self.values.iter().enumerate().filter(|(_, (_, value))| value.len() < WINDOW);
        for (number, (_, value)) in short {
            for (at, window) in lower.windows(value.len()).enumerate() {
                let end = at + value.len();
                let is_part = (at > 0 && is_in_word(at - 1)) || is_in_word(end);
                if window == value && owners[at].is_none() && !is_part {
                    owners[at..end].fill(Some(number));
                }
            }
        }
    }

    fn replace(&self, text: &str, owners: &[Option<usize>], places: &[usize]) -> String {
        let mut owner_of = vec![None; places.last().map_or(0, |last| last + 1)];
        for (owner, &place) in owners.iter().zip(places) {
            owner_of[place] = owner_of[place].or(*owner);
        }
        let mut replaced = String::with_capacity(text.len());
        let mut before = None;
        for (character, owner) in text.chars().zip(owner_of) {
            match owner {
                None => replaced.push(character),
                Some(number) if before != Some(number) => replaced.push_str(&self.values[number].0),
                Some(_) => {}
            }
            before = owner;
        }
        replaced
    }
}

/// Words of a value that are shorter than [`WINDOW`] and look like no word of a message: a message about one
/// argument may end with such a word alone. Of long values the first few.
fn short_words(value: &str) -> impl Iterator<Item = &str> {
    const MOST: usize = 20;
    let is_short = |word: &&str| (4..WINDOW).contains(&word.chars().count());
    let is_odd = |word: &&str| word.contains(|c: char| c.is_ascii_digit() || c.is_uppercase());
    let words = value.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() < value.len());
    words.filter(is_short).filter(is_odd).take(MOST)
}

/// A text in lower case. Of one character there may come several.
fn folded(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// A text in lower case, and for each of its characters the number of the one that it came from.
fn folded_with_places(text: &str) -> (Vec<char>, Vec<usize>) {
    text.chars().enumerate().flat_map(|(at, c)| c.to_lowercase().map(move |lower| (lower, at))).unzip()
}

#[test]
fn a_short_word_of_a_value_is_hidden_too() {
    let values = [("%%PORT%%".to_owned(), "1dhFQ  sWwGbS".to_owned())];
    let redaction = Redaction::new(values.into_iter(), None);
    assert_eq!(redaction.redact("invalid port: 80-1dhFQ"), "invalid port: 80-%%PORT%%");
}

#[test]
fn a_message_keeps_its_own_words() {
    let redaction = |value: &str| Redaction::new([("${A}".to_owned(), value.to_owned())].into_iter(), None);
    let platforms = "`a:1`, linux/arm/v6: it exists for linux/amd64 linux/arm/v7";
    assert_eq!(redaction("linux/arm/v7").redact(platforms), platforms);
    assert_eq!(redaction("docker.io").redact("not to the Dockerfile"), "not to the Dockerfile");
    assert_eq!(
        redaction("supersecret99").redact("the types are cache, secret"),
        "the types are cache, secret"
    );
    assert_eq!(redaction("supersecret99").redact("no stage `supersecret99`"), "no stage `${A}`");
}

#[test]
fn no_edge_of_a_value_is_left() {
    let file = Arc::new(Source::new("compose.yaml", "x-a: hunter2\n"));
    for value in ["hunter2secret", "secrets", "secret9image", "secret-latest-variable", "hunter2variable"] {
        let redaction = Redaction::new([("${T}".to_owned(), value.to_owned())].into_iter(), Some(&file));
        assert_eq!(redaction.redact(&format!("no stage `{value}` here")), "no stage `${T}` here");
    }
}

#[test]
fn a_part_of_a_value_becomes_its_name() {
    let values = [("%%TOKEN%%".to_owned(), "Hunter2Password".to_owned())];
    let redaction = Redaction::new(values.into_iter(), None);
    assert_eq!(redaction.redact("no stage `x-hunter2`"), "no stage `x-%%TOKEN%%`");
}
