//! The login for a registry, looked for when a registry asks for one, and once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::docker_config::{Credential, DockerConfig, is_helper, read_helper, says_none};
use super::host::Host;
use super::settings::{RunHelper, Setting, Settings, SettingsFault};

/// What is known of the login for a registry.
#[derive(Clone, Default)]
pub struct Found {
    /// The login, if there is one.
    pub credential: Option<Credential>,
    /// The program that should have had it and did not work.
    pub failed_helper: Option<String>,
}

/// The logins of the user.
pub struct Logins {
    config: DockerConfig,
    run_helper: Option<Arc<RunHelper>>,
    found: Mutex<BTreeMap<String, Found>>,
}

impl Logins {
    /// Reads Docker's `config.json`.
    ///
    /// # Errors
    /// When it is no JSON, or has other types.
    pub fn new(settings: &Settings) -> Result<Logins, SettingsFault> {
        let config = match &settings.docker_config {
            None => DockerConfig::default(),
            Some(bytes) => DockerConfig::parse(bytes).map_err(|(line, column)| {
                let message = format!("cannot be read as JSON with logins, at line {line}, column {column}");
                SettingsFault::new(
                    Setting::DockerConfig,
                    message,
                    "correct it, or log in again with docker login",
                )
            })?,
        };
        Ok(Logins { config, run_helper: settings.run_helper.clone(), found: Mutex::default() })
    }

    /// The login for a registry. A helper has `time` to answer.
    pub fn find(&self, host: &Host, time: Duration) -> Found {
        // Held while a helper works: it may ask the user, and should not ask twice.
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = found.get(&host.name) {
            return known.clone();
        }
        let new = self.look(host, time);
        found.insert(host.name.clone(), new.clone());
        new
    }

    fn look(&self, host: &Host, time: Duration) -> Found {
        let login = self.config.login(&host.login_names());
        let written = Found { credential: login.written, failed_helper: None };
        let (Some(helper), Some(run)) = (login.helper, &self.run_helper) else { return written };
        let failed = |name: &str| Found {
            failed_helper: Some(crate::escape::shortened(name, 60).into_owned()),
            ..written.clone()
        };
        if !is_helper(&helper) {
            return failed(&helper);
        }
        match run(&helper, &login.server, time) {
            Some(output) if output.is_success => match read_helper(&output.stdout) {
                Ok(credential) => Found { credential: Some(credential), failed_helper: None },
                Err(()) => failed(&helper),
            },
            Some(output) if says_none(&output.stdout) => written,
            _ => failed(&helper),
        }
    }
}
