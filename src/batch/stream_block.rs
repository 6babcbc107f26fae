//! What a thread does for a stream: it reads the fleets of a block of lines and renders them.
//!
//! A line of the [plain form](crate::fleet::plain_line) whose values are ordinary costs nothing but its bytes and
//! those of its results: it is read without a copy, and put into the [layouts](super::layouts) of the services.
//! Every other line goes the long way.

use std::collections::HashMap;

use foldhash::quality::RandomState;

use super::collected::Collected;
use super::device_values::{DeviceValues, ValueSource};
use super::layouts::Layouts;
use super::shard::Share;
use super::stream_rows::{BlockRows, Product};
use super::worker::{ResultForm, Worker};
use super::{json_object, ndjson};
use crate::diagnostic::{Diagnostics, Place};
use crate::fleet::blocks::Block;
use crate::fleet::name::FleetNames;
use crate::fleet::plain_fleet::{GivenVariables, PlainFleet};
use crate::fleet::plain_line::PlainReader;
use crate::fleet::{Fleet, lines};
use crate::render::variables::OF_DEVICE;
use crate::source::{Position, count_characters};
use crate::workspace::{Services, Targets};

/// What to do with the fleets of a block.
pub struct Task<'q> {
    pub services: &'q Services,
    pub layouts: Option<&'q Layouts<'q>>,
    pub share: Share,
    pub is_wanted: &'q (dyn Fn(&str, Option<&str>) -> bool + Sync),
    /// What messages call the input.
    pub file: &'q str,
    /// Whether results are wanted, or only what is wrong.
    pub writes: bool,
    /// Which results.
    pub product: Product,
    /// Whether names are still compared.
    pub compares: bool,
}

/// A block of lines, and what came of it.
#[derive(Debug, Default)]
pub struct StreamBlock<'r> {
    pub lines: Block,
    /// The checksum of the lines, where they are written as they are read.
    pub checksum: u64,
    /// The objects of its fleets, or their Dockerfiles.
    pub out: Vec<u8>,
    /// The rows, where the product has some.
    pub rows: BlockRows<'r>,
    /// What was read, in order, as far as it matters later.
    read: Vec<ReadLine>,
    /// Wanted fleets.
    pub fleets: usize,
    /// Whether a fleet has a slug at balena.
    pub has_slugs: bool,
    /// What is wrong with them.
    pub notes: Diagnostics,
    /// What is wrong with what was rendered for them.
    pub faults: Collected,
}

#[derive(Debug)]
enum ReadLine {
    Faults(Diagnostics),
    Name(String, Place),
    /// A name in a line of the plain form.
    PlainName {
        line: std::ops::Range<usize>,
        number: usize,
        at: usize,
        bytes: usize,
    },
}

impl StreamBlock<'_> {
    /// Adds what is wrong with its lines, and with their names beside those so far; of these at most `most` are
    /// kept. Says whether all were compared.
    pub fn take_read(
        &mut self,
        file: &str,
        names: &mut FleetNames,
        most: usize,
        notes: &mut Diagnostics,
    ) -> bool {
        let mut are_all = true;
        for read in self.read.drain(..) {
            match read {
                ReadLine::Faults(faults) => notes.append(faults),
                _ if names.len() >= most => are_all = false,
                ReadLine::Name(name, place) => names.check(&name, &place, notes),
                ReadLine::PlainName { line, number, at, bytes } => {
                    let content = lines::content(number, self.lines.bytes.get(line).unwrap_or_default());
                    let name = content.get(at + 1..at + 1 + bytes).unwrap_or_default();
                    let before = content.get(..at).unwrap_or_default();
                    let position = Position { line: number, column: count_characters(before) + 1 };
                    let place = || Place::Text(lines::source(file, number, content), at..at + bytes + 2);
                    names.check_at(&String::from_utf8_lossy(name), Some(position), place, notes);
                }
            }
        }
        are_all
    }
}

/// A thread's part of the work on a stream.
pub struct BlockWorker<'r, 'g> {
    worker: Worker,
    targets: Targets<'r, 'g>,
    reader: PlainReader,
    /// The device types so far, by the names that fleets use.
    numbers: HashMap<String, usize, RandomState>,
    devices: Vec<DeviceValues<'r>>,
    /// The slot of each variable, for fleets that have the variables of the last one; nothing for a variable that
    /// makes a row one to be looked at.
    slots: Vec<Option<usize>>,
    /// The state of the reader that they are for.
    slots_of: Option<usize>,
    /// Where the value of each slot is, for one fleet.
    sources: Vec<ValueSource>,
    /// The beginning of the objects of one fleet.
    head: Vec<u8>,
}

