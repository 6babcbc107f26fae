//! One fleet as a JSON object: `{"name","device","variables"}`, or an object of balena's API as
//! `balena fleet list --json` prints it, recognised by its `app_name`.
//!
//! What JSON readers let pass in silence is refused: a field twice, a field that nobody knows. Of
//! balena's objects, which grow fields with every release, only the fields that matter are read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Fleet, FleetVariable, fault_of_variable, is_misspelt, name};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::escape::{is_unsafe, shortened};
use crate::nearest::nearest_or_all;
use crate::source::Source;

/// The fields of an object of ours.
const FIELDS: [&str; 4] = ["name", "device", "devices", "variables"];

/// Reads the object in `text`, a part of `source`.
pub fn parse(source: &Arc<Source>, text: &str) -> Result<Fleet, Diagnostics> {
    let at = Within { source, whole: source.bytes() };
    let object: FleetFields = serde_json::from_str(text).map_err(|error| at.syntax(text, &error))?;
    let mut faults = Diagnostics::new();
    let mut fields: BTreeMap<&str, &RawValue> = BTreeMap::new();
    for (name, value) in &object.0 {
        if fields.insert(name, value).is_some() {
            let shown = shortened(name, 80);
            faults.push(|| Diagnostic::error(at.place(value), format!("`{shown}` is given twice")));
        }
    }
    let is_of_balena = fields.contains_key("app_name");
    let mut reader = FieldReader { at, faults };
    if !is_of_balena {
        reader.refuse_unknown(&fields);
    }
    let name_field = if is_of_balena { "app_name" } else { "name" };
    let name = fields.get(name_field).and_then(|value| Some((reader.text(value, "a fleet's name")?, *value)));
    if let Some((name, value)) = &name
        && let Some(why) = name::unfit(name)
    {
        let message = format!("`{}` cannot be a fleet's name: {why}", shortened(name, 80));
        reader.faults.push(|| Diagnostic::error(reader.at.place(value), message));
    }
    let is_misspelt_name = !is_of_balena && is_misspelt(fields.keys().copied(), &["name"]);
    if !fields.contains_key(name_field) && !is_misspelt_name {
        reader.missing(text, "a fleet without a name", "give it a \"name\"");
    }
    let slug = fields.get("slug").filter(|_| is_of_balena);
    let slug = slug
        .and_then(|value| serde_json::from_str(value.get()).ok())
        .filter(|slug: &String| name::is_slug(slug));
    let (devices, variables) = if is_of_balena {
        (reader.balena_device(text, &fields), Vec::new())
    } else {
        let devices = reader.devices(text, &fields);
        (devices, fields.get("variables").map(|value| reader.variables(value)).unwrap_or_default())
    };
    let FieldReader { at, mut faults } = reader;
    faults.sort_by_position();
    match name {
        Some((name, value)) if faults.is_empty() => {
            Ok(Fleet { name, slug, app_name: None, place: at.place(value), devices, variables })
        }
        _ => Err(faults),
    }
}

/// An object's fields in their order, their values as they were written.
struct FleetFields<'t>(Vec<(String, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for FleetFields<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = FleetFields<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FleetFields<'de>, A::Error> {
                std::iter::from_fn(|| map.next_entry().transpose()).collect::<Result<_, _>>().map(FleetFields)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// Finds the places of pieces of a text.
struct Within<'s> {
    source: &'s Arc<Source>,
    whole: &'s [u8],
}

impl Within<'_> {
    /// The offset of `part`, which is in the text.
    fn offset(&self, part: &str) -> usize {
        (part.as_ptr() as usize).saturating_sub(self.whole.as_ptr() as usize).min(self.whole.len())
    }

    fn place(&self, value: &RawValue) -> Place {
        let start = self.offset(value.get());
        Place::Text(Arc::clone(self.source), start..start + value.get().len())
    }

    /// The parser's error, put where it is in the whole.
    fn syntax(&self, text: &str, error: &serde_json::Error) -> Diagnostic {
        let start = self.offset(text);
        if error.is_data() {
            // What is there instead may be a value, and is not repeated.
            return Diagnostic::error_at(self.source, start..start, "a fleet has to be a JSON object")
                .help("such as {\"name\": \"kiosk-eu\", \"device\": \"raspberrypi3\"}");
        }
        let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
        let before: usize = lines.map(str::len).sum();
        let at = start + (before + error.column().saturating_sub(1)).min(text.len());
        let message = format!("not a JSON object: {}", without_position(error));
        Diagnostic::error_at(self.source, at..at, message)
    }
}

/// The parser's words without the position in them: it is of a part of the text.
pub(super) fn without_position(error: &serde_json::Error) -> String {
    let shown = error.to_string();
    shown.split(" at line ").next().unwrap_or("not JSON").to_owned()
}

struct FieldReader<'s> {
    at: Within<'s>,
    faults: Diagnostics,
}

