//! `${VAR}` in a text of a compose file, as Docker Compose replaces it.
//!
//! Known forms: `$VAR`, `${VAR}`, `${VAR:-default}` and `${VAR-default}`, `${VAR:?message}` and
//! `${VAR?message}`, `${VAR:+other}` and `${VAR+other}`; `$$` is a dollar sign. With the colon an empty
//! value counts as none. The text after the operator may have variables of its own; it is read, and its
//! faults are reported, also where it is not used. A `$` before anything else stays as it is.

use std::collections::BTreeMap;

/// The values that `${...}` can take, by name.
pub type Values = BTreeMap<String, String>;

/// Deeper nesting of `${...}` than any file has.
const MAX_DEPTH: usize = 16;

/// More bytes than any path or build argument has.
const LONGEST: usize = 1 << 16;

/// What a text became.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Interpolated {
    /// The text with its variables replaced; one without a value became nothing.
    pub text: String,
    /// The names that had neither a value nor a default.
    pub unset: Vec<String>,
    /// The names whose values are in the text.
    pub used: Vec<String>,
}

/// Replaces the variables of `text`.
///
/// # Errors
/// What is wrong, in one line: a `${` that is not closed, a name that is none, nesting that is too
/// deep, a result that is too long, or the message of `${VAR:?message}`.
pub fn interpolate(text: &str, values: &Values) -> Result<Interpolated, String> {
    interpolate_with(text, &|name| values.get(name).map(String::as_str))
}

/// What a variable is, by its name.
pub type Lookup<'v> = dyn Fn(&str) -> Option<&'v str> + 'v;

/// The same, with the values that a function gives.
///
/// # Errors
/// Those of [`interpolate`].
pub fn interpolate_with<'v>(text: &str, values: &Lookup<'v>) -> Result<Interpolated, String> {
    let mut done = Interpolated::default();
    replace(text, values, 0, &mut done)?;
    Ok(done)
}

fn replace(text: &str, values: &Lookup, depth: usize, done: &mut Interpolated) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("`${{` is nested more than {MAX_DEPTH} deep"));
    }
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        done.push(&rest[..dollar])?;
        rest = &rest[dollar + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            done.push("$")?;
            rest = after;
        } else if let Some(inside) = rest.strip_prefix('{') {
            let end = closing_brace(inside).ok_or("a `${` is not closed; write `$$` for a dollar sign")?;
            braced(&inside[..end], values, depth, done)?;
            rest = &inside[end + 1..];
        } else {
            let name = &rest[..name_length(rest)];
            if name.is_empty() {
                done.push("$")?;
                continue;
            }
            take(name, values, done)?;
            rest = &rest[name.len()..];
        }
    }
    done.push(rest)
}

fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes.first().is_some_and(u8::is_ascii_digit) {
        return 0;
    }
    bytes.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
}

/// The offset of the `}` that belongs to a `${` before `text`.
fn closing_brace(text: &str) -> Option<usize> {
    let (mut open, mut before) = (1, b' ');
    text.bytes().position(|byte| {
        match byte {
            b'{' if before == b'$' => open += 1,
            b'}' => open -= 1,
            _ => {}
        }
        before = byte;
        open == 0
    })
}

fn take(name: &str, values: &Lookup, done: &mut Interpolated) -> Result<(), String> {
    let Some(value) = values(name) else {
        done.unset.push(name.to_owned());
        return Ok(());
    };
    done.push_value(name, value)
}

impl Interpolated {
    /// Adds to the text. A short file can ask for a long value very often.
    fn push(&mut self, piece: &str) -> Result<(), String> {
        if self.text.len() + piece.len() > LONGEST {
            return Err(format!("longer than {LONGEST} bytes with its variables replaced"));
        }
        self.text.push_str(piece);
        Ok(())
    }

    fn append(&mut self, other: Interpolated) -> Result<(), String> {
        self.unset.extend(other.unset);
        self.used.extend(other.used);
        self.push(&other.text)
    }

    fn push_value(&mut self, name: &str, value: &str) -> Result<(), String> {
        self.used.push(name.to_owned());
        self.push(value)
    }
}

/// What is between `${` and `}`.
fn braced(inside: &str, values: &Lookup, depth: usize, done: &mut Interpolated) -> Result<(), String> {
    let (name, operator) = inside.split_at(name_length(inside));
    if name.is_empty() || inside.contains('\n') {
        return Err("a `${` without a name; write `$$` for a dollar sign".to_owned());
    }
    if operator.is_empty() {
        return take(name, values, done);
    }
    let empty_is_none = operator.starts_with(':');
    let value = values(name).filter(|value| !(empty_is_none && value.is_empty()));
    let mut characters = operator.strip_prefix(':').unwrap_or(operator).chars();
    let kind = characters.next();
    let argument = characters.as_str();
    let mut other = Interpolated::default();
    replace(argument, values, depth + 1, &mut other)?;
    match (kind, value) {
        (Some('-' | '?'), Some(value)) => done.push_value(name, value),
        (Some('-'), None) | (Some('+'), Some(_)) => done.append(other),
        (Some('+'), None) => Ok(()),
        (Some('?'), None) => {
            // As it is written: the values of the variables in it are not shown.
            let message = if argument.is_empty() { "it has no value" } else { argument };
            Err(format!("{name} is required: {message}"))
        }
        _ => Err(format!("`${{{name}` is followed by something other than `-`, `?` or `+`")),
    }
}

#[test]
fn variables_defaults_and_required_ones() {
    let values = Values::from([("TAG".to_owned(), "1.2".to_owned())]);
    let text = |text| interpolate(text, &values).map(|done| done.text);
    assert_eq!(text("app:${TAG} $$x ${DIR:-./${TAG}}").unwrap(), "app:1.2 $x ./1.2");
    assert_eq!(text("${DIR:?which one}").unwrap_err(), "DIR is required: which one");
    assert_eq!(text("a $ b $1 ${DIR:-x} $").unwrap(), "a $ b $1 x $");
    assert!(text("${TAG:-${DIR:?which}}").is_err() && text("${DIR:-a\nb}").is_err());
}
