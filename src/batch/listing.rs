//! The rows of a batch without their Dockerfiles: what each is for, and the digest of what came of it. A fleet takes
//! about 120 bytes and a row 60, however long its Dockerfile is; [`Dockerfiles`] hands these over, some fleets at a
//! time.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::digest::Sha;
use super::plan::Plan;
use crate::arch::Arch;
use crate::device_types::DeviceType;
use crate::error::Result;
use crate::fleet::name;
use crate::project::Choice;
use crate::workspace::{ServiceFiles, Services};

/// Every row of a batch, in order, each with the digest of its Dockerfile.
#[derive(Debug)]
pub struct Listing<'l> {
    /// The services.
    pub services: &'l Services,
    /// Whether there are fleets; otherwise what is called so here is a device type.
    pub is_of_fleets: bool,
    /// The names of all fleets, one after the other.
    names: String,
    fleets: Vec<ListedFleet>,
    rows: Vec<CompactRow>,
    devices: Vec<(&'l DeviceType, &'l Arch)>,
    choices: Vec<Arc<Choice>>,
}

/// A fleet: where its name and its rows end, and where it is in the file that it was read from, if that is known.
#[derive(Clone, Copy, Debug)]
struct ListedFleet {
    name_end: usize,
    rows_end: usize,
    // Only the command line reads fleets line by line.
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    place: FleetLine,
}

/// Where the line of a fleet is in its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FleetLine {
    pub at: u64,
    pub bytes: u32,
}

#[derive(Clone, Copy, Debug)]
struct CompactRow {
    sha: Sha,
    bytes: u32,
    fleet: u32,
    device: u32,
    service: u32,
    choice: u32,
    has_own_file: bool,
}

/// A row with what is known of it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ListedRow<'l> {
    /// The number of its fleet, from 0.
    pub fleet: usize,
    /// The name of its fleet, or of its device type where there are no fleets.
    pub name: &'l str,
    /// The device type.
    pub device: &'l DeviceType,
    /// Its arch.
    pub arch: &'l Arch,
    /// The service.
    pub service: &'l ServiceFiles,
    /// The template that the Dockerfile came from.
    pub choice: &'l Choice,
    /// The SHA-256 of the Dockerfile.
    pub sha: &'l Sha,
    /// How many bytes it has.
    pub bytes: u64,
    /// Whether the devices of the fleet have different Dockerfiles of this service, each in a file of its own.
    pub has_own_file: bool,
}

/// A row as it is added.
pub(super) struct NewRow<'l, 'c> {
    pub device: (&'l DeviceType, &'l Arch),
    pub service: usize,
    pub choice: &'c Arc<Choice>,
    pub sha: Sha,
    pub bytes: usize,
}

/// Takes the Dockerfiles of a fleet: its number, and the Dockerfile of each of its rows.
pub type TakeDockerfiles<'t> = dyn FnMut(usize, &[&[u8]]) -> Result<()> + 't;

/// Where the Dockerfiles of a listing are.
pub trait Dockerfiles {
    /// Hands over the Dockerfiles of these fleets, in this order: those of all rows of a fleet at once.
    ///
    /// # Errors
    /// Those of `take`; when a Dockerfile cannot be made again as it was.
    fn each(&mut self, listing: &Listing, fleets: &[u32], take: &mut TakeDockerfiles) -> Result<()>;
}

/// The Dockerfiles of a plan, which holds them.
impl Dockerfiles for &Plan<'_> {
    fn each(&mut self, listing: &Listing, fleets: &[u32], take: &mut TakeDockerfiles) -> Result<()> {
        let mut texts = Vec::new();
        for &fleet in fleets {
            texts.clear();
            texts.extend(listing.rows_of(fleet as usize).filter_map(|row| self.text(row)));
            take(fleet as usize, &texts)?;
        }
        Ok(())
    }
}

impl<'l> Listing<'l> {
    pub(crate) fn new(services: &'l Services, is_of_fleets: bool) -> Self {
        let (names, fleets, rows) = (String::new(), Vec::new(), Vec::new());
        Listing { services, is_of_fleets, names, fleets, rows, devices: Vec::new(), choices: Vec::new() }
    }

    /// The rows of a plan.
    pub fn of(plan: &'l Plan) -> Self {
        let targets = plan.batch.targets;
        let is_of_fleets = targets.first().is_some_and(|target| target.fleet.is_some());
        let mut listing = Listing::new(plan.batch.services, is_of_fleets);
        let services = plan.batch.services.list().len().max(1);
        let mut of_fleet = None;
        for (number, (row, choice)) in plan.rows().zip(plan.choices()).enumerate() {
            if of_fleet.is_some_and(|(fleet, _)| fleet != row.target.number)
                && let Some((_, name)) = of_fleet.take()
            {
                listing.end_fleet(name, FleetLine::default());
            }
            of_fleet = Some((row.target.number, row.target.name()));
            listing.push(&NewRow {
                device: (row.target.device, row.target.arch),
                service: number % services,
                choice,
                sha: row.file.sha,
                bytes: row.file.bytes.len(),
            });
        }
        if let Some((_, name)) = of_fleet {
            listing.end_fleet(name, FleetLine::default());
        }
        listing
    }

