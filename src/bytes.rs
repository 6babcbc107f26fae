//! Finding a byte in a template.
//!
//! `memchr` asks the processor what it can when it is called for the first time. On a virtual machine
//! that takes longer than everything else that is done to a template of usual length, so the first
//! bytes are looked through by a loop that every processor runs fast, and only a long text by `memchr`.

/// Up to here the loop is as fast.
const SHORT: usize = 4096;
/// Bytes that the loop compares at once.
const STEP: usize = 32;

/// Where `byte` stands first in `text`.
pub fn find(byte: u8, text: &[u8]) -> Option<usize> {
    let (head, tail) = text.split_at(text.len().min(SHORT));
    let (steps, rest) = head.as_chunks::<STEP>();
    for (number, step) in steps.iter().enumerate() {
        if holds(byte, step) {
            return step.iter().position(|&own| own == byte).map(|at| number * STEP + at);
        }
    }
    let in_rest = rest.iter().position(|&own| own == byte).map(|at| head.len() - rest.len() + at);
    in_rest.or_else(|| match tail {
        [] => None,
        tail => memchr::memchr(byte, tail).map(|at| head.len() + at),
    })
}

/// Where `byte` stands last in `text`.
pub fn find_last(byte: u8, text: &[u8]) -> Option<usize> {
    let (head, tail) = text.split_at(text.len().saturating_sub(SHORT));
    let (rest, steps) = tail.as_rchunks::<STEP>();
    for (number, step) in steps.iter().enumerate().rev() {
        if holds(byte, step) {
            let before = head.len() + rest.len() + number * STEP;
            return step.iter().rposition(|&own| own == byte).map(|at| before + at);
        }
    }
    let in_rest = rest.iter().rposition(|&own| own == byte).map(|at| head.len() + at);
    in_rest.or_else(|| match head {
        [] => None,
        head => memchr::memrchr(byte, head),
    })
}

/// Where the two bytes stand first in `text`, one behind the other.
pub fn find_pair(pair: [u8; 2], text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = find(pair[0], text.get(at..)?) {
        if text.get(at + found + 1) == Some(&pair[1]) {
            return Some(at + found);
        }
        at += found + 1;
    }
    None
}

/// Without a way out of the loop, so that the compiler compares all bytes at once.
fn holds(byte: u8, step: &[u8; STEP]) -> bool {
    step.iter().fold(false, |found, &own| found | (own == byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every place of a byte in texts around the borders of steps and of what is short.
    #[test]
    fn finds_what_memchr_finds() {
        for length in (0..200).chain(SHORT - 70..SHORT + 70) {
            let mut text = vec![b'.'; length];
            assert_eq!(find(b'%', &text), None);
            assert_eq!(find_last(b'%', &text), None);
            for at in (0..length).filter(|at| length < 200 || at % 61 == 0 || at + 70 > SHORT) {
                text[at] = b'%';
                assert_eq!(find(b'%', &text), Some(at), "{length}");
                assert_eq!(find_last(b'%', &text), Some(at), "{length}");
                if at + 40 < length {
                    text[at + 40] = b'%';
                    assert_eq!(find(b'%', &text), Some(at), "{length}");
                    assert_eq!(find_last(b'%', &text), Some(at + 40), "{length}");
                    text[at + 40] = b'.';
                }
                text[at] = b'.';
            }
        }
    }

    #[test]
    fn finds_pairs() {
        assert_eq!(find_pair(*b"<%", b"< %<<%"), Some(4));
        assert_eq!(find_pair(*b"<%", b"<"), None);
        assert_eq!(find_pair(*b"<<", b"a<<<"), Some(1));
        assert_eq!(find_pair(*b"<<", b""), None);
    }
}
