//! Why a request has no answer, in words. What the client crate says is not passed on: it may quote an address or
//! what a server wrote.

use std::io;

use ureq::{Error, Timeout};

use super::address::Address;
use crate::image::{LookupFault, LookupFaultKind};

/// Why a request has no answer.
#[derive(Debug)]
pub struct Trouble {
    /// What to say.
    pub fault: LookupFault,
    /// Whether the same request may succeed if it is sent again.
    pub is_passing: bool,
    /// Whether a server that speaks no TLS, or none at this port, would give this trouble.
    pub may_lack_tls: bool,
    /// Whether no other request to this server will fare better.
    pub is_unreachable: bool,
}

impl Trouble {
    /// One that the same request would meet again.
    pub fn lasting(fault: LookupFault) -> Self {
        Trouble { fault, is_passing: false, may_lack_tls: false, is_unreachable: false }
    }

    fn passing(fault: LookupFault) -> Self {
        Trouble { is_passing: true, ..Trouble::lasting(fault) }
    }

    fn unreachable(fault: LookupFault) -> Self {
        Trouble { is_unreachable: true, ..Trouble::lasting(fault) }
    }
}

/// The trouble that sending a request had.
pub fn of_error(error: &Error, address: &Address) -> Trouble {
    let host = &address.authority;
    match error {
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => Trouble {
            // A server without TLS may wait for more of what it takes for a request.
            may_lack_tls: true,
            ..Trouble::unreachable(unavailable(format!("{host} cannot be reached in time")))
        },
        Error::Timeout(_) => Trouble::lasting(unavailable(format!("{host} does not answer in time"))),
        Error::HostNotFound => Trouble::unreachable(unavailable(format!("there is no host {host}"))),
        Error::Rustls(error) => of_tls(error, address),
        Error::Io(error) => of_io(error, address),
        Error::ConnectionFailed => Trouble::unreachable(unavailable(format!("{host} cannot be reached"))),
        Error::ConnectProxyFailed(_) => {
            let message = format!("the proxy does not connect to {host}");
            Trouble::unreachable(unavailable(message).help("check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"))
        }
        Error::LargeResponseHeader(..) => {
            Trouble::lasting(invalid(format!("the headers of the answer of {host} are too long")))
        }
        Error::Http(_) | Error::BadUri(_) => Trouble::lasting(invalid(format!("{host} cannot be asked so"))),
        _ => Trouble::lasting(invalid(format!("{host} does not answer as a web server does"))),
    }
}

/// The trouble that reading an answer had.
pub fn of_read(error: io::Error, address: &Address) -> Trouble {
    match Error::from(error) {
        Error::Io(_) => {
            Trouble::passing(unavailable(format!("the answer of {} breaks off", address.authority)))
        }
        other => of_error(&other, address),
    }
}

fn of_io(error: &io::Error, address: &Address) -> Trouble {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable,
        NetworkUnreachable, TimedOut, UnexpectedEof, WouldBlock,
    };
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if let Some(tls) = tls {
        return of_tls(tls, address);
    }
    let host = &address.authority;
    match error.kind() {
        ConnectionRefused => Trouble {
            // Without a port in the address, plain HTTP is at another one.
            may_lack_tls: true,
            ..Trouble::unreachable(unavailable(format!("{host} refuses the connection")))
        },
        UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe => {
            let fault = unavailable(format!("{host} closes the connection without an answer"));
            Trouble { may_lack_tls: true, ..Trouble::passing(fault) }
        }
        TimedOut | WouldBlock => Trouble::lasting(unavailable(format!("{host} does not answer in time"))),
        HostUnreachable | NetworkUnreachable => {
            Trouble::unreachable(unavailable(format!("there is no way to {host}")))
        }
        // What the system says where a name has no address.
        _ => {
            let fault = unavailable(format!("{host} cannot be reached"));
            Trouble::unreachable(fault.help("check its name and the connection to the network"))
        }
    }
}

fn of_tls(error: &rustls::Error, address: &Address) -> Trouble {
    let host = &address.authority;
    match error {
        rustls::Error::InvalidMessage(_) => {
            let fault = unavailable(format!("{host} does not speak TLS"));
            let help = "if it may be asked without TLS, name it with --insecure-registry";
            Trouble { may_lack_tls: true, ..Trouble::unreachable(fault.help(help)) }
        }
        rustls::Error::InvalidCertificate(why) => {
            let fault = unavailable(format!("the certificate of {host} {}", reason(why)));
            let help = "name a file with the certificate of its authority with --ca-file";
            Trouble::unreachable(match why {
                rustls::CertificateError::UnknownIssuer => fault.help(help),
                _ => fault,
            })
        }
        _ => Trouble::unreachable(unavailable(format!("no connection with TLS to {host} comes about"))),
    }
}

fn unavailable(message: String) -> LookupFault {
    LookupFault::new(LookupFaultKind::Unavailable, message)
}

fn invalid(message: String) -> LookupFault {
    LookupFault::new(LookupFaultKind::Invalid, message)
}

fn reason(error: &rustls::CertificateError) -> &'static str {
    use rustls::CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
        Revoked, UnknownIssuer,
    };
    match error {
        Expired | ExpiredContext { .. } => "is no longer valid",
        NotValidYet | NotValidYetContext { .. } => "is not valid yet",
        NotValidForName | NotValidForNameContext { .. } => "is for another host",
        Revoked => "is revoked",
        UnknownIssuer => "is from an authority that is not trusted",
        _ => "cannot be used",
    }
}
