//! YAML from strangers, read strictly: a tree of nodes with their places.
//!
//! The events are granit-parser's, and [`tree`] makes nodes of them within low limits. Bytes that are not
//! UTF-8 get a position, control characters are refused, also those from escapes (`"\0"`), unknown tags
//! are refused, of two equal keys both lines are named, and a scalar keeps the text it was written with
//! (`1.10` stays `1.10`).
//!
//! A schema is checked on the nodes with a [`NodeReader`], which collects every fault instead of
//! stopping at the first.

mod reader;
mod tree;

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, utf8};
use crate::source::{Source, Span};

pub use reader::NodeReader;

/// How the message about a file beyond the fixed limits starts.
pub const TOO_MUCH: &str = "too much YAML";

/// A piece of YAML and where it was written.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where the node starts, and for a scalar also where it ends.
    pub span: Span,
    /// What it is.
    pub value: Value,
    /// Whether it is a scalar without quotes, which can be a number or a truth value.
    pub is_plain: bool,
    /// The tag that it has.
    pub tag: Option<Tag>,
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
    /// A map, in the order of the file, what merge keys add last. Keys are scalars; none is there twice.
    Map(Vec<(Node, Node)>),
}

/// A tag with a meaning here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// `!!str`, or one without a meaning: the scalar is text.
    Text,
    /// `!!int`, `!!float`, `!!bool` or `!!null`, without the exclamation marks.
    Typed(&'static str),
    /// `!reset` of compose files: takes away what an earlier file has in this place.
    Reset,
    /// `!override` of compose files: replaces what an earlier file has in this place.
    Override,
}

impl Node {
    /// A node for what is not there.
    pub(crate) fn nothing(span: Span) -> Node {
        Node { span, value: Value::Null, is_plain: true, tag: None }
    }

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

/// Which YAML a file may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// One document without merge keys (`<<`), which would hide what a file of ours says, and without tags.
    Strict,
    /// What compose files use: merge keys, `!reset` and `!override`, several documents.
    Compose,
}

impl Dialect {
    /// How deep nodes may be. Low, because a reader that descends needs stack.
    fn levels(self) -> usize {
        match self {
            Dialect::Strict => 16,
            Dialect::Compose => 48,
        }
    }
}

/// Reads one document, or the first of several.
///
/// # Errors
/// The first fault of syntax, with its position: YAML that is broken in one place cannot be trusted
/// after it. Otherwise every key, value and tag that the dialect refuses.
pub fn parse(source: &Arc<Source>, dialect: Dialect) -> Result<Node, Diagnostics> {
    Ok(documents(source, dialect)?.into_iter().next().unwrap_or_else(|| Node::nothing(0..0)))
}

/// Reads all documents of a file.
///
/// # Errors
/// Those of [`parse`].
pub fn documents(source: &Arc<Source>, dialect: Dialect) -> Result<Vec<Node>, Diagnostics> {
    let text = utf8(source).map_err(|fault| fault.help("save the file as UTF-8"))?;
    if let Some((at, c)) = forbidden_character(text) {
        let message = "a control character is not allowed in YAML";
        return Err(Diagnostic::error_at(source, at..at + c.len_utf8(), message)
            .label(format!("U+{:04X}", u32::from(c)))
            .into());
    }
    tree::documents(source, text, dialect)
}

/// Characters that no file of ours needs and that can make it look like another one. Tabs are left
/// to the parser, which knows where YAML allows them.
fn forbidden_character(text: &str) -> Option<(usize, char)> {
    let is_forbidden = |c: char| !matches!(c, '\t' | '\n' | '\r') && crate::escape::is_unsafe(c);
    // A byte order mark is what some editors put in front.
    text.char_indices().find(|&(at, c)| is_forbidden(c) && !(at == 0 && c == '\u{FEFF}'))
}
