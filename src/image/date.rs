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
        Self::of(year, month, day).filter(|_| Self::is_day(year, month, day))
    }

    /// Whether there is such a day, in any year.
    pub(crate) fn is_day(year: u32, month: u32, day: u32) -> bool {
        let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let most = match month {
            2 => 28 + u32::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        (1..=12).contains(&month) && (1..=most).contains(&day)
    }

    fn of(year: u32, month: u32, day: u32) -> Option<Self> {
        if !(2001..=2127).contains(&year) {
            return None;
        }
        u16::try_from(((year - 2000) << 9) | (month << 5) | day).ok().map(Date)
    }

    /// The day on which a number of seconds had passed since 1970 began (UTC); nothing for one outside the years.
    ///
    /// ```
    /// use dtpl::image::Date;
    /// assert_eq!(Date::at_unix_time(1_795_824_000), Date::parse("2026-11-28"));
    /// ```
    pub fn at_unix_time(seconds: u64) -> Option<Self> {
        let mut days = seconds / 86_400;
        let is_leap =
            |year: u32| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        for year in 1970..=2127 {
            let of_year = 365 + u64::from(is_leap(year));
            if days >= of_year {
                days -= of_year;
                continue;
            }
            let february = 28 + u64::from(is_leap(year));
            let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            for (month, of_month) in (1..).zip(months) {
                if days < of_month {
                    return if year > 2000 { Self::of(year, month, days as u32 + 1) } else { None };
                }
                days -= of_month;
            }
        }
        None
    }

    /// The day as many months later; the same number in the month, also where the month is shorter.
    ///
    /// ```
    /// use dtpl::image::Date;
    /// let day = Date::parse("2026-11-28").unwrap();
    /// assert_eq!(day.months_later(12), Date::parse("2027-11-28").unwrap());
    /// ```
    #[must_use]
    pub fn months_later(self, months: u16) -> Self {
        let (year, month, day) =
            (2000 + u32::from(self.0 >> 9), u32::from(self.0 >> 5 & 15), u32::from(self.0 & 31));
        let months = year * 12 + (month - 1) + u32::from(months);
        let (year, month) = (months / 12, months % 12 + 1);
        // The 31st of a month of thirty days compares as well as the 1st of the next.
        Self::of(year, month, day).unwrap_or(Date(u16::MAX))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}-{:02}-{:02}", 2000 + (self.0 >> 9), self.0 >> 5 & 15, self.0 & 31)
    }
}
