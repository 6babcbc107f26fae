//! Which device types and fleets a command is for that looks at many at once: flags, `fleets.yaml` and
//! `balena.yml`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Session;
use super::args::{BatchArgs, ImagesArgs, LockArgs, ScopeArgs, SelectionArgs};
use crate::batch::{Shard, Share};
use crate::check::Settings;
use crate::device_types::{DeviceType, Registry};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::error::{Error, Result};
use crate::fleet::file::FleetsFile;
use crate::fleet::name::{FleetNames, is_slug, unfit};
use crate::fleet::{Fleet, FleetFormat};
use crate::workspace::device_names::{Expected, unknown_device_type};
use crate::workspace::fleets::{self, Opened};
use crate::workspace::{Definitions, Target, Targets, select};
use crate::workspace::{contract, location};

/// The flags that say what a command is for.
pub struct TargetFlags<'c> {
    /// What is rendered.
    pub path: &'c Path,
    devices: &'c [String],
    fleets: Option<&'c Path>,
    only: &'c SelectionArgs,
}

/// What the flags and files of a project name.
pub enum Wanted<'r> {
    /// These, of the part that they are.
    Targets(Vec<Target<'r>>, Share),
    /// Fleets that are read from this file while they are rendered.
    Lines(Opened),
    /// Nothing.
    Nothing,
}

/// A file of fleets that was read.
pub struct ReadFleets {
    pub file: FleetsFile,
    pub path: PathBuf,
    /// Whether it has one a line.
    pub is_lines: bool,
}

/// What targets are made of.
pub struct Sources<'r, 's> {
    pub registry: &'r Registry,
    pub definitions: &'s Definitions,
    /// Which part of the fleets or device types is wanted.
    pub shard: Shard,
    /// What is said when the file has more JSON lines than are read.
    pub why_limited: Option<&'static str>,
    /// Whether JSON lines may be left to be read while they are rendered.
    pub may_stream: bool,
}

impl<'r> Sources<'r, '_> {
    /// The device types of the part, without fleets.
    fn devices(&self, devices: BTreeMap<&'r str, &'r DeviceType>, notes: &mut Diagnostics) -> Wanted<'r> {
        let share = self.shard.of(devices.keys());
        let devices: Vec<&DeviceType> =
            devices.into_values().filter(|device| share.has(&device.slug)).collect();
        let mut targets = Targets::new(self.registry, self.definitions, self.definitions.only_balena());
        Wanted::Targets(targets.of_devices(&devices, notes), share)
    }
}

impl ScopeArgs {
    /// The flags, for one of the paths.
    pub fn flags<'c>(&'c self, path: &'c Path) -> TargetFlags<'c> {
        TargetFlags { path, devices: &self.devices, fleets: self.fleets.as_deref(), only: &self.only }
    }

    /// The targets for one of the paths, fleet by fleet, and whether any are named: otherwise they are all device
    /// types. Into `settings` goes what the file of fleets says of rules, into `notes` what is wrong with a fleet.
    pub fn targets<'r>(
        &self,
        path: &Path,
        registry: &'r Registry,
        definitions: &Definitions,
        settings: &mut Settings,
        notes: &mut Diagnostics,
        session: &mut Session,
    ) -> Result<(Vec<Target<'r>>, bool)> {
        let sources =
            Sources { registry, definitions, shard: Shard::ALL, may_stream: false, why_limited: None };
        match self.flags(path).find(&sources, Some(settings), notes, session)? {
            Wanted::Targets(targets, _) => Ok((targets, true)),
            Wanted::Lines(_) | Wanted::Nothing => {
                let all = select(registry, "all", &session.place_of("--devices")).map_err(Error::Input)?;
                let mut targets = Targets::new(registry, definitions, definitions.only_balena());
                Ok((targets.of_devices(&all, notes), false))
            }
        }
    }
}

impl BatchArgs {
    /// The flags that say what a batch is for.
    pub fn target_flags(&self) -> TargetFlags<'_> {
        TargetFlags {
            path: &self.path,
            devices: &self.devices,
            fleets: self.fleets.as_deref(),
            only: &self.only,
        }
    }
}

