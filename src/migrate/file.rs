//! One Dockerfile of a project: for whom it is, which images it goes to, and which of them need a file
//! of their own.

use std::collections::{BTreeMap, BTreeSet};

use super::choice::{Choice, DEBIAN, How, Packages, choose, old_packages};
use super::edit::Edits;
use super::notes::Notes;
use super::rewrite::{Scene, known_of};
use super::uses::{Memory, Spot, Stages, Use, Whom, find, is_of_balena};
use super::{Change, Request, To, modernise, naming};
use crate::batch::services::Prepared;
use crate::check::Findings;
use crate::check::shell::commands;
use crate::dockerfile::{Dockerfile, Instruction, Keyword};
use crate::image::{Availability, Part, Platform};
use crate::project::dockerfile_choice::{Form, candidates};
use crate::template::Template;

/// A file that is migrated.
pub struct Job<'j> {
    request: &'j Request<'j>,
    /// Its path, relative to the folder.
    path: &'j str,
    prepared: &'j Prepared,
    whoms: &'j [Whom<'j>],
}

/// What a file came to.
struct Result {
    new: Vec<u8>,
    /// Whether images were replaced in it.
    is_moved: bool,
    /// Files for arches that the file no longer serves: what each holds.
    splits: BTreeMap<String, Vec<u8>>,
}

impl<'j> Job<'j> {
    /// The file at a path, for all of these.
    pub fn new(request: &'j Request, path: &'j str, prepared: &'j Prepared, whoms: &'j [Whom]) -> Self {
        Job { request, path: request.alone.unwrap_or(path), prepared, whoms }
    }

    /// What changes because of it.
    pub fn migrate(
        &self,
        is_there: &dyn Fn(&str) -> bool,
        memory: &mut Memory,
        findings: &mut Findings,
        devices: &mut BTreeSet<String>,
    ) -> Vec<Change> {
        let template = &self.prepared.template;
        let source = template.source();
        let (file, _) = Dockerfile::read(source);
        let stages = Stages::of(&file, self.whoms);
        let uses = find(&file, template.is_verbatim(), self.whoms, &stages, memory);
        let roots = stages.roots(&file);
        let who = self.who(&uses, memory);
        devices.extend(self.slugs(&who));
        let mut notes = Notes { findings, source, devices: self.slugs(&who) };
        let result = match self.request.to {
            To::Official => self.official(&file, &uses, &roots, &who, is_there, memory, &mut notes),
            To::Balenalib => self.balenalib(&file, &uses, memory, &mut notes),
        };
        self.changes(result, is_there, &mut notes)
    }

    fn slugs(&self, who: &[usize]) -> BTreeSet<String> {
        who.iter()
            .filter_map(|&at| self.whoms.get(at))
            .map(|whom| whom.target.device.slug.to_string())
            .collect()
    }

    /// For whom the file can be: everybody who is named, or those for whom there were its images.
    fn who(&self, uses: &[Use], memory: &Memory) -> Vec<usize> {
        let all: Vec<usize> = (0..self.whoms.len()).collect();
        if self.request.are_named || uses.is_empty() {
            return all;
        }
        let rank = |at: usize| {
            let whom = &self.whoms[at];
            let of = |image: &Use| {
                let Some(Some(known)) = image.known.get(at) else { return 0 };
                if known.1.parts.as_ref().is_some_and(|parts| parts.hardware == RASPBIAN) {
                    return if matches!(&*whom.target.arch.slug, "rpi" | "armv7hf") { 3 } else { 0 };
                }
                match memory.catalogue.availability_of(&known.0, &known.1, whom.target.arch).availability {
                    Availability::Exact => 3,
                    Availability::Unknown => 2,
                    Availability::Fallback(_) => 1,
                    Availability::None => 0,
                }
            };
            uses.iter().filter(|image| image.is_base).map(of).min().unwrap_or(3)
        };
        let ranks: Vec<u8> = all.iter().map(|&at| rank(at)).collect();
        let best = ranks.iter().copied().max().unwrap_or(0);
        all.into_iter().zip(ranks).filter(|(_, rank)| *rank == best).map(|(at, _)| at).collect()
    }

