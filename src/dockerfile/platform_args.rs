//! The arguments that BuildKit itself gives a value: `TARGETPLATFORM` and its kind.
//!
//! BuildKit normalises platforms first: 64-bit ARM and x86 have no variant unless it says more than the
//! architecture, so `TARGETVARIANT` is empty for `linux/arm64/v8`, and `TARGETPLATFORM` is `linux/arm64`.

use super::environment::{Environment, State};
use super::substitution::Env;
use crate::image::Platform;

/// The platform of an ordinary build machine.
pub const COMMON_BUILDER: &str = "linux/amd64";

const PARTS: [&str; 3] = ["OS", "ARCH", "VARIANT"];

/// A platform as BuildKit writes it in `TARGETPLATFORM`.
///
/// ```
/// use dtpl::dockerfile::platform_text;
/// assert_eq!(platform_text("linux/arm64/v8"), "linux/arm64");
/// assert_eq!(platform_text("linux/arm"), "linux/arm/v7");
/// ```
pub fn platform_text(platform: &str) -> String {
    let Some(parsed) = Platform::parse(platform) else { return platform.to_owned() };
    let text = parsed.to_string();
    match text.strip_suffix("arm64/v8") {
        Some(os) => format!("{os}arm64"),
        None => text,
    }
}

/// The values for a platform, by the part of the name after `TARGET` or `BUILD`.
fn values(platform: &str) -> [(&'static str, String); 4] {
    let text = platform_text(platform);
    let mut parts = text.split('/').map(str::to_owned);
    let [os, arch, variant] = PARTS.map(|name| (name, parts.next().unwrap_or_default()));
    [("PLATFORM", text.clone()), os, arch, variant]
}

/// What BuildKit gives an argument of the platform in a build for the platform `target` on the machine
/// `builder`; none where that is not known, or for another argument.
///
/// ```
/// use dtpl::dockerfile::platform_arg;
/// assert_eq!(platform_arg("TARGETVARIANT", Some("linux/arm"), None).as_deref(), Some("v7"));
/// assert_eq!(platform_arg("BUILDARCH", Some("linux/arm"), None), None);
/// ```
pub fn platform_arg(name: &str, target: Option<&str>, builder: Option<&str>) -> Option<String> {
    let (part, platform) = match name.strip_prefix("TARGET") {
        Some(part) => (part, target?),
        None => (name.strip_prefix("BUILD")?, builder?),
    };
    values(platform).into_iter().find(|(name, _)| *name == part).map(|(_, value)| value)
}

/// What is in force before the first instruction of a build for the platform `target` on the machine
/// `builder`, each where it is known. `args` are the values that the build is given.
pub(super) fn platform_args(
    target: Option<&str>,
    builder: Option<&str>,
    stage: &str,
    args: &Env,
) -> Environment {
    let mut environment = Environment::new(false);
    let mut set = |name: String, value: Option<String>| {
        let state = match (args.get(&name), value) {
            (Some(given), _) => State::Known(given.as_slice().into()),
            (None, Some(value)) => State::Known(value.into_bytes().into()),
            (None, None) => State::Unknown,
        };
        environment.set_arg(name, state);
    };
    for (prefix, platform) in [("TARGET", target), ("BUILD", builder)] {
        match platform {
            Some(platform) => {
                values(platform)
                    .into_iter()
                    .for_each(|(part, value)| set(format!("{prefix}{part}"), Some(value)));
            }
            None => ["PLATFORM", "OS", "ARCH", "VARIANT"]
                .iter()
                .for_each(|part| set(format!("{prefix}{part}"), None)),
        }
    }
    set("TARGETSTAGE".to_owned(), Some(stage.to_owned()));
    environment
}
