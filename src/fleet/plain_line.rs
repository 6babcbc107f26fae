//! A fleet in the form in which nearly all programs write it, read without a copy: a JSON object in one line, of
//! the fields `name`, `device` and `variables`, each once, whose strings have nothing escaped in them.
//!
//! What is not of this form, or is not surely right, is left to [`super::object`], which takes or refuses it with
//! its place. So a stream of a million fleets costs what its bytes cost, and what is accepted does not depend
//! on which of the two has read it.

use super::line_shape::LineShape;
use super::name;
use super::plain_fleet::{GivenVariables, PlainFleet};
use crate::escape::is_unsafe;
use crate::render::placeholder::is_name;

/// The most variables of such a fleet: each is compared with those before it.
const MOST_VARIABLES: usize = 32;
/// How many shapes of lines are tried: where they change often, that takes longer than it saves.
const MOST_SHAPES: usize = 64;
/// The longest number.
const LONGEST_NUMBER: usize = 15;

/// Reads lines. Most fleets of an input have the same variables in the same order, whose names are looked at
/// only once.
#[derive(Debug, Default)]
pub struct PlainReader {
    /// The names of the variables of the last fleet.
    names: Vec<String>,
    /// How often they were others than before.
    changes: usize,
    /// The shape of a line with these variables.
    shape: Option<LineShape>,
    /// How many shapes were looked at.
    shapes: usize,
}

impl PlainReader {
    /// A number that stays the same as long as fleets have the same variables.
    pub fn changes(&self) -> usize {
        self.changes
    }

    /// Reads a line, its variables into `variables`; nothing when it has to be read by [`super::object`].
    pub fn read<'l>(&mut self, line: &'l str, variables: &mut GivenVariables<'l>) -> Option<PlainFleet<'l>> {
        variables.clear();
        let is_ordinary = is_ordinary_text(line.as_bytes());
        if is_ordinary && let Some(shape) = &self.shape {
            if let Some(fleet) = shape.read(line, variables) {
                return is_fit(fleet.name).then_some(fleet);
            }
            variables.clear();
        }
        let mut scanner = Scanner { line, at: 0, is_ordinary };
        let (mut name, mut device, mut has_variables) = (None, None, false);
        scanner.expect(b'{')?;
        loop {
            let field = scanner.string()?;
            scanner.expect(b':')?;
            match field {
                "name" if name.is_none() => {
                    scanner.skip_blanks();
                    let at = scanner.at;
                    name = Some((scanner.text()?, at));
                }
                "device" if device.is_none() => device = Some(scanner.text()?),
                "variables" if !has_variables => {
                    has_variables = true;
                    scanner.variables(variables)?;
                }
                _ => return None,
            }
            match scanner.next()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        scanner.skip_blanks();
        let ((name, name_at), device) = (name?, device?);
        if scanner.at != line.len() || !is_fit(name) || !self.accepts(variables) {
            return None;
        }
        let fleet = PlainFleet { name, name_at, device, is_ordinary };
        if is_ordinary && self.shapes < MOST_SHAPES {
            self.shapes += 1;
            self.shape = LineShape::of(line, &fleet, variables);
        }
        Some(fleet)
    }

    /// Whether variables can have these names.
    fn accepts(&mut self, variables: &GivenVariables) -> bool {
        if self.names.iter().map(String::as_str).eq(variables.iter().map(|(name, _)| *name)) {
            return true;
        }
        let is_twice = |at: usize, name: &str| variables.iter().take(at).any(|(known, _)| *known == name);
        if variables.iter().enumerate().any(|(at, (name, _))| !is_name(name) || is_twice(at, name)) {
            return false;
        }
        self.shape = None;
        self.names.clear();
        self.names.extend(variables.iter().map(|(name, _)| (*name).to_owned()));
        self.changes += 1;
        true
    }
}

/// Whether a text has nothing in it but visible ASCII without `%`, `<` and `\\`, which are looked at more closely.
fn is_ordinary_text(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |all, b| all & matches!(b, b' '..=b'~') & !matches!(b, b'%' | b'<' | b'\\'))
}

/// Whether a name can be that of a folder: see [`name::unfit`].
fn is_fit(name: &str) -> bool {
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    // Those that Windows keeps are shorter.
    let is_surely_fit = (8..=name::LONGEST).contains(&name.len())
        && name.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
        && name.as_bytes().iter().all(is_word);
    is_surely_fit || name::unfit(name).is_none()
}