    /// The images to go on with for some; nothing when one place has none for all of them.
    fn choices(&self, uses: &[Use], who: &[usize], how: &How, memory: &Memory) -> Option<Vec<Choice>> {
        let of = |image: &Use| {
            let platforms: BTreeSet<Platform> =
                who.iter().filter_map(|&at| image.platforms.get(at)?.clone()).collect();
            let platforms: Vec<Platform> = platforms.into_iter().collect();
            choose(memory.catalogue, &known_of(image, who)?.1, how, &platforms)
        };
        uses.iter().map(of).collect()
    }

    /// The same, with all that is on Debian on one release of it: what one stage compiles runs in another.
    fn aligned(&self, uses: &[Use], who: &[usize], memory: &Memory) -> Option<Vec<Choice>> {
        let choices = self.choices(uses, who, &How::default(), memory)?;
        let on_debian = |choice: &&Choice| choice.distro == "debian";
        let mut stacks = BTreeSet::new();
        let mut oldest = 0;
        for (image, _) in uses.iter().zip(&choices).filter(|(_, choice)| on_debian(choice)) {
            let Some(known) = known_of(image, who) else { continue };
            let Some(parts) = &known.1.parts else { continue };
            stacks.insert((parts.stack, parts.release.clone()));
            let meant = || known.1.omitted.iter().find(|omitted| omitted.part == Part::Release)?.last();
            let release = parts.release.as_deref().or_else(meant);
            let at = DEBIAN.iter().position(|name| Some(*name) == release);
            oldest = oldest.max(at.unwrap_or(0));
        }
        if stacks.len() < 2 {
            return Some(choices);
        }
        let on = DEBIAN.iter().skip(oldest).find_map(|release| {
            let how = How { release: Some(release), ..How::default() };
            let all = self.choices(uses, who, &how, memory)?;
            all.iter().filter(on_debian).all(|choice| choice.same_release).then_some(all)
        });
        Some(on.unwrap_or(choices))
    }

    #[allow(clippy::too_many_arguments)]
    fn official(
        &self,
        file: &Dockerfile,
        uses: &[Use],
        roots: &[usize],
        who: &[usize],
        is_there: &dyn Fn(&str) -> bool,
        memory: &Memory,
        notes: &mut Notes,
    ) -> Result {
        let old = file.source.bytes();
        let nothing =
            |edits: &Edits| Result { new: edits.apply(old), is_moved: false, splits: BTreeMap::new() };
        let mut edits = Edits::default();
        let strange = uses.iter().find(|image| !self.is_understood(image, who));
        if let Some(image) = strange {
            notes.warn(
                "no-image",
                &image.span,
                format!("what `{}` was is not known", crate::escape::shortened(&image.written, 80)),
                "choose an image by hand; then migrate the rest",
            );
        }
        if uses.is_empty() || strange.is_some() || who.is_empty() {
            self.modernise(file, &mut edits, notes);
            return nothing(&edits);
        }
        let (served, unserved) = self.partition(uses, who, memory);
        let scene = Scene { file, uses, roots };
        let on_alpine = How { alpine: true, release: None };
        let main = match self.aligned(uses, &served, memory).filter(|_| !served.is_empty()) {
            Some(choices) => self.is_safe(&scene, &served, &choices, notes).then_some((served, choices)),
            None => {
                let choices = self.choices(uses, who, &on_alpine, memory);
                let needs = needs_apt(&scene);
                match (choices, needs) {
                    (Some(choices), None) => {
                        edits = scene.official(who, &choices, notes);
                        self.modernise(file, &mut edits, notes);
                        return Result { new: edits.apply(old), is_moved: true, splits: BTreeMap::new() };
                    }
                    (choices, needs) => {
                        self.tell_kept(&scene, who, choices.as_deref(), needs.as_deref(), None, notes);
                        None
                    }
                }
            }
        };
        let Some((served, choices)) = main else {
            self.modernise(file, &mut edits, notes);
            return nothing(&edits);
        };
        notes.devices = self.slugs(&served);
        edits = scene.official(&served, &choices, notes);
        self.modernise(file, &mut edits, notes);
        let mut splits = BTreeMap::new();
        for (arch, who) in unserved {
            notes.devices = self.slugs(&who);
            let path = self.split_path(&arch).filter(|path| !is_there(path));
            let path = path.filter(|_| {
                self.prepared.choice.substituted
                    || Template::parse(std::sync::Arc::clone(file.source))
                        .is_ok_and(|template| template.placeholders().is_empty())
            });
            let choices = self.choices(uses, &who, &on_alpine, memory);
            let needs = needs_apt(&scene);
            if let (Some(choices), None, Some(path)) = (&choices, &needs, &path) {
                let first = &uses[0].span;
                notes.warn(
                    "split",
                    first,
                    format!("no maintained image serves {arch} and the others alike: {path} is on Alpine"),
                    "or put all devices on Alpine, and do without the file; without such devices name yours with -d",
                );
                let mut edits = scene.official(&who, choices, notes);
                self.modernise(file, &mut edits, notes);
                splits.insert(path.clone(), edits.apply(old));
                continue;
            }
            self.tell_kept(&scene, &who, choices.as_deref(), needs.as_deref(), path.as_deref(), notes);
            if let Some(path) = path {
                splits.insert(path, old.to_vec());
            }
        }
        Result { new: edits.apply(old), is_moved: true, splits }
    }

