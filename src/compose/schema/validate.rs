//! Checks a tree against the table of fields, and reports everything that does not fit.

use std::collections::HashSet;

use super::resources::ROOT;
use super::types::{Fields, Keys, Others, Type};
use crate::compose::faults::Faults;
use crate::compose::formats;
use crate::compose::tree::{Entry, Map, Node, Path, Value, below, shown};

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// What the values are.
    Shape,
    /// What the texts of values say.
    Text,
}

/// Checks a whole compose file.
pub fn validate(root: &Node, stage: Stage, faults: &mut Faults) {
    let mut validator = Validator { stage, faults };
    match &root.value {
        Value::Map(map) => validator.fields(map, root, &ROOT, &Path::new()),
        _ => validator
            .faults
            .error(&root.at, format!("a compose file has to be a map, this is {}", root.kind())),
    }
}

struct Validator<'v> {
    stage: Stage,
    faults: &'v mut Faults,
}

impl Validator<'_> {
    fn fields(&mut self, map: &Map, node: &Node, fields: &Fields, path: &Path) {
        for (name, Entry { key, node }) in map {
            let path = below(path, name);
            match fields.known.iter().find(|(known, _)| known == name) {
                Some((_, types)) => self.node(node, types, &path),
                None if fields.others == Others::Any => {}
                None if fields.others == Others::Extensions && name.starts_with("x-") => {}
                None if self.stage == Stage::Shape => {
                    let known: Vec<&str> = fields.known.iter().map(|(name, _)| *name).collect();
                    let parent = if path.len() == 1 {
                        "a compose file".to_owned()
                    } else {
                        quoted(&path[..path.len() - 1])
                    };
                    let help = self.faults.nearest_or_all(name, &known, "the fields are");
                    self.faults.error_with(key, format!("{parent} has no field `{name}`"), help);
                }
                None => {}
            }
        }
        if self.stage == Stage::Shape {
            for required in fields.required.iter().filter(|name| !map.contains_key(**name)) {
                self.faults.error(&node.at, format!("{} has no `{required}`", quoted(path)));
            }
        }
    }

    fn node(&mut self, node: &Node, types: &[Type], path: &Path) {
        let Some(fitting) = fitting(node, types) else {
            if self.stage == Stage::Shape {
                let mut names = Vec::new();
                alternatives(types, &mut names);
                let wanted = names.join(" or ");
                let message = match types {
                    [Type::Within(..) | Type::OneOf(_) | Type::ContainerName | Type::PullPolicy] => {
                        format!("{} has to be {wanted}", quoted(path))
                    }
                    _ => format!("{} has to be {wanted}, this is {}", quoted(path), node.kind()),
                };
                self.faults.error(&node.at, message);
            }
            return;
        };
        match (fitting, &node.value) {
            (Type::List(types) | Type::Set(types), Value::List(items)) => {
                let path = below(path, "[]");
                for item in items {
                    self.node(item, types, &path);
                }
                if matches!(fitting, Type::Set(_)) && self.stage == Stage::Shape {
                    self.distinct(items, &path);
                }
            }
            (Type::Map(keys, types), Value::Map(map)) => self.map(map, *keys, types, path),
            (Type::Object(fields), Value::Map(map)) => self.fields(map, node, fields, path),
            (Type::OptionValue, Value::Text(_) | Value::Int(_) | Value::Null) => {}
            (Type::OptionValue, _) if self.stage == Stage::Text => {
                self.faults.error(&node.at, format!("{} has to be text", quoted(path)));
            }
            (Type::Mode, Value::Float(_)) if self.stage == Stage::Text => {
                self.faults.error(&node.at, format!("{} has to be an integer", quoted(path)));
            }
            (_, Value::Text(text)) if self.stage == Stage::Text => {
                let fault = match fitting {
                    Type::Bytes => formats::bytes(text).err(),
                    Type::Duration => formats::duration(text).err(),
                    Type::Digits => text.parse::<i64>().is_err().then(|| "has to be an integer".to_owned()),
                    Type::Decimal => {
                        formats::number_of(text).is_none().then(|| "has to be a number".to_owned())
                    }
                    Type::NotText => Some("has to be a number without quotes".to_owned()),
                    Type::Mode => {
                        i64::from_str_radix(text, 8).is_err().then(|| "not a mode such as `0440`".to_owned())
                    }
                    Type::Count => {
                        let is_count = text.eq_ignore_ascii_case("all") || text.parse::<i64>().is_ok();
                        (!is_count).then(|| "has to be `all` or a number".to_owned())
                    }
                    Type::BoolText => {
                        formats::truth(text).is_none().then(|| "not `true` or `false`".to_owned())
                    }
                    _ => None,
                };
                if let Some(fault) = fault {
                    self.faults.error(&node.at, format!("{}: {fault}", quoted(path)));
                }
            }
            _ => {}
        }
    }

    fn map(&mut self, map: &Map, keys: Keys, types: &[Type], path: &[String]) {
        for (name, Entry { key, node }) in map {
            let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
            let fits = match keys {
                Keys::All => !name.is_empty(),
                Keys::Names | Keys::OpenNames => !name.is_empty() && name.bytes().all(is_name),
                Keys::Lowercase => !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase()),
            };
            if fits {
                self.node(node, types, &below(path, name));
            } else if !matches!(keys, Keys::OpenNames | Keys::Lowercase) && self.stage == Stage::Shape {
                let shown = crate::escape::shortened(name, 40);
                let message = match path {
                    [services] if services == "services" => format!("a service cannot be called `{shown}`"),
                    _ => format!("{} cannot have the key `{shown}`", quoted(path)),
                };
                self.faults.error_with(key, message, "use letters, digits, `_`, `-` and `.`");
            }
        }
    }

    fn distinct(&mut self, items: &[Node], path: &Path) {
        let mut seen = HashSet::new();
        for item in items {
            let mut text = String::new();
            write_out(item, &mut text);
            let is_again = !seen.insert(text);
            if is_again {
                let path = quoted(&path[..path.len() - 1]);
                self.faults.error_with(
                    &item.at,
                    format!("this item of {path} is there twice"),
                    "keep one of the two",
                );
            }
        }
    }
}

