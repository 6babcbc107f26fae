//! `EXPOSE` says which port the program listens on; it opens none.

use crate::check::{RenderingScope, Sink};
use crate::dockerfile::Keyword;

pub(super) fn check(scope: &RenderingScope, sink: &mut Sink) {
    for instruction in scope.all(Keyword::Expose) {
        let (Some(first), Some(last)) = (instruction.args.first(), instruction.args.last()) else { continue };
        let help = "publish it where the container is started: `docker run -p`, `ports:` in the compose file";
        sink.report(&(first.span.start..last.span.end), "EXPOSE publishes no port", help);
    }
}
