//! A plan as files in a folder: `fleet/service/Dockerfile`, with a manifest beside the fleets.

use std::collections::BTreeMap;

use super::format::{Format, Writer};
use super::manifest::{self, Manifest};
use super::plan::{Plan, Planned};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::fleet::name::{FleetNames, LONGEST, folded};

pub const FORMAT: Format = Format {
    name: "tree",
    help: "Directory of FLEET/SERVICE/Dockerfile",
    flags: &["--force", "--prune"],
    divides_builds: false,
    writer: Writer::Folder,
};

/// The longest path on the systems in use, in bytes.
const LONGEST_PATH: usize = 4_096;

/// The files of a plan: each row with its path, in the order of the rows.
///
/// The devices of a fleet share a file; where their Dockerfiles differ, each has one of its own,
/// `Dockerfile.<device type>`, as the balena builder has it.
///
/// # Errors
/// Services that would share a folder on some system; paths that are too long below `folder`.
pub fn files<'p>(plan: &'p Plan, folder: &str) -> Result<Vec<(String, Planned<'p>)>> {
    let mut faults = Diagnostics::new();
    let mut names = FleetNames::default();
    let place = Place::File(plan.batch.services.compose.clone().unwrap_or_default());
    for service in plan.batch.services.list() {
        names.check(&service.name, &place, &mut faults);
    }
    if let Some(target) = plan.batch.targets.iter().find(|target| folded(&target.folder()) == MANIFEST) {
        faults.push(|| {
            let message = format!("`{}` cannot be a folder beside the manifest `{MANIFEST}`", target.name());
            Diagnostic::error(Place::File(MANIFEST.to_owned()), message).help("rename the fleet")
        });
    }
    let rows: Vec<Planned> = plan.rows().collect();
    let mut shared: BTreeMap<(usize, &str), Option<[u8; 32]>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.target.devices > 1) {
        let sha = shared.entry((row.target.number, &row.service.name)).or_insert(Some(row.file.sha));
        *sha = sha.filter(|sha| *sha == row.file.sha);
    }
    let mut files = Vec::with_capacity(rows.len());
    for row in rows {
        let differs = shared.get(&(row.target.number, &*row.service.name)).is_some_and(Option::is_none);
        let own = if differs { format!(".{}", row.target.device.slug) } else { String::new() };
        let path = format!("{}/{}/Dockerfile{own}", row.target.folder(), row.service.name);
        let longest = path.split('/').map(str::len).max().unwrap_or(0);
        if folder.len() + 1 + path.len() >= LONGEST_PATH || longest > LONGEST {
            let place = Place::File(crate::escape::shortened(&path, 80).into_owned());
            faults.push(|| {
                Diagnostic::error(place, "the path of this file would be longer than systems allow")
                    .help("shorten the names of fleet and service, or the path of --output")
            });
        }
        files.push((path, row));
    }
    if faults.is_empty() { Ok(files) } else { Err(Error::Input(faults)) }
}

/// What a run would change in a folder.
#[derive(Debug)]
pub struct Changes<'p> {
    /// Files whose content is new, by path.
    pub write: BTreeMap<&'p str, &'p [u8]>,
    /// Files that an earlier run made and this one does not, to be removed.
    pub remove: Vec<String>,
    /// The manifest after it.
    pub manifest: String,
    /// The manifest for as long as not everything is removed, if anything is to be.
    pub manifest_until_removed: Option<String>,
    /// Files that stay as they are.
    pub unchanged: usize,
    /// Files that are not made any more, and stay.
    pub left: Vec<String>,
}

/// Compares what there has to be with what there is. `holds` says of files whether each holds the
/// bytes beside its path, `old` are the files that earlier runs made, with their digests; `others` are
/// those that this run has nothing to do with. `alone` is the manifest of the files with nothing else in
/// it. Without `prunes` files that are not made any more stay, and stay listed.
///
/// Where the case of a name does not count, an old path and a new one can be one file:
/// `Kiosk/main/Dockerfile` and `kiosk/main/Dockerfile`. `is_taken` gets two such paths, the old one first, and
/// says whether no other file is at the old one. Then it is not removed.
pub fn changes<'p>(
    files: &'p [(String, Planned<'p>)],
    alone: String,
    old: &BTreeMap<String, String>,
    others: &Manifest,
    prunes: bool,
    holds: impl FnOnce(&[(&str, &[u8])]) -> Result<Vec<bool>>,
    is_taken: impl Fn(&str, &str) -> bool,
) -> Result<Changes<'p>> {
    let mut all: Vec<(&str, &[u8])> = files.iter().map(|(path, row)| (&**path, &*row.file.bytes)).collect();
    all.sort_by_key(|(path, _)| *path);
    // Rows that share a file have the same in it.
    all.dedup_by_key(|(path, _)| *path);
    let held = holds(&all)?;
    let unchanged = held.iter().filter(|held| **held).count();
    let is_made = |path: &str| all.binary_search_by_key(&path, |(path, _)| *path).is_ok();
    let gone = old.iter().filter(|(path, _)| !is_made(path));
    let mut gone: BTreeMap<String, String> = gone.map(|(path, sha)| (path.clone(), sha.clone())).collect();
    if !gone.is_empty() {
        let made: BTreeMap<String, &str> = all.iter().map(|(path, _)| (folded(path), *path)).collect();
        gone.retain(|path, _| !made.get(&folded(path)).is_some_and(|made| is_taken(path, made)));
    }
    let write = all.into_iter().zip(held).filter(|(_, held)| !held).map(|(file, _)| file).collect();
    let manifest_with = |left| Manifest::new(files, left).with(others).to_text();
    let (gone, removed) = if prunes { (BTreeMap::new(), gone) } else { (gone, BTreeMap::new()) };
    Ok(Changes {
        write,
        left: gone.keys().cloned().collect(),
        manifest: if gone.is_empty() && others.is_empty() { alone } else { manifest_with(gone) },
        manifest_until_removed: (!removed.is_empty()).then(|| manifest_with(removed.clone())),
        remove: removed.into_keys().collect(),
        unchanged,
    })
}

/// The name of the manifest in the folder.
pub const MANIFEST: &str = manifest::NAME;
