//! Writes `balena-images.yaml` as tables.

#[path = "balena_images_file.rs"]
mod file;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use file::{BalenaImages, Balenalib, Built, Resin, parse};

use crate::date::Date;
use crate::diagnostic::Diagnostics;
use crate::image_tables::{Texts, dated, day, list, pairs, quoted, strings, unique};
use crate::source::Source;

/// The tables as Rust, from the text of the file.
pub fn tables(source: &Arc<Source>) -> Result<String, Diagnostics> {
    let found = parse(source)?;
    let (texts, mut out) = (Texts::of(texts(&found)), String::new());
    // Writing into a string cannot fail.
    let _ = texts.write("TEXTS", &mut out).and_then(|()| write(&found, &texts, &mut out));
    Ok(out)
}

/// The texts of the tables that are kept by number.
fn texts(found: &BalenaImages) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = found.balenalib.ever.iter().map(|built| built.version.clone()).collect();
    for last in &found.balenalib.last {
        all.insert(last.stack.clone());
        all.extend(last.versions.iter().cloned());
    }
    all
}

fn write(found: &BalenaImages, texts: &Texts, out: &mut String) -> std::fmt::Result {
    balenalib(&found.balenalib, texts, out)?;
    resin(&found.resin, out)
}

fn balenalib(balenalib: &Balenalib, texts: &Texts, out: &mut String) -> std::fmt::Result {
    let arches = unique(balenalib.ever.iter().flat_map(|built| &built.arches));
    let distro_at = |name: &str| {
        balenalib.distros.iter().position(|(distro, _)| distro == name).expect("a distribution with releases")
    };
    let arch_at = |name: &str| arches.iter().position(|arch| arch == name).expect("an arch with images");
    for (name, date) in &balenalib.days {
        writeln!(out, "pub(super) const BALENALIB_{}: Date = {};", name.to_uppercase(), dated(date))?;
    }
    for (name, devices) in &balenalib.device_types {
        let (name, devices) = (name.to_uppercase(), pairs(devices, dated));
        writeln!(out, "pub(super) static {name}: &[(&str, Date)] = {devices};")?;
    }
    writeln!(out, "pub(super) static ARCHES: &[&str] = {};", quoted(&arches))?;
    let distros = pairs(&balenalib.distros, |releases| quoted(releases));
    writeln!(out, "pub(super) static DISTROS: &[(&str, &[&str])] = {distros};")?;
    let meant = pairs(&balenalib.meant, |timeline| {
        list(timeline.iter().map(|(from, meant)| format!("({},{meant:?})", dated(from))))
    });
    writeln!(out, "pub(super) static MEANT: &[(&str, &[(Date, &str)])] = {meant};")?;
    writeln!(out, "pub(super) static BALENALIB_ALIASES: &[&str] = {};", quoted(&balenalib.aliases))?;
    writeln!(out, "pub(super) static EXTRA: &[&str] = {};", quoted(&balenalib.extra))?;
    writeln!(out, "pub(super) static LAST: &[Last] = &[")?;
    let mut versions: Vec<String> = Vec::new();
    for last in &balenalib.last {
        let (arch, distro) = (arch_at(&last.arch), distro_at(&last.distro));
        let from = versions.len();
        versions.extend(last.versions.iter().map(|version| texts.at(version).to_string()));
        let (stack, to, on) = (texts.at(&last.stack), versions.len(), last.on);
        writeln!(out, "l({arch},{distro},{stack},{from},{to},{on}),")?;
    }
    writeln!(out, "];\npub(super) static LAST_VERSIONS: &[u16] = {};", list(versions))?;
    writeln!(out, "pub(super) static SERIES: &[Series] = &[")?;
    let same = |a: &Built, b: &Built| (&a.distro, &a.stack) == (&b.distro, &b.stack);
    for series in balenalib.ever.chunk_by(same) {
        let built = series.iter().map(|built| {
            let bits = built.arches.iter().fold(0, |bits, arch| bits | 1u8 << arch_at(arch));
            let [first, last] = built.days.map(Date::bits);
            format!("b({},{},{first},{last},{bits})", texts.at(&built.version), built.on)
        });
        let (distro, stack) = (distro_at(&series[0].distro), &series[0].stack);
        writeln!(out, "Series {{ distro: {distro}, stack: {stack:?}, built: {} }},", list(built))?;
    }
    writeln!(out, "];")
}

fn resin(resin: &Resin, out: &mut String) -> std::fmt::Result {
    writeln!(out, "pub(super) const RESIN_SNAPSHOT: Date = Date::from_bits({});", day(resin.snapshot))?;
    strings("RESIN_MEANT", &resin.meant, out)?;
    writeln!(out, "pub(super) static RESIN_ALIASES: &[&str] = {};", quoted(&resin.aliases))?;
    let repositories = resin.repositories.iter().map(|(hw, of)| format!("({},{})", quoted(hw), quoted(of)));
    writeln!(out, "pub(super) static RESIN_REPOSITORIES: &[(&[&str], &[&str])] = {};", list(repositories))?;
    let versions = pairs(&resin.versions, |versions| quoted(versions));
    writeln!(out, "pub(super) static RESIN_VERSIONS: &[(&str, &[&str])] = {versions};")
}
