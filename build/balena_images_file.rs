//! Reads `balena-images.yaml` into the structures that the tables are made from.

use std::sync::Arc;

use crate::date::Date;
use crate::diagnostic::Diagnostics;
use crate::image_reader::{FileReader, Named};
use crate::source::Source;
use crate::yaml::{self, Dialect, Node};

/// The series of balena.
#[derive(Debug, Default)]
pub struct BalenaImages {
    pub balenalib: Balenalib,
    pub resin: Resin,
}

/// The second series.
#[derive(Debug, Default)]
pub struct Balenalib {
    /// `end`, `snapshot`, `aliases_until`.
    pub days: Named<Date>,
    pub distros: Named<Vec<String>>,
    /// What an omitted part meant, from which day.
    pub meant: Named<Vec<(Date, String)>>,
    /// Aliases with images of their own.
    pub aliases: Vec<String>,
    /// `final_device_types`, `listed_device_types`, `late_device_types`.
    pub device_types: Named<Named<Date>>,
    /// Repositories outside the scheme.
    pub extra: Vec<String>,
    pub last: Vec<Last>,
    /// Everything ever buildable.
    pub ever: Vec<Built>,
}

/// Images of the last generation: one for each release and variant.
#[derive(Debug)]
pub struct Last {
    pub arch: String,
    pub distro: String,
    /// Empty without one.
    pub stack: String,
    /// In which versions; one that is empty without a stack.
    pub versions: Vec<String>,
    /// On which releases of the distribution, as bits.
    pub on: u32,
}
#[derive(Debug)]
pub struct Built {
    pub distro: String,
    /// Empty, as the version, without one.
    pub stack: String,
    pub version: String,
    pub arches: Vec<String>,
    /// On which releases of the distribution, as bits.
    pub on: u32,
    pub days: [Date; 2],
}

/// The first series.
#[derive(Debug, Default)]
pub struct Resin {
    pub snapshot: Option<Date>,
    /// What an omitted part meant.
    pub meant: Named<String>,
    /// Aliases with images of their own.
    pub aliases: Vec<String>,
    /// Hardware, and the suffixes that all of it has.
    pub repositories: Vec<(Vec<String>, Vec<String>)>,
    /// Versions by suffix.
    pub versions: Named<Vec<String>>,
}

/// Reads the file, or reports everything that is not of this shape.
pub fn parse(source: &Arc<Source>) -> Result<BalenaImages, Diagnostics> {
    let root = yaml::parse(source, Dialect::Strict)?;
    let mut file = FileReader::new(source);
    let mut found = BalenaImages::default();
    for (field, node) in file.yaml.fields(&root, "the series", &["balenalib", "resin"]) {
        match field {
            "balenalib" => found.balenalib = file.balenalib(node),
            _ => found.resin = file.resin(node),
        }
    }
    if file.yaml.diagnostics.is_empty() { Ok(found) } else { Err(file.yaml.diagnostics) }
}

impl FileReader {
    fn balenalib(&mut self, node: &Node) -> Balenalib {
        let mut found = Balenalib::default();
        let fields = [
            "end",
            "snapshot",
            "aliases_until",
            "distros",
            "meant",
            "aliases",
            "final_device_types",
            "listed_device_types",
            "late_device_types",
            "extra",
            "final",
            "ever",
        ];
        for (field, node) in self.yaml.fields(node, "balenalib", &fields) {
            match field {
                "end" | "snapshot" | "aliases_until" => found.days.push((field.to_owned(), self.date(node))),
                "distros" => found.distros = self.named(node, FileReader::texts),
                "meant" => found.meant = self.named(node, FileReader::timeline),
                "aliases" => found.aliases = self.texts(node),
                "extra" => found.extra = self.texts(node),
                "final" => found.last = self.last(node, &found.distros),
                "ever" => found.ever = self.ever(node, &found.distros),
                _ => found.device_types.push((field.to_owned(), self.named(node, FileReader::date))),
            }
        }
        found
    }

