//! Scripts in the text of others: in backquotes, in the quotes of `sh -c '...'`, in a heredoc that a shell
//! reads.

use super::reader::{Pending, Reader};
use super::script::Script;
use crate::source::Span;

impl Reader<'_> {
    /// Finds the commands of a script that was put together from a part of this one.
    pub fn read_nested(&mut self, script: &Script) {
        if !self.found.takes(script.text().len()) {
            self.at = self.text().len();
            return;
        }
        if self.descend() {
            let mut reader = Reader::new(script, self.found);
            (reader.depth, reader.is_quoted) = (self.depth, true);
            reader.list(false);
        }
        self.depth -= 1;
    }

    /// After a line end: the lines of the heredocs that were opened before it.
    pub fn read_bodies(&mut self) {
        for heredoc in std::mem::take(&mut self.pending) {
            let body = self.body(&heredoc);
            if heredoc.is_script && !body.is_empty() {
                let mut script = Script::default();
                script.push_of(self.script, body, None);
                self.read_nested(&script);
            }
        }
    }

    /// Goes past a heredoc, and gives the part of the script that it is.
    fn body(&mut self, heredoc: &Pending) -> Span {
        let start = self.at;
        loop {
            let line_start = self.at;
            let rest = self.text().get(line_start..).unwrap_or_default();
            if rest.is_empty() {
                return start..line_start;
            }
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            self.skip(length + 1);
            let line = rest.get(..length).unwrap_or_default();
            let tabs = line.iter().take_while(|&&b| heredoc.chomps && b == b'\t').count();
            let line = line.get(tabs..).unwrap_or_default();
            if line.strip_suffix(b"\r").unwrap_or(line) == heredoc.name {
                return start..line_start;
            }
        }
    }
}
