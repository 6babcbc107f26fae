//! PAX records: a sequence of `LENGTH KEY=VALUE\n`, separated only by their lengths, as a value may
//! contain what looks like the next record.

use std::borrow::Cow;
use std::ops::Range;

use super::number::{decimal, is_time};
use super::sparse::Map;

/// The records of one header that are needed here. Ranges are of the records' bytes.
#[derive(Clone, Debug, Default)]
pub struct Extended {
    pub path: Option<Range<usize>>,
    pub link: Option<Range<usize>>,
    pub size: Option<u64>,
    pub is_sparse: bool,
    /// Bytes of a sparse file with its holes.
    pub real_size: u64,
    /// The map of a sparse file, if it is in the records and not in the data.
    pub map: Option<Map>,
}

#[derive(Clone, Debug)]
pub struct Record<'r> {
    pub key: &'r [u8],
    pub value: Range<usize>,
    /// The whole record, with its length and its line end.
    pub whole: Range<usize>,
}

fn record(bytes: &[u8], at: usize) -> Option<Record<'_>> {
    let rest = bytes.get(at..)?;
    let digits = rest.iter().take(8).position(|&byte| byte == b' ')?;
    let length_text = rest.get(..digits)?;
    // Some readers take `010` for eight.
    if length_text.starts_with(b"0") {
        return None;
    }
    let length = usize::try_from(decimal(length_text)?).ok()?;
    let whole = at..at.checked_add(length)?;
    let body = bytes.get(whole.clone())?.strip_suffix(b"\n")?.get(digits + 1..)?;
    let equals = body.iter().position(|&byte| byte == b'=')?;
    let key = body.get(..equals)?;
    let key_is_text = !key.is_empty() && key.iter().all(|&byte| byte > b' ' && byte != 0x7F);
    let value = at + digits + 1 + equals + 1..whole.end - 1;
    key_is_text.then_some(Record { key, value, whole })
}

/// The records of a header, in order.
pub fn records(bytes: &[u8]) -> impl Iterator<Item = Result<Record<'_>, String>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let record = (at < bytes.len()).then(|| record(bytes, at))?;
        at = record.as_ref().map_or(bytes.len(), |record| record.whole.end);
        Some(record.ok_or_else(|| "a PAX record with a wrong length".to_owned()))
    })
}

/// Keys that GNU tar repeats, in pairs, in the oldest form of its sparse files.
const REPEATED: [&[u8]; 2] = [b"GNU.sparse.offset", b"GNU.sparse.numbytes"];

/// Reads the records in front of an entry.
pub fn read(bytes: &[u8]) -> Result<Extended, String> {
    let mut extended = Extended::default();
    let mut sparse = Sparse::default();
    let mut keys: Vec<&[u8]> = Vec::new();
    let mut has_sparse_name = false;
    for record in records(bytes) {
        let Record { key, value: span, .. } = record?;
        let value = bytes.get(span.clone()).unwrap_or_default();
        let good = match key {
            // Only in this order do readers agree on which of the two names counts.
            b"path" if has_sparse_name => return Err("two names in PAX records".to_owned()),
            b"path" | b"GNU.sparse.name" => {
                has_sparse_name = key != b"path";
                extended.path = Some(span);
                is_name(value)
            }
            b"linkpath" => {
                extended.link = Some(span);
                is_name(value)
            }
            b"size" => {
                extended.size = decimal(value);
                extended.size.is_some()
            }
            b"uid" | b"gid" => decimal(value).is_some(),
            b"mtime" | b"atime" | b"ctime" => is_time(value),
            b"uname" | b"gname" => !value.contains(&0),
            b"hdrcharset" => value == b"BINARY" || value == b"ISO-IR 10646 2000 UTF-8",
            key if key.starts_with(b"GNU.sparse.") => sparse.takes(key, value),
            // bsdtar obeys these, and no other reader does.
            b"SCHILY.realsize" | b"SUN.holesdata" => false,
            _ => true,
        };
        if !good {
            return Err(format!(
                "a value of the PAX record `{}` that readers interpret differently",
                shown(key)
            ));
        }
        if !REPEATED.contains(&key) {
            keys.push(key);
        }
    }
    keys.sort_unstable();
    let twice = keys.iter().zip(keys.iter().skip(1)).find(|(one, other)| one == other);
    if let Some((twice, _)) = twice {
        return Err(format!("the PAX record `{}` is given twice", shown(twice)));
    }
    let has = |key: &str| keys.binary_search(&key.as_bytes()).is_ok();
    extended.is_sparse = sparse.is_whole(has)?;
    extended.real_size = sparse.bytes;
    extended.map = (extended.is_sparse && !has("GNU.sparse.major")).then_some(sparse.regions);
    if extended.is_sparse && extended.size.is_some() {
        return Err("a sparse file with a size in PAX records".to_owned());
    }
    Ok(extended)
}

