//! One request and its answer, within limits of time and size. Redirects are followed here, so that a login stays
//! with the server that it is for. The only file that opens connections.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::time::Duration;

use ureq::http::HeaderMap;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy};

use super::address::{Address, is_local};
use super::proxy::{Proxies, is_direct};
use super::secret::Secret;
use super::settings::{Setting, Settings, SettingsFault};
use super::trouble::{Trouble, of_error, of_read};
use crate::image::{LookupFault, LookupFaultKind};

/// How often a request is sent on. A registry needs one redirect, to its storage.
const REDIRECTS: usize = 5;

/// The longest answer that is only read for what it says of a failure.
const FAILURE_BYTES: u64 = 64 << 10;

/// The longest headers of an answer.
const HEADER_BYTES: usize = 64 << 10;

/// One request.
pub struct Request<'r> {
    /// Where it goes.
    pub address: Address,
    /// The kinds of answers that are understood.
    pub accept: &'r str,
    /// The login: the value of the header `Authorization`.
    pub authorization: Option<&'r Secret>,
    /// A form to send. Without one, something is only asked for.
    pub form: Option<&'r str>,
    /// The longest answer.
    pub bytes: u64,
}

/// The answer to a request.
pub struct Answer {
    /// The number that says how it went: 200, 404.
    pub status: u16,
    /// What is said beside the content.
    pub headers: HeaderMap,
    /// The content. Empty where that of a failure is too long or breaks off.
    pub body: Vec<u8>,
    /// Whether another server than the one that was asked gave it, after a redirect.
    pub is_elsewhere: bool,
}

impl Answer {
    /// A header, if there is one that is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Sends requests.
pub struct Http {
    direct: Agent,
    http_proxy: Option<Agent>,
    https_proxy: Option<Agent>,
    no_proxy: String,
    insecure: BTreeSet<String>,
}

impl Http {
    /// Makes what sends requests.
    ///
    /// # Errors
    /// A certificate or a proxy that cannot be used.
    pub fn new(settings: &Settings) -> Result<Http, SettingsFault> {
        let roots = roots(settings)?;
        let agent = |proxy: Option<Proxy>| {
            let tls = TlsConfig::builder().root_certs(roots.clone()).build();
            let config = Agent::config_builder()
                .tls_config(tls)
                .proxy(proxy)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .http_status_as_error(false)
                .max_response_header_size(HEADER_BYTES)
                .max_idle_connections_per_host(settings.at_once.max(1))
                .user_agent(concat!("dtpl/", env!("CARGO_PKG_VERSION")))
                .build();
            Agent::new_with_config(config)
        };
        let Proxies { http, https, none } = &settings.proxies;
        let through = |address: &Option<String>, setting| match address.as_deref() {
            None | Some("") => Ok(None),
            Some(address) => proxy(address, setting).map(|proxy| Some(agent(Some(proxy)))),
        };
        Ok(Http {
            direct: agent(None),
            http_proxy: through(http, Setting::HttpProxy)?,
            https_proxy: through(https, Setting::HttpsProxy)?,
            no_proxy: none.clone(),
            insecure: settings.insecure.iter().map(|host| insecure(host)).collect::<Result<_, _>>()?,
        })
    }

    /// Whether a server may be talked to without TLS.
    pub fn may_be_plain(&self, authority: &str) -> bool {
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        is_local(authority) || self.insecure.contains(authority) || self.insecure.contains(host)
    }

    /// Sends a request, and again where a redirect leads, all within `time`.
    ///
    /// # Errors
    /// Why there is no answer: it may come later, or not at all.
    pub fn send(&self, request: &Request, time: Duration) -> Result<Answer, Trouble> {
        let started = std::time::Instant::now();
        let mut address = request.address.clone();
        let mut is_elsewhere = false;
        for _ in 0..=REDIRECTS {
            if !address.is_tls && !self.may_be_plain(&address.authority) {
                return Err(self.refused_plain(request, &address));
            }
            let left = time.saturating_sub(started.elapsed());
            let authorization = request.authorization.filter(|_| !is_elsewhere);
            let answer = self.send_once(request, &address, authorization, left)?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) || request.form.is_some() {
                return Ok(Answer { is_elsewhere, ..answer });
            }
            let asked = &request.address.authority;
            let Some(next) = answer.header("location").and_then(|location| address.join(location)) else {
                let message = format!("{asked} sends the request on to no address that can be used");
                return Err(Trouble::lasting(LookupFault::new(LookupFaultKind::Invalid, message)));
            };
            // Once elsewhere, no login is sent again, wherever the way leads.
            is_elsewhere |= !next.is_same_server(&request.address);
            address = next;
        }
        let message = format!("{} sends the request on without an end", request.address.authority);
        Err(Trouble::lasting(LookupFault::new(LookupFaultKind::Invalid, message)))
    }

