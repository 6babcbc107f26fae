//! What `-v` says of a render: which variables are used, and where their values come from. Never what
//! they are.

use super::Context;
use super::target::Device;
use crate::diagnostic::Place;
use crate::escape::shortened;
use crate::render::{Template, Variable, Variables};

/// More than anybody reads.
const MOST: usize = 100;

/// A line for each file that a template includes, and for each variable in it, in order of first use.
/// Of a Tera template, `given` are those of the user's own that it names.
pub fn say(
    template: &Template,
    given: &[Variable],
    variables: &Variables,
    device: &Device,
    context: &mut Context,
) {
    let name = template.source().name();
    for part in template.source().parts().iter().filter(|part| part.name() != name).take(MOST) {
        context.say(format_args!("reading {}", part.name()));
    }
    let named = template.names().iter().filter_map(|name| variables.get(name));
    let mut used = named.chain(given);
    for variable in used.by_ref().take(MOST) {
        let origin = origin(variable, device);
        context.say(format_args!("{} from {origin}", shortened(variable.name(), 80)));
    }
    let more = used.count();
    if more > 0 {
        context.say(format_args!("and {more} more variables"));
    }
}

/// Where a value comes from.
fn origin(variable: &Variable, device: &Device) -> String {
    let name = variable.name();
    let origin = match variable.origin() {
        Some(Place::Text(source, span)) => {
            return format!("{}:{}", source.name(), source.position(span.start).line);
        }
        Some(Place::Environment(name)) => return name.clone(),
        Some(Place::Flag(flag)) => flag,
        Some(_) => "the command line",
        None if name == "BALENA_SERVICE_NAME" => "the service",
        None if device.known.is_some() || name.ends_with("_MACHINE_NAME") => "the device type",
        None => "the arch",
    };
    origin.to_owned()
}
