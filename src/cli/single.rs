//! One Dockerfile for one device or arch: what `dtpl render`, `dtpl explain` and `dtpl resolve` share.

use std::path::{Path, PathBuf};

use super::args::{LimitArgs, SingleArgs, TargetArgs};
use super::inputs::{self, Inputs};
use super::{Session, output, usage};
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::dockerfile::Builder;
use crate::error::{Error, Result};
use crate::escape::shortened;
use crate::fleet::Fleet;
use crate::fleet::name::app_name;
use crate::fs;
use crate::render::variables::contradictions;
use crate::render::{Layers, Rendering, Variable, Variables};
use crate::subject::Subject;
use crate::workspace::fleets::{self, Opened};
use crate::workspace::{Definitions, DeviceChoice, ServiceFiles, ServiceTemplate, select, subject_of_fleet};

/// The variables that `-v` names.
const MOST_VARIABLES: usize = 100;

/// A service, the device that its Dockerfile is rendered for, and the variables.
pub struct Single<'a> {
    pub args: &'a SingleArgs,
    /// What was given to render.
    path: &'a Path,
    /// The project's folder.
    pub folder: PathBuf,
    /// Files that are read, apart from the Dockerfile.
    inputs: Inputs,
    bounds: &'a LimitArgs,
    pub subject: Subject<'a>,
    /// The program that builds.
    pub builder: Builder,
    /// The file that shows that this is balena's, if nobody said it.
    pub shown_by: Option<&'static str>,
    /// The name of its fleet, if one is given.
    pub fleet: Option<String>,
    pub service: ServiceFiles,
    /// Those that a user gave.
    own: Variables,
    /// Those of the device type and the arch.
    base: Variables,
}

/// The device of a command, with the fleet it belongs to.
pub struct ChosenDevice<'a> {
    pub subject: Subject<'a>,
    fleet: Option<Fleet>,
    pub definitions: Definitions,
}

impl TargetArgs {
    /// The only device type of `--device`, for a command that makes one result.
    pub fn only_device(&self, command: &str, session: &Session) -> anyhow::Result<Option<&str>> {
        let is_many = |name: &str| name.contains(',') || name == "all" || name.starts_with("arch:");
        match &self.device[..] {
            [] => Ok(None),
            [only] if !is_many(only) => Ok(Some(only)),
            several => {
                let list = several.join(",");
                let list = shortened(&list, 200);
                let help = format!("`dtpl batch -d {list}` renders for several");
                let message = format!("`dtpl {command}` is for one device type");
                Err(usage(session.place_of("--device"), message, help))
            }
        }
    }

    /// The device types of `--device`: slugs and aliases as they are written, `all`, `arch:ARCH`, each once.
    pub fn devices(&self, registry: &Registry, session: &Session) -> Result<Vec<String>> {
        let place = session.place_of("--device");
        let mut devices: Vec<String> = Vec::new();
        let mut faults = Diagnostics::new();
        for part in self.device.iter().flat_map(|list| list.split(',')).map(str::trim) {
            let chosen = match part == "all" || part.starts_with("arch:") {
                true => select(registry, part, &place).unwrap_or_else(|more| {
                    faults.append(more);
                    Vec::new()
                }),
                false => Vec::from_iter(registry.device_type(part)),
            };
            let slugs: Vec<&str> = match &chosen[..] {
                // Whether an unknown name is a fault depends on --arch.
                [] if faults.is_empty() => vec![part],
                chosen => chosen.iter().map(|device| &*device.slug).collect(),
            };
            for slug in slugs {
                if !devices.iter().any(|known| known == slug) {
                    devices.push(slug.to_owned());
                }
            }
        }
        if faults.is_empty() { Ok(devices) } else { Err(Error::Input(faults)) }
    }

