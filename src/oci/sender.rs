//! Requests with patience: sent again where that helps, without TLS where a server on this machine has none, and
//! not at all to a server that was not reached before.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::address::Address;
use super::http::{Answer, Http, Request};
use super::retry::{Deadline, asked_pause, is_later, pause};
use super::settings::{Settings, SettingsFault};
use super::trouble::Trouble;
use crate::image::{LookupFault, LookupFaultKind};

/// Sends requests, and remembers what servers are like.
pub struct Sender {
    http: Http,
    request_time: Duration,
    retries: u32,
    servers: Mutex<BTreeMap<String, Server>>,
}

/// What is known of a server.
#[derive(Clone)]
enum Server {
    /// It answered, with TLS or without.
    Answered { is_tls: bool },
    /// It cannot be reached.
    Unreachable(LookupFault),
}

impl Sender {
    /// Makes one.
    ///
    /// # Errors
    /// Those of [`Http::new`].
    pub fn new(settings: &Settings) -> Result<Sender, SettingsFault> {
        let Settings { request_time, retries, .. } = *settings;
        Ok(Sender { http: Http::new(settings)?, request_time, retries, servers: Mutex::default() })
    }

    /// The longest time for one request.
    pub fn request_time(&self, deadline: Deadline) -> Duration {
        self.request_time.min(deadline.left())
    }

    /// Sends a request to a registry. Whether with TLS is found out: the address is not written by anybody.
    ///
    /// # Errors
    /// When there is no answer in time, or only ones that say "later".
    pub fn send_to_registry(&self, mut request: Request, deadline: Deadline) -> Result<Answer, LookupFault> {
        let authority = request.address.authority.clone();
        let known = match self.server(&authority) {
            Some(Server::Unreachable(fault)) => return Err(fault),
            Some(Server::Answered { is_tls }) => Some(is_tls),
            None => None,
        };
        request.address.is_tls = known.unwrap_or(true);
        let result = match self.send_patiently(&request, deadline, known.is_none()) {
            Err(trouble) if trouble.may_lack_tls && known.is_none() && self.http.may_be_plain(&authority) => {
                request.address.is_tls = false;
                self.send_patiently(&request, deadline, false)
            }
            result => result,
        };
        match result {
            Ok(answer) => {
                self.remember(&authority, Server::Answered { is_tls: request.address.is_tls });
                Ok(answer)
            }
            Err(trouble) => {
                if trouble.is_unreachable && known.is_none() {
                    self.remember(&authority, Server::Unreachable(trouble.fault.clone()));
                }
                Err(trouble.fault)
            }
        }
    }

    /// Sends a request to an address that somebody gave, as it is.
    ///
    /// # Errors
    /// As [`Sender::send_to_registry`].
    pub fn send(&self, request: &Request, deadline: Deadline) -> Result<Answer, LookupFault> {
        self.send_patiently(request, deadline, false).map_err(|trouble| trouble.fault)
    }

    /// Whether a server may be asked at an address.
    pub fn may_ask(&self, address: &Address) -> bool {
        address.is_tls || self.http.may_be_plain(&address.authority)
    }

    /// Sends a request, again where that helps. With `is_trial`, trouble that a server without TLS gives is
    /// returned at once, if that server may be asked without.
    fn send_patiently(
        &self,
        request: &Request,
        deadline: Deadline,
        is_trial: bool,
    ) -> Result<Answer, Trouble> {
        let host = &request.address.authority;
        let is_trial = is_trial && self.http.may_be_plain(host);
        let mut tried = 0;
        loop {
            let time = self.request_time(deadline);
            if time.is_zero() {
                let message = format!("there is no time left to ask {host}");
                let fault = LookupFault::new(LookupFaultKind::Unavailable, message);
                return Err(Trouble::lasting(fault.help("give more time with --online-timeout")));
            }
            let (mut trouble, asked) = match self.http.send(request, time) {
                Ok(answer) if is_later(answer.status) => {
                    (Trouble::lasting(refusal(host, answer.status)), asked_pause(&answer))
                }
                Ok(answer) => return Ok(answer),
                Err(trouble) if !trouble.is_passing || (is_trial && trouble.may_lack_tls) => {
                    return Err(trouble);
                }
                Err(trouble) => (trouble, None),
            };
            if tried >= self.retries {
                return Err(trouble);
            }
            let wait = asked.unwrap_or_else(|| pause(tried));
            if wait >= deadline.left() {
                if let Some(asked) = asked {
                    let seconds = asked.as_secs();
                    trouble.fault.message +=
                        &format!(", and asks to wait {seconds} s, longer than there is time");
                }
                return Err(trouble);
            }
            thread::sleep(wait);
            tried += 1;
        }
    }

    fn server(&self, authority: &str) -> Option<Server> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner).get(authority).cloned()
    }

    fn remember(&self, authority: &str, server: Server) {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner).insert(authority.to_owned(), server);
    }
}

/// What an answer says that comes instead of the one that was asked for.
fn refusal(host: &str, status: u16) -> LookupFault {
    let unavailable = |message: String| LookupFault::new(LookupFaultKind::Unavailable, message);
    match status {
        429 => unavailable(format!("{host} answers no more requests for now (429)"))
            .help("ask again later; docker login raises the limit of Docker Hub"),
        status => unavailable(format!("{host} has a fault of its own ({status})")).help("ask again later"),
    }
}
