//! `--format markdown` and `--checklist`: what a migration comes to, as the text of a pull request.
//!
//! Names of files and images stand in code spans; outside of them, nothing that a user wrote acts as Markdown.

use super::super::check::text::count;
use super::summary::{Decision, FileStep, Summary};
use crate::escape::{escaped, grouped, shortened};
use crate::migrate::Breaks;

/// How many rows and items there are of each part.
const MOST_ITEMS: usize = 200;
/// How many characters of a text there are.
const LONGEST: usize = 500;

/// The whole text: what was changed, what to decide, what to test.
pub fn pull_request(summary: &Summary) -> String {
    let mut text = String::from("# Move to maintained base images\n\n");
    if summary.images.is_empty() {
        text.push_str("No image is replaced.\n\n");
    } else {
        let devices: Vec<&str> = summary.devices.iter().copied().collect();
        let more = if devices.len() > 8 { format!(" and {} more", devices.len() - 8) } else { String::new() };
        let named: Vec<String> = devices.iter().take(8).map(|slug| code(slug)).collect();
        text.push_str(&format!("For {}{more}.\n\n", named.join(", ")));
        text.push_str("## Images\n\n| place | old | new | maintained until |\n|---|---|---|---|\n");
        let row = |image: &&crate::migrate::ImageChange| {
            format!(
                "| {} | {} | {} | {} |\n",
                cell(&code(&format!("{}:{}", image.file, image.line))),
                cell(&code(&image.old)),
                cell(&code(&image.new)),
                image.until.as_deref().unwrap_or("no fixed day")
            )
        };
        bounded(&mut text, summary.images.iter().map(row));
        text.push('\n');
    }
    let files: Vec<String> = summary
        .files
        .iter()
        .map(|file| match file {
            FileStep::Changed(path) => format!("- {}: changed\n", code(path)),
            FileStep::Renamed(old, new) => format!("- {}: renamed to {}\n", code(old), code(new)),
            FileStep::New(path) => format!("- {}: new\n", code(path)),
        })
        .collect();
    if !files.is_empty() {
        text.push_str("## Files\n\n");
        bounded(&mut text, files.into_iter());
        for calls in &summary.calls {
            let now = if calls.now.is_empty() {
                "removed".to_owned()
            } else {
                format!("replaced by {}", calls.now)
            };
            text.push_str(&format!("- {} of {}: {now}\n", count(calls.number, "call"), code(calls.program)));
        }
        let addition = |added: &&crate::migrate::Addition| {
            let place = code(&format!("{}:{}", added.file, added.line));
            format!("- {place}: {}; {}\n", plain(&added.why), plain(&added.what))
        };
        bounded(&mut text, summary.additions.iter().map(addition));
        text.push('\n');
    }
    text.push_str(&checklist(summary));
    text
}

/// What is left to do, as a list of tasks.
pub fn checklist(summary: &Summary) -> String {
    let mut text = String::new();
    for (breaks, heading) in [
        (Breaks::Build, "## To decide: what breaks the build"),
        (Breaks::Start, "## To decide: what keeps the container from starting"),
        (Breaks::Behaviour, "## To decide: what may behave differently"),
        (Breaks::Information, "## For information"),
    ] {
        let own: Vec<&Decision> =
            summary.decisions.iter().filter(|decision| decision.breaks == breaks).collect();
        if own.is_empty() {
            continue;
        }
        text.push_str(&format!("{heading}\n\n"));
        let mark = if breaks == Breaks::Information { "-" } else { "- [ ]" };
        bounded(&mut text, own.into_iter().map(|decision| item(mark, decision)));
        text.push('\n');
    }
    if !summary.images.is_empty() {
        text.push_str("## To test on the device\n\n- [ ] that it builds for each device type\n");
        summary.tests.iter().for_each(|test| text.push_str(&format!("- [ ] {}\n", plain(test))));
    }
    if text.is_empty() {
        text.push_str("Nothing is left to do.\n");
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn item(mark: &str, decision: &Decision) -> String {
    let finding = decision.finding;
    let place = code(&format!("{}:{}", finding.source.name(), decision.line));
    let mut text = format!("{mark} {place}: {} ({})\n", plain(&finding.message), code(&finding.rule));
    for help in &finding.help {
        text.push_str(&format!("  {}\n", plain(help)));
    }
    text
}

fn bounded(text: &mut String, items: impl ExactSizeIterator<Item = String>) {
    let omitted = items.len().saturating_sub(MOST_ITEMS);
    items.take(MOST_ITEMS).for_each(|item| text.push_str(&item));
    if omitted > 0 {
        text.push_str(&format!("\n... and {} more\n", grouped(omitted)));
    }
}

/// A text as a code span, whatever is in it.
fn code(text: &str) -> String {
    let text = escaped(&shortened(text, LONGEST)).into_owned();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // A blank on either side keeps a backtick of the text from the fence.
    let blank = if longest > 0 || text.is_empty() { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// In a table, a bar divides cells, in code too.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// A sentence of ours: what stands between backticks in it is code, and all else is text.
fn plain(text: &str) -> String {
    let text = escaped(&shortened(text, LONGEST)).into_owned();
    let is_balanced = text.matches('`').count().is_multiple_of(2);
    if !is_balanced {
        return literal(&text);
    }
    let pieces = text.split('`').enumerate();
    pieces.map(|(at, piece)| if at % 2 == 1 { code(piece) } else { literal(piece) }).collect()
}

/// Text without any meaning in Markdown; nobody is mentioned, and no issue is named.
fn literal(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '@' => safe.push_str("&#64;"),
            '#' => safe.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => safe.extend(['\\', c]),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_users_is_no_markdown() {
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
        assert_eq!(code("x\ny"), "`x\\ny`");
        assert_eq!(cell(&code("a|b")), "`a\\|b`");
        assert_eq!(plain("run `a*b` and *c* <d> @e #1"), "run `a*b` and \\*c\\* &lt;d&gt; &#64;e &#35;1");
        assert_eq!(plain("one ` alone"), "one \\` alone");
    }
}