impl<'r, 'g> BlockWorker<'r, 'g> {
    /// A worker that makes targets of fleets and renders them.
    pub fn new(worker: Worker, targets: Targets<'r, 'g>) -> Self {
        BlockWorker {
            worker,
            targets,
            reader: PlainReader::default(),
            numbers: HashMap::default(),
            devices: Vec::new(),
            slots: Vec::new(),
            slots_of: None,
            sources: Vec::new(),
            head: Vec::new(),
        }
    }

    /// What is wrong with the definitions of all fleets.
    pub fn faults_of_definitions(&self) -> Diagnostics {
        self.targets.faults_of_definitions()
    }

    /// Does a block.
    pub fn run(&mut self, block: &mut StreamBlock<'r>, task: &Task) {
        let StreamBlock { lines, checksum, out, rows, read, fleets, has_slugs, notes, .. } = block;
        (*fleets, *has_slugs, *notes) = (0, false, Diagnostics::new());
        // Rows that are kept have a digest each.
        *checksum = if task.product == Product::Lines { lines.checksum() } else { 0 };
        out.clear();
        rows.clear();
        read.clear();
        // Of a block with bytes that are not UTF-8, each line is looked at. So is a line with a byte order mark.
        let text = std::str::from_utf8(&lines.bytes).ok();
        let mut variables = GivenVariables::new();
        for (line, number) in lines.lines().zip(lines.first..) {
            let content = lines::content(number, lines.bytes.get(line.clone()).unwrap_or_default());
            let fleet = task.layouts.zip(text).and_then(|(layouts, text)| {
                let text = text.get(line.clone())?;
                let text = text.strip_suffix('\n').unwrap_or(text);
                let fleet = self.reader.read(text, &mut variables)?;
                let device = self.find_values(layouts, &fleet, &variables)?;
                Some((layouts, fleet, device))
            });
            if let Some((layouts, fleet, device)) = fleet {
                if task.compares {
                    let (at, bytes) = (fleet.name_at, fleet.name.len());
                    read.push(ReadLine::PlainName { line: line.clone(), number, at, bytes });
                }
                if (task.is_wanted)(fleet.name, None) && task.share.has(fleet.name) {
                    *fleets += 1;
                    self.add_warnings(layouts, number, fleet.name);
                    if task.writes && task.product == Product::Lines {
                        self.push_rows(layouts, (&fleet, device), &variables, out);
                    } else if task.writes {
                        self.push_listed(layouts, (&fleet, device), &variables, task.product, rows, out);
                        rows.end_fleet(fleet.name, line.start..line.start + content.len());
                    }
                }
            } else {
                match lines::read(task.file, number, content) {
                    None => {}
                    Some(Err(faults)) => match read.last_mut() {
                        Some(ReadLine::Faults(before)) => before.append(faults),
                        _ => read.push(ReadLine::Faults(faults)),
                    },
                    Some(Ok(fleet)) => {
                        if task.compares {
                            read.push(ReadLine::Name(fleet.name.clone(), fleet.place.clone()));
                        }
                        *has_slugs |= fleet.slug.is_some();
                        let is_wanted = (task.is_wanted)(&fleet.name, fleet.slug.as_deref());
                        if is_wanted && task.share.has(&fleet.folder()) {
                            *fleets += 1;
                            self.render(number, &fleet, task, notes, rows, out);
                            if task.writes && task.product != Product::Lines {
                                // A byte order mark is no part of the line.
                                let whole = lines.bytes.get(line.clone()).unwrap_or_default();
                                let end = line.start + whole.strip_suffix(b"\n").unwrap_or(whole).len();
                                rows.end_fleet(&fleet.name, end - content.len()..end);
                            }
                        }
                    }
                }
            }
        }
        block.faults = self.worker.take_faults();
    }

