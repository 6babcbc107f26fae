//! The table of the whole history: which tags the official images had on which days.

use std::collections::BTreeSet;

use anyhow::bail;

use super::{Last, Past};
use crate::official::library;

/// Reads it, and the last day on which something changes in it. A tag that is there at its end goes today at the
/// earliest.
pub fn read(text: &str, today: &str) -> anyhow::Result<(Past, String)> {
    let mut past = Past::default();
    let mut until = String::new();
    // The rows of a tag stand in the order of their days.
    for line in text.lines().skip(1) {
        let [image, tag, from, to, arches] = line.split('\t').collect::<Vec<_>>()[..] else {
            bail!("`{line}` has not five columns");
        };
        let mut platforms = BTreeSet::new();
        for arch in arches.split(',') {
            platforms.extend(library::platform(arch)?);
        }
        if let Some(day) = [from, to].into_iter().max().filter(|day| **day > *until) {
            until = day.to_owned();
        }
        let day = if to.is_empty() { today } else { to };
        let tag = (image.to_owned(), tag.to_owned());
        let last = Last { day: day.to_owned(), platforms: platforms.clone(), known: day.to_owned() };
        let lost = past.lost.entry(tag.clone()).or_default();
        if let Some(before) = past.gone.insert(tag, last) {
            lost.extend(before.platforms.into_iter().map(|platform| (platform, before.day.clone())));
        }
        lost.retain(|platform, _| !platforms.contains(platform));
    }
    Ok((past, until))
}
