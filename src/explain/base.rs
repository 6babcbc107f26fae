//! What a `FROM` gives: what the base image is, whether anybody looks after it, and what the device
//! gets of it.

use super::phrases::{joined, quoted, sentence};
use super::{Details, InstructionContext};
use crate::dockerfile::{Base, Builder, Keyword, StagePlatform};
use crate::image::{Availability, Catalogue, Date, Family, Knowledge, Maintenance, Platform, Reference};

pub(super) fn details(context: &InstructionContext) -> Details {
    let mut details = Details::new(Keyword::From);
    let Some(at) = context.stage else { return details };
    let Some(resolved) = context.bases.get(at) else { return details };
    let written = quoted(&context.file.stages[at].base.text);
    match &resolved.base {
        Base::Scratch => {
            details.what = "Starts a stage from nothing: `scratch` is empty, without even a shell.".into();
            details.why = Some("There is nothing in it but what is copied in.");
            if resolved.platform == StagePlatform::Builder && context.is_in_image() {
                for_builder(context, &mut details);
            }
            details.device.push("Every program that is copied in has to be built for the device.".to_owned());
        }
        Base::Stage(earlier) => {
            details.what = format!("Starts a stage where {} ended.", context.stage_name(*earlier));
        }
        Base::Unknown => details.device.push(format!(
            "The image in {written} is unknown: it has a variable without a value. Give its ARG a \
             default, or set it with `--build-arg`."
        )),
        Base::Image(name) => image(context, name, &resolved.platform, &mut details),
        Base::Context(name) => {
            let name = quoted(name.as_bytes());
            details.what = format!("Starts a stage from the build context {name}.");
        }
    }
    details.what = format!("{} {}", details.what, used(context, at)).trim_end().to_owned();
    details
}

/// Who needs the stage.
fn used(context: &InstructionContext, at: usize) -> String {
    let count = context.file.stages.len();
    if context.target == Some(at) {
        return match (count, at + 1 == count) {
            (1, _) => "It is the only stage, so it is the image.".to_owned(),
            (_, true) => "It is the last stage: what is in it at the end is the image.".to_owned(),
            (_, false) => "It is the stage to build: what is in it at the end is the image.".to_owned(),
        };
    }
    let name = context.file.stages.get(at).and_then(|stage| stage.name.as_ref());
    if name.is_some_and(|name| context.is_context(name.text.as_bytes())) {
        return "The build is given a context of its name, which takes its place.".to_owned();
    }
    let is_built = context.bases.get(at).is_some_and(|stage| stage.is_built);
    if !is_built && context.target.is_some() {
        return "The image does not need it: a build leaves it out.".to_owned();
    }
    let users = context.facts().map(|facts| &*facts.users).unwrap_or_default();
    let users: Vec<String> = users
        .iter()
        .map(|user| match user.line {
            None => format!("{} builds on it", context.stage_name(user.stage)),
            Some(line) => format!("{} takes files from it (line {line})", context.stage_name(user.stage)),
        })
        .collect();
    match (users.is_empty(), context.request.build.builder) {
        (false, _) => sentence(&joined(&users)),
        (true, Builder::Classic) => {
            "No other stage uses it, but the builder builds every stage up to that of the image.".to_owned()
        }
        // What an ONBUILD triggers uses it.
        (true, Builder::BuildKit) => String::new(),
    }
}

/// The image reference that a name is, if it is a valid one.
pub(super) fn reference(name: &str) -> Option<Reference> {
    Reference::parse(name).ok()
}

