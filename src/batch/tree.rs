//! A plan as files in a folder: `fleet/service/Dockerfile`, with a manifest beside the fleets.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::format::{Format, Writer};
use super::listing::{ListedRow, Listing, small};
use super::manifest::{self, Manifest, ManifestEntry, NewManifest};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::fleet::name::{FleetNames, LONGEST, folded};

pub const FORMAT: Format = Format {
    name: "tree",
    help: "Directory of FLEET/SERVICE/Dockerfile",
    flags: &["--force", "--prune"],
    divides_builds: false,
    why_limited: None,
    writer: Writer::Folder,
};

/// The longest path on the systems in use, in bytes.
const LONGEST_PATH: usize = 4_096;

/// The files of a listing.
///
/// The devices of a fleet share a file; where their Dockerfiles differ, each has one of its own,
/// `Dockerfile.<device type>`, as the balena builder has it.
#[derive(Debug)]
pub struct Tree<'t> {
    pub listing: &'t Listing<'t>,
    /// The fleets, in the order of their paths: those of a fleet have its folder in common.
    pub fleets: Vec<u32>,
    /// A row of each file, in the order of the paths.
    pub files: Vec<u32>,
}

impl<'t> Tree<'t> {
    /// The files that belong below `folder`.
    ///
    /// # Errors
    /// Services that would share a folder on some system; paths that are too long below `folder`.
    pub fn of(listing: &'t Listing, folder: &str) -> Result<Self> {
        let mut faults = Diagnostics::new();
        let mut names = FleetNames::default();
        let place = Place::File(listing.services.compose.clone().unwrap_or_default());
        for service in listing.services.list() {
            names.check(&service.name, &place, &mut faults);
        }
        let mut fleets = 0..listing.fleets();
        if let Some(fleet) = fleets.find(|fleet| folded(&listing.folder(*fleet)) == MANIFEST) {
            faults.push(|| {
                let name = listing.name(fleet);
                let message = format!("`{name}` cannot be a folder beside the manifest `{MANIFEST}`");
                Diagnostic::error(Place::File(MANIFEST.to_owned()), message).help("rename the fleet")
            });
        }
        for row in listing.rows() {
            let path = path(&row);
            let longest = path.split('/').map(str::len).max().unwrap_or(0);
            if folder.len() + 1 + path.len() >= LONGEST_PATH || longest > LONGEST {
                let place = Place::File(crate::escape::shortened(&path, 80).into_owned());
                faults.push(|| {
                    Diagnostic::error(place, "the path of this file would be longer than systems allow")
                        .help("shorten the names of fleet and service, or the path of --output")
                });
            }
        }
        if !faults.is_empty() {
            return Err(Error::Input(faults));
        }
        let mut fleets: Vec<u32> = (0..small(listing.fleets())).collect();
        fleets.sort_unstable_by(|one, other| {
            let (one, other) = (listing.folder(*one as usize), listing.folder(*other as usize));
            let (one, other) = (one.as_bytes(), other.as_bytes());
            let common = one.len().min(other.len());
            let after = |name: &[u8]| name.get(common).copied().unwrap_or(b'/');
            one[..common].cmp(&other[..common]).then_with(|| after(one).cmp(&after(other)))
        });
        let mut tree = Tree { listing, fleets, files: Vec::new() };
        let mut files = Vec::with_capacity(listing.len());
        for &fleet in &tree.fleets {
            files.extend(tree.files_of(fleet as usize).into_iter().map(|(_, row)| small(row)));
        }
        tree.files = files;
        Ok(tree)
    }

    /// The files of a fleet in the order of their paths, each with a row that it is for.
    pub fn files_of(&self, fleet: usize) -> Vec<(String, usize)> {
        let mut rows = self.rows_of(fleet);
        // Rows that share a file have the same in it.
        rows.dedup_by(|(path, ..), (other, ..)| path == other);
        rows.into_iter().map(|(path, number, _)| (path, number)).collect()
    }

