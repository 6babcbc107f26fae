//! Values that nothing else in a run looks like, and finding a part of one in a text.

/// How many characters in a row of a value are too many.
const WINDOW: usize = 6;

/// Numbers that are the same on every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: usize) -> Self {
        Random((seed as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }

    pub fn of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }
}

/// A value of 6 to 300 characters: groups of consonants or digits, which no word has, with something
/// between them that has a meaning somewhere.
pub fn secret(random: &mut Random) -> String {
    const LENGTHS: &[usize] = &[6, 7, 9, 13, 20, 40, 61, 64, 101, 200, 300];
    const STARTS: &[&str] =
        &["", "", "", "--", "<<", "1", "\"", "[\"", "$", "${", "é", "qz://", "{{", "--x="];
    const BETWEEN: &[&str] = &[
        "", "", " ", "=", "'", "\"", "$", ":", "/", "-", ".", ",", "\\", "@", "[", "{", "}", "#", "é", "漢",
        "İ", "ẞ", "%", "&", ";", "|", "  ", "\\n", "\u{301}", "\u{202e}", "\t",
    ];
    const LETTERS: &[&str] =
        &["bcdfghjkmnpqrstvwxz", "BCDFGHJKMNPQRSTVWXZ", "bcDFghJKmnPQrsTVwxZ", "123456789", "bßcñdøfłg"];
    let length = *random.of(LENGTHS);
    let (start, between) = (*random.of(STARTS), *random.of(BETWEEN));
    let letters: Vec<char> = random.of(LETTERS).chars().collect();
    let mut text = if length < 13 { String::new() } else { start.to_owned() };
    while text.chars().count() < length {
        for _ in 0..3 + random.below(9) {
            text.push(*random.of(&letters));
        }
        text.push_str(between);
    }
    let cut: String = text.chars().take(length).collect();
    // What stands at an end is lost in many places, or joins lines.
    let cut = cut.trim_end_matches([' ', '\\', '\t']).to_owned();
    let missing = length - cut.chars().count();
    cut + &"q".repeat(missing.min(1))
}

/// The parts of a secret that must be nowhere.
pub struct Parts {
    /// In small letters: names of stages are told so.
    parts: Vec<Vec<u8>>,
    /// Which two bytes a part starts with: most places of a text need no further look.
    starts: Vec<bool>,
}

impl Parts {
    pub fn new(secret: &str) -> Self {
        let secret: Vec<char> = secret.to_lowercase().chars().collect();
        let windows = secret.windows(WINDOW.min(secret.len()));
        let parts: Vec<Vec<u8>> = windows.map(|part| part.iter().collect::<String>().into_bytes()).collect();
        let mut starts = vec![false; 1 << 16];
        for part in &parts {
            starts[start(part)] = true;
        }
        Parts { parts, starts }
    }

    /// The first part in a text, as it is or escaped in one of the ways that messages are: its line
    /// from a little before it on, with the part marked.
    pub fn find(&self, text: &str) -> Option<String> {
        let mut views = vec![text.to_lowercase()];
        if text.contains('\\') {
            views.push(unescaped(text).to_lowercase());
        }
        if text.contains('%') {
            views.push(percent_decoded(text).to_lowercase());
        }
        views.iter().find_map(|view| self.find_plain(view))
    }

    fn find_plain(&self, text: &str) -> Option<String> {
        let bytes = text.as_bytes();
        let is_start = |at: &usize| self.starts[start(&bytes[*at..])];
        let part_at = |at: usize| {
            self.parts.iter().find(|part| bytes[at..].starts_with(part)).map(|part| (at, part.len()))
        };
        let (at, length) = (0..bytes.len().saturating_sub(1)).filter(is_start).find_map(part_at)?;
        let (before, part, behind) = (&text[..at], &text[at..at + length], &text[at + length..]);
        let before = before.rsplit('\n').next()?;
        let (skipped, _) = before.char_indices().rev().nth(140).unwrap_or_default();
        let behind: String = behind.lines().next().unwrap_or_default().chars().take(60).collect();
        Some(format!("{}«{part}»{behind}", &before[skipped..]))
    }
}

fn start(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// What a string of JSON, or of Rust, stands for.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escape) = rest.chars().next() else { break };
        rest = &rest[escape.len_utf8()..];
        match escape {
            'u' => {
                let digits = rest.trim_start_matches('{');
                let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
                let end = if digits.len() < rest.len() { end } else { end.min(4) };
                let number = u32::from_str_radix(&digits[..end], 16).ok();
                plain.extend(number.and_then(char::from_u32));
                rest = &digits[end..];
                rest = rest.strip_prefix('}').unwrap_or(rest);
            }
            't' => plain.push('\t'),
            'n' => plain.push('\n'),
            other => plain.push(other),
        }
    }
    plain + rest
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| first == b'%').and_then(|two| std::str::from_utf8(two).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn parts_are_found_in_every_form() {
    let secret = "Qz\"kw é%xv";
    let secret = Parts::new(secret);
    for text in
        ["a Qz\"kw é", "QZ\"KW É", r#"qz\"kw \u00e9"#, r"qz\u{22}kw \u{e9}", "z\"kw%20%C3%A9%25", "kw é%xv"]
    {
        assert!(secret.find(text).is_some(), "{text}");
    }
    for text in ["qz\"kw", "é%xv", "qzkw é%", ""] {
        assert_eq!(secret.find(text), None);
    }
}