fn image(context: &InstructionContext, name: &str, platform: &StagePlatform, details: &mut Details) {
    let shown = quoted(name.as_bytes());
    let Some(reference) = reference(name) else {
        details.pitfall(format!("{shown} is not a valid image name: the build stops here."));
        return;
    };
    let known = context.catalogue.about(&reference);
    details.what = match known.status {
        Maintenance::Never => format!("Starts a stage from {shown}."),
        _ => format!("Starts a stage from {shown}, {}.", kind(&known, &reference)),
    };
    details.device.push(maintained(&known, context.catalogue.day()));
    let subject = &context.request.subject;
    match platform {
        StagePlatform::Target => {}
        StagePlatform::Named(text) => {
            details.device.extend(platform_flag(context, text));
            let device = subject.platform().and_then(Platform::parse);
            if device.is_none() || device != Platform::parse_short(text) {
                return untagged(&reference, &known, details);
            }
        }
        StagePlatform::Builder => {
            for_builder(context, details);
            return untagged(&reference, &known, details);
        }
        _ => {
            details
                .device
                .push("Its platform is not known: `--platform` has a variable without a value.".to_owned());
            return untagged(&reference, &known, details);
        }
    }
    if let Some(arch) = subject.arch {
        let answer = context.catalogue.availability_of(&reference, &known, arch);
        let why = sentence(&answer.why);
        let word = answer.availability.name();
        // That there never was one is said already.
        let why = if known.status == Maintenance::Never || why.is_empty() {
            String::new()
        } else {
            format!(" {why}")
        };
        details.device.push(format!("What {} gets of it: {word}.{why}", subject.name()));
        // A registry that did not answer says nothing.
        if answer.availability != Availability::Unknown {
            details.device.extend(source(&known));
        }
        if let Availability::Fallback(_) = answer.availability {
            details
                .pitfall("A fallback uses only the instructions of older processors, so it may be slower.");
        }
        if let Some(platform) = Platform::parse(&arch.platform)
            && let Some(next) = context.catalogue.in_place_of(&known, std::slice::from_ref(&platform))
        {
            let name = quoted(next.reference.text().as_bytes());
            details.device.push(format!("Replacement: {name} is maintained for {platform}."));
        }
    }
    untagged(&reference, &known, details);
}

/// What it means that a stage is for the machine that builds.
fn for_builder(context: &InstructionContext, details: &mut Details) {
    let name = context.request.subject.name();
    if !context.is_in_image() {
        details.device.push(
            "It is for the machine that builds: where the device has another processor, a program that is \
             compiled here for the device has to be cross-compiled."
                .to_owned(),
        );
        return;
    }
    details.device.push(format!(
        "It is for the machine that builds, and so is the image: its programs run on {name} only where that \
         machine has such a processor, too."
    ));
    details.pitfall(
        "Leave `--platform` out where the stage becomes the image: the image is then for the device.",
    );
}

/// Compares the `--platform` of a `FROM` with the device's. Of a system alone nothing is known.
fn platform_flag(context: &InstructionContext, text: &str) -> Option<String> {
    if Platform::is_system(text) {
        return None;
    }
    let shown = quoted(text.as_bytes());
    if !Platform::is_possible(text) {
        // `linux/armv7hf` has balena's name of an architecture.
        let arch =
            text.strip_prefix("linux/").and_then(|arch| context.request.catalogue.registry().arch(arch));
        return Some(match arch {
            Some(arch) => format!(
                "`--platform` asks for {shown}, which is not a platform: that is balena's name of the \
                 architecture. Its platform is {}, in a template `%%DTPL_PLATFORM%%`.",
                arch.platform
            ),
            None => format!("`--platform` asks for {shown}, which is not a platform."),
        });
    }
    let subject = &context.request.subject;
    let (platform, device) = (Platform::parse_short(text)?, subject.platform().and_then(Platform::parse)?);
    let name = subject.name();
    Some(if device == platform {
        format!("`--platform` asks for {platform}, which is what {name} is.")
    } else if device.choose(std::slice::from_ref(&platform)).is_some() {
        format!("`--platform` asks for {platform}. {name} can run programs for it.")
    } else {
        format!("`--platform` asks for {platform}: its programs are not made for {name}.")
    })
}