impl ImagesArgs {
    /// The flags that say what the images of a project are looked up for.
    pub fn target_flags<'c>(&'c self, project: &'c Path) -> TargetFlags<'c> {
        TargetFlags { path: project, devices: &self.device, fleets: self.fleets.as_deref(), only: &self.only }
    }
}

impl LockArgs {
    /// The flags that say what a lock file is for.
    pub fn target_flags(&self) -> TargetFlags<'_> {
        TargetFlags {
            path: &self.path,
            devices: &self.devices,
            fleets: self.fleets.as_deref(),
            only: &self.only,
        }
    }
}

impl<'c> TargetFlags<'c> {
    /// What the flags name, or the file of fleets, or the contract of balena. Into `settings` goes what that file
    /// says of rules, if the command has any, into `notes` what is wrong with a fleet.
    pub fn find<'r>(
        &self,
        sources: &Sources<'r, '_>,
        settings: Option<&mut Settings>,
        notes: &mut Diagnostics,
        session: &mut Session,
    ) -> Result<Wanted<'r>> {
        let is_for_devices = self.chosen_devices(sources.registry, session)?.is_some();
        let mut read = None;
        if let Some(path) = fleets::path(self.fleets, self.path, notes) {
            let opened = Opened::open(&path, self.path, &mut session.streams.stdin())?;
            let is_lines = opened.format == FleetFormat::Lines;
            if sources.may_stream && is_lines && !is_for_devices {
                return Ok(Wanted::Lines(opened));
            }
            session.say(format_args!("reading {}", opened.name()));
            let limit = self.only.definitions.registry.limit();
            let file = opened.read(limit, sources.why_limited, &mut session.streams.stdin())?;
            read = Some(ReadFleets { file, path, is_lines });
        }
        self.find_in(read, sources, settings, notes, session)
    }

    /// The same when the file of fleets was read, if there is one.
    pub fn find_in<'r>(
        &self,
        read: Option<ReadFleets>,
        sources: &Sources<'r, '_>,
        settings: Option<&mut Settings>,
        notes: &mut Diagnostics,
        session: &mut Session,
    ) -> Result<Wanted<'r>> {
        let registry = sources.registry;
        let devices = self.chosen_devices(registry, session)?;
        let names = self.fleet_names(session);
        // Lines are divided in one way, whether they are rendered as they come or not.
        let is_lines = read.as_ref().is_some_and(|read| read.is_lines);
        let mut fleets = None;
        if let Some(ReadFleets { file, path, .. }) = read {
            let needs_fleets = !file.is_settings_only && (devices.is_none() || !names.is_empty());
            let mut faults = file.settings_faults.clone();
            if let Some(settings) = settings {
                faults.append(settings.take(&file.settings).err().unwrap_or_default());
            }
            let is_bad = !faults.is_empty() || needs_fleets && file.fleets.is_err();
            // A device type alone that is unknown does not keep the others from being rendered.
            if is_bad && needs_fleets {
                faults.append(fleets::faults(&file, registry, sources.definitions));
            }
            if is_bad {
                faults.sort_by_position();
                return Err(Error::Input(faults));
            }
            if needs_fleets {
                fleets = Some((file.fleets.map_err(Error::Input)?, path));
            } else if !file.is_settings_only {
                self.refuse_both(session)?;
            }
        }
        let mut targets = Targets::new(registry, sources.definitions, sources.definitions.only_balena());
        let place = session.place_of("--fleet");
        let wanted = match (devices, fleets) {
            (None, Some((fleets, path))) => named(fleets, names, &path, &place, notes),
            (Some(devices), Some((fleets, path))) => {
                let wanted = named(fleets, names, &path, &place, notes);
                devices.restrict(wanted, registry, session, notes)
            }
            (Some(devices), None) if names.is_empty() => {
                return Ok(sources.devices(devices.all, notes));
            }
            // Without a file a fleet is only a name.
            (Some(devices), None) => {
                let devices: Vec<&DeviceType> = devices.all.into_values().collect();
                let (mut seen, mut folders) = (BTreeSet::new(), FleetNames::default());
                let names: Vec<&String> = names.iter().filter(|name| seen.insert(*name)).collect();
                for name in &names {
                    folders.check(name, &place, notes);
                    if let Some(why) = unfit(name).filter(|_| !is_slug(name)) {
                        let message = format!("this cannot be a fleet's name: {why}");
                        notes.push(|| Diagnostic::error(place.clone(), message));
                    }
                }
                names.iter().map(|name| fleets::unlisted(name, &devices, &place)).collect()
            }
            (None, None) if names.is_empty() => {
                let Some(devices) = self.contract(registry, notes, session)? else {
                    return Ok(Wanted::Nothing);
                };
                return Ok(sources.devices(devices, notes));
            }
            (None, None) => {
                let fault = Diagnostic::error(place, "there is no file of fleets");
                let help =
                    "name it with --fleets, list the fleets in fleets.yaml, or give device types: -d LIST";
                return Err(Error::usage(fault.help(help)));
            }
        };
        let share = match is_lines {
            true => sources.shard.of_stream(),
            false => sources.shard.of(wanted.iter().map(Fleet::folder)),
        };
        let wanted = wanted.iter().filter(|fleet| share.has(&fleet.folder())).enumerate();
        let targets = wanted.flat_map(|(number, fleet)| targets.of_fleet(number, fleet, notes));
        Ok(Wanted::Targets(targets.collect(), share))
    }

    /// The device types that balena's contract of the project lists. What is unknown goes into `notes`.
    fn contract<'r>(
        &self,
        registry: &'r Registry,
        notes: &mut Diagnostics,
        session: &mut Session,
    ) -> Result<Option<BTreeMap<&'r str, &'r DeviceType>>> {
        let Some(path) = location::contract_file(self.path) else { return Ok(None) };
        let limit = self.only.definitions.registry.limit();
        let Some(names) = contract::device_types(&path, limit)? else { return Ok(None) };
        session.say(format_args!("device types from {}", path.display()));
        let mut devices = BTreeMap::new();
        for (name, place) in names {
            match registry.device_type(&name) {
                Some(device) => _ = devices.insert(&*device.slug, device),
                None => notes.push(|| unknown_device_type(registry, &name, &place, Expected::File)),
            }
        }
        Ok(Some(devices))
    }

    /// The device types of `--devices`, unless the environment gives them and the command line fleets.
    fn chosen_devices<'r>(
        &self,
        registry: &'r Registry,
        session: &Session,
    ) -> Result<Option<ChosenDevices<'r>>> {
        let is_on_command_line = |flag, is_given| is_given && !session.places.is_from_environment(flag);
        let yields = session.places.is_from_environment("--devices")
            && (is_on_command_line("--fleets", self.fleets.is_some())
                || is_on_command_line("--fleet", !self.only.fleet.is_empty()));
        if self.devices.is_empty() || yields {
            return Ok(None);
        }
        let place = session.place_of("--devices");
        let mut faults = Diagnostics::new();
        let mut chosen = ChosenDevices { all: BTreeMap::new(), by_name: BTreeSet::new() };
        for selection in self.devices {
            match select(registry, selection, &place) {
                Ok(devices) => chosen.all.extend(devices.into_iter().map(|device| (&*device.slug, device))),
                Err(more) => faults.append(more),
            }
            let names = selection.split(',').filter_map(|name| registry.device_type(name.trim()));
            chosen.by_name.extend(names.map(|device| &*device.slug));
        }
        if faults.is_empty() { Ok(Some(chosen)) } else { Err(Error::Input(faults)) }
    }

    /// The names of `--fleet`, unless the environment gives them and the command line device types.
    fn fleet_names(&self, session: &Session) -> &'c [String] {
        let is_from_environment = |flag| session.places.is_from_environment(flag);
        let has_devices = !self.devices.is_empty() && !is_from_environment("--devices");
        if has_devices && is_from_environment("--fleet") { &[] } else { &self.only.fleet }
    }

    /// Refuses device types beside a file of fleets that the command line names.
    fn refuse_both(&self, session: &Session) -> Result<()> {
        if self.fleets.is_none() || session.places.is_from_environment("--fleets") {
            return Ok(());
        }
        let message = "--devices and --fleets exclude each other";
        let fault = Diagnostic::error(session.place_of("--devices"), message);
        Err(Error::usage(fault.help("leave one of the two out, or choose fleets with --fleet NAME")))
    }
}

