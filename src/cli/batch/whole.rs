//! Writes the rows of a batch when all of them are known.

use std::cell::RefCell;
use std::io;
use std::path::Path;

use super::super::args::BatchArgs;
use super::super::inputs::Inputs;
use super::super::progress::Progress;
use super::super::{CommandStatus, Session, output};
use super::{close, refuse_inputs, refuse_output_folder, tree};
use crate::batch::{Dockerfiles, FORMATS, Format, Listing, Options, Share, Writer, table};
use crate::error::Error;
use crate::subject::Subject;
use crate::workspace::Services;

/// What a batch is written with when all its rows are known and nothing of them is at fault.
pub struct Whole<'w> {
    pub format: &'w Format,
    /// The path of the project, or of the template.
    pub input: &'w Path,
    pub inputs: &'w Inputs,
    pub services: &'w Services,
    pub options: &'w Options<'w>,
}

impl Whole<'_> {
    /// Writes the rows in a format that has no builds.
    pub fn write(
        &self,
        command: &BatchArgs,
        (listing, dockerfiles): (&Listing, &mut dyn Dockerfiles),
        share: &Share,
        progress: &Progress,
        session: &mut Session,
    ) -> anyhow::Result<CommandStatus> {
        let Writer::Rows(write) = self.format.writer else {
            return tree::run(command, self.input, (listing, dockerfiles), share, progress, session);
        };
        let subject =
            |(device, arch)| Subject { device: Some(device), slug: Some(&device.slug), arch: Some(arch) };
        refuse_inputs(command, self.inputs, listing.devices().map(subject), self.services)?;
        refuse_output_folder(command)?;
        let path = output::file(&command.output);
        let compare = command.check.then(|| command.bounds.limits().output());
        let (dockerfiles, failure) = (RefCell::new(dockerfiles), RefCell::new(None));
        let status = output::deliver(session, path, compare, &|out| match write(
            listing,
            &mut **dockerfiles.borrow_mut(),
            self.options,
            out,
        ) {
            Err(Error::Io { action: "write", source, .. }) => Err(source),
            Err(error) => {
                *failure.borrow_mut() = Some(error);
                Err(io::Error::other("the result could not be made"))
            }
            Ok(()) => Ok(()),
        });
        if let Some(error) = failure.into_inner() {
            return Err(error.into());
        }
        if self.format.name != FORMATS[0].name {
            close(&table::summary(listing), progress, session);
        }
        status
    }
}
