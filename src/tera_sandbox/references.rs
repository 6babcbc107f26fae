//! What a tag names: variables with their fields, and what it declares itself.

use std::collections::BTreeMap;

use super::lexer::{TagToken, TemplateTag, TokenKind};
use crate::source::Span;

/// A variable, maybe with fields: `device.slug`.
#[derive(Clone, Debug)]
pub struct VariablePath {
    pub span: Span,
    /// Its first name, and those of its fields.
    pub names: Vec<Span>,
    /// Whether it may be something that is not there: `is defined` or `| default` follows, or it has a
    /// `?.` in it.
    pub may_be_absent: bool,
}

/// What the parser takes for itself.
const KEYWORDS: [&str; 14] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "True", "false", "False", "none", "None", "null"];

/// Something of the engine's that a tag calls by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// After a `|`.
    Filter,
    /// After `is`.
    Test,
    /// Before a `(`.
    Function,
}

#[derive(Debug, Default)]
pub struct References {
    /// The variables that it uses.
    pub paths: Vec<VariablePath>,
    /// The variables that it makes: those of a `for` or a `set`.
    pub made: Vec<Span>,
    pub calls: Vec<(CallKind, Span)>,
    /// Whether it does more than to take a variable as it is.
    pub does_work: bool,
    /// Whether its brackets are pairs.
    pub is_balanced: bool,
    /// A `for` inside an expression.
    pub inner_loop: Option<Span>,
}

/// Reads the names of a tag. The keyword of a `{% ... %}` is none of them.
pub fn references(text: &str, tag: &TemplateTag) -> References {
    let word = |token: &TagToken| text.get(token.span.clone()).unwrap_or_default();
    let keyword = tag.tokens.first().filter(|_| !tag.is_expression).map(word).unwrap_or_default();
    let tokens = tag.tokens.get(usize::from(!tag.is_expression)..).unwrap_or_default();
    let mut names = References { is_balanced: true, ..References::default() };
    // `for KEY, VALUE in`, `set NAME =`
    let from = match keyword {
        "for" => tokens.iter().position(|token| word(token) == "in").map_or(0, |at| at + 1),
        "set" | "set_global" => usize::from(!tokens.is_empty()),
        _ => 0,
    };
    let made = tokens.iter().take(from).filter(|token| token.kind == TokenKind::Word && word(token) != "in");
    names.made = made.map(|token| token.span.clone()).collect();

    // The brackets that end those that are open.
    let mut closings: Vec<u8> = Vec::new();
    let mut at = from;
    while let Some(token) = tokens.get(at) {
        let is =
            |other: usize, sign: u8| tokens.get(other).is_some_and(|t| t.kind == TokenKind::Sign(sign, 0));
        let is_word = |other: usize, name: &str| tokens.get(other).is_some_and(|token| word(token) == name);
        let text_before = at.checked_sub(1).filter(|before| *before >= from);
        at += 1;
        match token.kind {
            TokenKind::Sign(b'(', 0) => closings.push(b')'),
            TokenKind::Sign(b'[', 0) => closings.push(b']'),
            TokenKind::Sign(b'{', 0) => closings.push(b'}'),
            TokenKind::Sign(sign @ (b')' | b']' | b'}'), 0) => {
                names.is_balanced &= closings.pop() == Some(sign);
            }
            _ => {}
        }
        if token.kind != TokenKind::Word {
            names.does_work |=
                !matches!((token.kind, keyword), (TokenKind::Sign(b'=', 0), "set" | "set_global"));
            continue;
        }
        let name = word(token);
        if name == "for" {
            names.inner_loop.get_or_insert(token.span.clone());
        }
        if KEYWORDS.contains(&name) || name == "for" {
            names.does_work |= !matches!(name, "not");
            continue;
        }
        // A filter, a test, a function, an argument's name; the fields of what is no variable.
        let is_after = |name: &str| text_before.is_some_and(|before| is_word(before, name));
        let is_after_is_not = is_after("not")
            && text_before.and_then(|before| before.checked_sub(1)).is_some_and(|at| is_word(at, "is"));
        let is_argument = is(at, b'=') && !closings.is_empty();
        let is_field = text_before.is_some_and(|before| tokens[before].kind == TokenKind::Dot);
        let call = if text_before.is_some_and(|before| is(before, b'|')) {
            Some(CallKind::Filter)
        } else if is_after("is") || is_after_is_not {
            Some(CallKind::Test)
        } else {
            (is(at, b'(') && !is_field).then_some(CallKind::Function)
        };
        names.calls.extend(call.map(|call| (call, token.span.clone())));
        if call.is_some() || is_field || is(at, b'(') || is_argument {
            names.does_work = true;
            continue;
        }
        let mut path = variable(text, token, tokens, &mut at);
        let tested = if is_word(at + 1, "not") { at + 2 } else { at + 1 };
        path.may_be_absent |=
            is_word(at, "is") && (is_word(tested, "defined") || is_word(tested, "undefined"));
        path.may_be_absent |= is(at, b'|') && is_word(at + 1, "default");
        if name != "loop" {
            names.paths.push(path);
        }
    }
    names.is_balanced &= closings.is_empty();
    excuse(text, &mut names.paths);
    names
}

