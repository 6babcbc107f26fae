//! Makes the tables of dtpl from checkouts of the repositories that they come from: `docs/refresh.md` is the
//! procedure.
//!
//! ```sh
//! cargo run -p refresh -- SOURCES --date 2026-08-21
//! ```
//!
//! `SOURCES` holds a folder for each repository: `official-images`, `contracts`, `dotnet`, `endoflife`; and the
//! tables `device-states.tsv` and `official-images-history.tsv.gz`. What a person decided is in `data/`. The
//! same input gives the same bytes. `cargo run -p refresh -- --debian LISTS` makes the table of Debian's packages
//! alone, from a folder of package lists. With `--check` nothing is written, and a difference ends with status 1.

mod balena;
mod contents;
mod devices;
mod flow;
mod official;
mod output;
mod packages;
mod rows;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

/// Where everything is read and written.
pub struct Places {
    /// The checkouts.
    pub sources: PathBuf,
    /// The root of the repository of dtpl.
    pub root: PathBuf,
    /// The day of the checkouts, as `2026-08-21`.
    pub date: String,
}

/// A file of the repository, and what it has to hold.
pub struct Made {
    /// Relative to the root of the repository.
    pub path: &'static str,
    pub text: String,
}

fn main() -> anyhow::Result<ExitCode> {
    let (mut sources, mut date, mut lists, mut check) = (None, None, None, false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--check" => check = true,
            "--date" => date = args.next(),
            "--debian" => {
                lists = Some(PathBuf::from(args.next().context("--debian needs a folder of lists")?))
            }
            _ if !arg.starts_with('-') && sources.is_none() => sources = Some(PathBuf::from(arg)),
            _ => bail!("unexpected argument `{arg}`; usage: refresh SOURCES --date YYYY-MM-DD [--check]"),
        }
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    if let Some(lists) = lists {
        return output::write(&root, &packages::make(&lists, &root)?, check);
    }
    let sources =
        sources.context("which folder holds the checkouts? usage: refresh SOURCES --date YYYY-MM-DD")?;
    let date = date.context("of which day are the checkouts? add --date YYYY-MM-DD")?;
    if !is_day(&date) {
        bail!("`{date}` is no day; write it as 2026-08-21");
    }
    let places = Places { sources, root, date };
    let mut made = official::make(&places)?;
    made.extend(balena::make(&places)?);
    made.extend(devices::make(&places)?);
    made.extend(contents::make(&places)?);
    output::write(&places.root, &made, check)
}

/// Whether a text has the form `2026-08-21`.
fn is_day(text: &str) -> bool {
    let digits =
        |length: usize| move |part: &str| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = text.split('-').collect();
    matches!(parts[..], [year, month, day] if digits(4)(year) && [month, day].into_iter().all(digits(2)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_day_has_one_form() {
        assert!(super::is_day("2026-08-21"));
        for text in ["", "2026-8-21", "21.08.2026", "2026-08-21T00", "2026-08", "2026-08-21-01"] {
            assert!(!super::is_day(text), "{text}");
        }
    }
}
