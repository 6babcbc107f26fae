//! Which of an image's platforms an engine takes for a device: the one that was wanted, or without
//! a word an older one that the processor also runs. The order is that of containerd's `platforms`.

use std::fmt;

/// An OCI platform, in its normal form: `arm64` is `arm64/v8`, `arm` without a variant is `arm/v7`.
///
/// ```
/// use dtpl::image::Platform;
/// let asked = Platform::parse("linux/arm64/v8").unwrap();
/// assert_eq!(asked, Platform::parse("linux/arm64").unwrap());
/// assert_eq!(Platform::parse("linux/aarch64").unwrap().to_string(), "linux/arm64/v8");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    os: String,
    architecture: String,
    variant: String,
}

/// The architectures that an OCI platform can have, as Docker writes them.
const ARCHITECTURES: [&str; 14] = [
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
    "riscv64", "s390x", "wasm",
];

/// The systems that have images.
const SYSTEMS: [&str; 3] = ["freebsd", "linux", "windows"];

impl Platform {
    /// Whether an engine takes this text for a platform that images can have.
    pub(crate) fn is_possible(text: &str) -> bool {
        if Platform::is_system(text) {
            return true;
        }
        let platform = Platform::parse_short(text);
        platform.is_some_and(|platform| ARCHITECTURES.contains(&&*platform.architecture))
    }

    /// Whether a text is only a system, such as `linux`.
    pub(crate) fn is_system(text: &str) -> bool {
        SYSTEMS.iter().any(|system| text.eq_ignore_ascii_case(system))
    }

    /// Reads a platform that may be only an architecture, of Linux then.
    pub(crate) fn parse_short(text: &str) -> Option<Platform> {
        if text.contains('/') { Platform::parse(text) } else { Platform::linux(text) }
    }

    /// Reads `linux/arm/v7`. Names that kernels and compilers use are understood as engines do.
    pub fn parse(text: &str) -> Option<Platform> {
        let mut parts = text.split('/');
        let (os, architecture, variant) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
        if parts.next().is_some() || os.is_empty() || architecture.is_empty() {
            return None;
        }
        let (architecture, variant) = (architecture.to_ascii_lowercase(), variant.to_ascii_lowercase());
        let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
            ("aarch64" | "arm64", "" | "8" | "v8") => ("arm64", "v8"),
            ("aarch64", variant) => ("arm64", variant),
            ("armhf", _) => ("arm", "v7"),
            ("armel", _) => ("arm", "v6"),
            ("arm", "") => ("arm", "v7"),
            ("arm", "5" | "6" | "7" | "8") => {
                ("arm", ["v5", "v6", "v7", "v8"][usize::from(variant.as_bytes()[0] - b'5')])
            }
            ("x86_64" | "x86-64" | "amd64", "" | "v1") => ("amd64", ""),
            ("i386", _) => ("386", ""),
            (architecture, variant) => (architecture, variant),
        };
        Some(Platform {
            os: os.to_ascii_lowercase(),
            architecture: architecture.to_owned(),
            variant: variant.to_owned(),
        })
    }

    /// Whether `text` can name this platform. A text without a variant can name any variant.
    ///
    /// ```
    /// use dtpl::image::Platform;
    /// let pi = Platform::parse("linux/arm/v6").unwrap();
    /// assert!(pi.is_meant_by("linux/arm") && pi.is_meant_by("linux/arm/v6"));
    /// assert!(!pi.is_meant_by("linux/arm/v7") && !pi.is_meant_by("linux/arm64"));
    /// ```
    pub fn is_meant_by(&self, text: &str) -> bool {
        Platform::parse(text).is_some_and(|meant| {
            let is_any = text.split('/').nth(2).is_none_or(str::is_empty);
            let has_names = (&meant.os, &meant.architecture) == (&self.os, &self.architecture);
            has_names && (is_any || meant.variant == self.variant)
        })
    }

    /// A platform of Linux: `arm/v7`.
    pub(super) fn linux(rest: &str) -> Option<Platform> {
        Platform::parse(&format!("linux/{rest}"))
    }

    /// What an engine takes for this one, the best first: itself, then what the processor also runs.
    ///
    /// ```
    /// use dtpl::image::Platform;
    /// let pi = Platform::parse("linux/arm/v6").unwrap();
    /// let taken: Vec<String> = pi.taken().iter().map(|platform| platform.to_string()).collect();
    /// assert_eq!(taken, ["linux/arm/v6", "linux/arm/v5"]);
    /// ```
    pub fn taken(&self) -> Vec<Platform> {
        let mut taken = vec![self.clone()];
        let mut add = |architecture: &str, variant: &str| {
            let (architecture, variant) = (architecture.to_owned(), variant.to_owned());
            let next = Platform { os: self.os.clone(), architecture, variant };
            if next != *self {
                taken.push(next);
            }
        };
        let number = |variant: &str| variant.strip_prefix('v').and_then(|digits| digits.parse::<u8>().ok());
        match (self.architecture.as_str(), number(&self.variant)) {
            ("amd64", version) => {
                let version = version.filter(|version| *version <= 4).unwrap_or(1);
                (2..version).rev().for_each(|lower| add("amd64", &format!("v{lower}")));
                add("amd64", "");
                add("386", "");
            }
            ("arm", Some(version)) if version <= 8 => {
                (5..version).rev().for_each(|lower| add("arm", &format!("v{lower}")));
            }
            ("arm64", Some(8)) => (5..=8).rev().for_each(|lower| add("arm", &format!("v{lower}"))),
            _ => {}
        }
        taken
    }

    /// The one of `offered` that an engine takes.
    pub fn choose<'p>(&self, offered: &'p [Platform]) -> Option<&'p Platform> {
        self.taken().iter().find_map(|taken| offered.iter().find(|offered| *offered == taken))
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}/{}", self.os, self.architecture)?;
        if self.variant.is_empty() { Ok(()) } else { write!(out, "/{}", self.variant) }
    }
}

/// What a device gets of an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Availability {
    /// The image for its platform.
    Exact,
    /// An image for an older platform, which it also runs.
    Fallback(Platform),
    /// Nothing that it runs.
    None,
    /// Nobody can say without looking.
    Unknown,
}

impl Availability {
    /// What a device of platform `own` gets of an image that is there for `offered`.
    pub fn of(own: &Platform, offered: &[Platform]) -> Availability {
        match own.choose(offered) {
            Some(found) if found == own => Availability::Exact,
            Some(found) => Availability::Fallback(found.clone()),
            None => Availability::None,
        }
    }

    /// The name in output.
    pub fn name(&self) -> &'static str {
        match self {
            Availability::Exact => "exact",
            Availability::Fallback(_) => "fallback",
            Availability::None => "none",
            Availability::Unknown => "unknown",
        }
    }
}
