//! The settings in `fleets.yaml`. `check:`: who builds the project, which rules it ignores, and how much others
//! matter to it; which rules there are is not known here. `images:`: the images files of the project.

use crate::diagnostic::Place;
use crate::dockerfile::Builder;
use crate::escape::shortened;
use crate::yaml::{Node, NodeReader, Value};

/// What `check:` and `images:` say.
#[derive(Clone, Debug, Default)]
pub struct CheckSettings {
    /// Rules that are not reported.
    pub ignore: Vec<(String, Place)>,
    /// Rules with the severity that they have here.
    pub severity: Vec<(String, String, Place)>,
    /// Whether each service has an ignore file of its own when it is built by balena: `--multi-dockerignore`.
    pub multi_dockerignore: bool,
    /// The program that builds the project, with its place: `compat`, as for `--compat`.
    pub builder: Option<(Builder, Place)>,
    /// The paths of images files, from the folder of this file.
    pub images: Vec<(String, Place)>,
}

/// Reads `images:`: a path, or a list of them.
pub(super) fn images(reader: &mut NodeReader, node: &Node) -> Vec<(String, Place)> {
    let items = match &node.value {
        Value::Scalar(_) => std::slice::from_ref(node),
        _ => reader.items(node, "`images`"),
    };
    let mut paths = Vec::new();
    for item in items {
        let Some(path) = reader.text(item, "an images file") else { continue };
        if path.is_empty() || path == "-" || path.contains(char::is_control) {
            reader.error_with(
                item,
                "an images file has to be a path",
                "write it from the folder of this file",
            );
            continue;
        }
        paths.push((path, reader.place(item)));
    }
    paths
}

/// Reads `check:`.
pub(super) fn read(reader: &mut NodeReader, node: &Node, settings: &mut CheckSettings) {
    for (field, node) in
        reader.fields(node, "`check`", &["compat", "ignore", "severity", "multi-dockerignore"])
    {
        if field == "multi-dockerignore" {
            settings.multi_dockerignore = reader.truth(node, "`multi-dockerignore`").unwrap_or(false);
        } else if field == "compat" {
            let Some(tool) = reader.text(node, "`compat`") else { continue };
            match &*tool {
                "balena" => settings.builder = Some((Builder::Classic, reader.place(node))),
                "docker" => settings.builder = Some((Builder::BuildKit, reader.place(node))),
                _ => reader.error_with(
                    node,
                    format!("`{}` is no tool that builds", shortened(&tool, 40)),
                    "write balena or docker",
                ),
            }
        } else if field == "ignore" {
            for item in reader.items(node, "`ignore`") {
                let Some(rule) = reader.text(item, "a rule") else { continue };
                settings.ignore.push((rule, reader.place(item)));
            }
        } else {
            for (key, node) in reader.entries(node, "`severity`") {
                let Some(rule) = key.as_scalar() else { continue };
                let Some(severity) = reader.text(node, "a severity") else { continue };
                settings.severity.push((rule.to_owned(), severity, reader.place(key)));
            }
        }
    }
}
