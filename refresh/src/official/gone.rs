//! `gone-tags.txt`: the tags that an image had once, with the platforms of their last day, and the platforms that a tag
//! lost. What the tree knows is carried on: the file itself, and the last `base-images.yaml`, whose tags may have gone
//! since. The table of the whole history, where it is there, knows the days better, up to the day on which it ends.

mod file;
mod history;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;

use anyhow::Context as _;

use super::library::Images;
use crate::Places;

const HISTORY: &str = "official-images-history.tsv.gz";
const FILE: &str = "gone-tags.txt";
const CURRENT: &str = "base-images.yaml";

/// An image and a tag of it.
type Tag = (String, String);

/// What is no more.
#[derive(Debug, Default, PartialEq)]
struct Past {
    /// The tags that are there no more, or may be; [`Past::take_out`] takes out those that are.
    gone: BTreeMap<Tag, Last>,
    /// The platforms that a tag lost while it was there, each with the day from which it was lost.
    lost: BTreeMap<Tag, BTreeMap<String, String>>,
}

/// What a tag was last.
#[derive(Clone, Debug, PartialEq)]
struct Last {
    /// The day from which it was gone.
    day: String,
    platforms: BTreeSet<String>,
    /// The day of what says so.
    known: String,
}

/// A list of platforms: `amd64 arm/v7`.
fn set(platforms: &str) -> BTreeSet<String> {
    platforms.split(' ').map(str::to_owned).collect()
}

pub fn text(places: &Places, images: &Images) -> anyhow::Result<String> {
    let read = |name: &str| fs::read_to_string(places.root.join(name)).with_context(|| name.to_owned());
    let mut past = file::read(&read(FILE)?)?;
    past.add_current(&read(CURRENT)?, &places.date)?;
    let path = places.sources.join(HISTORY);
    if path.is_file() {
        let mut text = String::new();
        flate2::read::GzDecoder::new(fs::File::open(path)?).read_to_string(&mut text).context(HISTORY)?;
        let (history, until) = history::read(&text, &places.date).context(HISTORY)?;
        past = past.corrected_by(history, &until);
    }
    past.take_out(images);
    Ok(file::written(&past))
}

impl Past {
    /// Adds the tags of the last `base-images.yaml`: those that the sources have no more are gone since now.
    fn add_current(&mut self, text: &str, today: &str) -> anyhow::Result<()> {
        #[derive(serde::Deserialize)]
        struct File {
            snapshot: String,
            images: BTreeMap<String, Image>,
        }
        #[derive(serde::Deserialize)]
        struct Image {
            builds: Vec<(String, String)>,
        }
        let file: File = serde_yaml::from_str(text).context(CURRENT)?;
        for (image, found) in file.images {
            for (platforms, tags) in found.builds {
                let last =
                    Last { day: today.to_owned(), platforms: set(&platforms), known: file.snapshot.clone() };
                let tags = tags.split(' ').map(|tag| (image.clone(), tag.to_owned()));
                self.gone.extend(tags.map(|tag| (tag, last.clone())));
            }
        }
        Ok(())
    }

    /// Takes what the history says in place of what is known here, unless this is of a later day than the last one of
    /// the history.
    fn corrected_by(mut self, history: Past, until: &str) -> Past {
        for (tag, last) in history.gone {
            let later: BTreeMap<String, String> =
                self.lost.remove(&tag).into_iter().flatten().filter(|(_, day)| **day > *until).collect();
            let mut lost = history.lost.get(&tag).cloned().unwrap_or_default();
            lost.extend(later);
            let is_later = self.gone.get(&tag).is_some_and(|here| *here.known > *until);
            if !is_later {
                self.gone.insert(tag.clone(), last);
            }
            let platforms = &self.gone[&tag].platforms;
            lost.retain(|platform, _| !platforms.contains(platform));
            self.lost.insert(tag, lost);
        }
        self
    }