    /// Whom one image for each place can serve, and the others by arch. Those that most device types
    /// have come first.
    fn partition(
        &self,
        uses: &[Use],
        who: &[usize],
        memory: &Memory,
    ) -> (Vec<usize>, BTreeMap<String, Vec<usize>>) {
        let mut by_arch: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &at in who {
            by_arch.entry(&self.whoms[at].target.arch.slug).or_default().push(at);
        }
        let mut order: Vec<(&str, Vec<usize>)> = by_arch.into_iter().collect();
        order.sort_by(|one, other| other.1.len().cmp(&one.1.len()).then_with(|| one.0.cmp(other.0)));
        let (mut served, mut unserved) = (Vec::new(), BTreeMap::new());
        for (arch, own) in order {
            let trial: Vec<usize> = served.iter().chain(&own).copied().collect();
            match self.choices(uses, &trial, &How::default(), memory) {
                Some(_) => served = trial,
                None => {
                    unserved.insert(arch.to_owned(), own);
                }
            }
        }
        served.sort_unstable();
        (served, unserved)
    }

    /// Whether it is known what the image was.
    fn is_understood(&self, image: &Use, who: &[usize]) -> bool {
        let registry = self.request.registry;
        let is_hardware = |name: &str| {
            registry.arch_called(name).is_ok() || registry.device_type(name).is_some() || name == RASPBIAN
        };
        who.iter().filter_map(|&at| image.known.get(at)).all(|known| {
            let known = known.as_ref().filter(|known| is_of_balena(&known.1));
            known.and_then(|known| known.1.parts.as_ref()).is_some_and(|parts| is_hardware(&parts.hardware))
        })
    }

    /// Whether the new images can run what the stages do: other packages would have other names.
    fn is_safe(&self, scene: &Scene, who: &[usize], choices: &[Choice], notes: &mut Notes) -> bool {
        for (image, choice) in scene.uses.iter().zip(choices).filter(|(image, _)| image.is_base) {
            let Some(parts) = known_of(image, who).and_then(|known| known.1.parts.as_ref()) else { continue };
            if old_packages(parts) == choice.packages {
                continue;
            }
            let installs = scene.body(image.stage).into_iter().find_map(|found| installs(scene.file, found));
            if let Some(program) = installs {
                notes.warn(
                    "no-image",
                    &image.span,
                    format!(
                        "there is no image with {} on {}, and {} has other packages",
                        parts.stack.unwrap_or("this"),
                        parts.distro_or_default(),
                        choice.reference.text(),
                    ),
                    format!("`{program}` is used here: go to {} by hand", choice.reference.text()),
                );
                return false;
            }
        }
        true
    }

