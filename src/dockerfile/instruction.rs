//! A parsed instruction: keyword, flags, arguments, heredocs, each with its place.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::keyword::Keyword;
use crate::source::Span;

/// An argument: what it says, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arg<'s> {
    /// The text as BuildKit has it: continuations joined, JSON decoded, quotes and variables as written.
    pub text: Cow<'s, [u8]>,
    /// From its first byte to its last, including a continuation or a comment in between.
    pub span: Span,
}

impl Arg<'_> {
    /// The name that an argument of `ARG` declares, with its place.
    pub fn name(&self) -> (Span, String) {
        let name = self.text.split(|&byte| byte == b'=').next().unwrap_or_default();
        // Where a line ends in the argument, its offsets are not those of the file.
        let is_whole = self.span.len() == self.text.len();
        let end = if is_whole { self.span.start + name.len() } else { self.span.end };
        (self.span.start..end, String::from_utf8_lossy(name).into_owned())
    }
}

/// A flag: `--name` or `--name=value`.
///
/// ```
/// # use std::sync::Arc;
/// # use dtpl::{Source, dockerfile::Dockerfile};
/// let source = Arc::new(Source::new("Dockerfile", "FROM a\nCOPY --from=b --link c d\n"));
/// let (file, _) = Dockerfile::read(&source);
/// let flags = &file.instructions[1].flags;
/// assert_eq!((flags[0].name(), flags[0].value()), (&b"from"[..], Some(&b"b"[..])));
/// assert_eq!((flags[1].name(), flags[1].value()), (&b"link"[..], None));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flag<'s> {
    /// The whole flag, without its quotes and escapes.
    pub text: Cow<'s, [u8]>,
    /// Its place, with quotes.
    pub span: Span,
}

impl<'s> Flag<'s> {
    fn equals(&self) -> Option<usize> {
        memchr::memchr(b'=', &self.text)
    }

    /// The name, without `--`.
    pub fn name(&self) -> &[u8] {
        let end = self.equals().unwrap_or(self.text.len());
        self.text[..end].strip_prefix(b"--").unwrap_or(&self.text[..end])
    }

    /// The text after the first `=`.
    pub fn value(&self) -> Option<&[u8]> {
        self.equals().map(|at| &self.text[at + 1..])
    }

    /// The place of the value in the file; that of the whole flag if the flag has quotes or escapes.
    pub fn value_span(&self) -> Span {
        match self.equals() {
            Some(at) if self.span.len() == self.text.len() => self.span.start + at + 1..self.span.end,
            _ => self.span.clone(),
        }
    }

    /// A part of the value as a place in the file.
    pub(super) fn value_part(&self, part: Span) -> Span {
        let value = self.value_span();
        match value == self.span {
            true => value,
            false => value.start + part.start..value.start + part.end,
        }
    }

    /// The value as an argument, at the place of the flag.
    pub(super) fn value_arg(&self) -> Option<Arg<'s>> {
        let at = self.equals()? + 1;
        let text = match &self.text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[at..]),
            Cow::Owned(text) => Cow::Owned(text[at..].to_vec()),
        };
        Some(Arg { text, span: self.span.clone() })
    }
}

/// How the arguments of an instruction were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One argument, for the shell: `RUN make all`.
    Shell,
    /// A JSON array of strings: `CMD ["a", "b"]`.
    Json,
    /// Words: `COPY a b/`, `EXPOSE 80 443`, `ARG a b=1`.
    Words,
    /// Name, value, name, value, ...: `ENV a=1 b=2`.
    Pairs,
    /// Name and value with a blank between: `ENV a 1`.
    LegacyPair,
    /// One argument: `WORKDIR /usr/src/app`.
    Text,
    /// Another instruction: `ONBUILD COPY . .`.
    Trigger,
}

/// A heredoc: `<<EOF` in the instruction, and the lines below it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heredoc<'s> {
    /// The word that ends it, without quotes.
    pub name: Cow<'s, [u8]>,
    /// The place of `<<EOF`.
    pub span: Span,
    /// The lines of its content.
    pub content: Span,
    /// The line that ends it.
    pub end: Span,
    /// Whether variables in the content are expanded: the word was not quoted.
    pub expand: bool,
    /// Whether tabs at the start of its lines are dropped: `<<-EOF`.
    pub chomp: bool,
    /// The file descriptor in front: 3 in `3<<EOF`.
    pub descriptor: Option<u64>,
}

