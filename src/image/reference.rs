//! An image reference, taken apart as Docker takes it apart: what a short name means, and what no
//! registry would accept. The grammar is that of the distribution project's `reference`.

use std::fmt;

use super::table::value;
use crate::source::Span;

/// A reference that Docker would accept.
///
/// ```
/// use dtpl::image::Reference;
/// let image = Reference::parse("python:3.12-slim").unwrap();
/// assert_eq!((image.domain(), image.path(), image.tag()), ("docker.io", "library/python", Some("3.12-slim")));
/// assert_eq!(image.to_string(), "docker.io/library/python:3.12-slim");
/// let image = Reference::parse("localhost:5000/app@sha256:12").unwrap_err();
/// assert_eq!(image.message, "a sha256 digest has 64 digits, this has 2");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    text: String,
    domain: String,
    path: String,
    /// Where the name ends in `text`; then the tag and where the digest starts.
    name: usize,
    tag: Option<(usize, usize)>,
    digest: Option<usize>,
}

/// Why a text is no image reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceFault {
    /// The bytes at fault.
    pub span: Span,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Where an image comes from when its name does not say.
const DEFAULT_DOMAIN: &str = "docker.io";
const LONGEST_TAG: usize = 128;
const LONGEST_PATH: usize = 255;
/// The digests that Docker knows, and how many digits each has.
const DIGESTS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

impl Reference {
    /// Reads a reference as it is written after `FROM`.
    ///
    /// # Errors
    /// The first thing that Docker would not accept.
    pub fn parse(text: &str) -> Result<Reference, ReferenceFault> {
        if text.is_empty() {
            return Err(fault(0..0, "an image reference cannot be empty"));
        }
        let digest = text.find('@');
        let named = &text[..digest.unwrap_or(text.len())];
        // A colon before the last slash belongs to a port.
        let slash = named.rfind('/').map_or(0, |at| at + 1);
        let tag = named[slash..].find(':').map(|at| slash + at);
        let name = &text[..tag.unwrap_or(named.len())];
        let (domain, path) = split_domain(name);
        check_domain(domain)?;
        let start = name.len() - path.len();
        check_path(path, start)?;
        if let Some(at) = tag {
            check_tag(&named[at + 1..], at + 1)?;
        }
        if let Some(at) = digest {
            check_digest(&text[at + 1..], at + 1)?;
        }
        // All of it is the path.
        if path.len() == 64 && text == path && are_hex_digits(path) {
            return Err(fault(0..text.len(), "64 hexadecimal digits are an image's id, not its name"));
        }
        let domain = if matches!(domain, "" | "index.docker.io") { DEFAULT_DOMAIN } else { domain };
        let library = domain == DEFAULT_DOMAIN && !path.contains('/');
        Ok(Reference {
            path: if library { format!("library/{path}") } else { path.to_owned() },
            domain: domain.to_owned(),
            name: name.len(),
            tag: tag.map(|at| (at + 1, named.len())),
            digest: digest.map(|at| at + 1),
            text: text.to_owned(),
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The registry's host: `docker.io`.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The repository within the registry: `library/python`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What follows the colon.
    pub fn tag(&self) -> Option<&str> {
        self.tag.map(|(from, to)| &self.text[from..to])
    }

    /// What follows the `@`.
    pub fn digest(&self) -> Option<&str> {
        self.digest.map(|from| &self.text[from..])
    }

    /// The full name of the image that it means, whatever its spelling: `docker.io/library/python:latest` for `python`.
    pub fn full_name(&self) -> String {
        let tag = if self.tag().is_none() && self.digest().is_none() { ":latest" } else { "" };
        format!("{self}{tag}")
    }

    /// Whether it names a version: a tag other than `latest`, a digest, or for balena's own registry the
    /// last part of `bh.cr/organization/block/1.2.3`.
    ///
    /// ```
    /// use dtpl::image::Reference;
    /// let names_version = |text: &str| Reference::parse(text).unwrap().names_version();
    /// assert!(names_version("alpine:3.22") && names_version("bh.cr/org/block/1.1.0"));
    /// assert!(!names_version("alpine:latest") && !names_version("bh.cr/org/block"));
    /// ```
    pub fn names_version(&self) -> bool {
        let in_path = matches!(self.domain.as_str(), "bh.cr" | "bhcr.io") && self.path.split('/').count() > 2;
        self.digest.is_some() || self.tag().is_some_and(|tag| tag != "latest") || in_path
    }

    /// The bytes of the name: everything before tag and digest.
    pub fn name_span(&self) -> Span {
        0..self.name
    }

    /// The bytes of the tag, without its colon.
    pub fn tag_span(&self) -> Option<Span> {
        self.tag.map(|(from, to)| from..to)
    }

    /// The name as people write it: `python`, `balenalib/rpi-debian`, `ghcr.io/a/b`.
    pub fn short_name(&self) -> String {
        if self.domain != DEFAULT_DOMAIN {
            return format!("{}/{}", self.domain, self.path);
        }
        self.path.strip_prefix("library/").unwrap_or(&self.path).to_owned()
    }
}

/// The full form, with the domain and without a tag that was not given.
impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}/{}", self.domain, self.path)?;
        self.tag().map_or(Ok(()), |tag| write!(out, ":{tag}"))?;
        self.digest().map_or(Ok(()), |digest| write!(out, "@{digest}"))
    }
}

