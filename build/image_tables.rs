//! How tables of images are written as Rust: every text that is in many places once, by its number.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::date::Date;
use crate::image_reader::Named;

/// Texts that are in many places, by their number.
pub struct Texts(Vec<String>);

impl Texts {
    pub fn of(all: BTreeSet<String>) -> Texts {
        Texts(all.into_iter().collect())
    }

    pub fn at(&self, text: &str) -> usize {
        self.0.binary_search_by(|known| known.as_str().cmp(text)).expect("every text was collected")
    }

    /// All of them as one text, with where each ends.
    pub fn write(&self, name: &str, out: &mut String) -> std::fmt::Result {
        let mut end = 0;
        let ends = list(self.0.iter().map(|text| {
            end += text.len();
            end.to_string()
        }));
        let all = self.0.concat();
        writeln!(out, "pub(super) static {name}: Texts = Texts {{ all: {all:?}, ends: {ends} }};")
    }
}

pub fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("&[{}]", items.into_iter().collect::<Vec<_>>().join(","))
}

/// In order, each once.
pub fn unique<'t>(items: impl Iterator<Item = &'t String>) -> Vec<String> {
    items.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

pub fn quoted(items: &[String]) -> String {
    list(items.iter().map(|item| format!("{item:?}")))
}

pub fn pairs<T>(items: &Named<T>, value: impl Fn(&T) -> String) -> String {
    list(items.iter().map(|(name, item)| format!("({name:?},{})", value(item))))
}

pub fn day(date: Option<Date>) -> u16 {
    date.map_or(0, Date::bits)
}

pub fn dated(date: &Date) -> String {
    format!("Date::from_bits({})", date.bits())
}

/// A table of texts by name.
pub fn strings(name: &str, items: &Named<String>, out: &mut String) -> std::fmt::Result {
    let items = pairs(items, |text| format!("{text:?}"));
    writeln!(out, "pub(super) static {name}: &[(&str, &str)] = {items};")
}
