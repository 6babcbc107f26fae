//! The rows of a block of fleets, for formats that need to know all of them before they write the first: what each is
//! for and its digest, and on demand the Dockerfiles themselves.

use std::ops::Range;
use std::sync::Arc;

use super::digest::Sha;
use super::json_object::differs_by_target;
use super::listing::{FleetLine, Listing, NewRow, TakeDockerfiles, small};
use super::worker::{ResultForm, Worker};
use crate::arch::Arch;
use crate::device_types::DeviceType;
use crate::error::Result;
use crate::project::Choice;
use crate::workspace::{Services, Target};

/// What is made of the fleets of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// The JSON lines that are printed.
    Lines,
    /// The rows without their Dockerfiles.
    Digests,
    /// The rows and their Dockerfiles.
    Dockerfiles,
}

/// The rows of a block.
#[derive(Debug, Default)]
pub struct BlockRows<'r> {
    /// The names of its fleets, one after the other.
    names: String,
    fleets: Vec<BlockFleet>,
    rows: Vec<BlockRow<'r>>,
}

#[derive(Debug)]
struct BlockFleet {
    name_end: usize,
    rows_end: usize,
    /// Where its line is among the bytes of the block.
    line: Range<usize>,
}

#[derive(Debug)]
struct BlockRow<'r> {
    device: (&'r DeviceType, &'r Arch),
    service: usize,
    /// Nothing if all devices have the same.
    choice: Option<Arc<Choice>>,
    sha: Sha,
    bytes: usize,
    /// Where its Dockerfile is, if it was made.
    text: Range<usize>,
}

impl<'r> BlockRows<'r> {
    pub fn clear(&mut self) {
        self.names.clear();
        self.fleets.clear();
        self.rows.clear();
    }

    /// Adds a row of the fleet that comes next, whose template does not depend on the device.
    pub fn push(
        &mut self,
        device: (&'r DeviceType, &'r Arch),
        service: usize,
        (sha, bytes): (Sha, usize),
        text: Range<usize>,
    ) {
        self.rows.push(BlockRow { device, service, choice: None, sha, bytes, text });
    }

    /// Renders the rows of a target, and adds them to the fleet that comes next. Their Dockerfiles are appended if
    /// they are wanted.
    pub fn render(
        &mut self,
        worker: &mut Worker,
        target: &Target<'r>,
        services: &Services,
        product: Product,
        out: &mut Vec<u8>,
    ) {
        for (number, service) in services.list().iter().enumerate() {
            let Some(template) = worker.template(target, service) else { continue };
            let start = out.len();
            let is_own = template.template.names().iter().any(|name| differs_by_target(name, target));
            let made = if is_own {
                let sha = worker.append(&template, target, service, ResultForm::Bytes, out);
                sha.map(|sha| (sha, out.len() - start))
            } else {
                worker.row(&template, target, service, ResultForm::Bytes).map(|done| {
                    if product == Product::Dockerfiles {
                        out.extend_from_slice(&done.text);
                    }
                    (done.sha, done.text.len())
                })
            };
            if product != Product::Dockerfiles {
                out.truncate(start);
            }
            let Some((sha, bytes)) = made else { continue };
            let choice = Some(Arc::clone(&template.choice));
            let device = (target.device, target.arch);
            self.rows.push(BlockRow { device, service: number, choice, sha, bytes, text: start..out.len() });
        }
    }

    /// Ends the fleet whose rows were added last.
    pub fn end_fleet(&mut self, name: &str, line: Range<usize>) {
        self.names.push_str(name);
        self.fleets.push(BlockFleet { name_end: self.names.len(), rows_end: self.rows.len(), line });
    }

    /// Adds the rows to a listing; the block starts at `at` in its file.
    pub fn append_to(&self, listing: &mut Listing<'r>, shared: &[Arc<Choice>], at: u64) {
        let (mut name_start, mut rows) = (0, self.rows.iter());
        let mut rows_start = 0;
        for fleet in &self.fleets {
            for row in rows.by_ref().take(fleet.rows_end - rows_start) {
                let Some(choice) = row.choice.as_ref().or_else(|| shared.get(row.service)) else { continue };
                let &BlockRow { device, service, sha, bytes, .. } = row;
                listing.push(&NewRow { device, service, choice, sha, bytes });
            }
            let name = self.names.get(name_start..fleet.name_end).unwrap_or_default();
            let bytes = small(fleet.line.len());
            listing.end_fleet(name, FleetLine { at: at + fleet.line.start as u64, bytes });
            (name_start, rows_start) = (fleet.name_end, fleet.rows_end);
        }
    }

    /// Hands over the Dockerfiles of each fleet with its place in the block, if they are those of these fleets of a
    /// listing.
    pub fn texts(
        &self,
        listing: &Listing,
        fleets: &[u32],
        out: &[u8],
        take: &mut TakeDockerfiles,
    ) -> Option<Result<()>> {
        if fleets.len() != self.fleets.len() {
            return None;
        }
        let (mut texts, mut start) = (Vec::new(), 0);
        for (&fleet, of_block) in fleets.iter().zip(&self.fleets) {
            let rows = self.rows.get(start..of_block.rows_end).unwrap_or_default();
            start = of_block.rows_end;
            let listed = listing.rows_of(fleet as usize);
            let is_same = |(row, number): (&BlockRow, usize)| {
                listing.row(number).is_some_and(|listed| *listed.sha == row.sha)
            };
            if rows.len() != listed.len() || !rows.iter().zip(listed).all(is_same) {
                return None;
            }
            texts.clear();
            texts.extend(rows.iter().map(|row| out.get(row.text.clone()).unwrap_or_default()));
            if let Err(error) = take(fleet as usize, &texts) {
                return Some(Err(error));
            }
        }
        Some(Ok(()))
    }
}
