//! A service: what is built, from which folder of the project, with which Dockerfile.

use std::collections::BTreeMap;

use super::bake_notes::BakeNotes;
use super::build_settings::BuildSettings;
use crate::diagnostic::{Diagnostic, Place};
use crate::error::Error;
use crate::image::Platform;

/// The name of the service of a project that has only one.
pub const ONLY_SERVICE: &str = "main";

/// One service of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name; [`ONLY_SERVICE`] when the project has no compose file.
    pub name: String,
    /// What there is to do for it.
    pub kind: ServiceKind,
}

/// Whether a service is built, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    /// Built from a folder of the project.
    Build(Box<Build>),
    /// An image that somebody else built: nothing to render.
    External {
        /// The image reference.
        image: String,
    },
    /// Built from a Dockerfile that is written in the compose file, in which nothing is replaced.
    Inline,
    /// Built from a place on a network, to which dtpl never connects.
    Remote {
        /// The address, as the compose file gives it.
        context: String,
    },
}

/// How a service is built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Build {
    /// The folder, relative to the project, `/` between the parts, empty for the project itself.
    pub context: String,
    /// The Dockerfile that the compose file names, relative to the context.
    pub dockerfile: Option<String>,
    /// Build arguments, those of `.balena/balena.yml` over those of the compose file. `None` is an
    /// argument without a value.
    pub args: BTreeMap<String, Option<String>>,
    /// The stage to build.
    pub target: Option<String>,
    /// The platform that the compose file asks for.
    pub platform: Option<String>,
    /// Other build contexts by name, each as it is written: a folder, an address, `docker-image://...`.
    pub contexts: BTreeMap<String, String>,
    /// What else the compose file says about the build.
    pub settings: BuildSettings,
    /// Where the compose file says it.
    pub(crate) places: BuildPlaces,
}

/// Where a compose file says how a service is built; nothing for what it does not say.
#[derive(Clone, Debug, Default)]
pub(crate) struct BuildPlaces {
    /// The build context.
    pub context: Option<Place>,
    /// The Dockerfile.
    pub dockerfile: Option<Place>,
    /// The stage to build.
    pub target: Option<Place>,
    /// The platform of the service.
    pub platform: Option<Place>,
    /// The platforms of its image, with the name of the field.
    pub platforms: Option<(&'static str, Place)>,
    /// The build arguments, by name.
    pub args: BTreeMap<String, Place>,
    /// The other build contexts, by name.
    pub contexts: BTreeMap<String, Place>,
    /// The SSH agents and keys, by name.
    pub ssh: BTreeMap<String, Place>,
    /// What a bake file or matrix cannot say of it.
    pub bake: BakeNotes,
}

/// Builds are the same wherever they are written.
impl PartialEq for BuildPlaces {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for BuildPlaces {}

impl Service {
    /// The service of a project without a compose file.
    pub fn only() -> Self {
        Service { name: ONLY_SERVICE.to_owned(), kind: ServiceKind::Build(Box::default()) }
    }

    /// How it is built, if it is built here.
    pub fn build(&self) -> Option<&Build> {
        match &self.kind {
            ServiceKind::Build(build) => Some(build),
            _ => None,
        }
    }
}

impl Build {
    /// Changes how it is built: what is given here goes before what the compose file says.
    pub(crate) fn override_with(
        &mut self,
        args: &[(String, String)],
        contexts: &[(String, String)],
        target: Option<&str>,
    ) {
        self.args.extend(args.iter().map(|(name, value)| (name.clone(), Some(value.clone()))));
        // The targets of bake are the services.
        let context = |value: &str| value.strip_prefix("target:").map(|target| format!("service:{target}"));
        let contexts_of_flags = contexts
            .iter()
            .map(|(name, value)| (name.clone(), context(value).unwrap_or_else(|| value.clone())));
        self.contexts.extend(contexts_of_flags);
        self.places.contexts.retain(|name, _| !contexts.iter().any(|(own, _)| own == name));
        if let Some(target) = target {
            self.target = Some(target.to_owned());
            self.places.target = None;
        }
    }

    /// A path of the build context as one of the project.
    pub(crate) fn in_project(&self, path: &str) -> String {
        in_project(&self.context, path)
    }

    /// The platform that the image is built for on a device of this platform: its own, or where the compose file
    /// builds for others, the nearest of them that the device runs.
    ///
    /// # Errors
    /// Where the device runs none of them.
    pub(crate) fn platform_for(&self, service: &str, device: &Platform) -> Result<Platform, Diagnostic> {
        let listed = self.places.platforms.as_ref();
        let (field, listed) =
            listed.map_or(("build.platforms", None), |(field, place)| (*field, Some(place)));
        let fields = [
            (field, self.settings.platforms.as_slice(), listed),
            ("platform", self.platform.as_slice(), self.places.platform.as_ref()),
        ];
        let mut chosen = device.clone();
        for (field, texts, place) in fields {
            let offered: Vec<Platform> =
                texts.iter().filter_map(|text| Platform::parse_short(text)).collect();
            if offered.is_empty() {
                continue;
            }
            let Some(platform) = chosen.choose(&offered).cloned() else {
                let place = place.cloned().unwrap_or(Place::File(self.context.clone()));
                let message = format!("`{service}` is not built for {device}, the platform of the device");
                let help = match field {
                    "platform" => "leave `platform` out: the platform of the device is used".to_owned(),
                    _ => format!("add {device}, or leave `{field}` out"),
                };
                return Err(Diagnostic::error(place, message).help(help));
            };
            chosen = platform;
        }
        Ok(chosen)
    }

