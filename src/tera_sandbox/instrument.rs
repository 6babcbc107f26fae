//! Writes a template again with calls between its tags: they count, measure values and check names, and
//! markers say where text comes from. Places in the new text lead back to the original.

use std::borrow::Cow;
use std::sync::Arc;

use super::builtins::unknown;
use super::lexer::{Segment, TagToken, TemplateTag, TokenKind, segments};
use super::profile::{
    CHECK_FILTER_INPUT, CHECK_NAMES, CHECK_SIZE, COUNT_ROUND, COUNT_WORK, Profile, is_reserved, path_inside,
};
use super::references::{References, VariablePath, references};
use crate::source::{Source, Span};

/// How deep `if`, `elif` and `for` can be nested.
const DEEPEST: usize = 64;
const PATH_HELP: &str = "the path of an include begins at the project's folder";

/// A file by its number, and a place in it.
pub type FilePlace = (usize, Span);

/// What a call that was put in has to know: it passes the number of its site.
#[derive(Debug)]
pub struct CallSite {
    /// The number of the file.
    pub file: usize,
    /// The tag.
    pub place: Span,
    /// The steps of work that it counts.
    pub cost: u64,
    pub paths: Vec<VariablePath>,
    /// Whether the tag does more than to take a variable as it is.
    pub does_work: bool,
    /// Whether the tag prints a variable as it is.
    pub prints: bool,
}

#[derive(Clone, Debug)]
pub struct Include {
    /// The normalized path.
    pub path: String,
    /// The path in the template, without its quotes.
    pub place: Span,
}

/// A file of a template, with calls and markers in its text.
#[derive(Debug)]
pub struct InstrumentedFile {
    /// The path that `include` tags have for it.
    pub name: String,
    number: usize,
    /// The original.
    pub source: Arc<Source>,
    /// The text for the engine.
    pub text: String,
    pub includes: Vec<Include>,
    pub variables: Vec<VariablePath>,
    /// The names of the variables that it sets.
    pub made: Vec<String>,
    pub call_sites: Vec<CallSite>,
    /// What is not allowed: each with its place, a message and help.
    pub refused: Vec<(Span, String, Cow<'static, str>)>,
    /// The pieces of `text`: its offset there, the original offset, and whether it is a copy of the
    /// original or was put in.
    moved: Vec<(usize, usize, bool)>,
}

impl CallSite {
    pub fn here(&self) -> Option<FilePlace> {
        Some((self.file, self.place.clone()))
    }
}

impl InstrumentedFile {
    /// The place in the original for one in `text`.
    pub fn original(&self, span: &Span) -> Span {
        let of = |offset: usize| {
            let before = self.moved.partition_point(|(at, ..)| *at <= offset);
            let piece = before.checked_sub(1).and_then(|before| self.moved.get(before));
            let &(at, there, is_copy) = piece.unwrap_or(&(0, 0, true));
            let most = self.moved.get(before).map_or(usize::MAX, |(_, there, _)| *there);
            if is_copy { (there + (offset - at)).min(most.max(there)) } else { there }
        };
        let start = of(span.start);
        start..of(span.end).max(start)
    }
}

/// Instruments a file. `first_call_site` is the number of its first call among those of all files.
pub fn instrument(
    source: &Arc<Source>,
    text: &str,
    number: usize,
    first_call_site: usize,
    profile: &Profile,
) -> InstrumentedFile {
    let file = InstrumentedFile {
        name: String::new(),
        number,
        source: Arc::clone(source),
        text: String::with_capacity(text.len() * 2),
        includes: Vec::new(),
        variables: Vec::new(),
        made: Vec::new(),
        call_sites: Vec::new(),
        refused: Vec::new(),
        moved: Vec::new(),
    };
    let mut writer =
        Instrumenter { text, profile, first_call_site, file, open_loops: Vec::new(), depths: Vec::new() };
    let entry = writer.call_site(0..0);
    writer.insert(0, &format!("{{{{ {COUNT_WORK}(i={}) }}}}", entry + first_call_site));
    writer.open_loops.push(entry);
    let segments = segments(text);
    let mut trims = false;
    for (at, segment) in segments.iter().enumerate() {
        let next_trims = segments.get(at + 1).is_some_and(Segment::trims_before);
        match segment {
            Segment::Text(span) => {
                writer.text(&trimmed(text, span, trims, next_trims), false);
                trims = false;
            }
            Segment::Raw { body, dashes, .. } => {
                let body = trimmed(text, body, dashes[1], dashes[2]);
                writer.text(&trimmed(text, &body, trims, next_trims), true);
                trims = dashes[3];
            }
            Segment::Comment { dashes, .. } => trims |= dashes[1],
            Segment::Tag(tag) => {
                writer.tag(tag);
                trims = tag.dashes[1];
            }
            Segment::Broken(span) => writer.copy(span),
        }
    }
    writer.file
}

/// A piece of text without the blanks that the tags around it take away, as the engine does it.
fn trimmed(text: &str, span: &Span, at_start: bool, at_end: bool) -> Span {
    let piece = text.get(span.clone()).unwrap_or_default();
    let rest = if at_start { piece.trim_start() } else { piece };
    let start = span.start + (piece.len() - rest.len());
    let rest = if at_end { rest.trim_end() } else { rest };
    start..start + rest.len()
}

struct Instrumenter<'w> {
    text: &'w str,
    profile: &'w Profile,
    first_call_site: usize,
    file: InstrumentedFile,
    /// The call sites that count the work of what follows: of the file, and of each open loop.
    open_loops: Vec<usize>,
    /// The depth of the engine's parser for each open tag: it takes an `elif` for an `if` in an `else`,
    /// and has no limit for that.
    depths: Vec<usize>,
}

