//! What a batch renders for: the fleets, or device types.

use super::super::args::BatchArgs;
use super::super::targets::{Sources, Wanted};
use super::super::{Session, output, usage};
use crate::batch::{Format, Shard, Writer};
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostics, Place};
use crate::workspace::Definitions;

/// The fleets or device types of a part that the flags or the files of the project name. What is wrong with a fleet goes into
/// `notes`.
pub fn wanted<'r>(
    command: &BatchArgs,
    (format, shard): (&Format, Shard),
    registry: &'r Registry,
    definitions: &Definitions,
    notes: &mut Diagnostics,
    session: &mut Session,
) -> anyhow::Result<Wanted<'r>> {
    // Files that list builds are divided by builds.
    let shard = if format.divides_builds { Shard::ALL } else { shard };
    let may_stream = matches!(format.writer, Writer::Lines) && output::file(&command.output).is_none();
    let sources = Sources { registry, definitions, shard, may_stream };
    let wanted = command.target_flags().find(&sources, None, notes, session)?;
    if matches!(wanted, Wanted::Nothing) {
        session.warn(notes);
        let message = "no fleets given: use --fleets FILE, or --devices all";
        return Err(usage(Place::CommandLine, message, "a project can list its fleets in fleets.yaml"));
    }
    Ok(wanted)
}
