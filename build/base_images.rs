//! Reads `balena-images.yaml` with the readers of the crate, and writes it as tables that hold every text
//! once.

#[path = "base_images_file.rs"]
mod file;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::date::Date;
use file::{Balenalib, BaseImages, Built, Named, Resin};

use crate::diagnostic::Diagnostics;
use crate::source::Source;

/// The tables as Rust, from the text of the file.
pub fn tables(source: &Arc<Source>) -> Result<String, Diagnostics> {
    let found = file::parse(source)?;
    let mut out = String::new();
    // Writing into a string cannot fail.
    let _ = write(&found, &mut out);
    Ok(out)
}

/// Texts that are in many places, by their number.
struct Texts(Vec<String>);

impl Texts {
    fn of(found: &BaseImages) -> Texts {
        let mut all = BTreeSet::new();
        all.extend(found.balenalib.ever.iter().map(|built| built.version.clone()));
        for last in &found.balenalib.last {
            all.insert(last.stack.clone());
            all.extend(last.versions.iter().cloned());
        }
        Texts(all.into_iter().collect())
    }

    fn at(&self, text: &str) -> usize {
        self.0.binary_search_by(|known| known.as_str().cmp(text)).expect("every text was collected")
    }
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("&[{}]", items.into_iter().collect::<Vec<_>>().join(","))
}

/// In order, each once.
fn unique<'t>(items: impl Iterator<Item = &'t String>) -> Vec<String> {
    items.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

fn quoted(items: &[String]) -> String {
    list(items.iter().map(|item| format!("{item:?}")))
}

fn pairs<T>(items: &Named<T>, value: impl Fn(&T) -> String) -> String {
    list(items.iter().map(|(name, item)| format!("({name:?},{})", value(item))))
}

fn day(date: Option<Date>) -> u16 {
    date.map_or(0, Date::bits)
}

fn dated(date: &Date) -> String {
    format!("Date::from_bits({})", date.bits())
}

fn write(found: &BaseImages, out: &mut String) -> std::fmt::Result {
    let texts = Texts::of(found);
    let mut end = 0;
    let ends = texts.0.iter().map(|text| {
        end += text.len();
        end.to_string()
    });
    let ends = list(ends);
    let all = texts.0.concat();
    writeln!(out, "pub(super) static TEXTS: Texts = Texts {{ all: {all:?}, ends: {ends} }};")?;
    balenalib(&found.balenalib, &texts, out)?;
    resin(&found.resin, out)
}

/// A table of texts by name.
fn strings(name: &str, items: &Named<String>, out: &mut String) -> std::fmt::Result {
    let items = pairs(items, |text| format!("{text:?}"));
    writeln!(out, "pub(super) static {name}: &[(&str, &str)] = {items};")
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