impl FieldReader<'_> {
    fn error(&mut self, value: &RawValue, message: impl Into<String>, help: &str) {
        let place = self.at.place(value);
        self.faults.push(|| Diagnostic::error(place, message).help(help));
    }

    /// Something that the object in `text` does not say.
    fn missing(&mut self, text: &str, message: &str, help: &str) {
        let start = self.at.offset(text);
        self.faults.push(|| Diagnostic::error_at(self.at.source, start..start, message).help(help));
    }

    fn refuse_unknown(&mut self, fields: &BTreeMap<&str, &RawValue>) {
        for (name, value) in fields.iter().filter(|(name, _)| !FIELDS.contains(name)) {
            let help = nearest_or_all(name, &FIELDS, "the fields are");
            self.error(value, format!("a fleet has no field `{}`", shortened(name, 80)), &help);
        }
    }

    /// A string's text.
    fn text(&mut self, value: &RawValue, what: &str) -> Option<String> {
        let (fault, help) = match serde_json::from_str::<String>(value.get()) {
            Ok(text) if !text.contains(is_unsafe) => return Some(text),
            Ok(_) => ("holds a control character", "write it without"),
            Err(_) => ("has to be a string", "put it between quotes"),
        };
        self.error(value, format!("{what} {fault}"), help);
        None
    }

    fn devices(&mut self, text: &str, fields: &BTreeMap<&str, &RawValue>) -> Vec<(String, Place)> {
        let items: Vec<&RawValue> = match (fields.get("device"), fields.get("devices")) {
            (Some(one), None) => vec![one],
            (None, Some(several)) => match serde_json::from_str::<Vec<&RawValue>>(several.get()) {
                Ok(items) if !items.is_empty() => items,
                _ => {
                    self.error(several, "`devices` has to be a list of device types", "name at least one");
                    return Vec::new();
                }
            },
            (Some(_), Some(several)) => {
                let help = "put all of them under \"devices\"";
                self.error(several, "a fleet has either `device` or `devices`", help);
                return Vec::new();
            }
            (None, None) if is_misspelt(fields.keys().copied(), &["device", "devices"]) => return Vec::new(),
            (None, None) => {
                let help = "say which: \"device\": \"raspberrypi3\"";
                self.missing(text, "a fleet without a device type", help);
                return Vec::new();
            }
        };
        let mut devices: Vec<(String, Place)> = Vec::new();
        let mut seen = BTreeSet::new();
        for item in items {
            let Some(device) = self.text(item, "a device type") else { continue };
            if !seen.insert(device.clone()) {
                self.error(item, format!("`{device}` is listed twice"), "name it once");
            }
            devices.push((device, self.at.place(item)));
        }
        devices
    }

    /// The device type as balena's CLI gives it (`device_type`), or as the API does.
    fn balena_device(&mut self, text: &str, fields: &BTreeMap<&str, &RawValue>) -> Vec<(String, Place)> {
        if let Some(value) = fields.get("device_type") {
            let device = self.text(value, "a device type");
            return device.map(|device| (device, self.at.place(value))).into_iter().collect();
        }
        #[derive(serde::Deserialize)]
        struct OfApi {
            slug: String,
        }
        let of_api = fields.get("is_for__device_type").and_then(|value| {
            let list: Vec<OfApi> = serde_json::from_str(value.get()).ok()?;
            Some((list.into_iter().next()?.slug, self.at.place(value)))
        });
        if of_api.is_none() {
            let help = "write it in `device_type`, or in `is_for__device_type[0].slug`";
            self.missing(text, "a fleet without a device type", help);
        }
        of_api.into_iter().collect()
    }

    fn variables(&mut self, value: &RawValue) -> Vec<FleetVariable> {
        let mut variables: Vec<FleetVariable> = Vec::new();
        let mut names = BTreeSet::new();
        let Ok(object) = serde_json::from_str::<FleetFields>(value.get()) else {
            self.error(value, "`variables` has to be an object", "such as {\"LOCALE\": \"en_GB\"}");
            return variables;
        };
        for (name, value) in object.0 {
            if let Some((message, help)) = fault_of_variable(&name) {
                self.error(value, message, help);
                continue;
            }
            if !names.insert(name.clone()) {
                self.error(value, format!("{name} is given twice"), "keep one of the two");
                continue;
            }
            let written = value.get();
            let text = match written.as_bytes().first() {
                // Whatever it holds is judged where all values are.
                Some(b'"') => serde_json::from_str::<String>(written).ok(),
                // A number or a truth value keeps its text.
                Some(b'{' | b'[' | b'n') | None => None,
                Some(_) => Some(written.to_owned()),
            };
            let Some(text) = text else {
                let message = format!("the value of {name} has to be text, not a list, an object or null");
                self.error(value, message, "put it between quotes; an empty value is \"\"");
                continue;
            };
            variables.push(FleetVariable { name, value: text, place: self.at.place(value) });
        }
        variables
    }
}
