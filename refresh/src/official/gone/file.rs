//! The form of `gone-tags.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, bail};

use super::{FILE, Last, Past, set};

const HEAD: &str = "\
# The tags that official images had once: made by `cargo run -p refresh`, see docs/refresh.md. Compiled in by build.rs.
# A line `= IMAGE DAY PLATFORMS` begins those that were there until that day; then a version, and what followed it:
# `3.9.1 _ slim` stands for the tags `3.9.1` and `3.9.1-slim`. A line `- IMAGE DAY PLATFORMS` begins tags that lost these
# platforms on that day, and were there for others.
";

pub fn read(text: &str) -> anyhow::Result<Past> {
    let mut past = Past::default();
    let (mut kind, mut image, mut day, mut platforms) = ("", "", "", "");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fault = || format!("{FILE}: `{line}`");
        if line.starts_with(['=', '-']) {
            let [a, b, c, d] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else { bail!(fault()) };
            (kind, image, day, platforms) = (a, b, c, d);
            continue;
        }
        let (version, variants) = line.split_once(' ').with_context(fault)?;
        for variant in variants.split(' ') {
            let tag = if variant == "_" { version.to_owned() } else { format!("{version}-{variant}") };
            let tag = (image.to_owned(), tag);
            match kind {
                "=" => {
                    let day = day.to_owned();
                    past.gone.insert(tag, Last { known: day.clone(), day, platforms: set(platforms) });
                }
                "-" => {
                    let lost = set(platforms).into_iter().map(|platform| (platform, day.to_owned()));
                    past.lost.entry(tag).or_default().extend(lost);
                }
                _ => bail!(fault()),
            }
        }
    }
    Ok(past)
}

/// A tag as its version and the rest: `3.9.1-slim`, `bookworm-20240904-slim`.
fn split(tag: &str) -> (&str, &str) {
    let is_day = |piece: &str| piece.len() == 8 && piece.bytes().all(|byte| byte.is_ascii_digit());
    let Some((first, rest)) = tag.split_once('-') else { return (tag, "") };
    let (second, last) = rest.split_once('-').unwrap_or((rest, ""));
    match is_day(second) {
        true => (&tag[..first.len() + 1 + second.len()], last),
        false => (first, rest),
    }
}

pub fn written(past: &Past) -> String {
    let joined = |platforms: &BTreeSet<&str>| platforms.iter().copied().collect::<Vec<_>>().join(" ");
    // By image, whether it is gone, day and platforms.
    type Head<'p> = (&'p str, char, &'p str, String);
    let mut groups: BTreeMap<Head, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    let mut add = |head, tag| {
        let (version, variant) = split(tag);
        let versions: &mut BTreeMap<&str, BTreeSet<&str>> = groups.entry(head).or_default();
        versions.entry(version).or_default().insert(variant);
    };
    for ((image, tag), last) in &past.gone {
        let platforms = last.platforms.iter().map(String::as_str).collect();
        add((image.as_str(), '=', last.day.as_str(), joined(&platforms)), tag.as_str());
    }
    for ((image, tag), lost) in &past.lost {
        let days: BTreeSet<&String> = lost.values().collect();
        for day in days {
            let platforms = lost.iter().filter(|(_, of)| *of == day).map(|(platform, _)| platform.as_str());
            add((image.as_str(), '-', day.as_str(), joined(&platforms.collect())), tag.as_str());
        }
    }
    let mut out = HEAD.to_owned();
    for ((image, kind, day, platforms), versions) in groups {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "{kind} {image} {day} {platforms}");
        for (version, variants) in versions {
            let variants = variants.into_iter().map(|variant| if variant.is_empty() { "_" } else { variant });
            let _ = writeln!(out, "{version} {}", variants.collect::<Vec<_>>().join(" "));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let text = format!(
            "{HEAD}- a 2024-01-01 386\n1 _ slim\n- a 2025-01-01 arm/v5\n1 slim\n\
            = a 2025-06-06 amd64 arm64\n1 _ slim slim-trixie\ntrixie-20250101 _ slim\n"
        );
        let past = read(&text).unwrap();
        assert_eq!((past.gone.len(), past.lost.len()), (5, 2));
        let dated = &past.gone[&("a".to_owned(), "trixie-20250101-slim".to_owned())];
        assert_eq!((dated.day.as_str(), &dated.platforms), ("2025-06-06", &set("amd64 arm64")));
        assert_eq!(written(&past), text);
    }

    #[test]
    fn a_line_without_a_head_is_an_error() {
        for text in ["1 _\n", "= a 2024-01-01\n1 _\n", "= a 2024-01-01 amd64\n1\n"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
