//! Changes the compose file of an export: another Dockerfile, the platform, build arguments. Everything else,
//! comments too, stays as it is written. The result is read again and compared with what it has to say.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::compose::is_text;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::source::Source;
use crate::yaml::{self, Dialect, Node, Value};

/// What changes for a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceChange {
    /// Its Dockerfile, as a path of the build context.
    pub dockerfile: Option<String>,
    /// Its platform.
    pub platform: Option<String>,
    /// Build arguments to add, or to give another value.
    pub args: BTreeMap<String, String>,
}

/// The text of a compose file with changes of its services.
///
/// # Errors
/// Every service that cannot be changed where it is, since its fields are written elsewhere.
pub fn changed(
    source: &Arc<Source>,
    changes: &BTreeMap<String, ServiceChange>,
) -> Result<Vec<u8>, Diagnostics> {
    let root = yaml::parse(source, Dialect::Compose)?;
    let mut faults = Diagnostics::new();
    let mut editor = Editor { text: source.bytes(), edits: Vec::new() };
    let mut expected = root.clone();
    let whole = 0..source.bytes().len();
    for (name, change) in changes {
        let service = literal(&root, &whole, "services").and_then(|(node, span)| literal(node, &span, name));
        let Some((service, span)) = service else {
            faults.push(|| {
                let message = format!("the service `{name}` is not written here, and would have to change");
                Diagnostic::error(Place::File(source.name().to_owned()), message).help(HELP)
            });
            continue;
        };
        let at = span.start..span.start + name.len();
        let is_changed = editor.service(service, &span, change).is_some();
        if !is_changed || set_expected(&mut expected, name, change).is_none() {
            faults.push(|| Diagnostic::error_at(source, at, cannot(name)).help(HELP));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let text = editor.finish();
    let read = yaml::parse(&Arc::new(Source::new(source.name(), text.clone())), Dialect::Compose);
    if read.is_ok_and(|read| is_same(&read, &expected)) {
        return Ok(text);
    }
    let names: Vec<&str> = changes.keys().map(String::as_str).collect();
    let place = Place::File(source.name().to_owned());
    Err(Diagnostic::error(place, cannot(&names.join("`, `"))).help(HELP).into())
}

const HELP: &str = "write its `build` and `platform` in this file, in the service itself, without an anchor";

fn cannot(name: &str) -> String {
    format!("the fields of the service `{name}` cannot be changed in this file")
}

/// A field of a map that is written in a part of the file, and not merged from elsewhere; with the part of the
/// file that is about it.
fn literal<'n>(map: &'n Node, part: &Range<usize>, name: &str) -> Option<(&'n Node, Range<usize>)> {
    let Value::Map(entries) = &map.value else { return None };
    let starts = entries.iter().map(|(key, _)| key.span.start).filter(|start| part.contains(start));
    let (key, value) = entries.iter().find(|(key, _)| key.as_scalar() == Some(name))?;
    let start = Some(key.span.start).filter(|start| part.contains(start))?;
    let end = starts.filter(|other| *other > start).min().unwrap_or(part.end);
    Some((value, start..end))
}

struct Editor<'t> {
    text: &'t [u8],
    edits: Vec<(Range<usize>, String)>,
}

