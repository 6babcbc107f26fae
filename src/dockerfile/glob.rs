//! The patterns of `${x#p}`, `${x%p}` and `${x/p/r}`: `*` is any text, `?` any character.
//!
//! Matching examines every pair of pattern token and character at most once per starting point, and
//! stops with an error at a limit: a template may come from a stranger.

use super::budget::Budget;
use super::text;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// A character, or a byte that is part of none.
    One(u32),
    /// `?`
    Any,
    /// `*`
    Many,
}

/// Why a pattern could not be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// A backslash before something that needs none.
    Escape,
    /// Too much work, or too long a result.
    TooLong,
}

pub(super) struct Glob<'b> {
    tokens: Vec<Token>,
    budget: &'b mut Budget,
}

/// A text as numbers: characters, and bytes that are part of none above them; with their ends.
fn units(bytes: &[u8]) -> Vec<(u32, usize)> {
    let mut units = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let (c, width) = text::first(&bytes[at..]);
        let unit = c.map_or(0x11_0000 + u32::from(bytes[at]), u32::from);
        at += width;
        units.push((unit, at));
    }
    units
}

impl<'b> Glob<'b> {
    /// Reads a pattern. The backslash makes `*`, `?`, `}`, `/` and itself ordinary.
    pub fn new(pattern: &[u8], budget: &'b mut Budget) -> Result<Self, Refused> {
        let mut tokens = Vec::new();
        let mut units = units(pattern).into_iter().map(|(unit, _)| unit).peekable();
        while let Some(unit) = units.next() {
            tokens.push(match char::from_u32(unit) {
                Some('*') => Token::Many,
                Some('?') => Token::Any,
                Some('\\') => match units.next().map(|unit| (unit, char::from_u32(unit))) {
                    Some((unit, Some('*' | '?' | '\\' | '}' | '/'))) => Token::One(unit),
                    _ => return Err(Refused::Escape),
                },
                _ => Token::One(unit),
            });
        }
        // Two stars side by side match what one does.
        tokens.dedup_by(|a, b| *a == Token::Many && *b == Token::Many);
        Ok(Glob { tokens, budget })
    }

    /// How many of `units` the pattern takes from their start: as few or as many as it can.
    fn ends(&mut self, units: impl Iterator<Item = u32>, longest: bool) -> Result<Option<usize>, Refused> {
        // Which tokens could come next, for the characters seen so far.
        let count = self.tokens.len();
        let mut step = || if self.budget.step(count + 1) { Ok(()) } else { Err(Refused::TooLong) };
        step()?;
        let mut next = vec![false; count + 1];
        next[0] = true;
        skip_stars(&self.tokens, &mut next);
        let mut found = next[count].then_some(0);
        if found.is_some() && !longest {
            return Ok(found);
        }
        for (seen, unit) in units.enumerate() {
            step()?;
            let mut after = vec![false; count + 1];
            let wild = unit != u32::from('\n');
            for (index, token) in self.tokens.iter().enumerate().filter(|&(index, _)| next[index]) {
                match token {
                    Token::One(one) if *one == unit => after[index + 1] = true,
                    Token::Any if wild => after[index + 1] = true,
                    Token::Many if wild => after[index] = true,
                    _ => {}
                }
            }
            skip_stars(&self.tokens, &mut after);
            if !after.contains(&true) {
                break;
            }
            if after[count] {
                found = Some(seen + 1);
                if !longest {
                    break;
                }
            }
            next = after;
        }
        Ok(found)
    }

    /// `value` without the part at its start that matches.
    pub fn trim_start(mut self, value: &[u8], longest: bool) -> Result<Vec<u8>, Refused> {
        let units = units(value);
        let taken = self.ends(units.iter().map(|unit| unit.0), longest)?;
        let start = taken.filter(|&taken| taken > 0).map_or(0, |taken| units[taken - 1].1);
        Ok(value[start..].to_vec())
    }

    /// `value` without the part at its end that matches.
    pub fn trim_end(mut self, value: &[u8], longest: bool) -> Result<Vec<u8>, Refused> {
        let units = units(value);
        self.tokens.reverse();
        let taken = self.ends(units.iter().rev().map(|unit| unit.0), longest)?.unwrap_or(0);
        let kept = units.len() - taken;
        let end = if kept == 0 { 0 } else { units[kept - 1].1 };
        Ok(value[..end].to_vec())
    }

    /// `value` with the first match, or all matches, replaced. Of the matches that start at one place the
    /// longest counts; an empty match does not follow another match directly.
    pub fn replace(mut self, value: &[u8], with: &[u8], all: bool) -> Result<Vec<u8>, Refused> {
        let units = units(value);
        let mut result = Vec::new();
        let (mut at, mut after_match, mut open) = (0, false, true);
        while at <= units.len() {
            let here = if at == 0 { 0 } else { units[at - 1].1 };
            let rest = units[at..].iter().map(|unit| unit.0);
            let taken = if open { self.ends(rest, true)? } else { None };
            let taken = taken.filter(|&taken| taken > 0 || !after_match);
            if taken.is_some() {
                result.extend_from_slice(with);
                open = all;
            }
            if result.len() > self.budget.bytes {
                return Err(Refused::TooLong);
            }
            after_match = taken.is_some_and(|taken| taken > 0);
            match taken.filter(|&taken| taken > 0) {
                Some(taken) => at += taken,
                None => {
                    if let Some(&(_, end)) = units.get(at) {
                        result.extend_from_slice(&value[here..end]);
                    }
                    at += 1;
                }
            }
        }
        Ok(result)
    }
}

/// A star may match nothing.
fn skip_stars(tokens: &[Token], next: &mut [bool]) {
    for (index, token) in tokens.iter().enumerate() {
        if next[index] && *token == Token::Many {
            next[index + 1] = true;
        }
    }
}