    /// Some keep the old image; that is said, with what there is to do.
    fn tell_kept(
        &self,
        scene: &Scene,
        who: &[usize],
        on_alpine: Option<&[Choice]>,
        needs: Option<&str>,
        path: Option<&str>,
        notes: &mut Notes,
    ) {
        let Some(first) = scene.uses.first() else { return };
        let arches: BTreeSet<&str> = who.iter().map(|&at| &*self.whoms[at].target.arch.slug).collect();
        let arches = arches.into_iter().collect::<Vec<_>>().join(", ");
        let help = match (on_alpine.and_then(|choices| choices.first()), needs) {
            (Some(choice), Some(program)) => format!(
                "{} is there for it, but `{program}` is used here and Alpine is different: port it by hand",
                choice.reference.text()
            ),
            (Some(choice), None) => format!("{} is there for it", choice.reference.text()),
            (None, _) => "there is none on Alpine either: another language, or newer hardware".to_owned(),
        };
        let message = match path {
            Some(path) => format!("no maintained image serves {arches} as well: {path} keeps the old one"),
            None => format!("no maintained image serves {arches}: the old one stays"),
        };
        notes.devices = self.slugs(who);
        notes.warn(if path.is_some() { "split" } else { "no-image" }, &first.span, message, help);
    }

    fn modernise(&self, file: &Dockerfile, edits: &mut Edits, notes: &mut Notes) {
        if self.request.modernise {
            for instruction in &file.instructions {
                modernise::rewrite(file, instruction, edits, notes);
            }
        }
    }

    fn balenalib(&self, file: &Dockerfile, uses: &[Use], memory: &Memory, notes: &mut Notes) -> Result {
        let mut edits = Edits::default();
        for image in uses {
            let Some(named) = naming::later(image, self.whoms, memory) else { continue };
            match &image.spot {
                Spot::Here(span) | Spot::Default(span) => {
                    edits.replace(span, named.text.as_str());
                }
                Spot::Given(name) => notes.warn(
                    "build-argument",
                    &image.span,
                    format!("the compose file gives this image, in the build argument `{name}`"),
                    format!("write {} there", named.text),
                ),
            }
            if let Some(version) = &named.pinned {
                notes.tell(
                    "omitted-version",
                    &image.span,
                    format!("no version was named: {version} was meant in the first series"),
                    "in the later one a name without a version means another one",
                );
            }
            if !named.missing.is_empty() && self.request.are_named || named.missing.len() == self.whoms.len()
            {
                let few = named.missing.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
                notes.warn(
                    "no-image",
                    &image.span,
                    format!("`{}` was not there for every device type", named.text),
                    format!("not for {few}"),
                );
            }
        }
        let template = &self.prepared.template;
        for &placeholder in template.placeholders() {
            let span = template.span(placeholder);
            let text = format!("%%{}%%", template.name(placeholder));
            if let Some((_, new)) = naming::RENAMED.iter().find(|(old, _)| **old == text) {
                // Inside of a reference that is replaced it is renamed already.
                edits.replace(&span, *new);
            }
        }
        self.modernise(file, &mut edits, notes);
        Result { new: edits.apply(file.source.bytes()), is_moved: false, splits: BTreeMap::new() }
    }

    /// The path of a file for one arch that is taken instead of this one.
    fn split_path(&self, arch: &str) -> Option<String> {
        if !matches!(self.prepared.choice.form, Form::Template | Form::Plain) {
            return None;
        }
        let (folder, name) =
            self.path.rsplit_once('/').map_or(("", self.path), |(folder, name)| (folder, name));
        let named = self.whoms.first().and_then(|whom| self.named(whom));
        let base = match named {
            Some(named) => named.rsplit('/').next().unwrap_or(named).to_owned(),
            None => name.strip_suffix(".template").unwrap_or(name).to_owned(),
        };
        Some(if folder.is_empty() { format!("{base}.{arch}") } else { format!("{folder}/{base}.{arch}") })
    }

    fn named<'w>(&'w self, whom: &'w Whom) -> Option<&'w str> {
        self.request.named.or(whom.service.build.dockerfile.as_deref())
    }