/// The variable that starts with `first`, with the fields at `at` of the tokens, which moves after them.
fn variable(text: &str, first: &TagToken, tokens: &[TagToken], at: &mut usize) -> VariablePath {
    let span = first.span.clone();
    let mut path = VariablePath { names: vec![span.clone()], span, may_be_absent: false };
    while let Some((field, len, is_optional)) = field(text, tokens.get(*at..).unwrap_or_default()) {
        path.may_be_absent |= is_optional;
        path.span.end = tokens.get(*at + len - 1).map_or(field.end, |last| last.span.end);
        path.names.push(field);
        *at += len;
    }
    path
}

/// A field at the head of some tokens, `.name` or `["name"]`: where its name is, how many tokens it
/// takes, and whether it has a `?.`.
fn field(text: &str, tokens: &[TagToken]) -> Option<(Span, usize, bool)> {
    match tokens {
        [dot, name, ..] if dot.kind == TokenKind::Dot && name.kind == TokenKind::Word => {
            Some((name.span.clone(), 2, dot.span.len() == 2))
        }
        [open, name, close, ..]
            if open.kind == TokenKind::Sign(b'[', 0)
                && name.kind == TokenKind::Quoted
                && close.kind == TokenKind::Sign(b']', 0) =>
        {
            let span = name.span.start + 1..name.span.end - 1;
            let inside = text.get(span.clone())?;
            let is_name = inside.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let starts = inside.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            (is_name && starts).then_some((span, 3, false))
        }
        _ => None,
    }
}

/// A name that a tag has, in a tree of all of them: `a`, under it `a.b`.
#[derive(Default)]
struct NameTree {
    /// Whether the tag names it by itself, not only what is under it.
    is_named: bool,
    may_be_absent: bool,
}

/// What is tested may be absent wherever else the tag has it, and so may its fields: `a and a.b`.
fn excuse(text: &str, paths: &mut [VariablePath]) {
    let part = |span: &Span| text.get(span.clone()).unwrap_or_default();
    let mut tree: Vec<NameTree> = vec![NameTree::default()];
    let mut under: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for path in &*paths {
        let mut at = 0;
        for word in &path.names {
            at = *under.entry((at, part(word))).or_insert_with(|| {
                tree.push(NameTree::default());
                tree.len() - 1
            });
        }
        if let Some(known) = tree.get_mut(at) {
            known.is_named = true;
            known.may_be_absent |= path.may_be_absent;
        }
    }
    for path in paths {
        let mut at = 0;
        let mut is_under_one = false;
        for word in &path.names {
            path.may_be_absent |= is_under_one;
            at = under.get(&(at, part(word))).copied().unwrap_or(0);
            let known = tree.get(at);
            is_under_one |= known.is_some_and(|known| known.is_named);
            path.may_be_absent |= known.is_some_and(|known| known.may_be_absent);
        }
    }
}