    fn timeline(&mut self, node: &Node) -> Vec<(Date, String)> {
        let mut timeline = Vec::new();
        for item in self.yaml.items(node, "a timeline") {
            match self.yaml.items(item, "an entry of it") {
                [day, meant] => timeline.push((self.date(day), self.text(meant))),
                _ => self.yaml.error(item, "an entry is [day, what was meant]"),
            }
        }
        timeline
    }

    fn last(&mut self, node: &Node, distros: &Named<Vec<String>>) -> Vec<Last> {
        let mut all = Vec::new();
        for (arch, node) in self.yaml.entries(node, "final") {
            for (distro, node) in self.yaml.entries(node, "an arch") {
                let (arch, distro) = (self.text(arch), self.text(distro));
                for (stack, value) in self.yaml.entries(node, "a distribution") {
                    let stack = self.text(stack);
                    let new = |stack: &str, versions: &str, on| Last {
                        arch: arch.clone(),
                        distro: distro.clone(),
                        stack: stack.to_owned(),
                        versions: versions.split(' ').map(str::to_owned).collect(),
                        on,
                    };
                    if stack == "releases" {
                        all.push(new("", "", self.releases(value, &distro, distros)));
                        continue;
                    }
                    for (releases, versions) in self.yaml.entries(value, "a stack") {
                        let on = self.releases(releases, &distro, distros);
                        all.push(new(&stack, &self.text(versions), on));
                    }
                }
            }
        }
        all
    }

    fn ever(&mut self, node: &Node, distros: &Named<Vec<String>>) -> Vec<Built> {
        let mut all = Vec::new();
        for (distro, node) in self.yaml.entries(node, "ever") {
            for (stack, node) in self.yaml.entries(node, "a distribution") {
                let (distro, stack) = (self.text(distro), self.text(stack));
                for (version, node) in self.yaml.entries(node, "a stack") {
                    for (arches, value) in self.yaml.entries(node, "a version") {
                        let [on, first, last] = self.yaml.items(value, "what was built") else {
                            self.yaml.error(value, "write [releases, first day, last day]");
                            continue;
                        };
                        let has_stack = stack != "none";
                        all.push(Built {
                            on: self.releases(on, &distro, distros),
                            distro: distro.clone(),
                            stack: if has_stack { stack.clone() } else { String::new() },
                            version: if has_stack { self.text(version) } else { String::new() },
                            arches: self.text(arches).split(' ').map(str::to_owned).collect(),
                            days: [self.date(first), self.date(last)],
                        });
                    }
                }
            }
        }
        all
    }

    /// `jessie..buster sid` as one bit for each release.
    fn releases(&mut self, node: &Node, distro: &str, distros: &Named<Vec<String>>) -> u32 {
        let text = self.text(node);
        let known = distros.iter().find(|(name, _)| name == distro).map_or(&[][..], |(_, known)| known);
        let at = |name: &str| known.iter().position(|release| release == name);
        let mut bits = 0;
        for piece in text.split(' ') {
            let (from, to) = piece.split_once("..").unwrap_or((piece, piece));
            match (at(from), at(to)) {
                (Some(from), Some(to)) if from <= to && to < 32 => {
                    bits |= (from..=to).fold(0, |bits, at| bits | 1 << at);
                }
                _ => self.yaml.error(node, format!("`{piece}` is no release of {distro}")),
            }
        }
        bits
    }

    fn resin(&mut self, node: &Node) -> Resin {
        let mut found = Resin::default();
        let fields = ["snapshot", "meant", "aliases", "repositories", "versions"];
        for (field, node) in self.yaml.fields(node, "resin", &fields) {
            match field {
                "snapshot" => found.snapshot = Some(self.date(node)),
                "meant" => found.meant = self.named(node, FileReader::text),
                "aliases" => found.aliases = self.texts(node),
                "versions" => found.versions = self.named(node, FileReader::texts),
                _ => {
                    for item in self.yaml.items(node, field) {
                        let mut lists = [Vec::new(), Vec::new()];
                        let fields = ["hardware", "suffixes"];
                        for (field, node) in self.yaml.fields(item, "repositories", &fields) {
                            lists[usize::from(field == "suffixes")] = self.texts(node);
                        }
                        let [hardware, suffixes] = lists;
                        found.repositories.push((hardware, suffixes));
                    }
                }
            }
        }
        found
    }
}
