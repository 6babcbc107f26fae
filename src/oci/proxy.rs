//! Which proxy a request goes through: the variables `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` as Docker's
//! programs, which are written in Go, understand them.

use std::net::IpAddr;

use super::address::Address;

/// The proxies, as the variables have them.
#[derive(Clone, Default)]
pub struct Proxies {
    /// The proxy for `http` addresses: `http://user:password@proxy.example.com:3128`.
    pub http: Option<String>,
    /// The proxy for `https` addresses.
    pub https: Option<String>,
    /// The hosts that are asked without a proxy, separated by commas.
    pub none: String,
}

/// The address of a proxy may contain a password.
impl std::fmt::Debug for Proxies {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        let is_set = (self.http.is_some(), self.https.is_some());
        write!(out, "Proxies(http: {}, https: {}, none: {:?})", is_set.0, is_set.1, self.none)
    }
}

/// Whether an address is asked without a proxy. This machine always is.
pub fn is_direct(list: &str, address: &Address) -> bool {
    let host = address.host();
    let own: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || own.is_some_and(|own| own.is_loopback()) {
        return true;
    }
    list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| match entry.as_str() {
        "" => false,
        "*" => true,
        entry => covers(entry, host, own, address.port()),
    })
}

/// Whether an entry of the list covers a host: an address, a range of addresses, or a domain, each but the range
/// with or without a port.
fn covers(entry: &str, host: &str, own: Option<IpAddr>, port: u16) -> bool {
    if let Some((network, bits)) = entry.split_once('/') {
        let (Ok(network), Ok(bits), Some(own)) = (network.parse(), bits.parse(), own) else { return false };
        return is_in(own, network, bits);
    }
    let is_bare_v6 = entry.parse::<IpAddr>().is_ok();
    let (name, only) = match entry.rsplit_once(':') {
        Some((name, digits)) if !is_bare_v6 => (name, Some(digits)),
        _ => (entry, None),
    };
    if only.is_some_and(|digits| digits.parse() != Ok(port)) {
        return false;
    }
    let name = name.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = name.parse::<IpAddr>() {
        return own == Some(address);
    }
    let name = name.strip_prefix('*').unwrap_or(name);
    match name.strip_prefix('.') {
        // A leading dot leaves the domain itself out.
        Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
        None => host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
    }
}

/// Whether an address is in a network of so many bits.
fn is_in(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) if bits <= 32 => {
            let differing = address.to_bits() ^ network.to_bits();
            differing.leading_zeros() >= bits
        }
        (IpAddr::V6(address), IpAddr::V6(network)) if bits <= 128 => {
            let differing = address.to_bits() ^ network.to_bits();
            differing.leading_zeros() >= bits
        }
        _ => false,
    }
}

#[test]
fn hosts_without_a_proxy() {
    let is_direct = |list: &str, text: &str| is_direct(list, &Address::parse(text).unwrap());
    for local in ["http://localhost:5000", "https://127.0.0.1", "https://127.1.2.3", "https://[::1]:5000"] {
        assert!(is_direct("", local), "{local}");
    }
    let list = "example.com, .dots.org,*.star.org,10.1.0.0/16,192.168.0.7,ports.org:5000,fd00::/8,fe80::1,[fe80::2]:80";
    for (direct, proxied) in [
        ("https://example.com", "https://badexample.com"),
        ("https://r.Example.com:5000", "https://example.com.evil.org"),
        ("https://a.dots.org", "https://dots.org"),
        ("https://a.star.org", "https://star.org"),
        ("https://10.1.255.1", "https://10.2.0.1"),
        ("https://192.168.0.7:5000", "https://192.168.0.8"),
        ("https://ports.org:5000", "https://ports.org"),
        ("https://[fd12::1]", "https://[fe00::1]"),
        ("https://[fe80::1]", "https://[fe80::3]"),
        ("http://[fe80::2]", "http://[fe80::2]:81"),
    ] {
        assert!(is_direct(list, direct), "{direct}");
        assert!(!is_direct(list, proxied), "{proxied}");
        assert!(is_direct("*", proxied) && !is_direct(" , ,x/y,10.0.0.0/99", proxied), "{proxied}");
    }
}
