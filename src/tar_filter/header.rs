//! One header block, read strictly: a block is accepted only if GNU tar, bsdtar and Python's tarfile
//! accept it with the same meaning.

use tar_core::{GNU_MAGIC, GNU_VERSION, HEADER_SIZE, Header as Layout, USTAR_MAGIC, USTAR_VERSION};

use super::number::{is_negative, is_zero, number};

pub type Block = [u8; HEADER_SIZE];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderFormat {
    /// Before there was a magic number: names of 100 bytes, no extensions.
    #[default]
    V7,
    /// POSIX, with a prefix to the name.
    Ustar,
    /// GNU tar's own.
    Gnu,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntryKind {
    #[default]
    File,
    /// A regular file with holes, in GNU's own format.
    Sparse,
    Directory,
    HardLink,
    SymbolicLink,
    Fifo,
    /// PAX records for the next entry.
    Pax,
    /// PAX records for all entries that follow.
    PaxGlobal,
    /// The next entry's name, as GNU tar writes long ones.
    LongName,
    /// The next entry's link target, as GNU tar writes long ones.
    LongLink,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Header {
    pub format: HeaderFormat,
    pub kind: EntryKind,
    /// Bytes of data, unless a PAX record gives another number.
    pub size: u64,
    /// Type NUL, which old writers used for directories as well, with a slash at the name's end.
    pub is_old_type: bool,
}

pub fn has_checksum(block: &Block) -> bool {
    let stored = &Layout::from_bytes(block).as_ustar().cksum;
    number(stored) == Some(u64::from(checksum(block)))
}

/// The sum of the block's bytes, with blanks in place of the sum itself.
pub fn checksum(block: &Block) -> u32 {
    // Four sums at a time, of every second byte each: 64 words of at most 510 stay below 65,536.
    const LANES: u64 = 0x00FF_00FF_00FF_00FF;
    let (words, _) = block.as_chunks::<8>();
    let sums: u64 = words
        .iter()
        .map(|word| u64::from_le_bytes(*word))
        .map(|word| (word & LANES) + (word >> 8 & LANES))
        .sum();
    let all: u32 = (0..4).map(|lane| (sums >> (16 * lane)) as u32 & 0xFFFF).sum();
    let stored: u32 = Layout::from_bytes(block).as_ustar().cksum.iter().map(|&byte| u32::from(byte)).sum();
    all - stored + 8 * u32::from(b' ')
}

/// Reads a block whose checksum is right.
fn read(block: &Block) -> Result<Header, (String, &'static str)> {
    const REWRITE: &str = "write the archive with GNU tar, bsdtar or docker";
    let refused = |message: &str| Err((message.to_owned(), REWRITE));
    let fields = Layout::from_bytes(block).as_ustar();
    let format = if fields.magic == *USTAR_MAGIC && fields.version == *USTAR_VERSION {
        HeaderFormat::Ustar
    } else if fields.magic == *GNU_MAGIC && fields.version == *GNU_VERSION {
        HeaderFormat::Gnu
    } else if is_v7(block) {
        HeaderFormat::V7
    } else {
        return refused("a header of an unknown tar format");
    };
    let [type_flag] = fields.typeflag;
    let kind = match (type_flag, format) {
        (0 | b'0', _) => EntryKind::File,
        (b'1', _) => EntryKind::HardLink,
        (b'2', _) => EntryKind::SymbolicLink,
        (b'5', _) => EntryKind::Directory,
        (b'3' | b'4', _) => {
            return Err(("a device node".to_owned(), "a build context holds files: leave it out"));
        }
        (b'6', HeaderFormat::Ustar | HeaderFormat::Gnu) => EntryKind::Fifo,
        (b'7', HeaderFormat::Ustar | HeaderFormat::Gnu) => EntryKind::File,
        (b'x', HeaderFormat::Ustar | HeaderFormat::Gnu) => EntryKind::Pax,
        (b'g', HeaderFormat::Ustar | HeaderFormat::Gnu) => EntryKind::PaxGlobal,
        (b'L', HeaderFormat::Ustar | HeaderFormat::Gnu) => EntryKind::LongName,
        (b'K', HeaderFormat::Ustar | HeaderFormat::Gnu) => EntryKind::LongLink,
        (b'S', HeaderFormat::Gnu) => EntryKind::Sparse,
        (other, _) => {
            let shown = other.escape_ascii();
            return refused(&format!("entries of type '{shown}' mean different things to different readers"));
        }
    };
    // After the device numbers GNU tar keeps what only its sparse files need. For any type, Python takes
    // it for a prefix of the name, bsdtar for a map and a size.
    let rest = block.get(345..if kind == EntryKind::Sparse { 386 } else { HEADER_SIZE });
    if format == HeaderFormat::Gnu && !rest.is_some_and(is_zero) {
        return refused("a GNU header with bytes that some readers take for a name or a map");
    }
    let Some(size) = number(&fields.size) else { return refused("a size that is not a number") };
    for (what, field) in [("a mode", &fields.mode), ("a user id", &fields.uid), ("a group id", &fields.gid)] {
        if number(field).is_none() {
            return refused(&format!("{what} that is not a number"));
        }
    }
    if !is_time(&fields.mtime) {
        return refused("a time that is not a number");
    }
    for field in [&fields.dev_major, &fields.dev_minor] {
        // It has no meaning without a device node, and some writers leave it blank.
        let is_blank = field.iter().all(|&byte| byte == b' ');
        if number(field).is_none() && !is_negative(field) && !is_blank {
            return refused("a device number that is not a number");
        }
    }
    Ok(Header { format, kind, size, is_old_type: type_flag == 0 })
}

/// Whether a time is one, ten thousand years on at most: bsdtar does not survive much more.
fn is_time(field: &[u8]) -> bool {
    match number(field) {
        Some(seconds) => seconds < 1 << 40,
        // A small negative number: all bits set in its upper bytes.
        None => field.iter().take(6).all(|&byte| byte == 0xFF),
    }
}

/// The header before: most headers differ from it in the name, the size and the time only, and need not
/// be read in full.
#[derive(Debug, Default)]
pub struct Previous(Option<(Block, Header)>);

impl Previous {
    /// Reads a block whose checksum is right, as [`read`] does.
    pub fn read(&mut self, block: &Block) -> Result<Header, (String, &'static str)> {
        if let Some(header) = self.header_of_alike(block) {
            return Ok(header);
        }
        let header = read(block)?;
        self.0 = Some((*block, header));
        Ok(header)
    }

    /// The header of `block` if it differs only in those fields.
    fn header_of_alike(&self, block: &Block) -> Option<Header> {
        let (previous, header) = self.0.as_ref()?;
        let (old, fields) = (Layout::from_bytes(previous).as_ustar(), Layout::from_bytes(block).as_ustar());
        // Mode, owner and group; after the link's target every other field that is checked.
        let is_alike = previous.get(100..124) == block.get(100..124)
            && old.typeflag == fields.typeflag
            && previous.get(257..) == block.get(257..)
            && (old.mtime == fields.mtime || is_time(&fields.mtime));
        number(&fields.size).filter(|_| is_alike).map(|size| Header { size, ..*header })
    }
}

/// Whether a prefix ends in a slash: with the one between prefix and name there are two, or one.
pub fn has_odd_prefix(block: &Block, format: HeaderFormat) -> bool {
    let prefix = Layout::from_bytes(block).prefix().unwrap_or_default();
    format == HeaderFormat::Ustar && prefix.ends_with(b"/")
}

/// Whether there is nothing where later formats have a magic number and names. Device numbers GNU tar
/// writes in this format too.
fn is_v7(block: &Block) -> bool {
    let fields = Layout::from_bytes(block).as_ustar();
    let rest = [&fields.magic[..], &fields.version, &fields.uname, &fields.gname, &fields.prefix];
    rest.iter().all(|field| is_zero(field))
}

/// The name field alone.
pub fn own_name(block: &Block) -> &[u8] {
    Layout::from_bytes(block).path_bytes()
}

/// The name that the block itself gives, without extensions.
pub fn name(block: &Block, format: HeaderFormat, into: &mut Vec<u8>) {
    let layout = Layout::from_bytes(block);
    into.clear();
    if format == HeaderFormat::Ustar
        && let Some(prefix) = layout.prefix()
        && !prefix.is_empty()
    {
        into.extend_from_slice(prefix);
        into.push(b'/');
    }
    into.extend_from_slice(layout.path_bytes());
}

pub fn link(block: &Block) -> &[u8] {
    Layout::from_bytes(block).link_name_bytes()
}

/// How compressed and other archives start, and what to do about each.
pub fn other_format(start: &[u8]) -> Option<(&'static str, &'static str)> {
    const KNOWN: [(&[u8], &str, &str); 7] = [
        (b"\x1F\x8B", "gzip", "pipe it through gunzip"),
        (b"\xFD7zXZ\0", "xz", "pipe it through unxz"),
        (b"\x28\xB5\x2F\xFD", "zstd", "pipe it through unzstd"),
        (b"BZh", "bzip2", "pipe it through bunzip2"),
        (b"\x04\x22\x4D\x18", "lz4", "pipe it through unlz4"),
        (b"PK\x03\x04", "zip", "unpack it and make a tar archive"),
        (b"PK\x05\x06", "zip", "unpack it and make a tar archive"),
    ];
    KNOWN.iter().find(|(magic, ..)| start.starts_with(magic)).map(|&(_, name, help)| (name, help))
}