fn fault(span: Span, message: impl Into<String>) -> ReferenceFault {
    ReferenceFault { span, message: message.into(), help: None }
}

fn with_help(span: Span, message: impl Into<String>, help: impl Into<String>) -> ReferenceFault {
    ReferenceFault { help: Some(help.into()), ..fault(span, message) }
}

/// What precedes the first slash is a host only if it looks like one: it has a dot, a port, an
/// upper case letter, or is `localhost`.
fn split_domain(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':'])
                || first == "localhost"
                || first.contains(char::is_uppercase)
                || first.starts_with('[') =>
        {
            (first, rest)
        }
        _ => ("", name),
    }
}

fn check_domain(domain: &str) -> Result<(), ReferenceFault> {
    if domain.is_empty() {
        return Ok(());
    }
    let all = 0..domain.len();
    let (host, port) = match domain.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            if address.is_empty() || !address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':') {
                return Err(fault(all, format!("`{domain}` is no host")));
            }
            ("", port)
        }
        None => {
            let end = domain.find(':').unwrap_or(domain.len());
            (&domain[..end], &domain[end..])
        }
    };
    let label = |label: &str| {
        let ends = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
        ends(label.bytes().next())
            && ends(label.bytes().next_back())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if !domain.starts_with('[') && !host.split('.').all(label) {
        return Err(fault(all, format!("`{host}` is no host")));
    }
    match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty() => Ok(()),
        None if port.is_empty() => Ok(()),
        _ => Err(fault(all, format!("`{domain}` has no valid port"))),
    }
}

/// Lower case letters and digits; between them one `.`, one or two `_`, or any number of `-`.
fn check_path(path: &str, start: usize) -> Result<(), ReferenceFault> {
    let all = start..start + path.len();
    if path.len() > LONGEST_PATH {
        return Err(fault(all, format!("a repository has at most {LONGEST_PATH} characters")));
    }
    let mut at = start;
    for part in path.split('/') {
        let here = at..at + part.len();
        at += part.len() + 1;
        if part.is_empty() {
            let message = match path.is_empty() {
                true => "a repository has to have a name",
                false => "there is an empty part between two slashes",
            };
            return Err(fault(here, message));
        }
        let is_allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '.' | '_' | '-');
        if let Some((span, c)) = first_other(part, here.start, is_allowed) {
            let message = format!("`{}` is not allowed in the name of a repository", c.escape_default());
            return Err(if c.is_uppercase() {
                let lower = path.to_lowercase();
                with_help(span, "a repository has to be in lower case", format!("write `{lower}`"))
            } else if c == '%' {
                let help = "a placeholder has to be replaced before the image is looked up: `dtpl render`";
                with_help(span, message, help)
            } else {
                fault(span, message)
            });
        }
        let separators = part.split(|c: char| c.is_ascii_alphanumeric()).filter(|run| !run.is_empty());
        let edge = |b: Option<u8>| b.is_none_or(|b| !b.is_ascii_alphanumeric());
        if edge(part.bytes().next()) || edge(part.bytes().next_back()) {
            return Err(fault(here, format!("`{part}` has to begin and end with a letter or a digit")));
        }
        for run in separators {
            if !matches!(run, "." | "_" | "__") && run.bytes().any(|b| b != b'-') {
                return Err(fault(here, format!("`{run}` cannot separate parts of a repository")));
            }
        }
    }
    Ok(())
}

/// The first character that is not allowed, with its bytes.
fn first_other(text: &str, start: usize, is_allowed: impl Fn(char) -> bool) -> Option<(Span, char)> {
    let (offset, c) = text.char_indices().find(|&(_, c)| !is_allowed(c))?;
    Some((start + offset..start + offset + c.len_utf8(), c))
}

fn check_tag(tag: &str, start: usize) -> Result<(), ReferenceFault> {
    let all = start..start + tag.len();
    if tag.is_empty() {
        return Err(fault(all, "there is no tag after the colon"));
    }
    if tag.len() > LONGEST_TAG {
        return Err(fault(all, format!("a tag has at most {LONGEST_TAG} characters")));
    }
    if tag.starts_with(['.', '-']) {
        return Err(fault(start..start + 1, "a tag has to begin with a letter, a digit or `_`"));
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    match first_other(tag, start, is_allowed) {
        None => Ok(()),
        Some((span, c)) => Err(fault(span, format!("`{}` is not allowed in a tag", c.escape_default()))),
    }
}

fn check_digest(digest: &str, start: usize) -> Result<(), ReferenceFault> {
    let all = start..start + digest.len();
    let Some((algorithm, digits)) = digest.split_once(':') else {
        return Err(with_help(all, "a digest names its algorithm", "write it as `sha256:` and 64 digits"));
    };
    let Some(length) = value(&DIGESTS, algorithm) else {
        let shown = crate::escape::shortened(algorithm, 40);
        return Err(fault(all, format!("`{shown}` is no digest that Docker knows")));
    };
    if !are_hex_digits(digits) {
        return Err(fault(all, "a digest is written in digits and `a` to `f`"));
    }
    if digits.len() != length {
        let message = format!("a {algorithm} digest has {length} digits, this has {}", digits.len());
        return Err(fault(all, message));
    }
    Ok(())
}

fn are_hex_digits(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