/// A value as a text that only equal values have.
fn write_out(node: &Node, text: &mut String) {
    match &node.value {
        Value::List(items) => {
            text.push('[');
            items.iter().for_each(|item| write_out(item, text));
            text.push(']');
        }
        Value::Map(map) => {
            text.push('{');
            for (key, entry) in map {
                text.push_str(&format!("{key:?}:"));
                write_out(&entry.node, text);
            }
            text.push('}');
        }
        scalar => text.push_str(&format!("{scalar:?},")),
    }
}

fn quoted(path: &[String]) -> String {
    format!("`{}`", shown(path))
}

/// The alternative that a value is, without a look at what is in it.
fn fitting<'t>(node: &Node, types: &'t [Type]) -> Option<&'t Type> {
    types.iter().find_map(|kind| {
        let fits = match (kind, &node.value) {
            (Type::Either(types), _) => return fitting(node, types),
            (Type::Null, Value::Null)
            | (Type::Bool, Value::Bool(_))
            | (Type::Text | Type::Bytes | Type::Duration | Type::BoolText, Value::Text(_))
            | (Type::NotText | Type::Mode | Type::Count | Type::Digits | Type::Decimal, Value::Text(_))
            | (Type::OptionValue, _)
            | (Type::Mode, Value::Int(_) | Value::Float(_))
            | (Type::Number, Value::Int(_) | Value::Float(_))
            | (Type::Int, Value::Int(_))
            | (Type::List(_) | Type::Set(_), Value::List(_))
            | (Type::Map(..) | Type::Object(_), Value::Map(_)) => true,
            (Type::Int, Value::Float(number)) => number.fract() == 0.0,
            (Type::Within(least, most), Value::Int(number)) => {
                (i128::from(*least)..=i128::from(*most)).contains(number)
            }
            (Type::Within(least, most), Value::Float(number)) => {
                #[expect(clippy::cast_precision_loss, reason = "the limits are small numbers")]
                let is_within = (*least as f64..=*most as f64).contains(number);
                is_within && number.fract() == 0.0
            }
            (Type::ContainerName, Value::Text(text)) => is_container_name(text),
            (Type::PullPolicy, Value::Text(text)) => is_pull_policy(text),
            (Type::OneOf(texts), Value::Text(text)) => texts.contains(&&**text),
            _ => false,
        };
        fits.then_some(kind)
    })
}

/// Two characters of a name anywhere in the text are enough for Docker Compose.
fn is_container_name(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| {
        pair[0].is_ascii_alphanumeric()
            && (pair[1].is_ascii_alphanumeric() || matches!(pair[1], b'_' | b'.' | b'-'))
    })
}

/// One of the words anywhere in the text is enough for Docker Compose.
fn is_pull_policy(text: &str) -> bool {
    let words = ["always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"];
    let every = |rest: &str| {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        unit.len() < rest.len() && unit.starts_with(['w', 'd', 'h', 'm', 's'])
    };
    words.iter().any(|word| text.contains(word))
        || text.match_indices("every_").any(|(at, every_)| every(&text[at + every_.len()..]))
}

fn alternatives(types: &[Type], names: &mut Vec<String>) {
    for kind in types {
        let name = match kind {
            Type::Either(types) => {
                alternatives(types, names);
                continue;
            }
            Type::Null => "nothing".to_owned(),
            Type::Bool | Type::BoolText => "true or false".to_owned(),
            Type::Text | Type::NotText | Type::Digits | Type::Decimal | Type::OptionValue => {
                "text".to_owned()
            }
            Type::Mode => "a mode such as `0440`".to_owned(),
            Type::Count => "`all`".to_owned(),
            Type::ContainerName => "a name of letters, digits, `_`, `.` and `-`".to_owned(),
            Type::PullPolicy => {
                "`always`, `never`, `missing`, `build` or `every_` with a duration".to_owned()
            }
            Type::Bytes => "a size such as `64m`".to_owned(),
            Type::Duration => "a duration such as `1m30s`".to_owned(),
            Type::Int => "an integer".to_owned(),
            Type::Within(least, i64::MAX) => format!("an integer from {least}"),
            Type::Within(least, most) => format!("an integer from {least} to {most}"),
            Type::Number => "a number".to_owned(),
            Type::OneOf(texts) => {
                texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(" or ")
            }
            Type::List(_) | Type::Set(_) => "a list".to_owned(),
            Type::Map(..) | Type::Object(_) => "a map".to_owned(),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
}
