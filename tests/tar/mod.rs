//! Archives written byte by byte: what no tar program would write is what these tests are about.

#![allow(dead_code)]

#[path = "../common/tool.rs"]
mod tool;
pub mod tools;

use std::sync::LazyLock;

use dtpl::Error;
use dtpl::Registry;
use dtpl::Subject;
use dtpl::tar_filter::{Request, Resolved, resolve};
use dtpl::{Diagnostic, Place};
use dtpl::{Layers, Variables};

pub const TEMPLATE: &[u8] = b"FROM base-%%BALENA_ARCH%%\n";
pub const RESOLVED: &[u8] = b"FROM base-armv7hf\n";

/// One header block with its data.
#[derive(Clone)]
pub struct Entry {
    pub block: [u8; 512],
    pub data: Vec<u8>,
    pub bad_checksum: bool,
}

/// A POSIX header of a type, with a size of its data.
pub fn entry(kind: u8, name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Entry {
    let entry = Entry { block: [0; 512], data: data.as_ref().to_vec(), bad_checksum: false };
    let size = format!("{:011o}\0", entry.data.len());
    entry
        .put(0, name.as_ref())
        .put(100, b"0000644\0")
        .put(108, b"0001750\0")
        .put(116, b"0001751\0")
        .put(124, size.as_bytes())
        .put(136, b"14712345670\0")
        .put(156, &[kind])
        .put(257, b"ustar\x0000")
        .put(265, b"builder\0")
        .put(297, b"staff\0")
        .put(329, b"0000000\0")
        .put(337, b"0000000\0")
}

pub fn file(name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Entry {
    entry(b'0', name, data)
}

pub fn directory(name: &str) -> Entry {
    entry(b'5', name, b"")
}

pub fn link(kind: u8, name: &str, target: impl AsRef<[u8]>) -> Entry {
    entry(kind, name, b"").put(157, target.as_ref())
}

/// A PAX header with these records.
pub fn pax(records: &[(&str, &[u8])]) -> Entry {
    let mut data = Vec::new();
    for (key, value) in records {
        data.extend(record(key, value));
    }
    entry(b'x', "PaxHeaders/file", data)
}

pub fn global(records: &[(&str, &[u8])]) -> Entry {
    pax(records).put(156, b"g")
}

pub fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let body = key.len() + value.len() + 3;
    let length = (1..).map(|digits| body + digits).find(|length| length.to_string().len() + body == *length);
    [length.unwrap().to_string().as_bytes(), b" ", key.as_bytes(), b"=", value, b"\n"].concat()
}

/// GNU's long name (`L`) or long link target (`K`).
pub fn long(kind: u8, text: &str) -> Entry {
    entry(kind, "././@LongLink", format!("{text}\0")).gnu()
}

impl Entry {
    pub fn put(mut self, at: usize, bytes: &[u8]) -> Self {
        self.block[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    pub fn gnu(self) -> Self {
        self.put(257, b"ustar  \0")
    }

    pub fn v7(self) -> Self {
        self.put(257, &[0; 255])
    }

    /// Another size than that of the data.
    pub fn size(self, field: &[u8]) -> Self {
        self.put(124, field)
    }

    pub fn bad_checksum(mut self) -> Self {
        self.bad_checksum = true;
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut block = self.block;
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        let sum = sum + u32::from(self.bad_checksum);
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let mut bytes = block.to_vec();
        bytes.extend(&self.data);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }
}

/// The entries without an end.
pub fn open(entries: &[Entry]) -> Vec<u8> {
    entries.iter().flat_map(Entry::bytes).collect()
}

/// The entries with an end.
pub fn archive(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = open(entries);
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

pub fn variables() -> Variables {
    let mut variables = Variables::new();
    variables.set_standard("BALENA_ARCH", "armv7hf");
    variables
}

static REGISTRY: LazyLock<Registry> = LazyLock::new(dtpl::Registry::embedded);

pub fn request<'r>(layers: &'r [&'r Variables]) -> Request<'r> {
    let pi = REGISTRY.device_type("raspberrypi3").unwrap();
    Request::new(Subject::of_device_type(pi, &REGISTRY), Layers(layers))
}

pub fn run(bytes: &[u8], change: impl FnOnce(&mut Request)) -> (Vec<u8>, Result<Resolved, Error>) {
    let variables = variables();
    let layers = [&variables];
    let mut request = request(&layers);
    change(&mut request);
    let mut out = Vec::new();
    let result = resolve(&mut &bytes[..], &mut out, &request);
    (out, result)
}

/// What comes of an archive that has to be taken.
#[track_caller]
pub fn accepted(bytes: &[u8]) -> Vec<u8> {
    accepted_with(bytes, |_| {}).0
}

#[track_caller]
pub fn accepted_with(bytes: &[u8], change: impl FnOnce(&mut Request)) -> (Vec<u8>, Resolved) {
    let (out, result) = run(bytes, change);
    match result {
        Ok(resolved) => (out, resolved),
        Err(error) => panic!("refused: {}", messages(&error)),
    }
}

/// Checks that an archive is refused, with these words in its message, and that nothing is written.
#[track_caller]
pub fn refused(bytes: &[u8], words: &str) -> Error {
    refused_with(bytes, words, |_| {})
}

#[track_caller]
pub fn refused_with(bytes: &[u8], words: &str, change: impl FnOnce(&mut Request)) -> Error {
    let (out, result) = run(bytes, change);
    let Err(error) = result else { panic!("accepted, and not refused for {words:?}") };
    assert!(messages(&error).contains(words), "{} instead of {words:?}", messages(&error));
    assert!(out.is_empty(), "{} bytes were written", out.len());
    error
}

pub fn messages(error: &Error) -> String {
    match error {
        Error::Input(diagnostics) => diagnostics.iter().map(message).collect::<Vec<_>>().join("\n"),
        other => format!("{other:?}"),
    }
}

pub fn warnings(resolved: &Resolved) -> String {
    resolved.notes.iter().map(message).collect::<Vec<_>>().join("\n")
}

fn message(diagnostic: &Diagnostic) -> String {
    let place = match &diagnostic.place {
        Place::Entry { number, name, offset } => format!("entry {number} {name:?} at byte {offset}"),
        Place::Text(source, span) => format!("{}:{:?}", source.name(), source.position(span.start)),
        other => format!("{other:?}"),
    };
    format!("{place}: {}; {}", diagnostic.message, diagnostic.help.join("; "))
}

/// The resolved Dockerfile as the last entry, with the header of the entry it came from.
pub fn resolved(from: &Entry, name: &str, content: &[u8]) -> Vec<u8> {
    let mut entry = from.clone().put(0, &[0; 100]).put(0, name.as_bytes()).put(345, &[0; 155]);
    entry.data = content.to_vec();
    let size = format!("{:011o}\0", content.len());
    entry.size(size.as_bytes()).put(156, b"0").bytes()
}