    /// The device with this name, or that of the fleet. `path` is the project, which may have a file of fleets.
    pub fn device<'a>(
        &'a self,
        name: Option<&'a str>,
        path: &Path,
        registry: &'a Registry,
        notes: &mut Diagnostics,
        session: &mut Session,
    ) -> Result<ChosenDevice<'a>> {
        let device = name.map(|name| (name, session.place_of("--device")));
        let arch = self.arch.as_deref().map(|name| (name, session.place_of("--arch")));
        let is_given = device.is_some() || arch.is_some();
        let fleet = self.named_fleet(is_given, path, registry, notes, session)?;
        let choice = DeviceChoice { device, arch };
        let (subject, fleet) = match fleet {
            None => (choice.subject(registry)?, None),
            Some(fleet) if !is_given => (subject_of_fleet(&fleet, registry)?, Some(fleet)),
            Some(fleet) => self.subject_in_fleet(&choice, fleet, registry, session)?,
        };
        for file in self.definitions.registry.files.iter().chain(&self.definitions.env_file) {
            session.say(format_args!("reading {}", file.display()));
        }
        let definitions = self.definitions.read(path, self.fleets.as_deref(), session)?;
        Ok(ChosenDevice { subject, fleet, definitions })
    }

    /// The device type or arch of the flags, which the fleet has to have. Of the two, what the environment gives
    /// yields to what the command line says.
    fn subject_in_fleet<'a>(
        &'a self,
        choice: &DeviceChoice<'a>,
        fleet: Fleet,
        registry: &'a Registry,
        session: &Session,
    ) -> Result<(Subject<'a>, Option<Fleet>)> {
        let subject = choice.subject(registry)?;
        let has = match (subject.slug, subject.arch_slug()) {
            (Some(slug), _) => fleets::has_device(&fleet, slug, registry),
            (None, arch) => {
                let mut devices = fleet.devices.iter().filter_map(|(name, _)| registry.device_type(name));
                devices.any(|device| Some(&*device.arch) == arch)
            }
        };
        if has {
            return Ok((subject, Some(fleet)));
        }
        let flag = if subject.slug.is_some() { "--device" } else { "--arch" };
        let is_from_environment = |flag| session.places.is_from_environment(flag);
        match (is_from_environment(flag), is_from_environment("--fleet")) {
            (true, false) => Ok((subject_of_fleet(&fleet, registry)?, Some(fleet))),
            (false, true) => Ok((subject, None)),
            _ => {
                let place = session.place_of(flag);
                let fault = match subject.slug {
                    Some(slug) => fleets::not_of_fleet(&fleet, slug, registry, place),
                    None => fleets::not_of_fleet_arch(&fleet, subject.name(), registry, place),
                };
                Err(Error::input(fault))
            }
        }
    }

    /// The fleet that `--fleet` names, if there is a file of fleets. Without one it is only a name.
    fn named_fleet(
        &self,
        has_device: bool,
        project: &Path,
        registry: &Registry,
        notes: &mut Diagnostics,
        session: &mut Session,
    ) -> Result<Option<Fleet>> {
        let Some(name) = &self.fleet else {
            if self.fleets.is_some() && !has_device {
                let fault = Diagnostic::error(Place::CommandLine, "no fleet given: use --fleet NAME");
                return Err(Error::usage(fault.help("or give a device type: -d SLUG")));
            }
            return Ok(None);
        };
        let Some(path) = fleets::path(self.fleets.as_deref(), project, notes) else { return Ok(None) };
        let opened = Opened::open(&path, project, &mut session.streams.stdin())?;
        session.say(format_args!("reading {}", opened.name()));
        let file = opened.read(self.definitions.registry.limit(), None, &mut session.streams.stdin())?;
        if file.is_settings_only {
            return Ok(None);
        }
        if file.fleets.is_err() || !file.settings_faults.is_empty() {
            let mut faults = fleets::faults(&file, registry, &Definitions::default());
            faults.append(file.settings_faults);
            faults.sort_by_position();
            return Err(Error::Input(faults));
        }
        let fleets = file.fleets.map_err(Error::Input)?;
        match fleets::named(&fleets, name, &path, session.place_of("--fleet")) {
            Ok(fleet) => Ok(Some(fleet.clone())),
            // The device on the command line has precedence.
            Err(_) if has_device && session.places.is_from_environment("--fleet") => Ok(None),
            Err(fault) => Err(Error::input(fault)),
        }
    }

    /// The variables that a user gave, and those of the device type and the arch. What is wrong with them
    /// goes into `notes`; they are then good only for finding more errors.
    pub fn variables(
        &self,
        device: &ChosenDevice,
        notes: &mut Diagnostics,
        session: &Session,
    ) -> (Variables, Variables) {
        let ChosenDevice { subject, fleet, definitions } = device;
        let base = Variables::of_device(subject.slug, subject.arch, definitions.only_balena());
        let mut own = Variables::new();
        let app_name = match fleet {
            Some(fleet) => Some(fleet.app_name()),
            None => self.fleet.as_deref().map(app_name),
        };
        let named = [
            ("BALENA_SERVICE_NAME", self.service.as_deref(), "--service"),
            ("BALENA_APP_NAME", app_name, "--fleet"),
        ];
        for (name, value, flag) in named {
            let Some(value) = value else { continue };
            if let Err(fault) = own.define(name, value.to_owned(), session.place_of(flag)) {
                notes.push(|| fault);
            }
        }
        definitions.define(fleet.as_ref(), false, &mut own, notes);
        for warning in subject.device.iter().flat_map(|device| contradictions(&own, device)) {
            notes.push(|| warning);
        }
        (own, base)
    }
}