    /// The nearest folder that has both the build context and the Dockerfile, and the Dockerfile as a path in it:
    /// the context itself, unless the Dockerfile lies outside.
    #[cfg(feature = "cli")]
    pub(crate) fn around_dockerfile(&self) -> (&str, Option<&str>) {
        let mut folder = self.context.as_str();
        let mut path = self.dockerfile.as_deref();
        while let Some(rest) = path.and_then(|path| path.strip_prefix("../")) {
            path = Some(rest);
            folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        (folder, path)
    }

    /// Whether the Dockerfile that the compose file names lies outside the build context.
    pub(crate) fn is_dockerfile_outside(&self) -> bool {
        self.dockerfile.as_deref().is_some_and(|path| path.starts_with("../"))
    }
}

/// A path of a build context as one of the project; the path of a Dockerfile may begin with `..`.
pub fn in_project(context: &str, path: &str) -> String {
    let mut parts: Vec<&str> = context.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// The path of a Dockerfile, as the compose file has it, relative to the build context `context` of the project: a
/// path in the context without `..`, or one that leaves the context and stays in the project, with `..` in
/// front. Nothing for a folder on the way to the context.
///
/// # Errors
/// Why it is none: it is absolute, or leaves the project.
pub fn from_context(context: &str, path: &str) -> Result<String, &'static str> {
    refuse_absolute(path)?;
    let context: Vec<&str> = context.split('/').filter(|part| !part.is_empty()).collect();
    let mut parts = context.clone();
    for step in steps(path) {
        if step != ".." {
            parts.push(step);
        } else if parts.pop().is_none() {
            return Err(OUTSIDE);
        }
    }
    let common = parts.iter().zip(&context).take_while(|(one, other)| one == other).count();
    if parts.len() == common {
        return Ok(String::new());
    }
    let up = std::iter::repeat_n("..", context.len() - common);
    Ok(up.chain(parts.iter().copied().skip(common)).collect::<Vec<_>>().join("/"))
}

/// A path of a compose file as one inside the project: `./a//b/` as `a/b`, `.` as nothing.
///
/// # Errors
/// Why it does not stay inside: it is absolute, or has `..` in it.
pub fn inside(path: &str) -> Result<String, &'static str> {
    refuse_absolute(path)?;
    let parts: Vec<&str> = steps(path).collect();
    if parts.contains(&"..") { Err(OUTSIDE) } else { Ok(parts.join("/")) }
}

const OUTSIDE: &str = "it must not lead out of the project with `..`";

fn refuse_absolute(path: &str) -> Result<(), &'static str> {
    match path.starts_with('/') || path.starts_with('~') || path.contains('\\') {
        true => Err("it has to be a relative path with `/` between its parts"),
        false => Ok(()),
    }
}

fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".")
}

/// Refuses a Dockerfile, given at `place`, that is no file inside the build context.
pub fn refuse_outside(path: &str, place: Place) -> Result<(), Error> {
    let why = match inside(path) {
        Ok(path) if !path.is_empty() => return Ok(()),
        Ok(_) => "it has to name a file",
        Err(why) => why,
    };
    let message = format!("`{path}` is no Dockerfile of the project");
    Err(Error::input(Diagnostic::error(place, message).help(why)))
}

#[test]
fn dockerfiles_relative_to_their_context() {
    let of_web = |path| from_context("apps/web", path);
    assert_eq!(of_web("./docker//Dockerfile").as_deref(), Ok("docker/Dockerfile"));
    assert_eq!(of_web("../web/x/../Dockerfile").as_deref(), Ok("Dockerfile"));
    assert_eq!(of_web("../api/Dockerfile").as_deref(), Ok("../api/Dockerfile"));
    assert_eq!(of_web("../../docker/web").as_deref(), Ok("../../docker/web"));
    // A folder is no Dockerfile.
    assert_eq!(
        [of_web(".."), of_web("../.."), of_web("../../apps/web"), of_web(".")],
        [const { Ok(String::new()) }; 4]
    );
    assert!(of_web("../../../web").is_err() && of_web("/web").is_err() && of_web("..\\web").is_err());
    assert_eq!(in_project("apps/web", "Dockerfile"), "apps/web/Dockerfile");
    assert_eq!(in_project("apps/web", "../api/Dockerfile"), "apps/api/Dockerfile");
    assert_eq!(in_project("apps/web", "../../docker/web"), "docker/web");
    assert_eq!(in_project("", "docker/web"), "docker/web");
    assert_eq!([in_project("apps/web", ".."), in_project("web", "..")], ["apps", ""]);
}
