//! Refuses values that would change the structure of the Dockerfile that they are put into.
//!
//! A value holds no line break: that is checked where it is set. What is left depends on the line that a
//! value is in:
//!
//! - `head`: a line at the head of the file becomes a comment, which may be a directive (`# syntax=`);
//! - `continuation`: a line ends in the escape character and is joined with the next one, or no longer
//!   ends in it;
//! - `skipped_line`: a line inside an instruction becomes blank or a comment, which BuildKit skips;
//! - `heredoc`: a line becomes the end of a heredoc.
//!
//! `checked_lines` finds the lines where any of this is possible, which most templates have few of, and
//! checks only these. A value counts as harmless if a letter in its place has the same effect.

mod checked_lines;
mod continuation;
mod head;
mod heredoc;
mod refusal;
mod skipped_line;
mod text;

pub use checked_lines::CheckedLines;
pub use heredoc::opens as opens_heredoc;
pub use text::{TextWithValues, lines, pieces};
