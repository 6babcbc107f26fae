//! `case WORD in PATTERN) ... ;; esac` in the commands of a `RUN`: what is compared, and with what.

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
    /// Whether it is certain that it is reached, and that an `exit` in it ends the whole script: it is in no
    /// loop, `if`, function, brackets or pipe.
    pub is_certain: bool,
}

/// A branch of a `case`.
#[derive(Clone, Debug, Default)]
pub struct CaseBranch {
    /// Its patterns, as they are written.
    pub patterns: Vec<Span>,
    /// The commands up to its `;;`.
    pub body: Span,
}

/// A `case` that has not ended.
struct OpenCase {
    case: ShellCase,
    /// The patterns of the branch, while they are read.
    patterns: Vec<Span>,
}

/// The `case`s of one script, as they are read.
#[derive(Default)]
pub(super) struct Cases {
    /// Those that are open; of the deepest only how many they are.
    open: Vec<OpenCase>,
    deeper: usize,
    /// What is compared, until `in` follows.
    subject: Span,
    /// Those that have ended.
    pub found: Vec<ShellCase>,
}

impl Cases {
    pub fn subject(&mut self, subject: Span) {
        self.subject = subject;
    }

    /// At `in`.
    pub fn begin(&mut self, is_certain: bool) {
        if self.open.len() == DEEPEST {
            self.deeper += 1;
            return;
        }
        let subject = std::mem::take(&mut self.subject);
        let case = ShellCase { subject, is_certain, ..ShellCase::default() };
        self.open.push(OpenCase { case, patterns: Vec::new() });
    }

    fn innermost(&mut self) -> Option<&mut OpenCase> {
        self.open.last_mut().filter(|_| self.deeper == 0)
    }

    pub fn pattern(&mut self, pattern: Span) {
        if let Some(open) = self.innermost() {
            open.patterns.push(pattern);
        }
    }

    /// At the end of a branch, with its commands.
    pub fn end_branch(&mut self, body: Span) {
        if let Some(open) = self.innermost() {
            let patterns = std::mem::take(&mut open.patterns);
            open.case.branches.push(CaseBranch { patterns, body });
        }
    }

    /// At `esac`.
    pub fn end(&mut self) {
        match self.deeper.checked_sub(1) {
            Some(left) => self.deeper = left,
            None => self.found.extend(self.open.pop().map(|open| open.case)),
        }
    }
}