impl Editor<'_> {
    fn finish(mut self) -> Vec<u8> {
        // Two at one place stay in their order.
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        let mut text = Vec::with_capacity(self.text.len() + 1024);
        let mut at = 0;
        for (range, new) in self.edits {
            text.extend_from_slice(self.text.get(at..range.start).unwrap_or_default());
            text.extend_from_slice(new.as_bytes());
            at = range.end.max(at);
        }
        text.extend_from_slice(self.text.get(at..).unwrap_or_default());
        text
    }

    fn service(&mut self, service: &Node, part: &Range<usize>, change: &ServiceChange) -> Option<()> {
        if let Some(platform) = &change.platform {
            self.set(service, part, "platform", &quoted(platform))?;
        }
        if change.dockerfile.is_none() && change.args.is_empty() {
            return Some(());
        }
        match literal(service, part, "build") {
            Some((build @ Node { value: Value::Map(_), .. }, part)) => {
                if let Some(dockerfile) = &change.dockerfile {
                    self.set(build, &part, "dockerfile", &quoted(dockerfile))?;
                }
                if !change.args.is_empty() {
                    let args = args_with(field(build, "args"), &change.args)?;
                    self.set(build, &part, "args", &flow(&args)?)?;
                }
                Some(())
            }
            Some((build @ Node { value: Value::Scalar(_), .. }, _)) => {
                let new = flow(&build_with(Some(build), change)?)?;
                self.edits.push((build.span.clone(), new));
                Some(())
            }
            Some(_) => None,
            None => {
                let build = flow(&build_with(field(service, "build"), change)?)?;
                self.insert(service, part, &format!("build: {build}"))
            }
        }
    }

    /// Gives a field of a map a value.
    fn set(&mut self, map: &Node, part: &Range<usize>, name: &str, new: &str) -> Option<()> {
        match literal(map, part, name) {
            Some((value, part)) => {
                let range = value.span.start..self.end(value, part.start)?;
                self.edits.push((range, new.to_owned()));
                Some(())
            }
            None => self.insert(map, part, &format!("{name}: {new}")),
        }
    }

    /// Writes a field before the first one of a map.
    fn insert(&mut self, map: &Node, part: &Range<usize>, field: &str) -> Option<()> {
        let Value::Map(entries) = &map.value else { return None };
        // The part begins with the key of the map itself.
        let inside = part.start + 1..part.end;
        let keys = entries.iter().map(|(key, _)| key.span.start).filter(|start| inside.contains(start));
        let first = keys.min()?;
        let before = self.text.get(..first)?;
        let is_flow = before.trim_ascii_end().last() == Some(&b'{');
        let line = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let indent = before.get(line..)?;
        let new = match (is_flow, indent.iter().all(|byte| *byte == b' ')) {
            (true, _) => format!("{field}, "),
            (false, true) => format!("{field}\n{}", " ".repeat(indent.len())),
            (false, false) => return None,
        };
        self.edits.push((first..first, new));
        Some(())
    }

    /// Where a value ends, whose key is at `key`.
    fn end(&self, value: &Node, key: usize) -> Option<usize> {
        if let Value::Scalar(_) = value.value {
            return Some(value.span.end);
        }
        let end = last_end(value).max(value.span.start).max(key);
        let rest = self.text.get(end..)?;
        match self.text.get(value.span.start)? {
            b'{' | b'[' => Some(end + rest.iter().position(|byte| matches!(byte, b'}' | b']'))? + 1),
            _ => {
                let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
                // The last key may have no value.
                Some(if rest.get(blanks) == Some(&b':') { end + blanks + 1 } else { end })
            }
        }
    }
}

/// Where the last scalar of a node ends.
fn last_end(node: &Node) -> usize {
    match &node.value {
        Value::Null => 0,
        Value::Scalar(_) => node.span.end,
        Value::List(items) => items.iter().map(last_end).max().unwrap_or(0),
        Value::Map(entries) => {
            let ends = entries.iter().map(|(key, value)| key.span.end.max(last_end(value)));
            ends.max().unwrap_or(0)
        }
    }
}

fn field<'n>(map: &'n Node, name: &str) -> Option<&'n Node> {
    let Value::Map(entries) = &map.value else { return None };
    entries.iter().find(|(key, _)| key.as_scalar() == Some(name)).map(|(_, value)| value)
}

fn scalar(text: &str) -> Node {
    Node { value: Value::Scalar(text.to_owned()), is_plain: false, ..Node::nothing(0..0) }
}

fn map(entries: Vec<(Node, Node)>) -> Node {
    Node { value: Value::Map(entries), is_plain: false, ..Node::nothing(0..0) }
}

/// Replaces a field of a map, or adds it.
fn put(map: &mut Node, name: &str, new: Node) -> Option<()> {
    let Value::Map(entries) = &mut map.value else { return None };
    match entries.iter_mut().find(|(key, _)| key.as_scalar() == Some(name)) {
        Some((_, value)) => *value = new,
        None => entries.push((scalar(name), new)),
    }
    Some(())
}

/// A literal text of a compose file: `$` stands for a variable there.
fn escaped(text: &str) -> String {
    text.replace('$', "$$")
}

