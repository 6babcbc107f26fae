//! Asking registries for a command that has `--online`: with the settings that Docker's programs take from the
//! environment. A program without the feature `online` has the flag too, and says how to get what it needs.

#[cfg(feature = "online")]
mod helper;
#[cfg(feature = "online")]
mod settings;

use std::ffi::OsString;

pub use super::args::OnlineArgs;
use crate::fs::Limit;
use crate::image::{LookupFault, Published, Reference};

/// The value of an environment variable.
pub type Variable<'v> = dyn Fn(&str) -> Option<OsString> + 'v;

/// What registries say of each image, in this order. None without `--online`: then nothing is asked, and no file
/// is read.
///
/// # Errors
/// When this program cannot ask; when a setting cannot be used: a file, a proxy, a host. That a registry does not
/// answer is no error, but the result for its images.
#[cfg(feature = "online")]
pub fn ask(
    references: &[Reference],
    command: &OnlineArgs,
    variable: &Variable,
    limit: Limit,
) -> anyhow::Result<Option<Vec<Result<Published, LookupFault>>>> {
    if !command.online {
        return Ok(None);
    }
    Ok(Some(settings::client(command, variable, limit)?.look_up_all(references)))
}

/// As with the feature `online`, which this program does not have.
///
/// # Errors
/// With `--online`: how to get a program that can ask.
#[cfg(not(feature = "online"))]
pub fn ask(
    _: &[Reference],
    command: &OnlineArgs,
    _: &Variable,
    _: Limit,
) -> anyhow::Result<Option<Vec<Result<Published, LookupFault>>>> {
    if !command.online {
        return Ok(None);
    }
    let message = "this program was compiled without what asks registries";
    let help = "install it with `cargo install dtpl --features online`, or download a released program";
    Err(super::usage(crate::diagnostic::Place::Flag("--online"), message, help))
}

#[cfg(all(test, not(feature = "online")))]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_cannot_ask_says_how_to_get_one_that_can() {
        let limit = Limit { bytes: 1, flag: "--max-config-bytes" };
        let reference = [Reference::parse("alpine").unwrap()];
        let nobody = |name: &str| -> Option<OsString> { panic!("{name} is looked at") };
        let args = OnlineArgs::default();
        assert!(ask(&reference, &args, &nobody, limit).unwrap().is_none());
        let args = OnlineArgs { online: true, ..args };
        let said = format!("{:#}", ask(&reference, &args, &nobody, limit).unwrap_err());
        assert!(said.starts_with("--online: error: this program was compiled without"), "{said}");
        assert!(said.contains("cargo install dtpl --features online"), "{said}");
    }
}