/// The device types of `--devices`.
struct ChosenDevices<'r> {
    /// All, by slug.
    all: BTreeMap<&'r str, &'r DeviceType>,
    /// Those that were named, not chosen by `all` or their arch.
    by_name: BTreeSet<&'r str>,
}

impl ChosenDevices<'_> {
    /// The fleets with these device types alone. One that no fleet has, and a fleet that has none, go into `notes`.
    fn restrict(
        &self,
        fleets: Vec<Fleet>,
        registry: &Registry,
        session: &Session,
        notes: &mut Diagnostics,
    ) -> Vec<Fleet> {
        let place = session.place_of("--devices");
        let mut restricted = Vec::new();
        for fleet in &fleets {
            let is_wanted = |name: &str| {
                registry.device_type(name).is_some_and(|device| self.all.contains_key(&*device.slug))
            };
            let devices = fleet.devices.iter().filter(|(name, _)| is_wanted(name)).cloned().collect();
            restricted.push(Fleet { devices, ..fleet.clone() });
            for slug in &self.by_name {
                if !fleets.iter().any(|fleet| fleets::has_device(fleet, slug, registry)) {
                    notes.push(|| fleets::not_of_fleet(fleet, slug, registry, place.clone()));
                }
            }
        }
        for (fleet, whole) in restricted.iter().zip(&fleets).filter(|(fleet, _)| fleet.devices.is_empty()) {
            let is_said = self
                .by_name
                .iter()
                .all(|slug| !fleets.iter().any(|fleet| fleets::has_device(fleet, slug, registry)));
            if self.by_name.is_empty() || !is_said {
                let message = format!("the fleet `{}` has none of these device types", fleet.name);
                let types: Vec<&str> = whole.devices.iter().map(|(name, _)| &**name).collect();
                notes.push(|| {
                    let help = format!("it has {}", types.join(", "));
                    Diagnostic::error(place.clone(), message).help(help)
                });
            }
        }
        restricted
    }
}

