//! From the parser's events to a tree of nodes, within fixed limits: anchors, merge keys, equal keys, tags.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span as EventSpan, StrInput};

use super::{Dialect, Node, Tag, Value, forbidden_character};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};

/// Nodes in one file; a registry of a thousand device types has some ten thousand.
const MAX_NODES: usize = 100_000;
/// Bytes of text that count as a node.
const TEXT_OF_NODE: usize = 1 << 10;
/// Anchors in one file, and aliases.
const MAX_ALIASES: usize = 1_000;

/// All documents of a text.
///
/// # Errors
/// The first fault of syntax, or every key, value and tag that the dialect refuses.
pub fn documents(source: &Arc<Source>, text: &str, dialect: Dialect) -> Result<Vec<Node>, Diagnostics> {
    let mut options = granit_parser::Options::default();
    options.flow_nesting_limit = dialect.levels();
    options.block_nesting_limit = dialect.levels();
    // A `%TAG` line can rename tags; no file of ours needs it.
    options.disallow_directives = dialect == Dialect::Strict;
    options.set_emit_comments(false);
    let mut builder = Builder {
        source,
        dialect,
        events: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
        anchored: 0,
        nodes: 0,
        aliases: 0,
        diagnostics: Diagnostics::new(),
    };
    let documents = builder.documents()?;
    if builder.diagnostics.is_empty() { Ok(documents) } else { Err(builder.diagnostics) }
}

struct Builder<'s> {
    source: &'s Arc<Source>,
    dialect: Dialect,
    events: Parser<'s, StrInput<'s>>,
    /// What an anchor is, with its number of nodes; nothing while the node is still open.
    anchors: HashMap<usize, Option<(Node, usize)>>,
    anchored: usize,
    nodes: usize,
    aliases: usize,
    diagnostics: Diagnostics,
}

/// The event and where it is.
type Next<'s> = (Event<'s>, Span);

impl<'s> Builder<'s> {
    fn documents(&mut self) -> Result<Vec<Node>, Diagnostics> {
        let mut documents = Vec::new();
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(documents),
                (Event::DocumentStart(..), at)
                    if !documents.is_empty() && self.dialect == Dialect::Strict =>
                {
                    return Err(Diagnostic::error_at(self.source, at, "a second YAML document in the file")
                        .help("keep one document, without a second `---`")
                        .into());
                }
                (Event::DocumentStart(is_explicit, version), at) => {
                    let fault = |message: &str, help: &str| {
                        Err(Diagnostic::error_at(self.source, at.clone(), message).help(help).into())
                    };
                    if version.is_some_and(|version| (version.major, version.minor) != (1, 1)) {
                        return fault("this version of YAML is not read", "leave the `%YAML` line out");
                    }
                    if !documents.is_empty() && !is_explicit {
                        return fault("a document after `...` has to begin with `---`", "add the line `---`");
                    }
                    self.anchors.clear();
                    let next = self.next()?;
                    documents.push(self.node(next, 0)?);
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<Next<'s>, Diagnostics> {
        match self.events.next_event() {
            Some(Ok((event, at))) => Ok((event, self.span(&at))),
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or(0).min(self.source.bytes().len());
                let message = error.info();
                if message.contains("nesting limit") {
                    return Err(self.too_much(at..at));
                }
                Err(Diagnostic::error_at(self.source, at..at, plain(&message, self.source)).into())
            }
            None => Ok((Event::StreamEnd, 0..0)),
        }
    }

    fn span(&self, at: &EventSpan) -> Span {
        let end = self.source.bytes().len();
        let range = at.byte_range().unwrap_or(0..0);
        range.start.min(end)..range.end.min(end).max(range.start.min(end))
    }

    fn too_much(&self, at: Span) -> Diagnostics {
        let levels = self.dialect.levels();
        let message = format!(
            "{}: more than {MAX_NODES} nodes, {levels} levels or {MAX_ALIASES} aliases",
            super::TOO_MUCH
        );
        Diagnostic::error_at(self.source, at, message).help("this limit is fixed").into()
    }

