//! One header block, read strictly: a block is taken only when GNU tar, bsdtar and Python's
//! tarfile take it, and take it for the same.

use tar_core::{GNU_MAGIC, GNU_VERSION, HEADER_SIZE, Header as Layout, USTAR_MAGIC, USTAR_VERSION};

use super::number::{Number, number};

/// A header block as it stands in the archive.
pub type Block = [u8; HEADER_SIZE];

/// Which family of writers a header comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Before there was a magic number: names of 100 bytes, no extensions.
    #[default]
    V7,
    /// POSIX, with a prefix to the name.
    Ustar,
    /// GNU tar's own.
    Gnu,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    #[default]
    File,
    /// A regular file with holes, in GNU's own format.
    Sparse,
    /// A directory.
    Directory,
    /// Another name for an entry before it.
    HardLink,
    /// A symbolic link.
    SymbolicLink,
    /// A named pipe.
    Fifo,
    /// No entry: PAX records for the next one.
    Pax,
    /// No entry: PAX records for all that follow.
    PaxGlobal,
    /// No entry: GNU's way to give the next one a long name.
    LongName,
    /// No entry: GNU's way to give the next one a long link target.
    LongLink,
}

/// What a header block says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Header {
    /// Its format.
    pub format: Format,
    /// The type of entry.
    pub kind: Kind,
    /// Bytes of data behind it, unless a PAX record says otherwise.
    pub size: u64,
    /// Type NUL, with which old writers also meant directories, by a slash at the name's end.
    pub is_old_type: bool,
}