/// The fleets with these names, or all. A name that no fleet has goes into `notes`.
fn named(
    mut fleets: Vec<Fleet>,
    names: &[String],
    path: &Path,
    place: &Place,
    notes: &mut Diagnostics,
) -> Vec<Fleet> {
    let mut wanted = BTreeSet::new();
    for name in names {
        match fleets::named(&fleets, name, path, place.clone()) {
            Ok(fleet) => _ = wanted.insert(fleet.name.clone()),
            Err(fault) => notes.push(|| fault),
        }
    }
    if !names.is_empty() {
        fleets.retain(|fleet| wanted.contains(&fleet.name));
    }
    fleets
}

/// The device types that a project is for: those of the flags, of its fleets, or all.
///
/// # Errors
/// Names of device types and fleets that are not known.
pub fn targets_or_all<'r>(
    flags: &TargetFlags,
    registry: &'r Registry,
    definitions: &Definitions,
    notes: &mut Diagnostics,
    session: &mut Session,
) -> anyhow::Result<Vec<Target<'r>>> {
    let sources = Sources { registry, definitions, shard: Shard::ALL, may_stream: false, why_limited: None };
    match flags.find(&sources, None, notes, session)? {
        Wanted::Targets(targets, _) => Ok(targets),
        Wanted::Lines(_) | Wanted::Nothing => {
            let all = select(registry, "all", &session.place_of("--devices")).map_err(Error::Input)?;
            let mut targets = Targets::new(registry, definitions, definitions.only_balena());
            Ok(targets.of_devices(&all, notes))
        }
    }
}
