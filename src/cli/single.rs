//! One Dockerfile for one device or arch: what `dtpl render`, `dtpl explain` and `dtpl resolve` share.

use std::path::Path;

use super::args::{LimitArgs, SingleArgs, TargetArgs};
use super::{Session, output, usage};
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::escape::shortened;
use crate::fleet::Fleet;
use crate::fs;
use crate::render::variables::contradictions;
use crate::render::{Layers, Rendering, Variable, Variables};
use crate::subject::Subject;
use crate::workspace::fleets::{self, Opened};
use crate::workspace::{Definitions, DeviceChoice, ServiceFiles, ServiceTemplate, subject_of_fleet};

/// The variables that `-v` names.
const MOST_VARIABLES: usize = 100;

/// A service, the device that its Dockerfile is rendered for, and the variables.
pub struct Single<'a> {
    pub args: &'a SingleArgs,
    bounds: &'a LimitArgs,
    pub subject: Subject<'a>,
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
    /// The device that the flags name, or that of the fleet. `path` is the project, which may have a file
    /// of fleets.
    pub fn device<'a>(
        &'a self,
        path: &Path,
        registry: &'a Registry,
        session: &mut Session,
    ) -> Result<ChosenDevice<'a>> {
        let fleet = self.named_fleet(path, session)?;
        let given =
            |value: &'a Option<String>, flag| value.as_deref().map(|value| (value, session.place_of(flag)));
        let (device, arch) = (given(&self.device, "--device"), given(&self.arch, "--arch"));
        let subject = match &fleet {
            Some(fleet) if device.is_none() && arch.is_none() => subject_of_fleet(fleet, registry)?,
            _ => DeviceChoice { device, arch }.subject(registry)?,
        };
        for file in self.definitions.registry.files.iter().chain(&self.definitions.env_file) {
            session.say(format_args!("reading {}", file.display()));
        }
        Ok(ChosenDevice { subject, fleet, definitions: self.definitions.read(session)? })
    }

    /// The fleet that `--fleet` names, if there is a file of fleets. With a device, the project's own file
    /// need not have it.
    fn named_fleet(&self, project: &Path, session: &mut Session) -> Result<Option<Fleet>> {
        let has_device = self.device.is_some() || self.arch.is_some();
        let Some(name) = &self.fleet else {
            if self.fleets.is_some() && !has_device {
                let fault = Diagnostic::error(Place::CommandLine, "no fleet given: use --fleet NAME");
                return Err(Error::usage(fault.help("or give a device type: -d SLUG")));
            }
            return Ok(None);
        };
        let Some(path) = fleets::path(self.fleets.as_deref(), project) else { return Ok(None) };
        let opened = Opened::open(&path, project, &mut session.streams.stdin())?;
        session.say(format_args!("reading {}", opened.name()));
        let file = opened.read(self.definitions.registry.limit(), &mut session.streams.stdin())?;
        let fleets = file.fleets.map_err(Error::Input)?;
        match fleets::named(&fleets, name, &path, session.place_of("--fleet")) {
            Ok(fleet) => Ok(Some(fleet.clone())),
            Err(_) if self.fleets.is_none() && has_device => Ok(None),
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
        let only_balena = self.definitions.only_balena();
        let base = Variables::of_device(subject.slug, subject.arch, only_balena);
        let mut own = Variables::new();
        let named = [
            ("BALENA_SERVICE_NAME", &self.service, "--service"),
            ("BALENA_APP_NAME", &self.fleet, "--fleet"),
        ];
        for (name, value, flag) in named {
            let Some(value) = value else { continue };
            if let Err(fault) = own.define(name, value.clone(), session.place_of(flag)) {
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
        bounds: &'a LimitArgs,
        registry: &'a Registry,
        notes: &mut Diagnostics,
        session: &mut Session,
    ) -> anyhow::Result<Single<'a>> {
        let device = self.target.device(&self.path, registry, session)?;
        let (file, values) = (self.file.as_deref(), device.definitions.values());
        let workspace = self.target.definitions.open(&self.path, file, &values, bounds.limits(), session)?;
        if let Some(compose) = workspace.project().and_then(|project| project.compose.as_deref()) {
            session.say(format_args!("reading {compose}"));
        }
        let named = self.target.service.as_deref().map(|name| (name, session.place_of("--service")));
        let (service, warnings) = workspace.into_service(named)?;
        notes.append(warnings);
        let (own, base) = self.target.variables(&device, notes, session);
        Ok(Single { args: self, bounds, subject: device.subject, service, own, base })
    }

    /// The warnings about the choice of the Dockerfile. That a template is used instead of the file which
    /// is made of it is as it should be.
    fn choice_warnings(&self, template: &ServiceTemplate) -> Diagnostics {
        let choice = &template.choice;
        let name = choice.name.rsplit('/').next().unwrap_or(&choice.name);
        let made = self.path.join(&choice.path).with_file_name(name);
        match output::file(&self.output).is_some_and(|output| fs::is_same_file(output, &made)) {
            true => Diagnostics::new(),
            false => template.choice_warnings.clone(),
        }
    }

    /// Refuses an output that is one of the inputs, or a directory.
    fn refuse_inputs<'n>(&self, mut sources: impl Iterator<Item = &'n str>) -> anyhow::Result<()> {
        let Some(output) = output::file(&self.output) else { return Ok(()) };
        let fault = |message: &str| {
            let place = Place::of_path(output);
            Err(usage(place, message, "name another file with --output"))
        };
        if fs::is_dir(output) {
            return fault("the output is a directory");
        }
        // The path of the template is compared too: a name that is not UTF-8 is different in messages.
        let is_output = |source: &Path| fs::is_same_file(output, source);
        if sources.any(|source| is_output(Path::new(source))) || is_output(&self.path) {
            return fault("the output is the template itself");
        }
        let definitions = &self.target.definitions;
        let mut files = definitions.env_file.iter().chain(&definitions.registry.files);
        if files.any(|file| is_output(file)) {
            return fault("the output is one of the inputs");
        }
        Ok(())
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
        self.args.refuse_inputs(std::iter::once(name))?;
        notes.append(self.args.choice_warnings(found));
        session.say(format_args!("rendering {name} for {}", self.subject.name()));
        let layers = [&self.own, &self.service.variables, &self.base];
        let limits = self.bounds.limits();
        let rendering = template.render_noted(&self.subject, Layers(&layers), &limits, notes);
        let rendering = rendering.map_err(Error::Input)?;
        let parts = rendering.template().source().parts();
        self.args.refuse_inputs(parts.iter().map(|part| part.name()))?;
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
