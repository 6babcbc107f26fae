//! What a batch renders for: the fleets, or device types.

use std::path::Path;

use super::super::args::BatchArgs;
use super::super::targets::{ReadFleets, Sources, Wanted};
use super::super::{Session, output, usage};
use crate::batch::{Format, Shard, Share, Writer};
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostics, Place};
use crate::fleet::file::FleetsFile;
use crate::workspace::{Definitions, Target};

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
    let sources = sources((format, shard), registry, definitions);
    let may_stream = match format.writer {
        Writer::Lines => output::file(&command.output).is_none(),
        Writer::Rows(_) | Writer::Folder => true,
        _ => false,
    };
    let sources = Sources { may_stream, ..sources };
    let wanted = command.target_flags().find(&sources, None, notes, session)?;
    if matches!(wanted, Wanted::Nothing) {
        session.warn(notes);
        let message = "no fleets given: use --fleets FILE, or --devices all";
        return Err(usage(Place::CommandLine, message, "a project can list its fleets in fleets.yaml"));
    }
    Ok(wanted)
}

/// The same of fleets that were read already, one a line.
pub fn of_lines<'r>(
    command: &BatchArgs,
    (file, path): (FleetsFile, &Path),
    format: (&Format, Shard),
    registry: &'r Registry,
    definitions: &Definitions,
    notes: &mut Diagnostics,
    session: &mut Session,
) -> anyhow::Result<(Vec<Target<'r>>, Share)> {
    let sources = sources(format, registry, definitions);
    let file = ReadFleets { file, path: path.to_owned(), is_lines: true };
    match command.target_flags().find_in(Some(file), &sources, None, notes, session)? {
        Wanted::Targets(targets, share) => Ok((targets, share)),
        Wanted::Lines(_) | Wanted::Nothing => Ok((Vec::new(), sources.shard.of_stream())),
    }
}

fn sources<'r, 's>(
    (format, shard): (&Format, Shard),
    registry: &'r Registry,
    definitions: &'s Definitions,
) -> Sources<'r, 's> {
    // Files that list builds are divided by builds.
    let shard = if format.divides_builds { Shard::ALL } else { shard };
    Sources { registry, definitions, shard, may_stream: false, why_limited: format.why_limited }
}