    /// Looks for the values of a fleet in all services, and says the number of its device type; nothing when its
    /// rows have to be looked at.
    fn find_values(
        &mut self,
        layouts: &Layouts,
        fleet: &PlainFleet,
        variables: &GivenVariables,
    ) -> Option<usize> {
        let number = match self.numbers.get(fleet.device) {
            Some(number) => *number,
            None => {
                self.devices.push(DeviceValues::find(layouts, fleet.device, &mut self.targets)?);
                self.numbers.insert(fleet.device.to_owned(), self.devices.len() - 1);
                self.devices.len() - 1
            }
        };
        if self.slots_of != Some(self.reader.changes()) {
            self.find_slots(layouts, variables);
        }
        let takes = |slot: usize, value: &str| match fleet.is_ordinary {
            true => layouts.takes_ordinary(slot, value.as_bytes()),
            false => layouts.takes(slot, value.as_bytes()),
        };
        self.sources.clone_from(&self.devices.get(number)?.sources);
        for (number, (slot, (_, value))) in self.slots.iter().zip(variables).enumerate() {
            // A variable without a placeholder may be whatever it is.
            let slot = (*slot)?;
            let source = self.sources.get_mut(slot);
            if source.is_some() && !takes(slot, value) {
                return None;
            }
            source.into_iter().for_each(|source| *source = ValueSource::Given(number));
        }
        // It is in no slot, and not empty.
        (takes(usize::MAX, fleet.name) && !self.sources.contains(&ValueSource::Nowhere)).then_some(number)
    }

    /// Finds the slots of variables with these names.
    fn find_slots(&mut self, layouts: &Layouts, variables: &GivenVariables) {
        self.slots_of = Some(self.reader.changes());
        self.slots.clear();
        self.slots.extend(variables.iter().map(|(name, _)| {
            // These get a warning, or have precedence over others in a way of their own.
            if OF_DEVICE.contains(name) || layouts.is_of_services(name) {
                return None;
            }
            Some(layouts.names().iter().position(|known| known == name).unwrap_or(usize::MAX))
        }));
    }

    fn add_warnings(&mut self, layouts: &Layouts, number: usize, fleet: &str) {
        for service in 0..layouts.services() {
            if let Some(warnings) = layouts.warnings(service) {
                self.worker.add(warnings, number, fleet);
            }
        }
    }

    /// Appends the objects of a fleet whose values were found.
    fn push_rows(
        &mut self,
        layouts: &Layouts,
        (fleet, device): (&PlainFleet, usize),
        variables: &GivenVariables,
        out: &mut Vec<u8>,
    ) {
        let BlockWorker { worker, devices, sources, head, .. } = self;
        let Some(device) = devices.get(device) else { return };
        head.clear();
        head.extend_from_slice(&device.head);
        head.extend_from_slice(b"\"fleet\":\"");
        // The same text in JSON: it was written so.
        head.extend_from_slice(fleet.name.as_bytes());
        head.extend_from_slice(b"\",");
        let value = |slot: usize| device.value(slot, sources, fleet, variables);
        for service in 0..layouts.services() {
            layouts.push(head, value, service, &mut worker.digests, out);
        }
    }

    /// Adds the rows of a fleet whose values were found; appends their Dockerfiles if they are the product.
    fn push_listed(
        &mut self,
        layouts: &Layouts,
        (fleet, device): (&PlainFleet, usize),
        variables: &GivenVariables,
        product: Product,
        rows: &mut BlockRows<'r>,
        out: &mut Vec<u8>,
    ) {
        let BlockWorker { worker, devices, sources, .. } = self;
        let Some(device) = devices.get(device) else { return };
        let value = |slot: usize| device.value(slot, sources, fleet, variables);
        let is_wanted = product == Product::Dockerfiles;
        for service in 0..layouts.services() {
            let start = out.len();
            let made = layouts.push_text(value, service, &mut worker.digests, is_wanted, out);
            if let Some(made) = made {
                rows.push(device.device, service, made, start..out.len());
            }
        }
    }

    /// Renders any fleet. The number is that of its line: what is wrong with definitions is not said again.
    fn render(
        &mut self,
        number: usize,
        fleet: &Fleet,
        task: &Task,
        notes: &mut Diagnostics,
        rows: &mut BlockRows<'r>,
        out: &mut Vec<u8>,
    ) {
        for target in self.targets.of_fleet(number, fleet, notes) {
            if task.writes && task.product != Product::Lines {
                rows.render(&mut self.worker, &target, task.services, task.product, out);
                continue;
            }
            if let Some((layouts, values)) = task.layouts.and_then(|all| Some((all, all.values(&target)?))) {
                self.add_warnings(layouts, number, &fleet.name);
                for service in 0..if task.writes { layouts.services() } else { 0 } {
                    layouts.push_row(&values, service, &mut self.worker.digests, out);
                }
                continue;
            }
            let head = if task.writes { json_object::head(&target) } else { Vec::new() };
            for service in task.services.list() {
                if task.writes {
                    ndjson::push_line(&mut self.worker, &head, &target, service, out);
                } else {
                    let is_json = task.product == Product::Lines;
                    let form = if is_json { ResultForm::Json } else { ResultForm::Bytes };
                    self.worker.check(&target, service, form);
                }
            }
        }
    }
}
