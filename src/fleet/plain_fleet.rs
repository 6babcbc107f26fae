//! A fleet as parts of its line.

/// A fleet of one device type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainFleet<'l> {
    /// Its name, which can be that of a folder and has no slash.
    pub name: &'l str,
    /// Where the string of the name starts in the line.
    pub name_at: usize,
    /// The name of its device type.
    pub device: &'l str,
    /// Whether its line is visible ASCII without `%`, `<` and `\\`.
    pub is_ordinary: bool,
}

/// Names and values. A value ends no line, and is the same text in a JSON string.
pub type GivenVariables<'l> = Vec<(&'l str, &'l str)>;
