//! The filters, tests and functions that a template can call by name.

use super::profile::Profile;
use super::references::CallKind;
use crate::escape::shortened;
use crate::nearest::did_you_mean;

/// The engine's filters that help with a Dockerfile; messages suggest these.
const FILTERS: &str = "abs capitalize default first float get group_by indent int join keys last length lower nth \
                       pairs replace reverse round sort split str title trim trim_end trim_start truncate unique \
                       upper values";
/// Its other filters.
const OTHER_FILTERS: &str = "escape escape_html escape_xml newlines_to_br pluralize safe wordcount";
const TESTS: &str = "array bool containing defined divisible_by ending_with even float integer iterable map none \
                     number odd starting_with string undefined";

/// The message and the help for a name that cannot be called.
pub(super) fn unknown(call: CallKind, name: &str, profile: &Profile) -> Option<(String, String)> {
    let (noun, names): (_, Vec<&str>) = match call {
        CallKind::Filter => ("filter", FILTERS.split(' ').collect()),
        CallKind::Test => ("test", TESTS.split(' ').collect()),
        CallKind::Function => ("function", profile.functions.to_vec()),
    };
    let is_other_filter = call == CallKind::Filter && OTHER_FILTERS.split(' ').any(|other| other == name);
    if names.contains(&name) || is_other_filter {
        return None;
    }
    let help = match name {
        "now" | "get_env" | "get_random" if call == CallKind::Function => {
            "a template reaches no clock, no environment and no chance".to_owned()
        }
        _ => did_you_mean(name, names.iter().copied())
            .unwrap_or_else(|| format!("there are {}", names.join(", "))),
    };
    Some((format!("unknown {noun} `{}`", shortened(name, 80)), help))
}
