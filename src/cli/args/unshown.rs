//! Values that may be secrets: clap puts a value that it refuses into the message, these stay out of it.

use std::ffi::OsStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

/// Reads a value with a function, whose message is all that is said of one that it refuses.
#[derive(Clone, Copy)]
pub struct Unshown<T>(pub fn(&str) -> Result<T, String>);

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Unshown<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        let read = value.to_str().map_or_else(|| Err("expected UTF-8".to_owned()), self.0);
        read.map_err(|why| {
            let flag = argument.map(|argument| format!("'{argument}': ")).unwrap_or_default();
            Error::raw(ErrorKind::ValueValidation, format!("{flag}{why}\n")).with_cmd(command)
        })
    }
}
