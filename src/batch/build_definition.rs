//! One build as a bake file describes it: every field under bake's name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::builds::{Builds, DistinctBuild};
use super::format::Options;
use super::image_labels;
use super::image_names::{self, repository};
use super::paths::{in_project, relative};
use crate::compose;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::project::BuildSecret;
use crate::project::bake_text::field;

/// A build. What it does not say is empty.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct BuildDefinition {
    /// The targets whose fields it takes over, where it has none of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inherits: Vec<String>,
    /// The service, the fleets and the platforms, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub context: String,
    /// The path of the Dockerfile, relative to the context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dockerfile: Option<String>,
    /// The text of the Dockerfile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dockerfile_inline: Option<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub platforms: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub contexts: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// `None` leaves the tags to the targets that it inherits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeSet<String>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cache_from: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cache_to: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_hosts: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub no_cache: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_cache_filter: Vec<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub pull: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secret: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ssh: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ulimits: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entitlements: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attest: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(truth: &bool) -> bool {
    !truth
}

impl BuildDefinition {
    /// What is known of one of these builds, with these tags.
    ///
    /// # Errors
    /// A Dockerfile that is not UTF-8 and would be written into the file; a context that is a service which is not
    /// built; no name to push to by digest; a cache that cannot be filled; the path of an SSH key with a comma, at
    /// which bake would split it.
    pub fn of(
        build: &DistinctBuild,
        tags: BTreeSet<String>,
        builds: &Builds,
        options: &Options,
    ) -> Result<Self, Diagnostics> {
        let mut faults = Diagnostics::new();
        let (row, project) = (&build.first, options.project.to_string_lossy());
        let own = &row.service.build;
        let settings = &own.settings;
        let context = in_project(&project, &own.context);
        let (dockerfile, dockerfile_inline) = match options.files {
            Some(files) => (Some(dockerfile_from(&context, build, files, options.base)), None),
            None => (None, text(build).map_err(|fault| faults.push(|| fault)).ok()),
        };
        let mut contexts = BTreeMap::new();
        for (name, value) in &own.contexts {
            let value = match value.strip_prefix("service:") {
                Some(other) => match builds.context_of(row, other) {
                    Ok(target) => target,
                    Err(fault) => {
                        faults.push(|| fault);
                        continue;
                    }
                },
                None if compose::is_elsewhere(value) => value.clone(),
                None => folder_of(value, &project),
            };
            contexts.insert(name.clone(), value);
        }
        let mut ssh = Vec::new();
        for (id, paths) in &settings.ssh {
            match ssh_of(id, paths, &project) {
                Ok(text) => ssh.push(text),
                Err(why) => faults.push(|| {
                    let place = own.places.ssh.get(id).cloned();
                    let place = place.unwrap_or_else(|| Place::File(row.choice.path.clone()));
                    let help = "call the folder something else, or start bake in it: --relative-to DIR";
                    Diagnostic::error(place, why).help(help)
                }),
            }
        }
        let caches = |templates, flag, faults: &mut Diagnostics| {
            image_names::caches((templates, flag), builds, build, options.image.version, faults)
        };
        let cache_from = caches(options.image.cache_from, "--cache-from", &mut faults);
        let cache_to = caches(options.image.cache_to, "--cache-to", &mut faults);
        let mut labels = image_labels::labels(build, &options.image);
        labels.extend(settings.labels.clone());
        let (tags, output) = match options.image.by_digest {
            false => {
                let is_said = !tags.is_empty() || !options.image.inherit.is_empty();
                (Some(tags).filter(|_| is_said), settings.output.clone())
            }
            true => {
                let output = by_digest(build, &tags).map_err(|fault| faults.push(|| fault)).ok();
                (options.image.inherit.first().map(|_| BTreeSet::new()), output.into_iter().collect())
            }
        };
        let definition = BuildDefinition {
            inherits: options.image.inherit.to_vec(),
            description: build.description(),
            context,
            dockerfile,
            dockerfile_inline,
            platforms: build.platforms.clone(),
            // An argument without a value takes one from the environment, of which this knows nothing.
            args: own.args.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect(),
            contexts,
            target: own.target.clone(),
            tags,
            labels,
            cache_from: [settings.cache_from.clone(), cache_from].concat(),
            cache_to: [settings.cache_to.clone(), cache_to].concat(),
            extra_hosts: settings.extra_hosts.clone(),
            network: settings.network.clone(),
            no_cache: settings.no_cache,
            pull: settings.pull,
            no_cache_filter: settings.no_cache_filter.clone(),
            secret: settings.secrets.iter().map(|secret| secret_of(secret, &project)).collect(),
            shm_size: settings.shm_size.map(|size| size.to_string()),
            ssh,
            ulimits: settings.ulimits.clone(),
            entitlements: settings.entitlements.clone(),
            attest: settings.attest.clone(),
            output,
        };
        if faults.is_empty() { Ok(definition) } else { Err(faults) }
    }
}

