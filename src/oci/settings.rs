//! How registries are asked. The library reads no environment and starts no program: what Docker's tools take from
//! there is given here.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::proxy::Proxies;

/// What a credential helper answered.
pub struct HelperOutput {
    /// Whether it ended with success.
    pub is_success: bool,
    /// What it printed.
    pub stdout: Vec<u8>,
}

/// Runs the program `docker-credential-NAME get` for the name, with the text on its standard input, no longer than
/// the time. None if it cannot be run, or takes longer.
pub type RunHelper = dyn Fn(&str, &str, Duration) -> Option<HelperOutput> + Send + Sync;

/// How registries are asked. [`Default`] asks without a login, without a proxy, and trusts the certificates that
/// Mozilla does.
#[derive(Clone)]
pub struct Settings {
    /// The longest time for one request, from the connection to the last byte.
    pub request_time: Duration,
    /// The longest time for one call of the [`Client`](super::Client), with its waits.
    pub total_time: Duration,
    /// How often a request is sent again, after an answer that says "later" or a connection that broke.
    pub retries: u32,
    /// How many images are asked for at once.
    pub at_once: usize,
    /// The content of Docker's `config.json`.
    pub docker_config: Option<Vec<u8>>,
    /// How a credential helper is run. Without it, only logins that are written in `config.json` are used.
    pub run_helper: Option<Arc<RunHelper>>,
    /// The certificates of the authorities that are trusted, in DER. If there are none here nor in
    /// [`Settings::ca_file`], those that Mozilla trusts are taken, from a list that is compiled in.
    pub authorities: Vec<Vec<u8>>,
    /// The content of a file with further authorities, in PEM.
    pub ca_file: Option<Vec<u8>>,
    /// The proxies.
    pub proxies: Proxies,
    /// The registries, `HOST` or `HOST:PORT`, that may be asked without TLS if they do not speak it. Those on this
    /// machine always may.
    pub insecure: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            request_time: Duration::from_secs(10),
            total_time: Duration::from_secs(60),
            retries: 3,
            at_once: 8,
            docker_config: None,
            run_helper: None,
            authorities: Vec::new(),
            ca_file: None,
            proxies: Proxies::default(),
            insecure: Vec::new(),
        }
    }
}

/// Without what may be secret.
impl fmt::Debug for Settings {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.debug_struct("Settings")
            .field("request_time", &self.request_time)
            .field("total_time", &self.total_time)
            .field("retries", &self.retries)
            .field("at_once", &self.at_once)
            .field("proxies", &self.proxies)
            .field("insecure", &self.insecure)
            .finish_non_exhaustive()
    }
}

/// The setting that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setting {
    /// [`Settings::docker_config`].
    DockerConfig,
    /// [`Settings::ca_file`].
    CaFile,
    /// [`Proxies::http`].
    HttpProxy,
    /// [`Proxies::https`].
    HttpsProxy,
    /// [`Settings::insecure`].
    Insecure,
}

/// Why a [`Client`](super::Client) cannot be made. It quotes nothing that may be secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {help}")]
pub struct SettingsFault {
    /// The setting at fault.
    pub setting: Setting,
    /// What is wrong with it.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl SettingsFault {
    pub(super) fn new(setting: Setting, message: impl Into<String>, help: impl Into<String>) -> Self {
        SettingsFault { setting, message: message.into(), help: help.into() }
    }
}