    fn count(&mut self, nodes: usize, at: &Span) -> Result<(), Diagnostics> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES { Err(self.too_much(at.clone())) } else { Ok(()) }
    }

    /// The node that begins with an event.
    fn node(&mut self, (event, at): Next<'s>, depth: usize) -> Result<Node, Diagnostics> {
        if depth > self.dialect.levels() {
            return Err(self.too_much(at));
        }
        let before = self.nodes;
        self.count(1, &at)?;
        let start = at.start..at.start;
        let (node, anchor) = match event {
            Event::Alias(id) => return self.alias(id, at),
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.and_then(|tag| self.tag(&tag, &at));
                // A long text counts as several nodes: an alias copies it.
                self.count(text.len() / TEXT_OF_NODE, &at)?;
                (self.scalar(&text, style, tag, at)?, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                let tag = tag.and_then(|tag| self.tag(&tag, &at));
                self.open(anchor, &at)?;
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd | Event::StreamEnd, _) => break,
                        next => items.push(self.node(next, depth + 1)?),
                    }
                }
                (Node { span: start, value: Value::List(items), is_plain: false, tag }, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                let tag = tag.and_then(|tag| self.tag(&tag, &at));
                self.open(anchor, &at)?;
                (Node { span: start, value: self.map(depth)?, is_plain: false, tag }, anchor)
            }
            _ => (Node::nothing(start), 0),
        };
        if anchor > 0 {
            self.open(anchor, &node.span)?;
            self.anchors.insert(anchor, Some((node.clone(), self.nodes - before)));
        }
        Ok(node)
    }

    /// Notes that an anchor is there, and is not complete.
    fn open(&mut self, anchor: usize, at: &Span) -> Result<(), Diagnostics> {
        if anchor > 0 && self.anchors.insert(anchor, None).is_none() {
            self.anchored += 1;
            if self.anchored > MAX_ALIASES {
                return Err(self.too_much(at.clone()));
            }
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, at: Span) -> Result<Node, Diagnostics> {
        self.aliases += 1;
        let Some(Some((node, nodes))) = self.anchors.get(&id) else {
            let message = "an alias is inside the anchor that it names";
            return Err(Diagnostic::error_at(self.source, at, message).into());
        };
        let (node, nodes) = (node.clone(), *nodes);
        if self.aliases > MAX_ALIASES {
            return Err(self.too_much(at));
        }
        self.count(nodes, &at)?;
        Ok(Node { span: at, ..node })
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<Tag>,
        at: Span,
    ) -> Result<Node, Diagnostics> {
        let is_typed = matches!(tag, Some(Tag::Typed(_)));
        let is_plain = is_typed || style == ScalarStyle::Plain && tag.is_none();
        if style == ScalarStyle::DoubleQuoted
            && let Some((_, c)) = forbidden_character(text)
        {
            let message = "a control character is not allowed in a value";
            let fault = || Diagnostic::error_at(self.source, at.clone(), message);
            self.diagnostics.push(|| fault().label(format!("holds U+{:04X}", u32::from(c))));
        }
        let is_nothing = is_plain && matches!(text, "" | "~" | "null" | "Null" | "NULL");
        let value = if is_nothing { Value::Null } else { Value::Scalar(text.to_owned()) };
        Ok(Node { span: at, value, is_plain, tag })
    }

    fn tag(&mut self, tag: &granit_parser::Tag, at: &Span) -> Option<Tag> {
        let written = tag.original();
        match (self.dialect, &*written) {
            (_, "!!str" | "!") => Some(Tag::Text),
            (Dialect::Compose, "!!int") => Some(Tag::Typed("int")),
            (Dialect::Compose, "!!float") => Some(Tag::Typed("float")),
            (Dialect::Compose, "!!bool") => Some(Tag::Typed("bool")),
            (Dialect::Compose, "!!null") => Some(Tag::Typed("null")),
            (_, "!!map" | "!!seq" | "!!int" | "!!float" | "!!bool" | "!!null") => None,
            (Dialect::Compose, "!!merge" | "!!timestamp") => None,
            (Dialect::Compose, "!reset") => Some(Tag::Reset),
            (Dialect::Compose, "!override") => Some(Tag::Override),
            // Docker Compose takes a scalar with a tag that it does not know for text.
            (Dialect::Compose, own) if !own.starts_with("!!") => Some(Tag::Text),
            _ => {
                // The tag may hold the value of a variable.
                let message = match self.source.shows_lines() {
                    true => format!("the tag `{}` is not known here", crate::escape::shortened(&written, 40)),
                    false => "a tag is not known here".to_owned(),
                };
                let help = "put a text that begins with `!` in quotes";
                self.diagnostics.push(|| Diagnostic::error_at(self.source, at.clone(), message).help(help));
                None
            }
        }
    }

    /// The entries up to the end of a map.
    fn map(&mut self, depth: usize) -> Result<Value, Diagnostics> {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        let mut merged = Vec::new();
        let mut lines: HashMap<String, Span> = HashMap::new();
        loop {
            let next = match self.next()? {
                (Event::MappingEnd | Event::StreamEnd, _) => break,
                next => next,
            };
            let key = self.node(next, depth + 1)?;
            let next = self.next()?;
            let value = self.node(next, depth + 1)?;
            let Some(name) = key.as_scalar() else {
                let message = format!("a key cannot be {}", key.kind());
                self.diagnostics.push(|| Diagnostic::error_at(self.source, key.span.clone(), message));
                continue;
            };
            if let Some(first) = lines.get(name) {
                let line = self.source.position(first.start).line;
                let message = format!("`{name}` is given twice; the first is in line {line}");
                let fault = || Diagnostic::error_at(self.source, key.span.clone(), message);
                self.diagnostics.push(|| fault().help("keep one of the two"));
                continue;
            }
            lines.insert(name.to_owned(), key.span.clone());
            match name {
                "<<" if key.is_plain => merged.push((key, value)),
                _ => entries.push((key, value)),
            }
        }
        for (key, value) in merged {
            self.merge(&key, value, &mut entries, &mut lines);
        }
        Ok(Value::Map(entries))
    }

    /// Adds the entries of a merge key: those that are there, and those of an earlier map, come first.
    fn merge(
        &mut self,
        key: &Node,
        value: Node,
        entries: &mut Vec<(Node, Node)>,
        there: &mut HashMap<String, Span>,
    ) {
        if self.dialect == Dialect::Strict {
            let fault = || {
                Diagnostic::error_at(self.source, key.span.clone(), "merge keys (`<<`) are not allowed here")
            };
            self.diagnostics.push(|| fault().help("write the fields out"));
            return;
        }
        let at = value.span.clone();
        let maps = match value.value {
            Value::List(items) => items,
            _ => vec![value],
        };
        for map in maps {
            let Value::Map(others) = map.value else {
                let message = "a merge key (`<<`) takes a map or a list of maps";
                self.diagnostics.push(|| Diagnostic::error_at(self.source, at.clone(), message));
                continue;
            };
            for (key, value) in others {
                let Some(name) = key.as_scalar() else { continue };
                if !there.contains_key(name) {
                    there.insert(name.to_owned(), key.span.clone());
                    entries.push((key, value));
                }
            }
        }
    }
}

/// The parser's own words in one line. What they quote is left out if the file may hold values of variables.
fn plain(message: &str, source: &Source) -> String {
    let line = message.lines().next().unwrap_or("not valid YAML");
    let mut message: String = line.chars().take(200).collect();
    if !source.shows_lines() {
        let unquoted: String = message.split(['`', '\'', '"']).step_by(2).collect();
        unquoted.trim_end_matches([' ', ':']).clone_into(&mut message);
    }
    if message.to_ascii_lowercase().contains("tab") {
        message.push_str(": indent with spaces, YAML forbids the tab");
    }
    message
}
