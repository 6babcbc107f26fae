//! YAML from strangers, read strictly: a tree of nodes with their places.
//!
//! The parser is serde-saphyr with its budgets set low. The gaps it leaves are closed here and only
//! here: bytes that are not UTF-8 get a position, control characters from escapes (`"\0"`) are
//! refused, unknown tags are refused, of two equal keys both lines are named, and a scalar keeps the
//! text it was written with (`1.10` stays `1.10`).
//!
//! A schema is checked on the nodes with a [`NodeReader`], which collects every fault instead of
//! stopping at the first.

mod reader;

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_yaml::{Error as YamlError, Spanned};

use crate::diagnostic::{Diagnostic, Diagnostics, utf8};
use crate::source::{Position, Source, Span};

pub use reader::NodeReader;

/// A piece of YAML and where it was written.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where the node starts, and for a scalar also where it ends.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a [`Node`] holds.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// A scalar's text: unquoted and unescaped if it was quoted, else as written.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file. Keys are scalars; none is there twice.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The scalar's text, if it is one.
    pub fn as_scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// What messages call it.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Scalar(_) => "a value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// What becomes of `<<`. Compose files use it; in files of ours it would only hide what they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeKeys {
    /// Its map's fields count as written out.
    Merged,
    /// It is an error.
    Refused,
}

/// Deeper nesting than any file of ours has. Low, because a reader that descends needs stack.
const MAX_DEPTH: usize = 16;
/// Nodes in one file; a registry of a thousand device types has some ten thousand.
const MAX_NODES: usize = 100_000;

/// Reads one document.
///
/// # Errors
/// The first fault of syntax, with its position: YAML that is broken in one place cannot be trusted
/// after it.
pub fn parse(source: &Arc<Source>, merge_keys: MergeKeys) -> Result<Node, Diagnostics> {
    let text = utf8(source).map_err(|fault| fault.help("save the file as UTF-8"))?;
    if let Some((at, c)) = forbidden_character(text) {
        return Err(Diagnostic::error_at(
            source,
            at..at + c.len_utf8(),
            "a control character is not allowed in YAML",
        )
        .label(format!("U+{:04X}", u32::from(c)))
        .into());
    }
    let raw: Spanned<Raw> =
        serde_yaml::from_str_with_options(text, options(DuplicateKeyPolicy::Error, merge_keys))
            .map_err(|error| describe(source, text, &error))?;
    let mut diagnostics = Diagnostics::new();
    let node = node(source, text, raw, &mut diagnostics);
    if diagnostics.is_empty() { Ok(node) } else { Err(diagnostics) }
}

fn options(duplicate_keys: DuplicateKeyPolicy, merge_keys: MergeKeys) -> serde_yaml::Options {
    let budget = serde_yaml::budget! {
        max_depth: MAX_DEPTH,
        flow_nesting_limit: MAX_DEPTH,
        max_nodes: MAX_NODES,
        max_events: 4 * MAX_NODES,
        max_aliases: 1_000,
        max_anchors: 1_000,
        // The second one is not read, and gets a message of its own.
        max_documents: 2,
    };
    let mut alias_limits = serde_yaml::options::AliasLimits::default();
    alias_limits.max_total_replayed_events = MAX_NODES;
    alias_limits.max_replay_stack_depth = MAX_DEPTH;
    serde_yaml::options! {
        budget: budget,
        duplicate_keys: duplicate_keys,
        merge_keys: match merge_keys {
            MergeKeys::Merged => MergeKeyPolicy::Merge,
            MergeKeys::Refused => MergeKeyPolicy::Error,
        },
        alias_limits: alias_limits,
        reject_unsupported_tags: true,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
        emit_comments: false,
    }
}

/// Characters that no file of ours needs and that can make it look like another one. Tabs are left
/// to the parser, which knows where YAML allows them.
fn is_forbidden(c: char) -> bool {
    !matches!(c, '\t' | '\n' | '\r') && crate::escape::is_unsafe(c)
}

fn forbidden_character(text: &str) -> Option<(usize, char)> {
    // A byte order mark is what some editors put in front.
    text.char_indices().find(|&(at, c)| is_forbidden(c) && !(at == 0 && c == '\u{FEFF}'))
}

/// Puts a parser's error into our words where ours say more.
fn describe(source: &Arc<Source>, text: &str, error: &YamlError) -> Diagnostic {
    let span = error.location().map_or(0..0, |location| {
        span_of(source, &location).unwrap_or_else(|| {
            let at = source.offset(Position {
                line: usize::try_from(location.line()).unwrap_or(1),
                column: usize::try_from(location.column()).unwrap_or(1),
            });
            at..at
        })
    });
    match error {
        YamlError::AliasError { error, .. } => describe(source, text, error),
        YamlError::Budget { .. }
        | YamlError::AliasReplayLimitExceeded { .. }
        | YamlError::AliasExpansionLimitExceeded { .. }
        | YamlError::AliasReplayStackDepthExceeded { .. } => Diagnostic::error_at(
            source,
            span,
            format!("too much YAML: more than {MAX_NODES} nodes, {MAX_DEPTH} levels or 1000 aliases"),
        )
        .help("this limit is fixed; no file that dtpl reads comes near it"),
        YamlError::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or_default();
            let message = match first_of_key(source, text, key, span.start) {
                Some(first) => {
                    let line = source.position(first).line;
                    format!("`{key}` is given twice; the first is in line {line}")
                }
                None => format!("`{key}` is given twice"),
            };
            Diagnostic::error_at(source, span, message).help("keep one of the two")
        }
        YamlError::MultipleDocuments { .. } => {
            Diagnostic::error_at(source, span, "a second YAML document in the file")
                .help("keep one document, without a second `---`")
        }
        YamlError::MergeKeyNotAllowed { .. } => {
            Diagnostic::error_at(source, span, "merge keys (`<<`) are not allowed here")
                .help("write the fields out")
        }
        other => Diagnostic::error_at(source, span, plain_message(other, source)),
    }
}

