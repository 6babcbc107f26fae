//! What a shell compares with the platform: `case "$TARGETPLATFORM" in`, `[ "$TARGETARCH" = ... ]`.
//!
//! The word that is compared is expanded for platforms that BuildKit knows, as BuildKit writes them, and for
//! names of them that it never writes (`linux/arm64/v8`, `aarch64`). So any word works that is made from the
//! arguments of the platform, `${TARGETARCH}/${TARGETVARIANT}` too.

use std::collections::BTreeMap;

use crate::dockerfile::expansion::{Env, expand};
use crate::dockerfile::platform_text;

/// Platforms that images are built for.
const PLATFORMS: [&str; 15] = [
    "linux/386",
    "linux/amd64",
    "linux/amd64/v2",
    "linux/amd64/v3",
    "linux/arm/v5",
    "linux/arm/v6",
    "linux/arm/v7",
    "linux/arm/v8",
    "linux/arm64",
    "linux/loong64",
    "linux/mips64le",
    "linux/ppc64le",
    "linux/riscv64",
    "linux/s390x",
    "windows/amd64",
];

/// Architectures and variants that BuildKit never writes, each with the platform that is meant.
const NEVER: [(&str, &str, &str); 23] = [
    ("arm64", "v8", "linux/arm64"),
    ("arm64", "8", "linux/arm64"),
    ("aarch64", "", "linux/arm64"),
    ("arm64v8", "", "linux/arm64"),
    ("x86_64", "", "linux/amd64"),
    ("amd64", "v1", "linux/amd64"),
    ("x64", "", "linux/amd64"),
    ("i386", "", "linux/386"),
    ("i686", "", "linux/386"),
    ("x86-64", "", "linux/amd64"),
    ("arm", "7", "linux/arm/v7"),
    ("arm", "6", "linux/arm/v6"),
    ("arm", "5", "linux/arm/v5"),
    ("armhf", "", "linux/arm/v7"),
    ("armv7", "", "linux/arm/v7"),
    ("armv7l", "", "linux/arm/v7"),
    ("arm32v7", "", "linux/arm/v7"),
    ("armv7hf", "", "linux/arm/v7"),
    ("arm32v6", "", "linux/arm/v6"),
    ("arm32v5", "", "linux/arm/v5"),
    ("armv6", "", "linux/arm/v6"),
    ("armv6l", "", "linux/arm/v6"),
    ("armv8", "", "linux/arm64"),
];

/// The values that a word has, by platform.
pub struct PlatformValues {
    /// The values as BuildKit writes them.
    known: Vec<String>,
    /// Values that it never has, each with the one that is meant.
    never: BTreeMap<String, String>,
}

impl PlatformValues {
    /// The values of a word that is made from the arguments of the platform; `None` for any other.
    pub fn of(word: &[u8], escape: u8) -> Option<PlatformValues> {
        let text = std::str::from_utf8(word).ok()?;
        if !["TARGETPLATFORM", "TARGETARCH", "TARGETVARIANT"].iter().any(|name| text.contains(name)) {
            return None;
        }
        let value = |os: &str, arch: &str, variant: &str| {
            let platform =
                if variant.is_empty() { format!("{os}/{arch}") } else { format!("{os}/{arch}/{variant}") };
            let pairs = [
                ("TARGETPLATFORM", &*platform),
                ("TARGETOS", os),
                ("TARGETARCH", arch),
                ("TARGETVARIANT", variant),
            ];
            let env: Env =
                pairs.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
            String::from_utf8(expand(word, escape, &env).ok()?).ok()
        };
        // Anything else in the word is not known.
        let marker = value("a", "b", "c")?;
        if marker.contains('$') || marker.contains('`') || names_others(text) {
            return None;
        }
        let of_platform = |platform: &str| {
            let text = platform_text(platform);
            let mut parts = text.splitn(3, '/');
            let [os, arch, variant] = std::array::from_fn(|_| parts.next().unwrap_or_default());
            value(os, arch, variant)
        };
        let known: Vec<String> = PLATFORMS.iter().filter_map(|platform| of_platform(platform)).collect();
        let mut never = BTreeMap::new();
        for (arch, variant, meant) in NEVER {
            if let (Some(never_said), Some(meant)) = (value("linux", arch, variant), of_platform(meant))
                && !known.contains(&never_said)
            {
                never.entry(never_said).or_insert(meant);
            }
        }
        // `linux/arm` is a platform in the command line, and `linux/arm/v7` in the file.
        if text.contains("TARGETPLATFORM")
            && let (Some(bare), Some(meant)) = (value("linux", "arm", ""), of_platform("linux/arm/v7"))
            && !known.contains(&bare)
        {
            never.insert(bare, meant);
        }
        Some(PlatformValues { known, never })
    }

    /// The value that is meant by one that the word never has.
    pub fn meant_by(&self, value: &str) -> Option<&str> {
        self.never.get(value).map(String::as_str)
    }

    /// Whether the word has this value on any platform.
    pub fn has(&self, value: &str) -> bool {
        self.known.iter().any(|known| known == value)
    }
}

/// Whether a word has variables beside the arguments of the platform.
fn names_others(text: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or_default();
        !rest.trim_start_matches('{').starts_with("TARGET")
    })
}

/// Whether a pattern of `case` fits a value: `*` and `?` stand for anything; `None` for a pattern with more.
pub fn fits(pattern: &str, value: &str) -> Option<bool> {
    if pattern.contains(['[', '$', '`', '\\']) {
        return None;
    }
    let (pattern, value) = (pattern.as_bytes(), value.as_bytes());
    // The last `*`, and where its text ends so far.
    let (mut at, mut from, mut star) = (0, 0, None);
    while from < value.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(&byte) if byte == b'?' || Some(&byte) == value.get(from) => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((star_at, star_from)) = star else { return Some(false) };
                star = Some((star_at, star_from + 1));
                at = star_at + 1;
                from = star_from + 1;
            }
        }
    }
    Some(pattern.get(at..).is_some_and(|rest| rest.iter().all(|&byte| byte == b'*')))
}

/// A word of a shell without its quotes.
pub fn unquoted(word: &[u8]) -> String {
    String::from_utf8_lossy(word).replace(['"', '\''], "")
}
