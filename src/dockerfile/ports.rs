//! `EXPOSE`: ports, ranges and protocols, `[ip:][host port:]port[/protocol]`.

use core::net::IpAddr;

/// What is wrong with a port: BuildKit's words, the part that it names, and what to do.
pub(super) type PortFault<'w> = (&'static str, &'w str, &'static str);

const PORT: &str = "write a port from 0 to 65535, or a range: 8000-8010";

/// What BuildKit refuses about one word.
pub(super) fn fault(word: &str) -> Option<PortFault<'_>> {
    // The last two colons separate, so that an address may have others.
    let (before, container) =
        word.rsplit_once(':').map_or((None, word), |(before, port)| (Some(before), port));
    let (ip, host) = before.map_or(("", ""), |before| before.rsplit_once(':').unwrap_or(("", before)));
    let (container, protocol) = container.split_once('/').unwrap_or((container, ""));
    if container.is_empty() {
        return Some(("no port specified", word, PORT));
    }
    if !["", "tcp", "udp", "sctp"].iter().any(|known| protocol.eq_ignore_ascii_case(known)) {
        return Some(("invalid proto", protocol, "the protocols are tcp, udp and sctp"));
    }
    let address = ip.strip_prefix('[').map_or(Some(ip), |rest| rest.strip_suffix(']'));
    if !ip.is_empty() && address.and_then(|address| address.parse::<IpAddr>().ok()).is_none() {
        return Some((
            "invalid IP address",
            ip,
            "EXPOSE takes only the port of the container: leave the rest out",
        ));
    }
    let Some(range) = range(container) else { return Some(("invalid containerPort", container, PORT)) };
    if host.is_empty() {
        return None;
    }
    let Some(host_range) = self::range(host) else { return Some(("invalid hostPort", host, PORT)) };
    let length = |(first, last): (u16, u16)| last - first;
    if length(range) != length(host_range) && length(range) != 0 {
        let message = "invalid ranges specified for container and host Ports";
        return Some((
            message,
            container,
            "EXPOSE takes only the ports of the container: leave the rest out",
        ));
    }
    None
}

/// The first and the last port.
fn range(text: &str) -> Option<(u16, u16)> {
    match text.split_once('-') {
        Some((first, last)) if first != last => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some((first, last))
        }
        Some((first, _)) => number(first).map(|port| (port, port)),
        None => number(text).map(|port| (port, port)),
    }
}

/// Go takes a sign: `+80` is a port, and so is `-0`.
fn number(text: &str) -> Option<u16> {
    u16::try_from(text.parse::<i64>().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_those_that_buildkit_takes() {
        for port in [
            "80",
            "80/tcp",
            "80/TCP",
            "80/",
            "80-90",
            "80-80",
            "65535",
            "0",
            "+80",
            "080",
            "80:90",
            ":90",
            "1.2.3.4:80:90",
            "[::1]:80:90",
            "::1:80:90",
            "1.2.3.4::90",
            "80-81:70",
            "80-90:70-80",
        ] {
            assert_eq!(fault(port), None, "{port}");
        }
        for (port, message) in [
            ("80/foo", "invalid proto"),
            ("80/tcp/udp", "invalid proto"),
            ("/tcp", "no port specified"),
            ("90:", "no port specified"),
            ("90-80", "invalid containerPort"),
            ("70000", "invalid containerPort"),
            ("-1", "invalid containerPort"),
            ("80,90", "invalid containerPort"),
            ("1-", "invalid containerPort"),
            ("8_0", "invalid containerPort"),
            ("a:90", "invalid hostPort"),
            ("1.2.3:80:90", "invalid IP address"),
            ("a:b:c:d", "invalid IP address"),
            ("[::1]x:80:90", "invalid IP address"),
            ("fe80::1%eth0:80:90", "invalid IP address"),
            ("80-91:70-80", "invalid ranges specified for container and host Ports"),
            ("80:70-80", "invalid ranges specified for container and host Ports"),
        ] {
            assert_eq!(fault(port).map(|fault| fault.0), Some(message), "{port}");
        }
    }
}
