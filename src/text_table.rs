//! Tables for people: a header, and columns that fit the terminal without breaking a word.

use std::io::{self, Write};

/// Spaces between two columns.
const GAP: usize = 2;

/// The rows below their header, each line with its end. Without a width no cell is wrapped.
///
/// Where the rows are too wide, the first column is cut down to a third of the width, and a longer cell
/// of it gets a line for itself; then the other columns wrap at spaces and after commas, the last one
/// first. Only a single word can be longer than the width.
#[cfg(feature = "cli")]
pub fn table(header: &[&str], rows: &[Vec<String>], width: Option<usize>) -> String {
    let mut text = Vec::new();
    let all = |take: &mut dyn FnMut(&[String])| rows.iter().for_each(|row| take(row));
    // To write into memory cannot fail.
    let _ = write(header, &all, width, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// Hands over the cells of one row after the other.
pub type Rows<'r> = dyn Fn(&mut dyn FnMut(&[String])) + 'r;

/// The lengths that matter of the cells of a column.
#[derive(Clone, Copy, Default)]
struct Longest {
    cell: usize,
    /// Of those that are no longer than a third of the width.
    short_cell: usize,
    word: usize,
}

/// Writes a table like that of [`table`], of rows that are made twice: there may be many.
///
/// # Errors
/// Those of `out`.
pub fn write(header: &[&str], rows: &Rows, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let header: Vec<String> = header.iter().map(|title| (*title).to_owned()).collect();
    let all = |take: &mut dyn FnMut(&[String])| {
        take(&header);
        rows(take);
    };
    let width = width.unwrap_or(usize::MAX);
    let mut longest = vec![Longest::default(); header.len()];
    all(&mut |row| {
        for (longest, cell) in longest.iter_mut().zip(row) {
            let length = characters(cell);
            longest.cell = longest.cell.max(length);
            if width < usize::MAX {
                longest.word = longest.word.max(longest_word(cell));
                if length <= width / 3 {
                    longest.short_cell = longest.short_cell.max(length);
                }
            }
        }
    });
    let mut widths: Vec<usize> = longest.iter().map(|longest| longest.cell).collect();
    let excess = |widths: &[usize]| {
        (widths.iter().map(|width| width + GAP).sum::<usize>() - GAP).saturating_sub(width)
    };
    if excess(&widths) > 0 {
        widths[0] = longest[0].short_cell;
    }
    for column in (1..header.len()).rev() {
        let spare = widths[column].saturating_sub(longest[column].word);
        widths[column] -= spare.min(excess(&widths));
    }
    let mut text = String::new();
    let mut written = Ok(());
    all(&mut |row| {
        text.clear();
        push_row(row, &widths, &mut text);
        if written.is_ok() {
            written = out.write_all(text.as_bytes());
        }
    });
    written
}

/// Appends the lines of a row.
fn push_row(row: &[String], widths: &[usize], text: &mut String) {
    let mut push_line = |cells: &mut dyn Iterator<Item = (&str, usize)>| {
        let (start, mut blanks) = (text.len(), 0);
        for (cell, width) in cells {
            if !cell.is_empty() {
                text.extend(std::iter::repeat_n(' ', blanks));
                text.push_str(cell);
                blanks = 0;
            }
            blanks += (width + GAP).saturating_sub(characters(cell));
        }
        text.truncate(start + text.get(start..).unwrap_or_default().trim_end().len());
        text.push('\n');
    };
    let cells = || row.iter().map(String::as_str).zip(widths.iter().copied());
    if cells().all(|(cell, width)| characters(cell) <= width) {
        return push_line(&mut cells());
    }
    let mut wrapped: Vec<Vec<String>> = cells().map(|(cell, width)| lines_of(cell, width)).collect();
    if characters(&row[0]) > widths[0] {
        push_line(&mut std::iter::once((&*row[0], 0)));
        wrapped[0].clear();
    }
    for number in 0..wrapped.iter().map(Vec::len).max().unwrap_or(0) {
        let cells = wrapped.iter().map(|cell| cell.get(number).map_or("", String::as_str));
        push_line(&mut cells.zip(widths.iter().copied()));
    }
}

/// The same with one line for each row: where the rows are too wide, cells of the last column are cut.
#[cfg(feature = "cli")]
pub fn table_of_lines(header: &[&str], rows: &[Vec<String>], width: usize) -> String {
    let last = header.len().saturating_sub(1);
    let others: usize = (0..last)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| characters(cell));
            cells.chain([characters(header[column])]).max().unwrap_or(0) + GAP
        })
        .sum();
    let room = width.saturating_sub(others).max(SHORTEST);
    let cut = |row: &Vec<String>| {
        let cells = row.iter().enumerate();
        cells.map(|(column, cell)| if column == last { cut(cell, room) } else { cell.clone() }).collect()
    };
    table(header, &rows.iter().map(cut).collect::<Vec<_>>(), None)
}

/// Characters of a cell that are shown in any case.
#[cfg(feature = "cli")]
const SHORTEST: usize = 8;

#[cfg(feature = "cli")]
fn cut(cell: &str, width: usize) -> String {
    if characters(cell) <= width {
        return cell.to_owned();
    }
    let kept: String = cell.chars().take(width.saturating_sub(3)).collect();
    format!("{}...", kept.trim_end())
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

/// The pieces between which a cell may wrap, with what ends them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive([' ', ','])
}

fn longest_word(text: &str) -> usize {
    words(text).map(|word| characters(word.trim_end())).max().unwrap_or(0)
}

/// The lines of a cell in a column.
fn lines_of(cell: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words(cell) {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if !line.is_empty() && characters(line) + characters(word.trim_end()) > width {
            lines.push(word.to_owned());
        } else {
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        vec![
            row(["nuc", "intel,x64,generic", "Intel NUC"]),
            row(["a-slug-that-is-long", "", "A board with a long name"]),
        ]
    }

    #[test]
    fn columns_stand_below_each_other() {
        let expected = "\
SLUG                 ALIASES            NAME
nuc                  intel,x64,generic  Intel NUC
a-slug-that-is-long                     A board with a long name
";
        assert_eq!(table(&["SLUG", "ALIASES", "NAME"], &rows(), None), expected);
        assert_eq!(table(&["SLUG", "ALIASES", "NAME"], &rows(), Some(64)), expected);
    }

    #[cfg(feature = "cli")]
    #[test]
    fn a_table_of_lines_cuts_its_last_column() {
        let expected = "\
SLUG                 ALIASES            NAME
nuc                  intel,x64,generic  Intel NUC
a-slug-that-is-long                     A board with...
";
        let header = ["SLUG", "ALIASES", "NAME"];
        assert_eq!(table_of_lines(&header, &rows(), 55), expected);
        assert_eq!(table_of_lines(&header, &rows(), 64), table(&header, &rows(), None));
        assert!(table_of_lines(&header, &rows(), 1).ends_with("  A boa...\n"));
    }

    #[test]
    fn a_narrow_terminal_wraps_between_words() {
        let expected = "\
SLUG  ALIASES            NAME
nuc   intel,x64,generic  Intel
                         NUC
a-slug-that-is-long
                         A board
                         with a
                         long
                         name
";
        assert_eq!(table(&["SLUG", "ALIASES", "NAME"], &rows(), Some(33)), expected);
        let narrow = table(&["SLUG", "ALIASES", "NAME"], &rows(), Some(1));
        assert!(narrow.contains("  intel,  ") && narrow.contains("board\n"), "{narrow}");
    }
}
