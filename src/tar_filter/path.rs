//! Names of entries as paths, and how two of them are compared.

/// Whether two neighbouring bytes are such. Names are short: comparing all pairs is faster than stopping
/// at the first.
pub fn has_pair(name: &[u8], is_such: impl Fn(u8, u8) -> bool) -> bool {
    let second = name.get(1..).unwrap_or_default();
    name.iter().zip(second).fold(false, |found, (&one, &other)| found | is_such(one, other))
}

/// The path of a name: no leading `/` or `./`, no empty part, no slash at the end.
pub fn normalize(name: &[u8], into: &mut Vec<u8>) {
    into.clear();
    // Nearly every name is a path already.
    let is_path = !name.is_empty()
        && !matches!(name.first(), Some(b'/' | b'.'))
        && name.last() != Some(&b'/')
        && !has_pair(name, |one, other| (one == b'/') & ((other == b'/') | (other == b'.')));
    if is_path {
        into.extend_from_slice(name);
        return;
    }
    for part in name.split(|&byte| byte == b'/') {
        if !part.is_empty() && part != b"." {
            if !into.is_empty() {
                into.push(b'/');
            }
            into.extend_from_slice(part);
        }
    }
}

/// A set of first bytes, by which most names of an archive are ruled out without a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FirstBytes(u128);

impl FirstBytes {
    pub fn of<'n>(names: impl Iterator<Item = &'n [u8]>) -> Self {
        FirstBytes(names.fold(0, |all, name| all | Self::bit(name)))
    }

    /// Whether one of the names may start as this one, in upper or lower case: with the same byte, or with one that is
    /// not ASCII.
    pub fn may_start(self, name: &[u8]) -> bool {
        let bit = Self::bit(name);
        self.0 & bit != 0 || bit == u128::MAX
    }

    /// The bit of a name's first byte; all bits for one that is none of ASCII.
    fn bit(name: &[u8]) -> u128 {
        let first = name.first().filter(|byte| byte.is_ascii());
        first.map_or(u128::MAX, |byte| 1 << byte.to_ascii_lowercase())
    }
}

/// A name's ASCII letters and digits, in lower case and without accents: equal for two names that a
/// person may confuse.
pub fn folded(name: &[u8]) -> String {
    let mut folded = String::new();
    for c in String::from_utf8_lossy(name).chars() {
        match c {
            // A combining accent, with the letter below it.
            '\u{300}'..='\u{36F}' => {
                folded.pop();
            }
            c if c.is_ascii_graphic() => folded.push(c.to_ascii_lowercase()),
            _ => {}
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::FirstBytes;

    #[test]
    fn names_that_start_alike() {
        let names = FirstBytes::of([&b"Dockerfile"[..], b".env"].into_iter());
        for name in ["Dockerfile", "d", "DOCKER", ".git/config", "\u{e9}", ""] {
            assert!(names.may_start(name.as_bytes()), "{name}");
        }
        for name in ["src/Dockerfile", "env", "E", "$", "\u{1}"] {
            assert!(!names.may_start(name.as_bytes()), "{name}");
        }
        // A name without a letter to compare by may be any.
        assert!(FirstBytes::of([&b""[..]].into_iter()).may_start(b"x"));
        assert!(!FirstBytes::default().may_start(b"x"));
    }
}
