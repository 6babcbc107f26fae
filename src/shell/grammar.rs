//! The commands of a script: what separates them, and which words are the shell's own.
//!
//! A loop, an `if` and a function are not read as a whole. It is enough to know which of their words start a
//! command and which do not; only in `case` do brackets and `|` mean something else, so that is kept.

use std::ops::Range;

use super::case::Cases;
use super::draft::{Draft, Expects};
use super::reader::Reader;
use super::words::RawWord;

/// Words that a command may follow.
const OPENING: [&str; 10] = ["if", "then", "else", "elif", "do", "while", "until", "!", "{", "coproc"];
/// Words after which there are only redirections.
const CLOSING: [&str; 4] = ["fi", "done", "}", "esac"];

/// What is open around a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `(`, with what was so around it.
    Bracket {
        /// Whether its input comes from a pipe.
        is_fed: bool,
        /// Whether it is not certain that it runs: the body of a function, or after a test.
        is_optional: bool,
    },
    /// `case ... in`, before a pattern's `)`.
    Patterns,
    /// The same, after it: where its commands start.
    Branch(usize),
}

/// What is open around the commands of a list.
#[derive(Default)]
struct Around {
    open: Vec<Open>,
    cases: Cases,
    /// Whether all that follows gets its input from a pipe: `yes | while ...`.
    fed: bool,
    /// Loops, `if`s and `case`s that are open.
    choices: usize,
    /// Whether this is after a `||`, or after a test with `&&`.
    is_conditional: bool,
    /// Whether a function's body is next.
    is_named: bool,
    /// Braces and brackets that are open, and of which it is not certain that they run.
    optional: usize,
    /// Other braces that are open.
    braces: usize,
    /// Whether an `esac` was read, and nothing after it.
    is_after_case: bool,
    /// The first command of those that `&&`, `||` and `|` join to the current one.
    chain: usize,
    /// The commands in front of the last `||`, and the [level](Self::level) that it was on.
    caught: Option<(Range<usize>, usize)>,
}

impl Around {
    /// Whether it is not certain that a command runs.
    fn is_optional(&self) -> bool {
        self.choices > 0 || self.is_conditional || self.optional > 0
    }

    /// How much is open around a command.
    fn level(&self) -> usize {
        self.open.len() + self.choices + self.optional + self.braces
    }

    /// Whether the `case` that was begun is the only thing that is open.
    fn is_certain_case(&self) -> bool {
        let is_inside = !self.open.is_empty() || self.optional > 0 || self.braces > 0 || self.is_named;
        self.choices == 1 && !is_inside && !self.is_conditional && !self.fed
    }

    /// After an `esac`, at `&`, `|` and their kind. In a process of its own, an `exit` ends that alone.
    fn end_case(&mut self, has_own_process: bool) {
        if std::mem::take(&mut self.is_after_case)
            && has_own_process
            && let Some(case) = self.cases.found.last_mut()
        {
            case.is_certain = false;
        }
    }

    /// A word that opens or closes something.
    fn keyword(&mut self, own: &str) {
        match own {
            "if" | "while" | "until" | "for" | "select" | "case" => self.choices += 1,
            "fi" | "done" | "esac" => self.choices = self.choices.saturating_sub(1),
            "{" if self.is_named || self.optional > 0 || self.is_conditional => {
                self.optional += 1;
                self.is_named = false;
            }
            "{" => self.braces += 1,
            "}" if self.optional > 0 => self.optional -= 1,
            "}" => self.braces = self.braces.saturating_sub(1),
            _ => {}
        }
    }
}

