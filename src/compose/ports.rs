//! The short form of a published port: `HOST_IP:PUBLISHED:TARGET/PROTOCOL`, each port may be a range.

use core::net::IpAddr;

/// One port that is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The address of the host, or nothing.
    pub host: String,
    /// The port of the host, a range if any of it will do, or nothing.
    pub published: String,
    /// The port of the container.
    pub target: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

/// Reads the short form: one port, or each of a range.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Vec<Port>, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let (host, published, target) = match parts[..] {
        [target] => (String::new(), "", target),
        [published, target] => (String::new(), published, target),
        [.., published, target] => (parts[..parts.len() - 2].join(":"), published, target),
        [] => return Err("this port is empty".to_owned()),
    };
    let (target, protocol) = match target.split_once('/') {
        Some(("", _)) => ("", ""),
        Some((target, protocol)) => (target, protocol.split('/').next().unwrap_or_default()),
        None => (target, ""),
    };
    let protocol = if protocol.is_empty() { "tcp".to_owned() } else { protocol.to_ascii_lowercase() };
    if host.contains(':') && !host.starts_with('[') {
        return Err("an address of IPv6 has to be in brackets: [::1]:80:80".to_owned());
    }
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&host).to_owned();
    if !host.is_empty() && host.parse::<IpAddr>().is_err() {
        return Err("the part before the last two ports is not an address".to_owned());
    }
    if target.is_empty() {
        return Err("there is no port of the container".to_owned());
    }
    let (first, last) = range(target)?;
    if first == 0 {
        return Err("the port of the container cannot be 0".to_owned());
    }
    let published_range = if published.is_empty() { None } else { Some(range(published)?) };
    if let Some((start, end)) = published_range
        && last - first != end - start
        && first != last
    {
        return Err("the two ranges of ports are not equally long".to_owned());
    }
    if !matches!(&*protocol, "tcp" | "udp" | "sctp") {
        return Err("the protocol has to be tcp, udp or sctp".to_owned());
    }
    let port = |target: u16| {
        let published = match published_range {
            None => String::new(),
            Some((start, end)) if first == last && start != end => format!("{start}-{end}"),
            Some((start, _)) => (u32::from(start) + u32::from(target - first)).to_string(),
        };
        Port { host: host.clone(), published, target, protocol: protocol.clone() }
    };
    Ok((first..=last).map(port).collect())
}

fn range(text: &str) -> Result<(u16, u16), String> {
    let number = |text: &str| {
        let is_number = text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u16>()
            .ok()
            .filter(|_| is_number)
            .ok_or_else(|| "a port is a number up to 65535".to_owned())
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(text)?, number(text)?),
    };
    if last < first { Err("a range of ports ends before it begins".to_owned()) } else { Ok((first, last)) }
}

#[test]
fn short_forms() {
    let shown = |text: &str| -> Result<Vec<String>, String> {
        let show =
            |port: &Port| format!("{}|{}|{}/{}", port.host, port.published, port.target, port.protocol);
        parse(text).map(|ports| ports.iter().map(show).collect())
    };
    assert_eq!(shown("80").unwrap(), ["||80/tcp"]);
    assert_eq!(shown("127.0.0.1:8080:80/udp").unwrap(), ["127.0.0.1|8080|80/udp"]);
    assert_eq!(shown("[::1]:1:2").unwrap(), ["::1|1|2/tcp"]);
    assert_eq!(shown("10-11:20-21").unwrap(), ["|10|20/tcp", "|11|21/tcp"]);
    assert_eq!(shown("10-12:20").unwrap(), ["|10-12|20/tcp"]);
    for text in ["", "a", "1:2:3:80", "70000", "1-2:3-5", "80/icmp", "2-1", "80:"] {
        assert!(parse(text).is_err(), "{text}");
    }
}