    /// The rows of a fleet in the order of the manifest, with their paths and their numbers.
    fn rows_of(&self, fleet: usize) -> Vec<(String, usize, ListedRow<'t>)> {
        let rows = self.listing.rows_of(fleet);
        let rows = rows.filter_map(|number| self.listing.row(number).map(|row| (path(&row), number, row)));
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by(|(path, _, row), (other_path, _, other)| {
            path.cmp(other_path).then_with(|| row.device.slug.cmp(&other.device.slug))
        });
        rows
    }

    /// The path of the file of this number.
    pub fn path(&self, file: usize) -> String {
        let row = self.files.get(file).and_then(|row| self.listing.row(*row as usize));
        row.map_or_else(String::new, |row| path(&row))
    }

    /// Writes the manifest of the files, with what another one lists, and with files that are left.
    pub fn write_manifest(
        &self,
        others: &Manifest,
        left: &BTreeMap<String, String>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let is_of_fleets = self.listing.is_of_fleets;
        let entries = || {
            let rows = self.fleets.iter().flat_map(|fleet| self.rows_of(*fleet as usize));
            rows.map(move |(path, _, row)| ManifestEntry::new(path, &row, is_of_fleets))
        };
        NewManifest { entries, others, left }.write(out)
    }
}

/// The path of the file that a row is in.
fn path(row: &ListedRow) -> String {
    let folder: Cow<str> = crate::fleet::name::folder(row.name);
    let mut path = String::with_capacity(folder.len() + row.service.name.len() + 12);
    path.extend([&*folder, "/", &*row.service.name, "/Dockerfile"]);
    if row.has_own_file {
        path.extend([".", &*row.device.slug]);
    }
    path
}

/// What a run would change in a folder.
#[derive(Debug)]
pub struct Changes {
    /// The numbers of the files of the tree whose content is new, in order.
    pub write: Vec<u32>,
    /// Files that an earlier run made and this one does not, to be removed, with their digests.
    pub remove: BTreeMap<String, String>,
    /// Files that are not made any more, and stay.
    pub left: BTreeMap<String, String>,
    /// Files that stay as they are.
    pub unchanged: usize,
}

/// Compares what there has to be with what there is. `held` says of each file of the tree whether it is there
/// already, `old` are the files that earlier runs made, with their digests. Without `prunes` files that are not
/// made any more stay, and stay listed.
///
/// Where the case of a name does not count, an old path and a new one can be one file:
/// `Kiosk/main/Dockerfile` and `kiosk/main/Dockerfile`. `is_taken` gets two such paths, the old one first, and
/// says whether no other file is at the old one. Then it is not removed.
pub fn changes(
    tree: &Tree,
    held: &[bool],
    old: &BTreeMap<String, String>,
    prunes: bool,
    is_taken: impl Fn(&str, &str) -> bool,
) -> Changes {
    let mut files = (0..tree.files.len()).map(|file| tree.path(file)).peekable();
    let mut gone: BTreeMap<String, String> = BTreeMap::new();
    for (path, sha) in old {
        while files.next_if(|made| made < path).is_some() {}
        if files.peek() != Some(path) {
            gone.insert(path.clone(), sha.clone());
        }
    }
    if !gone.is_empty() {
        let wanted: BTreeSet<String> = gone.keys().map(|path| folded(path)).collect();
        let paths = (0..tree.files.len()).map(|file| tree.path(file));
        let made = paths.map(|path| (folded(&path), path)).filter(|(folded, _)| wanted.contains(folded));
        let made: BTreeMap<String, String> = made.collect();
        gone.retain(|path, _| !made.get(&folded(path)).is_some_and(|made| is_taken(path, made)));
    }
    let (left, remove) = if prunes { (BTreeMap::new(), gone) } else { (gone, BTreeMap::new()) };
    let write: Vec<u32> =
        (0..small(tree.files.len())).zip(held).filter(|(_, held)| !**held).map(|(file, _)| file).collect();
    Changes { unchanged: held.len() - write.len(), write, remove, left }
}

/// The name of the manifest in the folder.
pub const MANIFEST: &str = manifest::NAME;
