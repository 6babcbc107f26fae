//! `EXPOSE 8080:80`: only the port in the container has a meaning there.

use crate::check::{ArchScope, Sink};
use crate::dockerfile::{Arg, Budget, Keyword};

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    each_port(scope, |stage, arg, port| {
        if port.maps {
            let message =
                format!("`{}` has more than the port in the container", scope.rendering.shown(&arg.span));
            let help = "EXPOSE maps no ports: write only what follows the last colon";
            scope.report_in(stage, &arg.span, &message, help, sink);
        }
    });
}

/// A port as `EXPOSE` takes it.
pub(super) struct Port {
    /// Whether an address or a port of the host is in front.
    pub maps: bool,
    /// The protocol, as it is written.
    pub protocol: String,
}

/// Calls `visit` for each port whose text is known, with its stage and the argument that gives it.
pub(super) fn each_port(scope: &ArchScope, mut visit: impl FnMut(usize, &Arg, &Port)) {
    let file = scope.rendering.file;
    let is_there = |keyword| scope.rendering.all(keyword).next().is_some();
    if !is_there(Keyword::Expose) && !is_there(Keyword::Onbuild) {
        return;
    }
    let mut budget = Budget::default();
    for at in 0..scope.evaluation.stages.len() {
        scope.walk(at, |instruction, environment| {
            if instruction.keyword != Keyword::Expose {
                return;
            }
            for arg in &instruction.args {
                let Some(text) = environment.expand(&arg.text, file.escape, &mut budget) else { continue };
                text.split_whitespace().filter_map(port).for_each(|port| visit(at, arg, &port));
            }
        });
    }
}

/// Reads `[address:][host port:]port[/protocol]`; what ends the build is none.
fn port(text: &str) -> Option<Port> {
    let (before, port) = text.rsplit_once(':').map_or(("", text), |(before, port)| (before, port));
    let (port, protocol) = port.split_once('/').unwrap_or((port, ""));
    let is_known = ["", "tcp", "udp", "sctp"].iter().any(|known| protocol.eq_ignore_ascii_case(known));
    let maps = !before.trim_matches(':').is_empty();
    (!port.is_empty() && is_known).then(|| Port { maps, protocol: protocol.to_owned() })
}