    fn refused_plain(&self, request: &Request, address: &Address) -> Trouble {
        let (asked, to) = (&request.address.authority, &address.authority);
        let message = match asked == to {
            true => format!("{to} would be asked without TLS"),
            false => format!("{asked} sends the request on to {to} without TLS"),
        };
        let help = "if that host may be asked without TLS, name it with --insecure-registry";
        Trouble::lasting(LookupFault::new(LookupFaultKind::Invalid, message).help(help))
    }

    fn agent(&self, address: &Address) -> &Agent {
        let proxied = if address.is_tls { &self.https_proxy } else { &self.http_proxy };
        match proxied {
            Some(agent) if !is_direct(&self.no_proxy, address) => agent,
            _ => &self.direct,
        }
    }

    fn send_once(
        &self,
        request: &Request,
        address: &Address,
        authorization: Option<&Secret>,
        time: Duration,
    ) -> Result<Answer, Trouble> {
        let agent = self.agent(address);
        let url = address.to_string();
        let authority = &address.authority;
        let secret = authorization.map(Secret::reveal);
        // A server that is not reached in half of the time is told apart from one that takes its time to answer.
        let sent = match request.form {
            None => {
                let mut call = agent.get(&url).header("accept", request.accept);
                if let Some(secret) = secret {
                    call = call.header("authorization", secret);
                }
                call.config()
                    .timeout_global(Some(time))
                    .timeout_resolve(Some(time / 2))
                    .timeout_connect(Some(time / 2))
                    .build()
                    .call()
            }
            Some(form) => {
                let mut call = agent.post(&url).header("accept", request.accept);
                if let Some(secret) = secret {
                    call = call.header("authorization", secret);
                }
                let call = call.content_type("application/x-www-form-urlencoded");
                call.config()
                    .timeout_global(Some(time))
                    .timeout_resolve(Some(time / 2))
                    .timeout_connect(Some(time / 2))
                    .build()
                    .send(form)
            }
        };
        let (parts, mut body) = sent.map_err(|error| of_error(&error, address))?.into_parts();
        let status = parts.status.as_u16();
        let is_success = status == 200;
        let most = if is_success { request.bytes } else { FAILURE_BYTES };
        let mut bytes = Vec::new();
        let is_long = body.content_length().is_some_and(|length| length > most);
        let read = match is_long {
            true => Ok(0),
            false => body.as_reader().take(most + 1).read_to_end(&mut bytes),
        };
        if is_success {
            read.map_err(|error| of_read(error, address))?;
            if is_long || bytes.len() as u64 > most {
                let message = format!("the answer of {authority} is longer than {most} bytes");
                return Err(Trouble::lasting(LookupFault::new(LookupFaultKind::Invalid, message)));
            }
        } else if read.is_err() || bytes.len() as u64 > most {
            bytes.clear();
        }
        Ok(Answer { status, headers: parts.headers, body: bytes, is_elsewhere: false })
    }
}

/// The certificates that are trusted.
fn roots(settings: &Settings) -> Result<RootCerts, SettingsFault> {
    let mut certificates: Vec<Certificate<'static>> =
        settings.authorities.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    if let Some(pem) = &settings.ca_file {
        let mut count = 0;
        for item in parse_pem(pem) {
            match item {
                Ok(PemItem::Certificate(certificate)) => {
                    certificates.push(certificate);
                    count += 1;
                }
                // A key in the file is of no use, and no harm.
                Ok(_) => {}
                Err(_) => return Err(no_certificates()),
            }
        }
        if count == 0 {
            return Err(no_certificates());
        }
    }
    Ok(match certificates.is_empty() {
        true => RootCerts::WebPki,
        false => RootCerts::new_with_certs(&certificates),
    })
}

fn no_certificates() -> SettingsFault {
    let message = "there is no certificate in it that can be read";
    let help = "give a file with certificates in PEM: `-----BEGIN CERTIFICATE-----`";
    SettingsFault::new(Setting::CaFile, message, help)
}

fn proxy(text: &str, setting: Setting) -> Result<Proxy, SettingsFault> {
    let fault = || {
        let help = "give it as http://HOST:PORT or http://USER:PASSWORD@HOST:PORT";
        SettingsFault::new(setting, "it is no address of a proxy", help)
    };
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    // The client takes a port that is none for the usual one.
    let (scheme, rest) = with_scheme.split_once("://").ok_or_else(fault)?;
    let authority = rest.split('/').next().unwrap_or_default();
    let server = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
    if Address::parse(&format!("{scheme}://{server}")).is_none() {
        return Err(fault());
    }
    Proxy::new(&with_scheme).map_err(|_| fault())
}

fn insecure(host: &str) -> Result<String, SettingsFault> {
    match Address::parse(&format!("http://{host}")) {
        Some(address) if address.path == "/" && !host.contains('/') => Ok(address.authority),
        _ => {
            let help = "give HOST or HOST:PORT, without http://";
            let shown = crate::escape::shortened(host, 60);
            Err(SettingsFault::new(Setting::Insecure, format!("`{shown}` is no host"), help))
        }
    }
}
