//! The values of `--chmod` and `--checksum` of `COPY` and `ADD`.

/// What BuildKit refuses about the permissions in `--chmod`: octal digits up to 07777, or what the command
/// `chmod` takes, as `u+x,g-w`.
pub(super) fn chmod_fault(value: &[u8], written: &str) -> Option<String> {
    if value.first().is_some_and(u8::is_ascii_digit) {
        let number = super::go::unsigned(value, 8);
        let is_mode = number.is_some_and(|number| number <= 0o7777);
        let message = || {
            format!("invalid chmod parameter: '{written}'. it should be octal string and between 0 and 07777")
        };
        return (!is_mode).then(message);
    }
    let is_valid = value.is_empty() || value.split(|&b| b == b',').all(is_clause);
    (!is_valid).then(|| format!("invalid chmod parameter: '{written}': invalid syntax"))
}

/// `[ugoa]...` and then, once or more, an operator and `[rwxXstugo]...`
fn is_clause(clause: &[u8]) -> bool {
    let who = clause.iter().take_while(|b| b"augo".contains(b)).count();
    let actions = clause.get(who..).unwrap_or_default();
    let is_operator = |b: &u8| b"+-=".contains(b);
    actions.first().is_some_and(is_operator)
        && actions.iter().all(|b| is_operator(b) || b"rwxXstugo".contains(b))
}

/// Where `ADD` takes a source from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remote {
    Http,
    Git,
}

/// Whether a source is remote: a URL, or a Git repository.
pub(super) fn remote(source: &[u8]) -> Option<Remote> {
    let is_http = source.starts_with(b"http://") || source.starts_with(b"https://");
    if is_http {
        let path = source.split(|b| b"?#".contains(b)).next().unwrap_or_default();
        return Some(if path.ends_with(b".git") { Remote::Git } else { Remote::Http });
    }
    let starts = [&b"git://"[..], b"ssh://", b"github.com/"].iter().any(|start| source.starts_with(start));
    // `git@host:path`
    let account = source.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
    let rest = source.get(account..).and_then(|rest| rest.strip_prefix(b"@")).unwrap_or_default();
    let host = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"-.".contains(b)).count();
    let is_scp = account > 0 && host > 0 && rest.get(host) == Some(&b':');
    (starts || is_scp).then_some(Remote::Git)
}

/// Whether a source is a Git repository.
pub(super) fn is_git(source: &[u8]) -> bool {
    remote(source) == Some(Remote::Git)
}

/// What BuildKit refuses about the digest of a file from a URL.
pub(super) fn digest_fault(digest: &[u8]) -> Option<&'static str> {
    const FORMAT: &str = "invalid checksum digest format";
    let Some(colon) = memchr::memchr(b':', digest) else { return Some(FORMAT) };
    let (algorithm, rest) = digest.split_at(colon);
    let encoded = rest.get(1..).unwrap_or_default();
    let is_part =
        |part: &[u8]| !part.is_empty() && part.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let is_encoded = |b: &u8| b.is_ascii_alphanumeric() || b"=_-".contains(b);
    if !algorithm.split(|b| b".+_-".contains(b)).all(is_part)
        || encoded.is_empty()
        || !encoded.iter().all(is_encoded)
    {
        return Some(FORMAT);
    }
    let length = match algorithm {
        b"sha256" => 64,
        b"sha384" => 96,
        b"sha512" => 128,
        _ => return Some("unsupported digest algorithm"),
    };
    if encoded.len() != length {
        return Some("invalid checksum digest length");
    }
    let is_hex = encoded.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (!is_hex).then_some(FORMAT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_those_that_buildkit_takes() {
        for mode in [
            "",
            "755",
            "0",
            "07777",
            "u+x",
            "u+x-w",
            "u=",
            "u=g",
            "=",
            "+t",
            "ugo+rwxXst",
            "u+g-o,+X",
            "a=rX",
        ] {
            assert_eq!(chmod_fault(mode.as_bytes(), mode), None, "{mode}");
        }
        for mode in [
            "999",
            "17777",
            "0o755",
            "8",
            "40000000000",
            "+755",
            "-1",
            "u",
            "rwx",
            "u+x,",
            ",u+x",
            "u+q",
            "a",
        ] {
            assert!(chmod_fault(mode.as_bytes(), mode).is_some(), "{mode}");
        }
    }

    #[test]
    fn digests_are_those_that_buildkit_takes() {
        let right = format!("sha256:{}", "0a".repeat(32));
        assert_eq!(digest_fault(right.as_bytes()), None);
        for (digest, message) in [
            ("abc", "invalid checksum digest format"),
            ("sha256:", "invalid checksum digest format"),
            (&right.to_uppercase(), "invalid checksum digest format"),
            (&right.replace("0a", "0A"), "invalid checksum digest format"),
            ("sha256:abc", "invalid checksum digest length"),
            (&right.replace("256", "512"), "invalid checksum digest length"),
            ("md5:abc", "unsupported digest algorithm"),
        ] {
            assert_eq!(digest_fault(digest.as_bytes()), Some(message), "{digest}");
        }
    }

    #[test]
    fn sources_from_elsewhere_are_known() {
        for git in
            ["git@github.com:a/b.git", "ssh://git@a/b", "git://a/b", "github.com/a/b", "http://a/b.git#x"]
        {
            assert_eq!(remote(git.as_bytes()), Some(Remote::Git), "{git}");
        }
        for http in ["http://a/b", "https://github.com/a/b", "https://a/b#c.git"] {
            assert_eq!(remote(http.as_bytes()), Some(Remote::Http), "{http}");
        }
        for local in ["f", "HTTP://a/b", "ftp://a/b", "@a:b", "a:b"] {
            assert_eq!(remote(local.as_bytes()), None, "{local}");
        }
    }
}
