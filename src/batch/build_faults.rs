//! Why there can be no bake file or matrix of builds: what the compose file says and bake could not do, services that are
//! contexts of each other, and Dockerfiles without an instruction.

use std::collections::{BTreeMap, BTreeSet};

use super::builds::Builds;
use super::collected::append_once;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::project::bake_notes::home_fault;
use crate::workspace::ServiceFiles;

/// The contexts of services that are services themselves: of each the name of the context.
type Needed<'p> = BTreeMap<&'p str, BTreeMap<&'p str, &'p str>>;

impl<'p> Builds<'p> {
    /// All faults, those of devices that are not built for first. Those of the outputs in compose files count where
    /// these are written.
    pub(super) fn faults(&self, has_outputs: bool) -> Diagnostics {
        let mut faults = self.left_out.clone();
        let mut found = Diagnostics::new();
        for service in self.plan.batch.services.list() {
            found.append(service.build.places.bake.faults.clone());
            if has_outputs {
                found.append(service.build.places.bake.output_faults.clone());
            }
            for (name, path) in &service.build.contexts {
                found.append(home_fault(path, || place_of_context(service, name)));
            }
        }
        found.append(self.circles());
        found.append(self.without_instructions());
        found.sort_by_position();
        append_once(&mut faults, found);
        faults
    }

    /// What bake does not read.
    #[cfg(feature = "cli")]
    pub(crate) fn warnings(&self) -> Diagnostics {
        let mut warnings = Diagnostics::new();
        for service in self.plan.batch.services.list() {
            append_once(&mut warnings, service.build.places.bake.warnings.clone());
        }
        warnings.sort_by_position();
        warnings
    }

    /// Services that are built with themselves, which Compose accepts and bake refuses.
    fn circles(&self) -> Diagnostics {
        let mut faults = Diagnostics::new();
        let mut needed: Needed = BTreeMap::new();
        let services = self.plan.batch.services.list();
        for service in services {
            let of_service = needed.entry(&service.name).or_default();
            for (name, value) in &service.build.contexts {
                if let Some(other) = value.strip_prefix("service:") {
                    of_service.entry(other).or_insert(name);
                }
            }
        }
        for circle in circles(&needed) {
            let (Some(last), Some(first)) = (circle.last(), circle.first()) else { continue };
            let service = services.iter().find(|service| service.name == **last);
            let context = needed.get(last).and_then(|of_last| of_last.get(first));
            let (Some(service), Some(context)) = (service, context) else { continue };
            let message = match circle.len() {
                1 => format!("the service `{first}` is a context of itself"),
                _ => format!("these services are contexts of each other: {} -> {first}", circle.join(" -> ")),
            };
            let help = "leave one of the contexts out: nothing can be built before itself";
            faults.push(|| Diagnostic::error(place_of_context(service, context), message).help(help));
        }
        faults
    }

    /// Dockerfiles without an instruction. Of one that is empty, a builder takes the file of the context.
    fn without_instructions(&self) -> Diagnostics {
        let mut faults = Diagnostics::new();
        for build in self.list.iter().filter(|build| is_without_instructions(&build.first.file.bytes)) {
            let row = &build.first;
            let template = row.service.template(&row.target.subject());
            let name = template.map_or_else(
                |_| row.choice.path.clone(),
                |template| template.template.source().name().to_owned(),
            );
            faults.push(|| {
                let fault = Diagnostic::error(Place::File(name), "file with no instructions");
                fault.help("a Dockerfile needs at least a FROM")
            });
        }
        faults
    }
}

/// Where a context of a service is given.
pub(super) fn place_of_context(service: &ServiceFiles, name: &str) -> Place {
    let place = service.build.places.contexts.get(name).cloned();
    place.unwrap_or(Place::Flag("--build-context"))
}

/// Whether a Dockerfile has nothing but comments and empty lines.
fn is_without_instructions(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_start);
    lines.all(|line| line.is_empty() || line.starts_with(b"#"))
}

/// The circles that are closed on a walk through all services, each from the service that is reached first.
fn circles<'n>(needed: &'n Needed) -> Vec<Vec<&'n str>> {
    let mut circles = Vec::new();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let of = |name: &str| needed.get(name).into_iter().flatten().map(|(other, _)| *other);
    for start in needed.keys() {
        // The services on the way, each with those that are still to be visited from it.
        let mut way: Vec<(&str, _)> = Vec::new();
        if done.insert(start) {
            way.push((start, of(start)));
        }
        while let Some((_, others)) = way.last_mut() {
            let Some(other) = others.next() else {
                way.pop();
                continue;
            };
            if let Some(at) = way.iter().position(|(own, _)| *own == other) {
                circles.push(way[at..].iter().map(|(own, _)| *own).collect());
            } else if done.insert(other) {
                way.push((other, of(other)));
            }
        }
    }
    circles
}

#[test]
fn circles_of_services() {
    let found = |edges: &[(&'static str, &[&'static str])]| -> Vec<String> {
        let of = |others: &[&'static str]| others.iter().map(|other| (*other, "x")).collect();
        let needed: Needed = edges.iter().map(|(name, others)| (*name, of(others))).collect();
        circles(&needed).iter().map(|circle| circle.join(" ")).collect()
    };
    assert_eq!(found(&[("a", &["b"]), ("b", &["a"])]), ["a b"]);
    assert_eq!(found(&[("a", &["a"])]), ["a"]);
    assert_eq!(found(&[("a", &["b", "c"]), ("b", &["d"]), ("c", &["d"]), ("d", &[])]), [""; 0]);
    assert_eq!(found(&[("a", &["b"]), ("b", &["c"]), ("c", &["b", "gone"])]), ["b c"]);
    assert_eq!(found(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &["d"])]), ["a b c", "d"]);
}
