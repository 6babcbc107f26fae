//! Values as Go reads them: BuildKit is written in Go, and takes exactly what Go's functions take.

/// A truth value, as `strconv.ParseBool` takes it.
pub(super) fn boolean(text: &[u8]) -> Option<bool> {
    match text {
        b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True" => Some(true),
        b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False" => Some(false),
        _ => None,
    }
}

/// A number without a sign, of 32 bits. `u32::from_str_radix` would take a plus sign.
pub(super) fn unsigned(text: &[u8], radix: u32) -> Option<u32> {
    let text = std::str::from_utf8(text).ok().filter(|text| !text.starts_with('+'))?;
    u32::from_str_radix(text, radix).ok()
}

/// A number of bytes with a unit, as `RAMInBytes` of docker/go-units takes it: `64m`, `1.5 GiB`.
pub(super) fn size(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let last = text.rfind(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' '))?;
    let (number, unit) = text.split_at(last + 1);
    let number: f64 = number.strip_suffix(' ').unwrap_or(number).parse().ok()?;
    let unit = unit.to_ascii_lowercase();
    let (scale, rest) = match unit.split_at_checked(1) {
        None => (0, ""),
        Some(("b", rest)) => return (number >= 0.0 && rest.is_empty()).then_some(whole(number)),
        Some((letter, rest)) => ("kmgtp".find(letter)? + 1, rest),
    };
    let is_unit = matches!(rest, "" | "b" | "ib");
    (number >= 0.0 && is_unit).then(|| whole(number * 1024f64.powi(i32::try_from(scale).unwrap_or(0))))
}

/// The whole part, at most what 64 bits hold.
#[allow(clippy::cast_possible_truncation)]
fn whole(number: f64) -> i64 {
    number as i64
}

/// A path without `.`, `..` and repeated slashes, as `path.Clean` writes it.
pub(super) fn clean_path(path: &[u8]) -> Vec<u8> {
    let is_absolute = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|&b| b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(&last) if last != b".." => {
                    parts.pop();
                }
                _ if is_absolute => {}
                _ => parts.push(part),
            },
            _ => parts.push(part),
        }
    }
    let joined = parts.join(&b'/');
    match (is_absolute, joined.is_empty()) {
        (true, _) => [b"/", &joined[..]].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_truth_values_are_those_of_go() {
        assert_eq!((boolean(b"T"), boolean(b"tRUE"), boolean(b"yes")), (Some(true), None, None));
        assert_eq!(
            (unsigned(b"0755", 8), unsigned(b"+1", 10), unsigned(b"1_0", 10)),
            (Some(0o755), None, None)
        );
        assert_eq!((unsigned(b"4294967296", 10), unsigned(b"", 10)), (None, None));
    }

    #[test]
    fn sizes_are_those_of_go_units() {
        assert_eq!((size(b"5"), size(b"5.5kb"), size(b"1TiB")), (Some(5), Some(5632), Some(1 << 40)));
        assert_eq!((size(b"10 kB"), size(b"10b"), size(b"1e3")), (Some(10240), Some(10), Some(1000)));
        for wrong in ["", "5q", "-1", "1.5.5", "5bb", "5kib b", "k", "5mm", "5 ", " "] {
            assert_eq!(size(wrong.as_bytes()), if wrong == "5 " { Some(5) } else { None }, "{wrong}");
        }
    }

    #[test]
    fn paths_are_cleaned() {
        let clean = |path: &str| String::from_utf8(clean_path(path.as_bytes())).unwrap();
        assert_eq!((clean(""), clean("/"), clean("//a/./b//../c/")), (".".into(), "/".into(), "/a/c".into()));
        assert_eq!(
            (clean("/../a"), clean("../a/../.."), clean("a/..")),
            ("/a".into(), "../..".into(), ".".into())
        );
    }
}