impl SingleArgs {
    /// Finds the service, the device and the variables. Warnings go into `notes`.
    pub fn open<'a>(
        &'a self,
        (path, device): (&'a Path, Option<&'a str>),
        bounds: &'a LimitArgs,
        registry: &'a Registry,
        notes: &mut Diagnostics,
        session: &mut Session,
    ) -> anyhow::Result<Single<'a>> {
        let device = self.target.device(device, path, registry, notes, session)?;
        let file = self.file.as_deref();
        let located =
            self.target.definitions.locate(path, file, &device.definitions, bounds.limits(), session)?;
        let workspace = located.workspace;
        if let Some(compose) = workspace.project().and_then(|project| project.compose.as_deref()) {
            session.say(format_args!("reading {compose}"));
        }
        let folder = workspace.folder().to_owned();
        let (builder, shown_by) = (workspace.builder(), workspace.shown_by());
        let of_project = workspace.project().map(|_| folder.as_path());
        let inputs = Inputs::find(
            output::file(&self.output),
            (path, of_project),
            self.target.fleets.as_deref().filter(|_| self.target.fleet.is_some()),
            (&self.target.definitions, &device.definitions),
        );
        let named = match (self.target.service.as_deref(), &located.services[..]) {
            (None, [only]) => Some((only.as_str(), Place::of_path(path))),
            (None, several @ [_, ..]) => {
                let fault = Diagnostic::error(Place::of_path(path), "several services are built here");
                let help = format!("choose one with --service: {}", several.join(", "));
                return Err(Error::input(fault.help(help)).into());
            }
            (name, _) => name.map(|name| (name, session.place_of("--service"))),
        };
        let (service, warnings) = workspace.into_service(named)?;
        notes.append(warnings);
        let (own, base) = self.target.variables(&device, notes, session);
        let subject = device.subject;
        let fleet = device.fleet.map(|fleet| fleet.name).or_else(|| self.target.fleet.clone());
        Ok(Single {
            args: self,
            path,
            folder,
            inputs,
            bounds,
            subject,
            builder,
            shown_by,
            fleet,
            service,
            own,
            base,
        })
    }

    /// The warnings about the choice of the Dockerfile. That a template is used instead of the file which
    /// is made of it is as it should be.
    fn choice_warnings(&self, folder: &Path, template: &ServiceTemplate) -> Diagnostics {
        let choice = &template.choice;
        let name = choice.name.rsplit('/').next().unwrap_or(&choice.name);
        let made = folder.join(&choice.path).with_file_name(name);
        match output::file(&self.output).is_some_and(|output| fs::is_same_file(output, &made)) {
            true => Diagnostics::new(),
            false => template.choice_warnings.clone(),
        }
    }

    /// Refuses an output that is one of the inputs, or a directory.
    fn refuse_inputs<'n>(
        &self,
        path: &'n Path,
        sources: impl Iterator<Item = &'n str>,
    ) -> anyhow::Result<()> {
        let Some(output) = output::file(&self.output) else { return Ok(()) };
        if output::is_directory(output) {
            return Err(inputs::refusal(output, "the output is a directory"));
        }
        // The path of the template is compared too: a name that is not UTF-8 is different in messages.
        inputs::refuse_templates(Some(output), sources.map(Path::new).chain([path]))
    }
}

impl Single<'_> {
    /// Renders the template of the service. Warnings go into `notes`: with `--strict` they are errors.
    pub fn render<'t>(
        &'t self,
        found: &'t ServiceTemplate,
        notes: &mut Diagnostics,
        session: &mut Session,
    ) -> anyhow::Result<Rendering<'t>> {
        let template = &found.template;
        let name = template.source().name();
        self.args.refuse_inputs(self.path, std::iter::once(name))?;
        self.inputs.refuse(output::file(&self.args.output))?;
        notes.append(self.args.choice_warnings(&self.folder, found));
        session.say(format_args!("rendering {name} for {}", self.subject.name()));
        let layers = [&self.own, &self.service.variables, &self.base];
        let limits = self.bounds.limits();
        let rendering = template.render_noted(&self.subject, Layers(&layers), &limits, notes);
        let rendering = rendering.map_err(Error::Input)?;
        let parts = rendering.template().source().parts();
        self.args.refuse_inputs(self.path, parts.iter().map(|part| part.name()))?;
        if session.verbose {
            self.say(&rendering, session);
        }
        Ok(rendering)
    }

    /// Says for `-v` which files a rendering was made from, which variables are in it, and where each
    /// value comes from; never what it is.
    fn say(&self, rendering: &Rendering, session: &mut Session) {
        let source = rendering.template().source();
        let parts = source.parts().iter().filter(|part| part.name() != source.name());
        for part in parts.take(MOST_VARIABLES) {
            session.say(format_args!("reading {}", part.name()));
        }
        let of_placeholders = rendering.values().iter().copied();
        let mut used = of_placeholders.chain(rendering.given_to_tera());
        for variable in used.by_ref().take(MOST_VARIABLES) {
            let origin = self.origin(variable);
            session.say(format_args!("{} from {origin}", shortened(variable.name(), 80)));
        }
        let more = used.count();
        if more > 0 {
            session.say(format_args!("and {more} more variables"));
        }
    }

    fn origin(&self, variable: &Variable) -> String {
        let name = variable.name();
        let origin = match variable.origin() {
            Some(Place::Text(source, span)) => {
                return format!("{}:{}", source.name(), source.position(span.start).line);
            }
            Some(Place::Environment(name)) => return name.clone(),
            Some(Place::Flag(flag)) => flag,
            Some(_) => "the command line",
            None if name == "BALENA_SERVICE_NAME" => "the service",
            None if self.subject.device.is_some() || name.ends_with("_MACHINE_NAME") => "the device type",
            None => "the arch",
        };
        origin.to_owned()
    }
}
