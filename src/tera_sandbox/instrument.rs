//! A template with the guard put in: calls that count, measure and look after names, and marks that
//! tell where a text came from. Places in it lead back to the template that was given.

use std::borrow::Cow;
use std::sync::Arc;

use super::engine_errors::unknown;
use super::lexer::{Segment, TagToken, TemplateTag, TokenKind, segments};
use super::references::{VariablePath, references};
use super::{CHECK_FILTER_INPUT, CHECK_NAMES, CHECK_SIZE, COUNT_ROUND, COUNT_WORK, Profile};
use crate::source::{Source, Span};

/// Where a call was put in, and what it has to know.
#[derive(Debug)]
pub struct CallSite {
    /// Which of the files.
    pub file: usize,
    /// The tag.
    pub place: Span,
    /// What it costs by itself.
    pub cost: u64,
    /// What it uses.
    pub paths: Vec<VariablePath>,
    /// Whether it works on what it uses.
    pub does_work: bool,
    /// Whether it prints what it uses.
    pub prints: bool,
}

/// An `{% include "..." %}`.
#[derive(Clone, Debug)]
pub struct Include {
    /// The path between the quotes.
    pub path: String,
    /// Where it stands.
    pub place: Span,
}

/// A file of a template with the guard in it.
#[derive(Debug)]
pub struct InstrumentedFile {
    /// Which of the files.
    pub number: usize,
    /// The file as it was given.
    pub source: Arc<Source>,
    /// What the engine gets.
    pub text: String,
    /// The files that it includes.
    pub includes: Vec<Include>,
    /// The variables that it uses.
    pub uses: Vec<VariablePath>,
    /// The variables that it makes itself.
    pub made: Vec<String>,
    /// The calls in it.
    pub sites: Vec<CallSite>,
    /// What is not let through, each with its place and what to do.
    pub refused: Vec<(Span, String, Cow<'static, str>)>,
    /// Where in `text` something of the file begins: the offset here, and the one there.
    moved: Vec<(usize, usize, bool)>,
}

impl InstrumentedFile {
    /// The place in the file for one in `text`.
    pub fn original(&self, span: &Span) -> Span {
        let of = |offset: usize| {
            let before = self.moved.partition_point(|(at, ..)| *at <= offset);
            let (at, there, is_copy) =
                before.checked_sub(1).map_or((0, 0, true), |before| self.moved[before]);
            let most = self.moved.get(before).map_or(usize::MAX, |(_, there, _)| *there);
            if is_copy { (there + (offset - at)).min(most.max(there)) } else { there }
        };
        let start = of(span.start);
        start..of(span.end).max(start)
    }
}

/// Puts the guard into a file. `first_site` is the number of its first call among those of all files.
pub fn instrument(
    source: &Arc<Source>,
    text: &str,
    number: usize,
    first_site: usize,
    kind: &Profile,
) -> InstrumentedFile {
    let file = InstrumentedFile {
        number,
        source: Arc::clone(source),
        text: String::with_capacity(text.len() * 2),
        includes: Vec::new(),
        uses: Vec::new(),
        made: Vec::new(),
        sites: Vec::new(),
        refused: Vec::new(),
        moved: Vec::new(),
    };
    let mut writer = Writer { text, kind, first_site, file, loops: Vec::new(), depths: Vec::new() };
    let entry = writer.site(0..0, Vec::new(), false, false);
    writer.insert(0, &format!("{{{{ {COUNT_WORK}(i={}) }}}}", entry + first_site));
    writer.loops.push(entry);
    let pieces = segments(text);
    let mut trims = false;
    for (at, piece) in pieces.iter().enumerate() {
        let next_trims = pieces.get(at + 1).is_some_and(Segment::trims_before);
        match piece {
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

/// A piece of text without the blanks that the tags beside it take away, as the engine takes them.
fn trimmed(text: &str, span: &Span, before: bool, behind: bool) -> Span {
    let piece = text.get(span.clone()).unwrap_or_default();
    let rest = if before { piece.trim_start() } else { piece };
    let start = span.start + (piece.len() - rest.len());
    let rest = if behind { rest.trim_end() } else { rest };
    start..start + rest.len()
}

struct Writer<'w> {
    text: &'w str,
    kind: &'w Profile,
    first_site: usize,
    file: InstrumentedFile,
    /// The sites that what follows is charged to: of the file, and of each loop that is open.
    loops: Vec<usize>,
    /// How deep the engine's reader goes for each tag that is open: it takes an `elif` for an `if` in an
    /// `else`, and has no limit for that.
    depths: Vec<usize>,
}

/// What to do about a path.
const PATHS: &str = "the path of an include begins at the project's folder";
/// How deep `if`, `elif` and `for` may lie in each other.
const DEEPEST: usize = 64;

impl Writer<'_> {
    fn copy(&mut self, span: &Span) {
        self.file.moved.push((self.file.text.len(), span.start, true));
        self.file.text.push_str(self.text.get(span.clone()).unwrap_or_default());
    }

    /// Puts in what is not of the file; an error in it is told at `there`.
    fn insert(&mut self, there: usize, what: &str) {
        self.file.moved.push((self.file.text.len(), there, false));
        self.file.text.push_str(what);
    }

    /// What stands in a tag, from a place on. What goes into a filter is looked at on its way.
    fn copy_inside(&mut self, tag: &TemplateTag, from: usize) {
        let mut copied = from;
        for pair in tag.tokens.windows(2) {
            let [bar, name] = pair else { continue };
            // This one makes nothing, and takes what is not there.
            let is_default = self.text.get(name.span.clone()) == Some("default");
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
        if self.kind.traced {
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

    fn site(&mut self, place: Span, paths: Vec<VariablePath>, does_work: bool, prints: bool) -> usize {
        let file = self.file.number;
        self.file.sites.push(CallSite { file, place, cost: 1, paths, does_work, prints });
        self.file.sites.len() - 1
    }

    fn refuse(&mut self, place: &Span, message: impl Into<String>) {
        self.refuse_with(place, message, self.kind.tags_help);
    }

    fn refuse_with(&mut self, place: &Span, message: impl Into<String>, help: impl Into<Cow<'static, str>>) {
        self.file.refused.push((place.clone(), message.into(), help.into()));
    }

    fn tag(&mut self, tag: &TemplateTag) {
        let keyword = tag.tokens.first().filter(|_| !tag.is_expression);
        let word = keyword.and_then(|token| self.text.get(token.span.clone())).unwrap_or_default();
        let first = keyword.map_or(tag.whole.start..tag.whole.start, |token| token.span.clone());
        let noun = self.kind.noun;
        if !tag.is_expression && !word.is_empty() && !self.kind.tags.contains(&word) {
            self.refuse(&first, format!("a {noun} cannot have the tag `{word}`"));
            return self.copy(&tag.whole);
        }
        self.nest(word, &first);
        let own = |token: &&TagToken| {
            let name = self.text.get(token.span.clone()).unwrap_or_default();
            // The engine shows all that there is to name under a name of its own.
            let is_own = [CHECK_NAMES, CHECK_FILTER_INPUT, COUNT_ROUND, CHECK_SIZE, COUNT_WORK]
                .contains(&name)
                || name.starts_with("__tera");
            token.kind == TokenKind::Word && is_own
        };
        if let Some(token) = tag.tokens.iter().find(own) {
            let message = format!("a {noun} cannot use the engine's own names");
            self.refuse_with(&token.span, message, self.kind.names_help);
        }
        let names = references(self.text, tag);
        if let Some(inner) = &names.inner_loop {
            self.refuse(inner, format!("a {noun} cannot have a loop inside an expression"));
        }
        for (called, place) in &names.called {
            // The engine would say it as well, but with all of the line each time.
            let name = self.text.get(place.clone()).unwrap_or_default();
            // Once is enough for one that is refused above.
            let is_own = [CHECK_NAMES, CHECK_FILTER_INPUT, COUNT_ROUND, CHECK_SIZE, COUNT_WORK]
                .contains(&name)
                || name.starts_with("__tera");
            if let Some((message, help)) = unknown(*called, name, self.kind).filter(|_| !is_own) {
                self.refuse_with(place, message, help);
            }
        }
        for made in &names.made {
            self.file.made.push(self.text.get(made.clone()).unwrap_or_default().to_owned());
        }
        self.file.uses.extend_from_slice(&names.paths);
        if word == "include" {
            return self.include(tag);
        }
        // What a tag costs each time that it is reached: its tokens, and the texts in it.
        let quoted = tag.tokens.iter().filter(|token| token.kind == TokenKind::Quoted);
        let cost = tag.tokens.len() + quoted.map(|token| token.span.len() / 16).sum::<usize>() + 1;
        if let Some(site) = self.loops.last().and_then(|&site| self.file.sites.get_mut(site)) {
            site.cost += cost as u64;
        }
        let prints = tag.is_expression && !names.does_work;
        let looks = self.kind.looks_after_names || names.does_work || word == "for";
        let look = (looks && !names.paths.is_empty()).then(|| {
            let values: Vec<String> = names
                .paths
                .iter()
                .map(|path| {
                    let parts = std::iter::once(&path.root).chain(&path.fields);
                    let parts: Vec<&str> =
                        parts.map(|part| self.text.get(part.clone()).unwrap_or_default()).collect();
                    parts.join("?.")
                })
                .collect();
            let site = self.site(tag.whole.clone(), names.paths.clone(), names.does_work, prints);
            self.file.sites[site].cost = tag.tokens.len() as u64;
            format!("{CHECK_NAMES}(i={}, v=[{}])", site + self.first_site, values.join(", "))
        });
        let start = tag.whole.start;
        match (word, tag.is_expression) {
            ("if" | "elif", _) if names.is_balanced && look.is_some() => {
                self.insert(start, &format!("{{% {word} not {} and (", look.unwrap_or_default()));
                self.copy_inside(tag, first.end);
                self.insert(tag.inside.end, ") %}");
            }
            ("else" | "endif" | "endfor" | "elif", _) => {
                if word == "endfor" && self.loops.len() > 1 {
                    self.loops.pop();
                }
                self.bare(tag, "{%", "%}");
            }
            (_, true) => {
                if let Some(look) = look {
                    self.insert(start, &format!("{{{{ {look} }}}}"));
                }
                if self.kind.traced {
                    let (number, end) = (self.file.number, tag.whole.end);
                    self.insert(start, &format!("\0{number}:{start}-{end}\0"));
                }
                self.bare(tag, "{{", "}}");
            }
            _ => {
                if let Some(look) = look.filter(|_| word != "if") {
                    self.insert(start, &format!("{{{{ {look} }}}}"));
                }
                self.bare(tag, "{%", "%}");
                self.behind(word, tag, &names.made);
            }
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
            let message =
                format!("`if`, `elif` and `for` lie deeper in each other than the limit of {DEEPEST}");
            self.refuse_with(
                place,
                message,
                "leave a level out: conditions can be joined with `and` and `or`",
            );
        }
    }

    /// The tag without its dashes, whose work is done already.
    fn bare(&mut self, tag: &TemplateTag, open: &str, close: &str) {
        self.insert(tag.whole.start, open);
        self.insert(tag.inside.start, " ");
        self.copy_inside(tag, tag.inside.start);
        self.insert(tag.inside.end, " ");
        self.insert(tag.inside.end, close);
    }

    fn behind(&mut self, word: &str, tag: &TemplateTag, made: &[Span]) {
        let end = tag.whole.end;
        match word {
            "for" => {
                let site = self.site(tag.whole.clone(), Vec::new(), false, false);
                self.loops.push(site);
                self.insert(end, &format!("{{{{ {COUNT_ROUND}(i={}) }}}}", site + self.first_site));
            }
            "set" | "set_global" => {
                let assigns = tag.tokens.get(2).is_some_and(|token| token.kind == TokenKind::Sign(b'=', 0));
                let Some(variable) = made.first().filter(|_| assigns) else {
                    let message =
                        format!("a {0} cannot have a `set` that takes a piece of the {0}", self.kind.noun);
                    let place = tag.tokens.first().map_or(tag.whole.clone(), |token| token.span.clone());
                    return self.refuse(&place, message);
                };
                let name = self.text.get(variable.clone()).unwrap_or_default();
                let site = self.site(tag.whole.clone(), Vec::new(), false, false);
                let call = format!("{{{{ {CHECK_SIZE}(i={}, v={name}) }}}}", site + self.first_site);
                self.insert(end, &call);
            }
            _ => {}
        }
    }

    fn include(&mut self, tag: &TemplateTag) {
        let path = match tag.tokens.get(1..) {
            Some([only]) if only.kind == TokenKind::Quoted => only,
            _ => {
                let message = "`include` takes the path of a file in quotes, and nothing else".to_owned();
                return self.refuse_with(&tag.whole, message, PATHS);
            }
        };
        let place = path.span.start + 1..path.span.end - 1;
        let text = self.text.get(place.clone()).unwrap_or_default().to_owned();
        match super::path_inside(&text) {
            Ok(path) => {
                self.insert(tag.whole.start, "{% include \"");
                self.insert(place.start, &path);
                self.insert(tag.whole.start, "\" %}");
                self.file.includes.push(Include { path, place });
            }
            Err(why) => self.refuse_with(&place, why, PATHS),
        }
    }
}
