//! What the compose files say about the builds of a plan: tags, platforms, contexts that are other services.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::builds::DistinctBuild;
#[cfg(feature = "cli")]
use super::format::Options;
#[cfg(feature = "cli")]
use super::paths::in_project;
use super::plan::{Plan, Planned};
use super::shard::Shard;
#[cfg(feature = "cli")]
use super::shell_word::quoted;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::image::Platform;

/// The builds of a plan by service and device.
pub struct ComposeBuilds<'p> {
    plan: &'p Plan<'p>,
    /// The builds of each service.
    counts: BTreeMap<String, Count<'p>>,
    /// The names of builds by service and the place of the target in memory; only if a context is a service.
    names: HashMap<(String, usize), String>,
}

/// The builds of a service.
#[derive(Default)]
struct Count<'p> {
    builds: usize,
    /// How many platforms they have, each build for itself.
    platforms: usize,
    /// The platforms of all of them.
    all: BTreeSet<&'p str>,
}

impl<'p> ComposeBuilds<'p> {
    /// Looks at all builds of a plan once.
    pub fn new(plan: &'p Plan<'p>) -> Self {
        let mut builds = ComposeBuilds { plan, counts: BTreeMap::new(), names: HashMap::new() };
        let services = plan.batch.services.list();
        let is_service = |context: &String| context.starts_with("service:");
        let needs_names = services.iter().any(|service| service.build.contexts.values().any(is_service));
        for build in plan.builds(Shard::ALL, false) {
            let count = builds.counts.entry(build.first.service.name.clone()).or_default();
            count.builds += 1;
            count.platforms += build.platforms.len();
            count.all.extend(&build.platforms);
            for row in build.rows.iter().filter(|_| needs_names) {
                builds.names.insert(key(&row.service.name, row), build.target.clone());
            }
        }
        builds
    }

    /// The name of the target of another service for the same device.
    ///
    /// # Errors
    /// When that service is not built.
    pub fn built_for(&self, row: &Planned, service: &str) -> Result<String, Diagnostic> {
        self.names.get(&key(service, row)).cloned().ok_or_else(|| {
            let place = Place::File(self.plan.batch.services.compose.clone().unwrap_or_default());
            let message =
                format!("`{}` is built with the service `{service}`, which is left out", row.service.name);
            Diagnostic::error(place, message).help("name both with --service")
        })
    }

    /// The tags that the compose file gives an image. A service with several builds has several images, which
    /// cannot have one tag: if the file gives some, that is a fault. With `shares`, those for different platforms can.
    pub fn tags<'b>(
        &self,
        build: &DistinctBuild<'b>,
        shares: bool,
        faults: &mut Diagnostics,
    ) -> impl Iterator<Item = &'b str> {
        let service = build.first.service;
        let settings = &service.build.settings;
        let is_only = self
            .counts
            .get(&service.name)
            .is_some_and(|count| count.builds == 1 || shares && count.platforms == count.all.len());
        if !is_only && !settings.tags.is_empty() {
            let message = format!("`{}` has several builds, which cannot have the same tags", service.name);
            let help = "leave `tags` out, and give --tag with {fleet}, {device} or {arch} in it";
            // Each build of the service says it.
            if !faults.iter().any(|fault| fault.message == message) {
                let place = place_of(self.plan, &service.name, &["build", "tags"]);
                faults.push(|| Diagnostic::error(place, message).help(help));
            }
        }
        settings.tags.iter().chain(&settings.image).filter(move |_| is_only).map(String::as_str)
    }
}

/// The platforms that a build is for. A device that the compose file leaves out is a fault.
pub fn platforms(build: &DistinctBuild, faults: &mut Diagnostics) -> BTreeSet<String> {
    let service = build.first.service;
    let mut platforms = BTreeSet::new();
    for text in &build.platforms {
        let Some(device) = Platform::parse(text) else {
            platforms.insert((*text).to_owned());
            continue;
        };
        match service.build.platform_for(&service.name, &device) {
            // As the registry of device types writes it.
            Ok(platform) if platform == device => drop(platforms.insert((*text).to_owned())),
            Ok(platform) => drop(platforms.insert(platform.to_string())),
            // Each build of the service says it.
            Err(fault) if faults.iter().any(|known| known.message == fault.message) => {}
            Err(fault) => faults.push(|| fault),
        }
    }
    platforms
}

fn key(service: &str, row: &Planned) -> (String, usize) {
    (service.to_owned(), std::ptr::from_ref(row.target) as usize)
}

/// The place of a field of a service in the compose file.
fn place_of(plan: &Plan, service: &str, field: &[&str]) -> Place {
    let services = plan.batch.services;
    let names = [&["services", service][..], field].concat();
    let node = services.model().and_then(|model| model.root.find(&names));
    node.map_or_else(|| Place::File(services.compose.clone().unwrap_or_default()), |node| node.at.place())
}

/// What of the compose files a bake file has no word for, and what it needs to be allowed.
#[cfg(feature = "cli")]
pub fn notes(plan: &Plan, options: &Options) -> Diagnostics {
    let mut notes = Diagnostics::new();
    let mut allowed = BTreeSet::new();
    let project = options.project.to_string_lossy();
    for service in plan.batch.services.list() {
        let (build, settings) = (&service.build, &service.build.settings);
        for field in &settings.without_word {
            let place = place_of(plan, &service.name, &["build", field]);
            let message = format!("a bake file has no word for `{field}`: left out");
            notes.push(|| Diagnostic::warning(place, message));
        }
        for name in build.args.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name) {
            let place = build.places.args.get(name).cloned();
            let place = place.unwrap_or_else(|| place_of(plan, &service.name, &["build", "args"]));
            // Its name can be the value of a variable.
            let message = "this build argument has no value: left out";
            let help = "give it with --build-arg, or with docker buildx bake --set";
            notes.push(|| Diagnostic::warning(place, message).help(help));
        }
        allowed.extend(settings.entitlements.iter().map(|name| format!("--allow={name}")));
        let local = |path: &&String| !path.starts_with("service:") && !crate::compose::is_elsewhere(path);
        let contexts = build.contexts.values().filter(local).map(|path| path.trim_start_matches("./"));
        let secrets = settings.secrets.iter().filter_map(|secret| secret.file.as_deref());
        let read = contexts.chain([build.context.as_str()]).chain(secrets);
        let files = options.files.map(|files| files.to_string_lossy().into_owned());
        let read = read.map(|path| in_project(&project, path)).chain(files);
        // Bake asks before it reads what is outside of the folder in which it runs.
        let outside = read.filter(|path| path.starts_with("..") || path.starts_with('/'));
        allowed.extend(outside.map(|path| quoted(&format!("--allow=fs.read={path}"))));
    }
    if !allowed.is_empty() {
        let flags: Vec<String> = allowed.into_iter().collect();
        let message = format!("docker buildx bake needs {}", flags.join(" "));
        let place = plan.batch.services.compose.clone().unwrap_or_else(|| project.into_owned());
        notes.push(|| Diagnostic::info(Place::File(place), message));
    }
    notes
}
