//! The values that placeholders are replaced with, and where each was given.
//!
//! A value is checked when it is set: it has to fit into one line. Messages name the variable and
//! where it was given, never what it holds.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::placeholder::is_name;
use crate::arch::Arch;
use crate::device_types::DeviceType;
use crate::diagnostic::{Diagnostic, Place};
use crate::escape;
use crate::nearest::did_you_mean;
use crate::source::Source;

/// A value and where it was given.
///
/// ```
/// let mut variables = dtpl::Variables::new();
/// variables.define("LOCALE", "de".to_owned(), dtpl::Place::CommandLine).unwrap();
/// let layers = [&variables];
/// let variable: &dtpl::Variable = dtpl::Layers(&layers).get("LOCALE").unwrap();
/// assert_eq!(variable.value(), b"de");
/// ```
#[derive(Clone, Debug)]
pub struct Variable {
    name: Cow<'static, str>,
    value: String,
    origin: Option<Place>,
}

impl Variable {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a placeholder of this name becomes.
    pub fn value(&self) -> &[u8] {
        self.value.as_bytes()
    }

    /// A variable that follows from what is rendered.
    pub fn standard(name: &'static str, value: &str) -> Self {
        Variable { name: Cow::Borrowed(name), value: value.to_owned(), origin: None }
    }

    /// Whether the value is ordinary: see [`is_ordinary`].
    pub fn is_ordinary(&self) -> bool {
        is_ordinary(self.value())
    }

    /// Where a user gave it; `None` for what follows from device type, fleet and service.
    pub fn origin(&self) -> Option<&Place> {
        self.origin.as_ref()
    }

    /// A diagnostic's place for this value: where it was given, else where it is used.
    pub(super) fn place_or(&self, used: Place) -> Place {
        self.origin.clone().unwrap_or(used)
    }
}

/// Whether a value is one that no place in a Dockerfile takes for anything but text, except at the head of the
/// file and in a heredoc: it cannot make its line blank, a comment or one that goes on in the next, and it opens no
/// heredoc and holds no placeholder. Such are slugs, versions, keys, and words with blanks between them.
///
/// Its text is the same between the quotes of a JSON string.
pub fn is_ordinary(value: &[u8]) -> bool {
    let (Some(first), Some(last)) = (value.first(), value.last()) else { return false };
    let is_within = |b: u8| matches!(b, b' '..=b'~') & !matches!(b, b'"' | b'\\');
    if !has_ordinary_ends(value) {
        return false;
    }
    if !value.iter().fold(true, |all, b| all & is_within(*b)) {
        // Letters of other languages: at its ends may be blanks of Unicode, which are not looked for.
        let is_text = first.is_ascii()
            && last.is_ascii()
            && value.iter().all(|b| !b.is_ascii() || is_within(*b))
            && std::str::from_utf8(value).is_ok_and(|text| !text.chars().any(escape::is_unsafe));
        if !is_text {
            return false;
        }
    }
    !value.iter().any(|b| is_half_sign(*b)) || has_single_signs(value)
}

/// Whether two of this byte have a meaning: `%%` around a placeholder, `<<` before a heredoc, `<%` of templates in
/// JavaScript.
fn is_half_sign(byte: u8) -> bool {
    matches!(byte, b'%' | b'<')
}

/// Whether each `%` and `<` has others before and after it: what is around the value adds nothing to it.
fn has_single_signs(value: &[u8]) -> bool {
    let is_at_end =
        value.first().is_some_and(|b| is_half_sign(*b)) || value.last().is_some_and(|b| is_half_sign(*b));
    !is_at_end && value.windows(2).all(|pair| !pair.iter().all(|b| is_half_sign(*b)))
}

/// Whether a value of visible ASCII without `"`, `%`, `<` and `\\` is ordinary.
pub fn has_ordinary_ends(value: &[u8]) -> bool {
    let is_end = |b: &u8| !matches!(b, b' ' | b'#' | b'`');
    value.first().is_some_and(is_end) && value.last().is_some_and(is_end)
}