impl Heredoc<'_> {
    /// The content as the instruction gets it, from the bytes of the file.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use dtpl::{Source, dockerfile::Dockerfile};
    /// let source = Arc::new(Source::new("Dockerfile", "FROM a\nRUN <<-EOF\n\tmake\n\tEOF\n"));
    /// let file = Dockerfile::parse(&source).unwrap();
    /// let heredoc = &file.instructions[1].heredocs[0];
    /// assert_eq!(file.bytes(&heredoc.content), b"\tmake\n");
    /// assert_eq!(&*heredoc.content(source.bytes()), b"make\n");
    /// ```
    pub fn content<'b>(&self, file: &'b [u8]) -> Cow<'b, [u8]> {
        let raw = &file[self.content.clone()];
        if !self.chomp || !raw.contains(&b'\t') {
            return Cow::Borrowed(raw);
        }
        let mut chomped = Vec::with_capacity(raw.len());
        for line in raw.split_inclusive(|&b| b == b'\n') {
            let tabs = line.iter().take_while(|&&b| b == b'\t').count();
            chomped.extend_from_slice(&line[tabs..]);
        }
        Cow::Owned(chomped)
    }
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instruction<'s> {
    /// The instruction's name.
    pub keyword: Keyword,
    /// The place of the keyword.
    pub keyword_span: Span,
    /// From the first byte of the first line that is not white space to the end of the last line,
    /// heredocs included.
    pub span: Span,
    /// The lines of the file it takes, from 1, as BuildKit counts them.
    pub lines: RangeInclusive<usize>,
    /// `--name=value` before the arguments.
    pub flags: Vec<Flag<'s>>,
    /// The arguments. An `ONBUILD` has none; see its trigger.
    pub args: Vec<Arg<'s>>,
    /// How the arguments were written.
    pub form: Form,
    /// The heredocs, in order. Those of an `ONBUILD` belong to the `ONBUILD`.
    pub heredocs: Vec<Heredoc<'s>>,
    /// What an `ONBUILD` triggers.
    pub onbuild: Option<Box<Instruction<'s>>>,
}

impl<'s> Instruction<'s> {
    /// The flag of this name; the last of several.
    pub fn flag(&self, name: &str) -> Option<&Flag<'s>> {
        self.flags.iter().rev().find(|flag| flag.name() == name.as_bytes())
    }

    /// Whether an argument opens one of the heredocs.
    pub(crate) fn is_heredoc(&self, arg: &Arg) -> bool {
        // They are in the order of their places.
        self.heredocs.binary_search_by_key(&arg.span.start, |heredoc| heredoc.span.start).is_ok()
    }

    /// The flags of this name, in order.
    pub(super) fn flags_named(&self, name: &str) -> impl Iterator<Item = &Flag<'s>> {
        self.flags.iter().filter(move |flag| flag.name() == name.as_bytes())
    }

    /// The names and values of an `ENV` or a `LABEL`.
    pub fn pairs(&self) -> impl Iterator<Item = (&Arg<'s>, &Arg<'s>)> {
        let is_pairs = matches!(self.form, Form::Pairs | Form::LegacyPair);
        let args = if is_pairs { &self.args[..] } else { &[] };
        args.chunks_exact(2).map(|pair| (&pair[0], &pair[1]))
    }

    /// The arguments as BuildKit's parser lists them: after every pair the sign that joined it (`=`, or
    /// nothing for the legacy form), and for `ONBUILD` the keyword and arguments of its trigger.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use dtpl::{Source, dockerfile::Dockerfile};
    /// let source = Arc::new(Source::new("Dockerfile", "FROM a\nENV b=1\nONBUILD USER c\n"));
    /// let file = Dockerfile::parse(&source).unwrap();
    /// assert_eq!(file.instructions[1].buildkit_args(), [&b"b"[..], b"1", b"="]);
    /// assert_eq!(file.instructions[2].buildkit_args(), [&b"USER"[..], b"c"]);
    /// ```
    pub fn buildkit_args(&self) -> Vec<&[u8]> {
        let mut args = Vec::new();
        if let Some(trigger) = &self.onbuild {
            args.push(trigger.keyword.name().as_bytes());
            // A trigger is never an `ONBUILD`.
            trigger.list_args(&mut args);
        }
        self.list_args(&mut args);
        args
    }

    fn list_args<'a>(&'a self, args: &mut Vec<&'a [u8]>) {
        for (index, arg) in self.args.iter().enumerate() {
            args.push(&arg.text);
            if index % 2 == 1 {
                match self.form {
                    Form::Pairs => args.push(b"="),
                    Form::LegacyPair => args.push(b""),
                    _ => {}
                }
            }
        }
    }
}