/// Reads the records for the whole archive: only a comment, as git writes it, means the same to
/// every reader.
pub fn read_global(bytes: &[u8]) -> Result<(), String> {
    for record in records(bytes) {
        let key = record?.key;
        if key != b"comment" {
            return Err(format!("a PAX record `{}` for the whole archive", shown(key)));
        }
    }
    Ok(())
}

fn shown(key: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(key.get(..60).unwrap_or(key))
}

fn is_name(value: &[u8]) -> bool {
    !value.is_empty() && !value.contains(&0)
}

pub fn push_record(key: &[u8], value: &[u8], into: &mut Vec<u8>) {
    let body = key.len() + value.len() + 3;
    let mut length = body + 1;
    // The length counts its own digits.
    while length != body + length.to_string().len() {
        length = body + length.to_string().len();
    }
    for part in [length.to_string().as_bytes(), b" ", key, b"=", value, b"\n"] {
        into.extend_from_slice(part);
    }
}

/// Which of the three formats of a sparse file the records follow. A mixture is interpreted differently
/// by every reader.
#[derive(Default)]
struct Sparse {
    blocks: Option<u64>,
    offsets: u64,
    lengths: u64,
    /// Bytes of the file with its holes.
    bytes: u64,
    offset: u64,
    regions: Map,
}

impl Sparse {
    fn takes(&mut self, key: &[u8], value: &[u8]) -> bool {
        match key {
            b"GNU.sparse.major" => value == b"1",
            b"GNU.sparse.minor" => value == b"0",
            b"GNU.sparse.realsize" | b"GNU.sparse.size" => {
                decimal(value).map(|bytes| self.bytes = bytes).is_some()
            }
            b"GNU.sparse.numblocks" => {
                self.blocks = decimal(value);
                self.blocks.is_some()
            }
            b"GNU.sparse.map" => {
                let mut numbers = value.split(|&byte| byte == b',').map(decimal);
                while let Some(offset) = numbers.next() {
                    let region = offset.zip(numbers.next().flatten());
                    if !region.is_some_and(|(offset, length)| self.regions.add(offset, length)) {
                        return false;
                    }
                    self.lengths += 1;
                }
                true
            }
            b"GNU.sparse.offset" => {
                self.offsets += 1;
                decimal(value).is_some_and(|offset| {
                    self.offset = offset;
                    self.offsets == self.lengths + 1
                })
            }
            b"GNU.sparse.numbytes" => {
                self.lengths += 1;
                decimal(value).is_some_and(|length| {
                    self.offsets == self.lengths && self.regions.add(self.offset, length)
                })
            }
            _ => false,
        }
    }

    /// Whether there is a sparse file at all, in records that `has` says are there.
    fn is_whole(&self, has: impl Fn(&str) -> bool) -> Result<bool, String> {
        let (has_name, has_map, has_offsets) =
            (has("GNU.sparse.name"), has("GNU.sparse.map"), self.offsets > 0);
        let new = ["GNU.sparse.major", "GNU.sparse.minor", "GNU.sparse.realsize"].map(&has);
        let old = [has("GNU.sparse.size"), self.blocks.is_some(), has_map || has_offsets];
        let none = |all: [bool; 3]| all == [false; 3];
        let pairs = self.blocks.is_none_or(|blocks| blocks == self.lengths);
        match (new, old) {
            (new, old) if none(new) && none(old) && !has_name => Ok(false),
            ([true, true, true], old) if none(old) && has_name => Ok(true),
            (new, [true, true, true]) if none(new) && has_map != has_offsets && pairs => Ok(true),
            _ => Err("PAX records of a sparse file that contradict each other".to_owned()),
        }
    }
}