/// A folder as the value of a context. Where bake would take its name for a target or an address, `./` is before it.
fn folder_of(path: &str, project: &str) -> String {
    let path = in_project(project, path.trim_start_matches("./"));
    if compose::is_target(&path) || compose::is_elsewhere(&path) { format!("./{path}") } else { path }
}

/// Where the Dockerfile of a build is below the folder of `--files`.
pub fn dockerfile_path(build: &DistinctBuild, files: &str) -> String {
    in_project(files, &format!("{}/Dockerfile", build.target))
}

/// The way from the context to the Dockerfile. Where the context is outside of the base, the name of the base is part of
/// it.
fn dockerfile_from(context: &str, build: &DistinctBuild, files: &Path, base: Option<&Path>) -> String {
    let path = dockerfile_path(build, &files.to_string_lossy());
    let Some(base) = base.filter(|_| context.starts_with("..")) else { return relative(context, &path) };
    let base = base.to_string_lossy().replace('\\', "/");
    relative(&in_project(&base, context), &in_project(&base, &path))
}

fn text(build: &DistinctBuild) -> Result<String, Diagnostic> {
    String::from_utf8(build.first.file.bytes.clone()).map_err(|_| {
        let place = Place::File(build.first.choice.path.clone());
        Diagnostic::error(place, "a bake file or matrix cannot hold bytes that are not UTF-8")
            .help("save the file as UTF-8, or write the Dockerfiles into a folder: --files DIR")
    })
}

/// The output of a build that is pushed without tags.
fn by_digest(build: &DistinctBuild, tags: &BTreeSet<String>) -> Result<String, Diagnostic> {
    let names: BTreeSet<&str> = tags.iter().map(|tag| repository(tag)).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let name = match names.as_slice() {
        [] => {
            let message = format!("the build {} has no name to push it to", build.target);
            return Err(Diagnostic::error(Place::Flag("--by-digest"), message).help("give one with --tag"));
        }
        [name] => format!("name={name}"),
        // One field of comma-separated values.
        names => format!("\"name={}\"", names.join(",")),
    };
    Ok(format!("type=image,{name},push-by-digest=true,name-canonical=true,store=false"))
}

/// A secret as bake reads it: `id=NAME,src=PATH`.
fn secret_of(secret: &BuildSecret, project: &str) -> String {
    let file = secret.file.as_ref().map(|file| format!("src={}", in_project(project, file)));
    let variable = secret.environment.as_ref().map(|variable| format!("env={variable}"));
    let fields = [Some(format!("id={}", secret.id)), file, variable];
    fields.into_iter().flatten().map(|text| field(&text)).collect::<Vec<_>>().join(",")
}

/// An SSH agent or key as bake reads it: `ID=PATH,PATH`. The paths of `x-bake` are those of the folder in which bake would
/// read the compose file, like all others of it.
fn ssh_of(id: &str, paths: &[String], project: &str) -> Result<String, &'static str> {
    let paths: Vec<String> = paths.iter().map(|path| in_project(project, path)).collect();
    if paths.iter().any(|path| path.contains(',')) {
        return Err("bake cannot read an SSH key in a folder with a comma in its name");
    }
    Ok(if paths.is_empty() { id.to_owned() } else { format!("{id}={}", paths.join(",")) })
}
