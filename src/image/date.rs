//! A day in two bytes: the catalogue holds thousands of them, and only ever compares and prints them.

use std::fmt;

/// A day between 2001 and 2127. Later days are greater.
///
/// ```
/// use dtpl::image::Date;
/// let end = Date::parse("2025-05-23").unwrap();
/// assert!(end > Date::parse("20210201").unwrap());
/// assert_eq!(end.to_string(), "2025-05-23");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(u16);

impl Date {
    /// What [`Date::bits`] gave; for tables that are compiled in.
    pub const fn from_bits(bits: u16) -> Self {
        Date(bits)
    }

    /// As a number; 0 is no day.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Reads `2025-05-23` or `20250523`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = match text.as_bytes() {
            [_, _, _, _, b'-', _, _, b'-', _, _] => text.replace('-', ""),
            _ => text.to_owned(),
        };
        if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number: u32 = digits.parse().ok()?;
        let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
        if !(2001..=2127).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        u16::try_from(((year - 2000) << 9) | (month << 5) | day).ok().map(Date)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}-{:02}-{:02}", 2000 + (self.0 >> 9), self.0 >> 5 & 15, self.0 & 31)
    }
}