    /// Takes out what is there today. What a tag had until then, and has not got now, it has lost.
    fn take_out(&mut self, images: &Images) {
        for (image, blocks) in images {
            for block in blocks {
                for tag in &block.tags {
                    let tag = (image.clone(), tag.clone());
                    let lost = self.lost.entry(tag.clone()).or_default();
                    if let Some(last) = self.gone.remove(&tag) {
                        let now_lost = last.platforms.difference(&block.platforms);
                        lost.extend(now_lost.map(|one| (one.clone(), last.day.clone())));
                    }
                    lost.retain(|platform, _| !block.platforms.contains(platform));
                }
            }
        }
        self.lost.retain(|_, lost| !lost.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::super::library::Block;
    use super::*;

    const HEADER: &str = "image\ttag\tfrom\tto\tarches\n";

    fn images(builds: &[(&str, &str)]) -> Images {
        let block = |(platforms, tags): &(&str, &str)| Block {
            platforms: set(platforms),
            tags: tags.split(' ').map(str::to_owned).collect(),
        };
        Images::from([("a".to_owned(), builds.iter().map(block).collect())])
    }

    /// What is made of a `gone-tags.txt`, a build of `base-images.yaml` of a day, and a history, on 2026-03-01.
    fn made(
        gone: &str,
        (snapshot, builds): (&str, &str),
        history: Option<&str>,
        now: &[(&str, &str)],
    ) -> String {
        let today = "2026-03-01";
        let mut past = file::read(gone).unwrap();
        let current = format!("snapshot: {snapshot}\nimages:\n  a: {{products: \"\", builds: {builds}}}\n");
        past.add_current(&current, today).unwrap();
        if let Some(rows) = history {
            let (history, until) = history::read(&format!("{HEADER}{rows}"), today).unwrap();
            past = past.corrected_by(history, &until);
        }
        past.take_out(&images(now));
        let text = file::written(&past);
        text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
    }

    const NOTHING: (&str, &str) = ("2026-01-01", "[]");

    #[test]
    fn what_went_and_what_lost_platforms_since_the_last_refresh() {
        let before = ("2026-01-01", "[[amd64 arm/v7, 1.1 1 latest], [amd64, 2-slim]]");
        let text = made("", before, None, &[("amd64", "1 latest"), ("amd64 arm64", "2-slim")]);
        assert_eq!(text, "- a 2026-03-01 arm/v7\n1 _\nlatest _\n= a 2026-03-01 amd64 arm/v7\n1.1 _\n");
        // The next refresh keeps it, and does not find it again.
        let now = [("amd64", "1 latest"), ("amd64 arm64", "2-slim")];
        let next = made(&text, ("2026-02-02", "[[amd64, 1 latest], [amd64 arm64, 2-slim]]"), None, &now);
        assert_eq!(next, text);
    }

    #[test]
    fn a_tag_that_comes_back_lost_what_it_has_not_got_any_more() {
        let gone = "- a 2024-01-01 386\n1 _\n= a 2025-01-01 amd64 arm/v7\n1 _ slim\n";
        let text = made(gone, NOTHING, None, &[("amd64 386", "1"), ("amd64 arm/v7 arm64", "1-slim")]);
        // 386 is back, arm/v7 is not.
        assert_eq!(text, "- a 2025-01-01 arm/v7\n1 _\n");
    }

    #[test]
    fn a_history_knows_what_a_tag_was_last_and_what_it_had_lost() {
        let rows = "a\t1\t2020-01-01\t2021-01-01\tamd64,arm32v5,i386\n\
            a\t1\t2021-01-01\t2022-01-01\tamd64,i386\n\
            a\t1\t2023-01-01\t2024-01-01\tamd64,arm32v5\n\
            a\t2\t2023-01-01\t2024-01-01\tamd64,s390x\n\
            a\t2\t2024-01-01\t\tamd64\n\
            a\t3\t2024-05-05\t2024-05-05\tarm64v8\n";
        let text = made("", NOTHING, Some(rows), &[("amd64", "2")]);
        let lost = "- a 2022-01-01 386\n1 _\n- a 2024-01-01 s390x\n2 _\n";
        assert_eq!(text, format!("{lost}= a 2024-01-01 amd64 arm/v5\n1 _\n= a 2024-05-05 arm64\n3 _\n"));
    }

    #[test]
    fn an_old_history_does_not_undo_what_was_found_after_it() {
        let rows = "a\t1\t2024-01-01\t\tamd64,i386\na\t2\t2024-01-01\t2024-02-02\tamd64\n";
        // After its end 1 lost a platform and went, and 2 came back and went.
        let gone = "- a 2025-01-01 386\n1 _\n= a 2025-05-05 arm64\n2 _\n= a 2025-06-06 amd64\n1 _\n";
        assert_eq!(made(gone, NOTHING, Some(rows), &[]), gone);
        // What it says of its own days counts, whatever a refresh found later.
        let guessed = "= a 2024-01-31 amd64 s390x\n2 _\n";
        let text = made(guessed, NOTHING, Some(rows), &[("amd64 386", "1")]);
        assert_eq!(text, "= a 2024-02-02 amd64\n2 _\n");
    }

    #[test]
    fn what_went_after_the_end_of_a_history_is_gone_too() {
        let rows = "a\t1\t2024-01-01\t\tamd64,i386\na\t2\t2024-01-01\t\tamd64,i386\n";
        let text = made("", NOTHING, Some(rows), &[("amd64", "2")]);
        assert_eq!(text, "- a 2026-03-01 386\n2 _\n= a 2026-03-01 386 amd64\n1 _\n");
    }

    #[test]
    fn images_that_the_history_does_not_have_are_carried_on() {
        let gone = "= mcr.microsoft.com/dotnet/sdk 2025-01-01 amd64\n6.0 _ alpine\n";
        let rows = "a\t1\t2024-01-01\t\tamd64\n";
        assert_eq!(made(gone, NOTHING, Some(rows), &[("amd64", "1")]), gone);
    }
}
