//! The names of Debian's packages, `debian-packages.txt`: which releases and architectures have each, and which of a
//! few tracked packages come with it.
//!
//! The input is a folder of package lists, `SUITE/ARCH/COMPONENT`, as `data/fetch-debian-lists` writes it.

mod closure;
mod line;
mod list;
mod release;
mod version;

#[path = "../../../src/software/packages/families.rs"]
mod families;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

use self::closure::Installer;
use self::line::Brought;
use self::release::Release;
use crate::Made;

const RELEASES: [&str; 2] = ["bookworm", "trixie"];
/// Dependencies are those of the first.
const ARCHES: [&str; 3] = ["amd64", "arm64", "armhf"];
/// Names that are kept though their family is left out: Dockerfiles have these.
const KEPT: &[&str] = &[
    "libdbi-perl",
    "libdevice-serialport-perl",
    "libio-socket-ssl-perl",
    "libjson-perl",
    "libnet-ssleay-perl",
    "liburi-perl",
    "libwww-perl",
    "node-gyp",
    "node-typescript",
    "ruby-bundler",
    "ruby-dev",
    "ruby-full",
    "tesseract-ocr-eng",
    "tesseract-ocr-osd",
];

/// Makes the table from a folder of lists.
pub fn make(lists: &Path, root: &Path) -> anyhow::Result<Vec<Made>> {
    let mut releases = Vec::new();
    for name in RELEASES {
        for arch in ARCHES {
            let release = Release::read(lists, name, arch, arch == ARCHES[0])?;
            for suite in &release.without {
                println!("{name}{suite} for {arch}: no list; what only it has is unknown");
            }
            releases.push(release);
        }
    }
    let day = fs::read_to_string(lists.join("date")).context("the lists have no file `date`")?;
    let tracked = fs::read_to_string(root.join(TRACKED)).context(TRACKED)?;
    let tracked: Vec<&str> = tracked.lines().filter(|line| !line.starts_with('#')).collect();
    let mut text = line::head(day.trim(), &tracked);
    let installers: Vec<Installer> = releases.iter().step_by(ARCHES.len()).map(Installer::new).collect();
    let names: BTreeSet<&String> = releases.iter().flat_map(Release::names).collect();
    for name in names {
        let is_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || b"0123456789+.-".contains(&byte));
        if !is_name || (families::is_left_out(name) && !KEPT.contains(&name.as_str())) {
            continue;
        }
        let status: Vec<char> = (0..releases.len()).map(|at| status(&releases, at, name)).collect();
        let sets = installers.iter().flat_map(|installer| {
            [false, true].map(|with_recommends| installer.brings_of(name, with_recommends))
        });
        let sets: Vec<BTreeSet<&str>> = sets.map(BTreeSet::from_iter).collect();
        let brought = tracked.iter().filter(|tracked| *tracked != name).filter_map(|tracked| {
            let has = |at: usize| sets[at].contains(tracked);
            let of_release = |at: usize| Brought::of(has(at), has(at + 1));
            line::brought(tracked, of_release(0), of_release(2))
        });
        let brought: Vec<String> = brought.collect();
        let _ = writeln!(text, "{}", line::entry(name, &status, &brought));
    }
    Ok(vec![Made { path: "debian-packages.txt", text }])
}

const TRACKED: &str = "data/tracked-packages.txt";

/// The status of a name in a release and architecture. A name that another architecture has only in a suite of which
/// this one has no list may be there or not.
fn status(releases: &[Release], at: usize, name: &str) -> char {
    let own = releases[at].status(name);
    let first = at / ARCHES.len() * ARCHES.len();
    let beside = || {
        releases[first..first + ARCHES.len()]
            .iter()
            .filter_map(|other| other.only_beside(name))
            .any(|suite| releases[at].without.contains(&suite))
    };
    if own == '-' && beside() { '?' } else { own }
}
