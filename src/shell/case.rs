//! `case WORD in PATTERN) ... ;; esac` in the commands of a `RUN`: what is compared, and with what.

use super::{ShellCommand, is_line_end, split};
use crate::dockerfile::{Dockerfile, Instruction};
use crate::source::Span;

/// The deepest nesting that is followed.
const DEEPEST: usize = 20;

/// A `case`.
#[derive(Clone, Debug, Default)]
pub struct ShellCase {
    /// The word that is compared, as it is written.
    pub subject: Span,
    /// Its branches, in order.
    pub branches: Vec<CaseBranch>,
}

/// A branch of a `case`.
#[derive(Clone, Debug, Default)]
pub struct CaseBranch {
    /// Its patterns, as they are written.
    pub patterns: Vec<Span>,
    /// The commands up to its `;;`.
    pub body: Span,
}

impl CaseBranch {
    /// The commands of the branch.
    pub fn commands(&self, file: &Dockerfile) -> Vec<ShellCommand> {
        let mut commands = Vec::new();
        split(file, self.body.clone(), &mut commands);
        commands.retain(|command| !command.words.is_empty());
        commands
    }
}

/// What a shell reads: a word, or what separates commands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(Span),
    /// `;;`, `;&`, `;;&`
    BranchEnd(Span),
    Separator,
    Pipe,
    Open,
    Close(usize),
}

/// Every `case` of an instruction whose parts all lie in the file as they are read.
pub fn cases(file: &Dockerfile, instruction: &Instruction) -> Vec<ShellCase> {
    let mut found = Vec::new();
    let args = instruction.args.iter().map(|arg| arg.span.clone());
    let heredocs = instruction.heredocs.iter().map(|heredoc| heredoc.content.clone());
    for piece in args.chain(heredocs) {
        Parser {
            file,
            tokens: tokens(file, piece).into_iter().peekable(),
            open: Vec::new(),
            found: Vec::new(),
        }
        .run(&mut found);
    }
    found
}

/// A `case` that has not ended.
struct OpenCase {
    case: ShellCase,
    /// The patterns of the branch, while they are read.
    patterns: Vec<Span>,
    /// Where the branch's commands start, once its patterns are read.
    body: Option<usize>,
}

struct Parser<'p, 's> {
    file: &'p Dockerfile<'s>,
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    open: Vec<OpenCase>,
    found: Vec<ShellCase>,
}

impl Parser<'_, '_> {
    fn text(&self, span: &Span) -> &[u8] {
        self.file.bytes(span)
    }

    fn run(mut self, found: &mut Vec<ShellCase>) {
        // Whether the next word is a command's first.
        let mut is_first = true;
        while let Some(token) = self.tokens.next() {
            if self.open.last().is_some_and(|open| open.body.is_none()) {
                is_first = self.pattern(token);
                continue;
            }
            match token {
                Token::Word(span) if is_first => match self.text(&span) {
                    b"case" if self.open.len() < DEEPEST => self.start(),
                    b"esac" => {
                        self.end_branch(span.start);
                        self.close();
                        is_first = false;
                    }
                    b"if" | b"then" | b"else" | b"elif" | b"do" | b"while" | b"until" | b"!" | b"{" => {}
                    _ => is_first = false,
                },
                Token::Word(_) => {}
                Token::BranchEnd(span) => {
                    self.end_branch(span.start);
                    is_first = true;
                }
                Token::Separator | Token::Pipe | Token::Open | Token::Close(_) => is_first = true,
            }
        }
        found.append(&mut self.found);
    }

    /// `WORD in`
    fn start(&mut self) {
        let Some(Token::Word(subject)) = self.tokens.peek().cloned() else { return };
        self.tokens.next();
        while self.tokens.next_if_eq(&Token::Separator).is_some() {}
        let is_in = matches!(self.tokens.peek(), Some(Token::Word(span)) if self.file.bytes(span) == b"in");
        if is_in {
            self.tokens.next();
            let case = ShellCase { subject, branches: Vec::new() };
            self.open.push(OpenCase { case, patterns: Vec::new(), body: None });
        }
    }