/// `a Docker Official Image with python 3.12`
fn kind(known: &Knowledge, reference: &Reference) -> String {
    let family = match known.family {
        Family::Resin => "a base image of resin.io (now balena)".to_owned(),
        Family::Balenalib => "a base image of balena".to_owned(),
        Family::Official if known.is_listed => "a Docker Official Image".to_owned(),
        _ if known.is_listed => format!("an image of {}", reference.domain()),
        _ => return "an image that the catalogue does not know".to_owned(),
    };
    let Some(stack) = known.stack else { return family };
    let listed = known.listed.as_ref().and_then(|listed| listed.split('-').next());
    let version = match &known.parts {
        Some(parts) => parts.version.as_deref(),
        None => {
            let tag = reference.tag().and_then(|tag| tag.split('-').next());
            // `1.95` says more than the `1` that the catalogue has for it.
            let exact = tag.filter(|tag| {
                listed.and_then(|listed| tag.strip_prefix(listed)).is_some_and(|rest| rest.starts_with('.'))
            });
            exact.or(listed).filter(|version| version.starts_with(|c: char| c.is_ascii_digit()))
        }
    };
    // The image that is called after what is in it.
    let named = reference.short_name() == stack && known.parts.is_none();
    match (version, named) {
        (Some(version), _) => format!("{family} with {stack} {version}"),
        (None, true) => family,
        (None, false) => format!("{family} with {stack}"),
    }
}

fn maintained(known: &Knowledge, as_of: Date) -> String {
    let since = match known.updated_phrase() {
        Some(phrase) => format!("{phrase}, and nothing in it has been updated since"),
        None => "nothing in it has been updated".to_owned(),
    };
    let why = if known.why.is_empty() { String::new() } else { format!(" {}", sentence(&known.why)) };
    let ends = known.ends.as_ref();
    match known.status {
        Maintenance::Maintained => {
            let until = ends.and_then(|ending| ending.phrase(as_of)).map(|phrase| format!(", {phrase}"));
            let until = until.unwrap_or_default();
            format!("It is maintained (as of {}){until}.{why}", Catalogue::snapshot())
        }
        Maintenance::Over => {
            let phrase = ends.and_then(|ending| ending.phrase(as_of)).unwrap_or_default();
            format!("It is no longer looked after: {phrase}.{why}")
        }
        Maintenance::Superseded => {
            let newer = known.newer.as_ref().map(|newer| quoted(newer.as_bytes()));
            let newer =
                newer.map(|newer| format!(" The newest of its version is {newer}.")).unwrap_or_default();
            format!("This build is not rebuilt any more: {since}.{newer}{why}")
        }
        Maintenance::Unmaintained => format!("It is not maintained: {since}.{why}"),
        Maintenance::Frozen => format!("Its version is not rebuilt any more: {since}.{why}"),
        Maintenance::Never if known.is_missing => format!("It is not there.{why}"),
        Maintenance::Never => {
            let near = known.instead.as_ref().map(|name| quoted(name.as_bytes()));
            let near = near.map(|near| format!(" The nearest name that existed is {near}."));
            let near = near.unwrap_or_default();
            format!("No image of this name ever existed.{why}{near}")
        }
        Maintenance::Unknown if why.is_empty() => "Whether it is maintained is unknown.".to_owned(),
        Maintenance::Unknown => format!("Whether it is maintained is unknown:{}", lower(&why)),
    }
}

/// Where that is from, if not from the tables.
fn source(known: &Knowledge) -> Option<String> {
    let day = known.as_of.map(|day| format!(", as of {day}")).unwrap_or_default();
    Some(format!("So says {}{day}.", known.source.as_ref()?))
}

/// With a small letter, to go on after a colon.
fn lower(text: &str) -> String {
    let mut letters = text.trim_start().chars();
    let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    format!(" {first}{}", letters.as_str())
}

/// What it means that no tag is given.
fn untagged(reference: &Reference, known: &Knowledge, details: &mut Details) {
    if reference.names_version() {
        return;
    }
    let meant: Vec<String> = known
        .omitted
        .iter()
        .filter_map(|omitted| Some(format!("{} {}", omitted.part.name(), omitted.last()?)))
        .collect();
    let meant = if meant.is_empty() { String::new() } else { format!(" (at the end: {})", joined(&meant)) };
    let is_tagged = reference.tag().is_some();
    if matches!(known.status, Maintenance::Maintained | Maintenance::Unknown) {
        let given = if is_tagged { "`latest`" } else { "No tag means `latest`, which" };
        let changes = if known.is_listed { "changes" } else { "may change" };
        details.pitfall(format!(
            "{given} {changes} from time to time{meant}: give a version, so that two builds give the same image."
        ));
    } else if !is_tagged {
        details.pitfall(format!(
            "No tag means `latest`{meant}: give a version, so that the file says what it is."
        ));
    }
}