/// Build arguments with others over them, as a map.
fn args_with(args: Option<&Node>, more: &BTreeMap<String, String>) -> Option<Node> {
    let mut all = map(Vec::new());
    match args.map(|args| &args.value) {
        None | Some(Value::Null) => {}
        Some(Value::Map(entries)) => {
            for (key, value) in entries {
                put(&mut all, key.as_scalar()?, value.clone())?;
            }
        }
        Some(Value::List(items)) => {
            for item in items {
                let text = item.as_scalar()?;
                match text.split_once('=') {
                    Some((name, value)) => put(&mut all, name, scalar(value))?,
                    None => put(&mut all, text, Node::nothing(0..0))?,
                }
            }
        }
        Some(Value::Scalar(_)) => return None,
    }
    for (name, value) in more {
        put(&mut all, name, scalar(&escaped(value)))?;
    }
    Some(all)
}

/// A build with its changes.
fn build_with(build: Option<&Node>, change: &ServiceChange) -> Option<Node> {
    let mut new = match build {
        None => map(Vec::new()),
        Some(Node { value: Value::Scalar(context), .. }) => map(vec![(scalar("context"), scalar(context))]),
        Some(build) => build.clone(),
    };
    if let Some(dockerfile) = &change.dockerfile {
        put(&mut new, "dockerfile", scalar(&escaped(dockerfile)))?;
    }
    if !change.args.is_empty() {
        let args = args_with(field(&new, "args"), &change.args)?;
        put(&mut new, "args", args)?;
    }
    Some(new)
}

/// Makes the change in the nodes of the file.
fn set_expected(root: &mut Node, name: &str, change: &ServiceChange) -> Option<()> {
    let of = |node: &mut Node, name: &str| match &mut node.value {
        Value::Map(entries) => entries.iter().position(|(key, _)| key.as_scalar() == Some(name)),
        _ => None,
    };
    let at = of(root, "services")?;
    let Value::Map(entries) = &mut root.value else { return None };
    let services = &mut entries.get_mut(at)?.1;
    let at = of(services, name)?;
    let Value::Map(entries) = &mut services.value else { return None };
    let service = &mut entries.get_mut(at)?.1;
    if let Some(platform) = &change.platform {
        put(service, "platform", scalar(&escaped(platform)))?;
    }
    if change.dockerfile.is_some() || !change.args.is_empty() {
        let build = build_with(field(service, "build"), change)?;
        put(service, "build", build)?;
    }
    Some(())
}

/// Whether two nodes say the same, in whatever order.
fn is_same(one: &Node, other: &Node) -> bool {
    one.tag == other.tag
        && match (&one.value, &other.value) {
            (Value::Null, Value::Null) => true,
            // A number in quotes is text.
            (Value::Scalar(text), Value::Scalar(new)) => text == new && is_text(one) == is_text(other),
            (Value::List(one), Value::List(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
            }
            (Value::Map(entries), Value::Map(others)) => {
                entries.len() == others.len()
                    && entries.iter().all(|(key, value)| {
                        let same = key.as_scalar().and_then(|name| field(other, name));
                        same.is_some_and(|same| is_same(value, same))
                    })
            }
            _ => false,
        }
}

/// A text as a literal of a compose file, in quotes where it needs them.
fn quoted(text: &str) -> String {
    plain(&escaped(text))
}

/// A text in YAML, in quotes where it needs them.
fn plain(text: &str) -> String {
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !matches!(
            &*text.to_ascii_lowercase(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        )
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    if is_word { text.to_owned() } else { json(text) }
}

fn json(text: &str) -> String {
    let mut json = vec![b'"'];
    crate::json::push_string(text, &mut json);
    json.push(b'"');
    String::from_utf8_lossy(&json).into_owned()
}

/// A node in one line.
fn flow(node: &Node) -> Option<String> {
    if node.tag.is_some() {
        return None;
    }
    let is_simple = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    Some(match &node.value {
        Value::Null => "null".to_owned(),
        // A number or a truth value has to stay one: `1_000`.
        Value::Scalar(text) if node.is_plain && (is_simple(text) || !is_text(node)) => text.clone(),
        Value::Scalar(text) => plain(text),
        Value::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(flow).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Map(entries) => {
            let entry = |(key, value): &(Node, Node)| {
                let key = key.as_scalar()?;
                let is_text = !matches!(&*key.to_ascii_lowercase(), "true" | "false" | "null");
                let is_word = is_text && is_simple(key) && key.starts_with(|c: char| c.is_ascii_alphabetic());
                let key = if is_word { key.to_owned() } else { json(key) };
                Some(format!("{key}: {}", flow(value)?))
            };
            let entries: Option<Vec<String>> = entries.iter().map(entry).collect();
            format!("{{{}}}", entries?.join(", "))
        }
    })
}
