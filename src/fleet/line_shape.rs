//! What lines with fleets have in common with the one before: everything but the values, when a program has
//! written them.

use super::plain_fleet::{GivenVariables, PlainFleet};

/// The text of a line around its values, which are strings.
#[derive(Debug)]
pub struct LineShape {
    /// What is before the values, one after the other, and after the last.
    text: Vec<u8>,
    gaps: Vec<Gap>,
}

/// A value.
#[derive(Debug)]
struct Gap {
    /// Where the text before it ends.
    end: usize,
    value: GapValue,
}

#[derive(Clone, Copy, Debug)]
enum GapValue {
    Name,
    Device,
    /// That of a variable, whose name starts and ends so many bytes before the value.
    Variable {
        from: usize,
        to: usize,
    },
}

impl LineShape {
    /// The shape of a line that was read; nothing if a value is no string.
    pub fn of(line: &str, fleet: &PlainFleet, variables: &GivenVariables) -> Option<Self> {
        // All of them are parts of the line.
        let at = |part: &str| (part.as_ptr() as usize).checked_sub(line.as_ptr() as usize);
        let mut values = vec![(at(fleet.name)?, fleet.name, GapValue::Name)];
        values.push((at(fleet.device)?, fleet.device, GapValue::Device));
        for (name, value) in variables {
            let (start, of_name) = (at(value)?, at(name)?);
            let from = start.checked_sub(of_name)?;
            values.push((start, value, GapValue::Variable { from, to: from.checked_sub(name.len())? }));
        }
        values.sort_by_key(|(start, ..)| *start);
        let (mut text, mut gaps, mut done) = (Vec::new(), Vec::new(), 0);
        for (start, part, value) in values {
            let before = line.as_bytes().get(done..start)?;
            done = start + part.len();
            if before.last() != Some(&b'"') || line.as_bytes().get(done) != Some(&b'"') {
                return None;
            }
            text.extend_from_slice(before);
            gaps.push(Gap { end: text.len(), value });
        }
        text.extend_from_slice(line.as_bytes().get(done..)?);
        Some(LineShape { text, gaps })
    }

    /// Reads a line of this shape in which nothing is escaped; nothing if it has another.
    pub fn read<'l>(&self, line: &'l str, variables: &mut GivenVariables<'l>) -> Option<PlainFleet<'l>> {
        let bytes = line.as_bytes();
        let (mut name, mut name_at, mut device) = ("", 0, "");
        let (mut at, mut known) = (0, 0);
        for gap in &self.gaps {
            let before = self.text.get(known..gap.end)?;
            known = gap.end;
            let start = at + before.len();
            if bytes.get(at..start)? != before {
                return None;
            }
            at = start + bytes.get(start..)?.iter().position(|b| *b == b'"')?;
            let value = line.get(start..at)?;
            match gap.value {
                GapValue::Name => (name, name_at) = (value, start.checked_sub(1)?),
                GapValue::Device => device = value,
                GapValue::Variable { from, to } => {
                    variables.push((line.get(start.checked_sub(from)?..start.checked_sub(to)?)?, value))
                }
            }
        }
        let is_whole = bytes.get(at..)? == self.text.get(known..)?;
        is_whole.then_some(PlainFleet { name, name_at, device, is_ordinary: true })
    }
}
