//! `EXPOSE` says which port the program listens on; it opens none.

use super::{Look, Rule};
use crate::check::{Case, Sink};
use crate::diagnostic::Severity;
use crate::dockerfile::Keyword;

pub static RULE: Rule = Rule {
    id: "expose-publishes-nothing",
    severity: Severity::Info,
    page: include_str!("../../../docs/rules/expose-publishes-nothing.md"),
    look: Look::File(look),
};

fn look(case: &Case, sink: &mut Sink) {
    for instruction in case.all(Keyword::Expose) {
        let (Some(first), Some(last)) = (instruction.args.first(), instruction.args.last()) else { continue };
        sink.report(
            &(first.span.start..last.span.end),
            "EXPOSE publishes no port",
            "publish it where the container is started: `docker run -p`, `ports:` in the compose file",
        );
    }
}
