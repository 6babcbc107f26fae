//! Small archives for the comparison: made and read here, so that neither side does it.

/// A regular file of an archive.
pub struct File {
    pub name: String,
    pub content: Vec<u8>,
}

impl File {
    pub fn new(name: &str, content: &str) -> Self {
        File { name: name.to_owned(), content: content.as_bytes().to_vec() }
    }
}

/// A ustar archive. Names are shorter than 100 bytes.
pub fn pack(files: &[File]) -> Vec<u8> {
    let mut archive = Vec::new();
    for file in files {
        let mut header = [0u8; 512];
        header[..file.name.len()].copy_from_slice(file.name.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        header[108..115].copy_from_slice(b"0000000");
        header[116..123].copy_from_slice(b"0000000");
        header[124..135].copy_from_slice(format!("{:011o}", file.content.len()).as_bytes());
        header[136..147].copy_from_slice(b"00000000000");
        header[148..156].fill(b' ');
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive.extend_from_slice(&header);
        archive.extend_from_slice(&file.content);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

/// Names and contents of such an archive.
pub fn unpack(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut entries = Vec::new();
    let mut rest = archive;
    while rest[0] != 0 {
        let text = |range: std::ops::Range<usize>| {
            let field = rest[range].split(|&byte| byte == 0).next().unwrap();
            String::from_utf8(field.to_vec()).unwrap()
        };
        let size = usize::from_str_radix(text(124..136).trim(), 8).unwrap();
        entries.push((text(0..100), rest[512..512 + size].to_vec()));
        rest = &rest[512 + size.next_multiple_of(512)..];
    }
    entries
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for piece in bytes.chunks(3) {
        let number =
            piece.iter().fold(0u32, |number, &byte| number << 8 | u32::from(byte)) << (8 * (3 - piece.len()));
        for digit in 0..=piece.len() {
            text.push(DIGITS[(number >> (18 - 6 * digit) & 63) as usize] as char);
        }
    }
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

pub fn from_base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in text.trim_end_matches('=').as_bytes().chunks(4) {
        let digit = |byte: &u8| DIGITS.iter().position(|digit| digit == byte).unwrap() as u32;
        let number =
            piece.iter().fold(0u32, |number, byte| number << 6 | digit(byte)) << (6 * (4 - piece.len()));
        bytes.extend_from_slice(&number.to_be_bytes()[1..piece.len()]);
    }
    bytes
}