    /// The plain name that a template without placeholders gets, if nothing is in the way.
    fn plain_path(&self, is_there: &dyn Fn(&str) -> bool, notes: &mut Notes) -> Option<String> {
        let path =
            self.path.strip_suffix(".template").filter(|path| !path.is_empty() && !path.ends_with('/'))?;
        if self.prepared.choice.form != Form::Template || !path.rsplit('/').next()?.starts_with("Dockerfile")
        {
            return None;
        }
        let is_found = |whom: &Whom| match self.named(whom) {
            None => true,
            Some(named) => {
                let context = &whom.service.build.context;
                let inner = path.strip_prefix(context.as_str()).unwrap_or(path).trim_start_matches('/');
                candidates(Some(named), None, None).iter().any(|candidate| candidate.path == inner)
            }
        };
        let why = if is_there(path) {
            format!("{path} is there already: remove one of the two")
        } else if !self.whoms.iter().all(is_found) {
            "the compose file, or --file, asks for the template by its name: change that, then rename it"
                .to_owned()
        } else {
            return Some(path.to_owned());
        };
        notes.devices = self.slugs(&(0..self.whoms.len()).collect::<Vec<_>>());
        notes.tell("kept-name", &(0..0), "no placeholder is left, and a plain Dockerfile would do", why);
        None
    }

    fn changes(&self, result: Result, is_there: &dyn Fn(&str) -> bool, notes: &mut Notes) -> Vec<Change> {
        let source = self.prepared.template.source();
        let mut changes = Vec::new();
        let has_placeholders = !super::placeholders(&result.new).is_empty();
        let path = match result.is_moved && !has_placeholders {
            true => self.plain_path(is_there, notes),
            false => None,
        };
        let path = path.unwrap_or_else(|| self.path.to_owned());
        if result.new != source.bytes() || path != self.path {
            changes.push(Change {
                old_path: Some(self.path.to_owned()),
                old: source.bytes().to_vec(),
                path,
                new: result.new,
                like: None,
            });
        }
        let of_split = |(path, new)| Change {
            old_path: None,
            old: Vec::new(),
            path,
            new,
            like: Some(self.path.to_owned()),
        };
        changes.extend(result.splits.into_iter().map(of_split));
        changes
    }
}

/// An image of Raspbian, under a name that is no hardware's.
const RASPBIAN: &str = "rpi-raspbian";

/// The first thing in a file that only works where packages are Debian's.
fn needs_apt(scene: &Scene) -> Option<String> {
    let bases = scene.uses.iter().filter(|image| image.is_base);
    bases.filter(|image| !is_on_alpine(image)).find_map(|image| {
        scene
            .body(image.stage)
            .into_iter()
            .find_map(|found| installs(scene.file, found).or_else(|| gnu(scene.file, found)))
    })
}

fn is_on_alpine(image: &Use) -> bool {
    let parts = image.known.iter().flatten().find_map(|known| known.1.parts.as_ref());
    parts.is_some_and(|parts| old_packages(parts) == Packages::Apk)
}

/// A program that installs packages, in an instruction.
fn installs(file: &Dockerfile, instruction: &Instruction) -> Option<String> {
    const PROGRAMS: [&str; 12] = [
        "install_packages",
        "apt-get",
        "apt",
        "apt-key",
        "aptitude",
        "dpkg",
        "gdebi",
        "add-apt-repository",
        "dnf",
        "yum",
        "rpm",
        "microdnf",
    ];
    named(file, instruction, &PROGRAMS)
}

/// A program that Alpine has not, or has with other options.
fn gnu(file: &Dockerfile, instruction: &Instruction) -> Option<String> {
    const PROGRAMS: [&str; 12] = [
        "bash",
        "systemctl",
        "useradd",
        "groupadd",
        "usermod",
        "adduser",
        "addgroup",
        "locale-gen",
        "update-alternatives",
        "update-rc.d",
        "service",
        "ldconfig",
    ];
    named(file, instruction, &PROGRAMS)
}

fn named(file: &Dockerfile, instruction: &Instruction, programs: &[&str]) -> Option<String> {
    if !matches!(instruction.keyword, Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Shell) {
        return None;
    }
    let in_json = instruction.args.first().map(|arg| String::from_utf8_lossy(&arg.text).into_owned());
    let in_json = in_json.and_then(|text| text.rsplit('/').next().map(str::to_owned));
    if let Some(name) = in_json.filter(|name| programs.contains(&name.as_str())) {
        return Some(name);
    }
    let commands = commands(file, instruction);
    let mut names = commands.iter().filter_map(|command| command.program()).map(|(name, _)| name);
    names.find(|name| programs.contains(name)).map(str::to_owned)
}
