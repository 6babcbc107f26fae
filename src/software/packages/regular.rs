//! A name that is no package is a regular expression for apt-get if it has a `.` or a `+`: `python3.9` installs what
//! has `python3`, any character and `9` somewhere in its name.

use super::{DebianArch, DebianRelease, table};

/// Whether a name that is no package is an expression that finds some.
pub(super) fn finds(name: &str, release: DebianRelease) -> bool {
    if !name.contains(['.', '+']) || name.len() > 80 {
        return false;
    }
    let expression = parse(name.as_bytes());
    // Most names do not have the longest part without `.` and `+`, which is found quickly.
    let literal = name.split(['.', '+']).max_by_key(|part| part.len()).unwrap_or_default();
    table::names().any(|(known, facts)| {
        known.contains(literal)
            && DebianArch::ALL
                .iter()
                .any(|arch| matches!(facts.status(release as usize, *arch as usize), 1..=3))
            && (0..known.len()).any(|at| matches(&expression, &known.as_bytes()[at..]))
    })
}

/// A character, and whether it may come several times; any character is nothing.
type Part = (Option<u8>, bool);

fn parse(name: &[u8]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for byte in name {
        match (byte, parts.last_mut()) {
            (b'+', Some(last)) => last.1 = true,
            (b'.', _) => parts.push((None, false)),
            _ => parts.push((Some(*byte), false)),
        }
    }
    parts
}

/// Whether a text starts with what an expression describes. Both are short.
fn matches(expression: &[Part], text: &[u8]) -> bool {
    // Which parts have been matched so far, all possibilities at once.
    let mut after = vec![false; expression.len() + 1];
    after[0] = true;
    for byte in text {
        let mut next = vec![false; after.len()];
        for (at, (wanted, repeats)) in expression.iter().enumerate() {
            let fits = wanted.is_none_or(|wanted| wanted == *byte);
            next[at + 1] |= fits && (after[at] || (*repeats && after[at + 1]));
        }
        if after[expression.len()] {
            return true;
        }
        after = next;
    }
    after[expression.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_matched_from_the_start() {
        let is = |name: &str, text: &str| matches(&parse(name.as_bytes()), text.as_bytes());
        assert!(is("a.c", "abcd") && is("ab+c", "abbbc") && is("a", "a"));
        assert!(!is("a.c", "ac") && !is("ab+c", "ac") && !is("a", "ba"));
    }
}
