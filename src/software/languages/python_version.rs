//! Versions of Python packages, as far as they can be compared without a doubt: `1.0`, `2.8.6`, `1.0.post1`.

use std::cmp::Ordering;

/// A final version, or one after it (`.post1`). Pre-releases and local versions are none.
#[derive(Clone, Debug)]
pub struct PythonVersion {
    release: Vec<u64>,
    post: Option<u64>,
}

/// Numbers in the longest version that is read; the longest that packages have is five.
const PARTS: usize = 8;

impl PythonVersion {
    /// None for what is no such version, as `1.0rc1`, `1.0+local`, `1!1.0` and `1.*`.
    pub fn parse(text: &str) -> Option<PythonVersion> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let lower = text.to_ascii_lowercase();
        let (release, post) = match lower.split_once("post") {
            Some((release, post)) => {
                (release.strip_suffix(['.', '-', '_']).unwrap_or(release), Some(number(post)?))
            }
            None => (&*lower, None),
        };
        let release = release.split('.').map(number).collect::<Option<Vec<_>>>()?;
        (release.len() <= PARTS).then_some(PythonVersion { release, post })
    }
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

impl Ord for PythonVersion {
    /// `1.0` and `1.0.0` are one version.
    fn cmp(&self, other: &Self) -> Ordering {
        let part = |version: &PythonVersion, at: usize| version.release.get(at).copied().unwrap_or(0);
        let length = self.release.len().max(other.release.len());
        let release = (0..length).map(|at| part(self, at).cmp(&part(other, at)));
        release.fold(Ordering::Equal, Ordering::then).then(self.post.cmp(&other.post))
    }
}

impl PartialOrd for PythonVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for PythonVersion {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for PythonVersion {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_number_by_number() {
        let version = |text| PythonVersion::parse(text).unwrap();
        assert!(version("0.9") < version("0.10.1"));
        assert!(version("1.0") == version("1.0.0"));
        assert!(version("3.7.4") < version("3.7.4.post0"));
        assert!(version("3.7.4.post0") < version("3.8"));
        assert!(version("2018.11.22") > version("2018.2.3"));
    }

    #[test]
    fn what_cannot_be_compared_is_no_version() {
        for text in
            ["", "1.*", "1.0rc1", "1.0.dev2", "1.0+local", "1!2.0", "1..0", "a", "99999999999999999999"]
        {
            assert_eq!(PythonVersion::parse(text), None, "{text}");
        }
        assert_eq!(PythonVersion::parse(&"1.".repeat(1000)), None);
    }
}
