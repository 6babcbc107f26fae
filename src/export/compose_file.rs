//! Changes the compose file of an export: another Dockerfile, the platform, build arguments. Everything else,
//! comments too, stays as it is written. The result is read again and compared with what it has to say.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::flow::{escaped, flow, plain, quoted};
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
    /// The digest to write behind its image.
    pub digest: Option<String>,
    /// The stage to build.
    pub target: Option<String>,
    /// Build arguments to add, or to give another value.
    pub args: BTreeMap<String, String>,
}

impl ServiceChange {
    /// Whether its `build` changes.
    fn is_of_build(&self) -> bool {
        self.dockerfile.is_some() || self.target.is_some() || !self.args.is_empty()
    }
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
        let edited = editor.service(service, &span, change);
        let edited = edited.and_then(|()| {
            set_expected(&mut expected, name, change)
                .ok_or_else(|| "they are not of a kind that is known".to_owned())
        });
        if let Err(why) = edited {
            faults.push(|| Diagnostic::error_at(source, at, cannot(name, &why)).help(HELP));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let text = editor.finish();
    let read = yaml::parse(&Arc::new(Source::new(source.name(), text.clone())), Dialect::Compose);
    let why = match read {
        Ok(read) => match difference(&read, &expected) {
            None => return Ok(text),
            Some(path) => format!("`{}` would become another one", path.strip_prefix('.').unwrap_or(&path)),
        },
        Err(_) => "it would not be YAML any more".to_owned(),
    };
    let names: Vec<&str> = changes.keys().map(String::as_str).collect();
    let place = Place::File(source.name().to_owned());
    Err(Diagnostic::error(place, cannot(&names.join("`, `"), &why)).help(HELP).into())
}

const HELP: &str = "write its `build`, `image` and `platform` in the service itself, without `<<` and `*`";

fn cannot(name: &str, why: &str) -> String {
    format!("the fields of the service `{name}` cannot be changed in this file: {why}")
}

/// Why a field cannot be written anew.
fn has_tag(field: &str) -> String {
    format!("its `{field}` has a tag, such as `!reset`")
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

    fn service(&mut self, service: &Node, part: &Range<usize>, change: &ServiceChange) -> Result<(), String> {
        if let Some(platform) = &change.platform {
            self.set(service, part, "platform", &quoted(platform))?;
        }
        if let Some(digest) = &change.digest {
            let image = literal(service, part, "image").and_then(|(image, _)| image.as_scalar());
            let image = image.ok_or("its `image` is not written here")?;
            // Variables in it stay.
            self.set(service, part, "image", &plain(&format!("{image}@{digest}")))?;
        }
        if !change.is_of_build() {
            return Ok(());
        }
        let whole = |build: Option<&Node>| {
            let new = build_with(build, change).ok_or("its `build` is not of a kind that is known")?;
            flow(&new).ok_or_else(|| has_tag("build"))
        };
        match literal(service, part, "build") {
            Some((build, part)) if matches!(build.value, Value::Map(_)) && !self.is_alias(build) => {
                if let Some(dockerfile) = &change.dockerfile {
                    self.set(build, &part, "dockerfile", &quoted(dockerfile))?;
                }
                if let Some(target) = &change.target {
                    self.set(build, &part, "target", &quoted(target))?;
                }
                if !change.args.is_empty() {
                    let args = args_with(field(build, "args"), &change.args)
                        .ok_or("its `args` are not of a kind that is known")?;
                    self.set(build, &part, "args", &flow(&args).ok_or_else(|| has_tag("args"))?)?;
                }
                Ok(())
            }
            Some((build, _)) => {
                let new = whole(Some(build))?;
                let end = self.last_end(build, part).max(build.span.start);
                self.edits.push((build.span.start..end, new));
                Ok(())
            }
            None => {
                let build = whole(field(service, "build"))?;
                self.insert(service, part, "build", &build)
            }
        }
    }

    /// Gives a field of a map a value.
    fn set(&mut self, map: &Node, part: &Range<usize>, name: &str, new: &str) -> Result<(), String> {
        match literal(map, part, name) {
            Some((value, _)) if value.tag.is_some() => Err(has_tag(name)),
            Some((value, part)) => {
                let end =
                    self.end(value, &part).ok_or_else(|| format!("where its `{name}` ends is not clear"))?;
                let rest = self.text.get(end..part.end).unwrap_or_default();
                if rest.split(|byte| *byte == b'\n').any(|line| line.trim_ascii_start().starts_with(b"<<")) {
                    return Err(format!("its `{name}` has `<<` after its own fields"));
                }
                self.edits.push((value.span.start..end, new.to_owned()));
                Ok(())
            }
            None => self.insert(map, part, name, new),
        }
    }

    /// Writes a field before the first one of a map.
    fn insert(&mut self, map: &Node, part: &Range<usize>, name: &str, value: &str) -> Result<(), String> {
        let missing = || format!("`{name}` would have to be added where all fields are from an alias (`*`)");
        let Value::Map(entries) = &map.value else { return Err(missing()) };
        // The part begins with the key of the map itself.
        let inside = part.start + 1..part.end;
        let keys = entries.iter().map(|(key, _)| key.span.start).filter(|start| inside.contains(start));
        let first = keys.min().ok_or_else(missing)?;
        let before = self.text.get(..first).unwrap_or_default();
        let is_flow = before.trim_ascii_end().last() == Some(&b'{');
        let line = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let indent = before.get(line..).unwrap_or_default();
        let new = match (is_flow, indent.iter().all(|byte| *byte == b' ')) {
            (true, _) => format!("{name}: {value}, "),
            (false, true) => format!("{name}: {value}\n{}", " ".repeat(indent.len())),
            (false, false) => {
                return Err(format!("`{name}` would have to be added before a field that begins no line"));
            }
        };
        self.edits.push((first..first, new));
        Ok(())
    }

    /// Whether a node stands for one that is written elsewhere: `*name`.
    fn is_alias(&self, node: &Node) -> bool {
        self.text.get(node.span.start) == Some(&b'*')
    }

    /// Where a value ends; the part of the file is that of its field.
    fn end(&self, value: &Node, part: &Range<usize>) -> Option<usize> {
        if matches!(value.value, Value::Scalar(_)) || self.is_alias(value) {
            return Some(self.last_end(value, part));
        }
        let end = self.last_end(value, part).max(value.span.start).max(part.start);
        let rest = self.text.get(end..)?;
        match self.text.get(value.span.start) {
            Some(b'{' | b'[') => Some(end + rest.iter().position(|byte| matches!(byte, b'}' | b']'))? + 1),
            _ => {
                let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
                // The last key may have no value.
                Some(if rest.get(blanks) == Some(&b':') { end + blanks + 1 } else { end })
            }
        }
    }

    /// Where the last scalar or alias of a node ends that is written in a part of the file.
    fn last_end(&self, node: &Node, part: &Range<usize>) -> usize {
        // The blank lines behind a text of several lines (`|`) are none of it.
        let written = self.text.get(node.span.clone()).unwrap_or_default().trim_ascii_end();
        let end = node.span.start + written.len();
        match &node.value {
            _ if !part.contains(&node.span.start) => 0,
            _ if self.is_alias(node) => end,
            Value::Null if matches!(written, b"~" | b"null" | b"Null" | b"NULL") => end,
            Value::Null => 0,
            Value::Scalar(_) => end,
            Value::List(items) => items.iter().map(|item| self.last_end(item, part)).max().unwrap_or(0),
            Value::Map(entries) => {
                let ends = entries.iter().map(|(key, value)| {
                    let is_here = part.contains(&key.span.start);
                    if is_here { key.span.end.max(self.last_end(value, part)) } else { 0 }
                });
                ends.max().unwrap_or(0)
            }
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
    if let Some(target) = &change.target {
        put(&mut new, "target", scalar(&escaped(target)))?;
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
    if let Some(digest) = &change.digest {
        let image = field(service, "image")?.as_scalar()?.to_owned();
        put(service, "image", scalar(&format!("{image}@{digest}")))?;
    }
    if change.is_of_build() {
        let build = build_with(field(service, "build"), change)?;
        put(service, "build", build)?;
    }
    Some(())
}

/// The path of a field in which two nodes differ, whatever their order; nothing if they say the same.
fn difference(one: &Node, other: &Node) -> Option<String> {
    let here = || Some(String::new());
    if one.tag != other.tag {
        return here();
    }
    match (&one.value, &other.value) {
        (Value::Null, Value::Null) => None,
        // A number in quotes is text.
        (Value::Scalar(text), Value::Scalar(new)) if text == new && is_text(one) == is_text(other) => None,
        (Value::List(items), Value::List(others)) if items.len() == others.len() => {
            items.iter().zip(others).find_map(|(one, other)| difference(one, other))
        }
        (Value::Map(entries), Value::Map(others)) => {
            let differs = entries.iter().find_map(|(key, value)| {
                let name = key.as_scalar().unwrap_or_default();
                let path = match field(other, name) {
                    Some(other) => difference(value, other)?,
                    None => String::new(),
                };
                Some(format!(".{name}{path}"))
            });
            differs.or_else(|| (entries.len() != others.len()).then(String::new))
        }
        _ => here(),
    }
}