/// The parser's own words, without its position and its drawing, in one line. What they quote is left out if
/// the file may hold values of variables.
fn plain_message(error: &YamlError, source: &Source) -> String {
    let shown = error.without_snippet().to_string();
    let line = shown.lines().next().unwrap_or("not valid YAML");
    let line = line.strip_prefix("error: ").unwrap_or(line);
    // "line 3 column 5: message" and "message at line 3, column 5" both say what we say better.
    let line = match line.split_once(": ") {
        Some((place, message)) if place.starts_with("line ") => message,
        _ => line,
    };
    let line = line.split(" at line ").next().unwrap_or(line);
    let mut message: String = line.chars().take(200).collect();
    if !source.shows_lines() {
        let unquoted: String = message.split('`').step_by(2).collect();
        unquoted.trim_end_matches([' ', ':']).clone_into(&mut message);
    }
    if message.to_ascii_lowercase().contains("tab") {
        message.push_str(": indent with spaces, YAML forbids the tab");
    }
    message
}

/// The first `key` of the map that holds it again at `second`.
fn first_of_key(source: &Arc<Source>, text: &str, key: &str, second: usize) -> Option<usize> {
    let raw: Spanned<Raw> =
        serde_yaml::from_str_with_options(text, options(DuplicateKeyPolicy::FirstWins, MergeKeys::Merged))
            .ok()?;
    fn last_before(source: &Source, raw: &Spanned<Raw>, key: &str, second: usize) -> Option<usize> {
        match &raw.value {
            Raw::Map(entries) => entries
                .iter()
                .filter_map(|(name, value)| {
                    let at = span_of(source, &name.referenced)?.start;
                    let here =
                        (at < second && matches!(&name.value, Raw::Text(text) if text == key)).then_some(at);
                    here.max(last_before(source, value, key, second))
                })
                .max(),
            Raw::List(items) => items.iter().filter_map(|item| last_before(source, item, key, second)).max(),
            _ => None,
        }
    }
    last_before(source, &raw, key, second)
}

/// What serde sees. Numbers and truth values are only marked: their text is cut from the source.
enum Raw {
    Null,
    Unquoted,
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

macro_rules! unquoted {
    ($($visit:ident: $type:ty),+) => {$(
        fn $visit<E>(self, _: $type) -> Result<Raw, E> {
            Ok(Raw::Unquoted)
        }
    )+};
}

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a value, a list or a map")
    }
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    unquoted!(visit_bool: bool, visit_i64: i64, visit_i128: i128, visit_u64: u64, visit_u128: u128);
    unquoted!(visit_f64: f64);
    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }
    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Raw, D::Error> {
        Raw::deserialize(inner)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let items = std::iter::from_fn(|| items.next_element().transpose());
        items.collect::<Result<_, _>>().map(Raw::List)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let entries = std::iter::from_fn(|| entries.next_entry().transpose());
        entries.collect::<Result<_, _>>().map(Raw::Map)
    }
}

fn span_of(source: &Source, location: &serde_yaml::Location) -> Option<Span> {
    let start = usize::try_from(location.span().byte_offset()?).ok()?;
    let length = usize::try_from(location.span().byte_len()?).ok()?;
    let end = start.checked_add(length)?;
    (end <= source.bytes().len()).then_some(start..end)
}

fn node(source: &Arc<Source>, text: &str, raw: Spanned<Raw>, diagnostics: &mut Diagnostics) -> Node {
    let span = span_of(source, &raw.referenced).unwrap_or(0..0);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Unquoted => {
            let written = span_of(source, &raw.defined).and_then(|span| text.get(span));
            Value::Scalar(written.unwrap_or_default().trim_end().to_owned())
        }
        Raw::Text(text) => {
            if let Some((_, c)) = forbidden_character(&text) {
                diagnostics.push(|| {
                    Diagnostic::error_at(
                        source,
                        span.clone(),
                        "a control character is not allowed in a value",
                    )
                    .label(format!("holds U+{:04X}", u32::from(c)))
                });
            }
            Value::Scalar(text)
        }
        Raw::List(items) => {
            Value::List(items.into_iter().map(|item| node(source, text, item, diagnostics)).collect())
        }
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let key = node(source, text, key, diagnostics);
                    if key.as_scalar().is_none() {
                        diagnostics.push(|| {
                            Diagnostic::error_at(
                                source,
                                key.span.clone(),
                                format!("a key cannot be {}", key.kind()),
                            )
                        });
                    }
                    (key, node(source, text, value, diagnostics))
                })
                .collect(),
        ),
    };
    Node { span, value }
}
