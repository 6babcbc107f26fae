//! `EXPOSE 80/TCP`: a protocol is written in lower case.

use super::expose_format::each_port;
use crate::check::{ArchScope, Sink};

pub(super) fn check(scope: &ArchScope, sink: &mut Sink) {
    each_port(scope, |stage, arg, port| {
        if port.protocol.bytes().any(|byte| byte.is_ascii_uppercase()) {
            let message =
                format!("the protocol in `{}` is not in lower case", scope.rendering.shown(&arg.span));
            scope.report_in(stage, &arg.span, &message, "write tcp, udp or sctp", sink);
        }
    });
}