/// All variables of one render, by name.
///
/// ```
/// use dtpl::{Layers, Place, Variables};
///
/// let mut variables = Variables::new();
/// variables.define("LOCALE", "en_GB".to_owned(), Place::Flag("-D")).unwrap();
/// assert_eq!(Layers(&[&variables]).get("LOCALE").unwrap().value(), b"en_GB");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Variables {
    known: BTreeMap<Cow<'static, str>, Variable>,
    /// Names that would be known if the call were another: what to say about them.
    absent: BTreeMap<&'static str, Cow<'static, str>>,
    only_balena: bool,
}

impl Variables {
    /// None yet.
    pub fn new() -> Self {
        Variables::default()
    }

    /// Values for names that are unknown, so that the rest of a template can be looked at: the text of their
    /// placeholders, which fits on a line.
    pub(crate) fn standing_in<'n>(source: &Arc<Source>, names: impl Iterator<Item = &'n str>) -> Variables {
        let mut values = Variables::new();
        for name in names {
            let place = Place::Text(Arc::clone(source), 0..0);
            let _ = values.define(name, format!("%%{name}%%"), place);
        }
        values
    }

    /// The variables that a device type and an arch give: what the balena builder knows, and under
    /// `DTPL_` the registry's own unless `only_balena`. Without a device type, or without an arch,
    /// the variables that name it stay unknown.
    pub fn of_device(slug: Option<&str>, arch: Option<&Arch>, only_balena: bool) -> Self {
        let mut variables = Variables { only_balena, ..Variables::new() };
        for name in ["BALENA_MACHINE_NAME", "RESIN_MACHINE_NAME"] {
            match slug {
                Some(slug) => variables.set_standard(name, slug),
                None => variables.absent(name, "it is known when a device type is given: --device SLUG"),
            }
        }
        for name in ["BALENA_ARCH", "RESIN_ARCH"] {
            if let Some(arch) = arch {
                variables.set_standard(name, &arch.slug);
            }
        }
        for (name, value) in Arch::variables(arch) {
            match (value, arch) {
                _ if only_balena => {
                    variables.absent(
                        name,
                        "the balena builder does not know it, and the project is for balena alone",
                    );
                }
                (Some(value), _) => variables.set_standard(name, value),
                (None, Some(arch)) => variables.absent(name, format!("arch `{}` has none", arch.slug)),
                (None, None) => {}
            }
        }
        variables.absent("BALENA_APP_NAME", "it is known when a fleet is given: --fleet NAME");
        variables.absent(
            "BALENA_RELEASE_HASH",
            "it is known only to the build of a release: give it with -D BALENA_RELEASE_HASH=VALUE",
        );
        variables
    }

    /// The variable of this name.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.known.get(name)
    }

    /// All variables, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.known.values()
    }

    /// Sets a variable that follows from device type, arch, fleet or service. The value comes from
    /// the registry or was checked where it was given.
    pub fn set_standard(&mut self, name: &'static str, value: &str) {
        self.known.insert(Cow::Borrowed(name), Variable::standard(name, value));
    }

    fn absent(&mut self, name: &'static str, why: impl Into<Cow<'static, str>>) {
        self.absent.insert(name, why.into());
    }

    /// Sets a variable that a user gave at `origin`, over one that was there before. A name that no
    /// placeholder can have is kept out: nothing could ever use it.
    ///
    /// # Errors
    /// When the value holds a character that ends a line for some reader, or a NUL. The variable is
    /// there all the same, as a letter, so that a render that looks for more errors does not find this
    /// one again as an unknown name, or as nothing where something has to be.
    pub fn define(&mut self, name: &str, mut value: String, origin: Place) -> Result<(), Diagnostic> {
        let fault = value.chars().find(|&c| ends_a_line(c)).map(|c| {
            "x".clone_into(&mut value);
            Diagnostic::error(origin.clone(), format!("the value of {name} holds {}", named(c)))
                .help("a value has to stay within its line of the Dockerfile")
        });
        if is_name(name) {
            let name: Cow<'static, str> = Cow::Owned(name.to_owned());
            let variable = Variable { name: name.clone(), value, origin: Some(origin) };
            self.known.insert(name, variable);
        }
        fault.map_or(Ok(()), Err)
    }
}

/// Layers of variables: of two with one name, the one in the first layer is used.
///
/// ```
/// use dtpl::{Layers, Variables};
///
/// let (mut own, mut base) = (Variables::new(), Variables::new());
/// base.set_standard("BALENA_ARCH", "armv7hf");
/// own.set_standard("BALENA_ARCH", "rpi");
/// assert_eq!(Layers(&[&own, &base]).get("BALENA_ARCH").unwrap().value(), b"rpi");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Layers<'v, 'l>(pub &'l [&'v Variables]);

