//! The end of what `dtpl migrate` prints on stderr: a short list that a person can work through.

use super::super::check::text::count;
use super::summary::{FileStep, Summary};
use crate::escape::{escaped, grouped, shortened};
use crate::migrate::Breaks;

/// How many lines there are of each part.
const MOST_LINES: usize = 30;
/// How many characters a line has.
const LONGEST_LINE: usize = 200;

/// The list; nothing where nothing is changed and nothing found.
pub fn report(summary: &Summary, is_written: bool) -> String {
    let mut text = String::new();
    part(&mut text, if is_written { "Changed:" } else { "To change:" }, changed(summary));
    part(&mut text, "To decide, in the order in which it breaks:", decisions(summary));
    if !summary.images.is_empty() {
        let mut tests = vec!["that it builds for each device type".to_owned()];
        tests.extend(summary.tests.iter().map(|test| (*test).to_owned()));
        part(&mut text, "To test on the device:", tests);
    }
    text
}

fn part(text: &mut String, heading: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    text.push_str(&format!("{heading}\n"));
    let omitted = lines.len().saturating_sub(MOST_LINES);
    for line in lines.into_iter().take(MOST_LINES) {
        text.push_str(&format!("  {}\n", escaped(&shortened(&line, LONGEST_LINE))));
    }
    if omitted > 0 {
        text.push_str(&format!("  ... and {} more\n", grouped(omitted)));
    }
}

fn changed(summary: &Summary) -> Vec<String> {
    let mut lines: Vec<String> = summary
        .images
        .iter()
        .map(|image| {
            let until = image.until.as_ref().map_or_else(String::new, |day| format!(" (until {day})"));
            format!("{}:{}: {} -> {}{until}", image.file, image.line, image.old, image.new)
        })
        .collect();
    lines.extend(summary.calls.iter().map(|calls| {
        let times = count(calls.number, "call");
        match calls.now {
            "" => format!("{times} of {} removed", calls.program),
            now => format!("{times} of {} replaced by {now}", calls.program),
        }
    }));
    lines.extend(
        summary
            .additions
            .iter()
            .map(|added| format!("{}:{}: {}: {}", added.file, added.line, added.why, added.what)),
    );
    lines.extend(summary.files.iter().filter_map(|file| match file {
        FileStep::Changed(_) => None,
        FileStep::Renamed(old, new) => Some(format!("{old} renamed to {new}")),
        FileStep::New(new) => Some(format!("{new} is new")),
    }));
    lines
}

fn decisions(summary: &Summary) -> Vec<String> {
    let line = |decision: &super::summary::Decision| {
        let finding = decision.finding;
        let breaks = match decision.breaks {
            Breaks::Information => "note",
            breaks => breaks.name(),
        };
        format!(
            "{breaks}: {}:{}: {} [{}]",
            finding.source.name(),
            decision.line,
            finding.message,
            finding.rule
        )
    };
    summary.decisions.iter().map(line).collect()
}