    /// Reads a part of the patterns of a branch; says whether a command follows.
    fn pattern(&mut self, token: Token) -> bool {
        let is_esac = matches!(&token, Token::Word(span) if self.file.bytes(span) == b"esac");
        let Some(open) = self.open.last_mut() else { return true };
        match token {
            Token::Word(_) if is_esac && open.patterns.is_empty() => {
                self.close();
                return false;
            }
            Token::Word(span) => open.patterns.push(span),
            Token::Close(end) => open.body = Some(end),
            _ => {}
        }
        true
    }

    fn end_branch(&mut self, end: usize) {
        let Some(open) = self.open.last_mut() else { return };
        let Some(start) = open.body.take() else { return };
        let patterns = std::mem::take(&mut open.patterns);
        open.case.branches.push(CaseBranch { patterns, body: start..end.max(start) });
    }

    fn close(&mut self) {
        self.found.extend(self.open.pop().map(|open| open.case));
    }
}

/// Splits a piece of a file as a shell does. Quotes and `$(...)` are parts of words.
fn tokens(file: &Dockerfile, piece: Span) -> Vec<Token> {
    let bytes = file.source.bytes();
    let end = piece.end.min(bytes.len());
    let mut tokens = Vec::new();
    let mut at = piece.start;
    let mut is_line_start = false;
    while at < end {
        let byte = bytes[at];
        match byte {
            _ if byte == file.escape && is_line_end(&bytes[at + 1..end]) => {
                at = memchr::memchr(b'\n', &bytes[at..end]).map_or(end, |line_end| at + line_end + 1);
                is_line_start = true;
                continue;
            }
            b' ' | b'\t' | b'\r' => at += 1,
            // A comment between the lines of the instruction, or of the shell.
            b'#' => at = memchr::memchr(b'\n', &bytes[at..end]).map_or(end, |line_end| at + line_end),
            b'\n' => {
                // An empty line, or a comment, does not end an instruction that goes on.
                if !is_line_start {
                    tokens.push(Token::Separator);
                }
                at += 1;
                continue;
            }
            b';' if matches!(bytes[at + 1..end].first(), Some(b';' | b'&')) => {
                let length = 2 + usize::from(bytes[at..end].starts_with(b";;&"));
                tokens.push(Token::BranchEnd(at..at + length));
                at += length;
            }
            b';' | b'&' => {
                tokens.push(Token::Separator);
                at += 1;
            }
            b'|' => {
                let is_or = bytes[at + 1..end].first() == Some(&b'|');
                tokens.push(if is_or { Token::Separator } else { Token::Pipe });
                at += 1 + usize::from(is_or);
            }
            b'(' => {
                tokens.push(Token::Open);
                at += 1;
            }
            b')' => {
                at += 1;
                tokens.push(Token::Close(at));
            }
            _ => {
                let start = at;
                at = word_end(bytes, at, end, file.escape);
                tokens.push(Token::Word(start..at));
            }
        }
        is_line_start = false;
    }
    tokens
}

/// Where the word ends that starts here.
fn word_end(bytes: &[u8], mut at: usize, end: usize, escape: u8) -> usize {
    // Parentheses of `$(` that are open.
    let mut depth = 0usize;
    while at < end {
        let byte = bytes[at];
        match byte {
            _ if byte == escape && is_line_end(&bytes[at + 1..end]) => return at,
            b'\\' => at += 1,
            b'\'' | b'"' => {
                at += memchr::memchr(byte, &bytes[at + 1..end]).map_or(end - at, |close| close + 1);
            }
            b'$' if bytes[at + 1..end].first() == Some(&b'(') => {
                depth += 1;
                at += 1;
            }
            b'(' if depth > 0 => depth += 1,
            b')' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' => return at,
            _ => {}
        }
        at += 1;
    }
    end
}