impl<'v> Layers<'v, '_> {
    /// The variable of this name.
    pub fn get(&self, name: &str) -> Option<&'v Variable> {
        self.0.iter().find_map(|layer| layer.get(name))
    }

    /// Whether only what the balena builder knows may be used: `--compat balena`.
    pub fn only_balena(&self) -> bool {
        self.0.iter().any(|layer| layer.only_balena)
    }

    /// All variables, those of the last layer first: of two with one name, the one that counts is later.
    pub fn all(&self) -> impl Iterator<Item = &'v Variable> {
        self.0.iter().rev().flat_map(|layer| layer.iter())
    }

    /// What to do about a placeholder that has no variable.
    pub fn help_for_unknown(&self, name: &str) -> Vec<String> {
        if let Some(why) = self.0.iter().find_map(|layer| layer.absent.get(name)) {
            return vec![why.to_string()];
        }
        // A name that would be known in another call is as good a guess as one that is known.
        let names_of = |layer: &&'v Variables| {
            let known = layer.known.keys().map(|name| &**name);
            known.chain(layer.absent.keys().copied()).collect::<Vec<&str>>()
        };
        match did_you_mean(name, self.0.iter().flat_map(names_of)) {
            Some(help) => vec![help],
            None => vec![format!("define it with -D {}=VALUE", escape::shortened(name, 80))],
        }
    }
}

/// Characters that end a line for the Dockerfile parser, for an editor or for a terminal, and NUL.
fn ends_a_line(c: char) -> bool {
    matches!(c, '\0' | '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn named(c: char) -> String {
    match c {
        '\n' => "a line break".to_owned(),
        '\r' => "a carriage return".to_owned(),
        '\0' => "a NUL".to_owned(),
        c => format!("a line break (U+{:04X})", u32::from(c)),
    }
}

/// The variables that say what the device type is.
pub const OF_DEVICE: [&str; 4] = ["BALENA_ARCH", "RESIN_ARCH", "BALENA_MACHINE_NAME", "RESIN_MACHINE_NAME"];

/// A warning when a user's value says otherwise than the device type does.
///
/// The user's value wins; the build is then probably for another machine than the one named.
pub fn contradictions(variables: &Variables, device_type: &DeviceType) -> Vec<Diagnostic> {
    let DeviceType { slug, arch, .. } = device_type;
    let [balena_arch, resin_arch, balena_machine, resin_machine] = OF_DEVICE;
    let expected = [(balena_arch, arch), (resin_arch, arch), (balena_machine, slug), (resin_machine, slug)];
    let contradiction = |(name, expected): (&str, &crate::arch::Text)| {
        let variable = variables.get(name).filter(|variable| variable.value != **expected)?;
        let message = format!(
            "{name} is given here and differs from `{expected}`, which device type `{slug}` has in the registry"
        );
        let warning = Diagnostic::warning(variable.origin()?.clone(), message);
        Some(warning.help("the value given here is used"))
    };
    expected.into_iter().filter_map(contradiction).collect()
}

#[test]
fn what_an_ordinary_value_may_hold() {
    for value in [
        "a",
        "en_GB.UTF-8",
        "a = b, c; d",
        "[x]",
        "/usr/bin:$PATH",
        "'a'",
        "x #1",
        "x`y",
        "a caf\u{e9} b",
        "50 % off",
        "a < b",
        "a<b",
        "-x",
    ] {
        assert!(is_ordinary(value.as_bytes()), "{value}");
    }
    for value in [
        "",
        " a",
        "a ",
        "#a",
        "a#",
        "a\\",
        "\\a",
        "a`",
        "`",
        "a\"b",
        "a<<b",
        "a<%b",
        "a%%b",
        "<a",
        "a%",
        "%%",
        "a\tb",
        "a\u{7f}b",
        "\u{e9}",
        "a\u{3000}",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{feff}b",
        "a\u{202e}b",
        "\u{a0}a",
    ] {
        assert!(!is_ordinary(value.as_bytes()), "{value}");
    }
}