    /// Adds a row to the fleet that comes next.
    pub(super) fn push(&mut self, new: &NewRow<'l, '_>) {
        let device = self.devices.iter().position(|(known, _)| std::ptr::eq(*known, new.device.0));
        let device = device.unwrap_or_else(|| {
            self.devices.push(new.device);
            self.devices.len() - 1
        });
        let is_same = |known: &Arc<Choice>| Arc::ptr_eq(known, new.choice) || **known == **new.choice;
        // Nearly always it is that of the last row of the same service.
        let last = self.rows.len().checked_sub(self.services.list().len()).and_then(|at| self.rows.get(at));
        let last = last.map(|row| row.choice as usize);
        let last = last.filter(|last| self.choices.get(*last).is_some_and(is_same));
        let choice = last.or_else(|| self.choices.iter().rposition(is_same)).unwrap_or_else(|| {
            self.choices.push(Arc::clone(new.choice));
            self.choices.len() - 1
        });
        self.rows.push(CompactRow {
            sha: new.sha,
            bytes: small(new.bytes),
            fleet: small(self.fleets.len()),
            device: small(device),
            service: small(new.service),
            choice: small(choice),
            has_own_file: false,
        });
    }

    /// Ends the fleet whose rows were added last.
    pub(super) fn end_fleet(&mut self, name: &str, place: FleetLine) {
        let start = self.fleets.last().map_or(0, |last| last.rows_end);
        let rows = self.rows.get_mut(start..).unwrap_or_default();
        // All services of a device type come before those of the next.
        let services = self.services.list().len().max(1);
        for at in services..rows.len() {
            if rows[at].sha != rows[at - services].sha {
                let of_service = rows.iter_mut().skip(at % services).step_by(services);
                of_service.for_each(|row| row.has_own_file = true);
            }
        }
        self.names.push_str(name);
        self.fleets.push(ListedFleet { name_end: self.names.len(), rows_end: self.rows.len(), place });
    }

    /// How many fleets there are, or device types where there are no fleets.
    pub fn fleets(&self) -> usize {
        self.fleets.len()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The name of a fleet.
    pub fn name(&self, fleet: usize) -> &str {
        let end = |fleet: &ListedFleet| fleet.name_end;
        let start = fleet.checked_sub(1).and_then(|before| self.fleets.get(before)).map_or(0, end);
        let end = self.fleets.get(fleet).map_or(start, end);
        self.names.get(start..end).unwrap_or_default()
    }

    /// The folder of the files of a fleet.
    pub fn folder(&self, fleet: usize) -> Cow<'_, str> {
        name::folder(self.name(fleet))
    }

    /// The numbers of the rows of a fleet.
    pub fn rows_of(&self, fleet: usize) -> Range<usize> {
        let end = |fleet: &ListedFleet| fleet.rows_end;
        let start = fleet.checked_sub(1).and_then(|before| self.fleets.get(before)).map_or(0, end);
        start..self.fleets.get(fleet).map_or(start, end)
    }

    /// Where the line of a fleet is.
    #[cfg(feature = "cli")]
    pub(super) fn place(&self, fleet: usize) -> FleetLine {
        self.fleets.get(fleet).map(|fleet| fleet.place).unwrap_or_default()
    }

    /// The row with this number.
    pub fn row(&self, number: usize) -> Option<ListedRow<'_>> {
        let row = self.rows.get(number)?;
        let &(device, arch) = self.devices.get(row.device as usize)?;
        Some(ListedRow {
            fleet: row.fleet as usize,
            name: self.name(row.fleet as usize),
            device,
            arch,
            service: self.services.list().get(row.service as usize)?,
            choice: self.choices.get(row.choice as usize)?,
            sha: &row.sha,
            bytes: row.bytes.into(),
            has_own_file: row.has_own_file,
        })
    }

    /// All rows, in their order.
    pub fn rows(&self) -> impl Iterator<Item = ListedRow<'_>> {
        (0..self.len()).filter_map(|number| self.row(number))
    }

    /// The device types that occur, each once.
    pub fn devices(&self) -> impl Iterator<Item = (&'l DeviceType, &'l Arch)> + '_ {
        self.devices.iter().copied()
    }

    /// The templates that the Dockerfiles came from, each once.
    pub fn choices(&self) -> impl Iterator<Item = &Choice> {
        self.choices.iter().map(|choice| &**choice)
    }

    /// How many distinct Dockerfiles there are. The first half of a digest is enough to tell them apart.
    pub fn distinct(&self) -> usize {
        let half = |row: &CompactRow| row.sha.first_chunk().copied().map_or(0, u128::from_ne_bytes);
        let mut all: Vec<u128> = self.rows.iter().map(half).collect();
        all.sort_unstable();
        all.dedup();
        all.len()
    }

    /// The numbers of all rows, those with the same service and the same Dockerfile together; equal ones in their
    /// order.
    pub(super) fn by_dockerfile(&self) -> Vec<u32> {
        let key = |row: &CompactRow| {
            let start = row.sha.first_chunk().copied().map_or(0, u64::from_be_bytes);
            (row.service, start)
        };
        let mut all: Vec<((u32, u64), u32)> =
            self.rows.iter().zip(0..).map(|(row, number)| (key(row), number)).collect();
        let sha = |number: u32| self.rows.get(number as usize).map(|row| &row.sha);
        all.sort_unstable_by(|(key, number), (other_key, other)| {
            let by_digest = key.cmp(other_key).then_with(|| sha(*number).cmp(&sha(*other)));
            by_digest.then(number.cmp(other))
        });
        all.into_iter().map(|(_, number)| number).collect()
    }
}

/// A number of which there are fewer than memory has room for.
pub(super) fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
