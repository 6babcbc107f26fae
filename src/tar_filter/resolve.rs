//! One archive from its first entry to its last.

use std::io::{Read, Write};

use super::filter::Filter;
use super::finish::finish;
use super::member::Member;
use super::reader::{MemberReader, Next};
use super::stream::Stream;
use super::{Request, Resolved};
use crate::error::Result;

/// Passes an archive from `input` to `output` with the Dockerfile for a device in it, or with one for each
/// service.
///
/// # Errors
/// An archive that readers interpret differently, one without a Dockerfile, a Dockerfile that cannot be
/// rendered, a limit, a failed read or write. The output so far, if any, is ended such that every reader
/// rejects it.
pub fn resolve(input: &mut dyn Read, output: &mut dyn Write, request: &Request) -> Result<Resolved> {
    let mut stream = Stream::new(input, request.input_name, output);
    match run(&mut stream, request) {
        Ok(resolved) => stream.finish().map(|()| resolved),
        Err(error) => {
            stream.abandon();
            Err(error)
        }
    }
}

fn run(stream: &mut Stream, request: &Request) -> Result<Resolved> {
    let mut reader = MemberReader::new(request.entries, request.allow_missing_end);
    let mut filter = Filter::new(request)?;
    let mut member = Member::default();
    loop {
        match reader.next(stream, &mut member)? {
            Next::Entry => filter.pass(stream, &member)?,
            Next::End(zeros) => return finish(filter, stream, request, zeros),
        }
    }
}
