//! The settings of a client from the flags and from the variables that Docker's programs know.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::super::usage;
use super::{OnlineArgs, Variable, helper};
use crate::diagnostic::{Diagnostic, Place};
use crate::error::Error;
use crate::fs::{self, Limit};
use crate::oci::{Client, Proxies, Setting, Settings, SettingsFault};

/// The client that asks.
///
/// # Errors
/// A file that cannot be read, or a setting that cannot be used, each with its place.
pub fn client(command: &OnlineArgs, variable: &Variable, limit: Limit) -> anyhow::Result<Client> {
    let config = docker_config(variable).filter(|path| fs::is_there(path));
    let bytes = |path: &Path| fs::read(path, limit).map(|source| source.bytes().to_vec());
    // Where some of the system's certificates cannot be read, the others may be enough.
    let authorities = rustls_native_certs::load_native_certs().certs;
    let settings = Settings {
        total_time: Duration::from_secs(command.online_timeout),
        docker_config: config.as_deref().map(bytes).transpose()?,
        run_helper: Some(Arc::new(helper::run)),
        authorities: authorities.iter().map(|certificate| certificate.to_vec()).collect(),
        ca_file: command.ca_file.as_deref().map(bytes).transpose()?,
        proxies: Proxies {
            http: set(variable, HTTP_PROXY).map(|(_, value)| value),
            https: set(variable, HTTPS_PROXY).map(|(_, value)| value),
            none: set(variable, ["NO_PROXY", "no_proxy"]).map(|(_, value)| value).unwrap_or_default(),
        },
        insecure: command.insecure_registry.clone(),
        ..Settings::default()
    };
    Client::new(&settings).map_err(|fault| explained(fault, command, variable, config))
}

const HTTP_PROXY: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
const HTTPS_PROXY: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];

/// The first of two variables that is set, with its value.
fn set(variable: &Variable, names: [&'static str; 2]) -> Option<(&'static str, String)> {
    let value = |name| variable(name).filter(|value| !value.is_empty());
    let (name, value) = names.into_iter().find_map(|name| value(name).map(|value| (name, value)))?;
    Some((name, value.to_string_lossy().into_owned()))
}

/// Where Docker's logins are, as Docker looks for them.
fn docker_config(variable: &Variable) -> Option<PathBuf> {
    let given = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    let folder = given("DOCKER_CONFIG").or_else(|| given(home).map(|home| home.join(".docker")))?;
    Some(folder.join("config.json"))
}

/// A fault of a setting at the place that the setting is from.
fn explained(
    fault: SettingsFault,
    command: &OnlineArgs,
    variable: &Variable,
    config: Option<PathBuf>,
) -> anyhow::Error {
    let SettingsFault { setting, message, help, .. } = fault;
    let of_file = |path: Option<PathBuf>, message: String, help: String| {
        let place = path.map_or(Place::CommandLine, |path| Place::of_path(&path));
        Error::input(Diagnostic::error(place, message).help(help)).into()
    };
    let of_variable = |names: [&'static str; 2]| {
        let name = set(variable, names).map_or(names[0], |(name, _)| name);
        Place::Environment(name.to_owned())
    };
    match setting {
        Setting::DockerConfig => of_file(config, message, help),
        Setting::CaFile => of_file(command.ca_file.clone(), message, help),
        Setting::HttpProxy => usage(of_variable(HTTP_PROXY), message, help),
        Setting::HttpsProxy => usage(of_variable(HTTPS_PROXY), message, help),
        Setting::Insecure => usage(Place::Flag("--insecure-registry"), message, help),
    }
}
