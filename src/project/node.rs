//! A project that is only a `package.json`: the Dockerfile that it needs.
//!
//! The balena builder asks a network for the tags of images that are no longer made. Here the answer
//! comes from the catalogue: the official images and the platforms they exist for.

use std::sync::Arc;

use nodejs_semver::Range;

use crate::diagnostic::Diagnostic;
use crate::source::{Position, Source};

/// What there is of Node, for a test that compares it with the facts.
pub use crate::image::node_images as images;

/// The Dockerfile for a `package.json`. `platform` is the device's, `linux/arm/v7`; `has_native` says
/// whether the project holds a `wscript` or a `.gyp` file, whose build needs all of the source.
///
/// # Errors
/// When the file is no JSON object, when it does not say which Node it wants in `engines.node`, or
/// when no image of such a Node exists for the platform.
pub fn dockerfile(package: &Arc<Source>, platform: &str, has_native: bool) -> Result<String, Diagnostic> {
    let fault = |message: String| Diagnostic::error_at(package, 0..0, message);
    let json: serde_json::Value = serde_json::from_slice(package.bytes()).map_err(|error| {
        let at = package.offset(Position { line: error.line(), column: error.column() });
        Diagnostic::error_at(package, at..at, "not valid JSON")
    })?;
    let Some(object) = json.as_object() else {
        return Err(fault("package.json has to hold an object".to_owned()));
    };
    let wanted = object.get("engines").and_then(|engines| engines.get("node"));
    let Some(wanted) = wanted.and_then(serde_json::Value::as_str) else {
        return Err(fault("package.json does not say which Node it needs".to_owned())
            .help("add \"engines\": {\"node\": \"22.x\"}, or write a Dockerfile.template"));
    };
    let range = Range::parse(wanted).map_err(|_| {
        fault("engines.node in package.json is not a range of versions".to_owned())
            .help("write it as npm does, such as \"22.x\" or \">=18\"")
    })?;
    let own = platform.strip_prefix("linux/").unwrap_or(platform);
    let own = own.strip_suffix("/v8").unwrap_or(own);
    let image = images().find_map(|(major, debian, alpine)| {
        let any_of_major = Range::parse(format!("{major}.x")).ok()?;
        match range.allows_any(&any_of_major) {
            true if debian.contains(&own) => Some(format!("node:{major}")),
            true if alpine.contains(&own) => Some(format!("node:{major}-alpine")),
            _ => None,
        }
    });
    let Some(image) = image else {
        let newest = images().find(|(_, debian, alpine)| debian.contains(&own) || alpine.contains(&own));
        let newest = match newest {
            Some((major, ..)) => format!("the newest Node for {platform} is {major}"),
            None => format!("there is no Node image for {platform}"),
        };
        return Err(fault(format!("no official Node image for {platform} is what engines.node asks for"))
            .help(newest));
    };
    let scripts = object.get("scripts").and_then(serde_json::Value::as_object);
    let has_scripts = scripts.is_some_and(|scripts| {
        ["preinstall", "install", "postinstall"].iter().any(|script| scripts.contains_key(*script))
    });
    // What runs during the installation may need any file of the project.
    let (first, rest) = match has_native || has_scripts {
        true => ("COPY . ./", ""),
        false => ("COPY package*.json ./", "COPY . ./\n"),
    };
    let install = format!("{first}\nRUN npm install --omit=dev\n{rest}");
    Ok(format!("FROM {image}\nWORKDIR /usr/src/app\n{install}CMD [\"npm\", \"start\"]\n"))
}
