//! JSON lines in, and out what needs all rows before the first is written: the fleets are gone through once for a list
//! of their rows, and their Dockerfiles are made again where they are needed.

use std::io::{self, BufReader, Read, SeekFrom};
use std::sync::Arc;

use super::super::args::BatchArgs;
use super::super::{CommandStatus, Rereadable, Session};
use super::Progress;
use super::stream::{self, Prepared, Renders};
use super::whole::Whole;
use crate::batch::listing::Listing;
use crate::batch::stream::{Request, Streamed, lines_of_block, run as run_stream};
use crate::batch::stream_block::StreamBlock;
use crate::batch::stream_files::StreamedFiles;
use crate::batch::stream_rows::Product;
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Place};
use crate::error::{Error, Result};
use crate::fleet::blocks::LineBlocks;
use crate::fleet::file::FleetsFile;
use crate::fleet::{self, FleetFormat};
use crate::fs;
use crate::project::Choice;
use crate::workspace::Definitions;
use crate::workspace::fleets::Opened;

/// How it went.
pub enum Outcome {
    Done(CommandStatus),
    /// Some fleets have one name in several organizations. What they are called is known when all are.
    Namesakes(Box<FleetsFile>),
}

pub fn run(
    command: &BatchArgs,
    opened: Opened,
    (registry, definitions): (&Registry, &Definitions),
    renders: Renders,
    whole: &Whole,
    session: &mut Session,
) -> anyhow::Result<Outcome> {
    let progress = Progress::new(0, "fleets", session);
    let tell = |fleets, bytes| progress.tell_share(bytes, fleets as u64, "rendered");
    let Prepared { mut workers, layouts, wanted } =
        stream::prepare(command, registry, definitions, &renders, session);
    let Renders { services, limits, shard, .. } = renders;
    let share = shard.of_stream();
    let request = Request {
        services,
        product: Product::Digests,
        layouts: layouts.as_ref(),
        share,
        is_wanted: &|name, slug| stream::is_wanted(&wanted, name, slug),
        strict: limits.render.strict,
        most_rows: Some(limits.rows),
        progress: &tell,
    };
    let limit = command.only.definitions.registry.limit();
    let name = opened.name();
    let failed = || Error::io("read", &name);
    let shared: Vec<Arc<Choice>> = match services.shared() {
        Some(templates) => templates.iter().map(|template| Arc::clone(&template.choice)).collect(),
        None => Vec::new(),
    };

    let mut listing = Listing::new(services, true);
    let mut list = |input: &mut dyn Read| {
        let mut reader = BufReader::with_capacity(1 << 16, input);
        let mut lines = LineBlocks::new(&mut reader, &name, limit, lines_of_block(services, true));
        let mut write = append_to(&mut listing, &shared);
        run_stream(&mut lines, &mut workers, &request, Some(&mut write))
    };
    let Opened { head, mut file, .. } = opened;
    let mut stdin_file = session.streams.stdin_file.take().filter(|_| file.is_none());
    let again: Option<&mut dyn Rereadable> = match (&mut file, &mut stdin_file) {
        (Some(file), _) if head.is_empty() => Some(file),
        (None, Some(file)) => Some(&mut **file),
        _ => None,
    };
    let mut kept: io::Cursor<Vec<u8>>;
    let streamed: Streamed;
    let (input, start): (&mut dyn Rereadable, u64) = match again {
        Some(input) => {
            let (start, size) = stream::extent(&mut *input).map_err(failed())?;
            progress.expect(size);
            streamed = list(&mut *input)?;
            (input, start)
        }
        None => {
            let stream: &mut dyn Read = match &mut file {
                Some(file) => file,
                None => &mut *session.streams.stdin,
            };
            let input = &mut head.chain(stream);
            let mut keeping = Keeping { input, kept: Vec::new(), most: MOST_KEPT, is_too_long: false };
            streamed = list(&mut keeping).map_err(|error| match keeping.is_too_long {
                true => too_long(&name),
                false => error,
            })?;
            kept = io::Cursor::new(keeping.kept);
            (&mut kept, 0)
        }
    };
    progress.finish();
    if streamed.has_namesakes {
        input.seek(SeekFrom::Start(start)).map_err(failed())?;
        let Ok(source) = fs::read_stream(&mut *input, &name, limit) else {
            // They are not told apart in a file that is longer than the limit: that names clash is an error.
            stream::refuse(streamed, command, shard, &wanted, &name)?;
            return Err(limit.exceeded(&name).into());
        };
        let read = fleet::read(&Arc::new(source.hiding_lines()), FleetFormat::Lines);
        return Ok(Outcome::Namesakes(Box::new(read.map_err(Error::Input)?)));
    }
    let notes = stream::refuse(streamed, command, shard, &wanted, &name)?;
    session.warn(&notes);
    let layouts = layouts.as_ref();
    let workers = &mut workers;
    let mut files = StreamedFiles { input, start, name: name.clone(), workers, services, layouts };
    whole.write(command, (&listing, &mut files), &share, &progress, session).map(Outcome::Done)
}

/// What takes the rows of a block.
fn append_to<'l, 'r>(
    listing: &'l mut Listing<'r>,
    shared: &'l [Arc<Choice>],
) -> impl FnMut(&StreamBlock<'r>, u64) -> Result<()> {
    move |block, at| {
        block.rows.append_to(listing, shared, at);
        Ok(())
    }
}

/// The most bytes of a stream that is kept in memory, since it cannot be read again.
const MOST_KEPT: usize = 1 << 29;

/// A stream of which everything is kept.
struct Keeping<'i> {
    input: &'i mut dyn Read,
    kept: Vec<u8>,
    /// The most bytes, and whether there are more.
    most: usize,
    is_too_long: bool,
}

impl Read for Keeping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.is_too_long = self.kept.len() + read > self.most;
        if self.is_too_long {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.kept.extend_from_slice(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

fn too_long(name: &str) -> Error {
    let message =
        format!("more than {MOST_KEPT} bytes, which is the limit for fleets that cannot be read again");
    let fault = Diagnostic::error(Place::File(name.to_owned()), message);
    Error::input(fault.help("write the fleets into a file, and name it with --fleets FILE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_is_kept_as_there_may_be() {
        for (most, read) in [(5, Some("12345")), (6, Some("12345")), (4, None)] {
            let mut input =
                Keeping { input: &mut "12345".as_bytes(), kept: Vec::new(), most, is_too_long: false };
            let all = io::read_to_string(&mut input).ok();
            assert_eq!((all.as_deref(), input.is_too_long), (read, read.is_none()), "{most}");
            assert!(read.is_none() || input.kept == b"12345");
        }
    }
}
