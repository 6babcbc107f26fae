//! What the tables of fields are made of.

/// What a value can be. A field has several of them as alternatives.
pub enum Type {
    Null,
    Bool,
    /// A text that is a truth value.
    BoolText,
    Text,
    /// A text that is a name of a container.
    ContainerName,
    /// A text that says when an image is pulled.
    PullPolicy,
    /// A text that is a number of bytes: `64m`.
    Bytes,
    /// A text that is a duration: `1m30s`.
    Duration,
    /// A text where a number belongs: refused at the end, if it is still there.
    NotText,
    /// A text that is an integer.
    Digits,
    /// A text that is a number.
    Decimal,
    /// A value of an option: text or an integer, in the end.
    OptionValue,
    /// The mode of a file, in octal digits if it is text.
    Mode,
    /// A number of devices, or `all`.
    Count,
    Int,
    /// An integer from one number to another.
    Within(i64, i64),
    Number,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    List(&'static [Type]),
    /// A list without equal items.
    Set(&'static [Type]),
    /// A map with keys of the user's.
    Map(Keys, &'static [Type]),
    /// A map with these fields.
    Object(&'static Fields),
    /// These alternatives too.
    Either(&'static [Type]),
}

/// Which keys a map of the user's can have.
#[derive(Clone, Copy, PartialEq)]
pub enum Keys {
    All,
    /// Letters, digits, `.`, `_` and `-`.
    Names,
    /// As `Names`; what another key has is not looked at.
    OpenNames,
    /// Lower-case letters; what another key has is not looked at.
    Lowercase,
}

/// The fields of a map.
pub struct Fields {
    pub known: &'static [(&'static str, &'static [Type])],
    pub required: &'static [&'static str],
    pub others: Others,
}

/// What becomes of a field that is not known.
#[derive(Clone, Copy, PartialEq)]
pub enum Others {
    Any,
    /// Only `x-` fields.
    Extensions,
    Refused,
}

/// A table of fields.
pub const fn fields(
    others: Others,
    required: &'static [&'static str],
    known: &'static [(&'static str, &'static [Type])],
) -> Fields {
    Fields { known, required, others }
}
