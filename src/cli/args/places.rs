//! Where on the command line a value was given: clap tells the values, messages name the argument.

use std::ffi::{OsStr, OsString};

use crate::diagnostic::Place;

/// Where the values of one repeatable flag were given, in their order.
///
/// clap tells the values, not where they stand; they are found again in the raw arguments. A value
/// that is not among them came from the environment.
pub fn places(
    arguments: &[OsString],
    short: &str,
    long: &str,
    values: &[String],
    variable: &str,
) -> Vec<Place> {
    let mut from = 1;
    let is_flag = |flag: &[u8]| {
        let one_of_some_short = flag.starts_with(b"-") && !flag.starts_with(b"--");
        let is_alias = long == "--device" && matches!(flag, b"--device-type" | b"--deviceType");
        is_alias || flag == long.as_bytes() || (one_of_some_short && flag.ends_with(short.as_bytes()))
    };
    let is = |argument: &OsStr, value: &str, before: Option<&OsString>| {
        let Some(flag) = argument.as_encoded_bytes().strip_suffix(value.as_bytes()) else {
            return false;
        };
        match flag.strip_suffix(b"=") {
            _ if flag.is_empty() => before.is_some_and(|flag| is_flag(flag.as_encoded_bytes())),
            Some(flag) => is_flag(flag),
            // Only a short flag takes its value without anything between.
            None => !value.is_empty() && !flag.starts_with(b"--") && is_flag(flag),
        }
    };
    let place = |value: &String| {
        let found = (from..arguments.len()).find(|&at| is(&arguments[at], value, arguments.get(at - 1)));
        if let Some(at) = found {
            from = at + 1;
        }
        found.map_or_else(|| Place::Environment(variable.to_owned()), Place::Argument)
    };
    values.iter().map(place).collect()
}