impl<'w> Instrumenter<'w> {
    fn slice(&self, span: &Span) -> &'w str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    fn copy(&mut self, span: &Span) {
        self.file.moved.push((self.file.text.len(), span.start, true));
        self.file.text.push_str(self.slice(span));
    }

    /// Puts in text; an error in it is reported at `there`.
    fn insert(&mut self, there: usize, what: &str) {
        self.file.moved.push((self.file.text.len(), there, false));
        self.file.text.push_str(what);
    }

    /// Copies the inside of a tag from an offset on, with a check before each filter.
    fn copy_inside(&mut self, tag: &TemplateTag, from: usize) {
        let mut copied = from;
        for pair in tag.tokens.windows(2) {
            let [bar, name] = pair else { continue };
            // `default` makes nothing, and its input may be undefined.
            let is_default = self.slice(&name.span) == "default";
            if bar.kind != TokenKind::Sign(b'|', 0) || is_default || bar.span.start < copied {
                continue;
            }
            self.copy(&(copied..bar.span.start));
            self.insert(bar.span.start, &format!("|{CHECK_FILTER_INPUT} "));
            copied = bar.span.start;
        }
        self.copy(&(copied..tag.inside.end));
    }

    fn text(&mut self, span: &Span, is_raw: bool) {
        if span.is_empty() {
            return;
        }
        if self.profile.traced {
            self.insert(span.start, &format!("\0{}:{}\0", self.file.number, span.start));
        }
        if is_raw {
            self.insert(span.start, "{% raw %}");
        }
        self.copy(span);
        if is_raw {
            self.insert(span.end, "{% endraw %}");
        }
    }

    fn call_site(&mut self, place: Span) -> usize {
        let (file, paths) = (self.file.number, Vec::new());
        self.file.call_sites.push(CallSite { file, place, cost: 1, paths, does_work: false, prints: false });
        self.file.call_sites.len() - 1
    }

    fn refuse(&mut self, place: &Span, message: String, help: impl Into<Cow<'static, str>>) {
        self.file.refused.push((place.clone(), message, help.into()));
    }

    fn tag(&mut self, tag: &TemplateTag) {
        let keyword = tag.tokens.first().filter(|_| !tag.is_expression);
        let place = keyword.map_or(tag.whole.start..tag.whole.start, |token| token.span.clone());
        let word = self.slice(&place);
        if !word.is_empty() && !self.profile.tags.contains(&word) {
            let message = format!("a {} cannot have the tag `{word}`", self.profile.noun);
            self.refuse(&place, message, self.profile.tags_help);
            return self.copy(&tag.whole);
        }
        self.nest(word, &place);
        let references = references(self.text, tag);
        self.refuse_names(tag, &references);
        let text = self.text;
        let made = references.made.iter().map(|made| text.get(made.clone()).unwrap_or_default().to_owned());
        self.file.made.extend(made);
        self.file.variables.extend_from_slice(&references.paths);
        if word == "include" {
            return self.include(tag);
        }
        // A tag costs its tokens, and the texts in it.
        let quoted = tag.tokens.iter().filter(|token| token.kind == TokenKind::Quoted);
        let cost = tag.tokens.len() + quoted.map(|token| token.span.len() / 16).sum::<usize>() + 1;
        if let Some(site) = self.open_loops.last().and_then(|&site| self.file.call_sites.get_mut(site)) {
            site.cost += cost as u64;
        }
        let check = self.name_check(tag, word, &references);
        self.write_tag(tag, word, check, &references);
    }

    /// Refuses names that are reserved or that nothing has, and loops where they are not counted.
    fn refuse_names(&mut self, tag: &TemplateTag, references: &References) {
        let noun = self.profile.noun;
        let reserved =
            |token: &&TagToken| token.kind == TokenKind::Word && is_reserved(self.slice(&token.span));
        if let Some(token) = tag.tokens.iter().find(reserved) {
            let message = format!("a {noun} cannot use the engine's own names");
            self.refuse(&token.span, message, self.profile.names_help);
        }
        if let Some(inner) = &references.inner_loop {
            let message = format!("a {noun} cannot have a loop inside an expression");
            self.refuse(inner, message, self.profile.tags_help);
        }
        for (call, place) in &references.calls {
            // The engine would report it too, but quote the whole line each time.
            let name = self.slice(place);
            if let Some((message, help)) = unknown(*call, name, self.profile).filter(|_| !is_reserved(name)) {
                self.refuse(place, message, help);
            }
        }
    }

    /// The call that checks the names in a tag, if it needs one.
    fn name_check(&mut self, tag: &TemplateTag, word: &str, references: &References) -> Option<String> {
        let checks = self.profile.checks_names || references.does_work || word == "for";
        if !checks || references.paths.is_empty() {
            return None;
        }
        let value = |path: &VariablePath| {
            path.names.iter().map(|name| self.slice(name)).collect::<Vec<&str>>().join("?.")
        };
        let values: Vec<String> = references.paths.iter().map(value).collect();
        let number = self.call_site(tag.whole.clone());
        let site = self.file.call_sites.get_mut(number)?;
        site.cost = tag.tokens.len() as u64;
        site.paths.clone_from(&references.paths);
        site.does_work = references.does_work;
        site.prints = tag.is_expression && !references.does_work;
        Some(format!("{CHECK_NAMES}(i={}, v=[{}])", number + self.first_call_site, values.join(", ")))
    }

    fn write_tag(&mut self, tag: &TemplateTag, word: &str, check: Option<String>, references: &References) {
        let start = tag.whole.start;
        match (word, check) {
            ("if" | "elif", Some(check)) if references.is_balanced => {
                self.insert(start, &format!("{{% {word} not {check} and ("));
                self.copy_inside(tag, tag.tokens.first().map_or(start, |token| token.span.end));
                return self.insert(tag.inside.end, ") %}");
            }
            ("if" | "else" | "endif" | "endfor" | "elif", _) | (_, None) => {}
            (_, Some(check)) => self.insert(start, &format!("{{{{ {check} }}}}")),
        }
        if tag.is_expression && self.profile.traced {
            let (number, end) = (self.file.number, tag.whole.end);
            self.insert(start, &format!("\0{number}:{start}-{end}\0"));
        }
        // The dashes are left out: the blanks that they take away are gone already.
        let (open, close) = if tag.is_expression { ("{{ ", " }}") } else { ("{% ", " %}") };
        self.insert(start, open);
        self.copy_inside(tag, tag.inside.start);
        self.insert(tag.inside.end, close);
        match word {
            "endfor" if self.open_loops.len() > 1 => drop(self.open_loops.pop()),
            "for" => {
                let site = self.call_site(tag.whole.clone());
                self.open_loops.push(site);
                let call = format!("{{{{ {COUNT_ROUND}(i={}) }}}}", site + self.first_call_site);
                self.insert(tag.whole.end, &call);
            }
            "set" | "set_global" => self.check_assignment(tag, &references.made),
            _ => {}
        }
    }

    fn nest(&mut self, word: &str, place: &Span) {
        let depth = self.depths.last().copied().unwrap_or(0);
        match word {
            "if" | "for" => self.depths.push(depth + 1),
            "elif" => self.depths.iter_mut().last().map_or((), |depth| *depth += 1),
            "endif" | "endfor" => drop(self.depths.pop()),
            _ => return,
        }
        if self.depths.last() == Some(&(DEEPEST + 1)) && depth == DEEPEST {
            let message = format!("`if`, `elif` and `for` are nested deeper than the limit of {DEEPEST}");
            self.refuse(place, message, "leave a level out: conditions can be joined with `and` and `or`");
        }
    }

    fn check_assignment(&mut self, tag: &TemplateTag, made: &[Span]) {
        let assigns = tag.tokens.get(2).is_some_and(|token| token.kind == TokenKind::Sign(b'=', 0));
        let Some(variable) = made.first().filter(|_| assigns) else {
            let message =
                format!("a {0} cannot have a `set` that takes a piece of the {0}", self.profile.noun);
            let place = tag.tokens.first().map_or(tag.whole.clone(), |token| token.span.clone());
            return self.refuse(&place, message, self.profile.tags_help);
        };
        let site = self.call_site(tag.whole.clone()) + self.first_call_site;
        let call = format!("{{{{ {CHECK_SIZE}(i={site}, v={}) }}}}", self.slice(variable));
        self.insert(tag.whole.end, &call);
    }

    fn include(&mut self, tag: &TemplateTag) {
        let Some([path @ TagToken { kind: TokenKind::Quoted, .. }]) = tag.tokens.get(1..) else {
            let message = "`include` takes the path of a file in quotes, and nothing else".to_owned();
            return self.refuse(&tag.whole, message, PATH_HELP);
        };
        let place = path.span.start + 1..path.span.end - 1;
        match path_inside(self.slice(&place)) {
            Ok(path) => {
                self.insert(tag.whole.start, &format!("{{% include \"{path}\" %}}"));
                self.file.includes.push(Include { path, place });
            }
            Err(why) => self.refuse(&place, why, PATH_HELP),
        }
    }
}
