//! Where a request goes: the address of a registry, of a redirect or of a token server, in the few forms that are
//! accepted. A credential in an address is refused, so that addresses can stand in messages.

use std::fmt;

/// An `http` or `https` address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Whether it is `https`.
    pub is_tls: bool,
    /// Host and port: `registry.example.com:5000`. In lower case.
    pub authority: String,
    /// The path with what follows it; it begins with a slash.
    pub path: String,
}

/// The longest address that is followed. Storage services sign addresses, which makes them long.
const LONGEST: usize = 16 << 10;

impl Address {
    /// Reads an absolute address. None if it is of another scheme, contains a user, or is malformed.
    pub fn parse(text: &str) -> Option<Address> {
        let (scheme, rest) = text.split_once("://")?;
        let is_tls = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let is_ordinary = path.bytes().all(|b| b.is_ascii_graphic());
        (is_authority(authority) && is_ordinary && text.len() <= LONGEST).then(|| Address {
            is_tls,
            authority: authority.to_ascii_lowercase(),
            path,
        })
    }

    /// Where a redirect from this address leads. None if that cannot be told.
    pub fn join(&self, location: &str) -> Option<Address> {
        if location.contains("://") {
            return Address::parse(location);
        }
        let scheme = if self.is_tls { "https" } else { "http" };
        if location.starts_with("//") {
            return Address::parse(&format!("{scheme}:{location}"));
        }
        // A path that is relative to another would need its dots resolved; registries send whole ones.
        let path = location.starts_with('/').then_some(location)?;
        Address::parse(&format!("{scheme}://{}{path}", self.authority))
    }

    /// The host without its port and without brackets.
    pub fn host(&self) -> &str {
        host_of(&self.authority)
    }

    /// The port, if there is none in the address that of the scheme.
    pub fn port(&self) -> u16 {
        let given = self.authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        given.unwrap_or(if self.is_tls { 443 } else { 80 })
    }

    /// Whether both are the same server, so that what one may know the other may know.
    pub fn is_same_server(&self, other: &Address) -> bool {
        (self.is_tls, self.host(), self.port()) == (other.is_tls, other.host(), other.port())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(out, "{scheme}://{}{}", self.authority, self.path)
    }
}

/// Whether a host, with or without a port, is this machine by its name. Docker too talks to it without TLS.
pub fn is_local(authority: &str) -> bool {
    matches!(host_of(authority), "localhost" | "127.0.0.1" | "::1")
}

fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host,
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => {
            let is_address = host.parse::<std::net::Ipv6Addr>().is_ok();
            (if is_address { "ok" } else { "" }, rest.strip_prefix(':').or(rest.is_empty().then_some("1")))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, Some("1")),
        },
    };
    let is_host = !host.is_empty()
        && host.len() <= 253
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    is_host && port.is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

#[test]
fn addresses_are_read_strictly() {
    let text = |text: &str| Address::parse(text).map(|address| address.to_string());
    assert_eq!(text("HTTPS://R.Example.com").as_deref(), Some("https://r.example.com/"));
    assert_eq!(text("http://[::1]:5000/v2/?n=1#x").as_deref(), Some("http://[::1]:5000/v2/?n=1"));
    assert_eq!(text("http://h?n=1").as_deref(), Some("http://h/?n=1"));
    for wrong in [
        "ftp://h/",
        "https://",
        "https://u:p@h/",
        "https://h:x/",
        "https://h:70000/",
        "https://h\u{1b}/",
        "https://h/a b",
        "https://[::1/",
        "h/x",
        "https://[x]/",
    ] {
        assert_eq!(text(wrong), None, "{wrong}");
    }
}

#[test]
fn a_redirect_is_resolved_and_servers_are_compared() {
    let from = Address::parse("https://r.example.com/v2/a").unwrap();
    let to = |location: &str| from.join(location).map(|address| address.to_string());
    assert_eq!(to("/v2/b?c").as_deref(), Some("https://r.example.com/v2/b?c"));
    assert_eq!(to("//s.example.com/b").as_deref(), Some("https://s.example.com/b"));
    assert_eq!(to("http://s.example.com").as_deref(), Some("http://s.example.com/"));
    assert_eq!(to("b"), None);
    let same = |text: &str| from.is_same_server(&Address::parse(text).unwrap());
    assert!(same("https://r.example.com:443/x"));
    assert!(!same("http://r.example.com/") && !same("https://r.example.com:444/") && !same("https://x/"));
    assert!(is_local("localhost:5000") && is_local("[::1]") && is_local("127.0.0.1:1"));
    assert!(!is_local("localhost.example.com") && !is_local("127.0.0.2"));
}
