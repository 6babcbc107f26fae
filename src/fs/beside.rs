//! What is beside a folder that was made as a whole: the list of what is in it, and while it is made, the folder
//! that will take its place.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{if_there, read_some};
use crate::error::Result;

/// The end of the hidden folder's name.
pub const STAGE: &str = ".dtpl-tmp";
/// The end of the name of a folder that is replaced where the system cannot exchange two.
pub const OLD: &str = ".dtpl-old";
/// The end of the list's name.
pub const LIST: &str = ".dtpl-export";
/// The shape of the list that this version writes and reads.
const VERSION: u32 = 1;
/// More than any list has.
const LONGEST_LIST: u64 = 1 << 30;
#[derive(Serialize, Deserialize)]
struct List {
    version: u32,
    paths: BTreeSet<String>,
}

/// Something beside a folder.
pub fn beside(folder: &Path, end: &str) -> PathBuf {
    folder.with_file_name(hidden(folder.file_name().unwrap_or_default(), end))
}

/// Writes the list of what is in a folder.
pub fn write_list(folder: &Path, paths: &BTreeSet<String>) -> Result<()> {
    let list = List { version: VERSION, paths: paths.clone() };
    // There is nothing in it that JSON cannot hold.
    let text = crate::json::to_text(&list, true).unwrap_or_default();
    super::replace(&beside(folder, LIST), &|out| out.write_all(text.as_bytes()), &|| false)
}

/// The paths that the list beside a folder has; none without a list.
pub fn listed(folder: &Path) -> io::Result<BTreeSet<String>> {
    let Some(mut file) = if_there(File::open(beside(folder, LIST)))? else { return Ok(BTreeSet::new()) };
    let length = file.metadata()?.len();
    let bytes = read_some(&mut file, length.min(LONGEST_LIST), LONGEST_LIST)?.unwrap_or_default();
    // What is no list lists nothing.
    let list: Option<List> = serde_json::from_slice(&bytes).ok();
    Ok(list.filter(|list| list.version == VERSION).map(|list| list.paths).unwrap_or_default())
}

/// Whether a name is one that is given here to what is beside a folder.
pub fn is_hidden(name: &str) -> bool {
    name.starts_with('.') && [STAGE, OLD, LIST].iter().any(|end| name.ends_with(end))
}

/// Whether a folder was made here.
pub fn is_made(folder: &Path) -> bool {
    folder.file_name().is_some_and(|_| super::is_file(&beside(folder, LIST)))
}

/// The name of something beside a folder: hidden, and no longer than a name may be.
fn hidden(name: &OsStr, end: &str) -> OsString {
    const MOST: usize = 230;
    let mut hidden = OsString::from(".");
    if name.len() > MOST {
        let short: String = name.to_string_lossy().chars().take(MOST / 4).collect();
        hidden.push(short);
    } else {
        hidden.push(name);
    }
    hidden.push(end);
    hidden
}
