//! The environment variables that the entry points of balena's base images read.

use super::name::Family;

/// A variable that one of balena's entry points reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartVariable {
    /// `INITSYSTEM`: start systemd, and the command as a service of it.
    InitSystem,
    /// `UDEV`: mount `/dev` and start udevd. `resin/` images on Debian do so unless it is off,
    /// `balenalib/` images only if it is on.
    Udev,
}

impl StartVariable {
    /// The variable of this name.
    ///
    /// ```
    /// use dtpl::image::{Family, StartVariable};
    /// let variable = StartVariable::named(b"INITSYSTEM").unwrap();
    /// assert!(variable.is_read_by(Family::Resin) && !variable.is_read_by(Family::Balenalib));
    /// assert!(StartVariable::is_on(b"\"On\"") && !StartVariable::is_on(b"off"));
    /// ```
    pub fn named(name: &[u8]) -> Option<StartVariable> {
        match name {
            b"INITSYSTEM" => Some(StartVariable::InitSystem),
            b"UDEV" => Some(StartVariable::Udev),
            _ => None,
        }
    }

    /// Whether images of a family read it.
    pub fn is_read_by(self, family: Family) -> bool {
        match self {
            StartVariable::InitSystem => family == Family::Resin,
            StartVariable::Udev => matches!(family, Family::Resin | Family::Balenalib),
        }
    }

    /// Whether a value, with or without quotes, switches it on.
    pub fn is_on(value: &[u8]) -> bool {
        let value = String::from_utf8_lossy(value).to_ascii_lowercase();
        matches!(value.trim_matches(['"', '\'']), "on" | "1" | "true" | "yes")
    }
}
