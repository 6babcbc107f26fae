//! The digests of the images that services of a compose file run as they are, for `--locked`.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::pin::{Pins, pin};
use crate::project::{Project, ServiceKind};
use crate::render::{Layers, Limits};
use crate::subject::Subject;
use crate::workspace::{ServiceFiles, Services};

/// How the value of a build context begins that is an image.
const IMAGE: &str = "docker-image://";

/// The digest for the image of each service, where it has none yet.
///
/// # Errors
/// Every image that is not in the lock file, or not for the platform, at its place in the compose file; services whose
/// images nobody can know; build contexts that are images without a digest.
pub fn digests(
    project: &Project,
    services: &Services,
    subject: &Subject,
    pins: &Pins,
) -> Result<BTreeMap<String, String>, Diagnostics> {
    let (mut digests, mut faults) = (BTreeMap::new(), Diagnostics::new());
    for service in services.images() {
        match digest(service, subject, pins) {
            Ok(digest) => digests.extend(digest.map(|digest| (service.name.clone(), digest))),
            Err(more) => faults.append(more),
        }
    }
    for service in &project.services {
        let name = &service.name;
        let is_known = || services.images().iter().any(|known| known.name == *name);
        let why = match &service.kind {
            ServiceKind::External { .. } if !is_known() => "a variable in its `image` has no value",
            ServiceKind::Inline => "its Dockerfile is in the compose file: write it into a file",
            ServiceKind::Remote { .. } => "it is built from an address on a network",
            _ => continue,
        };
        let message = format!("the images of the service `{name}` are not known");
        faults.push(|| Diagnostic::error(place(project, name, None), message).help(why));
    }
    for service in services.list() {
        let contexts = service.build.contexts.iter().filter_map(|(name, value)| {
            Some((name, value.strip_prefix(IMAGE).filter(|image| !image.contains('@'))?))
        });
        for (context, _) in contexts {
            let message = format!("the image of the build context `{context}` has no digest");
            let place = place(project, &service.name, Some(context));
            let help =
                "write the digest of images.lock.yaml behind it: an export does not change build contexts";
            faults.push(|| Diagnostic::error(place, message).help(help));
        }
    }
    faults.sort_by_position();
    if faults.is_empty() { Ok(digests) } else { Err(faults) }
}

/// The digest for the image of a service, of which a Dockerfile of one `FROM` stands for.
fn digest(service: &ServiceFiles, subject: &Subject, pins: &Pins) -> Result<Option<String>, Diagnostics> {
    let found = service.template(subject).map_err(crate::error::Error::into_diagnostics)?;
    let layers = [&service.variables];
    let render = || found.template.render(subject, Layers(&layers), &Limits::default());
    let before = render()?.to_bytes();
    let pinned = pin(render()?, service, subject.platform(), pins)?.to_bytes();
    // It is written at the end.
    let digest = pinned.get(before.trim_ascii_end().len()..).unwrap_or_default().trim_ascii();
    let digest = digest.strip_prefix(b"@").and_then(|digest| std::str::from_utf8(digest).ok());
    Ok(digest.map(str::to_owned))
}

/// The services whose image in the changed project is not the one with the digest.
///
/// # Errors
/// All of them: another file or document says their image again.
pub fn check(old: &Project, new: &Project, digests: &BTreeMap<String, String>) -> Result<(), Diagnostics> {
    let image = |project: &Project, name: &str| {
        let service = project.services.iter().find(|service| service.name == name);
        service.and_then(|service| match &service.kind {
            ServiceKind::External { image } => Some(image.clone()),
            _ => None,
        })
    };
    let mut faults = Diagnostics::new();
    for (name, digest) in digests {
        if image(new, name) != image(old, name).map(|image| format!("{image}@{digest}")) {
            let message = format!("the `image` of the service `{name}` is set again here");
            let help = "write the `image` of a service once, in one document of one file";
            faults.push(|| Diagnostic::error(place(old, name, None), message).help(help));
        }
    }
    faults.sort_by_position();
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Where the compose file says what the image of a service is, or one of its build contexts.
fn place(project: &Project, service: &str, context: Option<&str>) -> Place {
    let found = project.model.as_ref().and_then(|model| {
        let (_, entry) = model.services().find(|(name, _)| *name == service)?;
        let found = match context {
            None => entry.node.get("image").or_else(|| entry.node.get("build")),
            Some(context) => {
                let contexts = entry.node.get("build").and_then(|build| build.get("additional_contexts"));
                contexts.and_then(|contexts| contexts.get(context)).or(contexts)
            }
        };
        Some(found.unwrap_or(&entry.node).at.place())
    });
    found.unwrap_or_else(|| Place::File(project.compose.clone().unwrap_or_default()))
}