impl Reader<'_> {
    /// Reads commands to the end, or past the `)` that closes what they are in.
    pub fn list(&mut self, in_brackets: bool) {
        let mut around = Around { chain: self.found.commands.len(), ..Around::default() };
        let mut draft = Draft::default();
        loop {
            self.skip_blanks();
            let Some(byte) = self.ahead(0) else { break };
            let next = self.ahead(1);
            match byte {
                b'#' => {
                    let rest = self.text().get(self.at..).unwrap_or_default();
                    self.skip(memchr::memchr(b'\n', rest).unwrap_or(rest.len()));
                }
                b'\n' => {
                    // A line may end after `&&`, `||` and `|`.
                    let is_open = draft.is_empty() && (around.is_conditional || draft.command.is_fed);
                    if !is_open {
                        self.end_chain(&mut draft, &mut around);
                    }
                    around.is_after_case = false;
                    self.skip(1);
                    self.read_bodies();
                }
                b';' => {
                    self.end_chain(&mut draft, &mut around);
                    around.is_after_case = false;
                    if matches!(next, Some(b';' | b'&')) {
                        self.end_branch(&mut around);
                        self.skip(2 + usize::from(self.is_at(b";;&")));
                    } else {
                        self.skip(1);
                    }
                }
                b'&' if next == Some(b'>') => self.redirection(&mut draft, None),
                b'&' => {
                    let is_test = draft.command.is_test();
                    let is_and = next == Some(b'&');
                    self.tolerate(&draft, &mut around, is_and);
                    self.end_command(&mut draft, around.fed, around.is_optional());
                    if !is_and {
                        around.chain = self.found.commands.len();
                    }
                    around.end_case(!is_and);
                    around.is_conditional = is_and && (around.is_conditional || is_test);
                    self.skip(if is_and { 2 } else { 1 });
                }
                b'|' if around.open.last() == Some(&Open::Patterns) => self.skip(1),
                b'|' => {
                    let is_pipe = next != Some(b'|');
                    if !is_pipe {
                        self.tolerate(&draft, &mut around, false);
                    }
                    self.end_command(&mut draft, around.fed, around.is_optional());
                    let before = around.chain..self.found.commands.len();
                    around.caught = (!is_pipe).then(|| (before, around.level()));
                    around.end_case(is_pipe);
                    self.skip(if is_pipe && next != Some(b'&') { 1 } else { 2 });
                    around.is_conditional |= !is_pipe;
                    draft.command.is_fed = is_pipe;
                }
                b'(' => self.open_bracket(&mut draft, &mut around),
                b')' => {
                    self.tolerate(&draft, &mut around, false);
                    self.end_command(&mut draft, around.fed, around.is_optional());
                    self.skip(1);
                    if self.close_bracket(&mut draft, &mut around) && in_brackets {
                        break;
                    }
                }
                b'<' | b'>' if next != Some(b'(') => self.redirection(&mut draft, None),
                _ => {
                    let word = self.word();
                    self.take(word, &mut draft, &mut around);
                }
            }
        }
        self.end_chain(&mut draft, &mut around);
        if self.depth == 0 {
            self.found.cases.append(&mut around.cases.found);
        }
    }

    /// At the end of commands that `&&`, `||` and `|` join.
    fn end_chain(&mut self, draft: &mut Draft, around: &mut Around) {
        self.tolerate(draft, around, false);
        self.end_command(draft, around.fed, around.is_optional());
        around.is_conditional = false;
        around.chain = self.found.commands.len();
    }

    /// At the end of a command: if it follows a `||` and ends well, nothing depends on those in front.
    fn tolerate(&mut self, draft: &Draft, around: &mut Around, is_before_and: bool) {
        if draft.command.words.is_empty() {
            return;
        }
        let Some((before, level)) = around.caught.take() else { return };
        if level == around.level() && draft.command.succeeds(is_before_and) {
            let commands = self.found.commands.get_mut(before).unwrap_or_default();
            commands.iter_mut().for_each(|command| command.is_tolerated = true);
        }
    }

    /// At `;;` or `esac`, if a branch is open.
    fn end_branch(&mut self, around: &mut Around) {
        if let Some(last @ Open::Branch(_)) = around.open.last_mut()
            && let Open::Branch(start) = std::mem::replace(last, Open::Patterns)
        {
            around.cases.end_branch(self.script.place(start..self.at));
        }
    }

    fn open_bracket(&mut self, draft: &mut Draft, around: &mut Around) {
        if around.open.last() == Some(&Open::Patterns) {
            return self.skip(1);
        }
        // `name()`, `function name()`
        let start = self.at;
        self.skip(1);
        self.skip_blanks();
        if self.ahead(0) == Some(b')') && draft.raw.len() <= 1 {
            self.skip(1);
            around.is_named = true;
            if let Some(name) = draft.command.words.first() {
                self.found.functions.insert(name.text.clone());
            }
            *draft = Draft::default();
            return;
        }
        self.at = start + 1;
        if self.ahead(0) == Some(b'(') && draft.command.words.is_empty() {
            // `((i++))`, `for ((...))`
            self.skip(1);
            self.arithmetic(2);
            draft.expects = Expects::Nothing;
            return;
        }
        let is_optional = std::mem::take(&mut around.is_named) || around.is_conditional;
        around.optional += usize::from(is_optional);
        around.open.push(Open::Bracket { is_fed: around.fed, is_optional });
        around.fed |= draft.command.is_fed;
        self.end_command(draft, around.fed, around.is_optional());
        around.chain = self.found.commands.len();
    }

    /// After a `)`: says whether it closes what the list is in.
    fn close_bracket(&mut self, draft: &mut Draft, around: &mut Around) -> bool {
        if let Some(last @ Open::Patterns) = around.open.last_mut() {
            *last = Open::Branch(self.at);
            return false;
        }
        let bracket = around.open.iter().rposition(|open| matches!(open, Open::Bracket { .. }));
        for open in around.open.drain(bracket.unwrap_or(0)..) {
            match open {
                Open::Bracket { is_fed, is_optional } => {
                    around.fed = is_fed;
                    around.optional = around.optional.saturating_sub(usize::from(is_optional));
                }
                Open::Patterns | Open::Branch(_) => around.cases.end(),
            }
        }
        draft.expects = if bracket.is_some() { Expects::Nothing } else { Expects::Command };
        bracket.is_none()
    }

    /// A word: the shell's own, or one of a command.
    fn take(&mut self, word: RawWord, draft: &mut Draft, around: &mut Around) {
        let raw = self.text().get(word.part.clone()).unwrap_or_default();
        // Something that is no part of a word, though no separator was expected here.
        if word.part.is_empty() {
            return self.skip(1);
        }
        let redirects = matches!(self.ahead(0), Some(b'<' | b'>')) && self.ahead(1) != Some(b'(');
        let is_descriptor = raw.iter().all(u8::is_ascii_digit)
            || (raw.starts_with(b"{") && raw.ends_with(b"}") && raw.len() > 2);
        if redirects && word.is_plain && is_descriptor {
            return self.redirection(draft, Some(word.part.start));
        }
        let own = if word.is_plain { std::str::from_utf8(raw).unwrap_or_default() } else { "" };
        if around.open.last() == Some(&Open::Patterns) {
            match own {
                "esac" => {
                    around.open.pop();
                    around.cases.end();
                    around.is_after_case = true;
                    around.keyword(own);
                    draft.expects = Expects::Nothing;
                }
                _ => around.cases.pattern(self.script.place(word.part)),
            }
            return;
        }
        match draft.expects {
            Expects::Command => {
                if self.keyword(own, &word, draft, around) {
                    return;
                }
                draft.expects = Expects::Argument;
            }
            Expects::Argument => {}
            expected => return self.part(own, &word, expected, draft, around),
        }
        draft.command.words.push(self.plain(&word));
        draft.raw.push(word);
    }

    /// Whether a word at the start of a command is the shell's own.
    fn keyword(&mut self, own: &str, word: &RawWord, draft: &mut Draft, around: &mut Around) -> bool {
        let is_opening = OPENING.contains(&own);
        around.keyword(own);
        if is_opening {
            around.chain = self.found.commands.len();
            // `a || ! true`
            around.caught = None;
        }
        around.fed |= draft.command.is_fed && (is_opening || own == "for");
        draft.expects = match own {
            "case" => Expects::Subject,
            "for" | "select" => Expects::Variable,
            "function" => Expects::Function,
            "[[" => {
                draft.command.words.push(self.plain(word));
                self.test(draft);
                Expects::Nothing
            }
            _ if is_opening => Expects::Command,
            _ if CLOSING.contains(&own) => {
                if own == "esac" && matches!(around.open.last(), Some(Open::Branch(_))) {
                    let end = std::mem::replace(&mut self.at, word.part.start);
                    self.end_branch(around);
                    self.at = end;
                    around.open.pop();
                    around.cases.end();
                    around.is_after_case = true;
                }
                Expects::Nothing
            }
            _ => return false,
        };
        true
    }

    /// A word of a compound command that is no command itself.
    fn part(&mut self, own: &str, word: &RawWord, expected: Expects, draft: &mut Draft, around: &mut Around) {
        match expected {
            Expects::Subject => {
                around.cases.subject(self.script.place(word.part.clone()));
                draft.expects = Expects::In;
            }
            Expects::In if own == "in" => {
                let is_certain = around.is_certain_case() && !draft.command.is_fed && !self.may_have_ended;
                around.open.push(Open::Patterns);
                around.cases.begin(is_certain);
                *draft = Draft::default();
            }
            Expects::Variable => draft.expects = Expects::Items,
            Expects::Items if own == "do" => *draft = Draft::default(),
            Expects::Function => {
                around.is_named = true;
                self.found.functions.insert(own.to_owned());
                *draft = Draft::default();
            }
            _ => {}
        }
    }

    /// The inside of `[[ ... ]]`, where `<` and `(` are no separators.
    fn test(&mut self, draft: &mut Draft) {
        loop {
            self.skip_blanks();
            let Some(byte) = self.ahead(0) else { return };
            if matches!(byte, b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>') {
                self.skip(1);
                continue;
            }
            let word = self.word();
            if word.part.is_empty() {
                return;
            }
            let plain = self.plain(&word);
            let is_end = word.is_plain && plain.text == "]]";
            draft.command.words.push(plain);
            if is_end {
                return;
            }
        }
    }
}
