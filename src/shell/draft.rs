//! A command that is being read: its words and redirections, until it ends.

use super::command::{ScriptSource, ShellCommand};
use super::quotes::unquoted;
use super::reader::{Pending, Reader};
use super::word::Word;
use super::words::RawWord;

/// What the next word is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Expects {
    #[default]
    Command,
    /// A word of the command that was begun.
    Argument,
    /// What `case` looks at.
    Subject,
    /// The `in` of a `case`.
    In,
    /// The name of a loop's variable.
    Variable,
    /// What a loop goes through.
    Items,
    /// The name of a function.
    Function,
    /// Nothing that is a word of a command.
    Nothing,
}

/// A command that is being read.
#[derive(Default)]
pub(super) struct Draft {
    pub command: ShellCommand,
    pub raw: Vec<RawWord>,
    pub expects: Expects,
    /// The last heredoc that is its input.
    pub input: Option<Input>,
}

/// A heredoc, by its index.
#[derive(Clone, Copy)]
pub(super) enum Input {
    Pending(usize),
    OfInstruction(usize),
}

impl Draft {
    /// Whether nothing of a command was read.
    pub fn is_empty(&self) -> bool {
        let command = &self.command;
        self.expects == Expects::Command && command.words.is_empty() && command.redirected.is_empty()
    }
}

impl Reader<'_> {
    /// A word without its quotes.
    pub fn plain(&self, word: &RawWord) -> Word {
        let raw = || self.text().get(word.part.clone()).unwrap_or_default();
        let text = match word.is_plain {
            true => String::from_utf8_lossy(raw()).into_owned(),
            false => {
                let script = unquoted(self.script, &word.part, &word.expansions, false);
                String::from_utf8_lossy(script.text()).into_owned()
            }
        };
        Word { text, span: self.script.place(word.part.clone()) }
    }

    /// `>file`, `2>&1`, `<<EOF`: `start` is where its number starts, if it has one.
    pub fn redirection(&mut self, draft: &mut Draft, start: Option<usize>) {
        const SIGNS: [&[u8]; 13] =
            [b"<<<", b"<<-", b"&>>", b"<<", b"<&", b"<>", b">>", b">&", b">|", b"&>", b"<", b">", b""];
        let first = start.unwrap_or(self.at);
        let number = self.text().get(first..self.at).unwrap_or_default();
        let sign = SIGNS.into_iter().find(|sign| self.is_at(sign)).unwrap_or_default();
        self.skip(sign.len());
        self.skip_blanks();
        let is_input = matches!(number, b"" | b"0") && sign.starts_with(b"<");
        let word = self.word();
        draft.command.is_fed |= is_input;
        if matches!(sign, b"<<" | b"<<-") {
            let place = self.script.place(first..first + 1).start;
            let given = self.heredocs.binary_search_by_key(&place, |heredoc| heredoc.span.start);
            let input = match given {
                Ok(given) => Input::OfInstruction(given),
                Err(_) => {
                    let name = unquoted(self.script, &word.part, &[], false).text().to_vec();
                    self.pending.push(Pending { name, chomps: sign == b"<<-", is_script: false });
                    Input::Pending(self.pending.len() - 1)
                }
            };
            if is_input {
                draft.input = Some(input);
            }
        } else if is_input {
            draft.input = None;
        }
        let names_file = !sign.starts_with(b"<<") && !sign.ends_with(b"&") && !word.part.is_empty();
        if names_file {
            let word = self.plain(&word);
            if sign.contains(&b'>') {
                draft.command.written.push(word.clone());
            }
            draft.command.redirected.push(word);
        }
    }

    /// Keeps the command that was read, and reads the script that it gives a shell.
    pub fn end_command(&mut self, draft: &mut Draft, fed: bool, is_optional: bool) {
        let Draft { mut command, raw, input, expects } = std::mem::take(draft);
        // The items of a loop and the like may be followed by a line end, but the words go on.
        if matches!(expects, Expects::In | Expects::Subject) {
            draft.expects = expects;
        }
        if command.words.is_empty() && command.redirected.is_empty() {
            return;
        }
        let first = command.words.first().map_or("", |word| &*word.text);
        self.may_have_ended |= matches!(first, "exit" | "return" | "exec");
        command.is_fed |= fed;
        command.is_optional = is_optional;
        command.is_quoted = self.is_quoted;
        let script = command.script();
        command.is_script_read = match script {
            ScriptSource::Word(_) => true,
            ScriptSource::Input => input.is_some(),
            ScriptSource::None | ScriptSource::File(_) => false,
        };
        self.found.commands.push(command);
        match script {
            ScriptSource::Word(at) => {
                if let Some(word) = raw.get(at) {
                    let script = unquoted(self.script, &word.part, &word.expansions, true);
                    self.read_nested(&script);
                }
            }
            ScriptSource::Input => match input {
                Some(Input::Pending(at)) => {
                    if let Some(pending) = self.pending.get_mut(at) {
                        pending.is_script = true;
                    }
                }
                Some(Input::OfInstruction(at)) => self.found.scripts.push(at),
                None => {}
            },
            ScriptSource::None | ScriptSource::File(_) => {}
        }
    }
}