/// Whether the sum in the header is that of its bytes.
pub fn has_checksum(block: &Block) -> bool {
    let stored = &Layout::from_bytes(block).as_ustar().cksum;
    number(stored) == Some(Number::Positive(u64::from(checksum(block))))
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
///
/// # Errors
/// What is wrong with it, and what to do.
fn read(block: &Block) -> Result<Header, (String, &'static str)> {
    const REWRITE: &str = "write the archive with GNU tar, bsdtar or docker";
    let layout = Layout::from_bytes(block);
    let fields = layout.as_ustar();
    let format = if fields.magic == *USTAR_MAGIC && fields.version == *USTAR_VERSION {
        Format::Ustar
    } else if fields.magic == *GNU_MAGIC && fields.version == *GNU_VERSION {
        Format::Gnu
    } else if is_v7(block) {
        Format::V7
    } else {
        return Err(("a header of an unknown tar format".to_owned(), REWRITE));
    };
    let [type_flag] = fields.typeflag;
    let kind = match (type_flag, format) {
        (0 | b'0', _) => Kind::File,
        (b'1', _) => Kind::HardLink,
        (b'2', _) => Kind::SymbolicLink,
        (b'5', _) => Kind::Directory,
        (b'3' | b'4', _) => {
            return Err(("a device node".to_owned(), "a build context holds files: leave it out"));
        }
        (b'6', Format::Ustar | Format::Gnu) => Kind::Fifo,
        (b'7', Format::Ustar | Format::Gnu) => Kind::File,
        (b'x', Format::Ustar | Format::Gnu) => Kind::Pax,
        (b'g', Format::Ustar | Format::Gnu) => Kind::PaxGlobal,
        (b'L', Format::Ustar | Format::Gnu) => Kind::LongName,
        (b'K', Format::Ustar | Format::Gnu) => Kind::LongLink,
        (b'S', Format::Gnu) => Kind::Sparse,
        (other, _) => {
            let shown = other.escape_ascii();
            return Err((format!("entries of type '{shown}' mean something else to every reader"), REWRITE));
        }
    };
    // Behind the device numbers GNU tar keeps what only its sparse files need. Python takes it for a
    // prefix of the name, bsdtar for a map and a size, both whatever the type.
    let rest = block.get(345..if kind == Kind::Sparse { 386 } else { HEADER_SIZE });
    if format == Format::Gnu && !rest.is_some_and(is_zero) {
        return Err((
            "a GNU header with bytes that some readers take for a name or a map".to_owned(),
            REWRITE,
        ));
    }
    let Some(Number::Positive(size)) = number(&fields.size) else {
        return Err(("a size that is not a number".to_owned(), REWRITE));
    };
    let unclear = |what: &str| Err((format!("{what} that is not a number"), REWRITE));
    for (what, field) in [("a mode", &fields.mode), ("a user id", &fields.uid), ("a group id", &fields.gid)] {
        if !matches!(number(field), Some(Number::Positive(_))) {
            return unclear(what);
        }
    }
    if !is_time(&fields.mtime) {
        return unclear("a time");
    }
    for field in [&fields.dev_major, &fields.dev_minor] {
        // Of no meaning without a device node, and left blank by some.
        if number(field).is_none() && field.iter().any(|&byte| byte != b' ') {
            return unclear("a device number");
        }
    }
    Ok(Header { format, kind, size, is_old_type: type_flag == 0 })
}

/// Whether a time is one, ten thousand years on at most: bsdtar does not survive much more.
fn is_time(field: &[u8]) -> bool {
    match number(field) {
        Some(Number::Positive(seconds)) => seconds < 1 << 40,
        // The bytes behind the marker of a number below zero, not far below.
        Some(Number::Negative) => field.iter().take(6).all(|&byte| byte == 0xFF),
        None => false,
    }
}

/// A header that was read, for the sake of the next one: most differ from the one before in the name,
/// the size and the time only.
#[derive(Debug, Default)]
pub struct Example(Option<(Block, Header)>);

impl Example {
    /// Reads a block whose checksum is right, as [`read`] does.
    ///
    /// # Errors
    /// As those of [`read`].
    pub fn read(&mut self, block: &Block) -> Result<Header, (String, &'static str)> {
        if let Some(header) = self.header_of_alike(block) {
            return Ok(header);
        }
        let header = read(block)?;
        self.0 = Some((*block, header));
        Ok(header)
    }

    /// What `block` says when it differs from the example only where it may.
    fn header_of_alike(&self, block: &Block) -> Option<Header> {
        let (example, header) = self.0.as_ref()?;
        let (own, fields) = (Layout::from_bytes(example).as_ustar(), Layout::from_bytes(block).as_ustar());
        // Mode, owner and group; behind the link's target everything else that is judged.
        let is_alike = example.get(100..124) == block.get(100..124)
            && own.typeflag == fields.typeflag
            && example.get(257..) == block.get(257..)
            && (own.mtime == fields.mtime || is_time(&fields.mtime));
        match number(&fields.size) {
            Some(Number::Positive(size)) if is_alike => Some(Header { size, ..*header }),
            _ => None,
        }
    }
}

/// Whether all bytes are zero, all compared at once.
pub fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |all, &byte| all | byte) == 0
}

/// Whether a prefix ends in a slash: with the one between prefix and name there are two, or one.
pub fn has_odd_prefix(block: &Block, format: Format) -> bool {
    let prefix = Layout::from_bytes(block).prefix().unwrap_or_default();
    format == Format::Ustar && prefix.ends_with(b"/")
}

/// Whether there is nothing where later formats have a magic number and names. Device numbers GNU tar
/// writes in this format too.
fn is_v7(block: &Block) -> bool {
    let fields = Layout::from_bytes(block).as_ustar();
    let rest = [&fields.magic[..], &fields.version, &fields.uname, &fields.gname, &fields.prefix];
    rest.iter().all(|field| field.iter().all(|&byte| byte == 0))
}

/// The name field alone.
pub fn own_name(block: &Block) -> &[u8] {
    Layout::from_bytes(block).path_bytes()
}

/// The name that the block itself gives, without extensions.
pub fn name(block: &Block, format: Format, into: &mut Vec<u8>) {
    let layout = Layout::from_bytes(block);
    into.clear();
    if format == Format::Ustar
        && let Some(prefix) = layout.prefix()
        && !prefix.is_empty()
    {
        into.extend_from_slice(prefix);
        into.push(b'/');
    }
    into.extend_from_slice(layout.path_bytes());
}

/// The link target that the block itself gives.
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
