//! What a template can name: the device, its arch, fleet and service, and every variable that
//! placeholders have.

use tera::{Context, Value};

use super::profile::TEMPLATE;
use crate::arch;
use crate::diagnostic::{Diagnostic, Diagnostics, RuleName};
use crate::escape::shortened;
use crate::nearest::did_you_mean;
use crate::render::Layers;
use crate::subject::Subject;
use crate::tera_sandbox::{Program, UsedVariable};

/// The names that are no variable of a placeholder.
const OWN: [&str; 4] = ["device", "arch", "fleet", "service"];

fn text(value: &str) -> Value {
    Value::from(value.to_owned())
}

fn object(fields: Vec<(&'static str, Value)>) -> Value {
    let fields = fields.into_iter().map(|(name, value)| (tera::value::Key::from(name), value));
    Value::from(fields.collect::<tera::Map>())
}

fn list<'t>(texts: impl Iterator<Item = &'t str>) -> Value {
    Value::from(texts.map(text).collect::<Vec<Value>>())
}

/// All names, with their values for one subject.
pub(super) fn context(subject: &Subject, variables: Layers) -> Context {
    let mut context = Context::new();
    for variable in variables.all() {
        let value = String::from_utf8_lossy(variable.value()).into_owned();
        context.insert_value(variable.name().to_owned(), Value::from(value));
    }
    let of_variable = |name: &str| {
        let variable = variables.get(name);
        variable.map_or_else(Value::none, |variable| text(&String::from_utf8_lossy(variable.value())))
    };
    context.insert_value("fleet", of_variable("BALENA_APP_NAME"));
    context.insert_value("service", of_variable("BALENA_SERVICE_NAME"));
    let arch_slug = subject.arch.map_or_else(Value::none, |arch| text(&arch.slug));
    let device = subject.slug.map_or_else(Value::none, |slug| {
        let name = subject.device.map_or(slug, |device| &device.name);
        let aliases = subject.device.iter().flat_map(|device| device.aliases.iter());
        let aliases = list(aliases.map(|name| &**name));
        object(vec![("slug", text(slug)), ("name", text(name)), ("arch", arch_slug), ("aliases", aliases)])
    });
    context.insert_value("device", device);
    let arch = subject.arch.map_or_else(Value::none, |known| {
        let mut fields = vec![
            ("slug", text(&known.slug)),
            ("name", text(&known.name)),
            ("platform", text(&known.platform)),
            ("aliases", list(known.aliases.iter().map(|name| &**name))),
        ];
        let names = known.fields().map(|(name, value)| (name, value.map_or_else(Value::none, text)));
        fields.extend(names);
        object(fields)
    });
    context.insert_value("arch", arch);
    context
}

/// The fields of an object, in the order of the documentation.
fn fields_of(name: &str) -> Option<Vec<&'static str>> {
    match name {
        "device" => Some(vec!["slug", "name", "arch", "aliases"]),
        "arch" => {
            let names = arch::NAMES.iter().map(|(name, _)| *name);
            Some(["slug", "name", "platform", "aliases"].into_iter().chain(names).collect())
        }
        _ => None,
    }
}

/// Looks for names that are not there, before the template runs: so all of them are found.
pub(super) fn check(program: &Program, context: &Context, variables: Layers) -> Result<(), Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    for used in program.used() {
        if let Some((at, message, help)) = fault(&used, context, variables) {
            let span = used.spans.get(at).cloned().unwrap_or_default();
            let fault = || Diagnostic::error_at(used.source, span, message).helps(help);
            diagnostics.push(|| fault().of_rule(RuleName::UnknownPlaceholder));
        }
    }
    if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
}

/// Which of the names is not there, what to say of it, and what to do.
fn fault(used: &UsedVariable, context: &Context, variables: Layers) -> Option<(usize, String, Vec<String>)> {
    let (name, fields) = used.names.split_first()?;
    let shown = shortened(name, 80);
    let Some(value) = context.get(name) else {
        if used.may_be_absent {
            return None;
        }
        if TEMPLATE.functions.contains(name) {
            return Some((0, format!("`{shown}` is a function"), vec![format!("call it: {shown}(...)")]));
        }
        let message = format!("`{shown}` is not defined");
        if name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') {
            return Some((0, message, variables.help_for_unknown(name)));
        }
        let known = variables.all().map(|variable| variable.name()).chain(OWN);
        let near = did_you_mean(name, known.collect::<Vec<_>>());
        return Some((0, message, vec![near.unwrap_or_else(|| TEMPLATE.names_help.to_owned())]));
    };
    let field = fields.first()?;
    let known = fields_of(name);
    let shown_field = shortened(field, 80);
    match known {
        Some(known) if !known.contains(field) => {
            let all = || format!("it has {}", known.join(", "));
            let help = did_you_mean(field, known.iter().copied()).unwrap_or_else(all);
            Some((1, format!("`{shown}` has no field `{shown_field}`"), vec![help]))
        }
        Some(_) => None,
        None if value.is_none() && used.may_be_absent => None,
        None => Some((1, format!("`{shown}` is a text and has no field `{shown_field}`"), Vec::new())),
    }
}
