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