/// Reads one token after the other.
struct Scanner<'l> {
    line: &'l str,
    at: usize,
    /// Whether no string needs a look at what it holds.
    is_ordinary: bool,
}

impl<'l> Scanner<'l> {
    fn byte(&self) -> Option<u8> {
        self.line.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r') = self.byte() {
            self.at += 1;
        }
    }

    /// The next byte that is not blank.
    fn next(&mut self) -> Option<u8> {
        self.skip_blanks();
        let byte = self.byte()?;
        self.at += 1;
        Some(byte)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// What is between the next quote and the one after it.
    #[inline]
    fn string(&mut self) -> Option<&'l str> {
        self.expect(b'"')?;
        let start = self.at;
        // Most strings are short: to call what is fast for long ones takes longer.
        let end = start + self.line.as_bytes().get(start..)?.iter().position(|b| *b == b'"')?;
        self.at = end + 1;
        self.line.get(start..end)
    }

    /// The same, of a string in which nothing is escaped, or would have to be when it is printed as JSON.
    #[inline]
    fn text(&mut self) -> Option<&'l str> {
        let text = self.string()?;
        (self.is_ordinary || !text.chars().any(|c| c == '\\' || is_unsafe(c))).then_some(text)
    }

    /// The value of a variable: a string; or a number or a truth value, which keeps its text.
    fn value(&mut self) -> Option<&'l str> {
        self.skip_blanks();
        if self.byte() == Some(b'"') {
            return self.text();
        }
        let rest = self.line.get(self.at..)?;
        let word = rest.get(..rest.bytes().take_while(u8::is_ascii_alphanumeric).count())?;
        self.at += word.len();
        let is_number = word.bytes().all(|b| b.is_ascii_digit())
            && (1..=LONGEST_NUMBER).contains(&word.len())
            && (!word.starts_with('0') || word.len() == 1);
        (is_number || matches!(word, "true" | "false")).then_some(word)
    }

    fn variables(&mut self, variables: &mut GivenVariables<'l>) -> Option<()> {
        self.expect(b'{')?;
        self.skip_blanks();
        if self.byte() == Some(b'}') {
            self.at += 1;
            return Some(());
        }
        loop {
            let name = self.string()?;
            self.expect(b':')?;
            if variables.len() == MOST_VARIABLES {
                return None;
            }
            variables.push((name, self.value()?));
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fleet::object;
    use crate::source::Source;

    /// The line whose shape another reader knows.
    const KNOWN: &str = r#"{"name":"kiosk-1","device":"nuc","variables":{"AA":"x y","BB":"7"}}"#;

    /// What both read of a line; nothing when it is left to the other.
    fn is_read(line: &str) -> bool {
        let (mut reader, mut variables) = (PlainReader::default(), Vec::new());
        let read = reader.read(line, &mut variables);
        let (mut knows_a_shape, mut same) = (PlainReader::default(), Vec::new());
        assert!(knows_a_shape.read(KNOWN, &mut same).is_some() && knows_a_shape.shape.is_some());
        assert_eq!(knows_a_shape.read(line, &mut same), read, "{line}");
        let Some(plain) = read else { return false };
        assert_eq!(same, variables, "{line}");
        let names = variables.iter().map(|(name, _)| *name);
        assert!(knows_a_shape.names.iter().map(String::as_str).eq(names), "{line}");
        let given = variables.clone();
        assert_eq!(reader.read(line, &mut variables), Some(plain), "the same again");
        assert_eq!(variables, given, "the same again");
        let source = Arc::new(Source::new("f.ndjson", line));
        let text = std::str::from_utf8(source.bytes()).unwrap();
        let fleet = object::parse(&source, text).unwrap_or_else(|faults| panic!("{line}: {faults:?}"));
        assert_eq!((&*fleet.name, fleet.slug.as_deref(), fleet.app_name()), (plain.name, None, plain.name));
        let crate::diagnostic::Place::Text(_, span) = &fleet.place else { panic!("{line}") };
        assert_eq!(span.start, plain.name_at);
        assert_eq!(fleet.devices.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), [plain.device]);
        let given: Vec<(&str, &str)> =
            fleet.variables.iter().map(|own| (own.name.as_str(), own.value.as_str())).collect();
        assert_eq!(given, variables, "{line}");
        true
    }

    #[test]
    fn the_plain_form_is_what_the_reader_of_objects_reads() {
        for line in [
            r#"{"name":"kiosk-eu-1","device":"nuc"}"#,
            r#"{"name":"a","device":"","variables":{"AA":"","BB":""}}"#,
            r#"{"name":"kiosk-2","device":"nuc","variables":{"AA":"{","BB":"a,b:c"}}"#,
            r#"{"name":"kiosk-2","device":"nuc","variables":{"AA":"x","BBB":"y"}}"#,
            r#"{"name":"kiosk-2","device":"nuc","variables":{"BB":"x","AA":"y"}}"#,
            r#"{"name":"kiosk-2","device":"nuc","variables":{"AA":"x","BB":7}}"#,
            r#"{"name":"kiosk-2","device":"nuc","variables":{"AA":"x","BB":"7"} }"#,
            "\t{ \"device\" : \"nuc\" , \"name\" : \"a\" }\r",
            r#"{"variables":{},"name":"b\u00fcro","device":"nuc"}"#.replace("\\u00fc", "\u{fc}").as_str(),
            r#"{"name":"a b","device":"x","variables":{"AA":"","BB":"x = y, z","CC":12,"DD":true,"EE":"\u{e9}"}}"#
                .replace("\\u{e9}", "\u{e9}")
                .as_str(),
        ] {
            assert!(is_read(line), "{line}");
        }
        let own = |value: &str| format!(r#"{{"name":"aa","device":"nuc","variables":{{"AA":{value}}}}}"#);
        for line in [
            r#"{"name":"nul","device":"nuc","variables":{"AA":"x","BB":"7"}}"#,
            r#"{"name":"kiosk-1","device":"nuc","variables":{"AA":"\\u0041","BB":"7"}}"#,
            r#"{"name":"kiosk-1","device":"nuc","variables":{"AA":"x","BB":"7"}}}"#,
            r#"{"name":"kiosk-1","device":"nuc","variables":{"AA":"x","BB":"7"}"#,
            r#"{"name":"a","name":"a","device":"nuc"}"#,
            r#"{"name":"a","device":"nuc","x":1}"#,
            r#"{"name":"a","devices":["nuc"]}"#,
            r#"{"app_name":"a","device_type":"nuc"}"#,
            r#"{"name":"a\\b","device":"nuc"}"#,
            r#"{"name":"nul","device":"nuc"}"#,
            r#"{"name":"acme/a","device":"nuc"}"#,
            r#"{"name":"a","device":"nuc"} x"#,
            r#"{"name":"a","device":"nuc",}"#,
            r#"{"name":"a"}"#,
            &own("01"),
            &own("1.5"),
            &own("1e400"),
            &own("null"),
            &own("[]"),
            &own("\"a\\tb\""),
            &own("\"a\tb\""),
            &own("\"a\u{85}b\""),
            &own("\"a\u{2028}b\""),
            &own("\"a\",\"AA\":\"b\""),
            &own("\"a\",\"x\":\"b\""),
            &own("\"a\","),
            &own("\"a"),
        ] {
            assert!(!is_read(line), "{line}");
        }
    }

    #[test]
    fn lines_of_arbitrary_pieces_are_read_as_objects_are() {
        let pieces = [
            "{",
            "}",
            "\"",
            ":",
            ",",
            " ",
            "\\",
            "name",
            "device",
            "variables",
            "AA",
            "BB",
            "\"name\":\"n",
            "\",",
            "\"device\":\"nuc\"",
            "\"variables\":{\"AA\":\"x\"",
            "1",
            "0",
            "true",
            "\u{fc}",
            "\u{202e}",
            "[",
            "-",
        ];
        let (mut state, mut found) = (7u64, 0);
        let mut pick = |most: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % most
        };
        for round in 0..40_000 {
            let mut line = if round % 2 == 0 { KNOWN.to_owned() } else { KNOWN.replace("\"7\"", "7") };
            for _ in 0..=pick(3) {
                let mut at = pick(line.len() + 1);
                while !line.is_char_boundary(at) {
                    at -= 1;
                }
                let mut end = (at + pick(4)).min(line.len());
                while !line.is_char_boundary(end) {
                    end += 1;
                }
                line.replace_range(at..end, pieces[pick(pieces.len())]);
            }
            found += usize::from(is_read(&line));
        }
        assert!(found > 1_000, "{found}");
    }
}
